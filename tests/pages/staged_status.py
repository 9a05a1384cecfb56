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
from core.outbox import DEAD, NOT_WANTED, Letter, Outgoing, post
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
    """An alert that nobody takes on, of which one was told, an e-mail that waits, one given up.

    Of two texts one was refused, and one was for somebody who had asked for no more.
    """
    upgrade()
    with transaction() as session:
        record(session, SYSTEM, "backup.create", "backup:1")
        for key in ("waits", "given up"):
            post(session, Letter("email", key, {"to": TO, "subject": "", "text": SAID}), site=ILL)
        for site, key in ((WELL, "not wanted"), (ILL, "refused")):
            post(session, Letter("text", key, {"to": TO, "text": SAID}), site=site)
        take_in(session, alert())
    with transaction() as session:
        old = now() - timedelta(hours=6)
        session.execute(update(Outgoing).where(Outgoing.site == ILL).values(made_at=old))
        troubles = {"given up": "refused", "refused": "text: refused", "not wanted": NOT_WANTED}
        for key, trouble in troubles.items():
            ended = {"status": DEAD, "trouble": trouble}
            session.execute(update(Outgoing).where(Outgoing.key == key).values(**ended))
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
