"""What may stand in the gaps of an approved sentence, and the approved sources beside sentences.

A gap that is not named here has no pattern, so that a new one fails until somebody says what it
may hold. ``texts`` are always the approved sentences of one language, by key.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from accounts.demonstration import _PEOPLE as PEOPLE
from bot.facts import all_facts
from bot.safety import Kind
from core.settings import BUILD
from referrals.fields import BY_NAME, FIELDS, Field
from referrals.reference import ALPHABET, read_aloud, read_reference
from referrals.rule_set import Criterion, rule_set_of
from services_directory.listing import Listing
from services_directory.places import EVERYDAY_NAMES
from services_directory.words import what_it_does
from sites import all_sites, folder
from tests.shipped import load

Texts = Mapping[str, str]
# Said in render_officer.py for what has no answer; they stand in no file of words.
NOT_KNOWN, NOT_GIVEN = "Not known yet", "Not given"
NOTHING = "-"
MONTHS = [datetime(2026, month, 1).strftime("%B") for month in range(1, 13)]  # noqa: DTZ001
OF_A_CRITERION = {"label", "why", "source", "basis", "answer", "after", "before", "instead"}


def one_of(texts: Iterable[str]) -> str:
    """A pattern for any of these; for none of them, one that fits nothing."""
    found = sorted(set(filter(None, texts)), key=lambda text: (-len(text), text))
    return f"(?:{'|'.join(map(re.escape, found))})" if found else "(?!)"


def listed(item: str, joint: str) -> str:
    """A pattern for one or more of them."""
    return f"{item}(?:{re.escape(joint)}{item})*"


# The rule set


@lru_cache(maxsize=1)
def criteria() -> tuple[Criterion, ...]:
    """Every criterion as any site has it."""
    found = {str(item): item for site in all_sites() for item in rule_set_of(site).criteria}
    return tuple(found.values())


def answers_of(item: Criterion) -> list[str]:
    """What an officer may read as the answer to one."""
    return [*(answer.label for answer in item.answers.values()), NOT_KNOWN]


def _of_criteria(made: Callable[[Criterion, str], str]) -> set[str]:
    return {made(item, answer) for item in criteria() for answer in answers_of(item)}


def reasons(texts: Texts) -> set[str]:
    """The lines that give the reasons of an outcome."""
    found = set()
    for item in criteria():
        basis = texts[f"utter_officer_basis_{item.basis}"]
        found.add(f"- {item.label}: {NOT_KNOWN} ({basis})")
        for answer in item.answers.values():
            found.add(f"- {item.label}: {answer.label} ({basis}) {answer.note}".strip())
    return found


def about_criteria(texts: Texts) -> Iterator[dict[str, str]]:
    """The gaps of a sentence about one criterion; each belongs to the same one."""
    for item in criteria():
        answers = one_of(answers_of(item))
        yield {
            "label": re.escape(item.label),
            "why": re.escape(item.why),
            "source": one_of(item.source_of(code) for code in item.answers),
            "basis": re.escape(texts[f"utter_officer_basis_{item.basis}"]),
            "instead": one_of(answer.instead for answer in item.answers.values()),
            **dict.fromkeys(("answer", "after", "before"), answers),
        }


# The gaps


def cases(key: str, gaps: Sequence[str], texts: Texts) -> list[dict[str, str]]:
    """What the gaps of one line may hold, as patterns; several where they depend on each other."""
    if not OF_A_CRITERION & set(gaps):
        return [_plain(key, gaps, texts)]
    found = list(about_criteria(texts))
    if key in ("utter_field_said", "utter_field_passed"):
        return [{"label": re.escape(field.label)} for field in FIELDS]
    if key in ("utter_label_change", "utter_label_answer_now"):
        found += [{"label": re.escape(field.label)} for field in FIELDS]
    return found


def _plain(key: str, gaps: Sequence[str], texts: Texts) -> dict[str, str]:
    made = {gap: GAPS.get(f"{key}:{gap}") or GAPS.get(gap) for gap in gaps}
    return {gap: make(texts) for gap, make in made.items() if make}


def _kinds(texts: Texts) -> list[str]:
    return [texts[f"utter_notice_{kind}"] for kind in Kind]


def _starting(texts: Texts, *starts: str) -> list[str]:
    return [text for key, text in texts.items() if key.startswith(starts)]


def _services(fact: str) -> str:
    return one_of(getattr(each, fact) for each in services())


YEAR = r"(?:19|20)\d\d"
CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
DAY_AND_MONTH = r"[0-3]\d/[01]\d"
PLACE = r"(?P<place>.+)"
NEED = ("utter_need_",)
OF_A_SHOWN_SERVICE = (
    "utter_report_kept",
    *(f"utter_shown_{each}" for each in ("open", "open_always", "closed", "closed_today")),
    "utter_shown_hours_unknown",
    *(f"utter_shown_{each}" for each in ("yes", "interpreter", "not_known", "by_yourself")),
    "utter_shown_cost_said",
)
GAPS: dict[str, Callable[[Texts], str]] = {
    "utter_field_empty:question": lambda _: one_of(field.question for field in FIELDS),
    "utter_field_choose:question": lambda _: one_of(field.question for field in FIELDS),
    "utter_field_reference_here:what": lambda _: one_of(
        BY_NAME[name].label.lower() for name in ("crime_reference", "custody_reference")
    ),
    "count": lambda _: r"\d{1,3}",
    "most": lambda _: "300",
    "typed": lambda _: r"\d+",
    "needs": lambda texts: listed(one_of(_starting(texts, *NEED)), "; "),
    "place": lambda _: PLACE,
    "team": lambda _: one_of(site.team.name for site in all_sites().values()),
    "reason": lambda _: one_of(site.referral_off_because for site in all_sites().values()),
    "reasons": lambda texts: one_of(reasons(texts)),
    "utter_officer_noted:answers": lambda _: listed(
        one_of(_of_criteria(lambda item, answer: f"{item.label}: {answer}")), "; "
    ),
    "utter_officer_told_early:answers": lambda _: listed(
        one_of(_of_criteria(lambda item, answer: f"{item.label}: {answer}")), "; "
    ),
    "utter_label_resume:answers": lambda _: r"\d{1,2}",
    "when": lambda _: rf"\d{{1,2}} {one_of(MONTHS)}, {CLOCK}",
    "answered": lambda _: _or_nothing(
        _of_criteria(lambda item, answer: f"{item.label} ({answer})")
    ),
    "held": lambda _: _or_nothing(item.label for item in criteria()),
    "open": lambda _: _or_nothing(each.label for each in [*criteria(), *FIELDS]),
    "outcome": lambda texts: one_of(_starting(texts, "utter_officer_so_far_")),
    "authoriser": lambda _: one_of([*staff(), NOT_GIVEN]),
    "reference": lambda _: rf"(?P<reference>[{ALPHABET}-]{{10}})",
    "spoken": lambda _: _spoken(one_of(map(read_aloud, ALPHABET))),
    "utter_crisis_near:name": lambda _: one_of(line.name for line in _crisis_lines()),
    "number": lambda _: one_of(line.display for line in _crisis_lines()),
    "utter_notice_body:name": lambda _: one_of(names()),
    "kind": lambda texts: one_of(_kinds(texts)),
    "time": lambda _: CLOCK,
    "channel": lambda texts: one_of(_starting(texts, "utter_notice_by_")),
    "link": lambda _: r"https?://[\w.:-]+/alerts/[0-9a-f-]{36}",
    "utter_reason_need:value": lambda texts: one_of(_starting(texts, *NEED)),
    "utter_reason_covers:value": lambda _: PLACE,
    "utter_reason_whole_site:value": lambda _: one_of(s.name for s in all_sites().values()),
    "utter_reason_area:value": lambda _: _services("area"),
    "utter_reason_distance:value": lambda _: r"\d{1,3}",
    "utter_reason_open_until:value": lambda _: CLOCK,
    "utter_reason_language:value": lambda texts: one_of(_starting(texts, "utter_language_")),
    "wishes": lambda texts: listed(one_of(_starting(texts, "utter_wish_")), "; "),
    "utter_label_shown:name": lambda _: one_of(f"{s.organisation}: {s.name}" for s in services()),
    **{f"{key}:name": lambda _: _services("name") for key in OF_A_SHOWN_SERVICE},
    "title": lambda _: one_of(fact.source for fact in all_facts()),
    "dated": lambda texts: f"(?:{YEAR}|{texts['utter_fact_undated'].replace('{year}', YEAR)})",
    "utter_fact_undated:year": lambda _: YEAR,
    "until": lambda _: CLOCK,
    "date": lambda _: DAY_AND_MONTH,
    "day": lambda texts: _weekday(texts),
    "second": lambda texts: _weekday(texts),
    "utter_person_route:name": lambda _: one_of(each.name for each in _routes()),
    "utter_person_route:number": lambda _: one_of(each.phone for each in _routes()),
    "utter_person_route_text:number": lambda _: one_of(each.phone for each in _routes()),
    "utter_person_mark:name": lambda _: one_of(_first_names()),
    "utter_page_reference:value": lambda _: r"[0-9A-Z]{5}-[0-9A-Z]{5}",
    "utter_page_person:value": lambda _: one_of(
        [*_first_names(), *(site.team.name for site in all_sites().values())]
    ),
    "utter_notice_body_asked:name": lambda _: one_of(names()),
    "utter_notice_body_asked:until": lambda _: rf"{CLOCK}, \d\d {one_of(MONTHS)}",
    "utter_link_text:link": lambda _: r"https?://[\w.:-]+/c/[a-z2-7]{26}",
    **{f"utter_own_{each}:day": lambda _: r"\d\d/\d\d/\d{4}" for each in ("chat", "texts")},
    "digits": lambda _: r"\d{3}",
    "purposes": lambda texts: listed(one_of(_starting(texts, "utter_own_purpose_")), "; "),
    "keeper": lambda texts: one_of([texts["utter_own_the_team"], *_teams("name")]),
    "own_language": lambda texts: one_of(_starting(texts, "utter_language_")),
    "utter_own_ring:number": lambda _: one_of(_teams("phone")),
    "utter_own_ring_unchecked:number": lambda _: one_of(_teams("phone")),
    "utter_text_reminder:day": lambda texts: one_of(_starting(texts, "utter_weekday_")),
    "signed": lambda texts: one_of(
        [
            texts["utter_text_signed"],
            *(s.messages.signed for s in all_sites().values() if s.messages.signed),
        ]
    ),
    "page": lambda _: r"https?://[\w.:-]+",
    "utter_text_ring:number": lambda _: one_of(_teams("phone")),
    "utter_page_call:value": lambda _: _services("phone"),
    "utter_page_text:value": lambda _: _services("sms"),
    "utter_page_checked_on:value": lambda _: r"\d{4}-\d\d-\d\d",
}


def _weekday(texts: Texts) -> str:
    days = [re.escape(text) for text in _starting(texts, "utter_on_")]
    return f"(?:{'|'.join(days)})".replace(re.escape("{date}"), DAY_AND_MONTH)


def _routes() -> list[Any]:
    return [site.out_of_hours for site in all_sites().values() if site.out_of_hours]


def _first_names() -> list[str]:
    return [name.split()[0] for name, _, _ in PEOPLE.values()]


def _teams(fact: str) -> list[str]:
    return [getattr(site.team, fact) for site in all_sites().values()]


def _spoken(word: str) -> str:
    return f"{word}(?:,? {word}){{7}}"


def _or_nothing(texts: Iterable[str]) -> str:
    return f"(?:{NOTHING}|{listed(one_of(texts), ', ')})"


def _crisis_lines() -> list[Any]:
    return [line for site in all_sites().values() for line in site.crisis_lines]


# What a pattern cannot judge


def _is_place(said: str, _own: Collection[str]) -> bool:
    return said in places()


def _is_reference(said: str, _own: Collection[str]) -> bool:
    return read_reference(said) == said


def _is_own(said: str, own: Collection[str]) -> bool:
    return _bare(said) in map(_bare, own)


def _is_own_number(said: str, own: Collection[str]) -> bool:
    return re.sub(r"\D", "", said) in (re.sub(r"\D", "", each) for each in own)


def _is_own_date(said: str, own: Collection[str]) -> bool:
    day, month, year = said.split()
    return f"{day} {MONTHS.index(month) + 1} {year}" in own


def _begins_own(said: str, own: Collection[str]) -> bool:
    return any(_bare(each).startswith(_bare(said)) for each in own)


def _bare(text: str) -> str:
    return " ".join(text.casefold().split())


CHECKS: dict[str, Callable[[str, Collection[str]], bool]] = {
    "place": _is_place,
    "reference": _is_reference,
    "own": _is_own,
    "own_number": _is_own_number,
    "own_date": _is_own_date,
    "own_start": _begins_own,
}


@lru_cache(maxsize=1)
def places() -> frozenset[str]:
    """The names that a place may have: of towns, of a site's own corners, of outward codes."""
    files = [BUILD / "places.csv", *folder().glob("*/places.csv")]
    named = {row["name"] for path in files for row in _rows(path)}
    assert len(named) > 1000, f"no list of places beside {EVERYDAY_NAMES}: make setup"
    return frozenset(named | {row["outward"] for row in _rows(BUILD / "outwards.csv")})


