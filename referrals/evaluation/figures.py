"""The figures of a site's report, with what may not be published already taken out.

Prevalence is the share of people with a new event, count the number of events, harm their days of
the index; each within 180 and 365 days of t0, for people followed 365 days, of any kind and of
domestic abuse. Nobody is dropped for what became of the referral (intention to treat).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from core.shares import wilson
from referrals.evaluation.intervals import half_by, kaplan_meier, mean, poisson
from referrals.evaluation.outcomes import Followed, Joined
from referrals.evaluation.sheets import SheetError
from referrals.evaluation.suppression import SMALLEST, hidden

WINDOWS = (180, 365)
LONGEST = WINDOWS[-1]
ALL = ""
MOST_GROUPS = 8
STEP_DAYS = 30
Key = tuple[str, str]
Cells = dict[Key, int]
Sums = list[tuple[Key, tuple[Key, ...]]]


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval and the count that it rests on."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Line:
    """One line of the outcome table; None where the figure may not be published.

    ``share`` of the people, ``events`` as a number with the interval of what it may be, ``rate``
    events for 100 people, ``harm`` mean days of the index for each person.
    """

    group: str
    days: int
    da: bool
    people: int | None
    share: Estimate | None
    events: Estimate | None
    rate: Estimate | None
    harm: Estimate | None


@dataclass(frozen=True)
class Survival:
    """Days to the first event: the shares without one at days that hide everybody's own day.

    ``median`` is the first of these days by which half have had one, with its interval.
    """

    group: str
    da: bool
    points: tuple[tuple[int, Estimate], ...]
    median: tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Figures:
    """Everything that a report shows. Counts are by code; None is a count that is hidden.

    ``people`` are the cases that were followed for 365 days, by group.
    """

    groups: tuple[str, ...]
    cases: Mapping[str, int | None]
    people: Mapping[str, int | None]
    statuses: Mapping[str, int | None]
    results: Mapping[str, int | None]
    lines: tuple[Line, ...]
    survival: tuple[Survival, ...]


def figures_of(joined: Joined) -> Figures:
    """The figures of a joined study; raises ``SheetError`` for too many groups."""
    groups = _groups(joined.cases)
    columns = (ALL, *groups)
    members = {each: _members(joined.cases, each) for each in columns}
    cells, sums, printed = _people(members, groups)
    gone = hidden(cells, sums, printed, keep=[key for key in cells if key[0] == "people"])
    shown = {key: cells[key] for key in printed if key not in gone}
    events, event_sums = _events(members, groups)
    unseen = {key for key in events if ("people", key[1]) not in shown or key not in shown}
    gone_events = hidden(events, event_sums, list(events), hide=unseen)
    seen = {key: events[key] for key in events if key not in gone_events}
    return Figures(
        groups=groups,
        cases={each: shown.get(("cases", each)) for each in columns},
        people={each: shown.get(("people", each)) for each in columns},
        statuses=_counted(cells, shown, "status:"),
        results=_counted(cells, shown, "result:"),
        lines=_lines(members, shown, seen, harm=joined.index is not None),
        survival=_survival(members, groups, shown),
    )


def _groups(cases: Iterable[Followed]) -> tuple[str, ...]:
    found = sorted({each.subject.group or "not assigned" for each in cases})
    if len(found) > MOST_GROUPS:
        why = f"There are {len(found)} groups in assign_arm; {MOST_GROUPS} can be shown."
        raise SheetError([why])
    return tuple(found) if len(found) > 1 else ()


def _members(cases: Iterable[Followed], group: str) -> list[Followed]:
    return [each for each in cases if group in (ALL, each.subject.group or "not assigned")]


def _long(cases: Iterable[Followed]) -> list[Followed]:
    return [each for each in cases if each.days >= LONGEST]


def _people(
    members: Mapping[str, Sequence[Followed]], groups: Sequence[str]
) -> tuple[Cells, Sums, list[Key]]:
    """Every count of people, the sums that tie them, and those that the report prints."""
    cells: Cells = {}
    sums: Sums = []
    for column, cases in members.items():
        followed = _long(cases)
        counts = _with_an_event(followed)
        none = len(followed) - counts["any_365"]
        counts |= {"cases": len(cases), "people": len(followed), "none": none}
        cells |= {(row, column): count for row, count in counts.items()}
        tied = (("people", ("any_365", "none")), *_NESTED)
        sums += [
            ((total, column), tuple((part, column) for part in parts)) for total, parts in tied
        ]
    rows = list(dict.fromkeys(row for row, _column in cells))
    sums += _across(rows, groups)
    printed = [key for key in cells if key[0] in ("cases", "people", *_PRINTED)]
    for named, codes in _flow(members[ALL]).items():
        parts = {(f"{named}:{code}", ALL): count for code, count in codes.items()}
        cells |= parts
        printed += parts
        sums.append((("cases", ALL), tuple(parts)))
    return cells, sums, printed


_PRINTED = ("any_180", "any_365", "da_180", "da_365")
# What is never printed, and could be had by taking one printed number from another.
_NESTED = (
    ("any_365", ("any_180", "any_later")),
    ("da_365", ("da_180", "da_later")),
    ("any_365", ("da_365", "other_365")),
    ("any_180", ("da_180", "other_180")),
)


def _with_an_event(followed: Sequence[Followed]) -> dict[str, int]:
    counts = {
        f"{kind}_{days}": sum(bool(each.within(days, da=kind == "da")) for each in followed)
        for kind in ("any", "da")
        for days in WINDOWS
    }
    return counts | _differences(counts)


def _differences(counts: Mapping[str, int]) -> dict[str, int]:
    return {parts[1]: counts[total] - counts[parts[0]] for total, parts in _NESTED}


def _across(rows: Iterable[str], groups: Sequence[str]) -> Sums:
    """All people are those of the groups together."""
    return [((row, ALL), tuple((row, each) for each in groups)) for row in rows if groups]


def _flow(cases: Sequence[Followed]) -> dict[str, Counter[str]]:
    return {
        "status": Counter(each.subject.status for each in cases),
        "result": Counter(each.subject.result for each in cases),
    }


def _events(members: Mapping[str, Sequence[Followed]], groups: Sequence[str]) -> tuple[Cells, Sums]:
    cells: Cells = {}
    for column, cases in members.items():
        for kind in ("any", "da"):
            for days in WINDOWS:
                within = (each.within(days, da=kind == "da") for each in _long(cases))
                cells[f"{kind}_{days}", column] = sum(map(len, within))
    return cells, _across(_PRINTED, groups)


def _counted(cells: Cells, shown: Cells, prefix: str) -> dict[str, int | None]:
    return {
        key[0].removeprefix(prefix): shown.get(key) for key in cells if key[0].startswith(prefix)
    }


def _lines(
    members: Mapping[str, Sequence[Followed]], shown: Cells, seen: Cells, *, harm: bool
) -> tuple[Line, ...]:
    found = [
        _line(group, days, da, _long(cases), shown, seen)
        for group, cases in members.items()
        for da in (False, True)
        for days in WINDOWS
    ]
    return tuple(_harmed(found, members)) if harm else tuple(found)


def _line(
    group: str, days: int, da: bool, followed: Sequence[Followed], shown: Cells, seen: Cells
) -> Line:
    row = (f"{'da' if da else 'any'}_{days}", group)
    people, had, events = shown.get(("people", group)), shown.get(row), seen.get(row)
    share = (
        Estimate(had / people, *wilson(had, people), had) if people and had is not None else None
    )
    number = Estimate(events, *poisson(events), events) if events is not None else None
    rate = None
    if number and people:
        each = [100 * value / people for value in (number.value, number.low, number.high)]
        rate = Estimate(each[0], each[1], each[2], number.count)
    return Line(group, days, da, people, share, number, rate, None)


def _harmed(lines: Sequence[Line], members: Mapping[str, Sequence[Followed]]) -> Iterable[Line]:
    """The lines with their harm, where the people behind it are published.

    That of all only with that of every group: what is left of it would be the hidden group's.
    """
    told = {(each.group, each.days, each.da) for each in lines if each.share and each.events}
    for line in lines:
        needed = members if line.group == ALL else (line.group,)
        if all((group, line.days, line.da) in told for group in needed):
            values = [each.harm(line.days, da=line.da) for each in _long(members[line.group])]
            line = replace(line, harm=Estimate(*mean(values), len(values)))
        yield line


def _survival(
    members: Mapping[str, Sequence[Followed]], groups: Sequence[str], shown: Cells
) -> tuple[Survival, ...]:
    """A curve for each group, or for all where there are none: never both, one less the other."""
    found = []
    for da in (False, True):
        for group in groups or (ALL,):
            row = ("da_365" if da else "any_365", group)
            if row in shown and ("people", group) in shown:
                printed = {day for day in WINDOWS if (f"{row[0][:-4]}_{day}", group) in shown}
                found.append(_curve(group, da, members[group], printed))
    return tuple(each for each in found if each.points)


def _curve(group: str, da: bool, cases: Sequence[Followed], printed: Collection[int]) -> Survival:
    """Kaplan and Meier's curve, at few enough days; ``printed`` are the windows of the table.

    Everybody is in it, whoever was followed for a shorter time until then.
    """
    cases = [each for each in cases if each.days >= 0]
    firsts = [each.first(da=da) for each in cases]
    seen = [
        min(LONGEST, each.days if first is None else first)
        for each, first in zip(cases, firsts, strict=True)
    ]
    curve = kaplan_meier(seen, [first is not None and first <= LONGEST for first in firsts])
    points = [(day, Estimate(*curve.at(day), had)) for day, had in _coarse(cases, da, printed)]
    days = [day for day, _found in points]
    halves = [
        half_by(days, [getattr(found, part) for _day, found in points])
        for part in ("value", "low", "high")
    ]
    return Survival(group, da, tuple(points), (halves[0], halves[1], halves[2]))


def _coarse(
    cases: Sequence[Followed], da: bool, printed: Collection[int]
) -> Iterable[tuple[int, int]]:
    """The days that are shown, with how many had had an event by then.

    Between two of them, between one and a window of the table, and between the events of any kind
    and those of domestic abuse lie five people or more; so many are left at the end.
    """
    any_kind, abuse = (_firsts(cases, da=kind) for kind in (False, True))
    had = partial(bisect_right, abuse if da else any_kind)
    before = 0
    for day in (*range(STEP_DAYS, LONGEST, STEP_DAYS), LONGEST):
        still = sum(each.days >= day and not each.within(day, da=da) for each in cases)
        gaps = [had(day) - before, still]
        gaps += [abs(had(window) - had(day)) for window in printed if window != day]
        gaps += [bisect_right(any_kind, day) - had(day)] if da else []
        if min(gaps) >= SMALLEST and (day in printed or day not in WINDOWS):
            yield day, had(day)
            before = had(day)


def _firsts(cases: Iterable[Followed], *, da: bool) -> list[int]:
    return sorted(first for each in cases if (first := each.first(da=da)) is not None)
