"""What a person can ask of us: to delete what is held about them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.channels import erasing
from bot.channels.incoming import ChatError
from bot.channels.journal import journal
from bot.conversations import (
    Conversation,
    Telephone,
    remember,
)
from core.audit import AuditRow
from core.database import transaction
from core.outbox import Outgoing
from core.settings import settings
from core.words import words
from outreach.sending import work
from outreach.tables import Alert
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, BOOKING
from outreach.texts.tables import Consent, Contact, Message, Signposting, Standing, Stopped
from tests.unit.holding import (  # noqa: F401 - fixtures
    DANGER,
    PHONE,
    REACH,
    by_link,
    chatting,
    choose,
    everything,
    kept_contact,
    needs_database,
    on_a_page,
    say,
    text_us,
    texting,
    told,
)

# Deleting


@needs_database
def test_it_is_asked_back_first_and_no_keeps_it() -> None:
    speaker = on_a_page()
    say(speaker, "I cannot sleep")
    asked = say(speaker, "delete it")
    assert told(asked) == words("utter_own_sure_chat", "en").text
    choose(speaker, asked, 1)
    assert any("I cannot sleep" in each for each in everything(speaker))


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
        assert (held.phone, held.phone_lookup, held.word) == (None, None, None)
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
    path = settings().tracker_db
    path.parent.mkdir()
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
