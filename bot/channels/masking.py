"""What identifies a person is taken out of a message before Rasa and logs see it (design D2b).

Ages and offence dates pass: the criteria need them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import phonenumbers
from dateutil.parser import parse as parse_date
from dateutil.relativedelta import relativedelta

from bot.channels import masking_names
from core.clock import today
from referrals.reference import read_reference
from services_directory.places import Place, find_postcodes

# A person of whom a birth date is typed is an adult; an offence so old would be out of time.
YOUNGEST = 15

_EMAIL = re.compile(
    r"[^\s@]{1,64}@[^\s@]{1,200}\.[a-z]{2,}"
    r"|\b[\w.-]{2,64} ?[\[(]?\bat\b[\])]? ?[\w-]{2,60} ?[\[(]?\bdot\b[\])]? ?"
    r"(?:com|co|uk|net|org|pl)(?: ?[\[(]?dot[\])]? ?uk)?\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w/])(?:\+ ?|00)?(?:44[ ().-]*(?:\(0\))?|0)[ ().-]*[1-9](?:[ ().-]{0,3}\d){8,9}(?![\d/])"
    r"|(?<!\w)\+[1-9](?:[ ().-]?\d){7,14}(?!\d)"
)
_URN = re.compile(r"\b\d{2}[/ ]?[A-Z0-9]{2}[/ ]?\d{5}(?:\d{2})?[/ ]?\d{2}\b", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\b(?=[A-Z0-9/-]*\d{5})[A-Z0-9][A-Z0-9/-]{5,19}\b", re.IGNORECASE)
# "custody number HA/1234/26": a short one counts only after the word for what it is.
_CALLED_REFERENCE = re.compile(
    r"\b((?:crime|custody|occurrence|occ|urn|niche|cad|log|pnc(?: ?id)?|incident|collar)"
    r"(?: record)?(?: (?:reference|ref|number|no|num|id))?[.:#]?(?: is)? ?)"
    r"(?=[A-Z/-]{0,6}\d)[A-Z0-9][A-Z0-9/-]{2,19}",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"\b[A-Z0-9]{3}-[A-Z0-9]{3}-[A-Z0-9]{2}\b", re.IGNORECASE)
_SPOKEN_REFERENCE = re.compile(
    r"\b(?=[A-Z ]{0,9}\d)[A-Z0-9]{3} ?[A-Z0-9]{3} ?[A-Z0-9]{2}\b", re.IGNORECASE
)
_DAY = r"\b(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DATE = re.compile(
    rf"{_DAY}[ ./-]{{1,3}}(?:0?[1-9]|1[0-2])[ ./-]{{1,3}}(?P<numbers>(?:19|20)?\d\d)\b"
    rf"|{_DAY}[ ./-]*(?:of )?{_MONTH}[ ./,'’-]*(?P<month>(?:19|20)?\d\d)\b"
    # Any word between a day and a full year: the months of other languages.
    rf"|{_DAY} [^\s\d]{{2,14}} (?P<word>(?:19|20)\d\d)\b"
    rf"|\b{_MONTH} ?{_DAY},? (?P<after>(?:19|20)\d\d)\b"
    r"|\b(?P<before>(?:19|20)\d\d)[./-]\d{1,2}[./-]\d{1,2}\b",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"(?:\b(?:dob|d\.o\.b\.?|born|birth ?date|birthday|date of birth|urodzon[ya]|janam)"
    r"(?: (?:on|is|was|the|dnia))*\s*[:=-]?\s*)$",
    re.IGNORECASE,
)
_COUNTED = (
    r"(?!(?:year|yr|month|week|day|night|hour|minute|time|pint|can|bottle|unit|kid|drink)s?\b)"
)
_STREET = re.compile(
    rf"\b(?i:(?:flat|house|unit|apartment|apt|room|no\.?) \d{{1,4}}[a-z]?,? )?\d{{1,4}}[A-Za-z]?,? "
    rf"(?:(?i:{_COUNTED}(?:[a-z][\w'’.-]+ ){{1,3}}"
    r"(?:road|rd|street|avenue|ave|lane|crescent|terrace|gardens|mews|boulevard)\b)"
    r"|(?:[A-Z][\w'’.-]+ ){1,3}"
    r"(?:(?i:st|ln|close|cl|drive|dr|way|court|ct|place|grove|park|hill|view|row|walk|rise|square"
    r"|green|parade|house)\b))"
)
_FLAT = re.compile(r"\b(?:flat|apartment|apt) \d{1,4}[a-z]?\b", re.IGNORECASE)


def masked(text: str, names: Iterable[str] = ()) -> tuple[str, Place | None]:
    """The text without identity, and the place of its last full postcode.

    A full postcode becomes its outward code; ``names`` are those in this conversation's draft.
    """
    # First, for "L34-7AD-9A" begins with what could be a postcode.
    text, place = _outward_only(_REFERENCE.sub("[reference]", text))
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    for start, end in reversed(masking_names.introduced(text)):
        text = f"{text[:start]}[name]{text[end:]}"
    return masking_names.without(text, names, "[name]"), place


def reference_in(text: str) -> str | None:
    """A referral's reference in a message, as we keep it; it names a record and no person."""
    written = [*_REFERENCE.finditer(text), *_SPOKEN_REFERENCE.finditer(text)]
    return next((found for each in written if (found := read_reference(each[0]))), None)


def _outward_only(text: str) -> tuple[str, Place | None]:
    place = None
    for start, end, found in reversed(find_postcodes(text)):
        place = place or found
        text = text[:start] + found.outward + text[end:]
    return text, place


def _birth_date(match: re.Match[str]) -> str:
    """A date after "born", or one so long ago that it can be nothing else."""
    born = _BORN.search(match.string[: match.start()])
    long_ago = _year(match) <= today().year - YOUNGEST
    return f"[birth date, {_age(match[0])}]" if born or long_ago else match[0]


def _age(written: str) -> str:
    """How old that makes somebody: a criterion asks for it, and an age may pass (design D2b)."""
    try:
        born = parse_date(written, dayfirst=True).date()
    except (ValueError, OverflowError):
        return "age not known"
    return f"aged {relativedelta(today(), born).years}"


def _year(match: re.Match[str]) -> int:
    year = int(next(filter(None, match.groups())))
    if year >= 100:
        return year
    century = today().year // 100 * 100
    return century + year if century + year <= today().year else century - 100 + year


def _spoken(match: re.Match[str]) -> str:
    return "[reference]" if read_reference(match[0]) else match[0]


def _without_rarer_numbers(match: re.Match[str]) -> str:
    """What the library alone knows: numbers of other lands and of odd length."""
    text = match[0]
    for number in reversed(list(phonenumbers.PhoneNumberMatcher(text, "GB"))):
        text = text[: number.start] + "[number]" + text[number.end :]
    return text


_PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_EMAIL, "[email]"),
    (_SPOKEN_REFERENCE, _spoken),
    (_DATE, _birth_date),
    (_CALLED_REFERENCE, r"\1[reference]"),
    (_NUMBER, "[number]"),
    (_URN, "[reference]"),
    (_STREET, "[address]"),
    (_FLAT, "[address]"),
    (re.compile(r".+", re.DOTALL), _without_rarer_numbers),
    (_LONG_NUMBER, "[reference]"),
)
