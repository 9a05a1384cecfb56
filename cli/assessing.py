"""`cara assess SITE`: answers on standard input, the outcome with its reasons on standard out."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date
from typing import Any, NoReturn

import click

from referrals.eligibility import UnknownAnswerError, assess
from referrals.rule_set import RuleSet, rule_set_of
from referrals.time_limits import CaseDates, time_code
from sites import BrokenSiteError, UnknownSiteError, site_of

LONGEST_INPUT = 1_000_000
LONGEST_COMPLAINT = 300
_DATES = ("given_on", "offence_date", "first_statement_on")
_NO_OBJECT = "Standard input does not hold a JSON object."


class _BadInputError(ValueError):
    """Input that cannot be assessed; the message is for whoever typed it."""


@click.command("assess")
@click.argument("site")
def assess_command(site: str) -> None:
    """Assess a JSON object of answers by criterion id, read from standard input."""
    try:
        rules = rule_set_of(site)
        found = assess(rules, _answers(_document(), rules))
    except (BrokenSiteError, UnknownSiteError, UnknownAnswerError, _BadInputError) as error:
        _refuse(str(error))
    result: dict[str, Any] = {
        "outcome": found.outcome,
        "reasons": [asdict(reason) for reason in found.reasons],
        "rule_set": found.rule_set,
    }
    if not site_of(site).referral:
        result["disabled"] = True
    click.echo(json.dumps(result))


def _document() -> dict[str, Any]:
    try:
        text = sys.stdin.read(LONGEST_INPUT + 1)
        # ValueError: broken JSON or text, or a number too long to read; the other: nested too deep.
        document = json.loads(text) if len(text) <= LONGEST_INPUT else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _BadInputError(_NO_OBJECT)
    return document


def _answers(document: dict[str, Any], rules: RuleSet) -> dict[str, str | None]:
    dates = document.pop("dates", None)
    for name, code in document.items():
        if code is not None and not isinstance(code, str):
            raise _BadInputError(f"{name!r} needs a code or null.")
    answers: dict[str, str | None] = dict(document)
    if dates is not None:
        computed = _computed_time(dates, answers, rules)
        answers["B19_time"] = answers.get("B19_time") or computed
    return answers


def _computed_time(dates: Any, answers: dict[str, str | None], rules: RuleSet) -> str | None:
    """The code of B19 for these dates; None, which is a hold, where a needed one is missing."""
    if not isinstance(dates, dict):
        raise _BadInputError("dates needs to be a JSON object.")
    if strange := set(dates) - {*_DATES, "offence", "condition_weeks"}:
        raise _BadInputError(f"dates cannot hold {min(strange)!r}.")
    offence = dates.get("offence", answers.get("B04_offence"))
    if offence is not None and offence not in list(rules.criterion("B04_offence").answers):
        raise _BadInputError(f"The offence of dates cannot be {offence!r}.")
    read = {name: _date(name, dates[name]) for name in _DATES if dates.get(name) is not None}
    weeks = _weeks(dates.get("condition_weeks"))
    if offence is None or not {"given_on", "offence_date"} <= set(read):
        return None
    case = CaseDates(offence=offence, condition_weeks=weeks, **read)
    return time_code(case, rules.prosecution_limits)


def _date(name: str, value: Any) -> date:
    try:
        read = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _BadInputError(f"{name} needs the form 2026-03-27.") from None
    # So that a limit some years later is still a date that can be held.
    if not date(1900, 1, 1) <= read < date(2200, 1, 1):
        raise _BadInputError(f"{name} is not of our time.")
    return read


def _weeks(value: Any) -> int:
    if value is None:
        return CaseDates.condition_weeks
    if type(value) is not int or not 0 < value < 1000:
        raise _BadInputError("condition_weeks needs to be a number of weeks.")
    return value


def _refuse(message: str) -> NoReturn:
    click.echo(message[:LONGEST_COMPLAINT], err=True)
    sys.exit(2)
