"""What is said to a finding: approved words only, with numbers from the one reviewed table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.safety.lexicon import load
from bot.safety.model import Finding, Level

_HERE = Path(__file__).parent
_DEFAULT_LANGUAGE = "en"
_POLISH = str.maketrans("ąćęłńóśźż", "acelnoszz")


@dataclass(frozen=True)
class Answer:
    """Words to say now. ``choices`` (yes, no, rather not) are those of a question, else empty."""

    text: str
    language: str
    choices: tuple[str, ...]


def _filled(words: dict[str, Any], lines: dict[str, str], numbers: dict[str, str]) -> Any:
    """Every text of the tree by language, with the crisis line and the numbers put in."""
    return {
        key: _filled(value, lines, numbers)
        if isinstance(value, dict)
        else value.replace("{line}", lines.get(key, "")).format(**numbers)
        for key, value in words.items()
    }


_SHEET = load(_HERE / "answers.yml")
_NUMBERS = {row["key"]: row["display"] for row in load(_HERE / "numbers.yml")["numbers"]}
_TEXTS = {
    audience: _filled(_SHEET[audience], _SHEET["lines"], _NUMBERS)
    for audience in ("participant", "officer")
}


def answer(finding: Finding, language: str, audience: str) -> Answer:
    """The approved answer; in English where there is none in the language asked for.

    Anyone but an officer is spoken to as a participant.
    """
    by_language = _TEXTS.get(audience, _TEXTS["participant"])[finding.kind][finding.level]
    spoken = language if language in by_language else _DEFAULT_LANGUAGE
    choices = tuple(_SHEET["choices"][spoken]) if finding.level is Level.check else ()
    return Answer(by_language[spoken], spoken, choices)


def reviewed(language: str) -> bool:
    """Whether a qualified person has read the answers of this language."""
    return bool(_SHEET["reviewed"].get(language, False))


def after_no(language: str) -> str:
    """One gentle sentence for somebody who answers no; the conversation then goes on."""
    sentences: dict[str, str] = _SHEET["after_no"]
    return sentences.get(language, sentences[_DEFAULT_LANGUAGE])


def typed_reply(text: str) -> str | None:
    """ "yes", "no" or "rather_not" where somebody types it instead of pressing it, else None."""
    bare = "".join(ch for ch in text.casefold() if ch.isalnum() or ch.isspace() or ord(ch) > 0x900)
    said = " ".join(bare.translate(_POLISH).split())
    return next((reply for reply, words in _SHEET["typed"].items() if said in words), None)
