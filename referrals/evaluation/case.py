"""From a referral to its row: a pure function, and the only place that decides what goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from referrals.evaluation.row import Row
from referrals.fields import NEEDS
from referrals.transitions import TABLE, TERMINAL, Event
from sites import Site

AGE_BANDS = ("under_18", "18-24", "25-34", "35-44", "45-54", "55-64", "65_and_over")
_FROM = (0, 18, 25, 35, 45, 55, 65)
LANGUAGES = ("en", "pl", "pa", "other")
_SPOKEN = {"yes": "en", "no_polish": "pl", "no_punjabi": "pa", "no_other": "other"}
# The codes of needs (design section 5); an officer chooses among the first eleven.
NEED_CODES = (*(code for code, _words in NEEDS), "da_perpetrator", "da_victim")
CLOSING = tuple(
    dict.fromkeys(
        row.event for row in TABLE if row.target in TERMINAL and row.source not in TERMINAL
    )
)
REASONS = tuple(dict.fromkeys(code for row in TABLE for code in row.reasons))
# The answers and fields that a row is made of: nothing else is even read.
CRITERIA = (
    "B04_offence",
    "B05_relationship",
    "B06_risk",
    "B08_history",
    "B08b_incidents",
    "B16_sex",
    "B17_language",
    "B20_children",
    "B23_disposal",
)
FIELDS = (
    "offence_date",
    "risk_tool",
    "date_of_birth",
    "living_with_victim_now",
    "interpreter_language",
    "support_needs_seen",
)


@dataclass(frozen=True)
class Move:
    """One event of a referral; ``reason`` is its code, ``on`` the day where our people are."""

    event: str
    on: date
    reason: str = ""


@dataclass(frozen=True)
class Talk:
    """What came out of a participant's conversation, as codes of needs."""

    needs: tuple[str, ...] = ()
    signposted: tuple[str, ...] = ()
    engaged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A referral as the record holds it: ``answers`` and ``detail`` hold the latest value each."""

    id: str
    site: str
    status: str
    rule_set: str
    begun_on: date
    sent_on: date | None = None
    outcome: str | None = None
    went_on_despite: str = ""
    delivery_site: str = ""
    given_on: date | None = None
    answers: Mapping[str, str | None] = field(default_factory=dict)
    detail: Mapping[str, str | None] = field(default_factory=dict)
    moves: Sequence[Move] = ()


def row_of(
    case: Case, site: Site, case_id: str, *, consent: bool = False, talk: Talk | None = None
) -> Row:
    """The row of one referral under its pseudonym.

    What a participant said (``talk``) is in it only with that person's recorded ``consent``.
    """
    answers, detail = case.answers, case.detail
    since = case.sent_on or case.begun_on
    offence_date = _date(detail.get("offence_date"))
    failed = _failed(case)
    closing, reason = _closing(case)
    booked = _last(case, Event.book)
    said = talk if consent else None
    return Row(
        case_id=case_id,
        site=case.site,
        force=site.name,
        delivery_site=case.delivery_site or None,
        referral_date=since,
        t0_date=since,
        status=case.status,
        status_date=case.moves[-1].on if case.moves else case.begun_on,
        closed_by=closing,
        closed_reason=reason,
        rule_set=case.rule_set,
        eligibility_result=case.outcome,
        failed_criteria=failed if case.outcome or failed else None,
        officer_override=bool(case.went_on_despite) and case.sent_on is not None,
        disposal=answers.get("B23_disposal") or _only(site.disposals),
        authorised_date=_last(case, Event.authorise),
        accepted_date=_last(case, Event.accept),
        caution_date=case.given_on,
        condition_end=case.given_on and case.given_on + timedelta(weeks=site.condition_weeks),
        offence=answers.get("B04_offence"),
        offence_date=offence_date,
        risk_tool=detail.get("risk_tool"),
        risk_grade=answers.get("B06_risk"),
        dv_relationship=answers.get("B05_relationship"),
        off_age_band=age_band(_date(detail.get("date_of_birth")), offence_date or since),
        off_sex=answers.get("B16_sex"),
        off_language=_language(detail.get("interpreter_language"), answers.get("B17_language")),
        cohabiting=detail.get("living_with_victim_now"),
        children_in_household=answers.get("B20_children"),
        prior_da_or_violence=answers.get("B08_history"),
        prior_incidents=answers.get("B08b_incidents"),
        ws_a_booked=booked,
        ws_a_attended=_last(case, Event.attend_a),
        ws_b_booked=booked,
        ws_b_attended=_last(case, Event.attend_b),
        missed=sum(move.event == Event.miss for move in case.moves),
        completed=_last(case, Event.attend_b) is not None,
        breach=_last(case, Event.report_breach) is not None,
        support_needs_seen=_needs((detail.get("support_needs_seen") or "").split("|")) or None,
        participant_consent=consent,
        needs_codes=_needs(said.needs) if said else None,
        signposted_codes=_needs(said.signposted) if said else None,
        engaged_codes=_needs(said.engaged) if said else None,
    )


def age_band(born: date | None, on: date) -> str | None:
    """The band in which somebody's age lay on a day; a birth date itself never leaves."""
    if born is None or born > on:
        return None
    age = relativedelta(on, born).years
    return next(
        band for band, low in reversed(list(zip(AGE_BANDS, _FROM, strict=True))) if age >= low
    )


def _closing(case: Case) -> tuple[str | None, str | None]:
    """What closed it and why, as codes alone: any other text beside an event stays here."""
    last = next((move for move in reversed(case.moves) if move.event in CLOSING), None)
    if last is None or case.status not in TERMINAL:
        return None, None
    return last.event, last.reason if last.reason in REASONS else None


def _failed(case: Case) -> tuple[str, ...]:
    """The criteria not met as judged at the time: those it was closed for, or gone on despite."""
    closed = [move.reason for move in case.moves if move.event == Event.close_not_met]
    return tuple((closed[-1] if closed else case.went_on_despite).split())


def _last(case: Case, event: Event) -> date | None:
    return next((move.on for move in reversed(case.moves) if move.event == event), None)


def _language(interpreter: str | None, follows: str | None) -> str | None:
    spoken = "en" if interpreter == "none" else interpreter
    return spoken if spoken in LANGUAGES else _SPOKEN.get(follows or "")


def _needs(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(code for code in dict.fromkeys(codes) if code in NEED_CODES)


def _only(disposals: Sequence[str]) -> str | None:
    return disposals[0] if len(disposals) == 1 else None


def _date(kept: str | None) -> date | None:
    return date.fromisoformat(kept) if kept else None
