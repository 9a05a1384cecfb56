"""What a person can ask of us: what is held about them, told only to themselves."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.channels import own_data
from bot.channels.chat import begin_chat
from bot.channels.speaker import WEB, speaker_of
from bot.conversations import (
    Conversation,
    messages_after,
    remember,
)
from core.database import transaction
from core.settings import settings
from core.words import words
from outreach.texts.revealing import reveals
from outreach.texts.tables import Contact
from sites import all_sites
from tests.unit.holding import (  # noqa: F401 - fixtures
    DANGER,
    PHONE,
    TODAY,
    by_link,
    chatting,
    everything,
    kept_contact,
    needs_database,
    on_a_page,
    say,
    text_us,
    texting,
    told,
)

# Telling


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
