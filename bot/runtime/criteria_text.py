"""An officer's message made plain: one spelling of each word, clause marks, questions blanked."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from bot.runtime.text import clauses, fold

_WORD = re.compile(r"[a-z0-9]+")
_DOTTED_DATE = re.compile(r"(?<=\d)\.(?=\d)")
_YEARS_OLD = re.compile(r"(?<=\d)y(?:rs?)?/?o(?:ld)?\b")
_SECTION = re.compile(r"^(s|sec)\.?(?=\d)")
_LISTED = re.compile(r"(?:\d{1,2}|[a-h])\)$")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_ROLE_LETTERS = {"S": "suspect", "D": "suspect", "V": "victim"}
# A slash that stands alone parts notes, but not two grades of risk.
_SLASH = re.compile(r"(?<=\s)/(?=\s)(?!\s+(?:std|med|high|hi|medium|standard)\b)", re.IGNORECASE)
_BRACKET = re.compile(r"[()\[\]{}]")
_ROLE = re.compile(r"\((\w+)\)")
_QUOTE = re.compile(r"[\"*<>|~]")
_JOINED = re.compile(r"(?<=[a-z])/(?=[a-z]{2})|(?<=\w)[-_](?=\w)")
_COMMA_BEFORE_DIGIT = re.compile(r"(?<=[a-z]),(?=\d)")
_ANSWERED = re.compile(
    r"\?(?=\s*(?:yes|no|nope|nah|nil|none|n/a|yeah|yep|y|n|possibly|maybe|not|unsure|unclear"
    r"|unknown|tbc|full|fully|partial|standard|medium|high|both|checked|denied|admitted|admits)\b)"
)
_LABEL_DASH = re.compile(r"(?:^|(?<=[.,;\n]))(\s*(?:[\w/]+ ){1,3})[-](?=\s)")
_AND_ASKS = re.compile(
    r"\b(?:so|and|but) (?:i (?:assume|take it|guess|presume|suppose|wonder)|what|how|which|where"
    r"|(?:is|are|does|do|did|can|could|would|should|will|has|am)"
    r" (?:he|she|it|this|that|there|they|i|we|you))\b"
)
_ADDRESSED = re.compile(
    r"\s*(?:no|nope|nah) (?:mate|sarge|sgt|boss|sir|maam|pal|skip|skipper|bud)\b"
)
_GOES_ON = re.compile(r"(?:and|but|so|then|although) ")
_HARD = re.compile(r"[.!?;\n]")
_TOO_LONG = re.compile(r"([^;|]{300}\S{0,40})\s")
_TYPO_LENGTH, _LONGEST = 6, 16
_NEAR, _LEADING = 40, 300
_SWAPPED = {"he": "she", "she": "he", "him": "her", "his": "her", "her": "his"}
_PRONOUN = re.compile(r"\b(?:he|she|him|his|her)\b")


@dataclass(frozen=True)
class Spelling:
    """The reviewed word lists: shorthand to plain word, and words whose one-letter slips count."""

    same_word: Mapping[str, str]
    near: Mapping[str, str]
    known: frozenset[str]

    @classmethod
    def of(cls, same: Mapping[str, str], vocabulary: list[str], leave: list[str]) -> Spelling:
        """``same`` maps a plain word to its variants, parted by spaces."""
        variants = {short: plain for plain, shorts in same.items() for short in shorts.split()}
        near = {less: word for word in vocabulary for less in _one_less(word)}
        return cls(variants, near, frozenset([*vocabulary, *leave, *variants, *same]))

    def plain(self, word: str) -> str:
        """One spelling: the table first, then a slip of one letter in a longer word."""
        if word in self.same_word:
            return self.same_word[word]
        if word[-1:] == "s" and word[:-1] in self.same_word:
            return self.same_word[word[:-1]]
        if not _TYPO_LENGTH <= len(word) <= _LONGEST or {word, word.removesuffix("s")} & self.known:
            return word
        return next((self.near[less] for less in _one_less(word) if less in self.near), word)


@dataclass(frozen=True)
class Cues:
    """What opens a question or a supposition, what ends or carries a denial, who is who."""

    question: re.Pattern[str]
    relative: re.Pattern[str]
    supposition: re.Pattern[str]
    negator: re.Pattern[str]
    barrier: re.Pattern[str]
    far_negator: re.Pattern[str]
    hedge: re.Pattern[str]
    hedge_after: re.Pattern[str]
    elsewhere: re.Pattern[str]
    filler: re.Pattern[str]
    woman_suspect: re.Pattern[str]
    man_suspect: re.Pattern[str]
    other_people: re.Pattern[str]
    window: int


@dataclass(frozen=True)
class Said:
    """A value that stands at a stretch of the line; what is not ``sure`` must be asked."""

    value: str
    sure: bool
    start: int
    end: int
    in_a_list: bool = False
    weak: bool = False


@dataclass(frozen=True)
class Guess:
    """A value, how near it is to what was learned (0.5 is the border), and where it was said."""

    value: str
    share: float
    start: int
    end: int


@dataclass(frozen=True)
class Message:
    """``line`` holds plain words; ``|`` parts sentences, ``;`` clauses, ``~`` hides a question."""

    original: str
    line: str
    starts: list[int] = field(repr=False)
    places: list[tuple[int, int]] = field(repr=False)

    def words(self, start: int, end: int) -> str:
        """The stretch of the original message behind ``line[start:end]``."""
        first = max(bisect_right(self.starts, start) - 1, 0)
        last = max(bisect_left(self.starts, end) - 1, first)
        return self.original[self.places[first][0] : self.places[last][1]].strip(" ,.;:!?-()")

    def before(self, at: int) -> str:
        """The clause that leads to ``at``."""
        mark = max(self.line.rfind(";", 0, at), self.line.rfind("|", 0, at))
        return self.line[mark + 1 : at]

    def near(self, start: int, end: int) -> str:
        """The words of the same clause close to a stretch, the stretch among them."""
        before = self.before(start)[-_NEAR:]
        return before + self.line[start:end] + re.split("[;|]", self.line[end : end + _NEAR])[0]

    def sentence_before(self, at: int) -> str:
        """The sentence as far as it leads to ``at``, at most its last 300 letters."""
        return self.line[max(self.line.rfind("|", 0, at) + 1, at - _LEADING) : at]

    def around(self, start: int, end: int) -> str:
        """The sentence with ``<>`` about the stretch, at most 300 letters to each side."""
        after = self.line[end : end + _LEADING].partition("|")[0]
        return f"{self.sentence_before(start)}<{self.line[start:end]}>{after}"

    def sentence(self, start: int, end: int) -> str:
        """The sentence around a stretch."""
        left, right = self.line.rfind("|", 0, start), self.line.find("|", end)
        return self.line[left + 1 : right if right >= 0 else len(self.line)]


def read_message(text: str, spelling: Spelling, cues: Cues) -> Message:
    """Plain words with clause marks; every place in them leads back to the officer's own words.

    Where the suspect is a woman "he" and "she" change places, so that in ``line`` "he" is always
    the suspect and "she" the victim.
    """
    message = _plain_message(text, spelling)
    if cues.woman_suspect.search(message.line) and not cues.man_suspect.search(message.line):
        message = _plain_message(text, spelling, swap=True)
    return replace(message, line=_marked(message.line, cues))


def _plain_message(text: str, spelling: Spelling, swap: bool = False) -> Message:
    line, starts, places = "", [], []
    roles = _roles(text)
    for gap, word in _tokens(_SLASH.sub(",", text)):
        line += "\n" if "\n" in gap else " "
        starts.append(len(line) - 1)
        places.append(word.span())
        told = roles.sub(_role_word, word.group()) if roles else word.group()
        plain = ";" if _numbers_a_list(text, word) else _plain(told, spelling)
        line += _PRONOUN.sub(lambda found: _SWAPPED[found[0]], plain) if swap else plain
    line = _LABEL_DASH.sub(lambda found: found[1] + ":", _ANSWERED.sub(":", line[1:]))
    return Message(text, line, starts, places)


def _roles(text: str) -> re.Pattern[str] | None:
    """Case summaries write S or D for the suspect and V for the victim: only where both stand."""
    letters = set(re.findall(r"(?<![\w./])([SDV])(?=[,.:;]?\s|\Z)", text))
    return re.compile(r"^[SDV](?=[,.:;]?$)") if "V" in letters and len(letters) > 1 else None


def _numbers_a_list(text: str, word: re.Match[str]) -> bool:
    """ "1)", but not the end of "(6 and 9)"."""
    opened = text.rfind("(", 0, word.start()) > text.rfind(")", 0, word.start())
    return not opened and bool(_LISTED.match(word.group()))


def _role_word(letter: re.Match[str]) -> str:
    return _ROLE_LETTERS[letter[0]]


def denied(message: Message, at: int, cues: Cues) -> bool:
    """Whether a "no" or "not" governs what stands at ``at``; not where "and" or "but" opens it."""
    if _GOES_ON.match(message.line, at):
        return False
    before = _ADDRESSED.sub("", message.before(at).split(":")[-1])
    if cues.far_negator.search(before):
        return True
    near = cues.barrier.split(before)[-1].split()[-cues.window :]
    return any(cues.negator.fullmatch(word) for word in near)


def hedged(message: Message, start: int, end: int, cues: Cues) -> bool:
    """Whether the officer only thinks so: "probably medium", "medium, I think"."""
    if cues.hedge.search(message.before(start)):
        return True
    return bool(cues.hedge_after.match(message.line, end))


def _tokens(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    last = 0
    for word in re.finditer(r"\S+", text):
        yield text[last : word.start()], word
        last = word.end()


def _plain(token: str, spelling: Spelling) -> str:
    word = _STRETCHED.sub(r"\1", fold(token))
    if word in spelling.same_word:
        return spelling.same_word[word]
    bare = word.strip(",.;:!?()")
    if bare in spelling.same_word and not bare.isalnum():
        word = word.replace(bare, spelling.same_word[bare])
    word = _DOTTED_DATE.sub("/", word.replace("'", ""))
    role = _ROLE.match(word)
    if role and spelling.plain(role[1]) in ("suspect", "victim"):
        return spelling.plain(role[1]) + word[role.end() :]
    word = _YEARS_OLD.sub(" year old", _SECTION.sub("s", word))
    word = _QUOTE.sub("", _BRACKET.sub(", ", word)).replace("=", ":")
    word = _COMMA_BEFORE_DIGIT.sub(", ", word)
    if word in ("&", "+"):
        return "and"
    if word in spelling.same_word:
        return spelling.same_word[word]
    word = _JOINED.sub(" ", word)
    return _WORD.sub(lambda found: spelling.plain(found[0]), word)


def _marked(line: str, cues: Cues) -> str:
    """The line at the same length, with a mark at the end of each break and questions hidden."""
    shown, parts = list(line), clauses(line)
    sentence_is_asked, within = False, False
    for here, following in zip_longest(parts, parts[1:]):
        end = here.start + len(here.text)
        gap = line[end : following.start if following else len(line)]
        hidden = 0 if sentence_is_asked else _hidden_from(here.text, "?" in gap, within, cues)
        opens = hidden is not None and not here.text[:hidden].strip()
        _cover(shown, here.start + (hidden if hidden is not None else len(here.text)), end)
        if gap:
            hard = _HARD.search(gap)
            within = not hard
            shown[end : end + len(gap)] = ("|" if hard else ";").rjust(len(gap))
            sentence_is_asked = not hard and (sentence_is_asked or (opens and "?" not in gap))
    # Dictated text may have no breaks at all; a bound keeps every pattern's cost small.
    return _TOO_LONG.sub(r"\1;", "".join(shown))


def _hidden_from(clause: str, asks: bool, within: bool, cues: Cues) -> int | None:
    """Where in a clause the question or supposition begins; ``None`` where all is told.

    ``within`` a sentence, "who was" and "where" may tell of the clause before them.
    """
    plain = clause.strip()
    tells = within and cues.relative.match(plain)
    if cues.question.match(plain) and not tells:
        return 0
    if asks:  # "the offence is rape so does that rule it out?" tells before it asks
        asked = _AND_ASKS.search(clause)
        return asked.start() if asked else 0
    supposed = cues.supposition.search(clause)
    return supposed.start() if supposed else None


def _cover(shown: list[str], start: int, end: int) -> None:
    for at in range(start, end):
        if shown[at] != " ":
            shown[at] = "~"


def _one_less(word: str) -> list[str]:
    return [word, *(word[:at] + word[at + 1 :] for at in range(len(word)))]
