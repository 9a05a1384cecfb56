"""Whether a site may serve people outside the demonstration, and if not, why."""

from __future__ import annotations

import os
from collections.abc import Iterator

from bot.channels.crisis_words import unconfirmed
from core.clock import today
from core.settings import settings
from core.words import unread
from referrals.checking import findings_of_criteria
from services_directory.places import resolve_postcode
from sites import BrokenSiteError, Site, criteria_documents, site_of
from sites.checking import Finding, Severity, error, findings_of_site


def why_not_live(site: str) -> list[str]:
    """What keeps a site from going live; nothing does in demonstration mode."""
    return [] if settings().demo else problems_of(site)


def problems_of(site: str) -> list[str]:
    """What has to be put right before this site goes live, in words for its administrator."""
    return [str(each) for each in findings_at(site) if each.severity is Severity.error]


def findings_at(code: str) -> list[Finding]:
    """Every error and warning of a site; raises ``sites.UnknownSiteError``."""
    site = site_of(code)
    return [
        *_unready(site),
        *findings_of_site(site, today(), os.environ),
        *_of_criteria(site),
    ]


def _unready(site: Site) -> Iterator[Finding]:
    """What the rest of the system shows: whom to tell, words nobody read, numbers nobody tried."""
    if not any(person.reachable for person in site.alerts.people):
        yield error("alerts.people", "names nobody who is told when somebody may be in danger")
    missing = [key for key in unread(site.words) if key[1] == "en"]
    if missing:
        readers = "somebody qualified" if site.words == "qualified" else "their authors"
        yield error("", f"{len(missing)} English sentences have not been read by {readers}")
    if untried := unconfirmed(site.code):
        yield error(
            "",
            f"{len(untried)} crisis numbers have not been tried by anybody: {', '.join(untried)}",
        )
    if resolve_postcode(site.centre) is None:
        yield error("centre", f"{site.centre} is no postcode")


def _of_criteria(site: Site) -> list[Finding]:
    try:
        baseline, own = criteria_documents(site.code)
    except BrokenSiteError as broken:
        return [error("", str(broken))]
    return findings_of_criteria(site, baseline, own)
