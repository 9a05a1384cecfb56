"""Something else happens to a conversation while it is answered: nothing said there is lost.

And nothing comes back of what was deleted or left meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.staff import hash_of, sign_in, sign_out
from accounts.tables import Role
from bot.channels import chat
from bot.channels.answering import Answer, answer
from bot.channels.incoming import ChatError, Incoming
from bot.channels.render import rendered as worded
from bot.channels.speaker import Speaker, speaker_of
from bot.conversations import (
    ChatMessage,
    Conversation,
    Telephone,
    messages_after,
    remember,
)
from bot.speech import Utterance
from bot.web import pages
from core.clock import now
from core.database import transaction
from tests.unit import alarms, rasas
from tests.unit.browsing import Browser
from tests.unit.talking import (  # noqa: F401 - fixtures
    Clock,
    Rasa,
    clock,
    on_both,
    rasa,
    site,
    speaker,
    texting,
    texts,
    thread,
)

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

pytestmark = on_both


def meanwhile(monkeypatch: pytest.MonkeyPatch, speaker: Speaker, times: int) -> None:
    """A person of the team answers so many times while an answer of Rasa's gets its words."""
    left = list(range(times))

    def rendered(*about: Any) -> Any:
        if left:
            with transaction() as session:
                answer(session, speaker.id, Answer("I am here now.", "en", "Asha"), str(left.pop()))
        return worded(*about)

    monkeypatch.setattr("bot.channels.chat.rendered", rendered)


def said(speaker: Speaker) -> list[tuple[int, str]]:
    with transaction() as session:
        return [(each.n, each.sender) for each in messages_after(session, speaker.id, 0)]


def test_the_answer_comes_after_what_was_written_meanwhile(
    speaker: Speaker, rasa: Rasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(said(speaker))
    meanwhile(monkeypatch, speaker, 1)
    answered = chat.take_turn(speaker, Incoming(text="I would like some help"), None)
    after = said(speaker)[before:]
    assert [sender for _, sender in after][:3] == ["person", "team", "assistant"]
    assert [n for n, _ in after] == list(range(before + 1, before + 1 + len(after)))
    assert answered[0].n == before + 3


def test_whoever_is_written_over_again_and_again_is_asked_to_say_it_again(
    speaker: Speaker, rasa: Rasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, speaker, 2)
    with pytest.raises(ChatError) as refused:
        chat.take_turn(speaker, Incoming(text="I would like some help"), None)
    assert refused.value.status == 409
    assert [sender for _, sender in said(speaker)][-3:] == ["person", "team", "team"]


def while_thinking(monkeypatch: pytest.MonkeyPatch, rasa: Rasa, act: Callable[[], object]) -> None:
    """Do that once, while Rasa thinks about the next message."""
    left = [act]

    def turn(told: str, claims: dict[str, Any]) -> list[Utterance]:
        if left:
            left.pop()()
        return rasa.says

    monkeypatch.setattr(rasa, "turn", turn)


def test_who_has_it_all_deleted_by_text_meanwhile_is_not_answered_and_not_kept(
    rasa: Rasa, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts("hello", "1")
    answers: list[list[str]] = []

    def erase() -> None:
        answers.extend([texts("delete my data", "2"), texts("yes", "3")])
        rasas.say(texting().id, "I cannot stop drinking", now())

    while_thinking(monkeypatch, rasa, erase)
    assert texts("I cannot stop drinking", "4") == []
    assert "deleted" in answers[1][0]
    kept = [message.body.get("text", "") for message in thread(texting())]
    assert not any("drinking" in each for each in kept)
    with transaction() as session:
        assert session.scalars(select(Telephone)).all() == []
    # Rasa has written down since what it was thinking about.
    assert rasas.said_in(texting().id) == []
    # Their next text begins it again.
    assert texts("hello", "5")


def test_an_officer_who_signs_out_meanwhile_is_shown_no_answer(
    rasa: Rasa, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        officer = alarms.staff(session, Role.officer, "hampshire")
        secret = sign_in(session, officer)
    _, token, greeted = chat.begin_chat(
        site="hampshire",
        audience="officer",
        language="en",
        staff=officer,
        staff_session=hash_of(secret),
    )

    def leave() -> None:
        with transaction() as session:
            sign_out(session, secret)

    while_thinking(monkeypatch, rasa, leave)
    with pytest.raises(ChatError) as refused:
        chat.take_turn(speaker_of(token), Incoming(text="he has a drink problem"), None)
    assert refused.value.status == 404
    last = thread(speaker_of(token))[-1]
    assert (last.n, last.sender) == (greeted[-1].n + 1, "person")


def test_a_change_of_language_keeps_what_an_answer_remembered_meanwhile(
    rasa: Rasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser()
    browser.post("/start", who="support", site="hampshire", language="en")
    browser.post("/chat/say", text="I cannot stop drinking")
    with transaction() as session:
        chat_id = session.scalars(select(Conversation.id)).one()

    def read(session: Session, conversation_id: str, n: int) -> list[ChatMessage]:
        said = messages_after(session, conversation_id, n)
        with transaction() as beside:
            remember(beside.get_one(Conversation, chat_id), needs=["alcohol"])
        return said

    monkeypatch.setattr(pages, "messages_after", read)
    assert browser.post("/chat/language", language="pl").status_code == 303
    with transaction() as session:
        held = session.get_one(Conversation, chat_id)
        assert (held.language, held.context["needs"]) == ("pl", ["alcohol"])
