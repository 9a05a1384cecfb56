"""One figure of the bench: ours beside its peer's, what we set out to reach, and whether we did."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

HEAD = ("part", "what", "ours", "peer", "ours to peer", "target", "", "note")


@dataclass(frozen=True)
class Figure:
    """``ours`` and ``peer`` in ``unit``; ``peer`` is None where nobody else does it.

    ``times`` is the target for ours as so many times the peer's, ``target`` the one for ours
    itself; ``at_least`` where more is better. ``ratio`` is the middle of the ratios of single
    rounds where there were rounds, which is not the ratio of the two middles.
    """

    part: str
    what: str
    ours: float
    peer: float | None = None
    unit: str = "ms"
    times: float | None = None
    target: float | None = None
    at_least: bool = False
    ratio: float | None = None
    note: str = ""

    @property
    def compared(self) -> float | None:
        """Ours as so many times the peer's."""
        if self.ratio is not None or not self.peer:
            return self.ratio
        return self.ours / self.peer

    @property
    def verdict(self) -> str:
        """Met, missed, or nothing where nothing was set out or nothing is there to compare."""
        got, wanted = (
            (self.ours, self.target) if self.times is None else (self.compared, self.times)
        )
        if got is None or wanted is None:
            return ""
        return "met" if (got >= wanted if self.at_least else got <= wanted) else "MISSED"


def paired(part: str, what: str, rounds: Sequence[tuple[float, float]], **about: Any) -> Figure:
    """A figure from interleaved rounds of (ours, peer): the middle of each and of their ratios."""
    ours, peer = zip(*rounds, strict=True)
    ratio = statistics.median(one / other for one, other in rounds if other) if all(peer) else None
    middle = statistics.median
    return Figure(part, what, middle(ours), middle(peer), ratio=ratio, **about)


def in_one_table(figures: Iterable[Figure]) -> str:
    """All of them in Markdown, as wide as they need to be."""
    rows = [HEAD, *map(_row, figures)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *lines[1:]])


def as_json(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """The same with the ratio and the verdict."""
    return [asdict(each) | {"compared": each.compared, "verdict": each.verdict} for each in figures]


def verdicts(figures: Iterable[Figure]) -> Iterator[str]:
    """How many targets were missed, and what each miss is, in a line."""
    judged = [each for each in figures if each.verdict]
    misses = [each for each in judged if each.verdict == "MISSED"]
    yield f"Missed: {len(misses)} of {len(judged)} targets{':' if misses else '.'}"
    for each in misses:
        yield f"- {each.part}, {each.what}: {_told(each)}; {_wanted(each)}"


def number(value: float) -> str:
    """As many digits as tell something."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _row(figure: Figure) -> tuple[str, ...]:
    compared = "" if figure.compared is None else f"{figure.compared:.2f}"
    peer = "" if figure.peer is None else f"{number(figure.peer)} {figure.unit}"
    ours = f"{number(figure.ours)} {figure.unit}"
    rest = (compared, _wanted(figure), figure.verdict, figure.note)
    return (figure.part, figure.what, ours, peer, *rest)


def _told(figure: Figure) -> str:
    """Ours, and as so many times the peer's where that is what was set out."""
    ours = f"{number(figure.ours)} {figure.unit}".strip()
    if figure.times is None or figure.compared is None:
        return ours
    return f"{ours}, {figure.compared:.2f} x peer"


def _wanted(figure: Figure) -> str:
    sign = ">=" if figure.at_least else "<="
    if figure.times is not None:
        return f"{sign} {figure.times:g} x peer"
    return "" if figure.target is None else f"{sign} {figure.target:g} {figure.unit}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return f"| {' | '.join(cells)} |"
