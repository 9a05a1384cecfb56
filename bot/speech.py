"""What an action says, before it has words: the only thing that passes back through Rasa.

Actions name approved words, criteria, fields and listings; the channel turns them into
sentences (``bot.channels.render``). So no identity and no free text passes Rasa's tracker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Utterance = dict[str, Any]
Choice = dict[str, Any]


def say(key: str, *choices: Choice, **values: Any) -> Utterance:
    """Approved words by their key in ``bot/domain``, with values and choices.

    A ``language`` beside them says them in that one and not in the one that was chosen.
    """
    return {"say": key, "values": values, "choices": list(choices)}


def choice(
    label: str, intent: str, *, values: Mapping[str, Any] | None = None, **given: Any
) -> Choice:
    """A choice: the key of its label, and the intent with which it comes back."""
    return {"label": label, "values": dict(values or {}), "do": {"intent": intent, "given": given}}


def ask_about_child() -> Utterance:
    """Whether a child is at risk now: a reply goes the way of replies to a safety question."""
    return {"show": "child_question"}


def ask_criterion(criterion: str, *, again: bool = False) -> Utterance:
    """The question of one criterion, with its answers as choices."""
    return {"show": "criterion", "criterion": criterion, "again": again}


def ask_field(name: str, *, again: bool = False) -> Utterance:
    """The card of one field, which posts to the application and never to Rasa."""
    return {"show": "field", "name": name, "again": again}


def read_back(answers: Mapping[str, str]) -> Utterance:
    """What was understood from free text, before it counts."""
    return {"show": "readback", "answers": dict(answers)}


def summary() -> Utterance:
    """Check your answers: every line with a choice to change it."""
    return {"show": "summary"}


def standing() -> Utterance:
    """Where the referral stands: answered, open, outcome so far."""
    return {"show": "standing"}


def outcome() -> Utterance:
    """What the criteria say, with the reasons."""
    return {"show": "outcome"}


def excluded(criterion: str, choices: Sequence[Choice]) -> Utterance:
    """The criterion that excludes, what to do instead, and how to go on."""
    return {"show": "excluded", "criterion": criterion, "choices": list(choices)}


def explain(criterion: str) -> Utterance:
    """Why a criterion is asked, and where it comes from."""
    return {"show": "why", "criterion": criterion}


def changed(criterion: str, before: str | None, after: str | None) -> Utterance:
    """An answer that was corrected, and what that does."""
    return {"show": "changed", "criterion": criterion, "before": before, "after": after}


def noted(answers: Mapping[str, str | None]) -> Utterance:
    """What was just kept."""
    return {"show": "noted", "answers": dict(answers)}


def sent(reference: str) -> Utterance:
    """Said only by the action that wrote the referral and holds its reference."""
    return {"show": "sent", "reference": reference}


def listing(found: Mapping[str, Any]) -> Utterance:
    """One service: its id and why it fits; its facts are fetched when it is worded."""
    return {"show": "listing", **found}
