"""The sites: one folder each, everything a site differs in as data. This module reads them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from core.settings import ROOT, settings
from sites.model import (
    Alerts,
    Answers,
    Contact,
    DeliverySite,
    HandOver,
    LocalLine,
    Material,
    Person,
    Site,
    WhoAuthorises,
)

__all__ = [
    "NATIONAL",
    "Alerts",
    "Answers",
    "BrokenSiteError",
    "Contact",
    "DeliverySite",
    "HandOver",
    "LocalLine",
    "Material",
    "Person",
    "Site",
    "UnknownSiteError",
    "WhoAuthorises",
    "all_sites",
    "codes",
    "criteria_documents",
    "folder",
    "forget",
    "shared",
    "site_document",
    "site_of",
]

NATIONAL = "national"


class UnknownSiteError(LookupError):
    """No folder of that name under ``sites/``."""


class BrokenSiteError(ValueError):
    """A file of a site that cannot be read; the message names it and says what shows why."""


def folder() -> Path:
    """Where the sites' folders lie: in the project, or where ``CARA_SITES_DIR`` says."""
    return settings().sites_dir


def shared(name: str) -> Path:
    """A folder that belongs to no site; of the project where ``CARA_SITES_DIR`` has none."""
    own = folder() / name
    return own if own.exists() else ROOT / "sites" / name


def codes() -> list[str]:
    """The code of every site, whether or not its files can be read."""
    return sorted(path.parent.name for path in folder().glob("[a-z]*/site.yml"))


@lru_cache(maxsize=1)
def all_sites() -> dict[str, Site]:
    """Every site by its code, in the order of their names; raises :class:`BrokenSiteError`."""
    return {site.code: site for site in sorted(map(_read, codes()), key=lambda site: site.name)}


def site_of(code: str) -> Site:
    """The site called ``code``; raises :class:`UnknownSiteError`."""
    try:
        return all_sites()[code]
    except KeyError:
        raise UnknownSiteError(f"There is no site called {code!r}.") from None


def site_document(code: str) -> dict[str, Any]:
    """What ``site.yml`` of a site says, laid over the baseline of all sites, as plain data."""
    _known(code)
    baseline = shared("_baseline") / "site.yml"
    return (_yaml(baseline) if baseline.exists() else {}) | _yaml(folder() / code / "site.yml")


def criteria_documents(code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The baseline criteria and what ``code`` overrides, as plain data for ``referrals``."""
    _known(code)
    return _criteria(folder(), code)


def _known(code: str) -> None:
    if code not in codes():
        raise UnknownSiteError(f"There is no site called {code!r}.")


def forget() -> None:
    """Read the sites anew the next time; a running copy does so by a restart."""
    all_sites.cache_clear()
    _criteria.cache_clear()


@lru_cache(maxsize=64)
def _criteria(where: Path, code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read once, as the sites are, so that a running copy keeps to the rules it began with."""
    baseline = _yaml(shared("_baseline") / "criteria.yml")
    return baseline, _yaml(where / code / "criteria.yml")


def _read(code: str) -> Site:
    try:
        return Site(code=code, **site_document(code))
    except ValidationError as error:
        why = f"sites/{code}/site.yml cannot be read: cara site check {code} says why."
        raise BrokenSiteError(why) from error


def _yaml(path: Path) -> dict[str, Any]:
    """A file of data. Python's own reader of YAML takes ten times as long."""
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        told = " ".join(str(error).split())
        raise BrokenSiteError(f"{path.parent.name}/{path.name} cannot be read: {told}") from error
    if not isinstance(loaded, dict):
        raise BrokenSiteError(
            f"{path.parent.name}/{path.name} cannot be read: it holds no settings."
        )
    return loaded