def _rows(path: Any) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# People, services, rows


@lru_cache(maxsize=1)
def staff() -> frozenset[str]:
    """The people of the demonstration, as an officer reads them."""
    return frozenset(
        " ".join(part for part in (rank, name, collar) if part)
        for name, rank, collar in PEOPLE.values()
    )


def names() -> set[str]:
    """Those who may be told of an alert."""
    told = [site.alerts for site in all_sites().values()]
    people = [person.name for each in told for person in (*each.people, *each.escalate_to)]
    return {name for name, _, _ in PEOPLE.values()} | set(people)


@lru_cache(maxsize=1)
def services() -> tuple[Listing, ...]:
    """Every listing of the directory."""
    return tuple({each.id: each for site in all_sites() for each in load(site)}.values())


def read_back() -> Iterator[str]:
    """The rows that read back what was given in a card, as patterns."""
    shapes = {"date": rf"(?P<own_date>\d{{1,2}} {one_of(MONTHS)} \d{{4}})"}
    shapes |= {"tel": r"(?P<own_number>[\d ]+)", "text": r"(?P<own>.+)"}
    for field in FIELDS:
        shape = r"(?P<own_start>\w+)" if field.name == "postcode_district" else None
        given = shape or shapes.get(field.kind) or listed(one_of(_offered(field)), ", ")
        yield f"- {re.escape(field.label)}: {given}"


