"""The outbox: letters that a person sends again, that are held, or that let others go first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.audit import Actor, AuditRow
from core.database import transaction
from core.outbox import (
    DEAD,
    HELD,
    SENT,
    TRIES,
    WAITING,
    Letter,
    NotSentError,
    deliver_due,
    post,
    resend,
)
from tests.unit.outboxes import PAYLOAD, Far, Move, moving_clock, row, rows, write

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Move:
    return moving_clock(monkeypatch)


def again(row_id: str, site: str = "hampshire") -> bool:
    with transaction() as session:
        return resend(session, row_id, site, by=Actor("staff", "s1", "hampshire"))


# Held


def test_what_is_held_is_sent_by_no_worker_and_not_again() -> None:
    with transaction() as session:
        letter = Letter("text", "one", PAYLOAD)
        post(session, letter, site="hampshire", held=True, trouble="no confirmed route")
    far = Far()
    assert far.deliver() == 0
    assert not again(row().id)
    assert (row().status, row().trouble) == (HELD, "no confirmed route")


# Ten letters to one address that stalls


def calls(*names: str, url: str = "https://stalls.example/") -> None:
    with transaction() as session:
        for name in names:
            post(session, Letter("webhook", name, {"url": url}), site="hampshire")


def test_an_address_that_fails_is_called_once_in_a_round_and_holds_up_nobody(clock: Move) -> None:
    calls("a", "b", "c")
    clock(timedelta(seconds=1))
    calls("d", url="https://answers.example/")
    write("alert")
    tried: list[str] = []

    def stalls_for_some(letter: Letter) -> None:
        tried.append(letter.key)
        if letter.payload.get("url") == "https://stalls.example/":
            raise NotSentError("webhook: TimeoutError")

    assert deliver_due({"webhook": stalls_for_some, "text": stalls_for_some}) == 2
    assert sorted(tried[1:]) == ["alert", "d"]
    assert {each.key: each.tries for each in rows() if each.status == WAITING} == {
        tried[0]: 1,
        **dict.fromkeys({"a", "b", "c"} - {tried[0]}, 0),
    }


def test_what_was_passed_over_has_its_turn_afterwards(clock: Move) -> None:
    calls("a", "b", "c")
    down, far = Far("webhook: status 500"), Far()
    deliver_due({"webhook": down})
    clock(timedelta(minutes=1))
    assert deliver_due({"webhook": far}) == 3
    assert sorted(letter.key for letter in far.got) == ["a", "b", "c"]


def test_letters_without_an_address_of_their_own_are_all_tried(clock: Move) -> None:
    write("a")
    write("b")
    far = Far("mail server: TimeoutError")
    far.deliver()
    assert len(far.got) == 2


# Again


def test_what_was_given_up_is_tried_again_from_the_beginning(clock: Move) -> None:
    write()
    down, far = Far("down"), Far()
    for at in range(TRIES):
        clock(timedelta(hours=at))
        down.deliver()
    assert row().status == DEAD
    assert again(row().id)
    assert (row().status, row().tries) == (WAITING, 0)
    assert far.deliver() == 1
    assert [letter.key for letter in far.got] == ["one"]


def test_what_waits_for_its_next_try_can_be_tried_now(clock: Move) -> None:
    write()
    Far("down").deliver()
    far = Far()
    assert far.deliver() == 0
    assert again(row().id)
    assert far.deliver() == 1


def test_what_has_left_and_what_is_of_another_site_is_not_sent_again() -> None:
    write()
    assert not again(row().id, site="dorset")
    assert not again("nothing")
    far = Far()
    far.deliver()
    assert not again(row().id)
    assert far.deliver() == 0


def test_a_row_that_a_worker_holds_is_not_sent_beside_it() -> None:
    write()
    other = Far()

    def slow(letter: Letter) -> None:
        assert again(row().id)
        assert other.deliver() == 0

    assert deliver_due({"text": slow}) == 1
    assert (row().status, other.got) == (SENT, [])


def test_who_sent_it_again_is_on_record_and_a_refusal_is_not() -> None:
    write()
    again(row().id)
    again("nothing")
    with transaction() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.act == "outbox.resend")).all()
    assert [(each.actor_id, each.record) for each in found] == [("s1", f"outbox:{row().id}")]
