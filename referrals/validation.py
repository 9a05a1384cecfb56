"""What an officer typed into a question card: cleaned, or refused in words that help."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date

import phonenumbers
from dateutil.relativedelta import relativedelta

from referrals.fields import Field, Given

ADULT = relativedelta(years=18)
OLDEST = relativedelta(years=110)
LONGEST_TEXT = 300
_REFERENCE = re.compile(r"[A-Za-z0-9/ -]{6,20}")
_OUTWARD = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: ?[0-9][A-Z]{2})?")
_DATE = re.compile(r"(\d{1,2})[ ./-]+(\d{1,2})[ ./-]+(\d{4})")


class FieldError(ValueError):
    """A field that cannot be kept as typed; the message tells its person what to type."""


def clean(field: Field, raw: str, given: Given, *, today: date, staff: Collection[str] = ()) -> str:
    """The value to keep; raises :class:`FieldError`. Dates come as "27 3 2026" or ISO."""
    text = raw.strip()
    if not text:
        raise FieldError(f"Enter an answer: {field.question}")
    if "\x00" in text:
        raise FieldError("That holds characters that cannot be kept. Type it again.")
    if field.kind in ("choice", "many", "staff"):
        return _chosen(field, text, staff)
    if field.kind == "tel":
        return _telephone(text, mobile=field.name == "mobile")
    if field.kind == "date":
        return _date(field, text, given, today).isoformat()
    return _TEXTS.get(field.name, _plain)(text)


def _chosen(field: Field, text: str, staff: Collection[str]) -> str:
    parts = [part.strip() for part in re.split(r"[|,]", text) if part.strip()]
    allowed = set(staff) if field.kind == "staff" else dict(field.options).keys()
    if not parts or set(parts) - set(allowed) or (field.kind != "many" and len(parts) > 1):
        raise FieldError(f"Choose one of the answers: {field.question}")
    return "|".join(dict.fromkeys(parts))


def _telephone(text: str, *, mobile: bool) -> str:
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not _looks_right(number, mobile):
        example = "mobile number, like 07700 900 982" if mobile else "telephone number"
        raise FieldError(f"Enter a UK {example}")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _looks_right(number: phonenumbers.PhoneNumber, mobile: bool) -> bool:
    if number.country_code != 44 or not phonenumbers.is_possible_number(number):
        return False
    return not mobile or str(number.national_number).startswith("7")


def _date(field: Field, text: str, given: Given, today: date) -> date:
    found = _DATE.fullmatch(text)
    try:
        value = (
            date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(text)
        )
    except ValueError:
        raise FieldError("Enter a real date, for example 27 3 2026") from None
    if value > today:
        raise FieldError("The date cannot be in the future")
    if field.name == "date_of_birth":
        _refuse_age(value, given, today)
    return value


def _refuse_age(born: date, given: Given, today: date) -> None:
    offence = given.get("offence_date")
    on = min(today, date.fromisoformat(offence)) if offence else today
    if born + ADULT > on:
        raise FieldError("They must have been 18 or over when it happened. Check the date.")
    if born + OLDEST < today:
        raise FieldError("Check the year of birth")


def _reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        raise FieldError("Enter the reference as it is on the record: 6 to 20 letters and digits")
    return text.upper()


def _outward(text: str) -> str:
    found = _OUTWARD.fullmatch(" ".join(text.upper().split()))
    if not found:
        raise FieldError("Enter the first part of the postcode, for example SO14")
    return found[1]


def _plain(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise FieldError(f"Use {LONGEST_TEXT} characters or fewer. You typed {len(text)}.")
    return text


_TEXTS: dict[str, Callable[[str], str]] = {
    "crime_reference": _reference,
    "custody_reference": _reference,
    "postcode_district": _outward,
}
