"""No text goes twice, whatever became of the answer: by each provider, and from the outbox."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.database import transaction
from core.outbox import DEAD, SENT, WAITING, Letter, post
from outreach.sending import work
from outreach.texts import contacts
from outreach.texts.providers import UNLESS_STOPPED, LaterError
from tests.unit import outboxes
from tests.unit.text_standins import (
    OURS,
    PHONE,
    SITE,
    TEXT,
    Reply,
    StandIn,
    carried_by,
    hurrying,
    send,
    twilio_text,
)

only_notify = pytest.mark.parametrize("far", ["notify"], indirect=True)
only_twilio = pytest.mark.parametrize("far", ["twilio"], indirect=True)


@pytest.fixture(params=["notify", "twilio"])
def far(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Each provider in turn, and a copy that is set up with it."""
    with carried_by(request.param, monkeypatch) as stand_in:
        yield stand_in


GOT_THERE = [
    Reply(taken=True, cut=True),
    Reply(500, b"{}", taken=True),
    Reply(201, b"nonsense", taken=True),
    Reply(taken=True, late=True),
]


@pytest.mark.parametrize("reply", GOT_THERE, ids=["cut", "500", "nonsense", "late"])
def test_what_got_there_without_an_answer_is_not_sent_again(
    far: StandIn, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    far.answer(reply)
    with hurrying(monkeypatch), pytest.raises(LaterError):
        send()
    far.let_go.set()
    told = send(again=True)
    assert len(far.posted) == len(far.texts) == 1
    assert told in (far.texts[0].get("id"), far.texts[0].get("sid"))


def test_what_did_not_get_there_is_sent_again(far: StandIn) -> None:
    far.answer(Reply(503, b"{}"))
    with pytest.raises(LaterError):
        send()
    send(again=True)
    assert len(far.texts) == 1


def test_who_cannot_say_whether_it_is_there_is_asked_later(far: StandIn) -> None:
    for reply in (Reply(500, b"{}"), Reply(429, b"{}"), Reply(200, b"no"), Reply(200, b"[]")):
        far.answer(reply)
        with pytest.raises(LaterError):
            send(again=True)
    assert far.posted == []


def test_another_text_is_not_taken_for_this_one(far: StandIn) -> None:
    send("Hello", "text-1")
    send("Goodbye", "text-2", again=True)
    assert [each["body"] for each in far.texts] == ["Hello", "Goodbye"]


@only_twilio
@pytest.mark.usefixtures("far")
def test_the_library_of_twilio_is_loaded_before_the_time_of_a_text_runs() -> None:
    asks = (
        "import sys, outreach.texts.providers.twilio as ours; before = set(sys.modules);"
        "ours.Client('an account', 'a token').messages; print(len(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10


@only_notify
def test_notify_tells_two_texts_with_the_same_words_apart(far: StandIn) -> None:
    send("Hello", "text-1")
    send("Hello", "text-2", again=True)
    assert len(far.texts) == 2


@only_twilio
@pytest.mark.parametrize(("ago", "texts"), [(timedelta(hours=3), 1), (timedelta(hours=5), 2)])
def test_by_twilio_the_same_words_count_for_four_hours(
    far: StandIn, ago: timedelta, texts: int
) -> None:
    said = {"To": PHONE, "From": OURS, "Body": TEXT}
    far.texts.append(twilio_text(said, 99, datetime.now(UTC) - ago))
    send(again=True)
    assert len(far.texts) == texts


@pytest.mark.parametrize(
    ("far", "status"),
    [("notify", "technical-failure"), ("twilio", "undelivered")],
    indirect=["far"],
)
def test_what_the_provider_could_not_send_is_sent_again(far: StandIn, status: str) -> None:
    send()
    far.texts[0]["status"] = status
    send(again=True)
    assert len(far.texts) == 2


# From the outbox


def _letter(**more: str) -> None:
    with transaction() as session:
        payload = {"to": PHONE, "text": TEXT, "site": SITE} | more
        post(session, Letter("text", "one", payload), site=SITE)


@pytest.mark.usefixtures("sqlite")
def test_a_text_of_the_outbox_leaves_once(far: StandIn) -> None:
    _letter()
    for _ in range(3):
        work()
    assert outboxes.row().status == SENT
    assert len(far.texts) == 1


@pytest.mark.usefixtures("sqlite")
def test_a_number_that_is_refused_is_given_up_at_once(far: StandIn) -> None:
    far.answer(Reply(400, b"{}"))
    _letter()
    for _ in range(3):
        work()
    row = outboxes.row()
    assert (row.status, row.tries, row.trouble) == (DEAD, 1, "text: 400")
    assert far.texts == []


@pytest.mark.usefixtures("sqlite")
def test_a_text_whose_answer_never_came_leaves_once(
    far: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = outboxes.moving_clock(monkeypatch)
    far.answer(Reply(taken=True, late=True))
    _letter()
    with hurrying(monkeypatch):
        work()
    assert (outboxes.row().status, outboxes.row().trouble) == (WAITING, "text: timeout")
    far.let_go.set()
    move(timedelta(hours=1))
    work()
    assert (outboxes.row().status, outboxes.row().tries) == (SENT, 2)
    assert len(far.texts) == 1


@pytest.mark.usefixtures("sqlite")
def test_who_texts_stop_before_an_answer_has_left_gets_no_more_of_it(far: StandIn) -> None:
    _letter(**{UNLESS_STOPPED: "yes"})
    with transaction() as session:
        contacts.stop(session, SITE, PHONE)
    work()
    assert (outboxes.row().status, outboxes.row().trouble) == (DEAD, "text: stopped")
    assert far.texts == []


@pytest.mark.usefixtures("sqlite")
def test_what_is_said_in_a_crisis_goes_to_somebody_who_has_texted_stop(far: StandIn) -> None:
    _letter()
    with transaction() as session:
        contacts.stop(session, SITE, PHONE)
    work()
    assert len(far.texts) == 1
