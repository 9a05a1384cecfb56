"""What a person can ask of us: what is held about them, and to have it deleted. By rule, not Rasa.

Nothing is told or deleted before we know that it is them: on a page their chat is theirs, and what
else we hold once they came by the link; by text only where the telephone is theirs alone. What of
the case is held elsewhere is never told here. Periods are those of ``docs/data.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.channels import erasing
from bot.channels.greeting import greeting
from bot.channels.render import Body, choice, labelled, text_body
from bot.channels.speaker import TEXT, Speaker
from bot.conversations import ChatMessage, Conversation, actor_of
from bot.speech import Choice
from core.audit import record
from core.clock import LONDON, now
from core.settings import settings
from core.words import Words, words
from outreach.texts import contacts
from outreach.texts.folding import folded, words_of
from outreach.texts.links import link_text
from outreach.texts.tables import Contact, Message, Signposting
from sites import site_of

KNOWN_AS = "known_as"
HELD, DELETE, CONFIRM, ERASE = "held", "delete", "confirm", "erase"
_FILE = Path(__file__).with_name("own_data.yml")
_LONGEST = 120
_LAST_DIGITS = 3


@dataclass(frozen=True)
class _Asked:
    """Who asks, where; and their contact, as far as it is sure that they are that person."""

    session: Session
    speaker: Speaker
    conversation: Conversation
    contact: Contact | None

    @property
    def language(self) -> str:
        """The language of the conversation."""
        return self.conversation.language

    def words(self, key: str, **values: Any) -> Words:
        """Approved words in that language."""
        return words(key, self.language, values)


def wish_of(text: str) -> str:
    """ "held" or "delete" for a message that wants just that and says nothing else, or ""."""
    return next((wish for wish in (HELD, DELETE) if _fits(wish, text)), "")


def wish_in(session: Session, conversation: Conversation, message: ChatMessage) -> str:
    """What a participant's newest message wants of this: "held", "delete", "erase", or "".

    A typed yes erases only as the very next message after we asked whether we shall.
    """
    if conversation.audience != "participant":
        return ""
    text = message.body["text"]
    if _fits(CONFIRM, text) and _just_asked(session, message):
        return ERASE
    return wish_of(text)


def _just_asked(session: Session, message: ChatMessage) -> bool:
    before = session.scalar(
        select(ChatMessage).where(
            ChatMessage.conversation_id == message.conversation_id, ChatMessage.n == message.n - 1
        )
    )
    options = before.body.get("choices", []) if before else []
    return any(option["do"].get("own") == ERASE for option in options)


def answered(
    session: Session, speaker: Speaker, conversation: Conversation, wish: str
) -> list[Body]:
    """What is said to a wish, and done where it is "erase"; all of it in this transaction."""
    asked = _Asked(session, speaker, conversation, _contact(session, speaker, conversation))
    if speaker.phone and not _theirs_alone(asked.contact):
        if speaker.channel == TEXT:
            return [_neutral(asked)]
        # Texted by anybody who holds the telephone and answered on their page: done only there.
        wish = DELETE if wish == ERASE else wish
    record(session, actor_of(conversation), f"own_data.{wish}", f"conversation:{conversation.id}")
    if wish == ERASE:
        return _erased(asked)
    return [_sure(asked) if wish == DELETE else _told(asked)]


def _contact(session: Session, speaker: Speaker, conversation: Conversation) -> Contact | None:
    if speaker.phone:
        return contacts.of_phone(session, speaker.site, speaker.phone)
    known = conversation.context.get(KNOWN_AS)
    return session.get(Contact, known) if known else None


def _theirs_alone(contact: Contact | None) -> bool:
    """A telephone of the demonstration that nobody gave is on the screen of whoever tries it."""
    return contact.privacy == "private" if contact else settings().demo


def _neutral(asked: _Asked) -> Body:
    """For a telephone that others may see: a link, or that it cannot be done by text."""
    speaker, conversation = asked.speaker, asked.conversation
    subject = f"conversation:{conversation.id}"
    record(asked.session, actor_of(conversation), "own_data.tell", subject, refused=True)
    link = link_text(asked.session, speaker.site, speaker.phone, asked.language)
    if link is None:
        return text_body("utter_own_not_by_text", asked.language)
    return {"kind": "text", "lang": asked.language, "text": link}


# What is held


def _told(asked: _Asked) -> Body:
    lines = [*_of_chat(asked), *(_of_contact(asked) if asked.contact else ())]
    if asked.contact is None:
        lines.append(asked.words("utter_own_this_chat_only"))
    delete = _own_choice("utter_label_own_delete", DELETE)
    return _body(asked, lines, delete, choice("utter_label_go_back", "carry_on"))


def _of_chat(asked: _Asked) -> Iterator[Words]:
    conversation, context = asked.conversation, asked.conversation.context
    kept = select(func.count(), func.min(ChatMessage.at)).where(
        ChatMessage.conversation_id == conversation.id
    )
    count, since = asked.session.execute(kept).one()
    yield asked.words("utter_own_chat", count=count, day=_day(since))
    if needs := context.get("needs"):
        named = [asked.words(f"utter_need_{code}").text for code in needs]
        yield asked.words("utter_own_needs", needs="; ".join(named))
    if place := context.get("place"):
        yield asked.words("utter_own_place", place=place["label"])
    own = asked.words(f"utter_language_{asked.language}").text
    yield asked.words("utter_own_language", own_language=own)
    if shown := _shown(asked):
        yield asked.words("utter_own_shown", count=len(shown))


def _shown(asked: _Asked) -> set[str]:
    """The services that were shown, in this chat and before it."""
    found = set(asked.conversation.context.get("shown", ()))
    if asked.contact:
        rows = select(Signposting).where(Signposting.contact_id == asked.contact.id)
        found |= {each["id"] for row in asked.session.scalars(rows) for each in row.listings}
    return found


def _of_contact(asked: _Asked) -> Iterator[Words]:
    contact = asked.contact
    if contact is None:
        return
    if contact.phone:
        yield asked.words("utter_own_number", digits=contact.phone[-_LAST_DIGITS:])
        yield asked.words(f"utter_own_privacy_{contact.privacy}")
        yield asked.words(f"utter_own_hours_{contact.hours}")
    yield from _agreements(asked, contact)
    sent = select(func.count(), func.max(Message.sent_at)).where(
        Message.contact_id == contact.id, Message.sent_at.is_not(None)
    )
    count, last = asked.session.execute(sent).one()
    if last:
        yield asked.words("utter_own_texts", count=count, day=_day(last))
    yield asked.words("utter_own_contact_lasts")
    yield from _of_case(asked)


def _agreements(asked: _Asked, contact: Contact) -> Iterator[Words]:
    last = {each.purpose: each.agreed for each in contacts.consents(asked.session, contact)}
    for agreed, key in ((True, "utter_own_agreed"), (False, "utter_own_declined")):
        purposes = [
            asked.words(f"utter_own_purpose_{purpose}").text
            for purpose in contacts.PURPOSES
            if last.get(purpose) is agreed
        ]
        if purposes:
            yield asked.words(key, purposes="; ".join(purposes))


def _of_case(asked: _Asked) -> Iterator[Words]:
    """Who keeps the case, and how to ask: never what stands in it."""
    team = site_of(asked.conversation.site).team
    by_text = asked.speaker.channel == TEXT
    # A text may lie open on a table, and the name of a team says what it does.
    keeper = asked.words("utter_own_the_team").text if by_text else team.name
    yield asked.words("utter_own_case", keeper=keeper)
    if not team.phone:
        yield asked.words("utter_own_no_number")
    else:
        key = "utter_own_ring" if team.confirmed else "utter_own_ring_unchecked"
        yield asked.words(key, number=team.phone)


# Deleting


def _sure(asked: _Asked) -> Body:
    lines = [asked.words("utter_own_sure_chat")]
    if asked.contact:
        lines.append(asked.words("utter_own_sure_contact"))
    erase = _own_choice("utter_label_own_erase", ERASE)
    return _body(asked, lines, erase, choice("utter_label_own_keep", "carry_on"))


def _erased(asked: _Asked) -> list[Body]:
    """Delete, say what went and what stays and why, and begin anew."""
    conversation, by_text = asked.conversation, asked.speaker.channel == TEXT
    # By text the telephone is the proof; on a page it stays known who came by the link.
    known = asked.contact.id if asked.contact and not by_text else None
    kept = {KNOWN_AS: known, "welcomed": True} if known else {}
    erasing.conversation(asked.session, conversation, keeping=kept)
    if asked.contact:
        erasing.contact(asked.session, asked.contact)
    body = _body(asked, _after(asked))
    if by_text:
        # Their next text begins it again.
        conversation.ended_at = now()
        return [body]
    return [body, *greeting(asked.session, conversation, None)]


def _after(asked: _Asked) -> Iterator[Words]:
    yield asked.words("utter_own_deleted_chat")
    if asked.contact:
        yield asked.words("utter_own_deleted_contact")
    yield asked.words("utter_own_stays")
    if site_of(asked.conversation.site).keeps_unclear:
        yield asked.words("utter_own_stays_unclear")
    if asked.contact:
        yield asked.words("utter_own_stays_contact")
        yield from _of_case(asked)


# Small parts


def _own_choice(label: str, wish: str) -> Choice:
    option = choice(label, "carry_on")
    option["do"] = {"own": wish}
    return option


def _body(asked: _Asked, lines: Iterable[Words], *choices: Choice) -> Body:
    said = list(lines)
    text = "\n".join([each.text for each in said])
    body: Body = {"kind": "text", "lang": said[0].language, "text": text}
    if not all(each.reviewed for each in said):
        body["unreviewed"] = True
    if choices:
        options = [labelled(option, asked.language) for option in choices]
        body |= {"kind": "question", "choices": options}
    return body


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%d/%m/%Y}"


def _fits(wish: str, text: str) -> bool:
    said = " ".join(words_of(text[:_LONGEST]))
    return len(text) <= _LONGEST and bool(_patterns()[wish].fullmatch(said))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    """Each wish as one pattern, folded as messages are."""
    listed: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    parts: dict[str, str] = {}
    for name, part in listed["parts"].items():
        parts[name] = part.format_map(parts)
    return {
        wish: re.compile(folded("|".join(f"(?:{each})" for each in listed[wish]).format_map(parts)))
        for wish in (HELD, DELETE, CONFIRM)
    }
