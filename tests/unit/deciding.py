"""Sends and authorises referrals, one after another, until it is done or killed.

Run in a process of its own: ``python -m tests.unit.deciding ID ...``; the environment says where.
"""

from __future__ import annotations

import sys

from accounts.tables import Role
from core.database import transaction
from referrals import record
from referrals.moving import move
from referrals.tables import Referral
from referrals.transitions import Event
from tests.unit.drafts import person


def main(referral_ids: list[str]) -> None:
    """Each move with the key that a form or a chat would give it, so that a repeat is the same."""
    print("ready", flush=True)
    for referral_id in referral_ids:
        with transaction() as session:
            found = session.get_one(Referral, referral_id)
            record.submit(session, person(session), found, f"submit:{referral_id}")
        with transaction() as session:
            found = session.get_one(Referral, referral_id)
            sergeant = person(session, Role.authoriser)
            move(session, sergeant, found, Event.authorise, key=f"authorise:{referral_id}")
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
