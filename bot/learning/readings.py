"""How a person says a message is to be read: an intent, and the needs or answers that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.learning.apart import is_measured_on
from referrals.rule_set import rule_set_of

_WORDS = Path(__file__).with_name("readings.yml")
ANSWERING = frozenset({"give_answers", "correct_answer"})
OFFICER = "officer"


class ReadingError(ValueError):
    """A reading that cannot be; ``fault`` is its key in ``readings.yml``."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True)
class Reading:
    """What a message means; ``criteria`` maps criteria to the codes of their answers."""

    intent: str
    needs: tuple[str, ...] = ()
    criteria: Mapping[str, str] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Reading:
        """As it was stored."""
        return cls(kept["intent"], tuple(kept["needs"]), dict(kept["criteria"]))


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """The plain words of ``readings.yml`` by section and key."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return loaded


def check(said: str, audience: str, site: str, reading: Reading, *, confirmed: bool) -> None:
    """Raises :class:`ReadingError` for the first thing that keeps this from being learned."""
    for fault, found in (
        ("measured", is_measured_on(said)),
        ("no_intent", not reading.intent),
        ("strange", _is_strange(audience, site, reading)),
        ("answers_elsewhere", bool(reading.criteria) and reading.intent not in ANSWERING),
        ("not_confirmed", not confirmed),
    ):
        if found:
            raise ReadingError(fault)


def _is_strange(audience: str, site: str, reading: Reading) -> bool:
    if reading.intent not in words()[audience]:
        return True
    if audience != OFFICER:
        return bool(reading.criteria) or not set(reading.needs) <= set(words()["needs"])
    codes = {item.id: item.answers for item in rule_set_of(site).in_chat}
    told = reading.criteria.items()
    return bool(reading.needs) or any(value not in codes.get(key, ()) for key, value in told)
