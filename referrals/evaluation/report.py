"""The report of a site as one page to read and to print: figures, plots, and what they are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path as File
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from referrals.evaluation import plots
from referrals.evaluation.figures import LONGEST, Estimate, Figures, Line, Survival, figures_of
from referrals.evaluation.outcomes import Joined
from referrals.evaluation.plots import Dot, Path

_FOLDER = File(__file__).parent


@dataclass(frozen=True)
class Drawn:
    """A plot with the heading that stands over it; the table under it is the template's."""

    svg: Markup
    title: str


def report(joined: Joined, *, title: str, on: date) -> str:
    """The report as HTML that needs no other file; raises ``SheetError`` for too many groups."""
    figures = figures_of(joined)
    texts = _texts()
    return (
        _environment()
        .get_template("report.html")
        .render(
            title=title,
            on=on,
            figures=figures,
            joined=joined,
            texts=texts,
            longest=LONGEST,
            prevalence=_prevalence(figures, texts),
            survival=[_survival(figures, da, texts) for da in (False, True)],
            harm=_harm(figures, texts) if joined.index else None,
            named=lambda line: _named(line, texts),
            whose=lambda group: group or texts["everybody"],
        )
    )


def _prevalence(figures: Figures, texts: Mapping[str, Any]) -> Drawn | None:
    given = [(line, line.share) for line in figures.lines if line.share]
    return _dots("prevalence", given, texts, percent=True)


def _harm(figures: Figures, texts: Mapping[str, Any]) -> Drawn | None:
    return _dots("harm", [(line, line.harm) for line in figures.lines if line.harm], texts)


def _dots(
    name: str,
    given: Iterable[tuple[Line, Estimate]],
    texts: Mapping[str, Any],
    *,
    percent: bool = False,
) -> Drawn | None:
    by = 100 if percent else 1
    found = [
        Dot(_named(line, texts), by * each.value, by * each.low, by * each.high)
        for line, each in given
    ]
    if not found:
        return None
    words = texts["plots"][name]
    says = words["says"] + " " + "; ".join(_said(dot) for dot in found) + "."
    return Drawn(plots.dots(name, words["title"], says, found, words["along"]), words["title"])


def _survival(
    figures: Figures, da: bool, texts: Mapping[str, Any]
) -> tuple[Drawn | None, list[Survival]]:
    given = [each for each in figures.survival if each.da is da]
    if not given:
        return None, []
    paths = [
        Path(
            each.group or texts["everybody"],
            [day for day, _found in each.points],
            [Dot(str(day), found.value, found.low, found.high) for day, found in each.points],
        )
        for each in given
    ]
    name = f"first_{'da' if da else 'any'}"
    words = texts["plots"][name]
    says = f"{words['says']} " + "; ".join(_ending(path, texts) for path in paths) + "."
    drawn = plots.curves(name, words["title"], says, paths, words["along"], words["up"])
    return Drawn(drawn, words["title"]), given


def _named(line: Line, texts: Mapping[str, Any]) -> str:
    kind = texts["da"] if line.da else texts["any"]
    within = texts["within"].format(days=line.days)
    return ", ".join((line.group or texts["everybody"], kind, within))


def _said(dot: Dot) -> str:
    return f"{dot.label}: {dot.value:.1f} ({dot.low:.1f} to {dot.high:.1f})"


def _ending(path: Path, texts: Mapping[str, Any]) -> str:
    last = path.dots[-1]
    at: str = texts["at_day"].format(day=path.days[-1])
    return f"{path.label}, {at}: {last.value:.2f} ({last.low:.2f} to {last.high:.2f})"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {"count": _count, "estimate": _estimate, "percent": _percent, "day": _day}
    return made


def _count(value: int | None) -> str:
    return _texts()["hidden"] if value is None else f"{value:,}"


def _percent(found: Estimate | None) -> str:
    if found is None:
        return str(_texts()["hidden"])
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"


def _estimate(found: Estimate | None, places: int = 1) -> str:
    if found is None:
        return str(_texts()["hidden"])
    return f"{found.value:,.{places}f} ({found.low:,.{places}f} to {found.high:,.{places}f})"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


@cache
def _texts() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((_FOLDER / "report.yml").read_text(encoding="utf-8"))
    book = yaml.safe_load((_FOLDER / "codebook.yml").read_text(encoding="utf-8"))
    loaded["status"] = book["status"] | loaded["status"]
    loaded["outcome"] = book["outcome"] | loaded["outcome"]
    return loaded
