"""No small number is published, and none can be computed from those that are.

A cell under five is hidden. So much more is hidden with it that what remains, with every sum that
ties the cells together, leaves each small cell a range at least five wide (two linear programmes a
cell ask for its least and greatest value). Differences that are not printed are cells too.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.optimize import linprog

SMALLEST = 5
Key = TypeVar("Key", bound=Hashable)
Sums = Sequence[tuple[Key, Sequence[Key]]]


def hidden(
    cells: Mapping[Key, int],
    sums: Sums[Key],
    printed: Collection[Key],
    *,
    hide: Collection[Key] = (),
    keep: Collection[Key] = (),
) -> frozenset[Key]:
    """Which of the ``printed`` cells have to be hidden, those to ``hide`` among them.

    ``sums`` are pairs of a cell and the cells that add up to it. What to ``keep`` is hidden only
    where nothing else is left to hide.
    """
    small = [key for key in cells if cells[key] < SMALLEST]
    must = {key for key in printed if cells[key] < SMALLEST} | (set(hide) & set(printed))
    gone = set(must)
    for key in small:
        while (left := [each for each in printed if each not in gone]) and exposed(
            key, cells, sums, left
        ):
            gone.add(_next(key, cells, sums, left, keep))
    # One cell after the other hides more than is needed together: give back what can be.
    for key in sorted(gone - must, key=lambda each: (each not in keep, -cells[each])):
        left = [each for each in printed if each == key or each not in gone]
        if not any(exposed(each, cells, sums, left) for each in small):
            gone.remove(key)
    return frozenset(gone)


def exposed(
    key: Key, cells: Mapping[Key, int], sums: Sums[Key], published: Collection[Key]
) -> bool:
    """Whether somebody who reads what is ``published`` learns a cell to within five."""
    low, high = bounds(key, cells, sums, published)
    return high - low < SMALLEST


def bounds(
    key: Key, cells: Mapping[Key, int], sums: Sums[Key], published: Collection[Key]
) -> tuple[float, float]:
    """The least and the greatest number that a cell may hold, for all that is ``published``."""
    place = {each: index for index, each in enumerate(cells)}
    equations = np.zeros((len(sums), len(place)))
    for row, (total, parts) in enumerate(sums):
        equations[row, place[total]] = -1
        for part in parts:
            equations[row, place[part]] += 1
    known = set(published)
    limits = [(cells[each], cells[each]) if each in known else (0, None) for each in cells]
    found = []
    for sign in (1, -1):
        aim = np.zeros(len(place))
        aim[place[key]] = sign
        solved = linprog(aim, A_eq=equations, b_eq=np.zeros(len(sums)), bounds=limits)
        # Status 3: there is no greatest value. Nothing else but a solution can be.
        found.append(float(solved.fun) * sign if solved.status == 0 else float("inf"))
    return found[0], found[1]


def _next(
    key: Key, cells: Mapping[Key, int], sums: Sums[Key], left: Sequence[Key], keep: Collection[Key]
) -> Key:
    """What to hide next: the smallest cell that stands in a sum with this one, else any."""
    beside = {each for total, parts in sums if key in (total, *parts) for each in (total, *parts)}
    return min(left, key=lambda each: (each in keep, each not in beside, cells[each]))
