"""The sites: one folder each, everything a site differs in as data. This module reads them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).resolve().parent
NATIONAL = "national"


class UnknownSiteError(LookupError):
    """No folder of that name under ``sites/``."""


class Contact(BaseModel):
    """A way to a person, with whether anybody has confirmed that it answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    phone: str = ""
    confirmed: bool = False


class Site(BaseModel):
    """What ``site.yml`` says.

    ``centre`` is a postcode: of two towns with one name, the nearer counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    name: str
    referral: bool
    referral_off_because: str = ""
    directory: bool
    provider: str
    route: str
    disposals: tuple[str, ...]
    languages: tuple[str, ...]
    centre: str
    reach_km: int
    team: Contact
    condition_weeks: int = Field(default=16, ge=6, le=20)
    reference_patterns: dict[str, str] = {}
    widget_origins: tuple[str, ...] = ()

    @property
    def services_csv(self) -> Path:
        """The starter directory of this site."""
        return FOLDER / self.code / "services.csv"

    @property
    def places_csv(self) -> Path:
        """Local names of places that a national gazetteer lacks."""
        return FOLDER / self.code / "places.csv"


@lru_cache(maxsize=1)
def all_sites() -> dict[str, Site]:
    """Every site by its code, in the order of their names."""
    found = [_read(path) for path in sorted(FOLDER.glob("[a-z]*/site.yml"))]
    return {site.code: site for site in sorted(found, key=lambda site: site.name)}


def site_of(code: str) -> Site:
    """The site called ``code``; raises :class:`UnknownSiteError`."""
    try:
        return all_sites()[code]
    except KeyError:
        raise UnknownSiteError(f"There is no site called {code!r}.") from None


def criteria_documents(code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The baseline criteria and what ``code`` overrides, as plain data for ``referrals``."""
    site_of(code)
    return _yaml(FOLDER / "_baseline" / "criteria.yml"), _yaml(FOLDER / code / "criteria.yml")


def _read(path: Path) -> Site:
    return Site(code=path.parent.name, **_yaml(path))


def _yaml(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
