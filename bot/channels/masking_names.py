"""Finds people's names in a message: after the words that introduce one, and after a title."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

Span = tuple[int, int]

_IS = r"(?:['’]?s| is| was|['’]?m| am|['’]?re| are)"
# After these comes a name however it is written: "my name is dave", "he's called Tom Lee".
_SURE = re.compile(
    rf"\b(?:(?:sur|fore|last|first|full|nick)?name{_IS}|(?:sur|full )?names?\s*[:=-]"
    rf"|(?:\b(?:he|she|they|i|who|suspect|victim|partner|wife|husband|girlfriend|boyfriend|ex"
    rf"|son|daughter|kid|baby|mate|brother|sister){_IS}|i['’]?m) (?:called|named)"
    r"|(?:a (?:man|woman|male|female|lad|girl) )(?:called|named)"
    r"|call me|known as|goes by|nazywam si[eę]|nazywa si[eę]|mam na imi[eę]|ma na imi[eę]"
    r"|(?:mera|mere|uhda|usda) (?:naam|nam|naa)|(?:ਮੇਰਾ|ਉਸਦਾ|ਉਸ ਦਾ) (?:ਨਾਮ|ਨਾਂ))(?:\s+|(?<=[:=-]))",
    re.IGNORECASE,
)
# After these a name is meant only where it has a capital: "my wife Emma", not "my wife left".
_WITH_CAPITAL = re.compile(
    r"\b(?:(?i:m(?:r|rs|s|iss)|dr|pc|dc|ds|di|sgt|sergeant|inspector|pan|pani)\.?"
    r"|(?i:suspect|victim|partner|wife|husband|girlfriend|boyfriend|gf|bf|ex|ex-wife|ex-husband"
    r"|son|daughter|brother|sister|mum|dad|mother|father|mate|friend|neighbour|officer"
    r"|żona|zona|mąż|maz|syn|córka|corka|partnerka|jestem)"
    r"|(?i:this is|i['’]?m|i am|it['’]?s|name))[,:]?\s+(?=[^\W\d_a-z])"
)
_WORD = re.compile(r"[^\W\d_][\w\u0a00-\u0a7f'’-]*")
_GAP = re.compile(r"[ \t]+(?:[A-Z]\. )?")
_LONGEST_NAME = 3
_LONGEST_UNCAPITALISED = 2
_SHORTEST_PART = 3
# Words that are no name where one could stand, in the three languages.
_NO_NAMES_THESE = """
a about after again all already also an and angry anxious are as asian at back bad because
been before being black born british but by cara clean cps custody dara dash dead depressed
did didn't do done down drinking drunk english every fine for from full gone going got
gp gurmukhi had has have he her here high him his home homeless i i'm if in indian is it it's
just left like lonely looking lost low marac me medium mental mine my need nhs no not now of
off ok old on or our out over pnc pnd police polish please problem punjabi really ready
romanian safe scared she shouting since single sober sorry standard still stuck suspect that
the their them then there they this time to today too trying uk unemployed unknown up using
very victim want was we well went were when where who will with withheld worried yes you
your monday tuesday wednesday thursday friday saturday sunday january february march april
june july august september october november december i'd i'll i've what which how
ale alkohol bo chce chcę i jest mam mieszkam mnie na nie od oraz piję pije potrzebuję się sie
w we z za że polakiem hai ha main mai te di da nu ਹੈ ਤੇ ਅਤੇ ਮੈਂ ਦਾ ਦੀ
"""
# Names that are everyday words as well count only with a capital: "Will", not "I will".
_EVERYDAY_NAMES = """
art ash bill bob bright brown chase chance church close cook cross daisy dale day dawn dean
drew faith field fields ford forest frank gene glen good grace grant gray green grey hall
hand hill holly hope hunt iris ivy jack jay jean joy june king lane lily little long love
major mark may mercy miles moon moore more nick north old page park pat penny price ray
rich river rob robin rock rose ruby rusty sandy short sky small stone summer sunny swift
victor violet ward wade west white will wood woods young
"""
_NO_NAME = frozenset(_NO_NAMES_THESE.split())
_ALSO_WORDS = frozenset(_EVERYDAY_NAMES.split())


def introduced(text: str) -> list[Span]:
    """Where names stand that the words before them introduce."""
    found = [*_after(_SURE, text, _any_word), *_after(_WITH_CAPITAL, text, _capital)]
    return sorted(set(found))


def without(text: str, names: Iterable[str], instead: str) -> str:
    """The text without these known names, whole or in part."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        parts = [part for part in re.split(r"[\s-]+", name) if len(part) >= _SHORTEST_PART]
        for part in (" ".join(name.split()), *parts):
            text = _known(part).sub(instead, text)
    return text


def _known(part: str) -> re.Pattern[str]:
    also_word = part.casefold() in _ALSO_WORDS
    written = rf"(?:{re.escape(part.capitalize())}|{re.escape(part.upper())})"
    pattern = written if also_word else rf"(?i:{re.escape(part)})"
    # Not \b: a Gurmukhi vowel sign at the end of a name is no word character to it.
    return re.compile(rf"(?<!\w){pattern}(?![^\W_])")


def _after(cue: re.Pattern[str], text: str, fits: Callable[[str, int], bool]) -> Iterator[Span]:
    for match in cue.finditer(text):
        end = _end_of_name(text, match.end(), fits)
        if end > match.end():
            yield match.end(), end


def _end_of_name(text: str, start: int, fits: Callable[[str, int], bool]) -> int:
    end, at = start, start
    for place in range(_LONGEST_NAME):
        word = _WORD.match(text, at)
        if word is None or not fits(word[0], place):
            break
        end = word.end()
        gap = _GAP.match(text, end)
        if gap is None:
            break
        at = gap.end()
    return end


def _any_word(word: str, place: int) -> bool:
    if word.casefold().replace("’", "'") in _NO_NAME:
        return False
    return word[0].isupper() or place < _LONGEST_UNCAPITALISED


def _capital(word: str, _place: int) -> bool:
    return word[0].isupper() and word.casefold().replace("’", "'") not in _NO_NAME
