"""People who ask for a person in a chat or by text, and the people of the team who answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import select

from accounts.staff import sign_in
from accounts.tables import Role
from accounts.web.session import COOKIE
from bot import conversations
from bot.channels import answering, chat, memory, person
from bot.channels.incoming import Incoming
from bot.channels.journal import journal
from bot.channels.rasa_client import RasaAwayError
from bot.channels.speaker import Speaker, speaker_of
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import ChatMessage, messages_after
from bot.speech import Utterance, say
from bot.web.app import app
from core import outbox
from core.clock import LONDON
from core.database import transaction
from core.outbox import Outgoing
from outreach import alerts, entries
from outreach.sending import work
from outreach.tables import Alert
from sites import all_sites
from sites.model import Answers
from tests.unit import alarms
from tests.unit.conftest import forget

WEEKDAYS = Answers()
MONDAY_TEN = datetime(2026, 11, 23, 10, 10, tzinfo=UTC)
FRIDAY_NIGHT = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)
PHONE, OURS = "07700 900471", "07700 900101"
NIGHT = {"name": "Night line", "phone": "0121 496 0007", "confirmed": False}
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')
SAID = "I do not know what to do about the flat"
OWN = "I can help with that. Is the rent paid until May?"

on_both = pytest.mark.usefixtures("database")


class Rasa:
    """Stands for Rasa: answers with what a test says it answers."""

    def __init__(self) -> None:
        self.says: list[Utterance] = [say("utter_talk_to_person_participant")]
        self.away = False

    def turn(self, told: str, claims: dict[str, Any]) -> list[Utterance]:
        if self.away:
            raise RasaAwayError(waking=False)
        return self.says


class Clock:
    """The clock of asking, of alerts and of conversations."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = MONDAY_TEN
        for module in (person, conversations, answering, alerts, entries, outbox):
            monkeypatch.setattr(module, "now", lambda: self.moment)


@pytest.fixture(autouse=True)
def site(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Hampshire with an out-of-hours route; a test may change it."""
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    forget()
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        path = tmp_path / "sites/hampshire/site.yml"

        def change(**new: Any) -> None:
            document = yaml.safe_load(path.read_text(encoding="utf-8")) | new
            path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
            all_sites.cache_clear()

        change(out_of_hours=NIGHT)
        yield change
        # What is still being written belongs to this test's database.
        assert journal.wait(10)
        memory.forget(texting().id)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def rasa(monkeypatch: pytest.MonkeyPatch) -> Rasa:
    made = Rasa()
    monkeypatch.setattr(chat, "rasa", lambda: made)
    return made


@pytest.fixture
def speaker(rasa: Rasa, clock: Clock) -> Speaker:
    """A participant in a new web chat."""
    return chatting()


def chatting(language: str = "en", audience: str = "participant") -> Speaker:
    _, token, _ = chat.begin_chat(
        site="hampshire", audience=audience, language=language, staff=None
    )
    return speaker_of(token)


def texting() -> Speaker:
    return speaker_texting(Inbound("test", "", PHONE, OURS, ""))


def asks(speaker: Speaker, text: str = "can I talk to someone", key: str | None = None) -> str:
    """What is answered to somebody who says that."""
    said = chat.take_turn(speaker, Incoming(text), key)
    return "\n".join(each.body["text"] for each in said if each.sender == "assistant")


def texts(text: str = "can I talk to someone", text_id: str = "1") -> list[str]:
    """What is texted back."""
    return take_text(Inbound("test", text_id, PHONE, OURS, text))


def requests() -> list[Alert]:
    """The alerts, after a round of the worker."""
    work()
    with transaction() as session:
        return list(session.scalars(select(Alert).order_by(Alert.raised_at)))


def left(kind: str = "text") -> list[str]:
    """What went to telephones, in order."""
    with transaction() as session:
        rows = session.scalars(select(Outgoing).where(Outgoing.kind == kind)).all()
        return [row.payload["text"] for row in sorted(rows, key=lambda row: (row.made_at, row.key))]


def thread(speaker: Speaker) -> list[ChatMessage]:
    with transaction() as session:
        return messages_after(session, speaker.id, 0)


def opened(alert: str, role: Role = Role.coordinator, site: str = "hampshire") -> httpx.Response:
    return asyncio.run(_visit(alert, role, site, None))


def answers(
    alert: str,
    role: Role = Role.coordinator,
    site: str = "hampshire",
    times: int = 1,
    **form: Any,
) -> httpx.Response:
    """Send the form of an alert's page, as often as somebody presses."""
    return asyncio.run(_visit(alert, role, site, form, times))


async def _visit(
    alert: str, role: Role, site: str, form: dict[str, str] | None, times: int = 1
) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
        with transaction() as session:
            secret = sign_in(session, alarms.staff(session, role, site))
        client.cookies.set(COOKIE, secret)
        page = await client.get(f"/alerts/{alert}")
        if form is None:
            return page
        token = TOKEN.search((await client.get("/alerts")).text)
        key = KEY.search(page.text)
        sent = {"csrf_token": token[1] if token else "", "key": key[1] if key else "k"} | form
        for _ in range(times):
            answer = await client.post(f"/alerts/{alert}/answer", data=sent)
        return answer


@pytest.fixture
def asked(sqlite: str, speaker: Speaker) -> str:
    """The id of the alert of somebody who said something and asked for a person."""
    chat.take_turn(speaker, Incoming(SAID), None)
    (found,) = requests()
    return found.id


@pytest.fixture
def asked_by_text(sqlite: str, rasa: Rasa, clock: Clock) -> str:
    texts()
    (found,) = requests()
    clock.moment += timedelta(minutes=1)
    return found.id


def london(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=LONDON)
