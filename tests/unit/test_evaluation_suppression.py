"""No small number is published, and none follows from what is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from referrals.evaluation.suppression import SMALLEST, bounds, hidden

Key = tuple[str, str]
Cells = dict[Key, int]
Sums = list[tuple[Key, tuple[Key, ...]]]


def table(rows: Sequence[Sequence[int]]) -> tuple[Cells, Sums]:
    """A table with its totals, by row and by column, and the sums that tie it."""
    names = [f"r{n}" for n in range(len(rows))]
    columns = [f"c{n}" for n in range(len(rows[0]))]
    cells = {
        (name, column): count
        for name, row in zip(names, rows, strict=True)
        for column, count in zip(columns, row, strict=True)
    }
    sums: Sums = [((name, "all"), tuple((name, column) for column in columns)) for name in names]
    sums += [
        (("all", column), tuple((name, column) for name in names)) for column in [*columns, "all"]
    ]
    for total, parts in sums:
        cells[total] = sum(cells[part] for part in parts)
    return cells, sums


def computable(cells: Cells, sums: Sums, published: set[Key]) -> set[Key]:
    """What follows from the published numbers by adding and taking away alone.

    Independent of the way in which it is prevented: the unknown cells of the sums are brought to
    echelon form with fractions; one that stands alone in a row is known.
    """
    unknown = [key for key in cells if key not in published]
    rows = []
    for total, parts in sums:
        signed = {total: Fraction(-1)} | {part: Fraction(1) for part in parts}
        rows.append([signed.get(key, Fraction(0)) for key in unknown])
    done = 0
    for column in range(len(unknown)):
        pivot = next((n for n in range(done, len(rows)) if rows[n][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [each / rows[done][column] for each in rows[done]]
        for n, row in enumerate(rows):
            if n != done and row[column]:
                rows[n] = [a - row[column] * b for a, b in zip(row, rows[done], strict=True)]
        done += 1
    alone = [[n for n, each in enumerate(row) if each] for row in rows]
    return {unknown[found[0]] for found in alone if len(found) == 1}


TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 12) | st.integers(0, 200), min_size=width, max_size=width),
        min_size=1,
        max_size=4,
    )
)


@given(TABLES)
@settings(deadline=None, max_examples=60)
def test_no_published_table_lets_a_small_cell_be_computed(rows: list[list[int]]) -> None:
    cells, sums = table(rows)
    published = set(cells) - hidden(cells, sums, list(cells))
    assert all(cells[key] >= SMALLEST for key in published)
    small = {key for key in cells if cells[key] < SMALLEST}
    assert not small & computable(cells, sums, published)


@given(TABLES)
@settings(deadline=None, max_examples=30)
def test_nobody_learns_a_small_cell_to_within_five(rows: list[list[int]]) -> None:
    cells, sums = table(rows)
    published = set(cells) - hidden(cells, sums, list(cells))
    for key in (each for each in cells if cells[each] < SMALLEST):
        low, high = bounds(key, cells, sums, published)
        assert low <= cells[key] <= high
        assert high - low >= SMALLEST


def test_a_table_without_small_numbers_is_published_whole() -> None:
    cells, sums = table([[20, 30], [40, 50]])
    assert hidden(cells, sums, list(cells)) == frozenset()


def test_a_row_s_total_does_not_give_its_one_small_cell_away() -> None:
    cells, sums = table([[3, 30, 60]])
    gone = hidden(cells, sums, list(cells))
    assert ("r0", "c0") in gone
    assert len(gone) > 1


def test_a_difference_that_is_not_printed_is_not_published_either() -> None:
    """40 people with an event and 38 of them for abuse: that two had another follows from both."""
    cells = {("any", ""): 40, ("abuse", ""): 38, ("other", ""): 2}
    sums: Sums = [(("any", ""), (("abuse", ""), ("other", "")))]
    printed = [("any", ""), ("abuse", "")]
    assert len(hidden(cells, sums, printed)) == 1


def test_what_is_to_be_kept_is_hidden_last() -> None:
    cells = {"people": 30, "had": 27, "none": 3}
    sums = [("people", ("had", "none"))]
    assert hidden(cells, sums, ["people", "had"], keep=["people"]) == {"had"}
    assert hidden(cells, sums, ["people", "had"], keep=["had"]) == {"people"}
