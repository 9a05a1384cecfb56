"""What a person can ask of us: what we hold about them, and to have it deleted."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.channels import erasing, memory, own_data
from bot.channels.chat import begin_chat, take_turn
from bot.channels.incoming import ChatError, Incoming
from bot.channels.journal import journal
from bot.channels.rasa_client import RasaAwayError
from bot.channels.speaker import WEB, Speaker, speaker_of
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import (
    ChatMessage,
    Conversation,
    Telephone,
    messages_after,
    remember,
    token_for,
)
from core.audit import AuditRow
from core.clock import LONDON, now
from core.database import transaction
from core.outbox import Outgoing
from core.settings import settings
from core.words import words
from outreach.sending import work
from outreach.tables import Alert
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, BOOKING, RESEARCH, Asked, Reach
from outreach.texts.revealing import reveals
from outreach.texts.tables import Consent, Contact, Message, Signposting, Standing, Stopped
from sites import all_sites

PHONE, OURS = "+447700900461", "07700 900101"
REACH = Reach("hampshire", "case-1", PHONE, "private", "en", hours="evening", word="willow")
DANGER = "I want to kill myself"

# Telling


@pytest.fixture
def chatting(sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rasa is away, and nobody's words are remembered from test to test."""

    def away() -> Any:
        raise RasaAwayError(waking=False)

    monkeypatch.setattr("bot.channels.chat.rasa", away)
    yield
    assert journal.wait(10)
    memory.forget(texting().id)


needs_database = pytest.mark.usefixtures("chatting")


def texting() -> Speaker:
    return speaker_texting(Inbound("test", "", PHONE, OURS, ""))


def text_us(said: str, text_id: str = "") -> str:
    return "\n".join(take_text(Inbound("test", text_id or f"id of {said}", PHONE, OURS, said)))


def on_a_page(language: str = "en") -> Speaker:
    _, token, _ = begin_chat(
        site="hampshire", audience="participant", language=language, staff=None
    )
    return speaker_of(token)


def by_link(contact: Contact) -> Speaker:
    """The person on the page of their text conversation, as the link opens it."""
    text_us("I cannot sleep")
    with transaction() as session:
        conversation = session.get_one(Conversation, texting().id)
        remember(conversation, known_as=contact.id)
        return speaker_of(token_for(conversation))


def say(speaker: Speaker, said: str, key: str | None = None) -> list[ChatMessage]:
    return [
        message
        for message in take_turn(speaker, Incoming(text=said), key)
        if message.sender == "assistant"
    ]


def told(messages: list[ChatMessage]) -> str:
    return "\n".join(message.body["text"] for message in messages)


def choose(speaker: Speaker, messages: list[ChatMessage], at: int, key: str = "k") -> str:
    token = messages[-1].body["choices"][at]["choice"]
    return told(take_turn(speaker, Incoming(choice=token), key))


def kept_contact(privacy: str = "private") -> Contact:
    """A person with all that we may hold: answers, a text that is planned, one sent, services."""
    with transaction() as session:
        said = [
            Asked(BOOKING, agreed=True, words="All right?", language="en", asked_by="1"),
            Asked(AFTER, agreed=True, words="All right?", language="en", asked_by="1"),
            Asked(RESEARCH, agreed=False, words="All right?", language="en", asked_by="1"),
        ]
        contact = contacts.keep(session, replace(REACH, privacy=privacy), said, key="1")
        for kind, standing in (("check_in", Standing.planned), ("hello", Standing.delivered)):
            sent = now() if standing is Standing.delivered else None
            session.add(
                Message(
                    id=kind,
                    contact_id=contact.id,
                    site="hampshire",
                    kind=kind,
                    occasion="1",
                    data={"day": "monday"},
                    due_at=now(),
                    until=now() + timedelta(days=1),
                    standing=standing.value,
                    made_at=now(),
                    sent_at=sent,
                )
            )
        session.add(
            Signposting(
                id="1",
                contact_id=contact.id,
                conversation=texting().id,
                needs=["alcohol"],
                listings=[{"id": "hiow-012", "needs": ["alcohol"]}],
                at=now(),
            )
        )
        return contact


TODAY = f"{now().astimezone(LONDON):%d/%m/%Y}"