def _offered(field: Field) -> list[str]:
    return sorted(staff()) if field.kind == "staff" else [label for _, label in field.options]


def others(texts: Texts) -> set[str]:
    """The lines of the rule set, of fields, of the directory and of the facts about CARA."""
    sites = {site.name for site in all_sites().values()}
    return _rules(texts) | _fields() | _directory() | _facts() | staff() | sites


def _facts() -> set[str]:
    return {each.answer for each in all_facts()}


def _rules(texts: Texts) -> set[str]:
    asked = {item.question for item in criteria()}
    chosen = {answer.label for item in criteria() for answer in item.answers.values()}
    rows = _of_criteria(lambda item, answer: f"- {item.label}: {answer}")
    return asked | chosen | rows | reasons(texts)


def _fields() -> set[str]:
    asked = {text for field in FIELDS for text in (field.question, field.hint)}
    chosen = {label for field in FIELDS for _, label in field.options}
    return asked | chosen | {f"- {field.label}: {NOT_GIVEN}" for field in FIELDS}


def _directory() -> set[str]:
    facts = ("organisation", "name", "area", "phone", "sms", "email", "url", "hours", "cost")
    found = {getattr(each, fact) for each in services() for fact in facts}
    for each in services():
        what = what_it_does(each)
        found |= {what, f"{each.organisation}: {each.name}. {what}"}
    return found
