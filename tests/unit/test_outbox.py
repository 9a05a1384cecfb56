"""The outbox: nothing leaves without its cause, nothing leaves twice, nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from core import outbox
from core.audit import SYSTEM, record
from core.database import transaction
from core.outbox import (
    DEAD,
    SENT,
    TRIES,
    WAITING,
    Letter,
    NotSentError,
    deliver_due,
    post,
)
from tests.unit.outboxes import PAYLOAD, START, Far, Move, moving_clock, row, rows, write

pytestmark = pytest.mark.usefixtures("database")


class DiedError(BaseException):
    """Stands for a worker that is killed while it holds a row."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Move:
    return moving_clock(monkeypatch)


# In


def test_nothing_leaves_if_its_cause_is_undone() -> None:
    def fail() -> None:
        with transaction() as session:
            record(session, SYSTEM, "referral.submit", "referral:1")
            post(session, Letter("text", "one", PAYLOAD), site="hampshire")
            raise RuntimeError("the cause fails after all")

    with pytest.raises(RuntimeError):
        fail()
    far = Far()
    assert far.deliver() == 0
    assert far.got == []
    assert rows() == []


def test_a_key_is_one_row_whatever_is_posted_under_it() -> None:
    write()
    write()
    with transaction() as session:
        for words in ("first", "second"):
            post(session, Letter("text", "two", {"text": words}), site="hampshire")
    assert [(each.key, each.payload.get("text")) for each in rows()] == [
        ("one", PAYLOAD["text"]),
        ("two", "first"),
    ]


def test_a_key_that_was_sent_is_not_sent_again() -> None:
    write()
    far = Far()
    far.deliver()
    write()
    far.deliver()
    assert len(far.got) == 1


def test_the_database_never_sees_to_whom_or_what() -> None:
    write()
    with transaction() as session:
        kept = bytes(session.execute(text("SELECT payload FROM outbox")).scalar_one())
    for each in (PAYLOAD["to"], PAYLOAD["text"], "Samaritans"):
        assert each.encode() not in kept


def test_what_had_gone_before_it_was_recorded_is_not_sent() -> None:
    write(sent=True)
    far = Far()
    assert far.deliver() == 0
    assert far.got == []
    assert (row().status, row().sent_at is not None) == (SENT, True)


# Out


def test_a_row_is_sent_once_with_its_key() -> None:
    write()
    far = Far()
    assert far.deliver() == 1
    assert far.deliver() == 0
    assert far.got == [Letter("text", "one", PAYLOAD)]
    assert (row().status, row().tries, row().trouble) == (SENT, 1, "")


def test_what_has_waited_longest_goes_first(clock: Move) -> None:
    for minutes, key in ((2, "a"), (0, "b"), (1, "c")):
        clock(timedelta(minutes=minutes))
        write(key)
    clock(timedelta(minutes=3))
    far = Far()
    assert far.deliver(most=2) == 2
    assert far.deliver(most=2) == 1
    assert [letter.key for letter in far.got] == ["b", "c", "a"]


def test_what_is_not_due_waits(clock: Move) -> None:
    write()
    clock(timedelta(seconds=-1))
    far = Far()
    assert far.deliver() == 0
    clock(timedelta())
    assert far.deliver() == 1


def test_while_one_worker_sends_a_row_no_other_has_it() -> None:
    write()
    other = Far()

    def slow(letter: Letter) -> None:
        assert other.deliver() == 0

    assert deliver_due({"text": slow}) == 1
    assert other.got == []


def test_workers_at_once_send_each_row_once() -> None:
    for at in range(12):
        write(f"{at}")
    far, at_once = Far(), Barrier(3)

    def round_of_a_worker(_at: int) -> int:
        at_once.wait()
        return far.deliver()

    with ThreadPoolExecutor(3) as workers:
        assert sum(workers.map(round_of_a_worker, range(3))) == 12
    assert sorted(letter.key for letter in far.got) == sorted(f"{at}" for at in range(12))


