"""Somebody who means harm: who asks, whose chat it is, and what has to be as it was afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from tests.journeys.people import Chat
from tests.journeys.running import Copy

HAMPSHIRE = {"site": "hampshire", "audience": "participant"}
CHAT = "__Host-cara_chat"
DRAFTS = ("referral", "referral_answer", "referral_detail")
# What nobody who is not signed in may ever change.
KEPT = (
    "referral", "referral_answer", "referral_detail", "staff", "contact", "text_stop", "chat_link",
    "directory_listing", "directory_revision", "workshop_group",
)  # fmt: skip


@pytest.fixture
def attacker(copy: Copy) -> Iterator[httpx.Client]:
    """Whoever asks; none of the answers is ever a fault of ours."""

    def no_fault(answer: httpx.Response) -> None:
        assert answer.status_code < 500, f"{answer.status_code} for {answer.request.url}"

    hooks = {"response": [no_fault]}
    with httpx.Client(base_url=copy.url, timeout=30, event_hooks=hooks) as client:
        yield client


@pytest.fixture
def nothing_changed(copy: Copy) -> Iterator[None]:
    """What was kept is kept as it was, and the copy serves others as before.

    An officer of the test may have begun a draft: that is new, and changes nothing that was there.
    """
    before = kept_by(copy)
    yield
    after = kept_by(copy)
    for name, rows in before.items():
        assert rows <= after[name], f"something of {name} was changed"
        assert rows == after[name] or name in DRAFTS, f"something came into {name}"
    with copy.client() as other:
        assert other.get("/readyz").status_code == 200
        assert Chat.begin(other, **HAMPSHIRE).say("I drink too much")


def kept_by(copy: Copy) -> dict[str, set[str]]:
    """Every row of each table that is there to be attacked."""
    with closing(sqlite3.connect(copy.data_dir / "cara.db")) as database:
        return {
            name: {repr(row) for row in database.execute(f"SELECT * FROM {name}")} for name in KEPT
        }


@pytest.fixture
def victim(http: httpx.Client) -> Chat:
    """A participant who has said something."""
    chat = Chat.begin(http, **HAMPSHIRE)
    chat.say("I drink too much")
    return chat


def talk(client: httpx.Client, chat_id: str, token: str, **body: str) -> int:
    """The status for one message under that token."""
    held = {"authorization": f"Bearer {token}"}
    path = f"/api/v1/conversations/{chat_id}/messages"
    return client.post(path, json=body or {"text": "hello"}, headers=held).status_code
