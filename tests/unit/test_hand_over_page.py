"""What did not leave, on a coordinator's screen: seen without identity, and sent again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from accounts.staff import sign_in
from accounts.tables import Role
from accounts.web.session import COOKIE
from core.clock import now
from core.database import transaction
from core.outbox import DEAD, SENT, WAITING, Letter, NotSentError, Outgoing, deliver_due
from core.web import forms
from referrals.handing_over.waiting import LATE, UNFETCHED
from referrals.transitions import Event
from tests.unit import drafts, handing_over
from tests.unit.alarms import audited
from tests.unit.handing_over import (
    BORN,
    CONTACT,
    EMAIL,
    NAME,
    POLICE,
    PROVIDER,
    PULL,
    authorised,
    letters,
    reference,
    set_site,
    through,
)

on_both = pytest.mark.usefixtures("database")
on_sqlite = pytest.mark.usefixtures("sqlite")
TOKEN = re.compile(rf'name="{forms.FIELD}" value="([0-9a-f]+)"')


@pytest.fixture(autouse=True)
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with handing_over.site_with_routes(tmp_path / "sites", monkeypatch) as folder:
        yield folder


def visit(
    path: str = "",
    *,
    role: Role | None = Role.coordinator,
    site: str = "hampshire",
    press: bool = False,
    forged: bool = False,
) -> httpx.Response:
    """A page of the hand-over; ``press`` first takes the list, then posts to the path."""

    async def visited() -> httpx.Response:
        transport = httpx.ASGITransport(app=handing_over.app())
        async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
            if role:
                with transaction() as session:
                    secret = sign_in(session, drafts.person(session, role, site))
                client.cookies.set(COOKIE, secret)
            page = await client.get("/hand-over" + ("" if press else path))
            if not press:
                return page
            found = TOKEN.search(page.text)
            token = "0" * 64 if forged or not found else found[1]
            return await client.post(
                f"/hand-over{path}", data={forms.FIELD: token}, follow_redirects=True
            )

    return asyncio.run(visited())


def change(**values: Any) -> None:
    """Set every row of the outbox so."""
    with transaction() as session:
        session.execute(update(Outgoing).values(**values))


def give_up() -> None:
    change(status=DEAD, tries=40, trouble="webhook: status 500")


def row() -> Outgoing:
    (only,) = letters("hand_over:")
    return only


# Seen


@on_sqlite
def test_where_all_has_left_the_page_says_so() -> None:
    assert "Everything that had to leave has left" in visit().text


@on_both
def test_what_is_given_up_is_shown_with_its_reference_and_why() -> None:
    referral_id = authorised()
    assert "Everything that had to leave has left" in visit().text
    give_up()
    shown = visit().text
    for words in (reference(referral_id), "Given up (1)", "Tried 40 times", "status 500"):
        assert words in shown


@on_sqlite
def test_what_waits_longer_than_it_should_is_late() -> None:
    authorised()
    change(made_at=now() - LATE)
    assert "Late, and still being tried (1)" in visit().text


@on_sqlite
def test_what_nobody_has_fetched_for_a_day_is_shown_and_cannot_be_sent(routes: Path) -> None:
    set_site(routes, hand_over=PULL)
    authorised()
    change(made_at=now() - UNFETCHED + timedelta(minutes=1))
    assert "Everything that had to leave has left" in visit().text
    change(made_at=now() - UNFETCHED)
    shown = visit().text
    assert "Not fetched for a day (1)" in shown
    assert f"/hand-over/{row().id}/again" not in shown


@on_sqlite
def test_what_has_nowhere_to_go_is_shown_at_once(routes: Path) -> None:
    set_site(routes, hand_over=None, victim_contact=None, breach_to=None)
    through(Event.authorise, Event.accept, Event.book, Event.attend_a)
    shown = visit().text
    assert "Nowhere to go (3)" in shown
    for words in (
        "Referral to the provider: authorised",
        "Coded notice to the victim contact: accepted",
        "Attendance to police: attended workshop A",
        "no confirmed route",
    ):
        assert words in shown


@on_sqlite
def test_the_list_shows_nobodys_name_and_address() -> None:
    through(Event.authorise, Event.accept, Event.book, Event.attend_a, Event.miss)
    give_up()
    shown = visit().text
    for secret in (NAME, BORN, "SO14", "Robin Ashworth", PROVIDER, CONTACT, POLICE, "shouted"):
        assert secret not in shown


@on_sqlite
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.coordinator}))
def test_for_everybody_else_there_is_no_such_page(role: Role) -> None:
    authorised()
    give_up()
    assert visit(role=role).status_code == 404
    for path in ("/again", f"/{row().id}/again"):
        assert visit(path, role=role, press=True).status_code in (403, 404)
    assert row().status == DEAD


@on_sqlite
def test_nobody_who_is_not_signed_in_sees_it() -> None:
    answer = visit(role=None)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/hand-over")


@on_sqlite
def test_another_sites_coordinator_sees_and_sends_nothing() -> None:
    referral_id = authorised()
    give_up()
    assert reference(referral_id) not in visit(site="dorset").text
    with transaction() as session:
        theirs = drafts.person(session, Role.coordinator, "dorset")
        assert handing_over.waiting.send_again(session, theirs, row().id) is None
    assert row().status == DEAD


@on_sqlite
def test_letters_of_alerts_are_not_of_this_page() -> None:
    with transaction() as session:
        letter = Letter("webhook", "a1:first:0", {"url": PROVIDER, "body": {"id": "a1"}})
        handing_over.outbox.post(session, letter, site="hampshire")
    give_up()
    assert "Everything that had to leave has left" in visit().text
    with transaction() as session:
        us = drafts.person(session, Role.coordinator)
        assert handing_over.waiting.send_again(session, us, letters()[0].id) is None


# Sent again


@on_both
def test_what_was_given_up_is_sent_again_under_the_same_key() -> None:
    authorised()
    give_up()
    before = row()
    answer = visit(f"/{before.id}/again", press=True)
    assert "Sent again" in answer.text
    after = row()
    assert (after.id, after.key, after.payload) == (before.id, before.key, before.payload)
    assert (after.status, after.tries) == (WAITING, 0)
    taken: list[Letter] = []
    assert deliver_due({"webhook": taken.append}) == 1
    assert [letter.key for letter in taken] == [before.key]
    assert ("outbox.resend", f"outbox:{before.id}") in audited("outbox.resend")


@on_sqlite
def test_a_receiver_who_fails_for_a_day_gets_it_afterwards_once() -> None:
    authorised()

    def fails(_letter: Letter) -> None:
        raise NotSentError("webhook: status 500")

    for _ in range(handing_over.outbox.TRIES):
        change(due_at=now())
        deliver_due({"webhook": fails})
    assert row().status == DEAD
    visit("/again", press=True)
    taken: list[Letter] = []
    for _ in range(3):
        deliver_due({"webhook": taken.append})
    assert len(taken) == 1


@on_sqlite
def test_it_goes_where_the_site_says_now(routes: Path) -> None:
    authorised()
    give_up()
    moved = handing_over.WEBHOOK | {"url": "https://new.provider.example/referrals"}
    set_site(routes, hand_over=moved)
    visit(f"/{row().id}/again", press=True)
    assert row().payload["url"] == moved["url"]


@on_both
@pytest.mark.parametrize("way", [EMAIL, PULL], ids=["email", "pull"])
def test_by_another_way_it_is_another_letter_and_the_old_one_goes(
    routes: Path, way: dict[str, Any]
) -> None:
    authorised()
    give_up()
    old = row().id
    set_site(routes, hand_over=way)
    assert "Sent again" in visit(f"/{old}/again", press=True).text
    assert (row().kind, row().id != old) == (way["route"], True)
    assert ("outbox.resend", f"outbox:{old}") in audited("outbox.resend")


@on_sqlite
def test_a_queue_that_is_given_up_for_a_call_is_called(routes: Path) -> None:
    set_site(routes, hand_over=PULL)
    authorised()
    with transaction() as session:
        navigator = drafts.person(session, Role.navigator)
    assert len(handing_over.fetching.fetch(navigator, after=0, most=9)) == 1
    assert "still waits to be fetched" in visit_again()
    set_site(routes, hand_over=handing_over.WEBHOOK)
    visit_again()
    assert (row().kind, row().status) == ("webhook", WAITING)
    assert handing_over.fetching.fetch(navigator, after=0, most=9) == []


def visit_again() -> str:
    """Press for the only row, shown or not: the list gives a token all the same."""
    change(made_at=now() - UNFETCHED)
    return visit(f"/{row().id}/again", press=True).text


@on_sqlite
def test_once_a_route_is_confirmed_all_that_waited_for_it_leaves(routes: Path) -> None:
    set_site(routes, hand_over=None, victim_contact=None, breach_to=None)
    through(Event.authorise, Event.accept, Event.book, Event.attend_a)
    assert "There is no confirmed route yet" in visit("/again", press=True).text
    assert {each.kind for each in letters()} == {"no_route"}
    set_site(routes, **handing_over.CONFIRMED)
    assert "Sent again" in visit("/again", press=True).text
    assert sorted((each.kind, each.status) for each in letters()) == [
        ("email", WAITING),
        ("email", WAITING),
        ("webhook", WAITING),
    ]


@on_sqlite
def test_what_has_left_meanwhile_is_not_sent_again() -> None:
    authorised()
    give_up()
    with transaction() as session:
        handing_over.outbox.post(
            session, handing_over.without_way(handing_over.cause_of(row().payload)), site="x"
        )
    change(status=SENT, site="hampshire")
    first = letters("hand_over:")[0]
    with transaction() as session:
        us = drafts.person(session, Role.coordinator)
        assert handing_over.waiting.send_again(session, us, first.id) == "gone"
    assert {each.status for each in letters()} == {SENT}


@on_sqlite
def test_a_row_that_a_worker_has_in_hand_is_left_to_it(routes: Path) -> None:
    authorised()
    change(made_at=now() - LATE, claimed_until=now() + timedelta(seconds=20))
    set_site(routes, hand_over=EMAIL)
    assert "being sent at this moment" in visit(f"/{row().id}/again", press=True).text
    assert row().kind == "webhook"


@on_sqlite
def test_a_form_of_another_site_sends_nothing() -> None:
    authorised()
    give_up()
    assert visit(f"/{row().id}/again", press=True, forged=True).status_code == 403
    assert row().status == DEAD


@on_both
@pytest.mark.parametrize("row_id", ["nothing", "%00", "x" * 300])
def test_what_is_not_there_cannot_be_sent(row_id: str) -> None:
    authorised()
    give_up()
    assert visit(f"/{row_id}/again", press=True).status_code == 404


# Read


@on_sqlite
@pytest.mark.parametrize("role", [Role.coordinator, Role.navigator])
def test_the_link_of_an_e_mail_leads_to_the_referral_for_who_signs_in(role: Role) -> None:
    referral_id = authorised()
    answer = visit(f"/{reference(referral_id)}", role=role)
    assert answer.status_code == 200
    for words in (NAME, "14 September 1991", "Drinking, Work", "PC Robin Ashworth 4417"):
        assert words in answer.text
    assert ("referral.view", f"referral:{referral_id}") in audited("referral.view")


@on_sqlite
@pytest.mark.parametrize("role", [Role.officer, Role.authoriser, Role.facilitator, Role.evaluator])
def test_nobody_else_reads_it_there(role: Role) -> None:
    assert visit(f"/{reference(authorised())}", role=role).status_code == 404


@on_sqlite
def test_it_is_read_at_its_own_site_and_once_authorised_alone() -> None:
    waiting = reference(handing_over.sent())
    assert visit(f"/{waiting}").status_code == 404
    assert visit(f"/{reference(authorised())}", site="dorset").status_code == 404
    assert visit("/K7M-4QX-9Z").status_code == 404
