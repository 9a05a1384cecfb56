"""What identifies a person is taken out of a message before Rasa and logs see it (design D2b).

Ages and offence dates pass: the criteria need them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import phonenumbers

from services_directory.places import Place, find_postcodes

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)
_URN = re.compile(r"\b\d{2}/?[A-Z0-9]{2}/?\d{5}(?:\d{2})?/?\d{2}\b", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\b(?=[A-Z0-9/-]*\d{5})[A-Z0-9][A-Z0-9/-]{5,19}\b", re.IGNORECASE)
_REFERENCE = re.compile(r"\b[A-Z0-9]{3}-[A-Z0-9]{3}-[A-Z0-9]{2}\b", re.IGNORECASE)
_BIRTH = re.compile(
    r"\b(?:dob|d\.o\.b\.?|born(?: on)?|birth ?date|date of birth)\s*:?\s*"
    r"\d{1,2}[ ./-]+(?:\d{1,2}|[a-z]{3,9})[ ./-]+\d{2,4}",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d{1,4}[a-z]?,? (?:[A-Z][\w']+ ){1,3}"
    r"(?:Road|Rd|Street|St|Avenue|Ave|Lane|Ln|Close|Drive|Way|Court|Gardens|Crescent|Place|Terrace)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b((?:my|his|her|their|the suspect'?s|suspect'?s|victim'?s) name(?:'s| is)|"
    r"(?:he|she|they|i)(?:'s| is|'re| are|'m| am) called|name:)\s+"
    r"((?:[A-Z][\w'-]+)(?: [A-Z][\w'-]+){0,2}|[a-z]+(?: [a-z]+)?(?=[,.;!?]|$))",
    re.IGNORECASE,
)
_POLISH_NAME = re.compile(
    r"\b(nazywam się|mam na imię)\s+([^\s,.;]+(?: [A-ZŁŚŻ][^\s,.;]+)?)", re.IGNORECASE
)


def masked(text: str, names: Iterable[str] = ()) -> tuple[str, Place | None]:
    """The text without identity, and the place of its last full postcode.

    A full postcode becomes its outward code; ``names`` are those in this conversation's draft.
    """
    text, place = _outward_only(text)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    text = _without_numbers(text)
    for name in sorted(filter(None, names), key=len, reverse=True):
        for part in (name, *[word for word in name.split() if len(word) > 2]):
            text = re.sub(rf"\b{re.escape(part)}\b", "[name]", text, flags=re.IGNORECASE)
    return text, place


_PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_EMAIL, "[email]"),
    (_REFERENCE, "[reference]"),
    (_BIRTH, "[birth date]"),
    (_URN, "[reference]"),
    (_STREET, "[address]"),
    (_NAME, r"\1 [name]"),
    (_POLISH_NAME, r"\1 [name]"),
)


def _outward_only(text: str) -> tuple[str, Place | None]:
    place = None
    for start, end, found in reversed(find_postcodes(text)):
        place = place or found
        text = text[:start] + found.outward + text[end:]
    return text, place


def _without_numbers(text: str) -> str:
    for match in reversed(list(phonenumbers.PhoneNumberMatcher(text, "GB"))):
        text = text[: match.start] + "[number]" + text[match.end :]
    return _LONG_NUMBER.sub("[reference]", text)
