"""Finds the same service listed twice, and the same number under different organisations.

Only listings that share something (a block) are compared, so that the work grows with the number
of listings and not with its square.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from services_directory.checks.names import full_name, same_organisation, telling
from services_directory.checks.phones import dialled, is_short_code, numbers

Document = Mapping[str, str]
# A pair below this is no duplicate that a coordinator should have to look at.
LEAST_SCORE = 0.6
# A block that is larger says little: its members are compared with their neighbours by name only.
LARGEST_BLOCK = 40
NEIGHBOURS = 8
# A word that more listings hold makes no block.
COMMON_WORD = 60
BLOCK_WORDS = 3
# How far each likeness goes towards one service; a name alone has to be nearly the same.
_WEIGHTS = {"same_phone": 0.35, "same_email": 0.25, "same_url": 0.25, "same_postcode": 0.2}
_NAME_WEIGHT = 0.65
_FLOOR = 60.0
SIMILAR_NAME = 85.0
_OTHER_AREA = 0.25
_WITHIN = 0.9
_FRONT_PAGE = frozenset({"", "/"})

Pair = tuple[str, str, float, tuple[str, ...]]


class _Keys:
    """What of a listing is compared, made comparable once."""

    def __init__(self, document: Document) -> None:
        self.id = document.get("id", "")
        self.name = full_name(document).strip()
        self.sorted = " ".join(sorted(self.name.split()))
        postcode = document.get("postcode", "").replace(" ", "").upper()
        marks = (
            *(("same_phone", number) for number in subscriber_numbers(document)),
            ("same_email", document.get("email", "").strip().casefold()),
            ("same_url", _page(document.get("url", ""))),
            ("same_postcode", postcode),
        )
        self.marks = frozenset(mark for mark in marks if mark[1])
        covers = (part.strip().casefold() for part in document.get("covers", "").split("|"))
        self.covers = frozenset(part for part in covers if part)

    def reasons(self, other: _Keys) -> tuple[str, ...]:
        """The codes of what both share."""
        shared = {why for why, _ in self.marks & other.marks}
        return tuple(why for why in _WEIGHTS if why in shared) if shared else ()

    def apart(self, other: _Keys) -> bool:
        """Whether the two surely serve different places."""
        everywhere = "*" in self.covers or "*" in other.covers
        told = bool(self.covers and other.covers)
        return told and not everywhere and self.covers.isdisjoint(other.covers)


def duplicates(documents: Sequence[Document]) -> list[Pair]:
    """Pairs that may be one service: (id, id, score from 0 to 1, codes why), the likeliest first.

    The codes are same_phone, same_email, same_url, same_postcode and similar_name. Listings that
    serve different places score less, because branches share a name and often a number.
    """
    keys = [_Keys(document) for document in documents]
    found = (_compared(keys[a], keys[b]) for a, b in _candidates(keys))
    return sorted((pair for pair in found if pair), key=lambda p: (-p[2], p[:2]))


def shared_numbers(documents: Iterable[Document]) -> list[tuple[str, tuple[str, ...]]]:
    """Each number under organisations of different names: (number as dialled, ids).

    One of them usually has the number of the other. Short codes are everybody's and left out.
    """
    holders: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        for number in subscriber_numbers(document):
            holders[number].append(document)
    return [
        (number, tuple(each.get("id", "") for each in held))
        for number, held in sorted(holders.items())
        if _differ([each.get("organisation", "") for each in held])
    ]


def subscriber_numbers(document: Document) -> set[str]:
    """The numbers to ring or text as dialled, without the short codes that many share."""
    found = (n.digits for f in ("phone", "text_sms") for n in numbers(document.get(f, "")))
    return {dialled(digits) for digits in found if not is_short_code(digits)}


def _differ(organisations: Sequence[str]) -> bool:
    first, *others = dict.fromkeys(organisations)
    return any(not same_organisation(first, other) for other in others)


def _candidates(keys: Sequence[_Keys]) -> set[tuple[int, int]]:
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    words = [set(telling(key.name)) for key in keys]
    counts = Counter(word for each in words for word in each)
    for at, key in enumerate(keys):
        for mark in key.marks:
            blocks[mark].append(at)
        rare = sorted((counts[word], word) for word in words[at])
        for _, word in [each for each in rare if 1 < each[0] <= COMMON_WORD][:BLOCK_WORDS]:
            blocks["word", word].append(at)
        blocks["name", key.name].append(at)
    return {pair for members in blocks.values() for pair in _pairs(members, keys)}


def _pairs(members: list[int], keys: Sequence[_Keys]) -> Iterator[tuple[int, int]]:
    if len(members) <= LARGEST_BLOCK:
        yield from combinations(members, 2)
        return
    ordered = sorted(members, key=lambda at: keys[at].name)
    for place, at in enumerate(ordered):
        for other in ordered[place + 1 : place + 1 + NEIGHBOURS]:
            yield min(at, other), max(at, other)


def _compared(one: _Keys, other: _Keys) -> Pair | None:
    reasons = one.reasons(other)
    evidence = sum(_WEIGHTS[why] for why in reasons) - (_OTHER_AREA if one.apart(other) else 0)
    # Most pairs cannot reach the least score by any name near theirs: they cost nothing further.
    needed = _FLOOR + (LEAST_SCORE - evidence) * (100 - _FLOOR) / _NAME_WEIGHT
    likeness = _likeness(one, other, needed)
    if likeness < needed:
        return None
    if likeness >= SIMILAR_NAME:
        reasons = (*reasons, "similar_name")
    score = _NAME_WEIGHT * max(0.0, likeness - _FLOOR) / (100 - _FLOOR) + evidence
    first, second = sorted((one.id, other.id))
    return first, second, round(min(1.0, score), 2), reasons


def _likeness(one: _Keys, other: _Keys, needed: float) -> float:
    """How alike two names are, in per cent; 0 where that is less than is ``needed``."""
    if not one.name or not other.name or needed > 100:
        return 0.0
    alike = fuzz.ratio(one.sorted, other.sorted, score_cutoff=max(0.0, needed))
    # A name within a longer name is nearly, not wholly, the same: a branch is named so too.
    if alike >= SIMILAR_NAME or needed > _WITHIN * 100:
        return alike
    return max(alike, _WITHIN * fuzz.token_set_ratio(one.name, other.name))


def _page(url: str) -> str:
    """Host and path of a web address; "" for a front page, which all services of a body share."""
    try:
        parts = urlsplit(url.strip().casefold())
    except ValueError:
        return ""
    if parts.path in _FRONT_PAGE:
        return ""
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
