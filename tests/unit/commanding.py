"""A telephone that texts commands, and what we keep of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from sqlalchemy import func, select

from bot.channels import memory
from bot.channels.journal import journal
from bot.channels.packing import packed
from bot.channels.render import text_body
from bot.channels.speaker import Speaker
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import ChatMessage
from core.database import transaction
from core.outbox import Outgoing
from core.settings import settings
from outreach.sending import work
from outreach.tables import Alert
from outreach.texts import contacts
from outreach.texts.contacts import Reach

HAMPSHIRE, PHONE = "07700 900101", "+447700900461"
DANGER = "I want to kill myself"
BOTH = "STOP. I am going to kill myself"
DOUBT = "I tried to kill myself ten years ago, I'm fine now"
STOPPED, STARTED = packed([text_body(f"utter_text_{it}", "en") for it in ("stopped", "started")])
IDS = count()
database = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def forgetful(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same telephone writes in every test, so what this process remembers of it must go."""
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    if "database" in request.fixturenames:
        request.getfixturevalue("database")
    yield
    assert journal.wait(10)
    forget()


def forget() -> None:
    """As another process, which has not met this telephone."""
    memory.forget(speaker().id)


@pytest.fixture
def in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Production, where a telephone that nobody told us of is not known to be private."""
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    monkeypatch.setattr("bot.channels.texts.why_not_live", lambda _site: [])


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Brings the database back."""
    monkeypatch.setenv("CARA_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    fresh()

    def back() -> None:
        monkeypatch.delenv("CARA_DATABASE_URL")
        fresh()

    return back


def fresh() -> None:
    """Settings and engine are read anew."""
    from core.database import engine

    settings.cache_clear()
    engine.cache_clear()


def speaker() -> Speaker:
    return speaker_texting(Inbound("test", "", PHONE, HAMPSHIRE, ""))


def text_us(said: str, text_id: str = "") -> list[str]:
    """What is texted back."""
    return take_text(Inbound("test", text_id or str(next(IDS)), PHONE, HAMPSHIRE, said))


def known_as(privacy: str, language: str = "en", phone: str = PHONE) -> None:
    """Somebody has said how they may be reached."""
    with transaction() as session:
        contacts.keep(session, Reach("hampshire", "case-1", phone, privacy, language), key="1")


def stopped(site: str = "hampshire") -> bool:
    with transaction() as session:
        return contacts.stopped(session, site, PHONE)


def leaving() -> list[str]:
    """The texts in the outbox, in the order in which they leave."""
    work()
    with transaction() as session:
        rows = session.scalars(select(Outgoing).where(Outgoing.kind == "text"))
        return [row.payload["text"] for row in sorted(rows, key=lambda row: row.due_at)]


def alerts() -> int:
    work()
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(Alert)) or 0


def said_by_them() -> list[str]:
    """The person's words in the conversation."""
    with transaction() as session:
        kept = session.scalars(select(ChatMessage).where(ChatMessage.sender == "person"))
        return [each.body["text"] for each in kept]
