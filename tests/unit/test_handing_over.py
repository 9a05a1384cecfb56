"""What leaves when a referral moves: the referral, coded notices, attendance, and nothing else."""

from __future__ import annotations

import ast
import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from core.clock import today
from core.database import transaction
from core.outbox import HELD, WAITING, Outgoing
from core.settings import ROOT
from referrals.fields import FIELDS
from referrals.handing_over import told_of
from referrals.handing_over.attendance import Attendance, Happened, police_letters
from referrals.handing_over.document import BOOKING, schema
from referrals.handing_over.posting import purposes_of
from referrals.handing_over.ways import Cause, Purpose
from referrals.rule_set import ABOUT_VICTIM
from referrals.tables import Referral
from referrals.transitions import Event, Status
from sites import site_of
from tests.unit import handing_over
from tests.unit.handing_over import (
    BORN,
    CONTACT,
    EMAIL,
    NAME,
    POLICE,
    PROVIDER,
    PULL,
    SECRET_ENV,
    do,
    letters,
    set_site,
    through,
)

TO_THE_END = [event for _, event in handing_over.JOURNEY]
BREACHED = [Event.authorise, Event.accept, Event.book, Event.miss, Event.report_breach]
CAUSE = Cause(Purpose.police, "r1", "K7M-4QX-9Y", "attend_a", 7, "2026-11-23T09:00:00+00:00")

pytestmark = pytest.mark.usefixtures("sqlite")


@pytest.fixture(autouse=True)
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with handing_over.site_with_routes(tmp_path / "sites", monkeypatch) as folder:
        yield folder


def to(row: Outgoing) -> str:
    return str(row.payload.get("to") or row.payload.get("url"))


def handed(row: Outgoing) -> dict[str, Any]:
    body: dict[str, Any] = row.payload["body"]
    return body


# The referral to the provider


def test_a_referral_that_is_authorised_goes_to_the_provider_and_not_before() -> None:
    referral_id = handing_over.sent()
    assert letters() == []
    do(referral_id, Event.authorise)
    (row,) = letters()
    assert (row.kind, to(row), row.payload["secret_env"]) == ("webhook", PROVIDER, SECRET_ENV)
    assert (row.site, row.status) == ("hampshire", WAITING)


def test_what_is_handed_over_fits_the_published_schema() -> None:
    handing_over.authorised()
    (row,) = letters("hand_over:")
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(handed(row), schema(), format_checker=checker)


@pytest.mark.parametrize(
    "change",
    [
        {"victim_name": "Somebody"},
        {"fields": [{"name": "crime_reference", "question": "?", "answer": "1", "words": "1"}]},
        {"outcome": "eligible"},
        {"rule_set": {"name": "hampshire", "digest": "0"}},
        {"criteria": []},
    ],
)
def test_the_schema_refuses_what_is_not_handed_over(change: dict[str, Any]) -> None:
    handing_over.authorised()
    (row,) = letters("hand_over:")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(handed(row) | change, schema())


def test_the_provider_gets_what_was_frozen_word_for_word() -> None:
    referral_id = handing_over.authorised()
    (row,) = letters("hand_over:")
    with transaction() as session:
        kept = session.get_one(Referral, referral_id)
    body = handed(row)
    assert body["criteria"] == kept.frozen["criteria"]
    assert body["rule_set"] == {"name": kept.rule_set, "digest": kept.rule_set_digest}
    assert (body["reference"], body["outcome"]) == (kept.reference, kept.outcome)
    assert (body["site"], body["route"], body["officer"]) == (
        "hampshire",
        "provider",
        "PC Robin Ashworth 4417",
    )
    frozen = {each["name"]: each for each in kept.frozen["fields"]}
    assert [each["name"] for each in body["fields"]] == [name for name in frozen if name in BOOKING]
    for each in body["fields"]:
        assert each["question"] == frozen[each["name"]]["question"]
        assert each["answer"] == (frozen[each["name"]]["answer"] or None)


def test_answers_are_there_for_a_machine_and_for_a_person() -> None:
    handing_over.authorised()
    (row,) = letters("hand_over:")
    given = {each["name"]: (each["answer"], each["words"]) for each in handed(row)["fields"]}
    assert given["full_name"] == (NAME, NAME)
    assert given["date_of_birth"] == (BORN, "14 September 1991")
    assert given["support_needs_seen"] == ("alcohol|work", "Drinking, Work")
    assert given["mobile"] == (None, None)


def test_neither_the_forces_references_nor_staff_numbers_are_handed_over() -> None:
    referral_id = handing_over.authorised()
    (row,) = letters("hand_over:")
    with transaction() as session:
        kept = session.get_one(Referral, referral_id).detail
    told = json.dumps(handed(row))
    for secret in (kept.crime_reference, kept.custody_reference, kept.authoriser):
        assert secret
        assert secret not in told


