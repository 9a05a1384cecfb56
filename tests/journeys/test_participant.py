"""A participant finds help near home, in their own words."""

from __future__ import annotations

import httpx
import pytest

from tests.journeys.people import Chat, cards, words_of
from tests.shipped import load

SITES = ("hampshire", "west_midlands", "leicestershire", "avon_and_somerset", "north_yorkshire")
NEVER = {"closed", "referral_only", "waiting_list_closed"}


def needs_of(messages: list[dict[str, object]]) -> set[str]:
    return {code for card in cards(messages) for code in card["needs"]}


def test_weed_in_aldershot(participant: Chat) -> None:
    told = participant.say(
        "been smoking weed every day since I was 15 and I want to stop, I'm in Aldershot"
    )
    assert "drugs" in needs_of(told)
    for card in cards(told):
        assert card["phone"] or card["sms"] or card["url"] or card["email"]
        assert card["reasons"]
    assert "not yet checked by your local team" in words_of(told)
    assert "whole country" in words_of(told), "nothing local with a way to reach it: said plainly"


def test_two_needs_at_once(participant: Chat) -> None:
    told = participant.say("drugs and some stuff that happened when I was a kid")
    assert {"drugs", "trauma"} <= needs_of(told)


def test_what_is_also_wrong_joins_what_was_said_before(participant: Chat) -> None:
    participant.say("I drink too much")
    told = participant.say("also cant sleep")
    assert "Help with drinking" in told[0]["text"]
    assert {"alcohol", "mental_health"} <= needs_of(told)


def test_no_money_for_therapy_is_no_need_for_money(participant: Chat) -> None:
    told = participant.say("cant sleep, nightmares about it, no money for therapy")
    assert {"mental_health", "trauma"} <= needs_of(told)
    assert "Money and debt" not in told[0]["text"]


def test_others_are_others(participant: Chat) -> None:
    first = {card["id"] for card in cards(participant.say("I drink too much"))}
    more = {card["id"] for card in cards(participant.say("any others?"))}
    assert first
    assert more
    assert not first & more


def test_a_postcode_is_resolved_and_only_its_first_half_is_said(participant: Chat) -> None:
    participant.say("I need help with drugs")
    told = participant.say("SO14 3AB")
    assert "SO14" in words_of(told)
    assert "3AB" not in words_of(told)
    assert any("Southampton" in (card["area"] or "") for card in cards(told))


def test_something_nearer_needs_a_place(participant: Chat) -> None:
    participant.say("I feel low all the time")
    assert "What town are you near" in words_of(participant.say("something nearer"))
    told = participant.say("Portsmouth")
    assert any("Portsmouth" in (card["area"] or "") for card in cards(told))


def test_just_a_phone_number(participant: Chat) -> None:
    participant.say("help with my drinking")
    told = participant.say("just a phone number")
    assert cards(told)
    assert all(card["phone"] for card in cards(told))


def test_every_answer_offers_a_next_step_and_a_person(participant: Chat) -> None:
    for text in ("I drink too much", "any others?", "who won the football", "are you a robot"):
        participant.say(text)
        assert "Talk to a person" in participant.labels


@pytest.mark.parametrize("site", SITES)
def test_every_site_finds_help_for_every_first_need(http: httpx.Client, site: str) -> None:
    status = {listing.id: listing.status for listing in load(site)}
    for need in ("Help with drinking", "Help with drugs", "How I feel", "Hard things"):
        chat = Chat.begin(http, site=site, audience="participant")
        found = cards(chat.choose(need))
        assert found
        assert not {status[card["id"]] for card in found} & NEVER


