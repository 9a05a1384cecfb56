"""Service areas of HSDS as our names and codes of areas served."""

from __future__ import annotations

import re

from services_directory.exchange.reading import Entity, text
from services_directory.listing import WHOLE_AREA
from sites import all_sites

# The longest name of an area that is kept, in characters.
LONGEST_NAME = 80
_COUNTRIES = frozenset(
    {"great britain", "united kingdom", "uk", "england", "england and wales", "national"}
)
_WHOLE_CODE = re.compile(r"([A-Z]{1,2}) \(all\)", re.I)
_BETWEEN = re.compile(r"[,;|]")


def areas_of(areas: list[Entity]) -> dict[str, str]:
    """``area_covered`` and ``covers``; a whole site or country counts as everywhere in the site."""
    names = list(dict.fromkeys(said for area in areas if (said := text(area.get("name")))))
    written = [_extent(area) or text(area.get("name")) for area in areas]
    parts = [part.strip() for said in written for part in _BETWEEN.split(said) if part.strip()]
    everywhere = {site.name.casefold() for site in all_sites().values()} | _COUNTRIES
    if any(part.casefold() in everywhere for part in [*parts, *written]):
        covers = [WHOLE_AREA]
    else:
        covers = [_WHOLE_CODE.sub(r"\1*", part) for part in parts if len(part) <= LONGEST_NAME]
    return {"area_covered": ", ".join(names), "covers": "|".join(dict.fromkeys(covers))}


def _extent(area: Entity) -> str:
    """The extent where it is in words; a shape on a map is not."""
    said = text(area.get("extent"))
    return said if text(area.get("extent_type")) in ("text", "name", "") and said[:1] != "{" else ""
