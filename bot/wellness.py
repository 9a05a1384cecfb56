"""How the system is, as counts and ages tell: for `cara doctor` and the page of coordinators.

What is not well is said once, here; the words are the readers' own (``cli/doctor.py``,
``bot/web/status.yml``). Nothing of anybody is looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.conversations import ChatMessage, Conversation
from core.audit import AuditRow
from core.clock import now
from core.settings import settings
from outreach import waiting
from outreach.sending import sign_of_life
from outreach.waiting import EMAIL, TEXT, Queue
from referrals.handing_over.waiting import troubles_at
from services_directory.tables import Live
from sites import NATIONAL

# Longer than any pause between two tries of a letter, so that what waits is stuck.
LATE = timedelta(hours=5)
# So long something may wait before somebody should look.
SOON = timedelta(minutes=15)
SPOOL_SECONDS = 120.0
# Once a night, with time to spare.
NIGHT = timedelta(hours=36)
BACKUP = "backup.create"


class State(StrEnum):
    """How a thing stands, from well to worst; ``look`` is for somebody to look at when they can."""

    good = "good"
    look = "look"
    wrong = "wrong"


@dataclass(frozen=True)
class Look:
    """One thing that was looked at: since when the oldest waits, how many, and when one went last.

    ``about`` names its words.
    """

    about: str
    state: State
    since: datetime | None = None
    count: int = 0
    last: datetime | None = None


def looks(session: Session, site: str, parts: Mapping[str, bool]) -> Iterator[Look]:
    """Everything, of one site, or of all where none is named; ``parts`` says which answer."""
    messages = _worst(by_kind(parts).values())
    letters = waiting.letters(session, site)
    yield Look("messages", messages, last=_answered(session, site))
    yield alerts(waiting.alerts(session, site), waiting.spooled())
    yield worker()
    yield letters_of("texts", letters[TEXT])
    yield letters_of("emails", letters[EMAIL])
    yield _hand_overs(session, site)
    yield _directory(session, site)
    yield backup(session)


def by_kind(parts: Mapping[str, bool]) -> dict[str, State]:
    """How each kind of part stands: of several Rasa, one that answers does the others' work.

    Somebody should look all the same: it is the last, or another hangs and its people wait.
    """
    found: dict[str, list[bool]] = {}
    for name, answers in parts.items():
        found.setdefault(name.partition("-")[0], []).append(answers)
    return {kind: _of_several(each) for kind, each in found.items()}


def oldest(found: list[Look]) -> Look | None:
    """Of what waits the one that has waited longest."""
    waits = [each for each in found if each.since and each.about != "worker"]
    return min(waits, key=lambda each: each.since or now(), default=None)


def letters_of(about: str, queue: Queue) -> Look:
    """A queue of what leaves: late once nothing but trouble explains it."""
    aged = timedelta(seconds=queue.age)
    state = State.look if queue.given_up or aged > SOON else State.good
    state = State.wrong if aged > LATE else state
    return Look(about, state, queue.oldest, queue.waiting + queue.given_up, queue.last)


def alerts(untaken: Queue, spooled: Queue) -> Look:
    """Who waits for a person: at once where not even the database knows of them."""
    state = State.look if untaken.waiting else State.good
    state = State.wrong if spooled.age > SPOOL_SECONDS else state
    since = [each for each in (untaken.oldest, spooled.oldest) if each]
    count = untaken.waiting + spooled.waiting
    return Look("alerts", state, min(since, default=None), count)


def silence() -> float | None:
    """Seconds since the worker gave a sign; None where it never did."""
    try:
        return time.time() - sign_of_life().stat().st_mtime
    except FileNotFoundError:
        return None


def worker() -> Look:
    """What sends alerts, texts and e-mails."""
    silent = silence()
    if silent is None:
        return Look("worker", State.wrong)
    moment = datetime.fromtimestamp(time.time() - silent, UTC)
    # A sign from the future was given before the clock was set back, and none since.
    if abs(silent) > settings().worker_silence:
        return Look("worker", State.wrong, since=moment)
    return Look("worker", State.good, last=moment)


def backup(session: Session) -> Look:
    """When everything was last backed up, as the audit knows."""
    made = session.scalar(select(func.max(AuditRow.at)).where(AuditRow.act == BACKUP))
    fresh = made is not None and now() - made < NIGHT
    return Look("backup", State.good if fresh else State.look, last=made)


def _answered(session: Session, site: str) -> datetime | None:
    """When the assistant last said something."""
    asked = select(func.max(ChatMessage.at)).where(ChatMessage.sender == "assistant")
    if site:
        asked = asked.join(Conversation).where(Conversation.site == site)
    return session.scalar(asked)


def _hand_overs(session: Session, site: str) -> Look:
    """Between police and the provider, whatever the route."""
    since = troubles_at(session, site)
    oldest_one = min(since, default=None)
    state = State.look if since else State.good
    state = State.wrong if oldest_one and now() - oldest_one > LATE else state
    return Look("hand_overs", state, oldest_one, len(since))


def _directory(session: Session, site: str) -> Look:
    """What is public: a search looks at the newest, so its last change is the last index."""
    asked = select(func.count(), func.max(Live.modified_at))
    count, last = session.execute(
        asked.where(Live.site.in_((site, NATIONAL))) if site else asked
    ).one()
    return Look("directory", _if(bool(count)), count=count, last=last)


def _of_several(answers: list[bool]) -> State:
    if all(answers):
        return State.good
    return State.look if any(answers) else State.wrong


def _worst(states: Iterable[State]) -> State:
    return max(states, key=list(State).index, default=State.good)


def _if(well: bool) -> State:
    return State.good if well else State.wrong
