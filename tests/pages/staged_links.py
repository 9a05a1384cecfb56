"""Fills a database with people who can be reached, and links to their pages.

Run in a process of its own: ``python -m tests.pages.staged_links``. Prints JSON: the path of the
link of each person by their name here.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path

from bot.channels.journal import journal
from bot.channels.texts import Inbound, take_text
from cli.database import upgrade
from core.database import transaction
from outreach.texts import contacts, links
from outreach.texts.contacts import Reach
from sites import site_of
from tests.pages.conftest import Web, staged_by
from tests.unit.drafts import full_draft

WORD = "willow"
BORN = ("14", "9", "1991")
TEXTED = "I cannot sleep"
# By name: the language, and whether a word was chosen.
PEOPLE = {
    **{f"looks {language}": (language, True) for language in ("en", "pl", "pa")},
    **{f"born {language}": (language, False) for language in ("en", "pl", "pa")},
    "keys": ("en", False),
    "plain": ("en", True),
    "wrong": ("en", True),
    "forgets": ("en", True),
    "asks": ("en", True),
}


def staged(folder: Path) -> AbstractContextManager[Web]:
    """A web process over these people."""
    return staged_by("tests.pages.staged_links", folder / "data")


def stage() -> dict[str, str]:
    """Everything; gives what is printed."""
    upgrade()
    found = {name: _link(at, *about) for at, (name, about) in enumerate(PEOPLE.items())}
    journal.wait(10)
    return found


def _link(at: int, language: str, by_word: bool) -> str:
    phone, word = f"+4477009006{at:02}", WORD if by_word else ""
    reach = Reach("hampshire", full_draft(), phone, "private", language, word=word)
    with transaction() as session:
        contacts.keep(session, reach, key="1")
    take_text(Inbound("staged", f"{at}", phone, site_of("hampshire").text_number, TEXTED))
    with transaction() as session:
        contact = contacts.of_phone(session, "hampshire", phone)
        assert contact
        link = links.link_for(session, contact)
    return link[link.index("/c/") :]


if __name__ == "__main__":
    print(json.dumps(stage()))
