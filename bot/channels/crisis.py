"""What the channel does when the safety screen finds something: answer first, from fixed words."""

from __future__ import annotations

import secrets
from threading import Thread
from typing import Any

from sqlalchemy.orm import Session

from bot.channels.rasa_client import RasaAwayError, rasa
from bot.conversations import Conversation, recent_words, remember
from bot.safety import Finding, Kind, Level, screen
from bot.safety.answers import after_no, answer, reviewed, typed_reply
from core.settings import settings

Body = dict[str, Any]
_REPLIES = ("yes", "no", "rather_not")


def found_in(session: Session, conversation: Conversation, text: str) -> Finding | None:
    """What the screen finds in a message, seen with the person's last ones."""
    previous = recent_words(session, conversation.id)
    return screen(text, conversation.language, previous, _audience(conversation))


def answer_to(finding: Finding, conversation: Conversation) -> list[Body]:
    """The fixed answer to an alarm, or the plain question of a check with answers to choose."""
    said = answer(finding, _spoken(conversation), _audience(conversation))
    body: Body = {"kind": "crisis", "lang": said.language, "text": said.text}
    remember(conversation, safety_asked=finding.kind.value if said.choices else None)
    if said.choices:
        body["choices"] = [
            {
                "label": label,
                "choice": secrets.token_urlsafe(9),
                "do": {"safety": {"kind": finding.kind.value, "reply": reply}},
            }
            for label, reply in zip(said.choices, _REPLIES, strict=False)
        ]
    return [body]


def typed_answer(text: str, conversation: Conversation) -> dict[str, str] | None:
    """The reply to an open safety question that somebody typed instead of pressing it."""
    kind = conversation.context.get("safety_asked")
    reply = typed_reply(text) if kind else None
    return {"kind": str(kind), "reply": reply} if reply else None


def after_reply(asked: dict[str, str], conversation: Conversation) -> list[Body]:
    """No to a check is one gentle sentence; yes, and "rather not say", get the full answer."""
    kind = Kind(asked["kind"])
    remember(conversation, safety_asked=None)
    if asked["reply"] != "no":
        return answer_to(Finding(kind, Level.alarm, "answered yes"), conversation)
    language = _spoken(conversation)
    return [{"kind": "text", "lang": language, "text": after_no(language)}]


def tell_rasa(conversation: Conversation, finding: Finding) -> None:
    """Let Rasa's tracker know, without waiting: the person has been answered already."""
    claims = {
        "sender": conversation.id,
        "site": conversation.site,
        "audience": _audience(conversation),
        "language": conversation.language,
        "safety": {"kind": finding.kind.value, "level": finding.level.value},
    }
    Thread(target=_told, args=(claims,), daemon=True).start()


def _told(claims: dict[str, Any]) -> None:
    try:
        rasa().turn("(a safety finding)", claims)
    except RasaAwayError:
        return


def _spoken(conversation: Conversation) -> str:
    """The person's language; in production English, where nobody qualified has read the words."""
    language = conversation.language
    return language if settings().demo or reviewed(language) else "en"


def _audience(conversation: Conversation) -> str:
    return "officer" if conversation.audience == "officer" else "participant"
