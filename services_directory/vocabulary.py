"""The words of a listing and of a question, in one form in which both meet.

The form is ours and not the engine's, so that SQLite and PostgreSQL find the same (decision 0014):
English stems without case and accents, and for each need a word of its own, "need_drugs", to which
slang and synonyms lead.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from services_directory.listing import Listing
from services_directory.words import NEED_LABELS

LONGEST_WORD = 40
LONGEST_TERM, LONGEST_MEANING = 60, 120
MOST_WORDS = 12
# A word of four or five letters may have one slip, a longer one two, a shorter one none.
SHORTEST_MENDED, TWO_SLIPS = 4, 6
_SYNONYMS = Path(__file__).with_name("synonyms.csv")
_WORD = re.compile(r"[a-z0-9]+(?:_[a-z_]+)?")
_STOP_WORDS = """
a about am an and any anything are at be by can do for from get got had has have help how i im in is
it me my near need of on or please service services some someone somewhere support that the there to
was we what where who with you your want
"""
_STOP = frozenset(_STOP_WORDS.split())

# One word of a question: whatever of these a listing holds, it answers the word.
Group = tuple[str, ...]


def words_of(listing: Listing) -> frozenset[str]:
    """Every word under which a listing is found."""
    said = (
        listing.organisation,
        listing.name,
        listing.eligibility,
        listing.how_to_access,
        listing.area,
        *(NEED_LABELS.get(need, "") for need in listing.needs),
    )
    needs = (f"need_{need}" for need in listing.needs)
    initials = (_initials(name) for name in (listing.organisation, listing.name))
    return frozenset([*(word for text in said for word in _stems(text)), *needs, *initials]) - {""}


def groups_of(
    text: str, known: frozenset[str], synonyms: Mapping[str, str] | None = None
) -> tuple[Group, ...]:
    """The words of a question, each with what else would answer it; at most twelve.

    ``known`` are the words of all listings, by which slips are mended; ``synonyms`` adds a
    directory's own to those that ship. Words that every question holds are left out.
    """
    table = shipped() | dict(synonyms or {})
    plain = _plain(text)
    groups: list[Group] = []
    for term in sorted((term for term in table if " " in term), key=len, reverse=True):
        if re.search(rf"\b{re.escape(term)}\b", plain):
            plain = re.sub(rf"\b{re.escape(term)}\b", " ", plain)
            groups.append(_meanings(table[term]))
    for word in dict.fromkeys(_WORD.findall(plain)):
        if len(groups) >= MOST_WORDS:
            break
        if word in table or word not in _STOP:
            groups.append(_group(word, known, table))
    return tuple(dict.fromkeys(groups))[:MOST_WORDS]


@lru_cache(maxsize=1)
def shipped() -> dict[str, str]:
    """Slang and synonyms that every directory starts with: term -> meanings split by "|"."""
    with _SYNONYMS.open(newline="", encoding="utf-8") as source:
        return {row["term"]: row["means"] for row in csv.DictReader(source)}


def synonym(term: str, means: str) -> tuple[str, str]:
    """A term and its meanings (split by "|") in the form in which questions meet them.

    Raises ``ValueError`` with what is wrong, for whoever typed it.
    """
    plain = " ".join(_plain(term).split())
    parts = [part.strip() for part in means.split("|") if part.strip()]
    if not plain or len(plain) > LONGEST_TERM:
        raise ValueError(f"A term has at least one letter and at most {LONGEST_TERM}.")
    for part in parts:
        if part.startswith("need_") and part.removeprefix("need_") not in NEED_LABELS:
            raise ValueError(f"There is no need {part.removeprefix('need_')}.")
    joined = "|".join(parts)
    if not _meanings(joined) or len(joined) > LONGEST_MEANING:
        raise ValueError(f"Say what it stands for, in at most {LONGEST_MEANING} letters.")
    return plain, joined


def _initials(name: str) -> str:
    """The letters by which a name of several words is known: "aa" for Alcoholics Anonymous."""
    letters = "".join(re.findall(r"\b([A-Z])[a-z]+", name)).lower()
    return letters if len(letters) > 1 else ""


def _group(word: str, known: frozenset[str], table: Mapping[str, str]) -> Group:
    stem = _stem(word)
    if word in table:
        return _unique([stem, *_meanings(table[word])])
    if stem in known or len(word) < SHORTEST_MENDED:
        return (stem,)
    mended = _mended(word, _choices(known, frozenset(table)))
    meant = [each for near in mended for each in _meanings(table.get(near, near))]
    return _unique([stem, *meant])


@lru_cache(maxsize=8)
def _choices(known: frozenset[str], terms: frozenset[str]) -> tuple[str, ...]:
    """One tuple for all words of a catalogue: the memory of mended words holds on to it."""
    return tuple(sorted(known | terms))


@lru_cache(maxsize=512)
def _mended(word: str, choices: Sequence[str]) -> tuple[str, ...]:
    slips = 2 if len(word) >= TWO_SLIPS else 1
    near = process.extract(
        word, choices, scorer=DamerauLevenshtein.distance, score_cutoff=slips, limit=3
    )
    best = min((distance for _, distance, _ in near), default=0)
    return tuple(found for found, distance, _ in near if distance == best and len(found) > slips)


def _meanings(means: str) -> Group:
    return _unique(
        part if part.startswith("need_") else stem
        for part in means.split("|")
        for stem in ([part] if part.startswith("need_") else _stems(part))
    )


def _unique(words: Iterable[str]) -> Group:
    return tuple(dict.fromkeys(words))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return re.sub(
        r"[^a-z0-9_]+", " ", decomposed.replace("'", "").encode("ascii", "ignore").decode()
    )


@lru_cache(maxsize=4096)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(_stem(word) for word in _WORD.findall(_plain(text)) if word not in _STOP)


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    stem: str = _stemmer().stemWord(word)
    return stem[:LONGEST_WORD]


@lru_cache(maxsize=1)
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")
