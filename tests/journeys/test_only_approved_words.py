"""Whatever leaves a running copy is approved: chats, cards, crisis answers, texts, mails, refusals.

Each test drives one way out and collects every string of it. What no approved source explains is
listed by the failure; `tests/approved.py` says what explains a string.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from bot.channels.crisis_words import after_no, answer
from bot.channels.render import reason_words
from bot.safety import Finding, Kind, Level
from services_directory.words import NEED_LABELS
from sites import Site, all_sites
from tests.journeys.hearing import (
    all_approved,
    crisis_texts,
    examples,
    heard,
    outbox_once,
    own_language_texts,
    paused,
    press_everything,
    refusal,
    text_us,
)
from tests.journeys.people import Chat
from tests.journeys.running import Copy
from tests.unit.asking import TOWNS, everything

LANGUAGES = ("en", "pl", "pa")
SITES = [site.code for site in all_sites().values() if site.directory]
EVERYWHERE = [(site, "en") for site in SITES] + [("west_midlands", "pl"), ("hampshire", "pa")]
TEXTED = [site for site in all_sites().values() if site.text_number]
UNHEARD = ("asdf qwer zxcv", "", "   ", "/restart", "🙂🙂", "<b>hello</b>", "{needs} {line}", "999")
PLACES = ("Southampton", "SO14 3AB", "somewhere", "Whitby", "ZE2", "Atlantis Bay", "I live in Hook")
NEED = {"en": "I drink too much", "pl": "nie mogę przestać pić", "pa": "ਮੈਂ ਬਹੁਤ ਸ਼ਰਾਬ ਪੀਂਦਾ ਹਾਂ"}
MORE = {"en": "any others?", "pl": "pokaż inne", "pa": "ਹੋਰ ਦਿਖਾਓ"}
NEARER = {"en": "something nearer", "pl": "coś bliżej", "pa": "ਕੁਝ ਹੋਰ ਨੇੜੇ"}
PHONE = {"en": "just a phone number", "pl": "tylko numer telefonu", "pa": "ਸਿਰਫ਼ ਫ਼ੋਨ ਨੰਬਰ"}
OTHER = "another language please"
SWITCH = ("po polsku proszę", OTHER, "ਪੰਜਾਬੀ ਵਿੱਚ", OTHER, "english please", OTHER)
TYPED = {"yes": "yes", "no": "no", "rather_not": "rather not say"}
BY_TEXT = (
    ("hello", "1", "I drink too much", "Southampton", "1", "2", "9", "any others?", "thanks"),
    ("", "asdf qwer zxcv", "po polsku proszę", "nie mogę przestać pić", "1", "ਪੰਜਾਬੀ ਵਿੱਚ"),
    ("I want to die", "hello", "1", "I'm going to hurt her when I get home", "a" * 4999),
    ("I'm scared of my partner", "2", "she hits me", "3", "who are you", "bye"),
)
OFFICERS_DANGER = ("he said he'll drown the kids if i leave",)
WAYS = [("participant", language) for language in LANGUAGES] + [("officer", "en")]


def participant(http: httpx.Client, language: str, site: str = "hampshire") -> Chat:
    return Chat.begin(http, site=site, audience="participant", language=language)


def begun(http: httpx.Client, audience: str, language: str, officer_token: str) -> Chat:
    """A new chat; an officer's has an open question."""
    if audience == "participant":
        return participant(http, language)
    chat = Chat.begin(http, officer_token, site="hampshire", audience="officer")
    chat.choose("Start a referral")
    return chat


