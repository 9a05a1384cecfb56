"""How long a chat on a page stays open: a day, and for a person's answer till it was read."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from bot import conversations
from bot.channels import chat
from bot.channels.speaker import Speaker, speaker_of
from bot.conversations import ChatMessage
from bot.web.app import app
from core import tokens
from core.clock import now
from core.database import transaction
from tests.unit.talking import (  # noqa: F401 - fixtures
    OWN,
    Rasa,
    answers,
    asks,
    rasa,
    requests,
    site,
)

pytestmark = pytest.mark.usefixtures("sqlite", "rasa")


def begun(monkeypatch: pytest.MonkeyPatch, ago: timedelta) -> tuple[Speaker, str]:
    """A chat whose page was opened so long ago; with its token."""
    with monkeypatch.context() as then:
        for module in (conversations, tokens):
            then.setattr(module, "now", lambda: now() - ago)
        _, token, _ = chat.begin_chat(
            site="hampshire", audience="participant", language="en", staff=None
        )
    return speaker_of(token), token


def status(speaker: Speaker, token: str) -> int:
    """What the page is given when it looks for new messages."""

    async def seen() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ours") as client:
            path = f"/api/v1/conversations/{speaker.id}/messages"
            return await client.get(path, headers={"Authorization": f"Bearer {token}"})

    return asyncio.run(seen()).status_code


def asked_for_a_person(speaker: Speaker) -> str:
    """The id of the request, made while the chat was new."""
    asks(Speaker(speaker.id, speaker.site, speaker.audience, speaker.language))
    (found,) = requests()
    return found.id


def an_hour_less_than(days: int) -> timedelta:
    return timedelta(days) - timedelta(hours=1)


@pytest.mark.parametrize(("ago", "code"), [(an_hour_less_than(1), 200), (timedelta(days=1), 404)])
def test_a_chat_closes_after_a_day(
    ago: timedelta, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(*begun(monkeypatch, ago)) == code


@pytest.mark.parametrize(("ago", "code"), [(an_hour_less_than(7), 200), (timedelta(days=7), 401)])
def test_who_waits_for_a_person_may_come_back_for_a_week(
    ago: timedelta, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker, token = begun(monkeypatch, an_hour_less_than(7))
    asked_for_a_person(speaker)
    if code == 200:
        assert status(speaker, token) == code
        assert "Our team knows already" in asks(speaker)
        return
    with pytest.raises(tokens.TokenError):
        begun(monkeypatch, ago)


@pytest.mark.parametrize(("read_for", "code"), [(an_hour_less_than(1), 200), (timedelta(1), 404)])
def test_an_answer_can_be_read_for_a_day(
    read_for: timedelta, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker, token = begun(monkeypatch, timedelta(days=3))
    answers(asked_for_a_person(speaker), own=OWN)
    with transaction() as session:
        session.execute(update(ChatMessage).values(at=now() - read_for))
    assert status(speaker, token) == code


def test_an_answer_does_not_close_a_chat_that_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    speaker, token = begun(monkeypatch, timedelta(hours=2))
    answers(asked_for_a_person(speaker), own=OWN)
    assert status(speaker, token) == 200