def test_of_the_person_harmed_no_answer_is_handed_over() -> None:
    handing_over.authorised()
    (row,) = letters("hand_over:")
    asked = {each["id"] for each in handed(row)["criteria"]}
    assert "B10_bail" in asked
    assert not asked & ABOUT_VICTIM
    names = {each["name"] for each in handed(row)["fields"]}
    assert [name for name in names if "victim" in name] == ["living_with_victim_now"]


def test_the_schema_names_the_fields_of_a_booking_and_each_is_a_field_of_ours() -> None:
    named = schema()["properties"]["fields"]["items"]["properties"]["name"]["enum"]
    assert tuple(named) == BOOKING
    assert set(BOOKING) <= {field.name for field in FIELDS}


def test_an_e_mail_holds_no_identity_and_a_link(routes: Path) -> None:
    set_site(routes, hand_over=EMAIL)
    referral_id = handing_over.authorised()
    (row,) = letters("hand_over:")
    assert (row.kind, to(row)) == ("email", EMAIL["to"])
    told = json.dumps(row.payload)
    assert f"/hand-over/{handing_over.reference(referral_id)}" in row.payload["text"]
    assert "body" not in row.payload
    for secret in (NAME, BORN, "SO14", "4417", "caution", "CARA"):
        assert secret not in told.replace(row.payload["cause"]["referral"], "")


def test_a_queue_is_kept_and_no_worker_sends_it(routes: Path) -> None:
    set_site(routes, hand_over=PULL)
    handing_over.authorised()
    (row,) = letters("hand_over:")
    assert (row.kind, row.status, row.trouble) == ("pull", HELD, "")


def test_a_call_without_a_secret_of_the_site_is_no_route(routes: Path) -> None:
    set_site(routes, hand_over=handing_over.WEBHOOK | {"secret_env": ""})
    handing_over.authorised()
    assert [row.kind for row in letters("hand_over:")] == ["no_route"]


@pytest.mark.parametrize("missing", ["hand_over", "victim_contact", "breach_to"])
@pytest.mark.parametrize("how", ["nothing is entered", "nobody has confirmed it"])
def test_without_a_confirmed_route_nothing_leaves_and_a_problem_stands(
    routes: Path, missing: str, how: str
) -> None:
    unconfirmed = handing_over.CONFIRMED[missing] | {"confirmed": False}
    set_site(routes, **{missing: unconfirmed if how == "nobody has confirmed it" else None})
    through(*TO_THE_END)
    purpose = {"breach_to": "police"}.get(missing, missing)
    found = letters(f"{purpose}:")
    assert found
    assert {(row.kind, row.status, row.trouble) for row in found} == {
        ("no_route", HELD, "no confirmed route")
    }
    assert all(set(row.payload) == {"cause"} for row in found)
    held = [row.key for row in letters() if row.kind == "no_route"]
    assert held == [row.key for row in found]


# Once


def test_the_same_move_told_again_is_the_same_rows() -> None:
    referral_id = through(*TO_THE_END)
    before = [(row.id, row.key) for row in letters()]
    for event in handing_over.events_of(referral_id):
        with transaction() as session:
            told_of(session, session.get_one(Referral, referral_id), event)
    assert [(row.id, row.key) for row in letters()] == before


def test_a_workshop_that_is_repeated_is_told_again() -> None:
    again = [Event.attend_a, Event.miss, Event.book, Event.attend_a]
    through(Event.authorise, Event.accept, Event.book, *again)
    told = [row.payload["text"].split("\n")[1] for row in letters("police:")]
    assert told == ["Event: attended_a", "Event: missed", "Event: attended_a"]


def test_nobody_outside_is_told_that_a_booking_was_called_off() -> None:
    through(Event.authorise, Event.accept, Event.book)
    before = [row.key for row in letters()]
    through(Event.authorise, Event.accept, Event.book, Event.call_off)
    told = {row.payload["cause"]["event"] for row in letters() if row.key not in before}
    assert told == {"authorise", "accept"}
    assert letters("police:") == []


def test_what_is_told_goes_with_the_move_or_not_at_all() -> None:
    referral_id = handing_over.sent()

    def fail() -> None:
        with transaction() as session:
            referral = session.get_one(Referral, referral_id)
            person = handing_over.drafts.person(session, handing_over.Role.authoriser)
            made = handing_over.move(session, person, referral, Event.authorise, key="a")
            told_of(session, referral, made)
            raise RuntimeError("the move fails after all")

    with pytest.raises(RuntimeError):
        fail()
    assert letters() == []


def test_a_draft_that_is_withdrawn_tells_nobody() -> None:
    referral_id = handing_over.drafts.full_draft()
    with transaction() as session:
        referral = session.get_one(Referral, referral_id)
        officer = handing_over.drafts.person(session)
        made = handing_over.move(
            session, officer, referral, Event.withdraw, key="w", reason="mistake"
        )
        told_of(session, referral, made)
    assert letters() == []


@pytest.mark.parametrize("event", ["safeguarding_flag", "hand_to_colleague", "hold", "submit"])
def test_other_events_tell_nobody(event: str) -> None:
    assert purposes_of(event, Status.accepted) == []


