"""A booked day that is moved, or called off, is told by text: to whom it may be, and once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from accounts.tables import Role
from cli.texting import case_of
from core.clock import LONDON, today
from core.database import transaction
from outreach.texts import contacts, delivery
from outreach.texts.delivery import send_due, text_of
from outreach.texts.journey import CALLED_OFF, CHANGES, MOVED, change
from outreach.texts.revealing import reveals
from outreach.texts.segments import GSM7, segments
from outreach.texts.tables import Contact, Message
from referrals.tables import Referral
from referrals.transitions import Event
from referrals.workshops.tables import WorkshopGroup
from sites import site_of
from sites.model import Messages
from tests.unit.agreeing import (
    PHONE,
    TOLD,
    accepted,
    at_venue,
    booked,
    kept,
    named,
    see,
    send,
)
from tests.unit.test_moving import do
from tests.unit.test_workshop_changes import WEEK, call_off, days, typed
from tests.unit.test_workshop_changes import change as change_group
from tests.unit.test_workshops import group, moved_to
from tests.unit.text_clock import MovedClock, Postbox

on_both = pytest.mark.usefixtures("database")
on_sqlite = pytest.mark.usefixtures("sqlite")
A, B = date(2026, 12, 5), date(2027, 1, 2)
ON = Messages(changes=True)
# Not tomorrow week: it may be midnight before a test begins.
FIRST = today() + WEEK + timedelta(days=2)


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), LONDON)


def arrived(monkeypatch: pytest.MonkeyPatch, days_later: int = 1) -> list[str]:
    """What has come to telephones by an evening to come, which is when this person wants texts."""
    MovedClock(monkeypatch, at(today() + timedelta(days_later), 18))
    post = Postbox()
    send_due(post, case_of)
    return [text for _to, text, _reference in post.arrived]


def changes(referral_id: str) -> list[tuple[str, str, str]]:
    with transaction() as session:
        rows = select(Message).join(Contact).where(Contact.case_id == referral_id)
        told = session.scalars(rows.where(Message.kind.in_(CHANGES)).order_by(Message.made_at))
        return [(each.kind, each.standing, each.why) for each in told]


def spoken(day: date) -> str:
    return f"on {day:%A %d/%m}"


# When


def test_a_change_is_told_at_once_in_the_hours_that_the_person_chose() -> None:
    moment = at(date(2026, 11, 28), 14)
    (told,) = change(MOVED, (A, B), "10:00", "day", moment, on=ON)
    assert (told.due_at, told.until) == (moment, at(A, 10))
    (told,) = change(MOVED, (A, B), "10:00", "morning", moment, on=ON)
    assert told.due_at == at(date(2026, 11, 29), 9)


def test_no_day_is_told_of_that_has_begun_and_none_too_late() -> None:
    (told,) = change(MOVED, (A, B), "10:00", "day", at(A, 9), on=ON)
    assert told.data["days"] == [B.isoformat()]
    assert (
        change(CALLED_OFF, (A, B), "10:00", "evening", at(A - timedelta(days=1), 21), on=ON) == []
    )
    assert change(MOVED, (), "10:00", "day", at(A, 9), on=ON) == []


def test_a_site_that_has_not_switched_it_on_tells_nobody() -> None:
    off = Messages(reminders=True)
    assert change(MOVED, (A, B), "10:00", "day", at(A - WEEK, 9), on=off) == []


# What is told


@on_both
def test_a_moved_booking_is_told_once_with_its_new_days(monkeypatch: pytest.MonkeyPatch) -> None:
    group_id, referral_id = booked(**TOLD)
    change_group(group_id, **days(FIRST), begins="11:30")
    said = f"They are now {spoken(FIRST)} and {spoken(FIRST + 4 * WEEK)}, at 11:30."
    (text,) = arrived(monkeypatch)
    assert said in text
    assert arrived(monkeypatch) == []
    assert "Their days have changed" in see(f"/referrals/{named(referral_id)}").text


@on_sqlite
def test_after_the_first_workshop_only_the_second_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    group_id, referral_id = booked(**TOLD)
    moved_to(group_id, today())
    send(f"/groups/{group_id}/register/a", {f"person-{referral_id}": "present"}, Role.facilitator)
    second = today() + 3 * WEEK
    form = {"b": typed(second), "begins": "10:00", "ends": "15:00", "venue": "H", "places": "8"}
    send(f"/groups/{group_id}/change", form)
    (text,) = arrived(monkeypatch)
    assert f"Your appointment has changed. It is now {spoken(second)}, at 10:00." in text


@on_sqlite
def test_what_moves_no_day_is_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    group_id, referral_id = booked(**TOLD)
    change_group(group_id, venue="Elsewhere", places="9")
    assert changes(referral_id) == []


@on_sqlite
def test_of_two_changes_the_last_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    group_id, referral_id = booked(**TOLD)
    for later in (FIRST, FIRST + timedelta(days=1)):
        change_group(group_id, **days(later))
    (text,) = arrived(monkeypatch)
    assert spoken(FIRST + timedelta(days=1)) in text
    assert changes(referral_id) == [
        (MOVED, "held_back", "booking_changed"),
        (MOVED, "sent", ""),
    ]


@on_sqlite
def test_who_is_moved_there_and_back_and_there_again_is_told_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    group_id, _ = booked(**TOLD)
    for later, first in enumerate((FIRST, today() + WEEK, FIRST), start=1):
        change_group(group_id, **days(first))
        (text,) = arrived(monkeypatch, later)
        assert spoken(first) in text
        monkeypatch.undo()


@on_both
def test_a_group_that_is_called_off_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    group_id, referral_id = booked(**TOLD)
    first = today() + WEEK
    call_off(group_id)
    (text,) = arrived(monkeypatch)
    both = f"{spoken(first)} and {spoken(first + 4 * WEEK)}"
    assert text.startswith(f"Your appointments {both} are cancelled. We will be in touch.")
    assert arrived(monkeypatch) == []
    assert "Their days are cancelled" in see(f"/referrals/{named(referral_id)}").text


@on_sqlite
def test_who_was_booked_again_meanwhile_is_not_told_that_nothing_takes_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    group_id, referral_id = booked(**TOLD)
    call_off(group_id)
    send(f"/referrals/{named(referral_id)}/book", {"group": group(14), "key": "another"})
    assert arrived(monkeypatch) == []
    assert changes(referral_id) == [(CALLED_OFF, "held_back", "not_booked")]


@on_sqlite
def test_who_was_withdrawn_meanwhile_is_promised_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    group_id, referral_id = booked(**TOLD)
    call_off(group_id)
    do(referral_id, Role.coordinator, Event.withdraw, reason="moved")
    assert arrived(monkeypatch) == []


@on_sqlite
@pytest.mark.parametrize("how", ["moved", "called off"])
def test_who_is_on_hold_is_told_by_a_person(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    group_id, referral_id = booked(**TOLD)
    do(referral_id, Role.coordinator, Event.hold, reason="health")
    change_group(group_id, **days(FIRST)) if how == "moved" else call_off(group_id)
    assert changes(referral_id) == []
    assert arrived(monkeypatch) == []


# To whom


@on_sqlite
@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"mobile": PHONE, "phone_is_private": "shared"}, "not_private"),
        ({"mobile": PHONE, "phone_is_private": "private", "text_consent": "no"}, "not_agreed"),
    ],
)
def test_no_change_is_told_to_a_telephone_that_may_not_be_texted(
    told: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group_id, referral_id = booked(**told)
    change_group(group_id, **days(FIRST))
    assert arrived(monkeypatch) == []
    assert changes(referral_id) == [(MOVED, "held_back", why)]


@on_sqlite
def test_who_texted_stop_is_told_of_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    group_id, referral_id = booked(**TOLD)
    call_off(group_id)
    with transaction() as session:
        contacts.stop(session, "hampshire", "+447700900461")
    assert arrived(monkeypatch) == []
    assert changes(referral_id) == [(CALLED_OFF, "held_back", "stopped")]


@on_sqlite
def test_a_site_that_switches_it_off_tells_what_was_planned_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    group_id, referral_id = booked(**TOLD)
    call_off(group_id)
    off = site_of("hampshire").model_copy(update={"messages": Messages(reminders=True)})
    monkeypatch.setattr(delivery, "site_of", lambda _code: off)
    assert arrived(monkeypatch) == []
    assert changes(referral_id) == [(CALLED_OFF, "held_back", "switched_off")]


# The words


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("count", [1, 2])
def test_in_english_a_change_takes_one_part_with_the_longest_signature(
    kind: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = Messages(changes=True, signed="From Wilhelmina Featherstone.")
    site = site_of("hampshire").model_copy(update={"messages": signed})
    monkeypatch.setattr(delivery, "site_of", lambda _code: site)
    contact = Contact(site="hampshire", language="en")
    for weekday in range(7):
        day = (date(2026, 12, 28) + timedelta(weekday)).isoformat()
        data = {"days": [day] * count, "time": "10:00"}
        text = text_of(Message(kind=kind, data=data), contact)
        assert GSM7.issuperset(text)
        assert (segments(text), reveals(text)) == (1, False)
        assert signed.signed in text


# What is near to the group


@on_both
@pytest.mark.parametrize(("own", "near"), [("", "site_2"), ("site_3", "site_3")])
def test_who_is_booked_is_near_to_their_own_delivery_site_or_else_to_their_groups(
    own: str, near: str
) -> None:
    referral_id, group_id = accepted(**TOLD), group()
    with transaction() as session:
        session.get_one(Referral, referral_id).delivery_site = own
        session.get_one(WorkshopGroup, group_id).delivery_site = own or "site_2"
    send(f"/referrals/{named(referral_id)}/book", {"group": group_id, "key": "once"})
    assert kept(referral_id)[0].delivery_site == near
    # What they answer at the venue is how they are reached, and not where.
    send(at_venue(group_id, referral_id), {"language": "en", "no_phone": "yes"})
    assert kept(referral_id)[0].delivery_site == near
