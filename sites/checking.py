"""What is wrong with a site, as far as its own file shows: pure, and in words for who keeps it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from sites.model import Contact, HandOver, Person, Site

PLACEHOLDER = "FILL IN"
REFERENCES = ("crime_reference", "custody_reference")


class Severity(StrEnum):
    """An error keeps a site from going live; a warning is for its coordinator to look at."""

    error = "error"
    warning = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing to put right: how grave, at which setting, and what about it."""

    severity: Severity
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.where}: {self.words}" if self.where else self.words


def error(where: str, words: str) -> Finding:
    """Something that keeps a site from going live."""
    return Finding(Severity.error, where, words)


def warning(where: str, words: str) -> Finding:
    """Something to look at, with which a site may live."""
    return Finding(Severity.warning, where, words)


def findings_of_shape(code: str, document: Mapping[str, Any]) -> list[Finding]:
    """Why the content of a ``site.yml`` is no site at all; nothing where it is one."""
    try:
        Site(code=code, **document)
    except ValidationError as wrong:
        return refusals(wrong)
    return []


def findings_of_site(site: Site, on: date, environ: Mapping[str, str]) -> list[Finding]:
    """Everything wrong with a site, on a day, as far as its ``site.yml`` shows.

    ``environ`` is asked only whether a secret that the file names is there, never for its value.
    """
    looks: tuple[Iterable[Finding], ...] = (
        placeholders("", site.model_dump()),
        _switches(site),
        _leaving(site, environ),
        _people(site),
        _disposals(site, on),
        _delivery(site),
        _texts(site),
        _materials(site),
        _patterns(site),
        _reviews(site, on),
    )
    return [finding for look in looks for finding in look]


def placeholders(where: str, value: Any) -> Iterator[Finding]:
    """Every place that the template left for the site to fill in."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from placeholders(f"{where}.{key}".lstrip("."), inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value, start=1):
            yield from placeholders(f"{where}[{number}]", inner)
    elif isinstance(value, str) and value.startswith(PLACEHOLDER):
        yield error(where, f"is not filled in yet{value.removeprefix(PLACEHOLDER)}")


def refusals(wrong: ValidationError) -> list[Finding]:
    """What the shape of a file refuses, setting by setting."""
    return [error(_path(each["loc"]), _plainly(each)) for each in wrong.errors()]


def _path(steps: tuple[int | str, ...]) -> str:
    told = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in steps)
    return told.lstrip(".")


def _plainly(wrong: Any) -> str:
    context = wrong.get("ctx", {})
    told = {
        "missing": "is missing",
        "extra_forbidden": "is no setting: is it a slip of the pen?",
        "less_than_equal": f"is {wrong['input']}, and may be {context.get('le')} at most",
        "greater_than_equal": f"is {wrong['input']}, and has to be {context.get('ge')} or more",
        "literal_error": f"is {wrong['input']!r}, and has to be {context.get('expected')}",
        "string_type": f"is {wrong['input']!r}, and has to be text (yes and no go in quotes)",
        "enum": f"is {wrong['input']!r}, and has to be {context.get('expected')}",
        "value_error": str(context.get("error", "")),
    }
    return told.get(wrong["type"]) or f"cannot be read ({wrong['msg'].lower()})"


def _switches(site: Site) -> Iterator[Finding]:
    if site.referral and site.referral_off_because:
        yield error("referral", "is on, yet referral_off_because says why it is off")
    if not site.referral and not site.referral_off_because:
        yield error("referral_off_because", "is missing: an officer is told why referral is off")
    if not site.referral and not site.directory:
        yield warning("directory", "is off and so is referral: this site serves nobody")
    if "en" not in site.languages:
        yield error("languages", "lacks en: where there is no approved translation we say English")


def _leaving(site: Site, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Where a referral goes. What is not agreed matters only where referral is on."""
    if not site.referral:
        return
    if site.hand_over is None:
        yield error("hand_over", "is missing while referral is on: no referral could leave")
        return
    yield from _handed_over(site.hand_over, environ)


def _handed_over(route: HandOver, environ: Mapping[str, str]) -> Iterator[Finding]:
    if route.route == "webhook" and not route.url.startswith("https://"):
        yield error("hand_over.url", "has to begin with https:// for the route webhook")
    if route.route == "webhook" and not route.secret_env:
        yield error("hand_over.secret_env", "has to name the variable that holds the secret")
    if route.route == "email" and "@" not in route.to:
        yield error("hand_over.to", "has to be an e-mail address for the route email")
    if route.secret_env and not environ.get(route.secret_env):
        yield error("hand_over.secret_env", f"names {route.secret_env}, which is not set here")
    if not route.confirmed:
        yield error(
            "hand_over", "has not been confirmed: nobody has agreed that referrals go there"
        )


