"""The referral's record on both engines: drafts, their answers and fields, and sending."""

from __future__ import annotations

import hashlib
import json

import pytest

from core.database import transaction
from referrals import record, victim
from referrals.fields import FIELDS
from referrals.progress import Step, position
from referrals.record import FieldError, ReferralError, UnknownAnswerError
from referrals.reference import read_reference
from tests.unit.drafts import (
    acts,
    answer,
    clear_answers,
    close,
    draft,
    events,
    full_draft,
    give,
    new_draft,
    person,
    submit,
)

pytestmark = pytest.mark.usefixtures("database")
NEEDED = [field.name for field in FIELDS if not field.optional and field.needed({})]


# The draft


def test_a_draft_is_there_for_its_officer_on_another_day() -> None:
    referral_id = new_draft()
    answer(referral_id, B01_age="yes", B03_evidence=None)
    give(referral_id, "postcode_district", "so14 2aa")
    with transaction() as session:
        found = record.latest_draft(session, person(session))
        assert found is not None
        facts = record.known(found)
        assert (found.id, found.status, found.outcome) == (referral_id, "draft", None)
        assert facts.answers == {"B01_age": "yes", "B03_evidence": None}
        assert facts.fields["postcode_district"] == "SO14"


def test_each_answer_keeps_the_words_in_which_it_was_asked_and_under_which_rules() -> None:
    referral_id = new_draft()
    answer(referral_id, source="text", B06_risk="standard")
    with transaction() as session:
        (kept,) = draft(session, referral_id).answers
        assert kept.asked_as == "What is the final, reviewed DASH or DARA grade?"
        assert (kept.rule_set, kept.source) == ("hampshire@1.0.0", "text")
        assert kept.by == person(session).id


def test_a_later_answer_wins_and_the_earlier_one_is_kept_too() -> None:
    referral_id = new_draft()
    for grade in ("high", "medium"):
        answer(referral_id, B06_risk=grade)
    with transaction() as session:
        referral = draft(session, referral_id)
        assert record.known(referral).answers == {"B06_risk": "medium"}
        assert [row.value for row in referral.answers] == ["high", "medium"]


def test_an_answer_withdrawn_to_not_known_is_a_hold_again() -> None:
    referral_id = full_draft()
    answer(referral_id, B11_victim_asked=None)
    with pytest.raises(ReferralError):
        submit(referral_id)


@pytest.mark.parametrize(
    "strange",
    [
        {"B99_moon": "yes"},
        {"B01_age": "maybe"},
        {"B22_authority": "authorised"},
        {"B23_disposal": "other"},
    ],
)
def test_what_this_site_never_asks_an_officer_is_not_kept(strange: dict[str, str]) -> None:
    referral_id = new_draft()
    with pytest.raises(UnknownAnswerError):
        answer(referral_id, B02_admission="full", **strange)
    with transaction() as session:
        assert record.known(draft(session, referral_id)).answers == {}


def test_going_on_is_remembered_until_that_answer_changes() -> None:
    referral_id = new_draft()
    answer(referral_id, B01_age="yes", B06_risk="high")
    with transaction() as session:
        record.go_on_despite(session, person(session), draft(session, referral_id))
    with transaction() as session:
        referral = draft(session, referral_id)
        assert record.known(referral).went_on_despite == ["B06_risk"]
        here = position(record.rules_of(referral), record.known(referral))
        assert here.step is Step.criterion
    answer(referral_id, B06_risk="high")
    with transaction() as session:
        assert record.known(draft(session, referral_id)).went_on_despite == []


# Fields


def test_consent_to_texts_keeps_its_words_and_moment_and_falls_with_the_phone() -> None:
    referral_id = new_draft()
    for name, raw in {
        "mobile": "07700 900982",
        "phone_is_private": "private",
        "text_consent": "yes",
        "ok_hours": "day",
    }.items():
        give(referral_id, name, raw)
    with transaction() as session:
        detail = draft(session, referral_id).detail
        assert "You can say no" in (detail.text_consent_words or "")
        assert detail.text_consent_at is not None
    give(referral_id, "mobile", "07700 900111")
    with transaction() as session:
        detail = draft(session, referral_id).detail
        assert detail.mobile == "+447700900111"
        assert (detail.phone_is_private, detail.text_consent, detail.ok_hours) == (None,) * 3
        assert (detail.text_consent_words, detail.text_consent_at) == (None, None)


