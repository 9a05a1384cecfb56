"""The referral's record: the one module through which drafts are saved and submitted.

Every change writes its audit row in the same transaction (design D12).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from accounts.staff import actor_of, authorisers
from accounts.tables import Role, Staff
from core.audit import record
from core.clock import now, today
from core.crypto import lookup_hash
from core.database import ByKey
from core.words import words
from referrals import victim
from referrals.eligibility import (
    Outcome,
    UnknownAnswerError,
    assess,
    may_go_to_authoriser,
)
from referrals.fields import BY_NAME, CONSENT_WORDS, FIELDS, SEARCHED, answered_for
from referrals.moving import ReferralError, move
from referrals.progress import Known, Step, position, ready_to_submit
from referrals.readers import readable
from referrals.reference import new_reference
from referrals.rule_set import ABOUT_VICTIM, Effect, RuleSet, rule_set_of
from referrals.tables import KeptRuleSet, Referral, ReferralAnswer, ReferralDetail
from referrals.transitions import Event, IllegalMoveError, Status, transition
from referrals.validation import FieldError, clean
from sites import site_of

# Who asks only whose it is needs no answers; whoever does has them at the first look at them.
_WITHOUT_ANSWERS = ByKey(Referral, Referral.id, lazyload(Referral.answers))


def start(session: Session, staff: Staff) -> Referral:
    """A new draft at an officer's own site; raises :class:`ReferralError` where that is off."""
    site = site_of(staff.site)
    if staff.role != Role.officer:
        raise ReferralError(words("utter_referral_officers_only", "en").text)
    if not site.referral:
        raise ReferralError(site.referral_off_because)
    rules = rule_set_of(site.code)
    referral = Referral(
        id=str(uuid.uuid4()),
        site=site.code,
        status=Status.draft,
        rule_set=rules.name,
        rule_set_digest=rules.digest,
        created_by=staff.id,
        owner=staff.id,
        created_at=now(),
        updated_at=now(),
        detail=ReferralDetail(),
    )
    session.add(referral)
    record(session, actor_of(staff), "referral.start", f"referral:{referral.id}")
    return referral


def own(session: Session, staff: Staff, referral_id: str) -> Referral | None:
    """The referral, if this officer works on it at this site."""
    found = _WITHOUT_ANSWERS(session, referral_id)
    return found if found and found.owner == staff.id and found.site == staff.site else None


def drafts(session: Session, staff: Staff, most: int = 5) -> list[Referral]:
    """This officer's drafts at this site, the one touched last first."""
    return list(
        session.scalars(
            select(Referral)
            .where(
                Referral.owner == staff.id,
                Referral.site == staff.site,
                Referral.status == Status.draft,
            )
            .order_by(Referral.updated_at.desc())
            .limit(most)
        )
    )


def latest_draft(session: Session, staff: Staff) -> Referral | None:
    """The draft this officer touched last at this site, to go on with."""
    return next(iter(drafts(session, staff, most=1)), None)


def by_reference(session: Session, staff: Staff, reference: str) -> Referral | None:
    """A submitted referral for somebody who may open it (:func:`referrals.readers.readable`)."""
    found = session.scalar(select(Referral).where(Referral.reference == reference, readable(staff)))
    if found:
        record(session, actor_of(staff), "referral.view", f"referral:{found.id}")
    return found


def known(referral: Referral) -> Known:
    """What the draft knows, as the rules want it.

    It opens what is held of the victim, so it is for those who work on the draft alone.
    """
    answers, told = _all_answers(referral), _words(referral.went_on_despite)
    return Known(
        answers=answers,
        fields={field.name: getattr(referral.detail, field.name) for field in FIELDS},
        skipped=_words(referral.detail.skipped),
        went_on_despite=told,
        # Nobody can have gone on despite what is not there.
        overridden=bool(told) and _overridden(rules_of(referral), answers, told),
    )


def _overridden(rules: RuleSet, answers: Mapping[str, str | None], told: Sequence[str]) -> bool:
    found = assess(rules, answers, authority=False)
    excluding = {reason.id for reason in found.of(Effect.ineligible)}
    return may_go_to_authoriser(rules, found) and excluding <= set(told)


def _all_answers(referral: Referral) -> dict[str, str | None]:
    """The latest answers, those about the victim with them."""
    of_victim = _in_force(rules_of(referral), victim.answers_of(referral))
    return answers_of(referral) | of_victim


def answers_of(referral: Referral) -> dict[str, str | None]:
    """The latest answers, without those about the victim: what the provider's people may know.

    What the rules in force do not know any more is asked anew; the old answer stays kept.
    """
    given = {each.criterion: each.value for each in referral.answers}
    return _in_force(rules_of(referral), given)


