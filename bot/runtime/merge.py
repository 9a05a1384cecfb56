"""Bringing the layers of understanding together: pure functions of what each of them found."""

from __future__ import annotations

from typing import Any

from bot.runtime.needs import read_needs

_NOT_UNDERSTOOD = ("out_of_scope", "nlu_fallback")
_ASIDE = ("ask_why", "ask_where", "start_over", "stop_referral", "start_referral", "ask_about_cara")
_SURE_ASIDE = 0.6


def merged_needs(text: str, learned: dict[str, float]) -> list[dict[str, Any]]:
    """Needs by rule first; a learned one joins where no rule says denied, past or another's."""
    by_rule = read_needs(text)
    entities = [
        {"entity": "need", "value": r.need, "whose": r.whose, "state": r.state, "confidence": 1.0}
        for r in by_rule
    ]
    told = {reading.need for reading in by_rule}
    entities += [
        {"entity": "need", "value": code, "whose": "self", "state": "current", "confidence": p}
        for code, p in learned.items()
        if code not in told
    ]
    return entities


def settled_intent(
    ranking: list[dict[str, Any]],
    entities: list[dict[str, Any]],
    claims: dict[str, Any],
    threshold: float,
) -> tuple[str, float]:
    """The intent that counts, with its confidence.

    A taken choice or a safety finding stands in the signed claims and is certain. What was
    read as criteria or needs makes an otherwise unclear message an answer.
    """
    if claims.get("safety"):
        return f"safety_{claims['safety']['kind']}", 1.0
    if claims.get("intent"):
        return str(claims["intent"]), 1.0
    name, confidence = str(ranking[0]["name"]), float(ranking[0]["confidence"])
    if claims.get("audience") == "officer":
        return _officer_intent(name, confidence, entities, threshold)
    if _own_needs(entities) and (
        name in (*_NOT_UNDERSTOOD, "give_place") or confidence < threshold
    ):
        return "find_help", max(confidence, threshold)
    return (name, confidence) if confidence >= threshold else ("nlu_fallback", confidence)


def _officer_intent(
    name: str, confidence: float, entities: list[dict[str, Any]], threshold: float
) -> tuple[str, float]:
    answered = any(entity["entity"] == "criterion" for entity in entities)
    aside = name in _ASIDE and confidence >= _SURE_ASIDE
    if answered and name != "correct_answer" and not aside:
        return "give_answers", max(confidence, threshold)
    if not answered and name == "give_answers":
        return "nlu_fallback", confidence
    return (name, confidence) if confidence >= threshold else ("nlu_fallback", confidence)


def _own_needs(entities: list[dict[str, Any]]) -> list[str]:
    return [
        entity["value"]
        for entity in entities
        if entity["entity"] == "need" and (entity["whose"], entity["state"]) == ("self", "current")
    ]
