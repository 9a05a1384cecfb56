"""A site where all is well, and one where nothing leaves; prints the secrets of their people."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import update

from accounts.demonstration import demonstration_account
from accounts.staff import sign_in
from accounts.tables import Role
from cli.database import upgrade
from core.audit import SYSTEM, record
from core.clock import now
from core.database import transaction
from core.outbox import DEAD, Letter, Outgoing, post
from outreach.alerts import take_in
from outreach.sending import touch

WELL, ILL = "hampshire", "west_midlands"
PEOPLE = {
    "coordinator": (Role.coordinator, WELL),
    "site_admin": (Role.site_admin, WELL),
    "officer": (Role.officer, WELL),
    "elsewhere": (Role.coordinator, ILL),
    "operator": (Role.operator, WELL),
}
SAID, TO = "I cannot go on", "somebody@provider.example"


def stage() -> dict[str, str]:
    """An alert that nobody takes on, of which one was told, an e-mail that waits, one given up."""
    upgrade()
    with transaction() as session:
        record(session, SYSTEM, "backup.create", "backup:1")
        for key in ("waits", "given up"):
            post(session, Letter("email", key, {"to": TO, "subject": "", "text": SAID}), site=ILL)
        take_in(session, alert())
    with transaction() as session:
        old = now() - timedelta(hours=6)
        session.execute(update(Outgoing).where(Outgoing.site == ILL).values(made_at=old))
        session.execute(update(Outgoing).where(Outgoing.key == "given up").values(status=DEAD))
    touch()
    with transaction() as session:
        found = {name: demonstration_account(session, *who) for name, who in PEOPLE.items()}
        return {name: sign_in(session, staff) for name, staff in found.items()}


def alert() -> dict[str, object]:
    """Somebody who asks for nothing and may be in danger."""
    return {
        "id": "1", "site": ILL, "kind": "suicide", "level": "alarm", "why": "said",
        "audience": "participant", "channel": "web", "conversation": "1", "said": SAID,
        "reach": {}, "at": now().isoformat(),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(stage()))
