"""The six questions that every peer is asked, in the words of each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.clock import LONDON
from services_directory.places import Place, find_place
from services_directory.query import Query
from tests.bench.made import NEEDS

SITE = "hampshire"
ROWS = 10
WITHIN_M = 5_000
AFTERNOON = datetime(2026, 11, 24, 15, 0, tzinfo=LONDON)
# Places of which the made-up directory is full, so that every question has answers.
TOWNS = ("Southampton", "Portsmouth", "Winchester", "Ryde")


@dataclass(frozen=True)
class Question:
    """What is asked for; ``place`` is the middle of ``town``, and ``kind`` the name in tables."""

    kind: str
    text: str = ""
    town: str = ""
    need: str = ""
    open_at: datetime | None = None
    place: Place | None = field(default=None, compare=False)

    @property
    def within_m(self) -> int | None:
        """Metres from the place."""
        return WITHIN_M if self.town else None

    def query(self) -> Query:
        """The same for ``finding.find``, which is given the text beside it."""
        return Query(
            site=SITE,
            needs=(self.need,) if self.need else (),
            place=self.place,
            within_m=self.within_m,
            open_now=self.open_at is not None,
        )

    def body(self) -> dict[str, Any]:
        """The same for the API."""
        said = {
            "text": self.text,
            "near": self.town,
            "within_m": self.within_m,
            "needs": [self.need] if self.need else [],
            "open_at": self.open_at.isoformat() if self.open_at else None,
        }
        return {"site": SITE, "limit": ROWS} | {
            name: value for name, value in said.items() if value
        }


def questions(turn: int) -> Iterator[Question]:
    """The six of one round; places and needs take turns, so that no answer is simply kept."""
    town, need = TOWNS[turn % len(TOWNS)], NEEDS[turn % len(NEEDS)]
    place = find_place(town, SITE)
    yield Question("keyword", text="naloxone")
    yield Question("two words", text="recovery group")
    yield Question("near 5 km", town=town, place=place)
    yield Question("near + need", town=town, place=place, need=need)
    yield Question("near + need + open at", town=town, place=place, need=need, open_at=AFTERNOON)
    yield Question("need only", need=need)
