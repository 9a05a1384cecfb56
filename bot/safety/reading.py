"""Reading: a message of any spelling becomes a row of canonical words that patterns know."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from bot.safety.folding import fold
from bot.safety.lexicon import BREAK, COMMA, LANGUAGES, OTHER, Lexicon

# A longer message is read at both ends: nothing a person types in a chat comes near it.
_LONGEST = 20_000
_TOKEN = re.compile(
    r"(?P<word>[\w\u0a00-\u0a7f@$€|][\w\u0a00-\u0a7f@$€|!*+#']*)"
    r"|(?P<stop>[.!?;…\n\r]+)|(?P<comma>[,:()\"]+)"
)
_SPELT_OUT = re.compile(r"(?<![^\W_'])[^\W\d_](?:[ .*_\-]{1,2}[^\W\d_](?![^\W_])){2,}")
_LEET = [str.maketrans("013457@$€!|+8", f"o{one}eastase{one}{one}tb") for one in "il"]
_LEET_SIGN = re.compile(r"[0-9@$€!|+]")
_CONTRACTED = re.compile(r"(n't|'(?:ll|ve|re|m|d|s))$")
_CONTRACTION = {
    "n't": "not", "'ll": "will", "'ve": "have", "'re": "are", "'m": "am", "'d": "would", "'s": "is",
}  # fmt: skip
_IRREGULAR = {"ca": "can", "wo": "will", "sha": "shall"}
_LONG_RUN = re.compile(r"(.)\1{2,}")
_RUN = re.compile(r"(.)\1+")
_DOSE = re.compile(r"\d+[a-z]{1,4}")
_LONGEST_WORD = 40


class Reader:
    """Turns text into words of a closed vocabulary, so that memory does not grow with use."""

    def __init__(
        self, lexicon: Lexicon, pattern_words: Iterable[str], stems: Iterable[str]
    ) -> None:
        self._lexicon = lexicon
        self.known = lexicon.known | frozenset(pattern_words)
        self._stems = frozenset(stems)
        self._emoji = re.compile("|".join(map(re.escape, lexicon.emoji)))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every token that reading can give: known words, one placeholder a stem, and signs."""
        return self.known | {f"{stem}*" for stem in self._stems} | {BREAK, COMMA, OTHER}

    def read(self, text: str, language: str) -> list[str]:
        """The canonical words of a text. ``language`` says which misspelling to think of first."""
        if len(text) > _LONGEST:
            text = f"{text[: _LONGEST // 2]} \n {text[-_LONGEST // 2 :]}"
        folded = self._emoji.sub(lambda m: f" {self._lexicon.emoji[m[0]]} ", text)
        folded = _SPELT_OUT.sub(self._spelt_out, fold(folded))
        order = sorted(LANGUAGES, key=lambda code: code != language)
        words = itertools.chain.from_iterable(
            self._token(match, order) for match in _TOKEN.finditer(folded)
        )
        return [self._stemmed(word) for word in self._lexicon.canonical(list(words))]

    def _spelt_out(self, match: re.Match[str]) -> str:
        joined = re.sub(r"[^\w]|_", "", match[0])
        if joined in self.known:
            return joined
        return " ".join(self._segments(joined) or [match[0]])

    def _token(self, match: re.Match[str], order: list[str]) -> Iterator[str]:
        if match["stop"]:
            yield BREAK
        elif match["comma"]:
            yield COMMA
        else:
            yield from self._word(match["word"], order)
            if match["word"].endswith("!"):
                yield BREAK

    def _word(self, raw: str, order: list[str]) -> Iterable[str]:
        word = raw.strip("'!|+#_")
        if not word:
            return [OTHER]
        if "'" in word:
            return self._contracted(word, order)
        if word in self.known or word.isdecimal():
            return [word]
        if len(word) > _LONGEST_WORD * 2:
            return [OTHER]
        return self._disguised(word) or self._misspelt(word, order) or [word or OTHER]

    def _contracted(self, word: str, order: list[str]) -> Iterable[str]:
        ending = _CONTRACTED.search(word)
        if not ending:
            return self._word(word.replace("'", ""), order)
        stem = word[: ending.start()].replace("'", "")
        return [*self._word(_IRREGULAR.get(stem, stem), order), _CONTRACTION[ending[1]]]

    def _disguised(self, word: str) -> list[str] | None:
        """Starred out, written with digits or signs, drawn out, or run together."""
        if "*" in word.strip("*"):
            return self._starred(word)
        plain = word.strip("*")
        if not plain:
            return [OTHER]
        candidates = [plain]
        if _LEET_SIGN.search(plain) and not _DOSE.fullmatch(plain):
            candidates += [plain.translate(table) for table in _LEET]
        if _DOSE.fullmatch(plain):
            return [OTHER]
        for candidate in candidates:
            for reading in (
                candidate,
                _LONG_RUN.sub(r"\1\1", candidate),
                _LONG_RUN.sub(r"\1", candidate),
            ):
                if reading in self.known:
                    return [reading]
        squeezed = (
            self._squeezed.get(_RUN.sub(r"\1", c)) for c in candidates if _LONG_RUN.search(c)
        )
        if found := next(filter(None, squeezed), None):
            return [found]
        return next(filter(None, map(self._segments, candidates)), None)

    def _starred(self, word: str) -> list[str]:
        mask = re.compile(re.sub(r"\\\*", r"\\w", re.escape(word)))
        return [next(filter(mask.fullmatch, sorted(self._lexicon.core)), word.replace("*", ""))]

    @cached_property
    def _squeezed(self) -> dict[str, str]:
        return {_RUN.sub(r"\1", word): word for word in sorted(self.known)}

    def _segments(self, joined: str) -> list[str] | None:
        """Known words that were run together, if one of them is telling; the fewest words win."""
        if not 6 <= len(joined) <= _LONGEST_WORD:
            return None
        best: list[list[str] | None] = [[], *([None] * len(joined))]
        for end in range(1, len(joined) + 1):
            for start in range(max(0, end - 12), end):
                head, piece = best[start], joined[start:end]
                if head is None or not self._is_piece(piece):
                    continue
                longer, held = [*head, piece], best[end]
                if held is None or len(longer) < len(held):
                    best[end] = longer
        words = best[-1]
        return words if words and any(word in self._lexicon.core for word in words) else None

    def _is_piece(self, piece: str) -> bool:
        return piece == "i" or (len(piece) > 1 and piece in self.known)

    def _misspelt(self, word: str, order: list[str]) -> list[str] | None:
        """The telling word meant, for one slip in a word of five letters or more."""
        if len(word) < 5:
            return None
        slips = _deletions(word)
        for code in order:
            found = [t for s in slips for t in self._near[code].get(s, ()) if _one_slip(word, t)]
            if found:
                return [min(found)]
        if (plain := _skeleton(word)) in self._roman:
            return [self._roman[plain]]
        return None

    @cached_property
    def _near(self) -> dict[str, dict[str, list[str]]]:
        near: dict[str, dict[str, list[str]]] = {code: {} for code in LANGUAGES}
        for code, words in self._lexicon.misspelt.items():
            for word in sorted(words):
                for slip in _deletions(word):
                    near[code].setdefault(slip, []).append(word)
        return near

    @cached_property
    def _roman(self) -> dict[str, str]:
        """Telling words of romanised Punjabi, which has no fixed spelling, by how they sound."""
        return {_skeleton(word): word for word in sorted(self._lexicon.misspelt["pa"])}

    def _stemmed(self, word: str) -> str:
        if word in self.vocabulary:
            return word
        ends = range(len(word), 2, -1)
        return next((f"{word[:n]}*" for n in ends if word[:n] in self._stems), OTHER)


def _deletions(word: str) -> set[str]:
    return {word} | {word[:n] + word[n + 1 :] for n in range(len(word))}


def _one_slip(left: str, right: str) -> bool:
    """One letter added, lost, changed, or two neighbours swapped."""
    if abs(len(left) - len(right)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), None)
    if start is None:
        return True
    one, two = left[start:], right[start:]
    return (
        one[1:] == two[1:]
        or one[1:] == two
        or one == two[1:]
        or (one[:2] == two[1::-1] and one[2:] == two[2:])
    )


def _skeleton(word: str) -> str:
    for long, short in (("aa", "a"), ("ee", "i"), ("oo", "u"), ("w", "v"), ("ph", "f"), ("z", "j")):
        word = word.replace(long, short)
    return _RUN.sub(r"\1", word)