# The victim contact


def test_those_who_speak_with_the_person_harmed_get_reference_event_and_time() -> None:
    referral_id = through(*TO_THE_END)
    rows = letters("victim_contact:")
    moments = {each.event: each.at for each in handing_over.events_of(referral_id)}
    expected = [
        f"Reference: {handing_over.reference(referral_id)}\nEvent: {code}\n"
        f"At: {moments[event].isoformat(timespec='seconds')}\n"
        for event, code in ((Event.accept, "accepted"), (Event.attend_b, "completed"))
    ]
    assert [row.payload["text"] for row in rows] == expected
    assert {(to(row), row.payload["subject"]) for row in rows} == {
        (CONTACT, "Something waits for you")
    }


@pytest.mark.parametrize(
    ("events", "codes"),
    [
        (BREACHED, ["accepted", "breach"]),
        ([Event.authorise, Event.accept, Event.withdraw], ["accepted", "withdrawn"]),
    ],
)
def test_they_hear_of_breach_and_withdrawal(events: list[Event], codes: list[str]) -> None:
    through(*events)
    told = [row.payload["text"].split("\n")[1] for row in letters("victim_contact:")]
    assert told == [f"Event: {code}" for code in codes]


def test_their_system_is_called_too_with_the_three_fields(routes: Path) -> None:
    both = {"name": "Contact", "email": CONTACT, "webhook": PROVIDER, "confirmed": True}
    set_site(routes, victim_contact=both)
    through(Event.authorise, Event.accept)
    rows = {row.kind: row.payload for row in letters("victim_contact:")}
    assert set(rows) == {"webhook", "email"}
    assert set(rows["webhook"]["body"]) == {"reference", "event", "at"}


# Attendance only


def test_police_hear_of_attendance_and_breach_and_of_nothing_else() -> None:
    attended = through(*TO_THE_END)
    missed = through(*BREACHED)
    day = today().isoformat()
    mine = [row for row in letters() if to(row) == POLICE]
    assert [row.payload["text"] for row in mine] == [
        f"Reference: {handing_over.reference(each)}\nEvent: {event}\nOn: {day}\n"
        for each, event in (
            (attended, "attended_a"),
            (attended, "attended_b"),
            (missed, "missed"),
            (missed, "breach"),
        )
    ]
    assert [row.key for row in mine] == [row.key for row in letters("police:")]


def test_no_word_of_a_reason_leaves_by_any_way() -> None:
    through(*BREACHED)
    told = json.dumps([row.payload for row in letters()])
    for secret in ("shouted", "no_show", "missed a", "Ash"):
        assert secret not in told.replace("Ashworth", "")


def test_attendance_has_three_fields_and_takes_no_other() -> None:
    told = Attendance("K7M-4QX-9Y", Happened.missed, date(2026, 11, 23))
    assert [each.name for each in dataclasses.fields(Attendance)] == ["reference", "event", "on"]
    with pytest.raises((AttributeError, TypeError)):
        told.words = "He shouted"  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        told.event = Happened.breach  # type: ignore[misc]
    assert not hasattr(told, "__dict__")


@pytest.mark.parametrize(
    "fields",
    [
        ("Alex Example", Happened.missed, date(2026, 11, 23)),
        ("K7M-4QX-9Y: he shouted", Happened.missed, date(2026, 11, 23)),
        ("k7m-4qx-9y", Happened.missed, date(2026, 11, 23)),
        ("K7M-4QX-9Y", "he shouted", date(2026, 11, 23)),
        ("K7M-4QX-9Y", Happened.missed, "2026-11-23, drunk"),
        ("K7M-4QX-9Y", Happened.missed, datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_no_field_of_attendance_can_carry_words(fields: tuple[Any, Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"no reference|one of four"):
        Attendance(*fields)


def test_a_letter_to_police_is_made_of_attendance_itself_alone() -> None:
    @dataclasses.dataclass(frozen=True)
    class More(Attendance):
        words: str = "He shouted"

    on = date(2026, 11, 23)
    for other in (More("K7M-4QX-9Y", Happened.missed, on), {"reference": "K7M-4QX-9Y"}):
        with pytest.raises(TypeError, match="attendance"):
            police_letters(other, site_of("hampshire"), CAUSE)  # type: ignore[arg-type]


def test_nothing_but_attendance_asks_where_police_read() -> None:
    """By the syntax tree: to write to them, a module would have to ask for the address."""
    asking = [
        path.relative_to(ROOT).as_posix()
        for package in ("core", "accounts", "referrals", "outreach", "actions", "bot")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr == "breach_to")
        or (isinstance(node, ast.Constant) and node.value == "breach_to")
    ]
    # The one checks that it is there, the other shows it to the site's own people.
    others = ("referrals/checking.py", "referrals/web/site_shown.py")
    assert [each for each in asking if each not in others] == [
        "referrals/handing_over/attendance.py"
    ]
