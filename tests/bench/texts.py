"""Texts: how long until one that came in is answered, and how fast reminders leave."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle, islice

import httpx
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.tables import Staff
from core.clock import now, today
from core.database import transaction
from core.settings import DEMONSTRATION_SECRET
from outreach.texts import contacts
from outreach.texts.contacts import BOOKING, Asked, Reach
from outreach.texts.journey import REMINDERS, Planned, in_hours, plan
from outreach.texts.tables import Message, Standing
from referrals.tables import Referral, ReferralDetail
from referrals.transitions import Status
from referrals.workshops.tables import WorkshopGroup, WorkshopSeat
from sites import all_sites
from tests.bench.figures import Figure
from tests.bench.ours import at_home
from tests.bench.stock.training import Say
from tests.bench.timing import Spread
from tests.bench.turn.peers import Ours
from tests.bench.turn.said import ASKS

SITE, PART = "hampshire", "texts"
TEXTS, PHONES, AT_ONCE = 200, 1000, 8
REMINDED = 1_000
# Of rows that are made in one transaction.
BATCH = 500
PATIENCE_S, LOOK_EVERY, SAY_EVERY = 3600, 0.25, 15
PROVIDER = {"Authorization": f"Bearer {DEMONSTRATION_SECRET}"}


def figures(ours: Ours, count: int, reminders: int, say: Say) -> Iterator[Figure]:
    """Both, on the copy that runs; nothing leaves it, as nothing does in the demonstration."""
    say(f"{count} texts come in, one after the other, then {AT_ONCE} at a time")
    yield from _inbound(ours, count)
    with at_home(ours.copy.data_dir, {}):
        if in_hours("day", now()):
            yield _outbound(reminders, say)
        else:
            say("no reminders: none goes at night (docs/how-to/texts.md)")


def _inbound(ours: Ours, count: int) -> Iterator[Figure]:
    with ours.client() as http:
        alone = Spread.of([_text(http, n) for n in range(count)])
        since = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            many = Spread.of(list(pool.map(lambda n: _text(http, n), range(count, 2 * count))))
        rate = count / (time.perf_counter() - since)
    yield Figure(PART, "inbound to reply, one at a time: p50", alone.p50)
    yield Figure(PART, "inbound to reply, one at a time: p95", alone.p95)
    yield Figure(PART, f"inbound to reply, {AT_ONCE} at a time: p95", many.p95)
    yield Figure(PART, f"inbound to reply, {AT_ONCE} at a time", rate, unit="/s")


def _text(http: httpx.Client, nth: int) -> float:
    """Seconds until one text, from a telephone of its own, is answered."""
    said = next(islice(cycle(ASKS), nth, None))
    body = {
        "id": uuid.uuid4().hex,
        "from": phone(nth),
        "to": all_sites()[SITE].text_number,
        "text": said,
    }
    since = time.perf_counter()
    answer = http.post("/texts/inbound", json=body, headers=PROVIDER)
    took = time.perf_counter() - since
    if answer.status_code != 200 or not answer.json()["texts"]:
        raise RuntimeError(f"A text was not answered: {answer.status_code} {answer.text[:200]}")
    return took


def phone(nth: int) -> str:
    """One of Ofcom's numbers for drama."""
    return f"+447700900{nth % PHONES:03}"


def _outbound(count: int, say: Say) -> Figure:
    say(f"{count:,} reminders are planned")
    first = now()
    for begun in range(0, count, BATCH):
        with transaction() as session:
            group = _group(session)
            for nth in range(begun, min(begun + BATCH, count)):
                _planned(session, group, nth)
    say(f"{count:,} reminders leave")
    since = time.perf_counter()
    with transaction() as session:
        session.execute(update(Message).where(Message.made_at >= first).values(due_at=now()))
    _wait(count, since, say)
    rate = count / (time.perf_counter() - since)
    note = f"{count:,} by one worker; the provider is the screen and takes no time"
    return Figure(PART, "reminders out", rate, unit="/s", note=note)


def _wait(count: int, since: float, say: Say) -> None:
    """Until all went; raises ``RuntimeError`` where one cannot, or it takes for ever."""
    said = since
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
