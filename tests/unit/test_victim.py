"""What is held of the victim: police read it, and no page, file or interface of anybody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import event, select

from accounts.policy import shows
from accounts.tables import Role
from cli.database import alembic_config
from core.audit import AuditRow
from core.clock import today
from core.crypto import box
from core.database import engine, transaction
from referrals import record, victim
from referrals.handing_over.posting import handed_over
from referrals.tables import Referral, ReferralAnswer, ReferralVictim
from referrals.transitions import IllegalMoveError
from tests.unit import by_role
from tests.unit.by_role import HERE, SUPPORT, Ask, Staged
from tests.unit.drafts import answer, draft, full_draft, person, submit

TABLE = "referral_victim"
# What a page would say of it: the labels of the three questions.
LABELS = ("Victim asked", "Victim&#39;s view", "Victim's view", "More risk for the victim")
POLICE = (Role.officer, Role.authoriser)


@contextmanager
def heard() -> Iterator[list[str]]:
    """Every question to the table of victims while this lasts."""
    asked: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if TABLE in statement:
            asked.append(statement)

    event.listen(engine(), "before_cursor_execute", listen)
    yield asked
    event.remove(engine(), "before_cursor_execute", listen)


@pytest.mark.parametrize("role", sorted(set(Role) - set(POLICE)), ids=str)
def test_no_page_and_no_interface_asks_for_it_for_anybody_but_police(
    role: Role, staged: Staged
) -> None:
    held = {"secret": staged.secrets[role, HERE], "token": staged.tokens[role, HERE]}
    told = []

    async def every(ask: Ask) -> None:
        for route in by_role.staff_routes():
            for records in (staged, _booked_instead(staged)):
                method, path = by_role.method_of(route), by_role.path_of(route, records)
                answer = await ask(method, path, **held)
                assert answer.status_code < 500, path
                # The code book explains every criterion, and tells of nobody.
                labels = () if "code-book" in path else LABELS
                told.extend((path, each) for each in (*labels, SUPPORT) if each in answer.text)

    with heard() as asked:
        by_role.asking(every)
    assert told == []
    assert asked == []


def _booked_instead(staged: Staged) -> Staged:
    """The same with the person who is booked into a group."""
    booked = {"reference": staged.records["booked_reference"]}
    return Staged(staged.records | booked, staged.secrets, staged.tokens)


def test_its_officer_and_the_sergeants_read_it_on_its_page_and_the_receipt(staged: Staged) -> None:
    pages = []

    async def every(ask: Ask) -> None:
        for role in POLICE:
            for page in ("victim", "receipt"):
                path = f"/referrals/{staged.records['reference']}/{page}"
                answer = await ask("GET", path, secret=staged.secrets[role, HERE])
                pages.append((answer.status_code, answer.text))

    by_role.asking(every)
    assert [status for status, _ in pages] == [200] * 4
    assert all(SUPPORT in pages[at][1] and "Supports it" in pages[at][1] for at in (0, 2))
    assert all("Has the victim been asked" in pages[at][1] for at in (1, 3))
    with transaction() as session:
        looked = select(AuditRow.actor_id).where(AuditRow.act == "referral.victim.view")
        ids = {person(session, role).id for role in POLICE}
        assert set(session.scalars(looked)) == ids


def test_the_officer_writes_the_day_and_the_forces_reference_and_nobody_else_does(
    staged: Staged,
) -> None:
    path = f"/referrals/{staged.records['reference']}/victim"
    said = {"asked_on": f"{today().day} {today().month} {today().year}", "reference": "hc/9/26"}
    wrong = ({"asked_on": "1 1 2100"}, {"reference": "Alex Example"}, {"reference": "Mrs 7"})
    statuses = []

    async def every(ask: Ask) -> None:
        mine = {"secret": staged.secrets[Role.officer, HERE]}
        statuses.append((await ask("POST", path, **mine, **said)).status_code)
        statuses.extend([(await ask("POST", path, **mine, **each)).status_code for each in wrong])
        sergeant = staged.secrets[Role.authoriser, HERE]
        statuses.append((await ask("POST", path, secret=sergeant, **said)).status_code)

    by_role.asking(every)
    assert statuses == [303, 422, 422, 422, 404]
    with transaction() as session:
        kept = session.get_one(ReferralVictim, staged.records["referral"])
        assert (kept.consulted_on, kept.support_reference) == (today().isoformat(), "HC/9/26")
        assert (kept.consulted, kept.view, kept.concern) == ("yes", "supports", "no")


@pytest.mark.usefixtures("database")
def test_the_matrix_decides_who_is_given_it() -> None:
    referral_id = full_draft()
    for role in Role:
        with transaction() as session:
            found, staff = session.get_one(Referral, referral_id), person(session, role)
            if shows(role, "victim"):
                assert victim.record_for(session, staff, found).view == "supports"
            else:
                with pytest.raises(IllegalMoveError):
                    victim.record_for(session, staff, found)


@pytest.mark.usefixtures("database")
def test_its_answers_stand_in_no_other_table_and_only_the_last_one_is_kept() -> None:
    referral_id = full_draft(B12_victim_view="neutral")
    answer(referral_id, B12_victim_view="supports", B13_victim_risk=None)
    with transaction() as session:
        found = draft(session, referral_id)
        criteria = set(session.scalars(select(ReferralAnswer.criterion)))
        assert not criteria & victim.ABOUT_VICTIM
        assert record.known(found).answers["B12_victim_view"] == "supports"
        assert record.known(found).answers["B13_victim_risk"] is None
        assert not record.answers_of(found).keys() & victim.ABOUT_VICTIM
    answer(referral_id, B13_victim_risk="no")
    submit(referral_id)
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        assert "victim_view" not in json.dumps(found.frozen)
        assert [each["id"] for each in victim.whole(found)] == [
            each.id for each in record.rules_of(found).in_chat
        ]
        assert record.replay(session, found) == found.outcome


def test_a_reason_given_because_of_the_victim_is_not_handed_over(staged: Staged) -> None:
    with transaction() as session:
        found = session.get_one(Referral, staged.records["referral"])
        why = {"name": "override_reason", "question": "Why?", "answer": "Because", "words": ""}
        found.frozen = found.frozen | {"fields": [*found.frozen["fields"], why]}
        for despite, handed in (("B09_order", True), ("B09_order B12_victim_view", False)):
            found.went_on_despite = despite
            document = handed_over(session, found)
            assert document is not None
            assert ("override_reason" in str(document["fields"])) == handed


def test_what_was_answered_before_moves_with_the_migration(empty_postgresql: str) -> None:
    _moves()


def test_it_moves_in_a_file_too(data_dir: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data_dir.mkdir()
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    _moves()


def _moves() -> None:
    """A referral from before: its answers go over, up and down again."""
    command.upgrade(alembic_config(), "0012")
    criteria = [
        {"id": name, "question": "?", "answer": code, "words": code}
        for name, code in (
            ("B10_bail", "no"),
            ("B12_victim_view", "neutral"),
            ("B14_consent", "yes"),
        )
    ]
    with engine().begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        at = {"at": sa.func.current_timestamp()}
        staff = {"id": "s", "username": "s", "role": "officer", "site": HERE, "rank": ""}
        sealed = {name: box("columns").encrypt(b"x") for name in ("name", "collar_number", "email")}
        more = {"password_hash": "", "demonstration": True, "created_at": at["at"]}
        connection.execute(sa.insert(tables.tables["staff"]).values(**staff, **sealed, **more))
        connection.execute(
            sa.insert(tables.tables["referral"]).values(
                id="r",
                site=HERE,
                status="submitted",
                rule_set="x@1.0.0",
                rule_set_digest="d",
                version=1,
                created_by="s",
                owner="s",
                created_at=at["at"],
                updated_at=at["at"],
                delivery_site="",
                went_on_despite="",
                frozen=box("columns").encrypt(json.dumps({"criteria": criteria}).encode()),
            )
        )
        for criterion, value in (
            ("B10_bail", "no"),
            ("B12_victim_view", "supports"),
            ("B12_victim_view", "neutral"),
            ("B13_victim_risk", None),
        ):
            connection.execute(
                sa.insert(tables.tables["referral_answer"]).values(
                    referral_id="r",
                    criterion=criterion,
                    value=value,
                    asked_as="?",
                    rule_set="x@1.0.0",
                    source="choice",
                    by="s",
                    **at,
                )
            )
    command.upgrade(alembic_config(), "head")
    with transaction() as session:
        found = session.get_one(Referral, "r")
        assert [each.criterion for each in found.answers] == ["B10_bail"]
        assert victim.answers_of(found) == {"B12_victim_view": "neutral", "B13_victim_risk": None}
        assert [each["id"] for each in found.frozen["criteria"]] == ["B10_bail", "B14_consent"]
        assert victim.whole(found) == criteria
    command.downgrade(alembic_config(), "0012")
    with engine().begin() as connection:
        rows = connection.execute(sa.text("SELECT criterion, value FROM referral_answer")).all()
        assert sorted(map(tuple, rows), key=str) == [
            ("B10_bail", "no"),
            ("B12_victim_view", "neutral"),
            ("B13_victim_risk", None),
        ]
        frozen = connection.execute(sa.text("SELECT frozen FROM referral")).scalar_one()
        assert json.loads(box("columns").decrypt(frozen))["criteria"] == criteria