@pytest.mark.parametrize(
    ("language", "text", "need"),
    [
        ("pl", "nie mogę przestać pić", "alcohol"),
        ("pa", "ਮੈਂ ਬਹੁਤ ਸ਼ਰਾਬ ਪੀਂਦਾ ਹਾਂ", "alcohol"),
        ("pa", "main bahut sharab peenda haan", "alcohol"),
        ("en", "palę trawę codziennie", "drugs"),
    ],
)
def test_people_are_understood_in_three_languages(
    http: httpx.Client, language: str, text: str, need: str
) -> None:
    chat = Chat.begin(http, site="west_midlands", audience="participant", language=language)
    assert need in needs_of(chat.say(text))
    assert chat.messages[-1]["lang"] == language


def test_the_language_changes_when_somebody_says_so(participant: Chat) -> None:
    assert participant.say("po polsku proszę")[0]["lang"] == "pl"
    assert participant.say("english please")[0]["lang"] == "en"


@pytest.mark.parametrize(
    ("language", "text", "offered", "chosen"),
    [
        ("en", "nie mogę spać i dużo piję od miesiąca", "Możemy też rozmawiać po polsku", "pl"),
        ("en", "ਮੈਂ ਬਹੁਤ ਸ਼ਰਾਬ ਪੀਂਦਾ ਹਾਂ", "ਪੰਜਾਬੀ ਵਿੱਚ ਵੀ", "pa"),
        ("pl", "I want help with my drinking please", "We can also talk in English", "en"),
    ],
)
def test_a_language_that_is_plainly_written_is_offered_once_and_never_taken(
    http: httpx.Client, language: str, text: str, offered: str, chosen: str
) -> None:
    chat = Chat.begin(http, site="west_midlands", audience="participant", language=language)
    offers = [each for each in chat.say(text) if offered in each["text"]]
    assert [each["lang"] for each in offers] == [chosen]
    assert chat.messages[-1]["lang"] == language  # nothing changed by itself
    names = {"en": "English", "pl": "Polski", "pa": "ਪੰਜਾਬੀ"}
    assert names[chosen] in chat.labels
    assert offered not in words_of(chat.say(text))
    assert chat.choose(names[chosen])[0]["lang"] == chosen


@pytest.mark.parametrize("text", ["mam weed problem help", "cześć", "what about wódka and piwo"])
def test_a_word_of_another_language_offers_nothing(participant: Chat, text: str) -> None:
    assert "po polsku" not in words_of(participant.say(text))


@pytest.mark.parametrize("said", ["i cant do groups and ive got no money", "I'm skint mind"])
def test_no_money_is_no_need_where_help_for_something_else_is_looked_for(
    participant: Chat, said: str
) -> None:
    participant.say("it's the coke, every weekend")
    assert needs_of(participant.say(said)) >= {"drugs"}


def test_starting_over_is_asked_back_and_costs_nothing_until_it_is_chosen(
    participant: Chat,
) -> None:
    participant.say("I drink too much")
    assert "Shall I forget" in words_of(participant.say("can we start again from scratch"))
    participant.choose("No, go on")
    assert "alcohol" in needs_of(participant.say("any others?"))
    participant.say("can we start again from scratch")
    assert "we start again" in words_of(participant.choose("Yes, start again"))
    assert cards(participant.say("any others?")) == []


def test_a_message_from_long_ago_is_still_there(participant: Chat, http: httpx.Client) -> None:
    participant.say("I drink too much")
    kept = http.get(
        f"/api/v1/conversations/{participant.id}/messages?after=0",
        headers={"Authorization": f"Bearer {participant.token}"},
    ).json()["messages"]
    assert [message["n"] for message in kept] == list(range(1, len(kept) + 1))
    assert "I drink too much" in [m["text"] for m in kept if m["from"] == "person"]


def test_not_understood_for_the_third_time_a_person_is_offered(participant: Chat) -> None:
    for _ in range(2):
        assert "116 123" not in words_of(participant.say("wibble flurgle snork"))
    told = participant.say("wibble flurgle snork")
    assert "116 123" in words_of(told)
    participant.say("I drink too much")
    assert "116 123" not in words_of(participant.say("wibble flurgle snork"))
