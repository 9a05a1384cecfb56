"""Asking for a person: who is told, what is promised, and by when."""

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.channels import chat
from bot.channels.incoming import Incoming
from bot.channels.person import answered_by, there
from bot.channels.speaker import Speaker
from bot.speech import say
from core import spool
from core.database import transaction
from core.words import words
from outreach import alerts
from outreach.entries import ASKED
from outreach.sending import work
from outreach.texts.contacts import number_of
from sites.model import Answers
from tests.unit import alarms
from tests.unit.talking import (  # noqa: F401 - fixtures
    FRIDAY_NIGHT,
    NIGHT,
    PHONE,
    WEEKDAYS,
    Clock,
    Rasa,
    asked,
    asks,
    chatting,
    clock,
    left,
    london,
    on_both,
    rasa,
    requests,
    site,
    speaker,
    texts,
    thread,
)

# When


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("2026-11-23T09:00", "2026-11-23T13:00"),
        ("2026-11-23T10:10", "2026-11-23T14:30"),
        ("2026-11-23T10:30:01", "2026-11-23T15:00"),
        # What is left of the day counts, and the rest next morning.
        ("2026-11-23T15:00", "2026-11-24T11:00"),
        ("2026-11-23T17:00", "2026-11-24T13:00"),
        ("2026-11-23T03:00", "2026-11-23T13:00"),
        ("2026-11-27T21:00", "2026-11-30T13:00"),
        # Christmas Day is a Friday, and its Monday is kept too.
        ("2026-12-24T16:00", "2026-12-29T12:00"),
        # The clock goes back on a Sunday; Monday has its hours as ever.
        ("2026-10-23T16:00", "2026-10-26T12:00"),
    ],
)
def test_an_answer_is_promised_for_the_teams_own_hours(asked: str, answered: str) -> None:
    assert answered_by(WEEKDAYS, london(asked)) == london(answered)


def test_a_site_has_its_own_days_and_hours() -> None:
    hours = {"days": ["sat", "sun"], "from": "12:00", "to": "14:00", "within_hours": 3}
    weekend = Answers.model_validate(hours)
    assert answered_by(weekend, london("2026-11-23T10:00")) == london("2026-11-29T13:00")
    assert there(weekend, london("2026-11-28T12:00"))
    assert not there(weekend, london("2026-11-28T14:00"))
    assert not there(weekend, london("2026-11-27T13:00"))
    assert not there(WEEKDAYS, london("2026-12-25T12:00"))


# Asking


@on_both
def test_a_request_reaches_the_inbox_once_and_a_letter(speaker: Speaker, clock: Clock) -> None:
    told = asks(speaker)
    assert "116 123" in told
    assert "The team is Hampton Trust." in told
    assert "A person will answer you here today, by about 14:30." in told
    (found,) = requests()
    assert (found.kind, found.level, found.why, found.channel) == (ASKED, "asked", "asked", "web")
    assert found.said == "can I talk to someone"
    assert found.escalate_at == london("2026-11-23T14:30")
    assert alarms.told() == ["ash@hampshire.example", "coordinator@hampshire.example"]


def test_who_asks_again_hears_that_the_team_knows_and_is_one_request(
    sqlite: str, speaker: Speaker, clock: Clock
) -> None:
    asks(speaker)
    # Once while it is still on the spool, and once more when it is in the inbox.
    for count in (1, 2):
        told = asks(speaker)
        assert "Our team knows already" in told
        assert "today, by about 14:30" in told
        (found,) = requests()
        assert found.repeats == count
    alarms.acknowledge(found.id)
    asks(speaker)
    (found,) = requests()
    assert found.repeats == 3
    clock.moment += timedelta(hours=6)
    assert "It is taking longer than I said." in asks(speaker)


def test_the_same_turn_again_is_the_same_request(sqlite: str, speaker: Speaker) -> None:
    assert asks(speaker, key="1") == asks(speaker, key="1")
    (found,) = requests()
    assert found.repeats == 0


def test_once_it_is_closed_a_new_request_is_new(sqlite: str, speaker: Speaker) -> None:
    asks(speaker)
    (first,) = requests()
    alarms.acknowledge(first.id)
    alarms.close(first.id)
    assert "Our team has been told" in asks(speaker)
    assert len(requests()) == 2


