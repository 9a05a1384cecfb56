"""The queue that a receiver fetches from: nothing skipped, nothing twice, nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import jsonschema
import pytest
from sqlalchemy import event, update

from accounts.staff import sign_in
from accounts.tables import Role
from core.audit import AuditRow
from core.clock import now
from core.database import engine, transaction
from core.outbox import SENT, Outgoing, deliver_due
from referrals.handing_over import fetching
from referrals.handing_over.document import schema
from referrals.handing_over.tables import HandOverTurn
from tests.unit import drafts, handing_over
from tests.unit.alarms import audited
from tests.unit.handing_over import PULL, authorised, letters, reference

API = "/api/v1/hand-over"

on_both = pytest.mark.usefixtures("database")
on_sqlite = pytest.mark.usefixtures("sqlite")


@pytest.fixture(autouse=True)
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with handing_over.site_with_routes(tmp_path / "sites", monkeypatch, hand_over=PULL) as folder:
        yield folder


def token(role: Role = Role.navigator, site: str = "hampshire") -> str:
    with transaction() as session:
        return sign_in(session, drafts.person(session, role, site), kind="token")


def ask(path: str = "", *, held: str | None = None, method: str = "GET") -> httpx.Response:
    """What a receiver's system is answered; by default a navigator's of Hampshire."""
    bearer = token() if held is None else held

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=handing_over.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://ours") as client:
            return await client.request(
                method, API + path, headers={"Authorization": f"Bearer {bearer}"}
            )

    return asyncio.run(asked())


def fetched(path: str = "") -> tuple[list[str], str]:
    """The references of an answer, and where to go on."""
    answer = ask(path)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return [each["referral"]["reference"] for each in found["items"]], found["next"]


def acknowledge(row_id: str, **about: str) -> httpx.Response:
    return ask(f"/{row_id}/acknowledge", method="POST", **about)


@on_both
def test_what_waits_is_given_in_order_and_fits_the_schema() -> None:
    made = [reference(authorised()) for _ in range(3)]
    items = ask().json()["items"]
    assert [each["referral"]["reference"] for each in items] == made
    assert [each["key"] for each in items] == [row.key for row in letters("hand_over:")]
    for each in items:
        jsonschema.validate(each["referral"], schema())


@on_both
def test_a_receiver_goes_on_where_it_stopped() -> None:
    made = [reference(authorised()) for _ in range(3)]
    first, after = fetched("?limit=2")
    rest, end = fetched(f"?after={after}")
    assert (first, rest) == (made[:2], made[2:])
    assert fetched(f"?after={end}") == ([], end)
    late = reference(authorised())
    assert fetched(f"?after={end}")[0] == [late]


@on_both
def test_what_is_acknowledged_is_not_given_again_and_the_rest_is() -> None:
    made = [reference(authorised()) for _ in range(2)]
    first = ask().json()["items"][0]["id"]
    for _ in range(2):
        assert acknowledge(first).json() == {"id": first, "acknowledged": True}
    assert fetched()[0] == made[1:]
    assert [row.status == SENT for row in letters("hand_over:")] == [True, False]
    acts = [act for act, _ in audited("hand_over.")]
    assert acts.count("hand_over.acknowledge") == 1


@on_both
def test_what_was_written_first_and_seen_last_is_not_skipped() -> None:
    """Of two transactions the one that began first may end last."""
    slow, fast = authorised(), authorised()
    with transaction() as session:
        row = update(Outgoing).where(Outgoing.key.contains(slow))
        session.execute(row.values(site="elsewhere"))
    seen, after = fetched()
    assert seen == [reference(fast)]
    with transaction() as session:
        row = update(Outgoing).where(Outgoing.key.contains(slow))
        session.execute(row.values(site="hampshire", made_at=now() - timedelta(hours=1)))
    assert fetched(f"?after={after}")[0] == [reference(slow)]


@pytest.mark.usefixtures("postgresql")
def test_two_receivers_that_look_at_once_see_one_order() -> None:
    """The second waits for the first, and finds that the places are given."""
    made = [reference(authorised()) for _ in range(2)]
    begun = Event()

    def begins(_connection: object, _cursor: object, said: str, *_about: object) -> None:
        if said.startswith("INSERT INTO hand_over_turn"):
            begun.set()

    with ThreadPoolExecutor(1) as other:
        with transaction() as session:
            rows = reversed(letters("hand_over:"))
            session.add_all(HandOverTurn(outbox_id=row.id) for row in rows)
            session.flush()
            event.listen(engine(), "before_cursor_execute", begins)
            second = other.submit(fetched)
            assert begun.wait(20)
        seen, _ = second.result()
    event.remove(engine(), "before_cursor_execute", begins)
    assert sorted(seen) == sorted(made)
    assert fetched()[0] == seen


@on_sqlite
def test_no_worker_sends_what_is_to_be_fetched() -> None:
    made = reference(authorised())
    assert deliver_due({}) == 0
    assert fetched()[0] == [made]


@on_sqlite
def test_that_each_was_read_is_on_record() -> None:
    referral_id = authorised()
    fetched()
    with transaction() as session:
        navigator = drafts.person(session, Role.navigator).id
        rows = session.query(AuditRow).filter_by(act="hand_over.fetch").all()
    assert [(row.record, row.actor_id) for row in rows] == [(f"referral:{referral_id}", navigator)]


@on_sqlite
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.navigator}))
def test_only_a_navigators_token_opens_it(role: Role) -> None:
    authorised()
    for answer in (ask(held=token(role)), acknowledge("x", held=token(role))):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token")


@on_sqlite
@pytest.mark.parametrize("bad", ["", "nonsense", "x" * 5_000])
def test_without_a_good_token_nothing_is_told(bad: str) -> None:
    authorised()
    assert ask(held=bad).status_code == 401


@on_sqlite
def test_another_sites_navigator_sees_and_acknowledges_nothing_of_it() -> None:
    authorised()
    theirs = token(site="dorset")
    assert ask(held=theirs).json()["items"] == []
    assert acknowledge(letters("hand_over:")[0].id, held=theirs).status_code == 404
    assert len(fetched()[0]) == 1


@on_both
@pytest.mark.parametrize("row_id", ["nothing", "%00", "x" * 300])
def test_what_never_waited_cannot_be_acknowledged(row_id: str) -> None:
    assert acknowledge(row_id).status_code == 404


@on_sqlite
def test_a_letter_that_is_sent_otherwise_cannot_be_acknowledged(routes: Path) -> None:
    handing_over.set_site(routes, hand_over=handing_over.WEBHOOK)
    authorised()
    assert acknowledge(letters("hand_over:")[0].id).status_code == 404


@on_sqlite
@pytest.mark.parametrize("after", ["-1", "x", "1.5", "٣", "1" * 21, "%00"])
def test_a_place_that_we_never_gave_is_refused(after: str) -> None:
    assert ask(f"?after={after}").status_code == 400


@on_sqlite
@pytest.mark.parametrize("limit", ["0", "-1", "101", "x"])
def test_so_many_at_once_are_refused(limit: str) -> None:
    assert ask(f"?limit={limit}").status_code == 400


@on_both
def test_a_place_beyond_every_number_is_empty() -> None:
    authorised()
    assert fetched("?after=99999999999999999999")[0] == []


@on_sqlite
def test_the_schema_is_there_for_everybody() -> None:
    answer = ask("/schema", held="")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == schema()


@on_both
def test_a_number_is_never_given_twice() -> None:
    """SQLite would give the highest again once its row is gone, and a receiver would pass it."""
    authorised()
    _, after = fetched()
    with transaction() as session:
        session.delete(session.get_one(Outgoing, letters("hand_over:")[0].id))
    late = reference(authorised())
    with transaction() as session:
        staff = drafts.person(session, Role.navigator)
    (found,) = fetching.fetch(staff, after=int(after), most=5)
    assert found.referral["reference"] == late
