"""The words around the chat, from ``bot/domain/words/pages.yml``, and the languages offered."""

from __future__ import annotations

from dataclasses import dataclass

from core.settings import settings
from core.words import keys, words

NAMES = {"en": "English", "pl": "Polski", "pa": "ਪੰਜਾਬੀ"}
DEFAULT = "en"
_PREFIX = "utter_page_"


@dataclass(frozen=True)
class PageWords:
    """The page's words in one language; call it with a key."""

    language: str

    def __call__(self, key: str, value: str = "") -> str:
        """The words of ``key``, with ``value`` in their gap if they have one."""
        return words(f"{_PREFIX}{key}", self.language, {"value": value}).text

    @property
    def reviewed(self) -> bool:
        """Whether a qualified speaker has read all of them."""
        return all(
            said[self.language].reviewed
            for key, said in keys().items()
            if key.startswith(_PREFIX) and self.language in said
        )


def languages() -> dict[str, PageWords]:
    """The languages that a person may choose: unreviewed ones in demonstration mode only."""
    every = {code: PageWords(code) for code in NAMES}
    return {code: each for code, each in every.items() if settings().demo or each.reviewed}


def page_words(language: str) -> PageWords:
    """The words in a language that is offered, or else in English."""
    return languages().get(language) or PageWords(DEFAULT)
