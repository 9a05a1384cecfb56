"""Services whose names tell what they are for: by text they are told apart without their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from actions import shown
from actions.participant_search import show
from actions.turn import Turn
from bot.channels import chat
from bot.channels.journal import journal
from bot.channels.packing import packed
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import Conversation, messages_after, remember
from bot.speech import Utterance
from core.database import transaction
from core.words import words
from outreach.texts.revealing import reveals
from services_directory.tables import Live
from tests.unit.conftest import forget
from tests.unit.directory import document, make_public

PHONE, OURS = "07700 900473", "07700 900101"
NAMES = ("Domestic abuse helpline", "Alcohol advice", "Harbour drop-in")
ACTIONS = {each.action_name: each for each in shown.ACTIONS}


class Rasa:
    """Stands for Rasa: the action that it would have chosen, done as the actions' server does."""

    def __init__(self) -> None:
        self.action, self.about, self.language = "show", "more", "en"

    def turn(self, told: str, claims: dict[str, Any]) -> list[Utterance]:
        with transaction() as session:
            held = session.get_one(Conversation, claims["sender"])
            held.language = self.language
            given = {"about": self.about} | (claims["given"] or {})
            turn = Turn(session, held, None, told, "", (), given)
            if self.action != "show":
                return list(ACTIONS[self.action].take(turn))
            remember(held, needs=["alcohol"])
            return list(show(turn))


@pytest.fixture
def rasa(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rasa]:
    """Three services for alcohol, two of which have names that tell too much."""
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    forget()
    with transaction() as session:
        session.execute(delete(Live))
    numbers = [f"0121 496 000{at}" for at, _ in enumerate(NAMES)]
    make_public(
        document(service_name=name, phone=phone, organisation="Alcohol Trust")
        for name, phone in zip(NAMES, numbers, strict=True)
    )
    made = Rasa()
    monkeypatch.setattr(chat, "rasa", lambda: made)
    yield made
    assert journal.wait(10)


def texted(said: str) -> list[str]:
    """What is texted back, after the words of the welcome."""
    back = take_text(Inbound("test", said, PHONE, OURS, said))
    greeting = packed(
        [{"kind": "text", "lang": "en", "text": words("utter_text_welcome", "en").text}]
    )
    return [each for each in back if each not in greeting]


def cards() -> list[dict[str, Any]]:
    """The services that were shown, in the order in which they were."""
    with transaction() as session:
        conversation = speaker_texting(Inbound("test", "", PHONE, OURS, "")).id
        said = messages_after(session, conversation, 0)
        return [each.body["listing"] for each in said if each.body.get("kind") == "listing"]


def nameless(card: dict[str, Any], key: str, at: int, language: str = "en") -> str:
    return words(f"{key}_{at}", language).text if reveals(card["name"]) else card["name"]


def test_cards_are_told_apart_by_which_of_them_they_are(rasa: Rasa) -> None:
    texts = texted("I drink too much")
    assert {card["name"] for card in cards()} == set(NAMES)
    for at, card in enumerate(cards(), start=1):
        (text,) = [each for each in texts if card["phone"] in each]
        assert text.splitlines()[0] == nameless(card, "utter_text_unnamed", at)
        assert not reveals(text)


@pytest.mark.parametrize("language", ["pl", "pa"])
def test_what_stands_for_a_name_is_in_the_persons_language(rasa: Rasa, language: str) -> None:
    rasa.language = language
    texts = texted("I drink too much")
    first = nameless(cards()[0], "utter_text_unnamed", 1, language)
    assert sum(text.startswith(first) for text in texts) == 1


def test_a_choice_among_them_names_none_that_tells_too_much(rasa: Rasa) -> None:
    texted("I drink too much")
    rasa.action, rasa.about = "action_about_shown", "open"
    asked = texted("is that one open")[-1]
    assert asked.splitlines()[0] == words("utter_which_shown", "en").text
    assert not reveals(asked)
    labels = [line.split(" ", 1)[1] for line in asked.splitlines()[1:4]]
    assert len(set(labels)) == 3
    for at, (card, label) in enumerate(zip(cards(), labels, strict=True), start=1):
        # With its organisation, which tells too much in each of them.
        assert label == words(f"utter_text_place_{at}", "en").text, card
    (hidden,) = [card for card in cards() if card["name"] == NAMES[0]]
    chosen = texted(str(cards().index(hidden) + 1))
    assert any(hidden["phone"] in text for text in chosen)


@pytest.mark.parametrize("about", ["open", "language", "referral"])
@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_what_is_said_of_one_does_not_name_it(rasa: Rasa, about: str, language: str) -> None:
    rasa.language = language
    texted("I drink too much")
    at = [card["name"] for card in cards()].index(NAMES[0]) + 1
    rasa.action, rasa.about = "action_about_shown", about
    texted("what of that one")
    said = "\n".join(texted(str(at)))
    place = words("utter_text_that_place", language).text
    assert place.casefold() in said.casefold()
    assert NAMES[0] not in said


def test_a_report_of_a_dead_number_is_confirmed_without_the_name(rasa: Rasa) -> None:
    texted("I drink too much")
    at = [card["name"] for card in cards()].index(NAMES[0]) + 1
    rasa.action = "action_report_wrong"
    texted("the number is dead")
    kept = next(text for text in texted(str(at)) if "made a note" in text)
    assert kept.endswith("I will not show you this one again: that place.")


def test_at_the_beginning_of_a_sentence_that_place_is_written_large() -> None:
    said = {
        "kind": "text",
        "lang": "en",
        "service": "Rehab",
        "text": "Rehab is open. Rehab says so.",
    }
    assert packed([said]) == ["That place is open. That place says so."]