@needs_database
def test_on_a_page_only_the_chat_is_told() -> None:
    kept_contact()
    speaker = on_a_page()
    with transaction() as session:
        conversation = session.get_one(Conversation, speaker.id)
        place = {"label": "Aldershot"}
        remember(conversation, needs=["alcohol", "drugs"], place=place, shown=["a", "b"])
        count = len(messages_after(session, speaker.id, 0)) + 1
    said = told(say(speaker, "what do you hold about me"))
    assert said.split("\n") == [
        f"This chat: {count} messages since {TODAY}. Each is removed after 30 days.",
        "What you want help with: Help with drinking; Help with drugs.",
        "The place you named: Aldershot.",
        "Your language: English.",
        "Services you were shown: 2.",
        words("utter_own_this_chat_only", "en").text,
    ]


@needs_database
@pytest.mark.parametrize("where", ["by text", "by link"])
def test_who_is_known_is_told_all_but_the_case(where: str) -> None:
    contact = kept_contact()
    if where == "by text":
        said = text_us("what do you hold about me")
        keeper = "the team"
    else:
        said = told(say(by_link(contact), "what do you hold about me"))
        keeper = "Hampton Trust"
    for line in (
        "Your phone number. It ends in 461.",
        "Nobody else sees this phone: that is what we were told.",
        "When we may text you: in the evening.",
        "You said yes to: texts about your bookings; texts that offer help later.",
        "You said no to: use of your answers for research.",
        f"Texts that we began: 1. The last one: {TODAY}.",
        "Services you were shown: 1.",
        words("utter_own_case", "en", {"keeper": keeper}).text,
        words("utter_own_no_number", "en").text,
    ):
        assert line in said.split("\n")
    assert PHONE[-6:] not in said
    assert "willow" not in said


