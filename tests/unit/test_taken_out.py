"""One person alone is taken out of their group, and has missed nothing."""

from __future__ import annotations

import pytest

from accounts.tables import Role
from core.database import transaction
from referrals.transitions import Event, Status
from referrals.workshops.tables import WorkshopGroup
from tests.unit.agreeing import TOLD, booked, named, planned, see, send
from tests.unit.test_moving import do, stands
from tests.unit.test_workshops import seats

on_both = pytest.mark.usefixtures("database")
on_sqlite = pytest.mark.usefixtures("sqlite")


@on_both
def test_who_said_beforehand_that_they_cannot_come_has_missed_nothing() -> None:
    group_id, referral_id = booked(**TOLD)
    path = f"/referrals/{named(referral_id)}"
    assert 'value="told_beforehand"' in see(path).text
    assert 'value="no_venue"' not in see(path).text
    page = send(f"{path}/call_off", {"reason": "told_beforehand", "key": "out"})
    assert "Booking called off" in page.text
    assert "They told us beforehand that they cannot come" in page.text
    assert (stands(referral_id), seats(group_id)) == (Status.rebooking, 8)
    assert planned(referral_id) == []
    with transaction() as session:
        assert not session.get_one(WorkshopGroup, group_id).is_called_off
    send(f"{path}/book", {"group": group_id, "key": "again"})
    assert len(planned(referral_id)) == 2


@on_sqlite
def test_after_the_first_workshop_nobody_is_taken_out() -> None:
    group_id, referral_id = booked()
    do(referral_id, Role.facilitator, Event.attend_a)
    path = f"/referrals/{named(referral_id)}"
    assert "told_beforehand" not in see(path).text
    refused = send(f"{path}/call_off", {"reason": "told_beforehand", "key": "out"})
    assert refused.status_code == 409
    assert (stands(referral_id), seats(group_id)) == (Status.part_a_done, 7)


@on_sqlite
def test_only_a_coordinator_takes_somebody_out() -> None:
    _, referral_id = booked()
    path = f"/referrals/{named(referral_id)}"
    for role in (Role.officer, Role.facilitator, Role.navigator):
        assert "told_beforehand" not in see(path, role).text
        send(f"{path}/call_off", {"reason": "told_beforehand", "key": "out"}, role)
        assert stands(referral_id) == Status.booked


@on_both
def test_from_the_day_on_the_register_says_who_missed_it() -> None:
    _, referral_id = booked(0)
    path = f"/referrals/{named(referral_id)}"
    page = send(f"{path}/call_off", {"reason": "told_beforehand", "key": "out"})
    assert page.status_code == 422
    assert "fill in the register instead" in page.text
    assert stands(referral_id) == Status.booked
