"""Who is signed in, by the short way: what it saves, what it never gets wrong, and without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import redis

from accounts import at_hand, sessions
from accounts import staff as accounts
from accounts.at_hand import LASTS, found, keep
from accounts.staff import TOKEN, goes_on, hash_of, who
from accounts.tables import Staff, StaffSession
from core.database import transaction
from core.redis_waits import left_alone
from tests.unit.at_hand import a_redis
from tests.unit.entering import (
    KIT,
    Clock,
    account,
    become_production,
    count_anew,
    is_in,
    secret_of,
    set_up_app,
    signed_in,
)
from tests.unit.statements import listening
from tests.unit.text_standins import set_up

pytestmark = pytest.mark.usefixtures("database")
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def with_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_up(monkeypatch, redis_url=a_redis())
    left_alone.end()
    yield
    left_alone.end()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def token(**lasts: float) -> str:
    """Of an officer, as a program holds it."""
    kit = account()
    with transaction() as session:
        return accounts.sign_in(session, kit, kind=TOKEN, lasts=timedelta(**lasts or {"hours": 1}))


@contextmanager
def asking_no_database() -> Iterator[None]:
    asked: list[str] = []
    with listening(asked.append):
        yield
    assert asked == []


def in_redis(secret: str) -> bytes:
    with redis.Redis.from_url(a_redis()) as server:
        kept = server.get(f"staff-session:{hash_of(secret)}")
    assert isinstance(kept, bytes)
    return kept


def put_in_redis(secret: str, kept: bytes) -> None:
    with redis.Redis.from_url(a_redis()) as server:
        server.set(f"staff-session:{hash_of(secret)}", kept, ex=60)


# What it saves


def test_who_was_asked_for_just_now_needs_no_database() -> None:
    secret = token()
    asked = who(secret)
    assert asked
    with asking_no_database():
        again = who(secret)
        with transaction() as session:
            assert goes_on(session, hash_of(secret), asked.id)
            assert not goes_on(session, hash_of(secret), "somebody else")
    assert again
    told = ("id", "username", "role", "site", "name", "rank", "created_at", "disabled_at")
    assert [getattr(again, name) for name in told] == [getattr(asked, name) for name in told]


def test_once_a_minute_the_database_hears_that_somebody_is_still_there(clock: Clock) -> None:
    secret = token()
    assert who(secret)
    clock.on(seconds=59)
    with asking_no_database():
        assert who(secret)
    clock.on(seconds=2)
    assert who(secret)
    with transaction() as session:
        assert session.get_one(StaffSession, hash_of(secret)).seen_at == clock.time


def test_a_token_ends_in_the_middle_of_its_minute(clock: Clock) -> None:
    secret = token(seconds=30)
    assert who(secret)
    clock.on(seconds=30)
    assert who(secret) is None


# What it never gets wrong


def test_who_read_it_before_an_end_cannot_put_it_back() -> None:
    secret = token()
    with transaction() as session:
        read = session.get_one(StaffSession, hash_of(secret))
    with transaction() as session:
        accounts.sign_out(session, secret)
    keep(read)
    assert found(hash_of(secret)) is None
    assert who(secret) is None


def test_an_end_is_known_before_it_is_in_the_database() -> None:
    secret = token()
    assert who(secret)
    with transaction() as session:
        accounts.sign_out(session, secret)
        session.flush()
        assert found(hash_of(secret)) is None


def test_an_end_that_came_to_nothing_ends_nothing() -> None:
    secret = token()
    kit = who(secret)
    assert kit
    with transaction() as session:
        sessions.end_all(session, session.get_one(Staff, kit.id))
        session.flush()
        session.rollback()
    assert who(secret)


def test_a_person_who_is_called_something_else_is_so_at_once() -> None:
    secret = token()
    asked = who(secret)
    assert asked
    with transaction() as session:
        session.get_one(Staff, asked.id).rank = "Sergeant"
    again = who(secret)
    assert again
    assert again.rank == "Sergeant"


def test_a_page_of_ones_own_account_is_read_anew(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_anew()
    account()
    browser = signed_in()
    assert is_in(browser)
    become_production(monkeypatch)
    set_up_app(browser, clock)
    page = browser.get("/account")
    assert page.status_code == 200
    assert secret_of(browser)
    assert "second-factor" in page.text


def test_redis_learns_nothing_of_anybody_and_nothing_that_opens() -> None:
    secret = token()
    assert who(secret)
    kept = in_redis(secret)
    for told in (b"Marlow", KIT.encode(), b"officer", secret.encode()):
        assert told not in kept


@pytest.mark.parametrize("kept", [b"over", b"", b"anything", b"gAAAAA"])
def test_what_is_not_ours_in_redis_says_nothing(kept: bytes) -> None:
    secret = token()
    put_in_redis(secret, kept)
    assert who(secret)
    put_in_redis("a guess", kept)
    assert who("a guess") is None


def test_a_session_put_under_another_secret_opens_nothing() -> None:
    secret = token()
    assert who(secret)
    put_in_redis("a guess", in_redis(secret))
    assert who("a guess") is None


def test_an_entry_of_another_version_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One column more or fewer, while two versions serve."""
    secret = token()
    ours = at_hand._names
    with monkeypatch.context() as patch:
        patch.setattr(at_hand, "_names", lambda table: ours(table) - {"rank"})
        assert who(secret)
    assert found(hash_of(secret)) is None
    kit = who(secret)
    assert kit
    assert kit.rank == ""


# Without it


def test_where_redis_is_away_the_database_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = token()
    assert who(secret)
    set_up(monkeypatch, redis_url=AWAY)
    assert who(secret)
    with transaction() as session:
        accounts.sign_out(session, secret)
    assert who(secret) is None


def test_an_end_that_redis_was_not_told_holds_after_a_minute(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = token()
    assert who(secret)
    set_up(monkeypatch, redis_url=AWAY)
    with transaction() as session:
        accounts.sign_out(session, secret)
    set_up(monkeypatch, redis_url=a_redis())
    left_alone.end()
    clock.on(seconds=LASTS.total_seconds())
    assert who(secret) is None
