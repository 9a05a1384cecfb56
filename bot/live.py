"""Whether a site may serve people outside the demonstration, and if not, why."""

from __future__ import annotations

from bot.channels.crisis_words import unconfirmed
from core.settings import settings
from core.words import unread
from sites import site_of


def why_not_live(site: str) -> list[str]:
    """What keeps a site from going live; nothing does in demonstration mode."""
    return [] if settings().demo else problems_of(site)


def problems_of(site: str) -> list[str]:
    """What has to be put right before this site goes live, in words for its administrator."""
    found = site_of(site)
    problems = []
    if not any(person.email or person.webhook for person in found.alerts.people):
        problems.append("alerts.people names nobody who is told when somebody may be in danger")
    missing = [key for key in unread(found.words) if key[1] == "en"]
    if missing:
        problems.append(
            f"{len(missing)} English sentences have not been read by "
            f"{'somebody qualified' if found.words == 'qualified' else 'their authors'}"
        )
    if untried := unconfirmed(site):
        problems.append(
            f"{len(untried)} crisis numbers have not been tried by anybody: {', '.join(untried)}"
        )
    return problems