@needs_database
@pytest.mark.parametrize("confirmed", [True, False])
def test_the_number_of_the_team_is_told_and_whether_anybody_has_checked_it(
    confirmed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_contact()
    site = all_sites()["hampshire"]
    team = site.team.model_copy(update={"phone": "020 7946 0018", "confirmed": confirmed})
    ours = all_sites() | {"hampshire": site.model_copy(update={"team": team})}
    monkeypatch.setattr(own_data, "site_of", ours.__getitem__)
    said = text_us("what do you hold about me")
    assert "To ask, ring 020 7946 0018." in said
    assert ("Nobody has checked this number yet." in said) is not confirmed


@needs_database
@pytest.mark.parametrize("language", ["pl", "pa"])
def test_it_is_told_in_the_language_of_the_chat(language: str) -> None:
    (message,) = say(on_a_page(language), "what do you hold about me")
    assert message.body["lang"] == language
    assert words("utter_own_this_chat_only", language).text in message.body["text"]
    assert message.body["unreviewed"]


@needs_database
@pytest.mark.parametrize("privacy", ["shared", "unknown"])
@pytest.mark.parametrize("said", ["what do you hold about me", "delete everything", "yes"])
def test_a_telephone_that_others_may_see_is_told_nothing_by_text(privacy: str, said: str) -> None:
    kept_contact(privacy)
    answer = text_us(said)
    assert "/c/" in answer
    assert answer.startswith("Here is a page for you")
    assert not reveals(answer)
    for telling in ("461", "messages", "delete", "Services"):
        assert telling not in answer


@needs_database
def test_even_straight_to_the_chat_a_shared_telephone_gets_a_link_alone() -> None:
    kept_contact("shared")
    said = say(texting(), "what do you hold about me")[-1].body["text"]
    assert re.fullmatch(r"Here is a page for you: http://\S+/c/\w+\n.*", said)


@needs_database
def test_what_a_shared_telephone_asked_is_answered_on_the_page_behind_the_link() -> None:
    kept_contact("shared")
    text_us("what do you hold about me")
    assert "Your phone number. It ends in 461." in everything(texting())[-1]


@needs_database
def test_texting_from_a_shared_telephone_never_deletes() -> None:
    contact = kept_contact("shared")
    on_page = replace(texting(), channel=WEB)
    text_us("hello")
    say(on_page, "delete everything")
    asked_again = say(on_page, "yes")
    assert words("utter_own_sure_contact", "en").text in told(asked_again)
    with transaction() as session:
        assert session.get_one(Contact, contact.id).phone == PHONE
        assert len(messages_after(session, texting().id, 0)) > 4


@needs_database
def test_in_production_a_telephone_that_nobody_gave_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text_us("hello")
    monkeypatch.setattr(
        own_data, "settings", lambda: settings().model_copy(update={"mode": "production"})
    )
    said = told(say(texting(), "what do you hold about me"))
    assert said == words("utter_own_not_by_text", "en").text


@needs_database
def test_danger_comes_first() -> None:
    speaker = on_a_page()
    assert "116 123" in told(say(speaker, f"delete everything, {DANGER}"))
    assert "116 123" in told(say(speaker, DANGER))


@needs_database
def test_an_officer_and_the_public_are_not_asked_about() -> None:
    _, token, _ = begin_chat(site="hampshire", audience="public", language="en", staff=None)
    assert "This chat:" not in told(say(speaker_of(token), "what do you hold about me"))


# Deleting


@needs_database
def test_it_is_asked_back_first_and_no_keeps_it() -> None:
    speaker = on_a_page()
    say(speaker, "I cannot sleep")
    asked = say(speaker, "delete it")
    assert told(asked) == words("utter_own_sure_chat", "en").text
    choose(speaker, asked, 1)
    assert any("I cannot sleep" in each for each in everything(speaker))


def everything(speaker: Speaker) -> list[str]:
    with transaction() as session:
        return [each.body["text"] for each in messages_after(session, speaker.id, 0)]


@needs_database
@pytest.mark.parametrize("yes", ["yes", "Yes, delete it", "delete it", "tak", "ਹਾਂ", "press"])
def test_after_a_yes_the_chat_is_gone_and_begins_anew(yes: str) -> None:
    speaker = on_a_page()
    say(speaker, "I cannot sleep")
    with transaction() as session:
        remember(session.get_one(Conversation, speaker.id), needs=["alcohol"], shown=["a"])
    asked = say(speaker, "delete my data")
    said = choose(speaker, asked, 0) if yes == "press" else told(say(speaker, yes))
    for key in ("utter_own_deleted_chat", "utter_own_stays", "utter_own_stays_unclear"):
        assert words(key, "en").text in said
    assert words("utter_own_deleted_contact", "en").text not in said
    assert words("utter_participant_welcome", "en").text in said
    assert not any("I cannot sleep" in each for each in everything(speaker))
    with transaction() as session:
        assert session.get_one(Conversation, speaker.id).context == {}
    assert told(say(speaker, "what do you hold about me")).count("help with") == 0


@needs_database
def test_a_yes_to_something_else_deletes_nothing() -> None:
    speaker = on_a_page()
    say(speaker, "delete it")
    say(speaker, "I cannot sleep")
    say(speaker, "yes")
    assert any("I cannot sleep" in each for each in everything(speaker))


@needs_database
def test_the_same_press_twice_gives_the_same_answer_and_another_is_harmless() -> None:
    speaker = on_a_page()
    asked = say(speaker, "delete it")
    first = choose(speaker, asked, 0, key="one press")
    assert choose(speaker, asked, 0, key="one press") == first
    with pytest.raises(ChatError) as refused:
        choose(speaker, asked, 0, key="another")
    assert refused.value.code == "choice_not_offered"
    choose(speaker, say(speaker, "delete it"), 0, key="again")


@needs_database
@pytest.mark.parametrize("where", ["by text", "by link"])
def test_what_is_ours_goes_and_what_has_to_stay_stays(where: str) -> None:
    contact = kept_contact()
    text_us("I cannot sleep")
    text_us(DANGER)
    assert journal.wait(10)
    work()
    with transaction() as session:
        contacts.stop(session, "hampshire", "+447700900462")
        given = session.scalar(select(func.count()).select_from(Consent))
        acts = session.scalar(select(func.count()).select_from(AuditRow))
    if where == "by text":
        text_us("delete everything")
        said = text_us("1")
    else:
        speaker = by_link(contact)
        said = choose(speaker, say(speaker, "delete everything"), 0)
    assert words("utter_own_deleted_contact", "en").text in said
    assert words("utter_own_stays_contact", "en").text in said
    with transaction() as session:
        held = session.get_one(Contact, contact.id)
        assert (held.phone, held.phone_lookup, held.word_lookup) == (None, None, None)
        assert held.privacy == "unknown"
        assert session.scalars(select(Signposting)).all() == []
        assert session.scalars(select(Telephone)).all() == []
        texts = {each.kind: each for each in session.scalars(select(Message))}
        assert texts["check_in"].standing == Standing.held_back.value
        assert texts["check_in"].why == "erased"
        assert texts["hello"].standing == Standing.delivered.value
        assert {str(each.data) for each in texts.values()} == {"{}"}
        # What stays.
        assert session.scalar(select(func.count()).select_from(Consent)) >= (given or 0)
        assert not contacts.agreed(session, held, AFTER)
        assert len(session.scalars(select(Stopped)).all()) == 1
        assert len(session.scalars(select(Alert)).all()) == 1
        assert (session.scalar(select(func.count()).select_from(AuditRow)) or 0) > (acts or 0)
    assert not any("sleep" in each or DANGER in each for each in everything(texting()))


@needs_database
def test_texts_with_what_was_said_leave_the_outbox_and_those_that_wait_still_go() -> None:
    kept_contact()
    text_us("I cannot sleep")
    work()
    with transaction() as session:
        before = Counter(row.status for row in session.scalars(select(Outgoing)))
    assert before["sent"] >= 2
    text_us("delete everything")
    said = text_us("1")
    with transaction() as session:
        rows = session.scalars(select(Outgoing).where(Outgoing.kind == "text")).all()
    assert {row.status for row in rows} == {"waiting"}
    assert any(row.payload["text"] in said for row in rows)


@needs_database
def test_after_deleting_by_text_the_next_text_begins_anew_and_its_answers_leave() -> None:
    kept_contact()
    text_us("I cannot sleep")
    text_us("delete everything")
    text_us("1")
    with transaction() as session:
        before = session.scalar(select(func.count()).select_from(Outgoing))
    said = text_us("hello")
    assert words("utter_text_welcome", "en").text.split("\n")[0] in said
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Outgoing)) > before
    text_us("delete everything", "again")
    assert words("utter_own_deleted_chat", "en").text in text_us("1", "again 1")