@pytest.mark.parametrize("route", [NIGHT, NIGHT | {"confirmed": True}, None])
def test_out_of_hours_the_next_day_and_who_is_there_instead_is_told(
    sqlite: str,
    speaker: Speaker,
    clock: Clock,
    site: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    route: dict[str, Any] | None,
) -> None:
    site(out_of_hours=route)
    clock.moment = FRIDAY_NIGHT
    monkeypatch.setattr("bot.channels.speaker.now", lambda: FRIDAY_NIGHT)
    told = asks(replace(speaker, since=FRIDAY_NIGHT))
    assert "A person will answer you here on Monday 30/11, by about 13:00." in told
    assert "Nobody of the team is there now." in told
    assert ("If it cannot wait, ring Night line: 0121 496 0007." in told) == bool(route)
    untried = "Nobody has tried this number yet." in told
    assert untried == (route is not None and not route["confirmed"])
    assert "Samaritans, 116 123. If somebody is in danger, ring 999." in told
    # A chat lasts for a day; who waits for an answer may come back for it.
    assert "This chat stays open until you are answered, for one week at most." in told


def test_in_hours_no_other_route_is_named(sqlite: str, speaker: Speaker) -> None:
    told = asks(speaker)
    assert "Night line" not in told
    assert "stays open" not in told


@pytest.mark.parametrize("language", ["pl", "pa"])
def test_it_is_told_in_the_language_that_was_chosen(
    sqlite: str, rasa: Rasa, clock: Clock, language: str
) -> None:
    clock.moment = FRIDAY_NIGHT
    told = asks(chatting(language))
    day = words("utter_on_mon", language, {"date": "30/11"}).text
    assert words("utter_person_told", language).text in told
    assert day in told
    assert "13:00" in told


def test_a_text_names_neither_the_team_nor_the_route(sqlite: str, rasa: Rasa, clock: Clock) -> None:
    clock.moment = FRIDAY_NIGHT
    told = "\n".join(texts())
    assert "on Monday 30/11, by about 13:00" in told
    assert "If it cannot wait, ring 0121 496 0007." in told
    assert "Hampton" not in told
    assert "Night line" not in told
    (found,) = requests()
    assert found.reach == {"phone": number_of(PHONE)}


def test_the_button_reaches_a_person_where_rasa_is_away(
    sqlite: str, speaker: Speaker, rasa: Rasa
) -> None:
    rasa.away = True
    (button,) = [
        option
        for each in thread(speaker)
        for option in each.body.get("choices", [])
        if option["do"].get("intent") == "talk_to_person"
    ]
    said = chat.take_turn(speaker, Incoming(choice=button["choice"]), None)
    told = "\n".join(each.body["text"] for each in said)
    assert "Samaritans: 116 123" in told
    assert "by about 14:30" in told
    assert len(requests()) == 1


def test_numbers_offered_to_who_was_not_understood_are_no_request(
    sqlite: str, speaker: Speaker, rasa: Rasa
) -> None:
    rasa.says = [say("utter_participant_not_understood"), *rasa.says]
    assert "Our team" not in asks(speaker)
    assert requests() == []


def test_the_public_gets_the_numbers_and_nobody_is_told(
    sqlite: str, rasa: Rasa, clock: Clock
) -> None:
    assert "Our team" not in asks(chatting(audience="public"))
    assert requests() == []


def test_nothing_is_promised_that_could_not_be_kept(
    sqlite: str, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(spool.Spool, "put", full)
    told = asks(speaker)
    assert "116 123" in told
    assert "Our team" not in told


# The inbox


def test_danger_stands_before_an_older_request_and_alone_holds_back_our_messages(
    sqlite: str, speaker: Speaker, clock: Clock
) -> None:
    asks(speaker)
    (asked,) = requests()
    clock.moment += timedelta(hours=1)
    alarms.tell("danger", conversation="another")
    with transaction() as session:
        coordinator = alarms.staff(session)
        assert [each.id for each in alerts.alerts_of(session, coordinator)] == ["danger", asked.id]
        assert alerts.paused(session, "another")
        assert not alerts.paused(session, speaker.id)


def test_a_request_escalates_when_the_answer_was_promised(
    sqlite: str, speaker: Speaker, clock: Clock
) -> None:
    asks(speaker)
    requests()
    clock.moment = london("2026-11-23T14:29")
    work()
    assert "ren@hampshire.example" not in alarms.told()
    clock.moment = london("2026-11-23T14:30")
    work()
    assert "ren@hampshire.example" in alarms.told()
    text = left("email")[0]
    assert "somebody asks to talk to a person" in text
    assert "a person answers by 14:30, 23 November" in text
