"""Reminders out: a worker of ours beside a plain loop, both at the same provider over HTTP."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from notifications_python_client.authentication import create_jwt_token
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.tables import Staff
from cli.database import upgrade
from core.clock import now, today
from core.database import transaction
from outreach.texts import contacts
from outreach.texts.contacts import BOOKING, Asked, Reach
from outreach.texts.journey import REMINDERS, Planned, plan
from outreach.texts.tables import Message, Standing
from referrals.tables import Referral, ReferralDetail
from referrals.transitions import Status
from referrals.workshops.tables import WorkshopGroup, WorkshopSeat
from tests.bench.figures import Figure
from tests.bench.ours import at_home
from tests.bench.telling import SAY_EVERY, Say, told
from tests.bench.timing import seconds
from tests.faults.no_night import working
from tests.unit.text_standins import SECRET, SERVICE, TEMPLATE, StandIn, carried_by

SITE, PART = "hampshire", "texts"
PHONES = 1000
REMINDED = 10_000
# Gone before the others are due, so that the worker has loaded what it needs.
WARM = 20
# Of posts before the worker's, and as many after.
POSTS = 1_000
# Of rows that are made in one transaction.
BATCH = 500
PATIENCE_S, LOOK_EVERY = 3600, 0.25


def figures(folder: Path, count: int, say: Say) -> Iterator[Figure]:
    """So many from a copy in ``folder``, at any hour: the worker's day has no night."""
    with at_home(folder, {}), pytest.MonkeyPatch.context() as patch:
        upgrade()
        with told(say, f"{count:,} reminders are planned"):
            _plan(WARM)
            _due()
            _plan(count)
        with carried_by("notify", patch) as far, working():
            _wait(WARM, say)
            yield _outbound(far, count, say)


def _outbound(far: StandIn, count: int, say: Say) -> Figure:
    posted = [_posted(far)]
    say(f"{count:,} reminders leave")
    since = time.perf_counter()
    _due()
    _wait(WARM + count, say)
    rate = count / (time.perf_counter() - since)
    posted.append(_posted(far))
    note = f"{count:,} by one worker; the floor posts to the same provider, one after the other"
    return Figure(PART, "reminders out", rate, 2 * POSTS / sum(posted), "/s", note=note)


def _posted(far: StandIn) -> float:
    """Seconds for the least that can hand texts over: a loop."""
    return seconds(lambda: [_post(far, nth) for nth in range(POSTS)])


def _post(far: StandIn, nth: int) -> None:
    body = {
        "phone_number": phone(nth), "template_id": TEMPLATE, "reference": f"floor-{nth}",
        "personalisation": {"text": "Your workshop is tomorrow at 10:00."},
    }  # fmt: skip
    token = create_jwt_token(SECRET, SERVICE)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = HTTPConnection(far.address.removeprefix("http://"))
    connection.request("POST", "/v2/notifications/sms", json.dumps(body), headers)
    if connection.getresponse().status != 201:
        raise RuntimeError("The provider did not take a text of the floor.")
    connection.close()


def phone(nth: int) -> str:
    """One of Ofcom's numbers for drama."""
    return f"+447700900{nth % PHONES:03}"


def _plan(count: int) -> None:
    for begun in range(0, count, BATCH):
        with transaction() as session:
            group = _group(session)
            for nth in range(begun, min(begun + BATCH, count)):
                _planned(session, group, nth)


def _due() -> None:
    """Whatever was planned so far is to go now."""
    with transaction() as session:
        waiting = Message.standing == Standing.planned.value
        session.execute(update(Message).where(waiting).values(due_at=now()))


def _wait(count: int, say: Say) -> None:
    """Until so many went; raises ``RuntimeError`` where one cannot, or it takes for ever."""
    said = since = time.perf_counter()
    while (left := count - _sent()) > 0:
        if time.perf_counter() - since > PATIENCE_S or _stuck():
            raise RuntimeError(f"{left} reminders did not leave.")
        if time.perf_counter() - said > SAY_EVERY:
            said = time.perf_counter()
            say(f"{left:,} reminders are left")
        time.sleep(LOOK_EVERY)


def _sent() -> int:
    return _count(Standing.sent)


def _stuck() -> int:
    return _count(Standing.held_back, Standing.failed, Standing.out_of_date)


def _count(*standings: Standing) -> int:
    rows = select(func.count()).where(
        Message.kind == REMINDERS[0], Message.standing.in_([each.value for each in standings])
    )
    with transaction() as session:
        return session.scalar(rows) or 0


def _group(session: Session) -> WorkshopGroup:
    group = WorkshopGroup(
        id=str(uuid.uuid4()), site=SITE, venue="A hall", part_a_on=today() + timedelta(days=1),
        part_b_on=today() + timedelta(days=29), begins="10:00", ends="15:00", places=BATCH,
        who="men", language="en", made_by=_officer(session), made_at=now(),
    )  # fmt: skip
    session.add(group)
    session.flush()
    return group


def _planned(session: Session, group: WorkshopGroup, nth: int) -> None:
    """A case that is booked, and the reminder of its first workshop, which is not due yet."""
    officer, case = _officer(session), str(uuid.uuid4())
    referral = Referral(
        id=case, site=SITE, status=Status.booked.value, rule_set="", rule_set_digest="",
        created_by=officer, owner=officer, created_at=now(), updated_at=now(),
        detail=ReferralDetail(referral_id=case),
    )  # fmt: skip
    session.add(referral)
    session.flush()
    session.add(WorkshopSeat(group_id=group.id, referral_id=case, taken_at=now()))
    yes = Asked(BOOKING, agreed=True, words="May we?", language="en", asked_by=officer)
    reach = Reach(SITE, case, phone(nth), "private", "en")
    contact = contacts.keep(session, reach, [yes], key="1")
    day = group.part_a_on.isoformat()
    tomorrow = now() + timedelta(days=1)
    reminder = Planned(REMINDERS[0], day, tomorrow, tomorrow, {"day": day, "time": "10:00"})
    plan(session, contact, [reminder])


def _officer(session: Session) -> str:
    return session.scalars(select(Staff.id).where(Staff.site == SITE)).first() or ""
