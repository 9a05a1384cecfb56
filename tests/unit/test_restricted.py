"""A restricted referral is open to its own people and its named readers, wherever anybody looks."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from accounts.staff import TOKEN, sign_in
from accounts.tables import Role, Staff
from core.audit import AuditRow
from core.database import transaction
from referrals import record, restricting
from referrals.duplicates import same_case
from referrals.evaluation import links, reading
from referrals.handing_over import fetching
from referrals.moving import ReferralError
from referrals.tables import Referral
from referrals.transitions import IllegalMoveError
from referrals.work import work_of
from sites import all_sites, site_of
from tests.unit import by_role, handing_over
from tests.unit.by_role import HERE, NAME, Ask, Staged
from tests.unit.drafts import full_draft, person

WHY = "A colleague of ours knows this person"
# Every page on which the coordinator would meet the booked person.
PAGES = (
    "/referrals",
    "/referrals/{booked_reference}",
    "/referrals/{booked_reference}/needs",
    "/referrals/{booked_reference}/agree",
    "/groups/{group_id}",
    "/groups/{group_id}/agree/{booked}",
    "/groups/{group_id}/call-off",
    "/hand-over",
    "/hand-over/{booked_reference}",
    "/outbox",
    "/restricted",
)


def restricted(staged: Staged, *readers: str, by: Role = Role.site_admin) -> None:
    """The booked referral, restricted to these people."""
    with transaction() as session:
        found = session.get_one(Referral, staged.records["booked"])
        restricting.restrict(session, person(session, by), found, readers, said=WHY, key="r")


def found_by(secret: str, staged: Staged) -> set[str]:
    """The pages that tell somebody of the booked person, by name or reference."""
    told = set()

    async def every(ask: Ask) -> None:
        for page in PAGES:
            answer = await ask("GET", page.format(**staged.records), secret=secret)
            assert answer.status_code < 500, page
            said = answer.text
            # Both people of the staged site have one name; the reference tells them apart.
            if staged.records["booked_reference"] in said and answer.status_code == 200:
                told.add(page)

    by_role.asking(every)
    return told


def test_before_it_is_restricted_its_coordinator_meets_it_on_every_page(staged: Staged) -> None:
    found = found_by(staged.secrets[Role.coordinator, HERE], staged)
    assert {"/referrals", "/groups/{group_id}", "/hand-over", "/outbox"} - found <= {"/outbox"}
    assert "/referrals/{booked_reference}/needs" in found


def test_who_is_no_reader_meets_it_nowhere(database: str) -> None:
    staged = by_role.stage()
    restricted(staged)
    for role in (Role.coordinator, Role.navigator, Role.facilitator):
        assert found_by(staged.secrets[role, HERE], staged) == set(), role


def test_a_named_reader_its_officer_and_its_sergeant_open_it(staged: Staged) -> None:
    with transaction() as session:
        navigator = person(session, Role.navigator).id
    restricted(staged, navigator)
    page = "/referrals/{booked_reference}"
    for role in (Role.navigator, Role.officer, Role.authoriser):
        assert page in found_by(staged.secrets[role, HERE], staged), role
    other, _ = by_role.somebody_else(Role.authoriser)
    with transaction() as session:
        sergeant = session.get_one(Staff, other)
        reference = staged.records["booked_reference"]
        assert record.by_reference(session, sergeant, reference) is None


def test_the_register_of_its_group_leaves_it_out_and_takes_nothing_for_it(staged: Staged) -> None:
    restricted(staged)
    with transaction() as session:
        coordinator = person(session, Role.coordinator)
        assert staged.records["booked"] not in _of_work(work_of(session, coordinator))
    group, who = staged.records["group_id"], staged.records["booked"]

    async def every(ask: Ask) -> None:
        secret = staged.secrets[Role.facilitator, HERE]
        page = await ask("GET", f"/groups/{group}/register/a", secret=secret)
        assert NAME not in page.text
        forged = {f"person-{who}": "present"}
        await ask("POST", f"/groups/{group}/register/a", secret=secret, **forged)

    by_role.asking(every)
    with transaction() as session:
        assert session.get_one(Referral, who).status == "booked"


def _of_work(groups: list[tuple[str, list[Referral]]]) -> set[str]:
    return {each.id for _, found in groups for each in found}


def test_it_is_in_nobodys_extract_list_of_links_or_search_for_the_same_case(
    staged: Staged,
) -> None:
    def counted() -> tuple[int, int, bool]:
        with transaction() as session:
            evaluator = person(session, Role.evaluator)
            rows = list(reading.rows(session, site_of(HERE), evaluator, "evaluation"))
            assert len(rows) == reading.count(session, site_of(HERE), evaluator)
            again = session.get_one(Referral, full)
            stranger = session.get_one(Staff, other)
            known = same_case(session, stranger, again)
            return len(rows), _links(), known is not None and known.id == newest

    def _links() -> int:
        site = all_sites()[HERE].model_copy(update={"links_for_outcomes": True})
        with pytest.MonkeyPatch.context() as patch, transaction() as session:
            patch.setattr(links, "site_of", lambda _code: site)
            out = io.BytesIO()
            admin = person(session, Role.site_admin)
            return links.write(session, admin, site=HERE, study="evaluation", out=out)

    full, newest = full_draft(), staged.records["booked"]
    other, _ = by_role.somebody_else(Role.officer)
    before = counted()
    assert before[2]
    restricted(staged)
    assert counted() == (before[0] - 1, before[1] - 1, False)


@pytest.mark.usefixtures("database")
def test_it_waits_in_the_queue_for_a_reader_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with handing_over.site_with_routes(
        tmp_path / "sites", monkeypatch, hand_over=handing_over.PULL
    ):
        referral_id = handing_over.authorised()
        with transaction() as session:
            navigator = person(session, Role.navigator)
            token = sign_in(session, navigator, kind=TOKEN)
        (waits,) = fetching.fetch(navigator, after=0, most=9)
        with transaction() as session:
            found = session.get_one(Referral, referral_id)
            admin = person(session, Role.site_admin)
            restricting.restrict(session, admin, found, [], said=WHY, key="r")
        assert fetching.fetch(navigator, after=0, most=9) == []

        async def every(ask: Ask) -> None:
            path = f"/api/v1/hand-over/{waits.id}/acknowledge"
            assert (await ask("POST", path, token=token)).status_code == 404

        by_role.asking(every)
        with transaction() as session:
            found, admin = session.get_one(Referral, referral_id), person(session, Role.site_admin)
            restricting.restrict(session, admin, found, [navigator.id], said=WHY, key="r2")
        assert len(fetching.fetch(navigator, after=0, most=9)) == 1


def test_an_administrator_who_restricts_it_sees_its_reference_and_nothing_of_the_case(
    staged: Staged,
) -> None:
    admin, reference = staged.secrets[Role.site_admin, HERE], staged.records["booked_reference"]
    with transaction() as session:
        navigator = person(session, Role.navigator).id
    pages: list[httpx.Response] = []

    async def every(ask: Ask) -> None:
        path = f"/restricted/{reference}"
        pages.append(await ask("POST", "/restricted", secret=admin, reference=reference))
        pages.append(await ask("POST", path, secret=admin, reader=navigator, said=WHY))
        pages.append(await ask("GET", path, secret=admin))
        pages.append(await ask("POST", path, secret=admin, reader=navigator, said=" "))
        pages.append(await ask("GET", f"/referrals/{reference}", secret=admin))
        pages.append(await ask("POST", f"{path}/open", secret=admin, said="It is over"))

    by_role.asking(every)
    assert [page.status_code for page in pages] == [303, 303, 200, 422, 404, 303]
    assert NAME not in "".join(page.text for page in pages)
    assert "Bea Thistlewood" in pages[2].text
    with transaction() as session:
        assert session.get_one(Referral, staged.records["booked"]).restricted_at is None
        acts = set(session.scalars(select(AuditRow.act)))
    assert {"referral.restrict", "referral.open_again", "referral.readers.view"} <= acts


def test_a_coordinator_restricts_what_they_open_and_stays_its_reader(staged: Staged) -> None:
    restricted(staged, by=Role.coordinator)
    _, secret = by_role.somebody_else(Role.coordinator)
    page = "/referrals/{booked_reference}"
    assert page in found_by(staged.secrets[Role.coordinator, HERE], staged)
    assert found_by(secret, staged) == set()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.coordinator, Role.site_admin}), ids=str)
def test_nobody_else_restricts_and_nobody_at_another_site(staged: Staged, role: Role) -> None:
    with pytest.raises(IllegalMoveError):
        restricted(staged, by=role)
    with transaction() as session:
        found = session.get_one(Referral, staged.records["booked"])
        admin = person(session, Role.site_admin, by_role.ELSEWHERE)
        with pytest.raises(IllegalMoveError):
            restricting.restrict(session, admin, found, [], said=WHY, key="r")


def test_it_takes_a_reason_and_readers_of_the_site_alone(staged: Staged) -> None:
    stranger, _ = by_role.somebody_else(Role.navigator, by_role.ELSEWHERE)
    with transaction() as session:
        found = session.get_one(Referral, staged.records["booked"])
        admin = person(session, Role.site_admin)
        with pytest.raises(ReferralError):
            restricting.restrict(session, admin, found, [], said=" ", key="r")
        restricting.restrict(session, admin, found, [stranger, "nobody"], said=WHY, key="r")
        session.flush()
        assert restricting.readers_of(session, found) == set()
