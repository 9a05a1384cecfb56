"""What `make load` makes of locust's table: when a step holds, and what it says of one."""

from __future__ import annotations

import pytest

from tests.load.__main__ import Step, line, read_step


def row(name: str, count: int, failed: int = 0, p95: int = 400, p99: int = 900) -> dict[str, str]:
    """A row as locust writes it, which has more columns."""
    return {
        "Name": name,
        "Request Count": str(count),
        "Failure Count": str(failed),
        "Requests/s": "12.345",
        "50%": "120",
        "95%": str(p95),
        "99%": str(p99),
    }


def step(*, busy: int = 0, failed: int = 0, p95: int = 400) -> Step:
    """A step of forty people and two hundred requests."""
    rows = [
        row("officer answers", 100),
        row("officer answers: busy", busy),
        row("danger", 10, p99=210),
        row("Aggregated", 200, failed, p95),
    ]
    return read_step(40, rows)


def test_a_step_is_read_from_the_row_of_everything() -> None:
    assert step(busy=1) == Step(
        users=40, turns_per_second=12.3, median=120, p95=400, busy=0.005, failed=0, danger_p99=210
    )


@pytest.mark.parametrize(
    ("made", "held"),
    [
        (step(), True),
        (step(busy=2), True),
        (step(busy=3), False),
        (step(failed=1), False),
        (step(p95=2001), False),
    ],
    ids=["quiet", "one in a hundred busy", "more busy", "a failure", "too slow"],
)
def test_a_step_holds_where_everybody_is_served(made: Step, *, held: bool) -> None:
    assert made.held is held
    assert line(made).endswith("<- full") is not held


def test_nobody_asked_is_no_division_by_nothing() -> None:
    nothing = read_step(5, [row("Aggregated", 0)])
    assert (nothing.busy, nothing.danger_p99) == (0.0, 0.0)
