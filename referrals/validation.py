"""What an officer typed into a question card: cleaned, or refused in words that help."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date

import phonenumbers

from core.words import words
from referrals.fields import BY_NAME, Field, Given

ADULT = 18
OLDEST = 110
LONGEST_TEXT = 300
_REFERENCE = re.compile(r"(?=.*[0-9])[A-Za-z0-9/ -]{6,20}")
# 070 is a premium number and 076 a pager: neither takes a text.
_MOBILE = re.compile(r"7[1-57-9]\d{8}")
_OUTWARD = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: ?[0-9][A-Z]{2})?")
_DATE = re.compile(r"(\d{1,2})[ ./-]+(\d{1,2})[ ./-]+(\d{4})")


class FieldError(ValueError):
    """A field that cannot be kept as typed; the message tells its person what to type."""


def clean(
    field: Field,
    raw: str,
    given: Given,
    *,
    today: date,
    staff: Collection[str] = (),
    patterns: Mapping[str, str] | None = None,
) -> str:
    """The value to keep; raises :class:`FieldError`. Dates come as "27 3 2026" or ISO.

    ``patterns``: how the references of this site look, by field; without one any reference will do.
    """
    text = " ".join(raw.split())
    if not text:
        raise _refused("empty", question=field.question)
    if "\x00" in text:
        raise _refused("characters")
    if field.kind in ("choice", "many", "staff"):
        return _chosen(field, text, staff)
    if field.kind == "tel":
        return _telephone(text, mobile=field.name == "mobile")
    if field.kind == "date":
        return _date(field, text, given, today).isoformat()
    if own := (patterns or {}).get(field.name):
        return _by_pattern(field, text, own)
    return _TEXTS.get(field.name, _plain)(text)


def _by_pattern(field: Field, text: str, pattern: str) -> str:
    if not re.fullmatch(pattern, text.upper()):
        raise _refused("reference_here", what=field.label.lower())
    return text.upper()


def _refused(why: str, **values: object) -> FieldError:
    return FieldError(words(f"utter_field_{why}", "en", values).text)


def _chosen(field: Field, text: str, staff: Collection[str]) -> str:
    parts = [part.strip() for part in re.split(r"[|,]", text) if part.strip()]
    allowed = set(staff) if field.kind == "staff" else dict(field.options).keys()
    if not parts or set(parts) - set(allowed) or (field.kind != "many" and len(parts) > 1):
        raise _refused("choose", question=field.question)
    return "|".join(dict.fromkeys(parts))


def _telephone(text: str, *, mobile: bool) -> str:
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not _looks_right(number, mobile):
        raise _refused("mobile" if mobile else "telephone")
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain} ext. {number.extension}" if number.extension else plain


def _looks_right(number: phonenumbers.PhoneNumber, mobile: bool) -> bool:
    # The library knows no range kept for drama among the mobile numbers, so these are ours.
    if number.country_code != 44:
        return False
    is_mobile = bool(_MOBILE.fullmatch(str(number.national_number)))
    if mobile:
        return is_mobile and not number.extension
    return is_mobile or phonenumbers.is_valid_number(number)


def day_as_typed(text: str) -> date | None:
    """A day as people type it ("27 3 2026") or in ISO 8601; None for what is no day."""
    found = _DATE.fullmatch(text.strip())
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def past_day(text: str, today: date) -> date:
    """A day as people type it, not in the future and within a lifetime; raises ``FieldError``."""
    value = day_as_typed(text)
    if value is None:
        raise _refused("date")
    if value > today:
        raise _refused("future")
    if _years(value, today) > OLDEST:
        raise _refused("long_ago")
    return value


def _date(field: Field, text: str, given: Given, today: date) -> date:
    value = past_day(text, today)
    dates = {**given, field.name: value.isoformat()}
    _refuse_under_age(dates, today)
    offence, statement = dates.get("offence_date"), dates.get("first_statement_on")
    if (
        BY_NAME["first_statement_on"].needed(given)
        and offence
        and statement
        and statement < offence
    ):
        raise _refused("after_statement" if field.name == "offence_date" else "before_offence")
    return value


def _refuse_under_age(dates: Given, today: date) -> None:
    """Whichever of the two dates came last, they have to agree that it was an adult."""
    born, offence = dates.get("date_of_birth"), dates.get("offence_date")
    on = date.fromisoformat(offence) if offence else today
    if born and _years(date.fromisoformat(born), on) < ADULT:
        raise _refused("under_age")


def _years(since: date, until: date) -> int:
    """Whole years; a birthday on 29 February is reached on 1 March in other years."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))


def _reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        raise _refused("reference")
    return text.upper()


def _outward(text: str) -> str:
    found = _OUTWARD.fullmatch(" ".join(text.upper().split()))
    if not found:
        raise _refused("postcode")
    return found[1]


def _plain(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise _refused("too_long", most=LONGEST_TEXT, typed=len(text))
    return text


_TEXTS: dict[str, Callable[[str], str]] = {
    "crime_reference": _reference,
    "custody_reference": _reference,
    "postcode_district": _outward,
}