def _people(site: Site) -> Iterator[Finding]:
    if site.referral:
        yield from _needed("victim_contact", site.victim_contact, "tells the person harmed")
        yield from _needed("breach_to", site.breach_to, "is told of a breach")
        if site.breach_to and site.breach_to.phone and not site.breach_to.email:
            yield error("breach_to.email", "is missing: attendance and breaches are written there")
    yield from _wanted("team", site.team, "a person is told to ring")
    yield from _wanted("out_of_hours", site.out_of_hours, "is there out of hours")
    if "answers" not in site.model_fields_set:
        yield warning("answers", "is missing: when does a person answer somebody who asks for one?")
    elif not site.answers.confirmed:
        yield warning("answers", "has not been confirmed: has the team agreed to these hours?")


def _needed(where: str, who: Contact | Person | None, what: str) -> Iterator[Finding]:
    if who is None:
        yield error(where, f"is missing while referral is on: nobody {what}")
    elif not who.reachable:
        yield error(where, "does not say how to reach them")
    elif not who.confirmed:
        yield error(where, "has not been confirmed: has anybody tried it?")


def _wanted(where: str, who: Contact | None, what: str) -> Iterator[Finding]:
    if who is None or not who.reachable:
        yield warning(where, f"has no number: it is who {what}")
    elif not who.confirmed:
        yield warning(where, "has not been confirmed: has anybody tried it?")


def _disposals(site: Site, on: date) -> Iterator[Finding]:
    for code in site.disposals:
        if not site.disposal_name(code, on):
            yield error("disposals", f"{code} has no name that is in force (see disposal_names)")
    for code, names in site.disposal_names.items():
        days = [name.first_day for name in names if name.first_day]
        for day in _twice(days):
            since = "always" if day == date.min else day
            yield error(f"disposal_names.{code}", f"has two names that are in force from {since}")
    yield from _repeated("disposals", site.disposals)


def _delivery(site: Site) -> Iterator[Finding]:
    yield from _repeated("delivery_sites", [each.code for each in site.delivery_sites])
    for each in site.delivery_sites:
        if each.area and site.areas and each.area not in site.areas:
            yield error("delivery_sites", f"{each.code}: {each.area} is none of the site's areas")
        if not each.confirmed:
            yield warning("delivery_sites", f"{each.code} ({each.name}) has not been confirmed")


def _texts(site: Site) -> Iterator[Finding]:
    rules = site.messages
    on = rules.reminders or rules.hello or rules.check_in_after_days or rules.follow_up
    if on and not rules.confirmed:
        yield warning("messages", "has not been confirmed: outside the demonstration no text goes")
    if on and not site.text_number:
        yield error("messages", "there is no text_number from which texts could go")


def _materials(site: Site) -> Iterator[Finding]:
    for each in site.materials:
        where = f"materials ({each.language})"
        if each.language not in site.languages:
            yield error(where, "is in a language that is none of the site's languages")
        if not (each.approver and each.approved_on and each.place):
            yield warning(where, "does not say who approved it, when, and where it is kept")
        elif not each.confirmed:
            yield warning(where, "has not been confirmed")


def _patterns(site: Site) -> Iterator[Finding]:
    for name, pattern in site.reference_patterns.items():
        where = f"reference_patterns.{name}"
        if name not in REFERENCES:
            yield error(where, f"is none of the references: {', '.join(REFERENCES)}")
        try:
            re.compile(pattern)
        except re.error as wrong:
            yield error(where, f"is no pattern ({wrong})")


def _reviews(site: Site, on: date) -> Iterator[Finding]:
    """A day that passed is a warning: no site is to fall silent at midnight for want of a look."""
    if site.review_by is None:
        yield warning(
            "review_by", "is missing: on which day does somebody look at this file again?"
        )
    elif site.review_by < on:
        yield warning("review_by", f"was {site.review_by}: somebody has to look at this file again")
    for line in site.crisis_lines:
        if line.review_by < on:
            yield warning("crisis_lines", f"{line.name} was to be tried again by {line.review_by}")
    if not site.sources:
        yield warning("sources", "is empty: nobody can tell where this file's claims were read")
    for source in site.sources:
        if source.sure == "low":
            yield warning("sources", f"only a weak source for: {source.claim}")


def _repeated(where: str, codes: Iterable[str]) -> Iterator[Finding]:
    for code in _twice(codes):
        yield error(where, f"{code} stands there twice")


def _twice(values: Iterable[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]