@needs_database
def test_a_new_telephone_is_not_bound_by_what_was_agreed_for_the_deleted_one() -> None:
    kept_contact()
    text_us("delete everything")
    text_us("1")
    with transaction() as session:
        again = contacts.keep(session, replace(REACH, phone="+447700900462"), key="2")
        assert not contacts.agreed(session, again, BOOKING)


@needs_database
def test_rasa_forgets_it_too() -> None:
    speaker = on_a_page()
    path = settings().data_dir / "rasa.db"
    with sqlite3.connect(path) as tracker:
        tracker.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT, data TEXT)")
        for sender in (speaker.id, "somebody else"):
            tracker.execute("INSERT INTO events (sender_id, data) VALUES (?, '{}')", [sender])
    tracker.close()
    choose(speaker, say(speaker, "delete it"), 0)
    tracker = sqlite3.connect(path)
    assert tracker.execute("SELECT sender_id FROM events").fetchall() == [("somebody else",)]
    tracker.close()


@needs_database
def test_where_one_part_cannot_be_deleted_none_is(monkeypatch: pytest.MonkeyPatch) -> None:
    contact = kept_contact()
    text_us("I cannot sleep")
    text_us("delete everything")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(erasing, "record", broken)
    with pytest.raises(RuntimeError):
        text_us("1")
    with transaction() as session:
        assert session.get_one(Contact, contact.id).phone == PHONE
    assert "I cannot sleep" in everything(texting())


@needs_database
def test_it_is_audited() -> None:
    speaker = on_a_page()
    say(speaker, "what do you hold about me")
    choose(speaker, say(speaker, "delete it"), 0)
    with transaction() as session:
        about = select(AuditRow.act).where(AuditRow.record == f"conversation:{speaker.id}")
        acts = list(session.scalars(about.order_by(AuditRow.id)))
    assert acts == ["conversation.begin", "own_data.held", "own_data.delete", "own_data.erase"]
