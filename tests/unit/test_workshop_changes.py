"""Groups that are changed or called off, through the front door, with everybody who is booked."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from accounts.tables import Role
from core.audit import AuditRow
from core.clock import today
from core.database import transaction
from outreach.texts.journey import CHANGES
from outreach.texts.tables import Contact, Message, Standing
from referrals.moving import ReferralError
from referrals.tables import Referral
from referrals.transitions import Event, Status
from referrals.workshops.booking import run_by
from referrals.workshops.changing import call_off_group
from referrals.workshops.tables import WorkshopGroup
from tests.unit.agreeing import TOLD, accepted, booked, named, planned, see, send
from tests.unit.drafts import acts, events, person
from tests.unit.test_moving import do, stands
from tests.unit.test_workshops import booked as seated
from tests.unit.test_workshops import group, moved_to, seats

on_both = pytest.mark.usefixtures("database")
on_sqlite = pytest.mark.usefixtures("sqlite")
WEEK = timedelta(weeks=1)
FORM = {
    "begins": "10:00",
    "ends": "15:00",
    "venue": "The Hall",
    "places": "8",
    "who": "men",
    "language": "en",
}
REASON = {"reason": "no_venue"}


def typed(day: date) -> str:
    return f"{day.day} {day.month} {day.year}"


def days(first: date) -> dict[str, str]:
    return {"a": typed(first), "b": typed(first + 4 * WEEK)}


def change(group_id: str, **typed_in: str) -> httpx.Response:
    """The coordinator sends the form of a group that begins in a week, with these changes."""
    form = {**FORM, **days(today() + WEEK), **typed_in}
    return send(f"/groups/{group_id}/change", form)


def call_off(group_id: str, **said: str) -> httpx.Response:
    return send(f"/groups/{group_id}/call-off", said or REASON)


def also_booked(group_id: str, **told: str) -> str:
    """The id of somebody more whom the coordinator books into the group."""
    referral_id = accepted(**told)
    send(f"/referrals/{named(referral_id)}/book", {"group": group_id, "key": "once"})
    assert stands(referral_id) == Status.booked
    return referral_id


def kept(group_id: str) -> WorkshopGroup:
    with transaction() as session:
        return session.get_one(WorkshopGroup, group_id)


def is_kept(group_id: str) -> bool:
    with transaction() as session:
        return session.get(WorkshopGroup, group_id) is not None


def audited(group_id: str) -> list[str]:
    with transaction() as session:
        rows = select(AuditRow.act).where(AuditRow.record == f"workshop:{group_id}")
        return list(session.scalars(rows.order_by(AuditRow.id)))


def held_back(referral_id: str) -> set[tuple[str, str]]:
    """The texts that go no more: their kind, and why."""
    with transaction() as session:
        rows = select(Message).join(Contact).where(Contact.case_id == referral_id)
        gone = Message.standing == Standing.held_back.value
        return {(each.kind, each.why) for each in session.scalars(rows.where(gone))}


def reminders(referral_id: str) -> list[Message]:
    """What is planned beside the text that tells of the change (test_told_of_changes.py)."""
    return [each for each in planned(referral_id) if each.kind not in CHANGES]


def reminded(referral_id: str) -> set[tuple[str, str]]:
    return {(each.data["day"], each.data["time"]) for each in reminders(referral_id)}


def tick(page: httpx.Response) -> str:
    """What "Change it all the same" would send."""
    found = re.search(r'name="anyway" type="checkbox" value="([^"]+)"', page.text)
    assert found
    return html.unescape(found[1])


# Changed


@on_both
def test_a_group_takes_everything_that_is_changed_and_reminders_go_by_it() -> None:
    group_id, referral_id = booked(**TOLD)
    first = today() + WEEK + timedelta(days=1)
    with transaction() as session:
        runs = person(session, Role.facilitator).id
    page = change(
        group_id, **days(first), venue="Elsewhere", begins="11:30", places="2", facilitator=runs
    )
    assert "Ring everybody who is booked" in page.text
    now = kept(group_id)
    assert (now.part_a_on, now.part_b_on) == (first, first + 4 * WEEK)
    assert (now.venue, now.begins, now.ends, now.places) == ("Elsewhere", "11:30", "15:00", 2)
    with transaction() as session:
        assert run_by(session, now) == [runs]
    expected = {first.isoformat(), (first + 4 * WEEK).isoformat()}
    assert reminded(referral_id) == {(day, "11:30") for day in expected}
    assert stands(referral_id) == Status.booked
    assert "workshop.change" in audited(group_id)


@on_sqlite
def test_who_runs_it_is_said_anew_with_every_change() -> None:
    with transaction() as session:
        runs = person(session, Role.facilitator).id
    group_id = group()
    change(group_id, facilitator=runs)
    change(group_id)
    with transaction() as session:
        assert run_by(session, kept(group_id)) == []


@on_sqlite
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"places": "1"}, "More people are booked than that"),
        ({"places": "13"}, "1 to 12 places"),
        ({"who": "women"}, "Somebody is booked"),
        ({"language": "pl"}, "Somebody is booked"),
        ({"venue": " "}, "Enter where people come"),
        ({"ends": "09:00"}, "the end after the beginning"),
        ({"a": "soon"}, "Enter both days"),
        ({"b": typed(today() + 2 * WEEK)}, "These days are nearer"),
    ],
)
def test_a_change_that_cannot_be_says_why_and_changes_nothing(
    changed: dict[str, str], said: str
) -> None:
    group_id, _ = booked()
    also_booked(group_id)
    before = vars(kept(group_id)) | {"_sa_instance_state": None}
    page = change(group_id, **{"venue": "What was typed", **changed})
    assert page.status_code == 422
    assert said in page.text
    assert "venue" in changed or "What was typed" in page.text
    assert vars(kept(group_id)) | {"_sa_instance_state": None} == before
    assert "workshop.change" not in audited(group_id)


@on_sqlite
def test_while_nobody_is_booked_it_may_become_a_group_for_others() -> None:
    group_id = group()
    assert change(group_id, who="any", language="pl").status_code == 200
    assert (kept(group_id).who, kept(group_id).language) == ("", "pl")


@on_sqlite
def test_on_the_first_day_the_second_may_still_be_moved_and_the_first_may_not() -> None:
    group_id, referral_id = booked(**TOLD)
    moved_to(group_id, today())
    page = see(f"/groups/{group_id}/change")
    assert 'name="a"' not in page.text
    assert 'name="b"' in page.text
    assert change(group_id, **days(today() + WEEK)).status_code == 422
    second = today() + 3 * WEEK
    form = {name: said for name, said in FORM.items() if name not in ("who", "language")}
    page = send(f"/groups/{group_id}/change", {**form, "b": typed(second)})
    assert page.status_code == 200
    assert kept(group_id).part_b_on == second
    assert reminded(referral_id) == {(second.isoformat(), "10:00")}


@on_both
def test_whom_the_new_days_do_not_fit_is_said_before_they_are_kept() -> None:
    group_id, referral_id = booked(**TOLD)
    before, later = reminded(referral_id), today() + 40 * WEEK
    page = change(group_id, **days(later), venue="What was typed")
    assert page.status_code == 422
    assert f'href="/referrals/{named(referral_id)}"' in page.text
    assert "Its first workshop is too late for this case." in page.text
    assert "What was typed" in page.text
    assert (kept(group_id).part_a_on, reminded(referral_id)) == (today() + WEEK, before)
    assert change(group_id, **days(later), anyway=tick(page)).status_code == 200
    assert kept(group_id).part_a_on == later
    assert reminded(referral_id) == {
        (day.isoformat(), "10:00") for day in (later, later + 4 * WEEK)
    }


@on_sqlite
def test_a_tick_counts_for_the_days_and_people_that_were_shown_and_no_others() -> None:
    group_id, _ = booked()
    later = today() + 40 * WEEK
    seen = tick(change(group_id, **days(later)))
    assert change(group_id, **days(later + WEEK), anyway=seen).status_code == 422
    somebody = also_booked(group_id)
    page = change(group_id, **days(later), anyway=seen)
    assert page.status_code == 422
    assert named(somebody) in page.text


# Called off


@on_both
def test_a_group_is_called_off_and_everybody_is_booked_again_without_having_missed() -> None:
    group_id, first = booked(**TOLD)
    second = also_booked(group_id)
    page = see(f"/groups/{group_id}/call-off")
    assert named(first) in page.text
    assert named(second) in page.text
    assert "The group is called off" in call_off(group_id).text
    for each in (first, second):
        assert stands(each) == Status.rebooking
        assert events(each)[-1] == ("call_off", "booked", "rebooking", "no_venue")
        assert "referral.call_off" in acts(each)
    assert reminders(first) == []
    assert held_back(first) == {
        ("reminder_a", "booking_changed"),
        ("reminder_b", "booking_changed"),
    }
    assert audited(group_id)[-1] == "workshop.call_off_no_venue"
    assert kept(group_id).is_called_off
    assert "Called off" in see("/groups").text
    assert "Called off" in see(f"/groups/{group_id}").text
    assert "Called off" in see(f"/groups/{group_id}", Role.facilitator).text


@on_sqlite
def test_a_group_that_was_called_off_takes_nobody_and_is_changed_no_more() -> None:
    group_id, referral_id = booked(**TOLD)
    call_off(group_id)
    book = f"/referrals/{named(referral_id)}/book"
    assert "The Hall" not in see(book).text
    page = send(book, {"group": group_id, "key": "again"})
    assert page.status_code == 422
    assert "It was called off" in page.text
    for path in ("change", "call-off"):
        assert see(f"/groups/{group_id}/{path}").status_code == 404
        assert send(f"/groups/{group_id}/{path}", {**FORM, **REASON}).status_code == 404
    send(book, {"group": group(), "key": "another"})
    assert stands(referral_id) == Status.booked
    assert len(reminders(referral_id)) == 2


@on_both
def test_a_group_in_which_nobody_ever_sat_is_gone() -> None:
    with transaction() as session:
        runs = person(session, Role.facilitator).id
    group_id = group()
    change(group_id, facilitator=runs)
    assert call_off(group_id).status_code == 200
    assert not is_kept(group_id)
    assert audited(group_id)[-1] == "workshop.call_off_no_venue"
    assert "The Hall" not in see("/groups").text


@on_sqlite
def test_a_group_that_somebody_has_left_is_kept() -> None:
    group_id, referral_id = booked()
    do(referral_id, Role.coordinator, Event.withdraw, reason="moved")
    call_off(group_id)
    assert kept(group_id).is_called_off
    assert stands(referral_id) == Status.withdrawn


@on_sqlite
@pytest.mark.parametrize("days_ago", [0, 1])
def test_from_its_first_day_on_a_group_is_not_called_off(days_ago: int) -> None:
    group_id, referral_id = booked()
    moved_to(group_id, today() - timedelta(days_ago))
    assert "only before the day" in see(f"/groups/{group_id}/call-off").text
    page = call_off(group_id)
    assert page.status_code == 422
    assert "cannot be called off any more" in page.text
    assert (stands(referral_id), seats(group_id)) == (Status.booked, 7)


@on_sqlite
@pytest.mark.parametrize("sits", [True, False])
@pytest.mark.parametrize(
    ("reason", "said", "wants"),
    [
        ("", "", "Choose a reason"),
        ("no_show", "", "Choose a reason"),
        ("told_beforehand", "", "Choose a reason"),
        ("other", " ", "Say why"),
        ("other", "x" * 501, "500 characters or fewer"),
    ],
)
def test_a_group_is_called_off_for_a_reason(reason: str, said: str, wants: str, sits: bool) -> None:
    group_id = booked()[0] if sits else group()
    page = call_off(group_id, reason=reason, said=said)
    assert page.status_code == 422
    assert wants in page.text
    assert not kept(group_id).is_called_off


@on_both
def test_who_is_on_hold_stays_so_and_is_booked_again_afterwards() -> None:
    group_id, referral_id = booked(**TOLD)
    do(referral_id, Role.coordinator, Event.hold, reason="health")
    call_off(group_id)
    assert stands(referral_id) == Status.on_hold
    assert events(referral_id)[-1] == ("call_off", "on_hold", "on_hold", "no_venue")
    do(referral_id, Role.coordinator, Event.release)
    assert stands(referral_id) == Status.rebooking
    with transaction() as session:
        assert session.get_one(Referral, referral_id).resume_to is None


@on_both
def test_nobody_is_booked_into_a_group_while_it_is_called_off() -> None:
    group_id = group()
    referral_id = accepted()
    told: list[str] = []

    def at_once(work: Callable[[], object]) -> None:
        try:
            work()
            told.append("done")
        except (ReferralError, NoResultFound):
            # The group may be gone before the booking has so much as looked for it.
            told.append("called off")

    def call_it_off() -> None:
        with transaction() as session:
            coordinator = person(session, Role.coordinator)
            found = session.get_one(WorkshopGroup, group_id)
            call_off_group(session, coordinator, found, "too_few")

    works = (call_it_off, lambda: seated(group_id, referral_id))
    both = [threading.Thread(target=at_once, args=(each,)) for each in works]
    for each in both:
        each.start()
    for each in both:
        each.join()
    # Whoever was faster: nobody is booked where nothing takes place.
    after = Status.rebooking if is_kept(group_id) else Status.accepted
    assert stands(referral_id) == after
    assert sorted(told) == (["done", "done"] if is_kept(group_id) else ["called off", "done"])


@on_sqlite
@pytest.mark.parametrize("path", ["change", "call-off"])
def test_another_sites_group_and_another_roles_pages_are_not_there(path: str) -> None:
    group_id = group()
    form = {**FORM, **days(today() + WEEK), **REASON}
    for role, site in (
        (Role.coordinator, "leicestershire"),
        (Role.facilitator, "hampshire"),
        (Role.officer, "hampshire"),
    ):
        assert see(f"/groups/{group_id}/{path}", role, site).status_code == 404
        assert send(f"/groups/{group_id}/{path}", form, role, site).status_code == 404
    assert not kept(group_id).is_called_off
