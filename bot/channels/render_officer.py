"""The officer's messages: questions from the rule set, fields, read-backs, the summary."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from accounts.staff import authorisers
from accounts.tables import Staff
from bot.conversations import Conversation
from bot.facts import Fact, Topic, facts_about
from bot.speech import Utterance
from core.words import words
from referrals import record
from referrals.eligibility import Assessment, Reason, assess, effect_of, may_go_to_authoriser
from referrals.fields import BY_NAME, FIELDS, Field
from referrals.progress import Known, open_fields
from referrals.reference import read_aloud
from referrals.rule_set import Criterion, Effect, RuleSet
from referrals.tables import Referral

Body = dict[str, Any]
LANGUAGE = "en"
NOT_KNOWN = words("utter_not_known", LANGUAGE).text
NOT_GIVEN = words("utter_not_given", LANGUAGE).text


@dataclass(frozen=True)
class Desk:
    """What the officer's messages are made from."""

    session: Session
    staff: Staff
    referral: Referral
    rules: RuleSet

    @cached_property
    def known(self) -> Known:
        """What the draft knows; a question is asked without it."""
        return record.known(self.referral)

    @property
    def assessment(self) -> Assessment:
        """The outcome so far."""
        return assess(self.rules, self.known.answers, authority=False)


def shown(
    session: Session, conversation: Conversation, staff: Staff | None, utterance: Utterance
) -> list[Body]:
    """The messages of one officer's utterance; none without an officer, but for facts."""
    if utterance["show"] == "facts":
        return [_facts(utterance)]
    if utterance["show"] == "topics":
        return [topics(conversation.audience)]
    if utterance["show"] == "sent":
        return [_sent(session, staff, utterance)] if staff else []
    held = conversation.context.get("referral")
    referral = record.own(session, staff, held) if staff and held else None
    if referral is None or staff is None:
        return []
    desk = Desk(session, staff, referral, record.rules_of(referral))
    return [_SHOWS[utterance["show"]](desk, utterance)]


def option(label: str, intent: str, **given: Any) -> dict[str, Any]:
    """A choice whose label stands in the rule set or in the approved words."""
    return {
        "label": label,
        "choice": secrets.token_urlsafe(9),
        "do": {"intent": intent, "given": given},
    }


def label_of(key: str, **values: Any) -> str:
    """The label of a choice in approved words."""
    return words(key, LANGUAGE, values).text


def answer_words(criterion: Criterion, code: str | None) -> str:
    """An answer as the officer reads it."""
    return NOT_KNOWN if code is None else criterion.answers[code].label


def field_words(desk: Desk, field: Field) -> str:
    """A field's value as the officer reads it."""
    value = desk.known.fields.get(field.name)
    if not value:
        return NOT_GIVEN
    if field.kind == "staff":
        people = {each.id: each for each in _people(desk)}
        return _person(people[value]) if value in people else NOT_GIVEN
    return field.words_for(value)


def _message(
    kind: str, text: str, choices: list[dict[str, Any]] | None = None, **more: Any
) -> Body:
    body: Body = {"kind": kind, "lang": LANGUAGE, "text": text, **more}
    return body | ({"choices": choices} if choices else {})


def _facts(utterance: Utterance) -> Body:
    told = (f"{each.answer}\n{source_of(each)}" for each in facts_about(utterance["topic"]))
    return _message("text", "\n".join(told))


def source_of(fact: Fact) -> str:
    """Where a fact comes from, of which year, and that it is not confirmed where it is not."""
    dated = str(fact.year) if fact.dated else label_of("utter_fact_undated", year=fact.year)
    return label_of(f"utter_fact_{fact.sure}", title=fact.source, dated=dated)


def topics(audience: str) -> Body:
    """What may be asked about CARA; an officer can go on, anybody else can look for help."""
    choices = [
        option(label_of(f"utter_label_topic_{topic}"), "ask_fact", topic=topic.value)
        for topic in Topic
    ]
    choices.insert(0, option(label_of("utter_label_about_cara"), "ask_about_cara"))
    if audience == "officer":
        choices.append(option(label_of("utter_label_carry_on"), "carry_on"))
    else:
        choices.append(option(label_of("utter_label_help_near"), "find_help", ask=True))
    return _message("question", label_of("utter_fact_which"), choices)


