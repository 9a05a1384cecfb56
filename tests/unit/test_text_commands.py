"""STOP, START and HELP by text, and telephones that others may see: what leaves and what not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread

import pytest
from sqlalchemy import func, select

from bot.channels import memory
from bot.channels.incoming import ChatError
from bot.channels.journal import journal
from bot.channels.packing import packed
from bot.channels.render import text_body
from bot.channels.speaker import Speaker
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import ChatMessage, Conversation, messages_after
from core.audit import AuditRow
from core.crypto import lookup_hash
from core.database import transaction
from core.outbox import Outgoing
from core.settings import settings
from core.spool import alerts as alert_spool
from core.words import words
from outreach.sending import work
from outreach.tables import Alert
from outreach.texts import contacts
from outreach.texts.contacts import Reach
from outreach.texts.revealing import reveals
from outreach.texts.segments import segments
from sites import all_sites

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
        return contacts.stopped(session, site, lookup_hash(PHONE))


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


# STOP


@database
@pytest.mark.parametrize("privacy", ["", "private", "shared", "unknown"])
@pytest.mark.parametrize("said", ["STOP", "stop texting me", "stpo"])
def test_stop_is_honoured_whoever_texts_it_and_confirmed_once(said: str, privacy: str) -> None:
    if privacy:
        known_as(privacy)
    assert text_us(said) == [STOPPED]
    assert stopped()
    assert not stopped("west_midlands")
    assert text_us("STOP") == []
    assert leaving() == [STOPPED]


@database
@pytest.mark.parametrize(("said", "language"), [("dość", "pl"), ("ਬੰਦ ਕਰੋ", "pa")])
def test_stop_is_confirmed_in_the_language_in_which_it_is_said(said: str, language: str) -> None:
    (told,) = text_us(said)
    assert told.startswith(words("utter_text_stopped", language).text)


@database
def test_stop_is_confirmed_in_the_language_that_they_chose() -> None:
    known_as("private", "pl")
    assert text_us("STOP")[0].startswith(words("utter_text_stopped", "pl").text)


@database
def test_a_copy_of_an_old_stop_undoes_no_start() -> None:
    text_us("STOP", "first")
    assert text_us("START", "second") == [STARTED]
    assert text_us("STOP", "first") == []
    assert not stopped()
    assert text_us("START", "second") == []
    assert leaving() == [STOPPED, STARTED]


@database
def test_of_copies_that_come_at_once_one_is_answered() -> None:
    answers: list[list[str]] = []
    copies = [Thread(target=lambda: answers.append(text_us("STOP", "one"))) for _ in range(4)]
    for each in copies:
        each.start()
    for each in copies:
        each.join()
    assert stopped()
    assert sorted(answers) == [[], [], [], [STOPPED]]
    assert leaving() == [STOPPED]


@database
def test_after_stop_nothing_is_answered_but_danger_help_and_start() -> None:
    text_us("STOP")
    for said in ("hello", "I drink too much", "1", "link", "", "💔"):
        assert text_us(said) == []
    assert said_by_them() == ["STOP"], "it is not taken to the assistant"
    (told,) = text_us("HELP")
    assert "116 123" in told
    assert words("utter_text_off", "en").text in told
    assert "116 123" in text_us(DANGER)[0]
    assert alerts() == 1
    assert text_us("START") == [STARTED]
    assert text_us("hello")
    with transaction() as session:
        acts = list(session.scalars(select(AuditRow.act).where(AuditRow.act.like("text.%"))))
    assert acts == ["text.stop", *["text.unanswered"] * 6, "text.help", "text.start"]


@database
def test_after_stop_danger_that_shows_only_in_two_texts_is_answered() -> None:
    text_us("STOP")
    assert text_us("I want to") == []
    assert "116 123" in text_us("die")[0]
    assert alerts() == 1


@database
def test_a_text_that_is_both_does_both_and_gets_the_crisis_answer_alone() -> None:
    plain = text_us(DANGER)
    forget()
    told = text_us(BOTH)
    assert told[0] == plain[0]
    assert stopped()
    assert STOPPED not in leaving()
    assert text_us("hello") == []


@database
def test_both_is_both_also_for_a_copy_and_only_once() -> None:
    first = text_us(BOTH, "one")
    once = leaving()
    assert text_us(BOTH, "one") == first
    assert leaving() == once
    assert alerts() == 1


@database
def test_a_site_that_is_not_live_honours_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    with pytest.raises(ChatError):
        text_us("hello")
    assert text_us("STOP") == [STOPPED]
    assert stopped()


# Without the database


@pytest.mark.usefixtures("sqlite")
def test_a_stop_without_a_database_is_kept_and_honoured_when_it_is_back(
    away: Callable[[], None],
) -> None:
    assert text_us("STOP") == [STOPPED]
    work()
    assert len(alert_spool().waiting()) == 1, "it waits, and nothing has gone"
    away()
    assert leaving() == [STOPPED]
    assert stopped()
    assert alert_spool().waiting() == []
    assert text_us("STOP") == []
    assert leaving() == [STOPPED]


@pytest.mark.usefixtures("sqlite")
def test_a_stop_from_the_spool_undoes_no_later_start(
    away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    text_us("STOP")
    away()
    later = datetime.now(UTC) + timedelta(minutes=1)
    with transaction() as session:
        contacts.stop(session, "hampshire", PHONE)
        monkeypatch.setattr(contacts, "now", lambda: later)
        contacts.start(session, "hampshire", PHONE)
    assert leaving() == []
    assert not stopped()


@pytest.mark.usefixtures("sqlite")
def test_both_without_a_database_loses_neither(
    away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.crisis.journal.keep", lambda write: None)
    assert "116 123" in text_us(BOTH)[0]
    kept = [alert_spool().read(each) for each in alert_spool().waiting()]
    assert {each["type"] for each in kept if each} == {"alert", "text", "stop"}
    away()
    assert STOPPED not in leaving()
    assert stopped()


@pytest.mark.usefixtures("sqlite", "away")
def test_without_database_and_disk_they_are_asked_to_text_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    alert_spool().folder.write_text("no folder")
    assert text_us("STOP") == [words("utter_text_again", "en").text]
    assert "a STOP could not be kept" in caplog.text
    assert "900461" not in caplog.text


@pytest.mark.usefixtures("sqlite", "away")
def test_without_a_database_start_is_asked_for_again_and_help_answered() -> None:
    assert text_us("START") == [words("utter_text_again", "en").text]
    assert "116 123" in text_us("HELP")[0]


# HELP


@database
@pytest.mark.parametrize("site", [site for site in all_sites().values() if site.text_number])
def test_help_says_whom_to_ring_and_how_to_stop_and_nothing_of_what_this_is(site: object) -> None:
    number = getattr(site, "text_number", "")
    (told,) = take_text(Inbound("test", "1", PHONE, number, "HELP"))
    assert "116 123" in told
    assert "Text STOP to get no more texts." in told
    assert not reveals(told)


# A telephone that others may see


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
@pytest.mark.parametrize(
    "key", ["stopped", "started", "again", "help", "ring", "no_more", "off", "elsewhere", "unnamed"]
)
def test_no_word_for_such_a_telephone_reveals_anything(key: str, language: str) -> None:
    gaps = dict.fromkeys(("samaritans", "emergency", "number", "page"), "0")
    said = words(f"utter_text_{key}", language, gaps).text
    assert not reveals(said)
    assert segments(said) <= 3


@database
@pytest.mark.parametrize("privacy", ["shared", "unknown"])
def test_on_a_shared_telephone_the_answer_waits_on_a_page_behind_a_link(privacy: str) -> None:
    known_as(privacy)
    (told,) = text_us("I drink too much", "one")
    assert "/c/" in told
    assert not reveals(told)
    assert text_us("I drink too much", "one") == [], "a copy spends no link"
    assert leaving() == [told]
    with transaction() as session:
        (conversation,) = session.scalars(select(Conversation))
        kept = [
            (each.sender, each.body["text"]) for each in messages_after(session, conversation.id, 0)
        ]
    assert kept[0] == ("assistant", words("utter_text_welcome", "en").text)
    assert ("person", "I drink too much") in kept
    assert kept[-1][0] == "assistant", "the answer waits there"


@database
def test_a_private_telephone_gets_a_link_where_it_asks_for_one() -> None:
    known_as("private")
    (told,) = text_us("link")
    assert "/c/" in told
    assert leaving() == [told]


@database
@pytest.mark.usefixtures("in_earnest")
def test_an_unknown_telephone_is_told_the_way_and_whom_to_ring_and_nothing_else() -> None:
    for said in ("hello", "I drink too much", "does he text you about the police?", ""):
        (told,) = text_us(said)
        assert "http://127.0.0.1:8000" in told
        assert "116 123" in told
        assert not reveals(told)
    assert len(leaving()) == 4


@database
@pytest.mark.usefixtures("in_earnest")
def test_an_unknown_telephone_in_danger_gets_the_whole_answer() -> None:
    assert "116 123" in text_us(DANGER)[0]
    assert alerts() == 1


@database
@pytest.mark.usefixtures("in_earnest")
def test_a_reply_to_a_question_about_danger_is_one_to_any_process() -> None:
    text_us(DOUBT)
    assert journal.wait(10)
    forget()
    assert "116 123" in text_us("yes")[0]
    assert alerts() == 1


@database
@pytest.mark.usefixtures("in_earnest")
def test_a_no_to_that_question_closes_it() -> None:
    text_us(DOUBT)
    assert journal.wait(10)
    assert text_us("no")[0].startswith(words("utter_crisis_after_no", "en").text)
    (told,) = text_us("yes")
    assert "http://127.0.0.1:8000" in told
    assert alerts() == 0


@database
@pytest.mark.usefixtures("in_earnest")
def test_a_private_telephone_is_answered_by_the_assistant_in_its_language() -> None:
    known_as("private", "pl")
    text_us("dzień dobry")
    with transaction() as session:
        (conversation,) = session.scalars(select(Conversation))
    assert conversation.language == "pl"


@database
def test_in_the_demonstration_a_telephone_on_the_screen_is_answered_in_full() -> None:
    assert text_us("hello")[0] == words("utter_text_welcome", "en").text
