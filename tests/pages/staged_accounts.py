"""Fills a database with staff who look after their accounts, by the product's own ways.

Run in a process of its own: ``python -m tests.pages.staged_accounts``. Prints JSON: the secret of
each person's session, and Kit's key for an authenticator app.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pyotp

from accounts import second
from accounts.changing import reset
from accounts.demonstration import demonstration_account
from accounts.staff import add_staff, called, sign_in
from accounts.tables import Role, Staff, StaffSession
from cli.database import upgrade
from core.clock import now
from core.database import transaction
from core.settings import settings
from tests.pages.conftest import Web, staged_by
from tests.pages.staged import MARKUP

WORD = "a word to get in with"


def staged(folder: Path, **extra: str) -> AbstractContextManager[Web]:
    """A web process over staged accounts."""
    return staged_by("tests.pages.staged_accounts", folder / "data", **extra)


def person(name: str, role: Role, shown: str = "Kit Marlow") -> Staff:
    """A local account."""
    with transaction() as session:
        return add_staff(
            session, username=name, password=WORD, role=role, site="hampshire", name=shown
        )


def entered(staff: Staff, *, ago: timedelta = timedelta(), **more: object) -> str:
    """The secret of a session that began so long ago."""
    with transaction() as session:
        secret = sign_in(session, staff, **more)  # type: ignore[arg-type]
        session.flush()
        newest = session.query(StaffSession).order_by(StaffSession.started_at.desc()).first()
        assert newest is not None
        newest.started_at = now() - ago
        return secret


def with_app(staff: Staff) -> str:
    """Set an authenticator app up; gives its key. The code that showed it is long used."""
    key = second.new_secret()
    with transaction() as session:
        assert second.enrol(session, staff, key, pyotp.TOTP(key).now())
        session.get_one(Staff, staff.id).totp_step = 0
    return key


def stage() -> dict[str, str]:
    """Sessions by the name of their person."""
    kit, pat = person("kit.marlow", Role.officer), person("pat.lee", Role.officer, "Pat Lee")
    made = {"kit": entered(kit), "kit elsewhere": entered(kit), "app": with_app(pat)}
    made["pat"], made["pat, a while ago"] = entered(pat), entered(pat, ago=timedelta(minutes=20))
    made["old"] = entered(kit, ago=timedelta(minutes=20))
    forces = person("force.person", Role.authoriser, "Sam Force")
    with transaction() as session:
        session.get_one(Staff, forces.id).force_id = "f" * 64
    made["force"] = entered(forces, ago=timedelta(minutes=20))
    system = person("system.one", Role.navigator, MARKUP)
    made["token"] = entered(system, kind="token", lasts=timedelta(days=30), label=MARKUP)
    for role in (Role.site_admin, Role.operator, Role.officer):
        with transaction() as session:
            made[role.value] = sign_in(session, demonstration_account(session, role, "hampshire"))
    alone = demonstration_alone()
    made["alone"] = entered(alone)
    entered(person("ended.one", Role.officer, "Val Reed"))
    for name in ("new.person", "new.without"):
        person(name, Role.officer, "New Person")
        made[name] = reset_code(name)
    return made | {"data_dir": str(settings().data_dir)}


def demonstration_alone() -> Staff:
    """The administrator of a site where nobody else is signed in."""
    with transaction() as session:
        return demonstration_account(session, Role.site_admin, "dorset")


def reset_code(name: str) -> str:
    """A code with which this person sets a password."""
    with transaction() as session:
        staff = called(session, name)
        assert staff
        return reset(session, staff)


if __name__ == "__main__":
    upgrade()
    print(json.dumps(stage()))
