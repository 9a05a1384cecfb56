"""STOP, START and HELP are obeyed, whoever texts them, known to us or not, and once each."""

from __future__ import annotations

import logging
import uuid

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot.channels.crisis_words import numbers_table
from bot.channels.leaving import kept
from bot.channels.packing import packed
from bot.channels.render import Body, text_body
from bot.channels.speaker import Speaker, conversation_of
from bot.conversations import add_message
from core.audit import Actor, record
from core.clock import now
from core.database import transaction
from core.settings import settings
from core.words import words
from outreach.entries import keep_stop
from outreach.texts import contacts
from outreach.texts.stop_words import Command
from outreach.texts.tables import Arrived
from sites import site_of

log = logging.getLogger("cara.texts")

# Of two at once one is refused, and then sees what the other one did.
_TRIES = 3
_STOPS = uuid.UUID("6f3d1f0e-8a57-4b1e-9c3a-5a2f1d7c0b64")


def obey(
    speaker: Speaker, command: Command, arrived: Arrived, said: str, *, quietly: bool = False
) -> list[str]:
    """Do what a text commands; gives the texts that leave for it. Raises nothing.

    A copy, known by ``arrived``, is obeyed and answered no second time, nor is STOP confirmed to
    somebody who has said it before. ``quietly``: the text was answered as a danger already. Where
    the database is away a STOP is kept on the spool, and the worker takes it from there.
    """
    for _ in range(_TRIES):
        try:
            with transaction() as session:
                return _obeyed(session, speaker, command, arrived, said, quietly=quietly)
        except (IntegrityError, StaleDataError):
            continue
        except SQLAlchemyError as error:
            log.warning("the database does not answer: %s", type(error).__name__)
            break
    return _without_database(speaker, command, arrived, quietly=quietly)


def first_time(session: Session, arrived: Arrived) -> bool:
    """Whether this text was not taken before; it counts as taken with this transaction."""
    if session.get(Arrived, (arrived.provider, arrived.id_lookup)):
        return False
    session.add(Arrived(provider=arrived.provider, id_lookup=arrived.id_lookup, at=now()))
    session.flush()
    return True


def _obeyed(
    session: Session,
    speaker: Speaker,
    command: Command,
    arrived: Arrived,
    said: str,
    *,
    quietly: bool,
) -> list[str]:
    if not first_time(session, arrived):
        return []
    before = contacts.stopped(session, speaker.site, speaker.phone)
    if command == "stop":
        contacts.stop(session, speaker.site, speaker.phone)
    elif command == "start":
        contacts.start(session, speaker.site, speaker.phone)
    actor = Actor("conversation", speaker.id, speaker.site)
    record(session, actor, f"text.{command}", f"conversation:{speaker.id}")
    if quietly or (command == "stop" and before):
        return []
    body = _answer(speaker, command, stopped=before)
    conversation = conversation_of(session, speaker)
    if conversation is not None:
        add_message(session, conversation, "person", {"text": said}, arrived.id_lookup)
        kept(session, speaker, conversation, body, even_stopped=True)
    return packed([body])


def _answer(speaker: Speaker, command: Command, *, stopped: bool) -> Body:
    if command == "stop":
        return text_body("utter_text_stopped", speaker.language)
    if command == "start":
        return text_body("utter_text_started", speaker.language)
    return whom_to_ring(speaker, "utter_text_off" if stopped else "utter_text_no_more")


def whom_to_ring(speaker: Speaker, last: str, *, first: Body | None = None) -> Body:
    """Numbers to ring, after ``first`` and before the words of the key ``last``, in one text."""
    numbers = {row["key"]: row["display"] for row in numbers_table()}
    parts = [first] if first else []
    parts += [
        *_team(speaker),
        text_body("utter_text_help", speaker.language, **numbers),
        text_body(last, speaker.language),
    ]
    whole: Body = {
        "kind": "text",
        "lang": parts[-1]["lang"],
        "text": "\n".join(part["text"] for part in parts),
    }
    return whole | {"unreviewed": True} if any("unreviewed" in each for each in parts) else whole


def _team(speaker: Speaker) -> list[Body]:
    """The team's own number; in the demonstration an untried one too, which is said."""
    team = site_of(speaker.site).team
    if not team.phone or not (team.confirmed or settings().demo):
        return []
    ring = text_body("utter_text_ring", speaker.language, number=team.phone)
    untried = text_body("utter_person_untried", speaker.language)
    return [ring] if team.confirmed else [ring, untried]


def _without_database(
    speaker: Speaker, command: Command, arrived: Arrived, *, quietly: bool
) -> list[str]:
    if command == "help":
        return packed([_answer(speaker, command, stopped=False)])
    again = [] if quietly else [words("utter_text_again", speaker.language).text]
    if command == "start":
        return again
    answer = [] if quietly else packed([_answer(speaker, command, stopped=False)])
    entry_id = str(uuid.uuid5(_STOPS, f"{arrived.provider}:{arrived.id_lookup}"))
    try:
        keep_stop(entry_id, site=speaker.site, phone=speaker.phone, text="\n".join(answer))
    except OSError as error:
        log.critical("a STOP could not be kept: %s", error.strerror)
        return again
    return answer
