"""Telephone numbers: finding them in a field, and what is wrong with each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers

from services_directory.checks.finding import Finding, error, warning

UK_DIGITS = 11
# E.164's longest number; what is longer cannot be parsed at all.
_LONGEST = 15
# What a run of digits has to hold to be several numbers, and what no field of numbers holds.
_FEWEST_SPLIT = 10
_MOST_SPLIT = 60
_SHORT_CODES = frozenset(
    {"999", "112", "111", "101", "105", "119", "116123", "116000", "116111", "18000"}
)
_TEXT_CODE = re.compile(r"[678]\d{4,6}")
_DIRECTORY_ENQUIRIES = re.compile(r"118\d{3}")
# Relay UK's prefix, which a person dials before any number of eleven digits or a short code.
_RELAY = re.compile(r"^1800[12](?=\d{3,})")
_RUN = re.compile(r"(?<!\w)\+?\(?\d[\d\s().–-]*\d")
_ASIDES = re.compile(
    r"\d{1,2}:\d\d(?:\s*[-–]\s*\d{1,2}:\d\d)?|\b24/7|\b24[ -]?(?:hours?|hrs?)\b"
    r"|\boption \d+|\b(?:ext(?:ension)?\.?|x) ?\d{1,5}\b|(?<=\d)x\d{1,5}\b",
    re.I,
)
_GLUED_LETTERS = re.compile(r"\b\d+[A-Za-z]{2,}")
_LABEL_ALLOWED = re.compile(
    r"\([^()]*\)|\b(?:text|sms|whatsapp|tel|telephone|phone|freephone|call|ring|or|and)\b", re.I
)
_LABEL = re.compile(r"[^\W\d_]{3,}")
# Ofcom, "Numbers for use in TV and radio drama programmes".
_DRAMA = re.compile(
    r"01(?:1[3-8]|[2-6]1)4960\d{3}|01914980\d{3}|01632960\d{3}|02079460\d{3}|02896496\d{3}"
    r"|02920180\d{3}|07700900\d{3}|08081570\d{3}|09098790\d{3}|03069990\d{3}"
)
# Ofcom's National Telephone Numbering Plan: what a caller pays beyond a call to an 01 number.
_PREMIUM = re.compile(r"09|070|087[123]|118")
_CHARGED = re.compile(r"08(?:45|70|4[34])")
_SAYS_PRICE = re.compile(
    r"£|\bpence\b|\d ?p\b|\bcharges?\b|\bcharged\b|\b(?:a|per) min(?:ute)?\b", re.I
)


@dataclass(frozen=True)
class Number:
    """A number as it was written, and its digits as one dials them in the United Kingdom."""

    raw: str
    digits: str


def numbers(text: str) -> list[Number]:
    """The numbers in a field, without the hours, options, extensions and labels beside them."""
    rest = _ASIDES.sub(" ", text)
    return [found for run in _RUN.finditer(rest) for found in _split(run[0].strip(" ().-–"))]


def dialled(text: str) -> str:
    """The digits as one dials them in the United Kingdom, whatever the spacing and prefix."""
    digits = re.sub(r"\D", "", text)
    if text.lstrip(" (").startswith("+") or digits.startswith("00"):
        digits = digits.removeprefix("00")
        digits = "0" + digits[2:].removeprefix("0") if digits.startswith("44") else "00" + digits
    return _RELAY.sub("", digits)


def is_short_code(digits: str) -> bool:
    """Whether it is no subscriber's number: an emergency, helpline or text code."""
    return digits in _SHORT_CODES or bool(_TEXT_CODE.fullmatch(digits))


def check_numbers(field: str, text: str, cost: str) -> list[Finding]:
    """What is wrong with the numbers of one field; ``cost`` is what the listing says it costs."""
    if not text.strip():
        return []
    found = numbers(text)
    if glued := _GLUED_LETTERS.search(_ASIDES.sub(" ", text)):
        return [error("phone_letters", field, f"Letters stand inside a number: {glued[0]}.")]
    if not found:
        return [error("phone_missing", field, f"There is no number in “{text.strip()}”.")]
    return [*_shape(field, text, found), *(f for n in found for f in _faults(field, n, cost))]


def _split(run: str) -> Iterator[Number]:
    # Two numbers with only a space between them look like one of twenty or more digits.
    if 2 * _FEWEST_SPLIT <= len(dialled(run)) <= _MOST_SPLIT:
        for start in re.finditer(r"(?<=\s)(?=0)", run):
            if len(dialled(run[: start.start()])) >= _FEWEST_SPLIT:
                yield from _split(run[: start.start()].strip())
                yield from _split(run[start.start() :])
                return
    yield Number(run, dialled(run))


def _shape(field: str, text: str, found: list[Number]) -> Iterator[Finding]:
    if len({number.digits for number in found}) > 1:
        yield warning(
            "phone_several",
            field,
            f"{len(found)} numbers stand in this field: keep the one to use here "
            "and put the others in the notes.",
        )
    label = _LABEL_ALLOWED.sub(" ", _ASIDES.sub(" ", text))
    if field == "phone" and _LABEL.search(label):
        yield warning(
            "phone_label",
            field,
            f"Words stand beside the number in “{text.strip()}”: keep the number alone here.",
        )


def _faults(field: str, number: Number, cost: str) -> Iterator[Finding]:
    digits = number.digits
    if is_short_code(digits):
        return
    if _DIRECTORY_ENQUIRIES.fullmatch(digits) or _PREMIUM.match(digits):
        if not _SAYS_PRICE.search(cost):
            yield error(
                "phone_premium",
                field,
                f"{number.raw} is a premium number: say under cost what the call costs, "
                "or give another number.",
            )
    elif _CHARGED.match(digits) and not _SAYS_PRICE.search(cost):
        yield warning(
            "phone_charged",
            field,
            f"{digits[:4]} numbers cost money to ring: say what the call costs.",
        )
    if _DRAMA.fullmatch(digits):
        yield warning(
            "phone_drama",
            field,
            f"{number.raw} is kept for films and examples: nobody answers it.",
        )
    elif not _DIRECTORY_ENQUIRIES.fullmatch(digits):
        yield from _form(field, number)


def _form(field: str, number: Number) -> Iterator[Finding]:
    digits, count = number.digits, len(number.digits)
    if digits.startswith("00"):
        yield error("phone_foreign", field, f"{number.raw} is not a United Kingdom number.")
    elif not digits.startswith("0"):
        yield error("phone_no_zero", field, f"{number.raw} does not begin with 0.")
    elif _valid(digits):
        return
    elif count != UK_DIGITS:
        code = "phone_short" if count < UK_DIGITS else "phone_long"
        yield error(code, field, f"{number.raw} has {count} digits, a UK number has 11.")
    else:
        yield warning(
            "phone_not_in_use",
            field,
            f"{number.raw} is in no range of numbers that is in use: check every digit.",
        )


def _valid(digits: str) -> bool:
    if len(digits) > _LONGEST:
        return False
    return phonenumbers.is_valid_number(phonenumbers.parse(digits, "GB"))
