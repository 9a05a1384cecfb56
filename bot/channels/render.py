"""Utterances become messages: the only place where what is said gets its words."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from sqlalchemy.orm import Session

from accounts.tables import Staff
from bot.channels import render_officer
from bot.channels.crisis import safety_choice
from bot.channels.speaker import speaker_in
from bot.conversations import Conversation, remember
from bot.safety import Kind
from bot.speech import Choice, Utterance, choice
from core.clock import now, today
from core.settings import settings
from core.words import words
from services_directory.hours import open_state
from services_directory.hours_text import read_hours
from services_directory.listing import Listing, offerable, warning
from services_directory.live import catalogue
from services_directory.results import Reason, Result, as_json
from sites import site_of

Body = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """Where the words are spoken."""

    session: Session
    conversation: Conversation
    staff: Staff | None

    @cached_property
    def listings(self) -> Mapping[str, Listing]:
        """What is public at the site, by id: read once, however many are shown."""
        return catalogue(self.session, self.conversation.site).by_id

    @property
    def language(self) -> str:
        """The language that the person chose."""
        return self.conversation.language


def rendered(setting: Setting, utterance: Utterance) -> list[Body]:
    """The messages of one utterance, ready to keep and to send."""
    if "say" in utterance:
        return [_said(setting, utterance)]
    if utterance["show"] == "listing":
        return _listing(setting, utterance)
    if utterance["show"] == "child_question":
        return [_child_question(setting)]
    return render_officer.shown(setting.session, setting.conversation, setting.staff, utterance)


def text_body(key: str, language: str, *choices: Choice, **values: Any) -> Body:
    """Approved words as a message of their own."""
    said = words(key, language, values)
    body: Body = {"kind": "text", "lang": said.language, "text": said.text}
    if not said.reviewed:
        body["unreviewed"] = True
    if choices:
        body |= {"kind": "question", "choices": [labelled(option, language) for option in choices]}
    return body


def labelled(option: Choice, language: str) -> dict[str, Any]:
    """A choice with its label in words and the opaque token by which it comes back."""
    label = words(option["label"], language, option["values"]).text
    return {"label": label, "choice": secrets.token_urlsafe(9), "do": option["do"]}


def _said(setting: Setting, utterance: Utterance) -> Body:
    language = utterance.get("language", setting.language)
    values = {key: _value(value, language) for key, value in utterance.get("values", {}).items()}
    values.setdefault("team", site_of(setting.conversation.site).team.name)
    body = text_body(utterance["say"], language, *utterance.get("choices", ()), **values)
    # Who packs it as a text has to know the name, which may say too much.
    return body | {"service": values["name"]} if "name" in values else body


def _value(value: Any, language: str) -> str:
    """A value as words: keys of approved words are worded, lists are joined."""
    if isinstance(value, list):
        return "; ".join(_value(each, language) for each in value)
    text = str(value)
    return words(text, language).text if text.startswith("utter_") else text


def _child_question(setting: Setting) -> Body:
    """A yes is answered as a danger; each other reply leads on to the help that was promised."""
    body = text_body("utter_bound_child_question", setting.language)
    speaker, kind = speaker_in(setting.conversation), Kind.child_at_risk.value
    replies = (("yes", "yes"), ("no", "no"), ("rather_not", "no"))
    choices = [
        safety_choice(speaker, kind, reply, words(f"utter_crisis_{label}", body["lang"]).text)
        for label, reply in replies
    ]
    remember(setting.conversation, safety_asked=kind)
    return body | {"kind": "question", "choices": choices}


def _listing(setting: Setting, utterance: Utterance) -> list[Body]:
    language, found = setting.language, setting.listings.get(utterance["id"])
    warned = warning(found, today()) if found else ""
    if found is None or not offerable(found, demo=settings().demo, on=today()):
        return []
    result = Result(
        listing=found,
        needs=tuple(utterance["needs"]),
        reasons=tuple(Reason(code, value) for code, value in utterance["reasons"]),
        distance_m=utterance["distance_m"],
        open=open_state(read_hours(found.hours), now()),
        tier=warned,
    )
    listing = as_json(result, word=partial(reason_words, language))
    text = f"{listing['organisation']}: {listing['name']}. {listing['what']}"
    # A text says ``nth`` and in which language instead of a name that says too much.
    body: Body = {"kind": "listing", "lang": "en", "text": text, "listing": listing}
    body |= {"nth": utterance.get("nth", 0), "around": language}
    if warned:
        body["warning"] = words(f"utter_{warned}", language).text
        body["text"] = f"{text} {body['warning']}"
    return [body]


def reason_words(language: str, reason: Reason) -> str:
    """Why a listing fits, in the person's language."""
    wording: Callable[[Any, str], Any] = _REASON_VALUES.get(reason.code, _plain)
    values: Mapping[str, Any] = {"value": wording(reason.value, language)}
    return words(f"utter_reason_{reason.code}", language, values).text


def _plain(value: Any, _language: str) -> str:
    return str(value)


def _need(value: Any, language: str) -> str:
    return words(f"utter_need_{value}", language).text


def _kilometres(value: Any, _language: str) -> str:
    return f"{max(1, round(int(value) / 1000))}"


def _clock_time(value: Any, _language: str) -> str:
    return str(value)[11:16]


def _spoken(value: Any, language: str) -> str:
    return words(f"utter_language_{value}", language).text


_REASON_VALUES: dict[str, Callable[[Any, str], Any]] = {
    "need": _need,
    "distance": _kilometres,
    "language": _spoken,
    "open_until": _clock_time,
}

__all__ = ["Body", "Setting", "choice", "labelled", "reason_words", "rendered", "text_body"]
