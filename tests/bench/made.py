"""A made-up directory of any size, the same each time: documents as an import reads them.

About 1.8 services a place, as in the directory that the peers of ``make bench`` were measured with.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from services_directory.codepoint import postcodes
from services_directory.listing import COLUMNS

SERVICES_A_PLACE = 1.8
NEEDS = ("alcohol", "drugs", "mental_health", "trauma", "housing", "money", "work", "health")
_KINDS = ("drop-in", "recovery group", "advice line", "counselling", "clinic", "night shelter")
_WORDS = ("Harbour", "Beacon", "Willow", "Bridge", "Orchard", "Lantern", "Meadow", "Northgate")
_TOWNS = ("Southampton", "Portsmouth", "Aldershot", "Winchester", "Basingstoke", "Ryde")
_HOURS = (
    "Mon-Fri 09:00-17:00",
    "Mon-Thu 10:00-18:00; Sat 10:00-13:00; closed bank holidays",
    "24/7",
    "Tue 21:00-06:00",
    "1st Tue 18:00-20:00",
    "",
)


def documents(places: int) -> Iterator[dict[str, str]]:
    """The services of so many places."""
    chance = random.Random(places)
    codes = sorted(code for area in ("SO", "PO") for code in postcodes(area))
    for number in range(round(places * SERVICES_A_PLACE)):
        yield _document(number, chance, codes)


def write_csv(path: Path, places: int) -> int:
    """The same as a file in our own format; gives how many rows."""
    rows = list(documents(places))
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _document(number: int, chance: random.Random, codes: list[str]) -> dict[str, str]:
    needs = chance.sample(NEEDS, chance.choice((1, 1, 2)))
    naloxone = number % 47 == 0
    kind = "naloxone kits" if naloxone else chance.choice(_KINDS)
    town, code = chance.choice(_TOWNS), chance.choice(codes)
    known = {
        "id": f"bench-{number}",
        "organisation": f"{chance.choice(_WORDS)} Trust {number // 9}",
        "service_name": f"{chance.choice(_WORDS)} {kind} {number}",
        "needs": "|".join(needs),
        "site": "hampshire",
        "area_covered": town,
        "covers": "*" if number % 5 == 0 else f"{town}|{code[:-3]}",
        "phone": f"0121 496 {number % 10_000:04}",
        "postcode": "" if number % 11 == 0 else f"{code[:-3]} {code[-3:]}",
        "opening_hours": chance.choice(_HOURS),
        "cost": chance.choice(("free", "free", "")),
        "eligibility": f"Adults in {town} who want {kind}",
        "how_to_access": chance.choice(("Ring or walk in", "Self-referral online", "Ring first")),
        "gender": chance.choice(("any", "any", "any", "men", "women")),
        "self_referral": "yes",
        "status": "active",
    }
    return {name: known.get(name, "") for name in COLUMNS}
