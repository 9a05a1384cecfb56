"""A telephone that gets a link, and the browser in which it is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels import memory
from bot.channels.journal import journal
from bot.channels.rasa_client import RasaAwayError
from bot.channels.speaker import speaker_of
from bot.channels.texts import Inbound, speaker_texting
from bot.web.pages import COOKIE
from core import clock
from core.audit import AuditRow
from core.database import transaction
from outreach.texts import contacts, links
from outreach.texts.contacts import Reach
from tests.unit.browsing import Browser

PHONE, OURS = "+447700900461", "07700 900101"
WORD = "Zielona Łąka"
REACH = Reach("hampshire", "case-1", PHONE, "private", "pl", word=WORD)
BORN = {"day": "14", "month": "9", "year": "1991"}
TITLE = re.compile(r"<title>(.*?)</title>")


@pytest.fixture(autouse=True)
def no_rasa(sqlite: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rasa is away, and what this process remembers of the telephone goes with the test."""

    def away() -> None:
        raise RasaAwayError(waking=False)

    monkeypatch.setattr("bot.channels.chat.rasa", away)
    yield
    assert journal.wait(10)
    memory.forget(texting_id())


@pytest.fixture
def browser() -> Browser:
    return Browser()


def texting_id() -> str:
    return speaker_texting(Inbound("test", "", PHONE, OURS, "")).id


def made(reach: Reach = REACH) -> str:
    """A new link of a person who can be reached like that; gives its path."""
    with transaction() as session:
        contact = contacts.keep(session, reach, key="1")
        return path_of(links.link_for(session, contact))


def path_of(link: str) -> str:
    return link[link.index("/c/") :]


def answer(browser: Browser, path: str, **said: str) -> int:
    """Answer the page; gives the status."""
    return browser.post(path, **said).status_code


def opened(browser: Browser) -> str:
    """The conversation that the browser holds the key to."""
    return speaker_of(browser.cookies[COOKIE]).id


def acts() -> list[tuple[str, bool]]:
    with transaction() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.actor_kind == "contact"))
        return [(row.act, row.refused) for row in rows.all()]


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    moment = clock.now() + by
    monkeypatch.setattr(links, "now", lambda: moment)
