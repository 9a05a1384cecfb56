"""Did you get through? The answer by text, what it feeds, and what is no answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.texts import Inbound, take_text
from core.clock import LONDON, now
from core.database import transaction
from core.outbox import Outgoing
from outreach.texts import contacts, signposting
from outreach.texts.contacts import AFTER, Asked, Reach
from outreach.texts.delivery import Case, send_due
from outreach.texts.signposting import ANSWERS, answer_of
from outreach.texts.tables import Message, Signposting
from services_directory.tables import Suggestion
from sites import site_of
from tests.unit.directory import document, make_public
from tests.unit.text_clock import MovedClock, Postbox

pytestmark = pytest.mark.usefixtures("sqlite")

PHONE = "+447700900461"
_ids = count(1)


def known_case(_session: Session, _case_id: str) -> Case:
    return Case(known=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """Somebody was shown two services, and a week later asked whether they got through."""
    noon = datetime.combine(now().astimezone(LONDON).date(), datetime.min.time(), LONDON)
    clock = MovedClock(monkeypatch, noon + timedelta(hours=12))
    make_public([document(id="one"), document(id="two")])
    yes = Asked(AFTER, agreed=True, words="May we?", language="en", asked_by="staff-1")
    with transaction() as session:
        reach = Reach("hampshire", "case-1", PHONE, "private", "en")
        contact = contacts.keep(session, reach, [yes], key="1")
        shown = [("one", ["alcohol"]), ("two", ["alcohol"])]
        signposting.signposted(session, contact, "chat-1", ["alcohol"], shown)
    clock.moment += timedelta(days=7, minutes=1)
    assert send_due(Postbox(), known_case) == 1
    return clock


def text(said: str, text_id: str = "") -> list[str]:
    to = site_of("hampshire").text_number
    return take_text(Inbound("on_screen", text_id or f"in-{next(_ids)}", PHONE, to, said))


def answered() -> str:
    with transaction() as session:
        return session.scalars(select(Signposting)).one().answer


def reports() -> list[tuple[str, str]]:
    with transaction() as session:
        return [(each.listing_id, each.field) for each in session.scalars(select(Suggestion))]


@pytest.mark.parametrize(
    ("said", "answer", "reply"),
    [
        ("1", "through", "Good to hear."),
        ("Yes!", "through", "Good to hear."),
        ("2", "not_yet", "Take your time."),
        ("not yet", "not_yet", "Take your time."),
        ("3", "did_not_work", "We will check the number."),
        ("it didn't work", "did_not_work", "We will check the number."),
    ],
)
def test_an_answer_is_kept_and_a_number_that_failed_is_reported(
    said: str, answer: str, reply: str, asked: MovedClock
) -> None:
    (text_back,) = text(said)
    assert reply in text_back
    assert answered() == answer
    assert reports() == ([("one", "phone")] if answer == "did_not_work" else [])


def test_the_same_text_twice_is_one_answer(asked: MovedClock) -> None:
    assert text("3", "same") == text("3", "same")
    with transaction() as session:
        left = session.scalars(select(Outgoing).where(Outgoing.key.startswith("text:"))).all()
        assert len(left) == 1
    assert reports() == [("one", "phone")]


def test_nothing_more_is_asked_about_what_was_answered(asked: MovedClock) -> None:
    text("1")
    with transaction() as session:
        contact = contacts.of_case(session, "case-1")
        assert contact is not None
        assert signposting.asked_about(session, contact) is None


def test_several_signpostings_in_a_week_are_asked_about_once(asked: MovedClock) -> None:
    with transaction() as session:
        contact = contacts.of_case(session, "case-1")
        assert contact is not None
        for _ in range(3):
            signposting.signposted(session, contact, "chat-1", ["work"], [("two", ["work"])])
        assert len(session.scalars(select(Message)).all()) == 2


@pytest.mark.parametrize(
    "said", ["", "1 pint a day", "yes please help me", "I can't stop", "no job", "4", "31"]
)
def test_whole_phrases_alone_are_answers(said: str) -> None:
    assert answer_of(said) == ""


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_what_the_text_offers_is_understood(language: str) -> None:
    offered = {
        "en": ("1 yes", "2 not yet", "did not work"),
        "pl": ("1 tak", "2 jeszcze nie", "3 nie działa"),
        "pa": ("1 ਹਾਂ", "2 ਹਾਲੇ ਨਹੀਂ", "3 ਨੰਬਰ ਨਹੀਂ ਚੱਲਿਆ"),
    }[language]
    assert tuple(answer_of(each) for each in offered) == ANSWERS