def _criterion(desk: Desk, utterance: Utterance) -> Body:
    item = desk.rules.criterion(utterance["criterion"])
    choices = [
        option(each.label, "give_answers", answers={item.id: code}, referral=desk.referral.id)
        for code, each in item.answers.items()
    ]
    choices.append(option(label_of("utter_label_dont_know"), "dont_know", criterion=item.id))
    choices.append(option(label_of("utter_label_why"), "ask_why"))
    return _message("question", item.question, choices, about=item.id)


def _field(desk: Desk, utterance: Utterance) -> Body:
    field = BY_NAME[utterance["name"]]
    skip = [option(label_of("utter_label_skip"), "skip", field=field.name)] * field.optional
    if field.kind in ("choice", "staff"):
        return _message("question", field.question, _field_choices(desk, field) + skip)
    card: dict[str, Any] = {"name": field.name, "type": field.kind, "hint": field.hint}
    if field.options:
        card["options"] = [{"value": code, "label": label} for code, label in field.options]
    return _message("question", field.question, skip, field=card)


def _field_choices(desk: Desk, field: Field) -> list[dict[str, Any]]:
    options = list(field.options)
    if field.kind == "staff":
        options = [(each.id, _person(each)) for each in _people(desk)]
    return [
        {
            "label": label,
            "choice": secrets.token_urlsafe(9),
            "do": {"field": field.name, "value": code},
        }
        for code, label in options
    ]


def _readback(desk: Desk, utterance: Utterance) -> Body:
    rows = [_row(desk, name, code) for name, code in utterance["answers"].items()]
    choices = [
        option(label_of("utter_label_right"), "affirm"),
        option(label_of("utter_label_wrong"), "deny"),
    ]
    return _message("summary", _with_rows("utter_officer_read_back", rows), choices, rows=rows)


def _noted(desk: Desk, utterance: Utterance) -> Body:
    rows = [_row(desk, name, code) for name, code in utterance["answers"].items()]
    told = "; ".join(f"{row['label']}: {row['value']}" for row in rows)
    return _message("text", label_of("utter_officer_noted", answers=told))


def _changed(desk: Desk, utterance: Utterance) -> Body:
    item = desk.rules.criterion(utterance["criterion"])
    text = label_of(
        "utter_officer_changed",
        label=item.label,
        after=answer_words(item, utterance["after"]),
        before=answer_words(item, utterance["before"]),
    )
    code = utterance["after"]
    if code and item.answers[code].effect is Effect.supervisor:
        text += f" {label_of('utter_officer_for_supervisor', basis=_basis(item))}"
    return _message("text", text)


def _why(desk: Desk, utterance: Utterance) -> Body:
    item = desk.rules.criterion(utterance["criterion"])
    text = label_of("utter_officer_why", why=item.why, source=item.source, basis=_basis(item))
    return _message("text", text)


def _excluded(desk: Desk, utterance: Utterance) -> Body:
    item = desk.rules.criterion(utterance["criterion"])
    code = str(desk.known.answers[item.id])
    overridable = may_go_to_authoriser(desk.rules, desk.assessment)
    text = label_of(
        "utter_officer_excluded_overridable" if overridable else "utter_officer_excluded",
        label=item.label,
        answer=item.answers[code].label,
        instead=item.answers[code].instead,
        source=item.source_of(code),
        basis=_basis(item),
    )
    choices = [
        {
            "label": label_of(each["label"], **each["values"]),
            "choice": secrets.token_urlsafe(9),
            "do": each["do"],
        }
        for each in utterance["choices"]
    ]
    return _message("question", text, choices)


def _outcome(desk: Desk, _utterance: Utterance) -> Body:
    found = desk.assessment
    reasons = "\n".join(f"- {_reason_line(desk, reason)}" for reason in found.reasons)
    return _message("text", label_of(f"utter_officer_outcome_{found.outcome}", reasons=reasons))


def _waiting(desk: Desk, utterance: Utterance) -> Body:
    choices = [_change(desk, name, "utter_label_answer_now") for name in utterance["criteria"]]
    choices.append(option(label_of("utter_label_leave_draft"), "stop_referral", leave=True))
    return _message("question", label_of("utter_officer_waiting"), choices)


