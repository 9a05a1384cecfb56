"""What the record does not allow, who does not see it, and the audit that nothing escapes."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Callable
from typing import NoReturn

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from accounts.staff import add_staff, authorisers
from accounts.tables import Role, Staff
from core.audit import AuditRow
from core.database import engine, transaction
from referrals import moving, record
from referrals.record import FieldError, ReferralError
from referrals.reference import new_reference
from referrals.tables import Referral, ReferralAnswer, ReferralDetail, ReferralEvent
from tests.unit.drafts import (
    FIELDS,
    acts,
    answer,
    close,
    draft,
    events,
    full_draft,
    give,
    new_draft,
    person,
    submit,
)

both_engines = pytest.mark.usefixtures("database")
EXCLUDES_ALL = {
    "B01_age": "no",
    "B02_admission": "no",
    "B03_evidence": "no",
    "B04_offence": "indictable_only",
    "B05_relationship": "other",
    "B06_risk": "high",
    "B07_ccb": "yes",
    "B08_history": "yes",
    "B09_order": "yes",
    "B10_bail": "yes",
    "B12_victim_view": "does_not_support",
    "B13_victim_risk": "yes",
    "B14_consent": "no",
}


def colleague(session: Session, site: str = "hampshire", role: Role = Role.officer) -> Staff:
    return add_staff(
        session,
        username=f"kit.{site}.{role}",
        password="long enough to do",
        role=role,
        site=site,
        name="Kit Marlow",
    )


def counts() -> list[int]:
    tables = (Referral, ReferralAnswer, ReferralDetail, ReferralEvent, AuditRow)
    with transaction() as session:
        return [session.scalar(select(func.count()).select_from(each)) or 0 for each in tables]


def broken(*_anything: object, **_named: object) -> NoReturn:
    raise RuntimeError("the audit cannot be written")


def submit_and_break(referral_id: str) -> NoReturn:
    with transaction() as session:
        record.submit(session, person(session), draft(session, referral_id), "key")
        raise RuntimeError("something broke afterwards")


def go_on(referral_id: str) -> None:
    with transaction() as session:
        record.go_on_despite(session, person(session), draft(session, referral_id))


# A case that does not meet the criteria


@both_engines
def test_a_case_that_does_not_meet_the_criteria_cannot_be_sent() -> None:
    referral_id = full_draft(B06_risk="high")
    go_on(referral_id)
    with pytest.raises(ReferralError):
        submit(referral_id)
    assert events(referral_id) == []


@both_engines
def test_it_is_closed_with_its_criteria_as_the_reason_and_kept() -> None:
    referral_id = new_draft()
    answer(referral_id, B13_victim_risk="yes", B06_risk="high", B01_age="yes")
    close(referral_id)
    assert events(referral_id) == [
        ("close_not_met", "draft", "not_proceeded", "B06_risk B13_victim_risk")
    ]
    with transaction() as session:
        kept = draft(session, referral_id)
        assert (kept.status, kept.outcome) == ("not_proceeded", "does_not_meet")
        assert record.known(kept).answers["B06_risk"] == "high"


@both_engines
def test_every_criterion_at_once_still_fits_into_the_reason() -> None:
    referral_id = new_draft()
    answer(referral_id, **EXCLUDES_ALL)
    go_on(referral_id)
    close(referral_id)
    assert events(referral_id)[0][3] == " ".join(EXCLUDES_ALL)


@both_engines
def test_it_is_closed_once() -> None:
    referral_id = new_draft()
    answer(referral_id, B01_age="no")
    close(referral_id)
    with pytest.raises(ReferralError):
        close(referral_id, "second press")
    with pytest.raises(ReferralError):
        submit(referral_id)
    assert len(events(referral_id)) == 1


@both_engines
def test_a_case_that_nothing_excludes_cannot_be_closed_as_not_met() -> None:
    referral_id = full_draft(B15_explained="no")
    with pytest.raises(ReferralError, match="Nothing in the answers excludes"):
        close(referral_id)


# Who may


@both_engines
def test_another_officers_draft_is_out_of_reach_at_the_same_site_and_elsewhere() -> None:
    referral_id = new_draft()
    with transaction() as session:
        for other in (
            colleague(session),
            colleague(session, "west_midlands"),
            person(session, Role.authoriser),
            person(session, Role.coordinator),
        ):
            assert record.own(session, other, referral_id) is None
            assert record.latest_draft(session, other) is None


@both_engines
def test_an_officer_who_moved_to_another_site_leaves_the_drafts_behind() -> None:
    referral_id = new_draft()
    with transaction() as session:
        person(session).site = "leicestershire"
        session.flush()
        officer = session.scalars(select(Staff).where(Staff.username == "officer.hampshire")).one()
        assert record.own(session, officer, referral_id) is None
        assert record.latest_draft(session, officer) is None


@both_engines
def test_until_it_is_authorised_a_sent_referral_is_read_by_officer_and_sergeants_only() -> None:
    referral_id = full_draft()
    reference = submit(referral_id)
    with transaction() as session:
        another_shift = colleague(session, role=Role.authoriser)
        readers = (person(session), person(session, Role.authoriser), another_shift)
        for reader in readers:
            found = record.by_reference(session, reader, reference)
            assert found is not None
            assert found.id == referral_id
        for stranger in (
            colleague(session),
            person(session, Role.coordinator),
            person(session, Role.navigator),
            person(session, Role.authoriser, "leicestershire"),
        ):
            assert record.by_reference(session, stranger, reference) is None
        assert record.by_reference(session, readers[0], new_reference()) is None
    assert acts(referral_id).count("referral.view") == 3


@both_engines
@pytest.mark.parametrize("role", [Role.authoriser, Role.coordinator])
def test_only_an_officer_starts_a_referral(role: Role) -> None:
    with transaction() as session:
        member = person(session, role)
        with pytest.raises(ReferralError, match="Only a police officer"):
            record.start(session, member)


@both_engines
def test_where_referral_is_off_none_is_started_and_the_reason_is_said() -> None:
    with transaction() as session:
        officer = person(session, site="north_yorkshire")
        with pytest.raises(ReferralError, match="North Yorkshire is switched off"):
            record.start(session, officer)


@both_engines
def test_nobody_authorises_a_referral_of_their_own() -> None:
    referral_id = new_draft()
    with transaction() as session:
        officer, sergeant = person(session), person(session, Role.authoriser)
        elsewhere = person(session, Role.authoriser, "leicestershire")
        other_officer = colleague(session)
        assert authorisers(session, "hampshire", but=officer.id) == [sergeant]
        assert authorisers(session, "hampshire", but=sergeant.id) == []
        ids = [officer.id, elsewhere.id, other_officer.id]
    for one in ids:
        with pytest.raises(FieldError):
            give(referral_id, "authoriser", one)
    give(referral_id, "authoriser", sergeant.id)


@both_engines
def test_an_officer_who_became_a_sergeant_still_cannot_authorise_the_own_referral() -> None:
    referral_id = new_draft()
    with transaction() as session:
        officer = person(session)
        officer.role = Role.authoriser
        officer_id = officer.id
    with pytest.raises(FieldError):
        give(referral_id, "authoriser", officer_id)


# The audit


@both_engines
def test_every_act_has_its_audit_row_with_who_and_where_and_never_what() -> None:
    referral_id = full_draft()
    submit(referral_id)
    with transaction() as session:
        officer = person(session)
        rows = list(
            session.scalars(select(AuditRow).where(AuditRow.record == f"referral:{referral_id}"))
        )
        assert {(row.actor_kind, row.actor_id, row.site) for row in rows} == {
            ("staff", officer.id, "hampshire")
        }
        assert acts(referral_id) == [
            "referral.start",
            "referral.answer",
            *[f"referral.field.{name}" for name in (*FIELDS, "authoriser")],
            "referral.submit",
        ]


@both_engines
def test_an_act_that_fails_leaves_neither_itself_nor_an_audit_row() -> None:
    referral_id = full_draft()
    before = counts()
    with pytest.raises(RuntimeError, match="afterwards"):
        submit_and_break(referral_id)
    assert counts() == before
    with transaction() as session:
        assert draft(session, referral_id).status == "draft"
        assert draft(session, referral_id).reference is None


@both_engines
@pytest.mark.parametrize("act", ["start", "answer", "field", "go_on", "submit", "close"])
def test_where_the_audit_cannot_be_written_the_act_did_not_happen(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete, excluded = full_draft(), full_draft(B06_risk="high")
    before = counts()
    for module in (record, moving):
        monkeypatch.setattr(module, "record", broken)
    doings: dict[str, Callable[[], object]] = {
        "start": new_draft,
        "answer": lambda: answer(complete, B06_risk="medium"),
        "field": lambda: give(complete, "full_name", "Somebody Else"),
        "go_on": lambda: go_on(excluded),
        "submit": lambda: submit(complete),
        "close": lambda: close(excluded),
    }
    with pytest.raises(RuntimeError, match="audit"):
        doings[act]()
    assert counts() == before
    with transaction() as session:
        kept = draft(session, complete)
        assert (kept.status, kept.reference) == ("draft", None)
        assert kept.detail.full_name == "Alex Example"
        assert draft(session, excluded).status == "draft"
        assert draft(session, excluded).went_on_despite == ""


@both_engines
def test_of_two_tabs_that_save_at_once_the_second_is_told() -> None:
    referral_id = new_draft()
    with transaction() as slow:
        seen = draft(slow, referral_id)
        answer(referral_id, B01_age="yes")
        with pytest.raises(StaleDataError):
            record.answer(slow, person(slow), seen, {"B01_age": "no"}, "choice")
        slow.rollback()
    with transaction() as session:
        assert record.known(draft(session, referral_id)).answers == {"B01_age": "yes"}


# What lies on the disk

CANARIES = {
    "crime_reference": "CANARY/4426",
    "custody_reference": "CANARY/9917",
    "full_name": "Canaria Birdsong",
    "second_contact": "canary@example.com",
    "officer_in_case": "Finch Canarian 9917",
    "access_needs": "reads canary with help",
    "when_unavailable": "canary on Tuesdays",
    "mobile": "07700 900982",
    "phone_is_private": "shared",
    "officer_phone": "020 7946 0123",
    "date_of_birth": "14 9 1991",
    "offence_date": "20 11 2025",
    "postcode_district": "BS23",
    "interpreter_language": "pa",
    "support_needs_seen": "gambling",
}
NEVER_IN_CLEAR = (
    *("CANARY", "Canaria", "Birdsong", "canary", "Finch", "7700900982", "2079460123"),
    *("1991-09-14", "2025-11-20", "BS23", "gambling", "demonstration-only", "Robin Ashworth"),
)


def with_canaries() -> str:
    referral_id = full_draft()
    for name, raw in CANARIES.items():
        give(referral_id, name, raw)
    submit(referral_id)
    return referral_id


def without_the_directory() -> None:
    """What is public holds places and needs in clear, and would hide a leak of the same words."""
    names = ("live", "revision", "listing")
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in names:
            connection.execute(text(f"DELETE FROM directory_{name}"))
        connection.execute(text("VACUUM"))
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def test_no_byte_of_the_sqlite_files_tells_who_it_is_about(sqlite: pathlib.Path) -> None:
    without_the_directory()
    referral_id = with_canaries()
    with transaction() as session:
        assert draft(session, referral_id).detail.full_name == "Canaria Birdsong"
        session.execute(text("SELECT 1"))
    raw = b"".join(path.read_bytes() for path in sqlite.parent.glob("cara.db*"))
    assert referral_id.encode() in raw
    assert [word for word in NEVER_IN_CLEAR if word.encode() in raw] == []


@both_engines
def test_no_column_tells_who_it_is_about_and_the_hash_needs_the_key() -> None:
    with_canaries()
    with engine().connect() as connection:
        tables = ("referral", "referral_detail", "referral_answer", "referral_event", "audit")
        rows = [
            tuple(row)
            for table in (*tables, "staff")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    seen = "\n".join(
        bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell)
        for row in rows
        for cell in row
    )
    assert [word for word in NEVER_IN_CLEAR if word in seen] == []
    assert hashlib.sha256(b"canariabirdsong").hexdigest() not in seen
