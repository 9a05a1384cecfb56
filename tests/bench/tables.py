"""The figures as people read them: beside their peers, and beside what we set out to reach."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tests.bench.measuring import Asked, Size
from tests.bench.timing import Spread

# Milliseconds for 19 of 20 answers to one client, by places; seconds for whole directories.
ONE_CLIENT_MS = {2_000: 25.0, 20_000: 80.0}
TOGETHER_PER_SECOND, TOGETHER_MS = 150.0, 120.0
LARGE = 20_000
REINDEX_S, IMPORT_S = 5.0, 60.0


def machine() -> dict[str, Any]:
    """What the figures depend on, as it is now."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": [round(each, 2) for each in os.getloadavg()],
    }


def in_words(facts: dict[str, Any], sizes: Iterable[Size]) -> str:
    """All of it in Markdown."""
    load = ", ".join(map(str, facts["load"]))
    lines = [
        f"{facts['cores']} cores, Python {facts['python']}, SQLite {facts['sqlite']}, "
        f"load average at the start {load}."
    ]
    for size in sizes:
        lines += ["", f"## {size.places:,} places, {size.services:,} services, {size.engine}", ""]
        lines += [*_questions(size), "", *_whole(size), "", *_kept(size)]
    return "\n".join(lines)


def met(figure: float, target: float | None, *, at_least: bool = False) -> str:
    """Whether a figure is as it should be; nothing where nothing was set out."""
    if target is None:
        return ""
    return "met" if (figure >= target if at_least else figure <= target) else "not met"


def _questions(size: Size) -> Iterator[str]:
    one = ONE_CLIENT_MS.get(size.places)
    wanted = f" (<= {one:g})" if one else ""
    yield from _table(
        [
            "ms: p50 / p95",
            "rows",
            "floor",
            "ours in process",
            f"HTTP, 1 client{wanted}",
            "",
            f"8 clients: requests a second (>= {TOGETHER_PER_SECOND:g})",
            f"p95 (<= {TOGETHER_MS:g})",
            "",
        ],
        [_question(asked, one) for asked in size.asked],
    )


def _question(asked: Asked, one: float | None) -> list[str]:
    load = asked.load
    enough = met(load.per_second, TOGETHER_PER_SECOND, at_least=True)
    both = {enough, met(load.p95, TOGETHER_MS)}
    return [
        asked.kind,
        f"{asked.rows:,}",
        *(_spread(each) for each in (asked.floor, asked.ours, asked.http)),
        met(asked.http.p95, one),
        f"{load.per_second:.0f}",
        f"{load.p95:.0f}",
        "met" if both == {"met"} else "not met",
    ]


def _whole(size: Size) -> Iterator[str]:
    large = size.places == LARGE
    reindex, whole = (REINDEX_S, IMPORT_S) if large else (None, None)
    yield from _table(
        ["seconds", "ours", "floor", "target", ""],
        [
            [
                "re-index of everything; the floor's full text alone",
                f"{size.reindex_s:.2f}",
                f"{size.rebuild_s:.2f}",
                f"<= {reindex:g}" if reindex else "",
                met(size.reindex_s, reindex),
            ],
            [
                "import, checked and published; the floor's rows as they are",
                f"{size.import_s:.1f}",
                f"{size.inserted_s:.1f}",
                f"<= {whole:g}" if whole else "",
                met(size.import_s, whole),
            ],
            ["the first question, which reads it into memory", f"{size.first_s:.1f}", "", "", ""],
        ],
    )


def _kept(size: Size) -> Iterator[str]:
    yield from _table(
        ["found of those that there are", "floor", "ours", ""],
        [
            [
                each.what,
                f"{each.floor:,} of {each.of:,}",
                f"{each.ours:,} of {each.of:,}",
                met(each.ours, each.of or None, at_least=True),
            ]
            for each in size.kept
        ],
    )


def _spread(spread: Spread) -> str:
    return f"{_ms(spread.p50)} / {_ms(spread.p95)}"


def _ms(figure: float) -> str:
    return f"{figure:.2f}" if figure < 1 else f"{figure:.1f}" if figure < 10 else f"{figure:.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