def _standing(desk: Desk, _utterance: Utterance) -> Body:
    answers = desk.known.answers
    effects = {
        item.id: effect_of(item, answers[item.id])
        for item in desk.rules.in_chat
        if item.id in answers
    }
    held = [item for item in desk.rules.in_chat if effects.get(item.id) is Effect.hold]
    given = [item for item in desk.rules.in_chat if item.id in effects and item not in held]
    to_ask = [item.label for item in desk.rules.in_chat if item.id not in answers]
    to_ask += [field.label for field in open_fields(desk.known)]
    told = [f"{item.label} ({answer_words(item, answers[item.id])})" for item in given]
    known = not to_ask or Effect.ineligible in effects.values()
    outcome = label_of(f"utter_officer_so_far_{desk.assessment.outcome if known else 'open'}")
    text = label_of(
        "utter_officer_standing",
        answered=", ".join(told) or "-",
        held=", ".join(item.label for item in held) or "-",
        open=", ".join(to_ask) or "-",
        outcome=outcome,
    )
    return _message("text", text)


def _summary(desk: Desk, _utterance: Utterance) -> Body:
    rows = [
        _row(desk, item.id, desk.known.answers[item.id])
        for item in desk.rules.in_chat
        if item.id in desk.known.answers
    ]
    rows += [
        {"label": field.label, "value": field_words(desk, field), "item": field.name}
        for field in FIELDS
        if field.needed(desk.known.given)
        and (desk.known.fields.get(field.name) or field.name in desk.known.skipped)
    ]
    choices = [_change(desk, row["item"], "utter_label_change") for row in rows]
    for row, each in zip(rows, choices, strict=True):
        row["choice"] = each["choice"]
    text = _with_rows("utter_officer_summary", rows)
    if not open_fields(desk.known) and not desk.assessment.of(Effect.hold):
        chosen = field_words(desk, BY_NAME["authoriser"])
        text += "\n" + label_of("utter_officer_declaration", authoriser=chosen)
        choices.append(option(label_of("utter_label_submit"), "submit_referral", confirmed=True))
    return _message("summary", text, choices, rows=rows)


def _sent(session: Session, staff: Staff | None, utterance: Utterance) -> Body:
    reference = utterance["reference"]
    referral = record.by_reference(session, staff, reference) if staff else None
    chosen = session.get(Staff, referral.detail.authoriser) if referral else None
    text = label_of(
        "utter_officer_sent",
        authoriser=_person(chosen) if chosen else "",
        reference=reference,
        spoken=read_aloud(reference),
    )
    return _message("text", text, receipt=reference)


def _change(desk: Desk, item: str, key: str) -> dict[str, Any]:
    label = BY_NAME[item].label if item in BY_NAME else desk.rules.criterion(item).label
    return option(label_of(key, label=label), "change_answer", item=item)


def _row(desk: Desk, criterion: str, code: str | None) -> dict[str, Any]:
    item = desk.rules.criterion(criterion)
    return {"label": item.label, "value": answer_words(item, code), "item": item.id}


def _with_rows(key: str, rows: list[dict[str, Any]]) -> str:
    return "\n".join([label_of(key), *[f"- {row['label']}: {row['value']}" for row in rows]])


def _reason_line(desk: Desk, reason: Reason) -> str:
    item = desk.rules.criterion(reason.id)
    code = desk.known.answers.get(item.id)
    note = item.answers[code].note if code else ""
    line = f"{item.label}: {answer_words(item, code)} ({_basis(item)})"
    return f"{line} {note}".strip()


def _basis(item: Criterion) -> str:
    return label_of(f"utter_officer_basis_{item.basis}")


def _people(desk: Desk) -> list[Staff]:
    return authorisers(desk.session, desk.referral.site, but=desk.staff.id)


def _person(staff: Staff) -> str:
    return " ".join(part for part in (staff.rank, staff.name, staff.collar_number) if part)


_SHOWS: Mapping[str, Callable[[Desk, Utterance], Body]] = {
    "criterion": _criterion,
    "field": _field,
    "readback": _readback,
    "noted": _noted,
    "changed": _changed,
    "why": _why,
    "excluded": _excluded,
    "outcome": _outcome,
    "waiting": _waiting,
    "standing": _standing,
    "summary": _summary,
}
