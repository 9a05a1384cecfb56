"""Figures with the 95 % interval that their data allow: counts, means, and time to the first event.

Shares have Wilson's interval (``core.shares``). The methods: Garwood 1936 for counts, the
percentiles of 2,000 draws for means, Kaplan and Meier 1958 with Greenwood's variance on the
log-minus-log scale for time, Brookmeyer and Crowley 1982 for its median.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
_TAIL = (1 - CONFIDENCE) / 2
_DRAWS, _SEED = 2_000, 20_170_801
# Draws that are held at a time: so many numbers take 80 MB.
_NUMBERS_AT_A_TIME = 10_000_000


def poisson(count: int) -> tuple[float, float]:
    """From where to where the expected number lies, exactly, when ``count`` were seen."""
    low = stats.chi2.ppf(_TAIL, 2 * count) / 2 if count else 0.0
    return float(low), float(stats.chi2.ppf(1 - _TAIL, 2 * count + 2) / 2)


def mean(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean and its interval by draws with replacement; the same values, the same interval."""
    held = np.asarray(values, dtype=float)
    rng = np.random.default_rng(_SEED)
    at_once = max(1, _NUMBERS_AT_A_TIME // len(held))
    means: list[float] = []
    while (left := _DRAWS - len(means)) > 0:
        picks = rng.integers(0, len(held), size=(min(at_once, left), len(held)))
        means.extend(held[picks].mean(axis=1).tolist())
    low, high = np.percentile(means, [100 * _TAIL, 100 * (1 - _TAIL)])
    return float(held.mean()), float(low), float(high)


@dataclass(frozen=True)
class Curve:
    """Which share has had no event by a day: steps at ``days`` with their interval.

    ``at_risk`` and ``events`` are the counts of each step.
    """

    days: tuple[int, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]

    def at(self, day: int) -> tuple[float, float, float]:
        """The share without an event at the end of ``day``, and its interval."""
        before = sum(each <= day for each in self.days) - 1
        if before < 0:
            return 1.0, 1.0, 1.0
        return self.share[before], self.low[before], self.high[before]


def half_by(days: Sequence[int], shares: Sequence[float]) -> int | None:
    """The first day by which half have had an event, or None where that is not reached.

    For the limits of the interval too: the days by which its limits reach the half.
    """
    return next((day for day, share in zip(days, shares, strict=True) if share <= 1 / 2), None)


def kaplan_meier(days: Sequence[int], happened: Sequence[bool]) -> Curve:
    """The curve of people who were each seen for ``days``, at whose end it happened or not yet."""
    times, had = np.asarray(days), np.asarray(happened)
    found = stats.ecdf(stats.CensoredData(uncensored=times[had], right=times[~had])).sf
    at_risk = [int((times >= day).sum()) for day in found.quantiles]
    events = [int(((times == day) & had).sum()) for day in found.quantiles]
    with warnings.catch_warnings():
        # Before the first event, and once nobody is left, Greenwood's variance has no log.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = found.confidence_interval(CONFIDENCE, method="log-log")
    share = [float(each) for each in found.probabilities]
    bounds = zip(share, interval.low.probabilities, interval.high.probabilities, strict=True)
    known = [_bounds(each, float(low), float(high)) for each, low, high in bounds]
    return Curve(
        tuple(int(day) for day in found.quantiles),
        tuple(share),
        tuple(low for low, _high in known),
        tuple(high for _low, high in known),
        tuple(at_risk),
        tuple(events),
    )


def _bounds(share: float, low: float, high: float) -> tuple[float, float]:
    if share >= 1.0:
        return 1.0, 1.0
    return (0.0 if math.isnan(low) else low), (1.0 if math.isnan(high) else high)
