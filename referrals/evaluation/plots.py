"""The plots of a report as SVG to stand in a page: text stays text, and nothing runs."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_LOOK: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cara",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
# Told apart without colour too: each line has a mark and a dash of its own.
_COLOURS = ("#16404d", "#b35900", "#5a2d82", "#00703c", "#942514", "#1d70b8", "#4c2c92", "#505a5f")
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_DASHES = ("-", "--", "-.", ":")
_NAMES = re.compile(r'(\bid="|url\(#|href="#)([\w.-]+)')


@dataclass(frozen=True)
class Dot:
    """One figure with its interval, as a dot on a line."""

    label: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Path:
    """One curve: values with their intervals at days."""

    label: str
    days: Sequence[int]
    dots: Sequence[Dot]


def dots(name: str, title: str, says: str, given: Sequence[Dot], along: str) -> Markup:
    """A dot and its interval a line; ``says`` is the text for who does not see it."""
    with mpl.rc_context(_LOOK):
        figure = Figure(figsize=(7.5, 1.1 + 0.42 * len(given)), layout="constrained")
        axes = figure.subplots()
        for place, dot in enumerate(given):
            axes.plot([dot.low, dot.high], [place, place], color=_COLOURS[0], linewidth=2)
            axes.plot([dot.value], [place], "o", color=_COLOURS[0], markersize=7)
        axes.set_yticks(range(len(given)), [_plain(dot.label) for dot in given])
        axes.set_ylim(len(given) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.set_xlabel(along)
        return _svg(figure, name, title, says)


def curves(name: str, title: str, says: str, given: Sequence[Path], along: str, up: str) -> Markup:
    """Steps down from 1 with whiskers, one for each group."""
    with mpl.rc_context(_LOOK):
        figure = Figure(figsize=(7.5, 4.2), layout="constrained")
        axes = figure.subplots()
        for place, path in enumerate(given):
            _draw(axes, path, place)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(left=0)
        axes.set_xlabel(along)
        axes.set_ylabel(up)
        if len(given) > 1:
            axes.legend(frameon=False)
        return _svg(figure, name, title, says)


def _draw(axes: Axes, path: Path, place: int) -> None:
    colour = _COLOURS[place % len(_COLOURS)]
    values = [dot.value for dot in path.dots]
    axes.step(
        [0, *path.days],
        [1.0, *values],
        where="post",
        color=colour,
        linestyle=_DASHES[place % len(_DASHES)],
        marker=_MARKS[place % len(_MARKS)],
        label=_plain(path.label),
    )
    below = [dot.value - dot.low for dot in path.dots]
    above = [dot.high - dot.value for dot in path.dots]
    axes.errorbar(path.days, values, yerr=[below, above], fmt="none", ecolor=colour, capsize=3)


def _plain(label: str) -> str:
    """A label as it was typed: a dollar sign would begin a formula."""
    return label.replace("$", r"\$")


def _svg(figure: Figure, name: str, title: str, says: str) -> Markup:
    out = io.StringIO()
    nobody = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(out, format="svg", metadata=nobody)
    text = out.getvalue()
    drawn = text[text.index(">", text.index("<svg ")) + 1 :]
    # Ids are of the whole page, and the reset of one style would be too.
    drawn = _NAMES.sub(rf"\g<1>{name}-\g<2>", drawn)
    drawn = re.sub(r"<(metadata|style)\b.*?</\1>", "", drawn, flags=re.DOTALL)
    size = re.search(r'viewBox="[^"]+"', text)
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'role="img" {view} aria-labelledby="{name}-title {name}-says">'
        '<title id="{name}-title">{title}</title><desc id="{name}-says">{says}</desc>'
    ).format(view=Markup(size.group()) if size else "", name=name, title=title, says=says)  # noqa: S704
    return head + Markup(drawn)  # noqa: S704 - matplotlib's own, with every label escaped
