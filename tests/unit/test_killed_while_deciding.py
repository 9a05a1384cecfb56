"""A process that is killed while it sends and authorises loses nothing and does nothing twice."""

from __future__ import annotations

import random
import subprocess
import sys
from threading import Timer

import pytest
from sqlalchemy import func, select

from core.database import transaction
from core.outbox import Outgoing
from core.settings import ROOT
from referrals.tables import Referral
from tests.unit.drafts import events, full_draft

CASES, ROUNDS = 10, 8
LONGEST_LIFE = 0.4


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("database")
def test_killed_at_any_moment_each_referral_is_sent_and_authorised_once() -> None:
    chance = random.Random(20261128)
    cases = [full_draft() for _ in range(CASES)]
    killed = 0
    for _ in range(ROUNDS):
        if not _lives(cases, chance.uniform(0.01, LONGEST_LIFE)):
            break
        killed += 1
    else:
        assert not _lives(cases, None)
    assert killed
    for case in cases:
        assert [row[0] for row in events(case)] == ["submit", "authorise"]
    with transaction() as session:
        kept = [session.get_one(Referral, case) for case in cases]
        assert {each.status for each in kept} == {"submitted"}
        assert len({each.reference for each in kept}) == CASES
        posted = session.execute(select(Outgoing.key, func.count()).group_by(Outgoing.key)).all()
        assert all(times == 1 for _, times in posted)


def _lives(cases: list[str], seconds: float | None) -> bool:
    """Let a process work for so long, then kill it (-9); gives whether it had to be killed."""
    command = [sys.executable, "-m", "tests.unit.deciding", *cases]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        deadline = Timer(seconds, process.kill) if seconds is not None else None
        if deadline:
            deadline.start()
        said = process.stdout.read()
        process.wait()
        if deadline:
            deadline.cancel()
    assert process.returncode in (0, -9), said
    return process.returncode != 0
