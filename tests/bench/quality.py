"""How well both understand, beside how fast they are: read from the record, not measured here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.settings import ROOT
from tests.bench.figures import Figure

RECORD = ROOT / "docs/decisions/0013-the-pipeline-by-measurement.md"
OURS, STOCK = "shipped: both, with rules", "stock DIET"
# A column of the record, the figure of it that is told, and whether more is better.
COLUMNS = (
    (1, 0, "intents of the fifth that was held out, macro-F1"),
    (1, 1, "needs of the fifth that was held out, F1"),
    (3, 0, "intents of the development texts"),
    (4, 0, "needs, English"),
    (5, 0, "needs, Polish"),
    (6, 0, "needs, Punjabi"),
    (7, 0, "out of scope found where 5 % are refused, English"),
)
_FIGURE = re.compile(r"\d+\.\d+")


def figures(record: str = "") -> Iterator[Figure]:
    """The rows of ours and of stock DIET in the table of decision 0013."""
    rows = [line.strip("| ").split("|") for line in (record or RECORD.read_text()).splitlines()]
    ours, stock = (_row(rows, name) for name in (OURS, STOCK))
    for column, which, what in COLUMNS:
        one, other = (float(_FIGURE.findall(row[column])[which]) for row in (ours, stock))
        note = f"docs/decisions/0013 ({stock[0].strip()}), not this run"
        yield Figure("quality", what, one, other, "", times=1.0, at_least=True, note=note)


def _row(rows: list[list[str]], name: str) -> list[str]:
    return next(row for row in rows if name in row[0] and len(row) > len(COLUMNS))
