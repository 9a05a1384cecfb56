"""`cara assess SITE`: answers on standard input, the outcome with its reasons on standard output."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from referrals.eligibility import UnknownAnswerError, assess
from referrals.rule_set import RuleSet, rule_set_of
from referrals.time_limits import CaseDates, time_code
from sites import UnknownSiteError, site_of

_DATES = ("given_on", "offence_date", "first_statement_on")


class _BadInputError(ValueError):
    """Input that cannot be assessed; the message is for whoever typed it."""


@click.command("assess")
@click.argument("site")
def assess_command(site: str) -> None:
    """Assess a JSON object of answers by criterion id, read from standard input."""
    try:
        rules = rule_set_of(site)
        answers = _answers(json.load(sys.stdin), rules)
        found = assess(rules, answers)
    except (UnknownSiteError, UnknownAnswerError, _BadInputError) as error:
        _refuse(str(error))
    except (json.JSONDecodeError, UnicodeDecodeError):
        _refuse("Standard input does not hold a JSON object.")
    result: dict[str, Any] = {
        "outcome": found.outcome,
        "reasons": [asdict(reason) for reason in found.reasons],
        "rule_set": found.rule_set,
    }
    if not site_of(site).referral:
        result["disabled"] = True
    click.echo(json.dumps(result))


def _answers(document: Any, rules: RuleSet) -> dict[str, str | None]:
    if not isinstance(document, dict):
        raise _BadInputError("Standard input does not hold a JSON object.")
    dates = document.pop("dates", None)
    for name, code in document.items():
        if code is not None and not isinstance(code, str):
            raise _BadInputError(f"{name} needs a code or null.")
    answers: dict[str, str | None] = dict(document)
    if dates is not None and answers.get("B19_time") is None:
        answers["B19_time"] = _computed_time(dates, answers, rules)
    return answers


def _computed_time(dates: Any, answers: dict[str, str | None], rules: RuleSet) -> str | None:
    if not isinstance(dates, dict):
        raise _BadInputError("dates needs to be a JSON object.")
    try:
        read = {name: date.fromisoformat(dates[name]) for name in _DATES if dates.get(name)}
        weeks = int(dates.get("condition_weeks", 16))
    except (TypeError, ValueError):
        raise _BadInputError("dates need the form 2026-03-27, condition_weeks a number.") from None
    offence = dates.get("offence") or answers.get("B04_offence")
    if "given_on" not in read or "offence_date" not in read or not offence:
        return None
    return time_code(
        CaseDates(offence=str(offence), condition_weeks=weeks, **read), rules.prosecution_limits
    )


def _refuse(message: str) -> None:
    click.echo(message, err=True)
    sys.exit(2)
