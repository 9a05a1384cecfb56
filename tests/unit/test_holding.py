"""A turn asks for the same few rows again and again, and reads each of them once."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator

import pytest

from bot.channels import chat, memory
from bot.channels.incoming import Incoming
from bot.channels.speaker import speaker_of
from bot.conversations import Conversation, add_message, begin, with_staff
from bot.speech import Utterance, say
from core.database import ByKey, transaction
from tests.unit.statements import listening

pytestmark = pytest.mark.usefixtures("database")
_TABLE = re.compile(r"(?:FROM|INTO|UPDATE) (\w+)")


@pytest.fixture
def known() -> str:
    with transaction() as session:
        made, _ = begin(
            session, site="hampshire", audience="participant", language="en", staff_id=None
        )
        return made.id


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement from now on."""
    seen: list[str] = []
    with listening(seen.append):
        yield seen


@pytest.mark.parametrize(("hold", "read"), [(True, 1), (False, 3)])
def test_what_is_held_is_read_once(
    known: str, statements: list[str], hold: bool, read: int
) -> None:
    with transaction(hold=hold) as session:
        for _ in range(3):
            assert session.get(Conversation, known)
            gc.collect()
    assert len([each for each in statements if "FROM conversation" in each]) == read


def test_a_row_by_its_key_is_that_of_the_session(known: str, statements: list[str]) -> None:
    by_key = ByKey(Conversation, Conversation.id)
    with transaction(hold=True) as session:
        found = by_key(session, known)
        assert found is not None
        assert found is by_key(session, known) is session.get(Conversation, known)
        assert by_key(session, "nobody's") is None
    assert len(statements) == 2


def test_a_row_by_its_key_is_found_before_it_is_written() -> None:
    with transaction() as session:
        new, _ = begin(
            session, site="hampshire", audience="participant", language="en", staff_id=None
        )
        assert ByKey(Conversation, Conversation.id)(session, new.id) is new


def test_the_last_number_comes_with_the_conversation(known: str, statements: list[str]) -> None:
    for last in range(3):
        statements.clear()
        with transaction() as session:
            found = with_staff(session, known)
            assert found
            assert found.last_n == 2 * last
            said = [add_message(session, found, "person", {"text": "hello"}) for _ in range(2)]
            assert [each.n for each in said] == [2 * last + 1, 2 * last + 2]
        assert len([each for each in statements if each.startswith("SELECT")]) == 1


def test_what_a_turn_asks_of_the_database(
    monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    class Rasa:
        def turn(self, _text: str, _claims: object) -> list[Utterance]:
            return [say("utter_ask_needs"), say("utter_ask_needs")]

    monkeypatch.setattr(chat, "rasa", Rasa)
    _, token, _ = chat.begin_chat(
        site="hampshire", audience="participant", language="en", staff=None
    )
    speaker = speaker_of(token)
    statements.clear()
    answered = chat.take_turn(speaker, Incoming(text="I would like some help"), None)
    asked = [(each.split()[0], _TABLE.findall(each)[-1]) for each in statements]
    # Here and there an engine writes several rows in one statement, or each in its own.
    assert list(dict.fromkeys(asked)) == [
        ("SELECT", "conversation"),
        ("INSERT", "chat_message"),
    ]
    assert asked.count(("SELECT", "conversation")) == 2
    assert answered[1].n == answered[0].n + 1
    memory.forget(speaker.id)
