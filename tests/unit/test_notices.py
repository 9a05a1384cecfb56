"""Notices: read on a locked telephone they say that somebody is needed, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.safety import Kind
from core.outbox import Letter
from core.settings import settings
from outreach.notices import AGAIN, FIRST, UNREACHED, address, letters, people_of
from sites import Person
from tests.unit import alarms
from tests.unit.alarms import ASH, REN

# What no notice may say, in whatever form; and what was said, in whatever part.
REVEALING = re.compile(
    r"polic|abus|offen[cds]|crim|workshop|caution|suicid|\bcara\b|victim|violen|custody|arrest"
    r"|domestic|partner|kill|\bdie\b|self.?harm|probation|perpetrator",
    re.IGNORECASE,
)
SAID = "I am going to end it with her knife tonight, I am Kit Marlow, ring 07700 900461"
KINDS = [kind.value for kind in Kind]
CHANNELS = ["web", "text"]
AUDIENCES = ["participant", "officer"]
WHYS = ["said", "answered_yes", "not_said"]
EVERYBODY = (Person(name="Ash Fenwick", email="ash@hampshire.example"),)
ON_CALL = (Person(name="On call", webhook="https://on-call.example/hook"),)


def alert(**about: object) -> dict[str, object]:
    """An alert as a notice is made of it: even with all that lies on the spool."""
    return {
        "id": "5f0c1c52-6c05-4a8c-9f2d-2c1f3a1b7d11",
        "site": "hampshire",
        "kind": "suicide",
        "level": "alarm",
        "why": "said",
        "audience": "participant",
        "channel": "web",
        "conversation": "chat",
        "said": SAID,
        "reach": {"phone": "+447700900461"},
        "at": datetime(2026, 7, 1, 21, 5, tzinfo=UTC).isoformat(),
    } | about


def mail(turn: str = FIRST, **about: object) -> Letter:
    (made,) = letters(alert(**about), EVERYBODY, turn)
    return made


def call(turn: str = FIRST, **about: object) -> Letter:
    (made,) = letters(alert(**about), ON_CALL, turn)
    return made


# A mail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_mail_says_what_it_is_about(kind: str, channel: str, audience: str) -> None:
    for why in WHYS:
        for turn in (FIRST, AGAIN):
            made = mail(turn, kind=kind, channel=channel, audience=audience, why=why)
            for shown in (made.payload["subject"], made.payload["text"]):
                assert not REVEALING.search(shown)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_no_mail_repeats_a_word_of_what_was_said_or_tells_who_said_it(
    kind: str, channel: str
) -> None:
    shown = json.dumps(mail(kind=kind, channel=channel).payload)
    for each in ("end it", "knife", "tonight", "Kit", "Marlow", "900461", "7700", "chat of"):
        assert each not in shown


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_says_that_somebody_is_needed_how_urgently_and_where_to_look(kind: str) -> None:
    made = mail(kind=kind)
    assert made.payload["to"] == "ash@hampshire.example"
    assert made.payload["subject"] == "Somebody needs a person now"
    lines = made.payload["text"].splitlines()
    assert lines[0] == "Hello Ash Fenwick,"
    assert re.fullmatch(r"somebody needs a person now: (a life|somebody|a child) .+\.", lines[1])
    # Nine o'clock in the evening in London, where it is summer.
    assert lines[2] == "Received at 22:05 by web chat."
    assert address(str(alert()["id"])) in lines


def test_a_mail_about_somebody_who_asks_says_what_they_were_promised_and_no_more() -> None:
    asked = {"kind": "wants_to_talk", "level": "asked", "why": "asked"}
    for turn in (FIRST, AGAIN):
        made = mail(turn, **asked, answer_by=datetime(2026, 7, 2, 10, 30, tzinfo=UTC).isoformat())
        assert made.payload["subject"] == "Somebody asks to talk to a person"
        lines = made.payload["text"].splitlines()
        assert "They were told that a person answers by 11:30, 02 July." in lines
        assert address(str(alert()["id"])) in lines
        assert not REVEALING.search(made.payload["subject"] + made.payload["text"])
        assert "Kit" not in made.payload["text"]


def test_the_kinds_can_be_told_apart() -> None:
    said = {mail(kind=kind).payload["text"] for kind in KINDS}
    assert len(said) == len(KINDS)


def test_a_text_and_a_chat_are_told_apart() -> None:
    assert "by text message" in mail(channel="text").payload["text"]
    assert "by web chat" in mail(channel="web").payload["text"]


def test_the_subject_is_the_same_whatever_it_is_about() -> None:
    assert len({mail(kind=kind).payload["subject"] for kind in KINDS}) == 1


def test_the_link_leads_to_where_staff_reach_us(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address("a1") == "http://127.0.0.1:8000/alerts/a1"
    monkeypatch.setenv("CARA_PUBLIC_URL", "https://help.hampshire.example/")
    settings.cache_clear()
    assert address("a1") == "https://help.hampshire.example/alerts/a1"


# A call


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turn", [FIRST, AGAIN, UNREACHED])
def test_a_call_names_the_kind_for_a_machine_and_nobody_and_no_word(kind: str, turn: str) -> None:
    made = call(turn, kind=kind)
    assert made.payload["url"] == "https://on-call.example/hook"
    assert made.payload["body"] == {
        "id": alert()["id"],
        "site": "hampshire",
        "kind": kind,
        "level": "alarm",
        "audience": "participant",
        "channel": "web",
        "at": alert()["at"],
        "escalated": turn == AGAIN,
        "unreached": turn == UNREACHED,
        "address": address(str(alert()["id"])),
    }


# To whom, and under which key


def test_each_way_to_each_person_is_a_letter_of_its_own() -> None:
    both = Person(name="Ash", email="ash@hampshire.example", webhook="https://on-call.example/1")
    made = list(letters(alert(), (both, *EVERYBODY, *ON_CALL)))
    assert [letter.kind for letter in made] == ["email", "webhook", "email", "webhook"]
    # Ash's address is named twice and is one key, so it is one letter in the outbox.
    assert len({letter.key for letter in made}) == 3


def test_who_has_no_address_gets_no_letter() -> None:
    assert list(letters(alert(), (Person(name="Nobody"),))) == []


def test_a_letter_made_again_has_the_same_key() -> None:
    assert mail().key == mail(kind="medical", at=alert()["at"]).key


def test_another_alert_another_turn_and_another_person_have_another_key() -> None:
    keys = {mail().key, mail(AGAIN).key, mail(id="another").key, call().key}
    assert len(keys) == 4


def test_a_key_fits_its_column_and_names_nobody() -> None:
    assert len(mail().key) <= 160
    assert "ash" not in mail().key


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        yield


@pytest.mark.usefixtures("site")
def test_those_who_were_told_first_are_told_again_with_more() -> None:
    assert [each.email for each in people_of("hampshire")] == [ASH["email"]]
    assert [each.email for each in people_of("hampshire", AGAIN)] == [ASH["email"], REN["email"]]
    assert people_of("north_yorkshire", AGAIN) == ()