def rules_of(referral: Referral) -> RuleSet:
    """The rule set in force; what is sent says under which it was assessed."""
    return rule_set_of(referral.site)


def answer(
    session: Session,
    staff: Staff,
    referral: Referral,
    values: Mapping[str, str | None],
    source: str,
) -> None:
    """Keep answers (None = not known yet) with the words in which each was asked.

    Raises :class:`UnknownAnswerError`, also for what this site never asks an officer: that a
    sergeant has authorised is for the sergeant to say.
    """
    _refuse_closed(referral)
    rules = rules_of(referral)
    assess(rules, values)
    before = _excluding(referral) if referral.detail.override_reason else None
    if strange := set(values) - {item.id for item in rules.in_chat}:
        raise UnknownAnswerError(f"No officer is asked for {min(strange)}.")
    victim.answer(referral, {name: values[name] for name in values if name in ABOUT_VICTIM})
    for criterion_id in [name for name in values if name not in ABOUT_VICTIM]:
        referral.answers.append(
            ReferralAnswer(
                criterion=criterion_id,
                value=values[criterion_id],
                asked_as=rules.criterion(criterion_id).question,
                rule_set=rules.name,
                source=source,
                by=staff.id,
                at=now(),
            )
        )
    again = set(_words(referral.went_on_despite)) - set(values)
    referral.went_on_despite = " ".join(sorted(again))
    if before is not None and _excluding(referral) != before:
        referral.detail.override_reason = None  # it was given for another criterion
    _touched(session, staff, referral, "referral.answer")


def go_on_despite(session: Session, staff: Staff, referral: Referral) -> None:
    """The officer was told that the case does not meet this criterion, and goes on."""
    _refuse_closed(referral)
    here = position(rules_of(referral), known(referral))
    if here.step is Step.excluded and here.criterion:
        told = {*_words(referral.went_on_despite), here.criterion.id}
        referral.went_on_despite = " ".join(sorted(told))
    _touched(session, staff, referral, "referral.go_on")


def give_field(session: Session, staff: Staff, referral: Referral, name: str, raw: str) -> None:
    """Keep one field; an empty optional one is passed over. Raises ``FieldError``.

    What was answered for an earlier value is forgotten: consent to texts belongs to one phone.
    """
    _refuse_closed(referral)
    field, given = BY_NAME.get(name), known(referral).given
    if field is None or not field.needed(given):
        raise FieldError(words("utter_field_not_open", "en").text)
    skipped = set(_words(referral.detail.skipped)) - {name}
    if field.optional and not raw.strip():
        value = None
        skipped.add(name)
    else:
        people = [person.id for person in authorisers(session, referral.site, but=staff.id)]
        patterns = site_of(referral.site).reference_patterns
        value = clean(field, raw, given, today=today(), staff=people, patterns=patterns)
    if value != given[name]:
        for other in answered_for(name):
            _set(referral.detail, other, None)
    _set(referral.detail, name, value)
    referral.detail.skipped = " ".join(sorted(skipped))
    _touched(session, staff, referral, f"referral.field.{name}")


def submit(session: Session, staff: Staff, referral: Referral, key: str) -> str:
    """Freeze and send to the authoriser in one transaction; the same referral twice is once.

    Returns the reference. Raises :class:`ReferralError` where anything is missing, on hold
    or excluding without an override: checked here, whatever the page showed.
    """
    if referral.reference and referral.status != Status.draft:
        return referral.reference
    rules, facts = rules_of(referral), known(referral)
    if not ready_to_submit(rules, facts):
        raise ReferralError(words("utter_referral_missing", "en").text)
    referral.rule_set, referral.rule_set_digest = rules.name, rules.digest
    referral.outcome = assess(rules, facts.answers, authority=False).outcome
    whole = _frozen(rules, facts, referral)
    written = json.dumps(whole, sort_keys=True).encode()
    referral.frozen_digest = hashlib.sha256(written).hexdigest()
    referral.frozen = whole | {"criteria": victim.freeze(referral, whole["criteria"])}
    referral.reference = referral.reference or _free_reference(session)
    referral.submitted_at = now()
    _keep(session, rules)
    # A draft that was given back is sent anew: that is another move, whatever its form is called.
    move(session, staff, referral, Event.submit, key=f"{key[:50]}:{referral.version}")
    return referral.reference


def close_as_not_met(session: Session, staff: Staff, referral: Referral, key: str) -> None:
    """Close a draft that does not meet the criteria, with those criteria as the reason (D4)."""
    _refuse_closed(referral)
    assessment = assess(rules_of(referral), known(referral).answers)
    if assessment.outcome is not Outcome.does_not_meet:
        raise ReferralError(words("utter_referral_not_excluded", "en").text)
    referral.outcome = assessment.outcome
    reason = " ".join(item.id for item in assessment.of(Effect.ineligible))
    move(session, staff, referral, Event.close_not_met, key=key, reason=reason)