# A participant


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_participant_is_told_of_whatever_they_type(
    http: httpx.Client, language: str
) -> None:
    said = []
    for texts in examples("participant", language).values():
        chat = participant(http, language)
        for text in texts:
            chat.say(text)
        said += heard(chat.messages)
    all_approved(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_behind_every_choice(http: httpx.Client, language: str) -> None:
    chat = participant(http, language)
    press_everything(chat)
    assert "listing" in {message["kind"] for message in chat.messages}
    all_approved(heard(chat.messages))


@pytest.mark.parametrize(("site", "language"), EVERYWHERE)
def test_what_the_directory_says_near_and_far_and_to_its_end(
    http: httpx.Client, site: str, language: str
) -> None:
    chat = participant(http, language, site)
    needed = (NEED[language], NEARER[language], TOWNS[site][0], NEARER[language], PHONE[language])
    for text in (TOWNS[site][1], *needed, *PLACES, NEARER[language]):
        chat.say(text)
    for _ in range(8):
        chat.say(MORE[language])
    all_approved(heard(chat.messages))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_to_what_nobody_understands(http: httpx.Client, language: str) -> None:
    chat = participant(http, language)
    for text in (*UNHEARD, NEED[language], *UNHEARD):
        chat.say(text)
    too_long = refusal(chat.post({"text": "a" * 5001}), 413)
    too_late = refusal(chat.post({"choice": "never-offered"}), 409)
    all_approved([*heard(chat.messages), too_long, too_late])


def test_what_is_said_when_the_language_changes(http: httpx.Client) -> None:
    chat = participant(http, "en")
    for text in (*SWITCH, NEED["en"], *SWITCH):
        chat.say(text)
    assert {message["lang"] for message in chat.messages} == set(LANGUAGES)
    all_approved(heard(chat.messages))


@pytest.mark.parametrize("site", SITES)
def test_every_reason_for_a_service_in_the_middle_of_the_day(site: str) -> None:
    """Also those that a journey at night does not meet, from the function that words them."""
    found = everything(site, " ".join(NEED_LABELS), TOWNS[site][0]) + everything(site, "alcohol")
    reasons = {reason for each in found for reason in each.reasons}
    assert {"need", "national", "free", "open_until"} <= {reason.code for reason in reasons}
    all_approved(reason_words(language, each) for each in reasons for language in LANGUAGES)


@pytest.mark.parametrize(("audience", "language"), WAYS)
def test_what_is_said_while_rasa_is_away(
    http: httpx.Client, copy: Copy, officer_token: str, audience: str, language: str
) -> None:
    chat = begun(http, audience, language, officer_token)
    with paused(copy, "rasa run"):
        told = chat.say(NEED["en"])
        assert len(told) == 1
    chat.choose(chat.labels[0])
    all_approved(heard(chat.messages))


# Danger


def test_every_crisis_answer_there_is() -> None:
    """Also those that no text of the set below reaches, from the function that makes them."""
    said = [
        each
        for kind in Kind
        for level in Level
        for audience, language in WAYS
        for site in (*all_sites(), "")
        for made in [answer(Finding(kind, level, "test"), language, audience, site)]
        for each in (made.text, *made.choices)
    ]
    gentle = [after_no(language, audience).text for audience, language in WAYS]
    all_approved([*said, *gentle])


def danger(audience: str) -> dict[tuple[Kind, Level], str]:
    found = crisis_texts(audience)
    if audience == "participant":
        assert set(found) == {(kind, level) for kind in Kind for level in Level}
    assert {kind for kind, _ in found} >= {Kind.suicide, Kind.self_harm, Kind.medical}
    return found


@pytest.mark.parametrize(("audience", "language"), WAYS)
def test_what_is_said_to_danger_and_after_it(
    http: httpx.Client, officer_token: str, audience: str, language: str
) -> None:
    said = []
    for text in danger(audience).values():
        chat = begun(http, audience, language, officer_token)
        assert chat.say(text)[0]["kind"] == "crisis", text
        chat.say("hello")
        for label in chat.labels:
            chat.choose(label)
        said += heard(chat.messages)
    all_approved(said)


@pytest.mark.parametrize(("audience", "language"), WAYS[1:])
def test_what_is_said_to_danger_in_ones_own_words(
    http: httpx.Client, officer_token: str, audience: str, language: str
) -> None:
    said = []
    for text in OFFICERS_DANGER if audience == "officer" else own_language_texts(language):
        told = begun(http, audience, language, officer_token).say(text)
        assert told[0]["kind"] == "crisis", text
        said += heard(told)
    all_approved(said)


@pytest.mark.parametrize(("audience", "language"), WAYS)
@pytest.mark.parametrize("reply", range(3), ids=["yes", "no", "rather_not"])
def test_what_is_said_to_the_answer_of_a_safety_question(
    http: httpx.Client, officer_token: str, audience: str, language: str, reply: int
) -> None:
    said = []
    asked = [text for (_, level), text in danger(audience).items() if level is Level.check]
    for text in asked:
        for typed in (False, True):
            chat = begun(http, audience, language, officer_token)
            [crisis, *_] = chat.say(text)
            assert len(crisis["choices"]) == 3, text
            if typed:
                chat.say([*TYPED.values()][reply])
            else:
                chat.choose(crisis["choices"][reply]["label"])
            chat.say("hello")
            said += heard(chat.messages)
    assert said
    all_approved(said)


# Texts and mails


def telephone(number: int) -> str:
    """A number from Ofcom's drama range that no other test uses."""
    return f"07700 900{number}"


@pytest.mark.parametrize("site", TEXTED, ids=lambda site: site.code)
def test_what_comes_by_text(http: httpx.Client, site: Site) -> None:
    said: list[str] = []
    for sender, texts in enumerate(BY_TEXT, start=710 + TEXTED.index(site) * 10):
        for text in texts:
            answered = text_us(http, text, telephone(sender), site.text_number)
            assert answered.status_code == 200, answered.text
            said += answered.json()["texts"]
    assert said
    all_approved(said)


def test_what_is_in_the_outbox_as_mail_and_as_text(http: httpx.Client, copy: Copy) -> None:
    number, sender = TEXTED[0].text_number, telephone(790)
    texts = text_us(http, "I'm going to kill myself tonight", sender, number).json()["texts"]
    texts += text_us(http, "help with my drinking", sender, number).json()["texts"]
    for text in crisis_texts("participant").values():
        participant(http, "en").say(text)
    sent = outbox_once(
        copy,
        lambda rows: (
            set(texts) <= {payload["text"] for kind, payload in rows if kind == "text"}
            and len([kind for kind, _ in rows if kind == "email"]) >= len(Kind)
        ),
    )
    said = [payload[part] for _, payload in sent for part in ("subject", "text") if part in payload]
    all_approved(said)


# Refusals


def refusals(http: httpx.Client) -> Iterator[str]:
    """What scripts and people read who ask for what cannot be had."""
    chat, other = participant(http, "en"), participant(http, "pl")
    for body in ({}, {"text": 5}, {"text": "a", "choice": "b"}, {"field": "full_name"}):
        yield refusal(chat.post(body), 400)
    yield refusal(chat.post({"choice": "never-offered"}), 409)
    yield refusal(chat.post({"text": "a" * 5001}), 413)
    yield refusal(chat.post({"text": "a" * 10_000_000}), 413)
    yield refusal(chat.post({"field": "full_name", "value": "x"}), 422)
    chat.token = other.token
    yield refusal(chat.post({"text": "hello"}), 404)
    chat.token = "nonsense"
    yield refusal(chat.post({"text": "hello"}), 401)
    for asked, status in (
        ({"site": "atlantis", "audience": "participant"}, 404),
        ({"site": "dorset", "audience": "participant"}, 404),
        ({"site": "hampshire", "audience": "officer"}, 401),
        ({"site": "hampshire", "audience": "king"}, 400),
    ):
        yield refusal(http.post("/api/v1/conversations", json=asked), status)
    yield refusal(http.get("/api/v1/nothing"), 404)
    yield refusal(http.get("/api/v1/conversations"), 405)


def refused_texts(http: httpx.Client) -> Iterator[str]:
    """What a provider of texts reads."""
    yield refusal(text_us(http, "hello", telephone(791), "07700 900199"), 404)
    yield refusal(text_us(http, "hello", "nobody", TEXTED[0].text_number), 404)
    yield refusal(http.post("/texts/inbound", json={}, headers={"Authorization": "Bearer x"}), 400)
    body = {"id": "1", "from": telephone(791), "to": TEXTED[0].text_number, "text": "hello"}
    yield refusal(http.post("/texts/inbound", json=body), 401)


def test_what_is_said_to_what_cannot_be_had(http: httpx.Client) -> None:
    all_approved([*refusals(http), *refused_texts(http)])


def test_what_is_said_to_somebody_who_is_too_fast(http: httpx.Client) -> None:
    chat = participant(http, "en")
    answers = (chat.post({"choice": "never-offered"}) for _ in range(400))
    refused = next(each for each in answers if each.status_code != 409)
    all_approved([refusal(refused, 429)])
