"""A clock that is set back: nothing waits until it has come round again, and nothing leaves twice.

What was written just before says a moment that lies in the future. Each test sets the clock back by
an hour, which is longer than anything here may wait.
"""

from __future__ import annotations

import contextlib
import os
import time
from datetime import date, timedelta
from pathlib import Path

import jwt
import pytest
from limits import parse
from limits.storage import storage_from_string
from sqlalchemy import update

from accounts import sessions
from accounts.tables import StaffSession
from bot import conversations
from bot.conversations import Conversation, abandoned, add_message
from core import clock, limiting, spool
from core.clock import AHEAD
from core.crypto import derived_key
from core.database import transaction
from core.limiting import Windows
from core.outbox import CLAIM_LASTS, FIRST_PAUSE, LONGEST_PAUSE, SENT, Outgoing
from core.tokens import ALGORITHM, sign, verify
from outreach.entries import ASKED
from outreach.sending import work
from outreach.tables import AlertStatus
from outreach.texts.delivery import CLAIM_LASTS as CLAIM_OF_TEXTS
from outreach.texts.delivery import send_due
from tests.unit import alarms, entering
from tests.unit.outboxes import Far, Move, moving_clock, row, write
from tests.unit.test_text_delivery import at, booked, booked_case
from tests.unit.text_clock import Killed, MovedClock, Postbox

HOUR = timedelta(hours=1)
NOTHING = timedelta()

pytestmark = pytest.mark.usefixtures("sqlite")


@pytest.fixture
def outbox_clock(monkeypatch: pytest.MonkeyPatch) -> Move:
    return moving_clock(monkeypatch)


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the system's clock reads, as the first of a list."""
    read = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: read[0])
    return read


# The outbox


def test_a_letter_that_was_never_tried_goes_at_once(outbox_clock: Move) -> None:
    outbox_clock(HOUR)
    write()
    outbox_clock(NOTHING)
    far = Far()
    assert far.deliver() == 1


def test_a_letter_that_is_tried_again_waits_no_longer_than_any(outbox_clock: Move) -> None:
    outbox_clock(HOUR)
    write()
    Far("away").deliver()
    outbox_clock(NOTHING)
    far = Far()
    assert far.deliver() == 1
    assert row().status == SENT


def test_one_that_fails_then_too_keeps_its_pauses_and_its_tries(outbox_clock: Move) -> None:
    """Else forty tries are over in half a minute, and the letter is given up."""
    outbox_clock(HOUR)
    write()
    outbox_clock(NOTHING)
    far = Far("away")
    for _ in range(5):
        far.deliver()
    assert row().tries == 1


@pytest.mark.parametrize("pause", [FIRST_PAUSE, LONGEST_PAUSE])
def test_what_is_put_off_as_ever_still_waits(outbox_clock: Move, pause: timedelta) -> None:
    write()
    tries = 0 if pause == FIRST_PAUSE else 9
    with transaction() as session:
        session.execute(update(Outgoing).values(due_at=row().due_at + pause, tries=tries))
    assert Far().deliver() == 0


def held_by_a_worker_that_died() -> None:
    with transaction() as session:
        session.execute(update(Outgoing).values(claimed_until=row().made_at + CLAIM_LASTS, tries=1))


def test_a_letter_in_hand_is_not_sent_by_another_and_free_after_the_usual_time(
    outbox_clock: Move,
) -> None:
    outbox_clock(HOUR)
    write()
    held_by_a_worker_that_died()
    far = Far()
    outbox_clock(NOTHING)
    # Whoever has it in hand may be about to send it.
    assert far.deliver() == 0
    outbox_clock(CLAIM_LASTS - timedelta(seconds=1))
    assert far.deliver() == 0
    outbox_clock(CLAIM_LASTS)
    assert far.deliver() == 1
    assert [letter.again for letter in far.got] == [True]


def test_no_claim_is_touched_for_a_machine_that_is_seconds_ahead(outbox_clock: Move) -> None:
    outbox_clock(AHEAD / 2)
    write()
    held_by_a_worker_that_died()
    held = row().claimed_until
    outbox_clock(NOTHING)
    Far().deliver()
    assert row().claimed_until == held


# Texts that we begin


def test_a_text_in_hand_is_free_after_the_usual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = MovedClock(monkeypatch, at(date(2026, 11, 28), 12))
    booked()
    moved.moment = at(date(2026, 12, 4), 10, 30)

    def dies(_when: str) -> None:
        raise Killed

    with contextlib.suppress(Killed):
        send_due(Postbox(dies), booked_case)
    moved.moment -= HOUR
    far = Postbox()
    assert send_due(far, booked_case) == 0
    moved.moment += CLAIM_OF_TEXTS
    assert send_due(far, booked_case) == 1
    moved.moment += HOUR
    assert send_due(far, booked_case) == 0


