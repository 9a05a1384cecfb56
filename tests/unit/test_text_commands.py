"""STOP, START and HELP by text: obeyed and answered once, with and without a database."""

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from bot.channels.incoming import ChatError
from bot.channels.texts import Inbound, take_text
from core.audit import AuditRow
from core.database import transaction
from core.settings import settings
from core.spool import alerts as alert_spool
from core.words import words
from outreach.sending import work
from outreach.texts import contacts
from outreach.texts.revealing import reveals
from sites import all_sites
from tests.unit.commanding import (  # noqa: F401 - fixtures
    BOTH,
    DANGER,
    PHONE,
    STARTED,
    STOPPED,
    alerts,
    away,
    database,
    forget,
    forgetful,
    known_as,
    leaving,
    said_by_them,
    stopped,
    text_us,
)

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
        rows = select(AuditRow.act).where(AuditRow.act.like("text.%")).order_by(AuditRow.id)
        acts = list(session.scalars(rows))
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
