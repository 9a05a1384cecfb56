"""Limits that one process counts by itself: the same answers as ever, and nothing kept for ever."""

from __future__ import annotations

import time
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from core import windows
from core.limiting import IN_MEMORY
from core.windows import InThisProcess

LIMIT = parse("3/minute")
A_MINUTE = 60


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Both clocks, in seconds; a test sets them forward by hand."""
    moment = [1_000.0]
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000 + moment[0])
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    return moment


@pytest.fixture
def counts() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(storage_from_string(IN_MEMORY))


def kept(counts: MovingWindowRateLimiter) -> int:
    """How many keys are at hand."""
    assert isinstance(counts.storage, InThisProcess)
    return sum(map(len, counts.storage._windows.values()))


def test_a_minute_has_three(at: list[float], counts: MovingWindowRateLimiter) -> None:
    for _ in range(3):
        assert counts.hit(LIMIT, "x")
        at[0] += 10
    assert not counts.hit(LIMIT, "x")
    assert not counts.test(LIMIT, "x")
    assert counts.test(LIMIT, "y")
    assert counts.get_window_stats(LIMIT, "x").reset_time == 1_700_000_000 + 1_000 + A_MINUTE
    at[0] += 31
    assert counts.hit(LIMIT, "x")
    assert not counts.hit(LIMIT, "x")


def test_what_is_over_is_not_kept(at: list[float], counts: MovingWindowRateLimiter) -> None:
    for each in range(2_000):
        counts.hit(LIMIT, f"somebody {each}")
    assert kept(counts) == 2_000
    at[0] += A_MINUTE + 1
    counts.hit(LIMIT, "somebody else")
    assert kept(counts) == 1


def test_what_is_over_goes_also_where_the_clock_was_set_back(
    at: list[float], counts: MovingWindowRateLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts.hit(LIMIT, "x")
    monkeypatch.setattr(time, "time", lambda: 1.0)
    at[0] += A_MINUTE + 1
    counts.hit(LIMIT, "y")
    assert kept(counts) == 1


def test_a_flood_of_callers_does_not_fill_the_memory(
    at: list[float], counts: MovingWindowRateLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "MOST_KEYS", 100)
    for each in range(1_000):
        assert counts.hit(LIMIT, f"somebody {each}")
    assert kept(counts) <= 101
    # Whoever is here now goes on being counted.
    assert [counts.hit(LIMIT, "somebody 999") for _ in range(3)] == [True, True, False]


def test_a_flood_lets_nobody_guess_a_password_again(
    at: list[float], counts: MovingWindowRateLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "MOST_KEYS", 100)
    guesses = parse("3/8 hours")
    for _ in range(3):
        counts.hit(guesses, "chief")
    for each in range(1_000):
        counts.hit(LIMIT, f"a chat {each}")
        counts.hit(guesses, f"another {each}")
        at[0] += 10
    assert not counts.test(guesses, "chief")
    # And what is shorter is forgotten meanwhile as ever.
    assert kept(counts) <= 1_001 + A_MINUTE // 10 + 1
    at[0] += 8 * 3600
    assert counts.test(guesses, "chief")


def test_counting_starts_no_thread(
    counts: MovingWindowRateLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Thread] = []
    monkeypatch.setattr(Thread, "start", started.append)
    for each in range(10):
        counts.hit(LIMIT, f"somebody {each}")
    assert not started


def test_what_is_forgotten_is_counted_anew(counts: MovingWindowRateLimiter) -> None:
    for _ in range(3):
        counts.hit(LIMIT, "x")
    counts.hit(LIMIT, "y")
    counts.clear(LIMIT, "x")
    assert counts.hit(LIMIT, "x")
    assert counts.storage.check()
    assert counts.storage.reset() == 2
    assert kept(counts) == 0


# Never a minute to the moment: there its own answers contradict each other.
_STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from([0, 1.003, 19.1, 23.7, 58.9, 61.3])),
    max_size=40,
)


@given(steps=_STEPS)
def test_it_answers_as_the_storage_of_limits_does(steps: list[tuple[str, float]]) -> None:
    moment = [1_000.0]
    with pytest.MonkeyPatch.context() as patch:
        theirs = MovingWindowRateLimiter(MemoryStorage())
        theirs.storage.timer.cancel()  # type: ignore[attr-defined]
        # It forgets in a thread, which sees another clock than ours.
        patch.setattr(MemoryStorage, "_MemoryStorage__schedule_expiry", lambda _self: None)
        patch.setattr(time, "time", lambda: 1_700_000_000 + moment[0])
        patch.setattr(time, "monotonic", lambda: moment[0])
        ours = MovingWindowRateLimiter(storage_from_string(IN_MEMORY))
        for who, later in steps:
            moment[0] += later
            assert ours.test(LIMIT, who) == theirs.test(LIMIT, who)
            left = [each.get_window_stats(LIMIT, who).remaining for each in (ours, theirs)]
            assert left[0] == left[1]
            assert ours.hit(LIMIT, who) == theirs.hit(LIMIT, who)
