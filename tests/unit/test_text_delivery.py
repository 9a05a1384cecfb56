"""Texts that we begin: sent once, in their hours, and never against anybody's word."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from datetime import date, datetime, time, timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.web.app import app
from core.clock import LONDON
from core.database import transaction
from core.words import keys, words
from outreach.texts import contacts, delivery, journey
from outreach.texts.contacts import AFTER, BOOKING, Asked, Reach
from outreach.texts.delivery import PAUSES, Case, obstacle, receipt, send_due, text_of
from outreach.texts.journey import PURPOSE
from outreach.texts.providers import LaterError, RefusedError, provider
from outreach.texts.revealing import reveals
from outreach.texts.segments import segments
from outreach.texts.tables import Contact, Message, Standing
from sites import site_of
from sites.model import Messages
from tests.unit.text_clock import Killed, MovedClock, Postbox, away

pytestmark = pytest.mark.usefixtures("sqlite")

A, B = date(2026, 12, 5), date(2027, 1, 2)
PHONE = "+447700900461"
YES = [
    Asked(purpose, agreed=True, words="May we?", language="en", asked_by="staff-1")
    for purpose in (BOOKING, AFTER)
]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), LONDON)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    return MovedClock(monkeypatch, at(date(2026, 11, 28), 12))


def booked_case(_session: Session, _case_id: str) -> Case:
    return Case(known=True, days=(A, B))


def finished_case(_session: Session, _case_id: str) -> Case:
    return Case(known=True, done=True)


def reach(case_id: str = "case-1", **changed: str) -> Reach:
    given = {"phone": PHONE, "privacy": "private", "language": "en", "hours": "day"} | changed
    return Reach(site="hampshire", case_id=case_id, **given)


def booked(**changed: str) -> None:
    with transaction() as session:
        contact = contacts.keep(session, reach(**changed), YES, key="1")
        journey.booked(session, contact, A, B, "10:00")


def standings() -> dict[str, tuple[str, str]]:
    with transaction() as session:
        return {each.kind: (each.standing, each.why) for each in session.scalars(select(Message))}


# What goes


def test_a_reminder_goes_on_the_eve_and_only_once(clock: MovedClock) -> None:
    booked()
    post = Postbox()
    for hour in (8, 9, 10):
        clock.moment = at(date(2026, 12, 4), hour)
        send_due(post, booked_case)
    assert [(to, text) for to, text, _ in post.arrived] == [
        (
            PHONE,
            "Hello. You have an appointment tomorrow, Saturday, at 10:00. From the team. "
            "Text STOP to get no more texts.",
        )
    ]
    assert standings()["reminder_a"] == ("sent", "")


def test_a_new_booking_calls_the_old_reminders_off(clock: MovedClock) -> None:
    booked()
    with transaction() as session:
        contact = contacts.of_case(session, "case-1")
        assert contact is not None
        journey.booked(session, contact, A + timedelta(days=7), B, "10:00")
        rows = session.scalars(select(Message).order_by(Message.due_at)).all()
        assert [(each.kind, each.occasion, each.standing) for each in rows] == [
            ("reminder_a", "2026-12-05", "held_back"),
            ("reminder_a", "2026-12-12", "planned"),
            ("reminder_b", "2027-01-02", "planned"),
        ]


def test_what_we_began_stands_on_the_telephone_of_the_demonstration(clock: MovedClock) -> None:
    booked()
    clock.moment = at(date(2026, 12, 4), 10)
    send_due(provider(), booked_case)

    async def seen() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ours") as client:
            return await client.get("/telephone", params={"number": PHONE, "site": "hampshire"})

    assert "You have an appointment tomorrow, Saturday, at 10:00." in asyncio.run(seen()).text


# What does not go


@pytest.mark.parametrize(
    ("why", "changed", "case"),
    [
        ("no_phone", {"phone": ""}, Case(known=True, days=(A, B))),
        ("not_private", {"privacy": "shared"}, Case(known=True, days=(A, B))),
        ("not_private", {"privacy": "unknown"}, Case(known=True, days=(A, B))),
        ("flagged", {}, Case(known=True, days=(A, B), flagged=True)),
        ("not_booked", {}, Case(known=True, days=(B,))),
        ("not_booked", {}, Case(known=True)),
        ("not_booked", {}, Case()),
    ],
)
def test_a_text_is_held_back_where_anything_speaks_against_it(
    why: str, changed: dict[str, str], case: Case, clock: MovedClock
) -> None:
    booked(**changed)
    clock.moment = at(date(2026, 12, 4), 10)
    post = Postbox()
    send_due(post, lambda _session, _case_id: case)
    assert post.arrived == []
    assert standings()["reminder_a"] == ("held_back", why)


def test_who_texts_stop_between_planning_and_sending_gets_nothing(clock: MovedClock) -> None:
    booked()
    with transaction() as session:
        contacts.stop(session, "hampshire", PHONE)
    clock.moment = at(date(2026, 12, 4), 10)
    post = Postbox()
    send_due(post, booked_case)
    assert (post.arrived, standings()["reminder_a"]) == ([], ("held_back", "stopped"))


def test_agreeing_to_reminders_is_no_leave_for_texts_after_the_workshops(clock: MovedClock) -> None:
    with transaction() as session:
        contact = contacts.keep(session, reach(), YES[:1], key="1")
        journey.finished(session, contact, B)
    clock.moment = at(B + timedelta(days=1), 10)
    post = Postbox()
    send_due(post, finished_case)
    assert (post.arrived, standings()["hello"]) == ([], ("held_back", "not_agreed"))


def test_a_text_that_waited_past_its_time_goes_no_more(clock: MovedClock) -> None:
    booked()
    clock.moment = at(A, 9)
    post = Postbox()
    send_due(post, booked_case)
    assert (post.arrived, standings()["reminder_a"]) == ([], ("out_of_date", "late"))


# When things fail


def test_a_provider_that_is_away_is_tried_for_four_hours_and_not_into_the_night(
    clock: MovedClock,
) -> None:
    with transaction() as session:
        contact = contacts.keep(session, reach(hours="evening"), YES, key="1")
        journey.finished(session, contact, B)
    tried: list[datetime] = []

    def note(_when: str) -> None:
        tried.append(clock.local())
        raise LaterError("away")

    end = at(B + timedelta(days=9), 0)
    clock.moment = at(B + timedelta(days=1), 0)
    while clock.moment < end:
        send_due(Postbox(note), finished_case)
        clock.moment += timedelta(minutes=1)
    assert len(tried) == len(PAUSES) + 1
    assert all(time(17) <= moment.time() < time(20) for moment in tried)
    assert standings()["hello"] == ("failed", "provider_away")
    assert sum(PAUSES) == 240


def test_a_refusal_is_no_reason_to_try_again(clock: MovedClock) -> None:
    booked()
    clock.moment = at(date(2026, 12, 4), 10)

    def refuse(_when: str) -> None:
        raise RefusedError("bad_number")

    send_due(Postbox(refuse), booked_case)
    post = Postbox()
    send_due(post, booked_case)
    assert (post.arrived, standings()["reminder_a"]) == ([], ("failed", "bad_number"))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_with_a_text_in_hand_sends_it_neither_twice_nor_never(
    when: str, clock: MovedClock
) -> None:
    booked()
    clock.moment = at(date(2026, 12, 4), 10)

    def dies(moment: str) -> None:
        if moment == when:
            raise Killed

    post = Postbox(dies)
    with pytest.raises(Killed):
        send_due(post, booked_case)
    post.weather = lambda _when: None
    clock.moment += timedelta(minutes=1)
    assert send_due(post, booked_case) == 0
    clock.moment += timedelta(minutes=2)
    assert send_due(post, booked_case) == 1
    assert len(post.arrived) == 1


def test_two_workers_send_one_text_once(clock: MovedClock) -> None:
    booked()
    clock.moment = at(date(2026, 12, 4), 10)
    second: list[int] = []
    post = Postbox()
    post.weather = lambda _when: second.append(send_due(Postbox(away), booked_case))
    assert send_due(post, booked_case) == 1
    assert (len(post.arrived), set(second)) == (1, {0})


def test_a_receipt_that_comes_twice_late_or_in_the_wrong_order_changes_nothing_good(
    clock: MovedClock,
) -> None:
    booked()
    clock.moment = at(date(2026, 12, 4), 10)
    post = Postbox()
    send_due(post, booked_case)
    name = f"id-{post.arrived[0][2]}"
    with transaction() as session:
        assert receipt(session, "postbox", name, "temporary")
        assert receipt(session, "postbox", name, "delivered")
        assert receipt(session, "postbox", name, "permanent")
        assert not receipt(session, "postbox", "of somebody else", "delivered")
    assert standings()["reminder_a"] == ("delivered", "")


# The words


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
@pytest.mark.parametrize("kind", sorted(PURPOSE))
def test_no_text_reveals_anything_and_each_takes_at_most_three_segments(
    kind: str, language: str
) -> None:
    contact = Contact(site="hampshire", language=language)
    for day in range(7):
        when = (date(2026, 12, 7) + timedelta(days=day)).isoformat()
        data = {"day": when, "days": [when, when], "time": "23:59"}
        text = text_of(Message(kind=kind, data=data), contact)
        assert not reveals(text)
        assert segments(text) <= 3
        assert "STOP" in text


def test_every_kind_has_a_purpose_that_can_be_agreed_to(clock: MovedClock) -> None:
    booked()
    with transaction() as session:
        for message in session.scalars(select(Message)):
            contact = session.get_one(Contact, message.contact_id)
            assert obstacle(session, message, contact, Case(known=True, days=(A, B))) == ""


# A month


def test_a_month_of_a_thousand_people_with_failing_providers_and_dying_workers(
    clock: MovedClock,
) -> None:
    chance = random.Random(20261128)
    first, stops, private = clock.moment, dict[str, datetime](), dict[str, bool]()
    hours_of = dict[str, str]()
    days = {
        f"case-{n}": date(2026, 12, 1) + timedelta(days=chance.randrange(25)) for n in range(1000)
    }
    with transaction() as session:
        for n, (case_id, day) in enumerate(days.items()):
            phone = f"+4477009{n:05}"
            hours_of[phone] = chance.choice(sorted(journey.HOURS))
            private[phone] = chance.random() < 0.8
            kept = reach(
                case_id,
                phone=phone,
                privacy="private" if private[phone] else chance.choice(["shared", "unknown"]),
                hours=hours_of[phone],
                language=chance.choice(["en", "pl", "pa"]),
            )
            contact = contacts.keep(session, kept, YES, key="1")
            journey.booked(session, contact, day, day + timedelta(days=28), "10:00")
            journey.finished(session, contact, day)
            if chance.random() < 0.2:
                stops[phone] = first + timedelta(hours=chance.randrange(24 * 30))

    def weather(_when: str) -> None:
        storm = (clock.local().day % 5 == 0) and chance.random() < 0.9
        if storm:
            raise LaterError("away")
        if chance.random() < 0.02:
            raise Killed

    def case_of(_session: Session, case_id: str) -> Case:
        day = days[case_id]
        return Case(known=True, days=(day,), done=clock.local().date() > day)

    post, when = Postbox(weather), list[datetime]()
    waiting = sorted(stops.items(), key=lambda each: each[1])
    while clock.moment < first + timedelta(days=31):
        while waiting and waiting[0][1] <= clock.moment:
            with transaction() as session:
                contacts.stop(session, "hampshire", waiting.pop(0)[0])
        with contextlib.suppress(Killed):
            send_due(post, case_of, most=200)
        when += [clock.local()] * (len(post.arrived) - len(when))
        clock.moment += timedelta(minutes=20)

    assert len(post.arrived) > 1000
    assert max(Counter(reference for _, _, reference in post.arrived).values()) == 1
    for (phone, _text, _reference), moment in zip(post.arrived, when, strict=True):
        opens, closes = journey.HOURS[hours_of[phone]]
        assert opens <= moment.time() < closes
        assert private[phone]
        assert phone not in stops or moment < stops[phone] + timedelta(minutes=20)
    with transaction() as session:
        due = Message.due_at < first + timedelta(days=27)
        found = session.execute(select(Message.standing, Message.why).where(due))
        ended = Counter((standing, why) for standing, why in found)
    print(f"{len(post.arrived)} texts arrived; of those due: {dict(ended)}")
    assert Standing.sending.value not in {standing for standing, _why in ended}


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
@pytest.mark.parametrize("key", ["utter_text_welcome", "utter_unclear_kept_participant"])
def test_what_is_said_first_by_text_reveals_nothing(key: str, language: str) -> None:
    assert not reveals(words(key, language).text)


@pytest.mark.parametrize(("signed", "shown"), [("From Hampton Trust.", False), ("From Sam.", True)])
def test_a_signature_that_reveals_is_left_out(
    signed: str, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of("hampshire").model_copy(update={"messages": Messages(hello=True, signed=signed)})
    monkeypatch.setattr(delivery, "site_of", lambda _code: site)
    contact = Contact(site="hampshire", language="en")
    assert (signed in text_of(Message(kind="hello", data={}), contact)) is shown


BY_TEXT = ("utter_text_", "utter_link_", "utter_person_", "utter_ready_", "utter_own_")


@pytest.mark.parametrize("key", sorted(each for each in keys() if each.startswith(BY_TEXT)))
def test_no_sentence_for_a_telephone_reveals_what_it_is_about(key: str) -> None:
    assert [language for language, said in keys()[key].items() if reveals(said.text)] == []