def may_withdraw(staff: Staff, referral: Referral) -> bool:
    """Whether this officer works on it and it has not come to its end."""
    try:
        transition(Status(referral.status), Event.withdraw)
    except IllegalMoveError:
        return False
    return referral.owner == staff.id


def withdraw(
    session: Session, staff: Staff, referral: Referral, key: str, reason: str, said: str = ""
) -> None:
    """Take a referral back, for a coded reason; what was sent stays as it was frozen.

    Raises :class:`ReferralError` where that is not possible any more.
    """
    if not may_withdraw(staff, referral):
        raise ReferralError(words("utter_referral_not_withdrawable", "en").text)
    move(session, staff, referral, Event.withdraw, key=key, reason=reason, said=said)


def sent_last(session: Session, staff: Staff) -> Referral | None:
    """The referral that this officer sent last at this site."""
    return session.scalar(
        select(Referral)
        .where(
            Referral.owner == staff.id,
            Referral.site == staff.site,
            Referral.reference.is_not(None),
        )
        .order_by(Referral.submitted_at.desc())
        .limit(1)
    )


def replay(session: Session, referral: Referral) -> Outcome:
    """The outcome of what was frozen, under the rules as they were on that day.

    Raises :class:`ReferralError` for a referral that was never sent.
    """
    kept = session.get(KeptRuleSet, referral.rule_set_digest)
    if referral.frozen is None or kept is None:
        raise ReferralError(words("utter_referral_missing", "en").text)
    answers = {each["id"]: each["answer"] for each in victim.whole(referral)}
    return assess(RuleSet.model_validate_json(kept.document), answers, authority=False).outcome


def _in_force(rules: RuleSet, given: Mapping[str, str | None]) -> dict[str, str | None]:
    asked = {item.id: item.answers for item in rules.criteria}
    return {
        name: value
        for name, value in given.items()
        if name in asked and (value is None or value in asked[name])
    }


def _excluding(referral: Referral) -> set[str]:
    found = assess(rules_of(referral), _all_answers(referral), authority=False)
    return {reason.id for reason in found.of(Effect.ineligible)}


def _keep(session: Session, rules: RuleSet) -> None:
    if session.get(KeptRuleSet, rules.digest) is None:
        document = rules.model_dump_json()
        session.add(
            KeptRuleSet(digest=rules.digest, name=rules.name, document=document, kept_at=now())
        )


def _set(detail: ReferralDetail, name: str, value: str | None) -> None:
    """Keep one field, with the hash by which it is found and the words of a consent."""
    setattr(detail, name, value)
    if name in SEARCHED:
        purpose = f"referral_detail.{name}_lookup"
        setattr(detail, f"{name}_lookup", lookup_hash(purpose, value) if value else None)
    if name == "text_consent":
        detail.text_consent_words = CONSENT_WORDS if value else None
        detail.text_consent_at = now() if value else None


def _frozen(rules: RuleSet, facts: Known, referral: Referral) -> dict[str, Any]:
    """Every question as worded and its answer, readable for ever without our code."""
    criteria = [
        {
            "id": item.id,
            "question": item.question,
            "answer": facts.answers[item.id],
            "words": item.answers[str(facts.answers[item.id])].label,
        }
        for item in rules.in_chat
    ]
    fields = [
        {"name": field.name, "question": field.question, "answer": facts.fields.get(field.name)}
        for field in FIELDS
        if field.needed(facts.given)
    ]
    return {
        "rule_set": referral.rule_set,
        "rule_set_digest": referral.rule_set_digest,
        "outcome": referral.outcome,
        "criteria": criteria,
        "fields": fields,
    }


def _free_reference(session: Session) -> str:
    while True:
        reference = new_reference()
        if not session.scalar(select(Referral.id).where(Referral.reference == reference)):
            return reference


def _touched(session: Session, staff: Staff, referral: Referral, act: str) -> None:
    referral.updated_at = now()
    record(session, actor_of(staff), act, f"referral:{referral.id}")


def _refuse_closed(referral: Referral) -> None:
    if referral.status != Status.draft:
        raise ReferralError(words("utter_referral_left", "en").text)


def _words(text: str | None) -> list[str]:
    return (text or "").split()


__all__ = [
    "FieldError",
    "ReferralError",
    "UnknownAnswerError",
    "answer",
    "by_reference",
    "close_as_not_met",
    "drafts",
    "give_field",
    "go_on_despite",
    "known",
    "latest_draft",
    "own",
    "rules_of",
    "start",
    "submit",
]
