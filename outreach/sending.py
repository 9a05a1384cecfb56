"""One round of the worker: the spool into the database, the clock of alerts, the outbox out.

The same round is the second sender's (design D2a): a web process runs it when the worker has shown
no sign of life for a while.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from core import outbox, spool
from core.database import transaction
from core.outbox import Letter, NotSentError, Sender
from core.senders import senders
from core.settings import settings
from outreach.alerts import escalate_overdue, take_in
from outreach.entries import ALERT, STOP
from outreach.notices import letters, people_of
from outreach.texts.receipts import send_answer
from outreach.texts.stopping import take_stop

log = logging.getLogger("cara.worker")

_told_without_database: dict[tuple[str, str], str] = {}


def work(*, standing_in: bool = False) -> None:
    """Do what is due, and never raise for a database that is away: the next round tries again.

    Who is ``standing_in`` takes the spool even if its lock is held, by a worker that hangs; should
    that wake, the keys of letters keep a second copy from counting.
    """
    sending = senders() | {"text": send_answer}
    with spool.alerts().taking() as ours:
        if ours or standing_in:
            drain(spool.alerts(), sending)
    try:
        with transaction() as session:
            escalate_overdue(session)
        outbox.deliver_due(sending)
        _told_without_database.clear()
    except SQLAlchemyError as error:
        log.warning("the database does not answer: %s", type(error).__name__)


def drain(entries: spool.Spool, sending: dict[str, Sender]) -> None:
    """Move every waiting entry into the database; where that is away, send at once all the same."""
    for entry_id in entries.waiting():
        entry = entries.read(entry_id)
        if entry is None:
            continue
        try:
            with transaction() as session:
                _take(session, entry_id, entry, entries.noted(entry_id))
        except IntegrityError:
            # Another process took it in this moment; the next round sees that and lets it go.
            continue
        except (LookupError, ValueError, TypeError) as error:
            told = type(error).__name__
            log.critical("spool entry %s cannot be taken in: %s", entry_id, told)
            entries.set_aside(entry_id)
        except SQLAlchemyError as error:
            log.warning("the spool waits for the database: %s", type(error).__name__)
            _send_now(entries, entry_id, entry, sending)
        else:
            entries.remove(entry_id)
            time.sleep(outbox.BREATH)


def _take(session: Any, entry_id: str, entry: dict[str, Any], told: list[str]) -> None:
    if entry["type"] == ALERT:
        take_in(session, entry, told)
        return
    if entry["type"] == STOP:
        take_stop(session, entry_id, entry)
        return
    letter = _text(entry_id, entry)
    outbox.post(session, letter, site=entry["site"], sent=letter.key in told)


def _send_now(
    entries: spool.Spool, entry_id: str, entry: dict[str, Any], sending: dict[str, Sender]
) -> None:
    """Every letter that needs no database, each noted, so that it is not sent again later."""
    for letter in letters_of(entry_id, entry):
        if letter.key in entries.noted(entry_id):
            continue
        try:
            sending[letter.kind](letter)
        except NotSentError as error:
            log.warning("a letter of the spool waits: %s", error)
        else:
            entries.note(entry_id, letter.key)


def letters_of(entry_id: str, entry: dict[str, Any]) -> list[Letter]:
    """The letters of an entry that need no database."""
    if entry["type"] == STOP:
        return []
    if entry["type"] != ALERT:
        return [_text(entry_id, entry)]
    # The same person saying the same again is no second letter; the database knows it later.
    about = (entry["conversation"], entry["kind"])
    if _told_without_database.setdefault(about, entry_id) != entry_id:
        return []
    return list(letters(entry, people_of(entry["site"])))


def _text(entry_id: str, entry: dict[str, Any]) -> Letter:
    return Letter("text", entry_id, {name: entry[name] for name in ("to", "text", "site")})


# Signs of life


def sign_of_life() -> Path:
    """The file that the worker touches each round."""
    return settings().data_dir / "worker.alive"


def touch() -> None:
    """The worker is alive."""
    sign_of_life().touch()


def last_sign() -> int:
    """What changes with each sign of the worker's; 0 before its first."""
    try:
        return sign_of_life().stat().st_mtime_ns
    except FileNotFoundError:
        return 0
