"""What is known of a telephone that texts, and where to answer if others may see it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.channels import crisis
from bot.channels.chat import take_turn
from bot.channels.greeting import welcome_by_text
from bot.channels.incoming import Incoming
from bot.channels.leaving import kept, send
from bot.channels.memory import remembered
from bot.channels.packing import packed
from bot.channels.recalling import recall
from bot.channels.render import text_body
from bot.channels.replies import typed_reply
from bot.channels.speaker import WEB, Speaker, conversation_of
from bot.channels.text_commands import first_time, whom_to_ring
from bot.conversations import (
    Conversation,
    add_message,
    messages_after,
    remember,
    replies_to,
)
from core.audit import Actor, record
from core.database import transaction
from core.settings import settings
from outreach.texts import contacts
from outreach.texts.links import link_text
from outreach.texts.tables import Arrived

PRIVATE = "private"


@dataclass(frozen=True)
class Known:
    """``somebody``: a contact has this telephone. ``private`` was said by them, never inferred.

    ``language`` is the one that they chose, or "" where they chose none.
    """

    stopped: bool
    private: bool
    somebody: bool
    language: str


def known(speaker: Speaker) -> Known | None:
    """What the database tells of a telephone; None where it does not answer.

    What was said and asked in its conversation is remembered from here on, also by a process that
    meets it for the first time, so that the safety screen reads a text as the reply that it is.
    """
    try:
        with transaction() as session:
            recall(session, speaker.id)
            contact = contacts.of_phone(session, speaker.site, speaker.phone)
            # A telephone of the demonstration is on the screen of whoever tries it.
            private = contact.privacy == PRIVATE if contact else settings().demo
            return Known(
                stopped=contacts.stopped(session, speaker.site, speaker.phone),
                private=private,
                somebody=contact is not None,
                language=contact.language if contact else "",
            )
    except SQLAlchemyError:
        return None


def unanswered(speaker: Speaker, said: str) -> None:
    """A text after STOP that is neither danger nor a command: the audit knows of it, nobody else.

    Its words are remembered for the screen, which reads them together with the next ones.
    """
    remembered(speaker.id).hear(said)
    with transaction() as session:
        actor = Actor("conversation", speaker.id, speaker.site)
        record(session, actor, "text.unanswered", f"conversation:{speaker.id}")


def elsewhere(speaker: Speaker, said: str, arrived: Arrived, *, somebody: bool) -> list[str]:
    """Answer where others may see the telephone: nothing is told there but the way to a page.

    Whoever we know finds the answer on their own page, behind a link. Whoever we do not is told
    the address of the chat and numbers to ring.
    """
    if not somebody:
        return _to_the_chat(speaker, said, arrived.id_lookup)
    with transaction() as session:
        _begun(session, speaker)
    # Kept like a turn of the web chat, so that nothing of it leaves as a text.
    take_turn(replace(speaker, channel=WEB), Incoming(text=said), arrived.id_lookup)
    return link(speaker, arrived)


def link(speaker: Speaker, arrived: Arrived) -> list[str]:
    """Text a link to the person's own page; a copy of the same text gets none."""
    with transaction() as session:
        if not first_time(session, arrived):
            return []
        text = link_text(session, speaker.site, speaker.phone, speaker.language)
        if text is None:
            return []
        send(session, speaker, f"link:{arrived.id_lookup}", text)
        return [text]


def _begun(session: Session, speaker: Speaker) -> None:
    """The conversation, which says first what is kept and who sees it."""
    conversation = conversation_of(session, speaker)
    if conversation is None or messages_after(session, conversation.id, 0):
        return
    remember(conversation, welcomed=True)
    for body in welcome_by_text(conversation):
        add_message(session, conversation, "assistant", body)


def _to_the_chat(speaker: Speaker, said: str, key: str) -> list[str]:
    held = remembered(speaker.id)
    with transaction() as session:
        conversation = conversation_of(session, speaker)
        if conversation is None:
            return []
        before = replies_to(session, conversation.id, key)
        if before is not None:
            return packed([message.body for message in before])
        add_message(session, conversation, "person", {"text": said}, key)
        held.hear(said)
        body = _after_no(speaker, conversation, said)
        if body is None:
            first = text_body("utter_text_elsewhere", speaker.language, page=settings().address)
            body = whom_to_ring(speaker, "utter_text_no_more", first=first)
        kept(session, speaker, conversation, body)
        return packed([body])


def _after_no(speaker: Speaker, conversation: Conversation, said: str) -> dict[str, object] | None:
    """The answer to a "no" to a safety question, which is closed with whatever is said to it."""
    held = remembered(speaker.id)
    said_no = bool(held.asked) and typed_reply(said) == "no"
    held.asked = None
    remember(conversation, safety_asked=None, unanswered=None)
    return crisis.gentle_no(speaker) if said_no else None
