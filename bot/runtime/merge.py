"""Bringing the layers of understanding together: pure functions of what each of them found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.runtime.bounds import bounds, gives_way
from bot.runtime.language import language_of
from bot.runtime.needs import NeedReading, read_needs
from bot.runtime.wishes import DEAD

_OUTSIDE = "out_of_scope"
_NOT_UNDERSTOOD = (_OUTSIDE, "nlu_fallback")
_ASIDE = ("ask_why", "ask_where", "start_over", "stop_referral", "start_referral", "ask_about_cara")
_SURE_ASIDE = 0.75
_GREETINGS = ("greet", "goodbye", "thanks")
_SURE_GREETING = 0.6
_SMALL_TALK = ("help", "greet", "goodbye", "thanks", "affirm", "deny")
# A bound that was only learned needs more than this where the message tells a need as well.
_SURE_BOUND = 0.85
# Of this many intents one at this share is a fair guess, and a bound answers nothing wrongly.
_LIKELY_BOUND = 0.2
# What waits for an officer is asked in words that may answer a question too.
_LISTS = "ask_waiting"
_COMMANDS = "instruct_bot"
# At this share the world at large is the better answer where nothing else is likely either.
_LIKELY_OUTSIDE = 0.2
_UNLIKELY = 0.45

_POST_WORDS = 30


@dataclass(frozen=True)
class _Edges:
    """How probable a need must be to count, by what the words of the message say of it.

    ``told``: they tell it; below this it is named in passing. ``alone``: they tell no need at all.
    ``beside``: they tell others. ``against``: they say denied, past or another's.
    """

    told: float
    alone: float
    beside: float
    against: float


# Read off out-of-fold probabilities of training texts, and held against the second and third blind
# sets, where the best lie flat: a tenth more or less changes F1 by less than 0.01. In a post words
# are named in passing; in a line not. Of Polish and Punjabi less is learned, so it needs less.
_LINE = _Edges(told=0.0, alone=0.30, beside=0.60, against=0.80)
_POST = _Edges(told=0.08, alone=0.30, beside=0.42, against=0.70)
_OTHER_LINE = _Edges(told=0.0, alone=0.28, beside=0.75, against=0.60)
_OTHER_POST = _Edges(told=0.05, alone=0.15, beside=0.42, against=0.60)


def _edges_for(text: str) -> _Edges:
    line, post = (_OTHER_LINE, _OTHER_POST) if language_of(text) in ("pl", "pa") else (_LINE, _POST)
    return post if len(text.split()) >= _POST_WORDS else line


def merged_needs(text: str, learned: dict[str, float], least: float = 0.0) -> list[dict[str, Any]]:
    """Needs by rule and needs as learned, each weighed by what the other says of it.

    ``learned`` has the probability of every need; below ``least`` none joins by that alone.
    """
    edges = _edges_for(text)
    by_rule = read_needs(text)
    own = {reading.need for reading in by_rule if _stands(reading)}
    kept = [r for r in by_rule if not _stands(r) or learned.get(r.need, 1.0) >= edges.told]
    against = {reading.need for reading in by_rule} - own
    joining = {
        code: p
        for code, p in learned.items()
        if code not in own and p >= max(least, _edge(edges, bool(own), code in against))
    }
    return [_entity(r.need, r.whose, r.state, 1.0) for r in kept] + [
        _entity(code, "self", "current", p) for code, p in joining.items()
    ]


def _stands(reading: NeedReading) -> bool:
    return (reading.whose, reading.state) == ("self", "current")


def _edge(edges: _Edges, others: bool, against: bool) -> float:
    wanted = edges.beside if others else edges.alone
    return max(wanted, edges.against) if against else wanted


def _entity(code: str, whose: str, state: str, confidence: float) -> dict[str, Any]:
    told = {"value": code, "whose": whose, "state": state}
    return {"entity": "need", **told, "confidence": confidence}


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
    if spoken and not ruled and (not needs or _only_the_way_there(entities, needs)):
        return spoken, 1.0
    if ruled and not (needs and ruled in gives_way()):
        return ruled, 1.0
    if needs and (ruled or _is_unclear(name, confidence, threshold)):
        return "find_help", max(confidence, threshold)
    if (
        _wishes(entities, name, confidence)
        and not ruled
        and _says_little(name, confidence, threshold)
    ):
        return "find_help", max(confidence, threshold)
    if name == "find_help" and entities:  # also where the need is past, denied or another's
        return "find_help", max(confidence, threshold)
    if not needs and not entities and _is_rather_outside(ranking):
        return _OUTSIDE, confidence
    enough = min(threshold, _LIKELY_BOUND) if name in bounds() else threshold
    return (name, confidence) if confidence >= enough else ("nlu_fallback", confidence)


def _of_what_was_shown(entities: list[dict[str, Any]]) -> str | None:
    """The intent of a message that speaks of a service shown before."""
    spoken = [entity for entity in entities if entity["entity"] == "reference"]
    if not spoken:
        return None
    return "report_wrong" if spoken[0]["about"] == DEAD else "ask_shown"


def _only_the_way_there(entities: list[dict[str, Any]], needs: list[str]) -> bool:
    """Whether the doctor of "do I need my GP for that?" is the way to a service and no need."""
    about = [entity["about"] for entity in entities if entity["entity"] == "reference"]
    return about == ["referral"] and set(needs) == {"health"}


def _says_little(name: str, confidence: float, threshold: float) -> bool:
    """Whether a wish says more than small talk: "it has to be free" asks for no help with us."""
    return name in _SMALL_TALK or _is_unclear(name, confidence, threshold)


def _wishes(entities: list[dict[str, Any]], name: str, confidence: float) -> list[str]:
    """The wishes that ask for something: the "tonight" of a greeting or of a film asks nothing."""
    greets = name in (*_GREETINGS, _OUTSIDE) and confidence >= _SURE_GREETING
    told = [entity["value"] for entity in entities if entity["entity"] == "wish"]
    return [wish for wish in told if not (greets and wish == "now")]


def _is_rather_outside(ranking: list[dict[str, Any]]) -> bool:
    outside = next((float(one["confidence"]) for one in ranking if one["name"] == _OUTSIDE), 0.0)
    return outside >= _LIKELY_OUTSIDE and float(ranking[0]["confidence"]) < _UNLIKELY


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
    answered = any(entity["entity"] == "criterion" for entity in entities)
    if asked and not (answered and asked[0] == _LISTS):
        return str(asked[0]), 1.0
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
