"""Names of organisations and services, made comparable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from rapidfuzz import fuzz

# Per cent of rapidfuzz at which two names are taken for one.
SAME_ORGANISATION = 85
_JOINTS = re.compile(r"[()/;]|\bformerly\b|\bfor\b|\bwith\b", re.I)
# What half of all names hold, and what therefore tells none from another.
_COMMON_WORDS = """
    the and of for a in to service services support help helpline line team project centre uk
    ltd cic charity trust nhs foundation ft group council city county formerly national
"""
COMMON = frozenset(_COMMON_WORDS.split())


@lru_cache(maxsize=65536)
def plain(name: str) -> str:
    """A name in lower case without accents and punctuation; "&" is "and"."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    kept = "".join(ch for ch in decomposed if not unicodedata.combining(ch))
    return " ".join(re.findall(r"\w+", re.sub(r"['’]", "", kept)))


def telling(name: str) -> tuple[str, ...]:
    """The words of a name that tell it from others; all of them where none does."""
    words = plain(name).split()
    return tuple(word for word in words if word not in COMMON) or tuple(words)


def same_organisation(one: str, other: str) -> bool:
    """Whether two names may be of one organisation: a longer, former or joint name counts."""
    return any(_alike(a, b) for a in _names_in(one) for b in _names_in(other))


def _names_in(name: str) -> list[str]:
    # "Freeva (formerly UAVA)" and "Freeva / Jenkins Centre" both hold the name "Freeva".
    parts = [name, *_JOINTS.split(name)]
    return [" ".join(telling(part)) for part in parts if plain(part)]


def _alike(one: str, other: str) -> bool:
    return bool(fuzz.token_set_ratio(one, other) >= SAME_ORGANISATION)


def full_name(document: Mapping[str, str]) -> str:
    """The organisation and the name of the service, each said once."""
    organisation = plain(document.get("organisation", ""))
    service = plain(document.get("service_name", ""))
    return service if service.startswith(organisation) else f"{organisation} {service}"
