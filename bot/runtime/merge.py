"""Bringing the layers of understanding together: pure functions of what each of them found."""

from __future__ import annotations

from typing import Any

from bot.runtime.bounds import bounds, gives_way
from bot.runtime.needs import read_needs
from bot.runtime.wishes import DEAD

_NOT_UNDERSTOOD = ("out_of_scope", "nlu_fallback")
_ASIDE = ("ask_why", "ask_where", "start_over", "stop_referral", "start_referral", "ask_about_cara")
_SURE_ASIDE = 0.6
# A bound that was only learned needs more than this where the message tells a need as well.
_SURE_BOUND = 0.75
# Of this many intents one at this share is a fair guess, and a bound answers nothing wrongly.
_LIKELY_BOUND = 0.2
_COMMANDS = "instruct_bot"


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
    ruled: str | None = None,
) -> tuple[str, float]:
    """The intent that counts, with its confidence.

    A taken choice or a safety finding stands in the signed claims and is certain. ``ruled`` is the
    bound that the words tell by rule. What was read as criteria or needs makes an otherwise unclear
    message an answer.
    """
    if claims.get("safety"):
        return f"safety_{claims['safety']['kind']}", 1.0
    if claims.get("intent"):
        return str(claims["intent"]), 1.0
    name, confidence = str(ranking[0]["name"]), float(ranking[0]["confidence"])
    if claims.get("audience") == "officer":
        return _officer_intent(name, confidence, entities, threshold, ruled)
    needs = _own_needs(entities)
    spoken = _of_what_was_shown(entities)
    if spoken and not needs and not ruled:
        return spoken, 1.0
    if ruled and not (needs and ruled in gives_way()):
        return ruled, 1.0
    if needs and (ruled or _is_unclear(name, confidence, threshold)):
        return "find_help", max(confidence, threshold)
    if _wishes(entities) and not ruled and _is_unclear(name, confidence, threshold):
        return "find_help", max(confidence, threshold)
    if name == "find_help" and entities:  # also where the need is past, denied or another's
        return "find_help", max(confidence, threshold)
    enough = min(threshold, _LIKELY_BOUND) if name in bounds() else threshold
    return (name, confidence) if confidence >= enough else ("nlu_fallback", confidence)


def _of_what_was_shown(entities: list[dict[str, Any]]) -> str | None:
    """The intent of a message that speaks of a service shown before."""
    spoken = [entity for entity in entities if entity["entity"] == "reference"]
    if not spoken:
        return None
    return "report_wrong" if spoken[0]["about"] == DEAD else "ask_shown"


def _wishes(entities: list[dict[str, Any]]) -> list[str]:
    return [entity["value"] for entity in entities if entity["entity"] == "wish"]


def _is_unclear(name: str, confidence: float, threshold: float) -> bool:
    """Whether a need that was read says more than what the classifier made of the message."""
    if name in (*_NOT_UNDERSTOOD, "give_place") or confidence < threshold:
        return True
    return name in bounds() and confidence < _SURE_BOUND


def _officer_intent(
    name: str,
    confidence: float,
    entities: list[dict[str, Any]],
    threshold: float,
    ruled: str | None,
) -> tuple[str, float]:
    asked = [entity["value"] for entity in entities if entity["entity"] == "request"]
    if asked:
        return str(asked[0]), 1.0
    answered = any(entity["entity"] == "criterion" for entity in entities)
    if ruled and (ruled == _COMMANDS or not answered):
        return ruled, 1.0
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
