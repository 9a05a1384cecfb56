"""Random events, by every role and from every state, break no rule of the referral.

Few in the normal run; ``CARA_RANDOM_EVENTS=10000`` for all that the aim asks.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import UTC

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.demonstration import demonstration_account
from accounts.tables import Role, Staff
from core.audit import AuditRow
from core.database import transaction
from referrals import record
from referrals.moving import ReferralError, history, move
from referrals.tables import Referral, ReferralEvent
from referrals.transitions import TABLE, TERMINAL, Event, IllegalMoveError, Status, transition
from tests.unit.drafts import full_draft

EVENTS = int(os.environ.get("CARA_RANDOM_EVENTS", "2500"))
AT_ONCE, CASES = 250, 25
REASONS = sorted({reason for row in TABLE for reason in row.reasons} | {"", "nonsense"})
POLICE = {Role.officer.value, Role.authoriser.value}


@pytest.mark.usefixtures("sqlite")
@pytest.mark.timeout(600)
def test_random_events_by_role_break_nothing() -> None:
    chance = random.Random(20261128)
    cases = [full_draft() for _ in range(CASES)]
    told: Counter[str] = Counter()
    for first in range(0, EVENTS, AT_ONCE):
        # Some that have come to their end stay, to show that it is one.
        cases += [full_draft() for _ in range(CASES - _open(cases))]
        with transaction() as session:
            people = [demonstration_account(session, role, "hampshire") for role in Role]
            people += [
                demonstration_account(session, role, "leicestershire")
                for role in (Role.officer, Role.authoriser, Role.coordinator)
            ]
            for number in range(first, first + AT_ONCE):
                found = session.get_one(Referral, chance.choice(cases[-2 * CASES :]))
                told[_try(session, chance, people, found, number)] += 1
    with transaction() as session:
        for case in cases:
            _has_a_sound_history(session, session.get_one(Referral, case))
        assert _count(session, ReferralEvent) == told["moved"]
    assert told["moved"] > EVENTS / 20
    assert told["refused"] > told["moved"]
    assert told["again"] > EVENTS / 50


def _try(
    session: Session, chance: random.Random, people: list[Staff], found: Referral, number: int
) -> str:
    """One random event; what came of it. A refusal has to leave everything as it was."""
    before, kept = Status(found.status), history(session, found)
    event, staff = chance.choice(list(Event)), chance.choice(people)
    reason, said = chance.choice(REASONS), chance.choice(("", "In a few words."))
    likely = [row for row in TABLE if row.source is before and row.roles]
    if likely and chance.random() < 0.4:
        row = chance.choice(likely)
        event, reason, said = row.event, chance.choice(row.reasons or ("",)), "In a few words."
        able = [each for each in people if each.role in row.roles and each.site == found.site]
        staff = chance.choice(able)
    key, moves = chance.choice([e.idempotency_key for e in kept] + [str(number)] * 8), len(kept)
    sends = event is Event.submit and staff.id == found.owner and before is Status.draft
    known = not sends and any(each.idempotency_key == key for each in kept)
    try:
        if sends:
            record.submit(session, staff, found, str(number))
        else:
            move(
                session,
                staff,
                found,
                event,
                key=key,
                reason=reason,
                said=said,
            )
    except (IllegalMoveError, ReferralError):
        session.flush()
        assert (Status(found.status), len(history(session, found))) == (before, moves)
        return "refused"
    session.flush()
    if known:
        assert (Status(found.status), len(history(session, found))) == (before, moves)
        return "again"
    assert before not in TERMINAL
    assert staff.site == found.site
    assert staff.role in transition(before, event).roles
    return "moved"


def _open(cases: list[str]) -> int:
    with transaction() as session:
        ended = select(func.count()).where(
            Referral.id.in_(cases), Referral.status.not_in([each.value for each in TERMINAL])
        )
        return session.scalar(ended) or 0


def _has_a_sound_history(session: Session, found: Referral) -> None:
    """The events join end to end, and each was made by somebody who may make it."""
    at, resume = Status.draft, None
    authorised_by: set[str] = set()
    for each in history(session, found):
        row = transition(at, Event(each.event))
        assert each.from_status == at
        expected = row.target or resume
        assert each.to_status == expected
        by = session.get_one(Staff, each.by)
        assert by.role in row.roles
        if row.reasons:
            assert each.reason in row.reasons
        if row.asks_words or each.reason == "other":
            assert each.said
        if each.event == Event.authorise:
            authorised_by.add(each.by)
        resume = at if each.event == Event.hold else None
        at = Status(each.to_status)
        assert each.at.tzinfo is UTC
    assert at == found.status
    assert found.created_by not in authorised_by
    if at not in (Status.draft, Status.withdrawn):
        assert found.reference or at is Status.not_proceeded
    acts = select(func.count()).where(
        AuditRow.record == f"referral:{found.id}", AuditRow.refused.is_(False)
    )
    assert (session.scalar(acts) or 0) >= len(history(session, found))


def _count(session: Session, table: type[ReferralEvent]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0
