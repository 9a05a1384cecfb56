"""Fills a database with referrals at every turn of their way, by the product's own ways.

Run in a process of its own: ``python -m tests.pages.staged_cases``. Prints JSON: the secret of each
person's session, and the key (reference, or id of a draft) of each referral by its name here.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from accounts.demonstration import demonstration_account
from accounts.staff import add_staff, sign_in
from accounts.tables import Role, StaffSession
from cli.database import upgrade
from core.clock import now
from core.database import transaction
from outreach.sending import sign_of_life
from referrals.moving import move
from referrals.tables import Referral
from referrals.transitions import Event
from tests.pages.conftest import Web, staged_by
from tests.unit.drafts import full_draft, new_draft, submit

LATE = "a sergeant who signed in an hour ago"
COLLEAGUE = "Nat Hollis"
# Referrals of which each belongs to one test, so that they cross nobody.
WAITING = ("waits", "refused", "given back", "windows", "late", "worry", "withdrawn")
_ACCEPTED = ((Role.authoriser, Event.authorise), (Role.coordinator, Event.accept))
FURTHER: dict[str, tuple[tuple[Role, Event], ...]] = {
    "new": ((Role.authoriser, Event.authorise),),
    "question": ((Role.authoriser, Event.authorise),),
    "assessed": ((Role.authoriser, Event.authorise), (Role.coordinator, Event.accept)),
    "supported": ((Role.authoriser, Event.authorise), (Role.coordinator, Event.accept)),
    "to book": ((Role.authoriser, Event.authorise), (Role.coordinator, Event.accept)),
    **dict.fromkeys(("changed", "changed too", "called off", "taken out"), _ACCEPTED),
    "held": ((Role.authoriser, Event.authorise), (Role.coordinator, Event.accept)),
    "booked": (
        (Role.authoriser, Event.authorise),
        (Role.coordinator, Event.accept),
        (Role.coordinator, Event.book),
    ),
}


def staged(folder: Path) -> AbstractContextManager[Web]:
    """A web process over the staged referrals."""
    return staged_by("tests.pages.staged_cases", folder / "data")


def stage() -> dict[str, str]:
    """Everything; gives what is printed."""
    upgrade()
    # A worker that lives for as long as the tests: no other process changes what was staged.
    sign_of_life().touch()
    os.utime(sign_of_life(), (time.time() + 86_400,) * 2)
    made = {role.value: _session(role, "hampshire") for role in Role}
    made["west midlands"] = _session(Role.coordinator, "west_midlands")
    made["elsewhere"] = _session(Role.coordinator, "leicestershire")
    made[LATE] = _session(Role.authoriser, "hampshire", ago=timedelta(hours=1))
    with transaction() as session:
        add_staff(
            session,
            username="officer.two",
            password=f"long enough {time.time()}",
            role=Role.officer,
            site="hampshire",
            name=COLLEAGUE,
            rank="PC",
        )
    for name in ("draft", "handed on"):
        made[name] = new_draft()
    for name in WAITING:
        made[name] = submit(full_draft())
    for name, steps in FURTHER.items():
        made[name] = _moved(steps)
    return made


def _moved(steps: tuple[tuple[Role, Event], ...]) -> str:
    referral_id = full_draft()
    reference = submit(referral_id)
    for role, event in steps:
        with transaction() as session:
            who = demonstration_account(session, role, "hampshire")
            move(session, who, session.get_one(Referral, referral_id), event, key=event)
    return reference


def _session(role: Role, site: str, ago: timedelta = timedelta()) -> str:
    with transaction() as session:
        secret = sign_in(session, demonstration_account(session, role, site))
        session.flush()
        newest = session.scalars(
            select(StaffSession).order_by(StaffSession.started_at.desc())
        ).first()
        assert newest is not None
        newest.started_at = now() - ago
        return secret


if __name__ == "__main__":
    print(json.dumps(stage()))
