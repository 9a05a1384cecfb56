"""The listings that ship with the sites, as their files have them and without a database."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from services_directory.catalogue import Catalogue
from services_directory.listing import Listing, documents, from_document
from sites import NATIONAL, folder, site_of


@lru_cache(maxsize=64)
def load(site: str) -> tuple[Listing, ...]:
    """The listings of ``site`` and the national ones; of a site without a file the latter only."""
    return _read(site_of(site).services_csv) + _read(folder() / f"_{NATIONAL}" / "services.csv")


@lru_cache(maxsize=64)
def catalogue(site: str) -> Catalogue:
    """The same as a search asks them."""
    return Catalogue.of(load(site))


def _read(path: Path) -> tuple[Listing, ...]:
    return tuple(from_document(row) for row in documents(path))
