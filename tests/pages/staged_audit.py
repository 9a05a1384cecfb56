"""Fills a database with acts and refusals, by the product's own ways, for the operator's page.

Run in a process of its own: ``python -m tests.pages.staged_audit``. Prints JSON: the secret of the
operator's session, and one of somebody who has no such page.
"""

from __future__ import annotations

import json

from accounts.demonstration import demonstration_account
from accounts.staff import actor_of, sign_in
from accounts.tables import Role
from cli.auditing import nightly
from cli.database import upgrade
from core.audit import record
from core.database import transaction
from core.settings import settings
from tests.pages.staged import MARKUP


def stage() -> dict[str, str]:
    """Sessions by the role of their person."""
    made = {}
    with transaction() as session:
        for role in (Role.operator, Role.coordinator):
            staff = demonstration_account(session, role, "hampshire")
            made[role.value] = sign_in(session, staff)
            record(session, actor_of(staff), "referral.view", "referral:1" * 12)
        record(session, actor_of(staff), "referral.accept", MARKUP, refused=True, why="gone")
    nightly()
    return made | {"data_dir": str(settings().data_dir)}


if __name__ == "__main__":
    upgrade()
    print(json.dumps(stage()))