def test_a_phone_that_turns_out_to_be_shared_is_not_texted() -> None:
    referral_id = new_draft()
    for name, raw in (("mobile", "07700 900982"), ("phone_is_private", "private")):
        give(referral_id, name, raw)
    give(referral_id, "text_consent", "yes")
    give(referral_id, "phone_is_private", "shared")
    with transaction() as session:
        assert draft(session, referral_id).detail.text_consent is None
    with pytest.raises(FieldError, match="not open"):
        give(referral_id, "text_consent", "yes")


def test_the_same_mobile_number_typed_again_keeps_what_was_said_of_it() -> None:
    referral_id = new_draft()
    for name, raw in (("mobile", "07700 900982"), ("phone_is_private", "private")):
        give(referral_id, name, raw)
    give(referral_id, "mobile", "+44 7700 900982")
    with transaction() as session:
        assert draft(session, referral_id).detail.phone_is_private == "private"


def test_a_field_that_does_not_exist_is_refused() -> None:
    referral_id = new_draft()
    with pytest.raises(FieldError):
        give(referral_id, "frozen", "x")


def test_one_person_is_found_again_by_a_keyed_hash_however_they_were_typed() -> None:
    one, other = new_draft(), new_draft()
    give(one, "full_name", "Alex O'Example")
    give(other, "full_name", " alex oexample")
    with transaction() as session:
        hashes = {draft(session, each).detail.full_name_lookup for each in (one, other)}
        assert len(hashes) == 1


# Sending


def test_sending_freezes_every_question_and_answer_with_a_digest() -> None:
    referral_id = full_draft()
    reference = submit(referral_id)
    with transaction() as session:
        referral = draft(session, referral_id)
        assert (referral.status, referral.outcome) == ("awaiting_authority", "appears_to_meet")
        assert read_reference(reference) == reference == referral.reference
        assert referral.submitted_at is not None
        frozen = referral.frozen
        assert frozen is not None
        assert frozen["rule_set"] == "hampshire@1.0.0"
        assert frozen["rule_set_digest"] == record.rules_of(referral).digest
        whole = frozen | {"criteria": victim.whole(referral)}
        assert [each["id"] for each in whole["criteria"]] == list(clear_answers(session, referral))
        assert frozen["criteria"][0] == {
            "id": "B01_age",
            "question": "Is the suspect 18 or over?",
            "answer": "yes",
            "words": "Yes, 18 or over",
        }
        fields = {each["name"]: each["answer"] for each in frozen["fields"]}
        assert fields["full_name"] == "Alex Example"
        assert "text_consent" not in fields
        written = json.dumps(whole, sort_keys=True).encode()
        assert referral.frozen_digest == hashlib.sha256(written).hexdigest()


def test_pressing_send_twice_gives_one_event_and_the_same_reference() -> None:
    referral_id = full_draft()
    assert submit(referral_id) == submit(referral_id, "second press")
    assert events(referral_id) == [("submit", "draft", "awaiting_authority", "")]
    assert acts(referral_id).count("referral.submit") == 1


def test_what_was_sent_can_no_longer_be_changed_by_the_officer() -> None:
    referral_id = full_draft()
    submit(referral_id)
    with pytest.raises(ReferralError):
        answer(referral_id, B06_risk="medium")
    with pytest.raises(ReferralError):
        give(referral_id, "full_name", "Somebody Else")
    with pytest.raises(ReferralError):
        close(referral_id)
    with transaction() as session:
        assert record.latest_draft(session, person(session)) is None


def test_a_case_for_a_supervisor_is_sent_as_such() -> None:
    referral_id = full_draft(B06_risk="medium")
    submit(referral_id)
    with transaction() as session:
        assert draft(session, referral_id).outcome == "needs_supervisor"


@pytest.mark.parametrize("missing", NEEDED)
def test_without_a_needed_field_nothing_is_sent(missing: str) -> None:
    referral_id = full_draft()
    with transaction() as session:
        setattr(draft(session, referral_id).detail, missing, None)
    with pytest.raises(ReferralError, match="still missing"):
        submit(referral_id)
    assert events(referral_id) == []


@pytest.mark.parametrize(
    "held", [{"B15_explained": "no"}, {"B03_evidence": "waiting"}, {"B01_age": None}]
)
def test_a_case_on_hold_is_not_sent(held: dict[str, str | None]) -> None:
    referral_id = full_draft(**held)
    with pytest.raises(ReferralError, match="Your draft is saved"):
        submit(referral_id)
    with transaction() as session:
        referral = draft(session, referral_id)
        assert (referral.status, referral.reference, referral.frozen) == ("draft", None, None)
