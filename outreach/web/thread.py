"""The conversation on an alert's page: who said what when, and a form to answer in it."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from accounts.policy import shows
from accounts.tables import Staff
from bot.channels import answering
from bot.channels.answering import LONGEST, Answer, Bar, NotAnsweredError
from bot.conversations import TEAM, ChatMessage, Conversation
from bot.runtime.language import language_of
from core.audit import Actor, record
from core.clock import LONDON
from core.web import forms
from core.words import keys, words
from outreach import alerts
from outreach.tables import Alert, AlertStatus
from sites import site_of

READY = "utter_ready_"
FIELDS = ("ready", "own", "name")
LANGUAGES = {"en": "English", "pl": "Polish", "pa": "Punjabi"}
BARS = {
    Bar.left: "This person has left the chat. An answer here would not be seen.",
    Bar.over: "This chat has closed. An answer here would not be seen.",
    Bar.stopped: "This person has texted STOP. No text goes to them.",
    Bar.not_private: "We do not know that only this person sees their phone. No text goes to it.",
}
# Why an answer was not sent, and at which field that is told.
PROBLEMS = {
    "nothing": ("ready", "Choose a ready answer, or write your own words."),
    "both": ("own", "Choose a ready answer or write your own words, not both."),
    "too_long": ("own", f"Write {LONGEST} characters or fewer."),
    "too_many": ("own", "This is too long for a text message. Use fewer words."),
    "reveals": ("own", "Somebody who sees this text would know what it is about. Use other words."),
    "closed": ("", "This is closed, so nothing was sent."),
} | {bar: ("", told) for bar, told in BARS.items()}


def view(session: Session, staff: Staff, alert: Alert) -> dict[str, Any] | None:
    """The thread of an alert for those who may read words, which goes on record; else None."""
    if not shows(staff.role, "said") or alert.audience == "officer":
        return None
    thread = answering.thread_of(session, alert.conversation)
    if thread is None:
        return None
    actor = Actor("staff", staff.id, staff.site)
    record(session, actor, "alert.thread", f"conversation:{thread.conversation.id}")
    return {
        "messages": [_line(each) for each in thread.messages],
        "language": LANGUAGES[thread.conversation.language],
        "by_text": thread.by_text,
        "on_page": thread.on_page,
        "bar": BARS[thread.bar] if thread.bar else "",
        "open": alert.status != AlertStatus.closed,
        "ready": _ready(thread.conversation.language),
        "names": {"team": f"The team ({site_of(alert.site).team.name})", "first": _first(staff)},
        "longest": LONGEST,
        "key": secrets.token_urlsafe(12),
    }


def send(session: Session, staff: Staff, alert: Alert, form: FormData) -> None:
    """Say what the form holds, and take the alert on where nobody has; both or neither.

    Raises :class:`NotAnsweredError`.
    """
    if alert.status == AlertStatus.closed:
        raise NotAnsweredError("closed")
    thread = answering.thread_of(session, alert.conversation)
    if thread is None or alert.audience == "officer":
        raise NotAnsweredError(Bar.left)
    given = _read(form, staff, thread.conversation)
    answering.answer(session, alert.conversation, given, forms.said(form, "key")[:60])
    if alert.status in alerts.UNTAKEN:
        alerts.acknowledge(session, staff, alert)
    record(session, Actor("staff", staff.id, staff.site), "alert.answer", f"alert:{alert.id}")


def _read(form: FormData, staff: Staff, conversation: Conversation) -> Answer:
    ready, own = forms.said(form, "ready"), forms.said(form, "own").strip()
    name = _first(staff) if forms.said(form, "name") == "first" else ""
    if not _is_ready(ready):
        written_in = language_of(own)
        language = conversation.language if written_in == "other" else written_in
        return Answer(own.replace("\r\n", "\n"), language, name)
    if own:
        raise NotAnsweredError("both")
    said = words(ready, conversation.language)
    return Answer(said.text, said.language, name, unreviewed=not said.reviewed)


def _is_ready(key: str) -> bool:
    return key.startswith(READY) and key in keys()


def _first(staff: Staff) -> str:
    return staff.name.split()[0]


def _ready(language: str) -> list[dict[str, str]]:
    """The ready answers as the participant reads them, and in English for who chooses."""
    made = []
    for key in filter(_is_ready, keys()):
        said, english = words(key, language), words(key, "en").text
        beside = english if said.language != "en" else ""
        made.append({"value": key, "text": said.text, "language": said.language, "english": beside})
    return made


def _line(message: ChatMessage) -> dict[str, str]:
    body = message.body
    who = {
        "person": "They wrote",
        "assistant": "The assistant",
        TEAM: f"{body.get('name', '')}, a person from the team",
    }
    return {
        "who": who[message.sender],
        "sender": message.sender,
        "language": body.get("lang", ""),
        "text": body["text"],
        "at": f"{message.at.astimezone(LONDON):%d %B, %H:%M}",
    }
