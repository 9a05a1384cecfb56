"""A site that lets its authoriser consider what a criterion excludes, for a written reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from accounts.tables import Role
from core.database import transaction
from referrals import record
from referrals.handing_over.posting import handed_over
from referrals.moving import ReferralError, move
from referrals.progress import Step, position
from referrals.rule_set import rule_set_on
from referrals.tables import Referral
from referrals.transitions import Event
from referrals.validation import FieldError
from tests.unit.drafts import answer, draft, events, full_draft, give, person, submit
from tests.unit.handing_over import site_with_routes

WHY = "The order ends on Friday, and probation agrees."


@pytest.fixture
def overriding(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hampshire leaves cases under an order to its authoriser; sources are as they have to be."""
    with site_with_routes(tmp_path / "sites", monkeypatch) as folder:
        path = folder / "hampshire/criteria.yml"
        own = yaml.safe_load(path.read_text(encoding="utf-8"))
        rule = {"override": "authoriser", "source": "the test", "sure": "low"}
        here = own.get("overrides") or {}
        allowed = {name: here.get(name, {}) | rule for name in ("B05_relationship", "B09_order")}
        own["overrides"] = here | allowed
        path.write_text(yaml.safe_dump(own), encoding="utf-8")
        rule_set_on.cache_clear()
        yield
    rule_set_on.cache_clear()


def go_on(referral_id: str) -> None:
    """The officer was told, and goes on."""
    with transaction() as session:
        record.go_on_despite(session, person(session), draft(session, referral_id))


def step(referral_id: str) -> tuple[Step, str]:
    """What comes next, and about what."""
    with transaction() as session:
        found = draft(session, referral_id)
        here = position(record.rules_of(found), record.known(found))
        return here.step, here.field.name if here.field else ""


@pytest.mark.usefixtures("overriding")
def test_it_is_sent_with_a_written_reason_and_a_sergeant_decides() -> None:
    referral_id = full_draft(B09_order="yes")
    assert step(referral_id)[0] is Step.excluded
    go_on(referral_id)
    assert step(referral_id) == (Step.field, "override_reason")
    with pytest.raises(ReferralError):
        submit(referral_id)
    with pytest.raises(FieldError):
        give(referral_id, "override_reason", " ")
    give(referral_id, "override_reason", WHY)
    assert step(referral_id)[0] is Step.check
    submit(referral_id)
    with transaction() as session:
        referral = session.get_one(Referral, referral_id)
        assert referral.outcome == "does_not_meet"
        assert record.replay(session, referral) == "does_not_meet"
        asked = {each["name"]: each["answer"] for each in (referral.frozen or {})["fields"]}
        assert asked["override_reason"] == WHY
        move(session, person(session, Role.authoriser), referral, Event.authorise, key="a")
        session.flush()
        handed = handed_over(session, referral)
        assert handed is not None
        told = {each["name"]: each["answer"] for each in handed["fields"]}
        assert told["override_reason"] == WHY
        assert handed["outcome"] == "does_not_meet"
    assert [each[0] for each in events(referral_id)] == ["submit", "authorise"]


@pytest.mark.usefixtures("overriding")
def test_a_hold_stays_a_hold_whatever_is_overridden() -> None:
    referral_id = full_draft(B09_order="yes", B11_victim_asked=None)
    go_on(referral_id)
    give(referral_id, "override_reason", WHY)
    assert step(referral_id)[0] is Step.waiting
    with pytest.raises(ReferralError):
        submit(referral_id)


@pytest.mark.usefixtures("overriding")
def test_one_criterion_that_nobody_overrides_keeps_it_from_being_sent() -> None:
    referral_id = full_draft(B09_order="yes", B02_admission="no")
    go_on(referral_id)
    assert step(referral_id)[0] is Step.excluded
    with pytest.raises(FieldError):
        give(referral_id, "override_reason", WHY)
    with pytest.raises(ReferralError):
        submit(referral_id)


@pytest.mark.usefixtures("overriding")
def test_of_two_criteria_that_exclude_each_is_told() -> None:
    referral_id = full_draft(B09_order="yes", B05_relationship="other")
    go_on(referral_id)
    assert step(referral_id)[0] is Step.excluded
    go_on(referral_id)
    assert step(referral_id) == (Step.field, "override_reason")


@pytest.mark.usefixtures("overriding")
def test_a_reason_for_one_criterion_is_none_for_another() -> None:
    referral_id = full_draft(B09_order="yes")
    go_on(referral_id)
    give(referral_id, "override_reason", WHY)
    answer(referral_id, B09_order="no", B05_relationship="other")
    go_on(referral_id)
    assert step(referral_id) == (Step.field, "override_reason")


@pytest.mark.usefixtures("overriding")
def test_an_answer_that_is_put_right_takes_the_reason_out_again() -> None:
    referral_id = full_draft(B09_order="yes")
    go_on(referral_id)
    give(referral_id, "override_reason", WHY)
    answer(referral_id, B09_order="no")
    submit(referral_id)
    with transaction() as session:
        referral = session.get_one(Referral, referral_id)
        assert referral.outcome == "appears_to_meet"
        names = [each["name"] for each in (referral.frozen or {})["fields"]]
        assert "override_reason" not in names


@pytest.mark.usefixtures("database")
def test_without_such_a_rule_no_reason_helps() -> None:
    referral_id = full_draft(B09_order="yes")
    go_on(referral_id)
    assert step(referral_id)[0] is Step.excluded
    with pytest.raises(FieldError):
        give(referral_id, "override_reason", WHY)
    with pytest.raises(ReferralError):
        submit(referral_id)
