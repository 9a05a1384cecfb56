"""The figures as a picture: ours as so many times the peer's, and where the time of a turn goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from tests.bench.figures import Figure, number
from tests.bench.turn.shares import PART as WHERE

GOOD, BAD, PLAIN = "#00703c", "#d4351c", "#505a5f"
COLOURS = {"met": GOOD, "MISSED": BAD, "": PLAIN}


def drawn(figures: Sequence[Figure], path: Path) -> None:
    """Draw what can be compared, and the shares, into a PNG."""
    compared = [each for each in figures if each.compared]
    shares = [each for each in figures if each.part == WHERE][:-1]
    height = 2 + 0.34 * (len(compared) + len(shares))
    figure, (left, right) = pyplot.subplots(
        2, 1, figsize=(11, height), height_ratios=(len(compared) or 1, len(shares) or 1)
    )
    _compare(left, compared)
    _share(right, shares)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _compare(axes: Axes, figures: Sequence[Figure]) -> None:
    rows = range(len(figures))
    values = [each.compared or 0 for each in figures]
    axes.barh(rows, values, color=[COLOURS[each.verdict] for each in figures])
    for row, each in zip(rows, figures, strict=True):
        axes.text(each.compared or 0, row, f" {number(each.compared or 0)}", va="center", size=8)
        if each.times is not None:
            axes.plot([each.times] * 2, [row - 0.45, row + 0.45], color="black", linewidth=2)
    axes.set_yticks(rows, [f"{each.part}: {each.what}" for each in figures], size=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    for axis in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        axis(FuncFormatter(lambda value, _at: f"{value:g}"))
    axes.tick_params(axis="x", which="both", labelsize=7)
    axes.margins(x=0.12)
    axes.axvline(1, color=PLAIN, linewidth=0.8)
    axes.set_title("Ours as so many times the peer's (1 is the peer; black is the target)", size=10)


def _share(axes: Axes, figures: Sequence[Figure]) -> None:
    rows = range(len(figures))
    axes.barh(rows, [each.ours for each in figures], color=PLAIN)
    for row, each in zip(rows, figures, strict=True):
        label = f" {number(each.ours)} ms, {each.note}"
        axes.text(max(each.ours, 0), row, label, va="center", size=8)
    axes.set_yticks(rows, [each.what for each in figures], size=8)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_title("Where the time of one of our turns goes (ms)", size=10)