def test_a_worker_that_dies_frees_its_row_by_its_silence(clock: Move) -> None:
    write()

    def die(_letter: Letter) -> None:
        raise DiedError

    with pytest.raises(DiedError):
        deliver_due({"text": die})
    far = Far()
    clock(outbox.CLAIM_LASTS - timedelta(seconds=1))
    assert far.deliver() == 0
    clock(outbox.CLAIM_LASTS)
    assert far.deliver() == 1
    assert [letter.key for letter in far.got] == ["one"]


# Where the far end does not answer


def test_it_is_tried_again_later_each_time_and_at_last_every_quarter_of_an_hour(
    clock: Move,
) -> None:
    write()
    far, passed, pauses = Far("mail server: TimeoutError"), timedelta(), []
    for _ in range(12):
        assert far.deliver() == 0
        assert far.deliver() == 0
        pauses.append(row().due_at - (START + passed))
        passed += pauses[-1]
        clock(passed)
    assert len(far.got) == 12
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[1] < pauses[2]
    assert pauses[0] <= timedelta(seconds=5)
    assert pauses[-1] == outbox.LONGEST_PAUSE


def test_it_is_not_tried_before_its_time(clock: Move) -> None:
    write()
    far = Far("down")
    far.deliver()
    pause = row().due_at - START
    clock(pause - timedelta(seconds=1))
    far.deliver()
    assert len(far.got) == 1
    clock(pause)
    far.deliver()
    assert len(far.got) == 2


def test_each_try_has_the_same_key_and_success_clears_the_trouble(clock: Move) -> None:
    write()
    far = Far("webhook: status 500")
    far.deliver()
    assert (row().status, row().trouble, row().claimed_until) == (
        WAITING,
        "webhook: status 500",
        None,
    )
    far.refuses = ""
    clock(timedelta(minutes=1))
    assert far.deliver() == 1
    assert [letter.key for letter in far.got] == ["one", "one"]
    assert (row().status, row().trouble) == (SENT, "")


def test_one_that_fails_does_not_hold_up_the_next(clock: Move) -> None:
    write("a")
    clock(timedelta(seconds=1))
    write("b")
    sent = []

    def fails_for_a(letter: Letter) -> None:
        if letter.key == "a":
            raise NotSentError("down")
        sent.append(letter.key)

    assert deliver_due({"text": fails_for_a}) == 1
    assert sent == ["b"]


def test_one_whose_sender_breaks_does_not_either(clock: Move) -> None:
    """A slip in an address of site.yml must not end the worker, time after time."""
    write("a")
    clock(timedelta(seconds=1))
    write("b")

    def breaks_for_a(letter: Letter) -> None:
        if letter.key == "a":
            raise UnicodeError("07700 900461 is no host")

    assert deliver_due({"text": breaks_for_a}) == 1
    broken, sent = rows()
    assert (broken.status, broken.tries, sent.status) == (WAITING, 1, SENT)
    assert "900461" not in broken.trouble


def test_at_last_it_is_given_up_aloud_and_kept(
    clock: Move, caplog: pytest.LogCaptureFixture
) -> None:
    write()
    far = Far("down")
    for at in range(TRIES + 2):
        clock(timedelta(hours=at))
        far.deliver()
    assert len(far.got) == TRIES
    kept = row()
    assert (kept.status, kept.tries, kept.trouble, kept.payload) == (DEAD, TRIES, "down", PAYLOAD)
    (said,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert kept.id in said.getMessage()
    assert "900461" not in said.getMessage()


def test_trouble_of_any_length_is_kept_as_far_as_it_fits() -> None:
    write()
    Far("x" * 5_000).deliver()
    assert row().trouble == "x" * 200


def test_what_no_sender_is_set_up_for_waits() -> None:
    write()
    assert deliver_due({}) == 0
    assert row().status == WAITING
    assert row().trouble
