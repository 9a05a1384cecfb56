"""The sites: one folder each, everything a site differs in as data. This module reads them."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from core.settings import settings

NATIONAL = "national"


def folder() -> Path:
    """Where the sites' folders lie: in the project, or where ``CARA_SITES_DIR`` says."""
    return settings().sites_dir


class UnknownSiteError(LookupError):
    """No folder of that name under ``sites/``."""


class Contact(BaseModel):
    """A way to a person, with whether anybody has confirmed that it answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    phone: str = ""
    confirmed: bool = False


class Person(BaseModel):
    """Somebody who is told of an alert: by e-mail, by a call of their on-call system, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    email: str = ""
    webhook: str = ""
    confirmed: bool = False


class Alerts(BaseModel):
    """Who is told when somebody may be in danger, and who is told if they do not answer in time.

    The coordinators of the site see every alert on their screen besides, and get an e-mail.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: tuple[Person, ...] = ()
    escalate_after_minutes: int = Field(default=10, ge=1)
    escalate_to: tuple[Person, ...] = ()


class LocalLine(BaseModel):
    """A number of this site that is added to the crisis answers of ``kinds``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[str, ...]
    name: str
    display: str
    hours: str
    source: str
    review_by: date
    confirmed: bool = False


class Site(BaseModel):
    """What ``site.yml`` says.

    ``words`` is what a sentence needs before this site may say it outside the demonstration:
    to be read by its authors, or by somebody qualified.

    ``centre`` is a postcode: of two towns with one name, the nearer counts.

    ``keep_unclear_messages`` is the site's consent that masked messages which were not understood
    are kept until its coordinator has read them; ``demonstration`` gives it there alone.
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
    alerts: Alerts = Alerts()
    crisis_lines: tuple[LocalLine, ...] = ()
    text_number: str = ""
    words: Literal["authors", "qualified"] = "authors"
    keep_unclear_messages: Literal[True, False, "demonstration"] = False

    @property
    def keeps_unclear(self) -> bool:
        """Whether messages that were not understood may be kept for a coordinator to read."""
        if self.keep_unclear_messages == "demonstration":
            return settings().demo
        return bool(self.keep_unclear_messages)

    @property
    def services_csv(self) -> Path:
        """The starter directory of this site."""
        return folder() / self.code / "services.csv"

    @property
    def places_csv(self) -> Path:
        """Local names of places that a national gazetteer lacks."""
        return folder() / self.code / "places.csv"


@lru_cache(maxsize=1)
def all_sites() -> dict[str, Site]:
    """Every site by its code, in the order of their names."""
    found = [_read(path) for path in sorted(folder().glob("[a-z]*/site.yml"))]
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
    return _yaml(folder() / "_baseline" / "criteria.yml"), _yaml(folder() / code / "criteria.yml")


def _read(path: Path) -> Site:
    return Site(code=path.parent.name, **_yaml(path))


def _yaml(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
