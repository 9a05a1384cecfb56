"""Intervals against figures that others published or that follow by hand."""

from __future__ import annotations

import pytest

from core.shares import wilson
from referrals.evaluation.intervals import half_by, kaplan_meier, mean, poisson

# Weeks in remission of 21 patients on 6-mercaptopurine (Freireich and others 1963), the example of
# Kalbfleisch and Prentice; the second column: relapse, or still in remission when last seen.
FREIREICH = [
    (6, True), (6, True), (6, True), (6, False), (7, True), (9, False), (10, True), (10, False),
    (11, False), (13, True), (16, True), (17, False), (19, False), (20, False), (22, True),
    (23, True), (25, False), (32, False), (32, False), (34, False), (35, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_shares_have_the_intervals_of_newcombe_s_table(
    hits: int, of: int, low: float, high: float
) -> None:
    """Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.689),
        (1, 0.0253, 5.572),
        (3, 0.6187, 8.767),
        (10, 4.795, 18.39),
        (50, 37.11, 65.92),
    ],
)
def test_counts_have_the_exact_limits_of_garwood_s_table(
    count: int, low: float, high: float
) -> None:
    assert poisson(count) == pytest.approx((low, high), rel=1e-3)


def test_survival_is_that_of_the_published_example() -> None:
    curve = kaplan_meier([week for week, _ in FREIREICH], [had for _, had in FREIREICH])
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for week, share in published.items():
        assert curve.at(week)[0] == pytest.approx(share, abs=6e-4)
    assert curve.at(5) == (1.0, 1.0, 1.0)
    assert curve.at(35)[0] == pytest.approx(0.448, abs=6e-4)


def test_survival_has_greenwood_s_interval_on_the_log_minus_log_scale() -> None:
    """By hand at week 10: S = 18/21 * 16/17 * 14/15; V = 3/(21*18) + 1/(17*16) + 1/(15*14)."""
    curve = kaplan_meier([week for week, _ in FREIREICH], [had for _, had in FREIREICH])
    assert curve.at(10) == pytest.approx((0.75294, 0.50320, 0.88936), abs=5e-5)


def test_the_median_and_its_interval_are_the_published_ones() -> None:
    """Median 23 weeks, 13 to not reached, as SAS prints for this example."""
    curve = kaplan_meier([week for week, _ in FREIREICH], [had for _, had in FREIREICH])
    halves = [half_by(curve.days, shares) for shares in (curve.share, curve.low, curve.high)]
    assert halves == [23, 13, None]


def test_with_nobody_left_and_with_no_event_the_curve_has_limits_all_the_same() -> None:
    everybody = kaplan_meier([5, 9], [True, True])
    assert everybody.at(9) == (0.0, 0.0, 1.0)
    nobody = kaplan_meier([30, 30], [False, False])
    assert nobody.at(30) == (1.0, 1.0, 1.0)


def test_means_have_the_interval_of_the_draws_that_follows_by_hand() -> None:
    """Six ones in twenty: a draw's sum is binomial(20, 0.3), whose 2.5 and 97.5 % are 2 and 10."""
    assert mean([1.0] * 6 + [0.0] * 14) == pytest.approx((0.3, 0.10, 0.50))


def test_the_same_values_have_the_same_interval_and_equal_ones_have_none() -> None:
    values = [0.0] * 60 + [1.0, 10.0, 19.5, 365.0]
    assert mean(values) == mean(values)
    assert mean([2.0] * 9) == (2.0, 2.0, 2.0)