# Alerts


def test_an_entry_of_the_spool_that_seems_to_come_is_taken(tmp_path: Path) -> None:
    entries = spool.Spool(tmp_path / "spool")
    entries.put("a1", {"type": "alert"})
    os.utime(tmp_path / "spool/a1.entry", (time.time() + 3600,) * 2)
    assert entries.waiting() == ["a1"]
    assert entries.waiting(older_than=60) == ["a1"]


@pytest.mark.parametrize(
    ("back", "status"), [(HOUR, AlertStatus.escalated), (AHEAD / 2, AlertStatus.open)]
)
def test_more_people_are_told_of_a_danger_at_once_where_nobody_knows_how_long_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: timedelta, status: AlertStatus
) -> None:
    moved = alarms.Clock(monkeypatch)
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        alarms.tell()
        moved.moment -= back
        work()
    assert alarms.alert().status == status


def test_a_promised_answer_is_promised_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = alarms.Clock(monkeypatch)
    by = (alarms.START + HOUR).isoformat()
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        alarms.tell(kind=ASKED, answer_by=by)
        moved.moment -= HOUR
        work()
    assert alarms.alert().status == AlertStatus.open


# A turn


def test_a_message_whose_process_died_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = clock.now()
    monkeypatch.setattr(conversations, "now", lambda: moment)
    with transaction() as session:
        about = {"site": "hampshire", "audience": "participant", "language": "en"}
        held, _ = conversations.begin(session, **about, staff_id=None)
        add_message(session, held, "person", {"text": "hello"}, "a key")
        session.flush()
        assert not abandoned(session, held.id, "a key")
        moment -= HOUR
        assert abandoned(session, held.id, "a key")
        assert session.get_one(Conversation, held.id)


def test_claims_hold_for_a_reader_whose_clock_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock went back between web and Rasa, or they stand on two machines."""
    monkeypatch.setattr("core.tokens.now", lambda: clock.now() + HOUR)
    assert verify("a purpose", sign("a purpose", {"sub": "x"}, lasts=HOUR))["sub"] == "x"


def test_claims_end_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tokens.now", lambda: clock.now() - 2 * HOUR)
    token = sign("a purpose", {}, lasts=HOUR)
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, derived_key("a purpose"), algorithms=[ALGORITHM])


# Staff


@pytest.fixture
def staff_clock(monkeypatch: pytest.MonkeyPatch) -> entering.Clock:
    entering.count_anew()
    return entering.Clock(monkeypatch)


def test_a_session_of_before_is_over_since_nobody_knows_how_long_it_lasts(
    staff_clock: entering.Clock,
) -> None:
    entering.account()
    browser = entering.signed_in()
    staff_clock.on(hours=-1)
    assert not entering.is_in(browser)
    assert entering.is_in(entering.signed_in())


def test_it_does_not_come_to_life_when_the_clock_is_where_it_was(
    staff_clock: entering.Clock,
) -> None:
    entering.account()
    entering.signed_in()
    staff_clock.on(hours=-1)
    with transaction() as session:
        sessions.sweep(session)
        assert session.query(StaffSession).count() == 0


def test_a_session_lasts_where_another_machine_is_seconds_ahead(
    staff_clock: entering.Clock,
) -> None:
    entering.account()
    browser = entering.signed_in()
    staff_clock.on(seconds=-30)
    assert entering.is_in(browser)


# Limits

LIMIT = parse("3/minute")


@pytest.fixture
def counts(tick: list[float]) -> Windows:
    return Windows(storage_from_string(limiting.IN_MEMORY))


def test_whoever_was_held_back_is_not_held_back_for_an_hour(
    counts: Windows, tick: list[float]
) -> None:
    assert [counts.hit(LIMIT, "x") for _ in range(4)] == [True, True, True, False]
    tick[0] -= 3600
    assert counts.test(LIMIT, "x")
    # It is counted from here on as ever.
    assert [counts.hit(LIMIT, "x") for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("back", [0, 30])
def test_a_limit_holds_where_another_machine_is_seconds_ahead(
    counts: Windows, tick: list[float], back: int
) -> None:
    for _ in range(3):
        counts.hit(LIMIT, "x")
    tick[0] -= back
    assert not counts.hit(LIMIT, "x")
    assert not counts.test(LIMIT, "x")
