"""Stages people who are booked into a group that meets today, to be asked what they agree to.

Run in a process of its own: ``python -m tests.pages.staged_agreements``. Prints JSON like
:mod:`tests.pages.staged_cases`, with the group besides, and the referral of each person by name.
"""

from __future__ import annotations

import json
from datetime import timedelta

from accounts.demonstration import demonstration_account
from accounts.tables import Role
from core.clock import today
from core.database import transaction
from referrals.moving import move
from referrals.tables import Referral
from referrals.transitions import Event
from referrals.web.agreements import booked
from referrals.workshops.booking import NewGroup, book, make_group
from referrals.workshops.rules import Dates, Need
from referrals.workshops.tables import WorkshopGroup
from tests.pages import staged_cases
from tests.unit.drafts import full_draft, give, submit

GROUP = "a group of today"
# Each belongs to one test, so that they cross nobody.
PEOPLE = ("en", "pl", "pa", "shared", "wrong", "later", "looked at", "by keyboard")
TOLD = {
    "mobile": "07700 900461",
    "phone_is_private": "private",
    "text_consent": "yes",
    "ok_hours": "day",
}


def stage() -> dict[str, str]:
    """Everything of the cases, and a group besides; gives what is printed."""
    made = staged_cases.stage()
    made[GROUP] = _group()
    return made | {name: _in_group(made[GROUP], name) for name in PEOPLE}


def _group() -> str:
    days = Dates(today(), today() + timedelta(28))
    asked = NewGroup(days, len(PEOPLE), "St Mary's Hall", "10:00", "15:00", "men", "en")
    with transaction() as session:
        staff = demonstration_account(session, Role.coordinator, "hampshire")
        return make_group(session, staff, asked).id


def _in_group(group_id: str, name: str) -> str:
    """Somebody booked into the group; gives the reference."""
    referral_id = full_draft()
    for field, raw in {**TOLD, "full_name": f"Alex {name.title()}"}.items():
        give(referral_id, field, raw)
    reference = submit(referral_id)
    with transaction() as session:
        referral = session.get_one(Referral, referral_id)
        for role, event in ((Role.authoriser, Event.authorise), (Role.coordinator, Event.accept)):
            move(
                session,
                demonstration_account(session, role, "hampshire"),
                referral,
                event,
                key=event,
            )
        group = session.get_one(WorkshopGroup, group_id)
        staff = demonstration_account(session, Role.coordinator, "hampshire")
        book(session, staff, referral, group, Need(None, None, who="men"), "book")
        booked(session, referral)
    return reference


if __name__ == "__main__":
    print(json.dumps(stage()))
