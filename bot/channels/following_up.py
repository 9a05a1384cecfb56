"""What somebody texts to "did you get through?": kept, and a number that failed is reported."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.channels.leaving import kept
from bot.channels.packing import packed
from bot.channels.render import text_body
from bot.channels.speaker import Speaker, conversation_of
from bot.channels.text_commands import first_time
from bot.conversations import add_message
from core.database import transaction
from core.words import words
from outreach.texts import contacts, signposting
from outreach.texts.signposting import DID_NOT_WORK
from outreach.texts.tables import Arrived, Signposting
from services_directory.suggestions import suggest


def followed_up(speaker: Speaker, said: str, arrived: Arrived) -> list[str] | None:
    """The answer to an answer; None where the text is none, or nothing was asked.

    A bare "1" is one only while the question is the last thing that we began.
    """
    answer = signposting.answer_of(said)
    if not answer:
        return None
    with transaction() as session:
        contact = contacts.of_phone(session, speaker.site, speaker.phone)
        shown = signposting.asked_about(session, contact) if contact else None
        if shown is None:
            return None
        if not first_time(session, arrived):
            return []
        signposting.answer(session, shown, answer)
        if answer == DID_NOT_WORK:
            _report(session, speaker, shown)
        return _answered(session, speaker, said, answer, arrived)


def _report(session: Session, speaker: Speaker, shown: Signposting) -> None:
    """Where several were shown, which of them it was is not known: the first is looked at first."""
    listings = [each["id"] for each in shown.listings]
    others = len(listings) - 1
    parts = [words("utter_report_did_not_work", "en").text]
    if others:
        parts.append(words("utter_report_which_one", "en", {"count": str(others)}).text)
    said = " ".join(parts)
    suggest(session, listings[0], site=speaker.site, source="chat", about="phone", said=said)


def _answered(
    session: Session, speaker: Speaker, said: str, answer: str, arrived: Arrived
) -> list[str]:
    conversation = conversation_of(session, speaker)
    if conversation is None:
        return []
    add_message(session, conversation, "person", {"text": said}, arrived.id_lookup)
    body = text_body(f"utter_text_{answer}", speaker.language)
    kept(session, speaker, conversation, body)
    return packed([body])
