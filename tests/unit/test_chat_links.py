"""A link by which a text goes on as a web chat: asked for, looked at, and opened."""

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.channels.texts import Inbound, take_text
from bot.conversations import Conversation
from bot.web.pages import COOKIE
from core.crypto import lookup_hash
from core.database import transaction
from core.words import keys, words
from outreach.texts import contacts, links
from outreach.texts.revealing import reveals
from outreach.texts.segments import segments
from tests.pages.looking import REVEALING
from tests.unit.browsing import Browser
from tests.unit.drafts import full_draft
from tests.unit.linking import (  # noqa: F401 - fixtures
    BORN,
    OURS,
    PHONE,
    REACH,
    TITLE,
    WORD,
    answer,
    browser,
    made,
    no_rasa,
    opened,
    texting_id,
)

pytestmark = pytest.mark.usefixtures("sqlite")

# What is asked for


@pytest.mark.parametrize(
    "said",
    [
        *("LINK", "link", " Link. ", "link please", "send me a new link", "WEB", "web page"),
        *("page", "Page please", "a new link"),
        *("LINK PROSZĘ", "nowy link", "proszę o nowy link", "wyślij link", "strona", "Stronę"),
        *("ਲਿੰਕ", "ਨਵਾਂ ਲਿੰਕ ਭੇਜੋ", "ਪੇਜ", "ਸਫ਼ਾ", "ਵੈੱਬਸਾਈਟ", "link bhejo"),
    ],
)
def test_who_asks_for_a_link_wants_one(said: str) -> None:
    assert links.wants_link(said)


@pytest.mark.parametrize(
    "said",
    [
        *("", " ", "the link did not work", "is there a web page for debt", "what is the link"),
        *("I drink too much", "website of the council", "linking", "page 3", "no link"),
        *("link to her", "strona do niczego", "nie mam linku", "ਲਿੰਕ ਨਹੀਂ ਖੁੱਲ੍ਹਦਾ", "\ud800"),
    ],
)
def test_who_says_more_does_not(said: str) -> None:
    assert not links.wants_link(said)


# The text


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_the_text_tells_nothing_and_holds_one_link_of_ours(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made()
    with transaction() as session:
        told = links.link_text(session, "hampshire", PHONE, language)
    assert told
    assert not reveals(told)
    assert len(re.findall(r"http://127\.0\.0\.1:\d+/c/[a-z2-7]{26}\b", told)) == 1
    assert told.count("http") == 1
    assert segments(told) <= (2 if language == "en" else 3)


def test_who_is_not_known_gets_none() -> None:
    with transaction() as session:
        assert links.link_text(session, "hampshire", PHONE, "en") is None
        assert links.link_text(session, "dorset", PHONE, "en") is None
    made()
    with transaction() as session:
        assert links.link_text(session, "dorset", PHONE, "en") is None


def test_the_address_is_the_one_that_operators_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARA_PUBLIC_URL", "https://a-page.example.org/")
    links.settings.cache_clear()
    with transaction() as session:
        contact = contacts.keep(session, REACH, key="1")
        assert links.link_for(session, contact).startswith("https://a-page.example.org/c/")


def test_of_a_link_only_a_hash_is_kept() -> None:
    token = made().removeprefix("/c/")
    with transaction() as session:
        rows = session.execute(text("SELECT * FROM chat_link")).all()
        audited = session.execute(text("SELECT actor_id, record, act FROM audit")).all()
    assert lookup_hash("chat_link.link_lookup", token) in str(rows)
    assert token not in f"{rows} {audited}"


# Looking


def test_looking_spends_nothing(browser: Browser) -> None:
    path = made()
    for _ in range(3):
        assert browser.get(path).status_code == 200
    assert answer(browser, path, word=WORD) == 303


@pytest.mark.parametrize("case", ["by word", "by birthday", "closed"])
def test_the_page_tells_nothing_of_the_service(browser: Browser, case: str) -> None:
    path = {
        "by word": lambda: made(),
        "by birthday": lambda: made(replace(REACH, word="", language="en")),
        "closed": lambda: "/c/unknown",
    }[case]()
    shown = browser.get(path)
    title = TITLE.search(shown.text)
    assert title
    assert not re.search(REVEALING, title[1], re.IGNORECASE)
    names = [words("utter_page_name", each).text for each in ("en", "pl", "pa")]
    assert not any(name in shown.text for name in names)
    assert not re.search(REVEALING, re.sub(r"<[^>]*>", "", shown.text), re.IGNORECASE)
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("key", [key for key in keys() if key.startswith("utter_link_")])
def test_no_word_of_it_reveals(key: str) -> None:
    assert not any(reveals(each.text) for each in keys()[key].values())


# Opening


@pytest.mark.parametrize("typed", [WORD, "zielona łąka", "  ZIELONA ŁĄKA! "])
def test_the_word_opens_the_chat_in_their_language(browser: Browser, typed: str) -> None:
    assert answer(browser, made(), word=typed) == 303
    shown = browser.get("/chat")
    assert '<html lang="pl"' in shown.text
    assert words("utter_participant_welcome", "pl").text.split("\n")[0] in shown.text


def test_where_no_word_was_chosen_the_birthday_opens_it(browser: Browser) -> None:
    path = made(replace(REACH, case_id=full_draft(), word=""))
    assert answer(browser, path, **BORN) == 303
    assert browser.get("/chat").status_code == 200


@pytest.mark.parametrize(
    "born",
    [
        {},
        {"day": "15", "month": "9", "year": "1991"},
        {"day": "9", "month": "14", "year": "1991"},
        {"day": "", "month": "", "year": ""},
        {"day": "x", "month": "9", "year": "1991"},
        {"day": "3" * 400, "month": "9", "year": "1991"},
        {"word": "14 9 1991"},
    ],
)
def test_another_birthday_does_not(browser: Browser, born: dict[str, str]) -> None:
    path = made(replace(REACH, case_id=full_draft(), word=""))
    assert answer(browser, path, **born) == 404


def test_without_word_and_case_nothing_opens_it(browser: Browser) -> None:
    assert answer(browser, made(replace(REACH, word="")), **BORN) == 404


@pytest.mark.parametrize("typed", ["", " ", "!?", "Zielona", WORD[::-1], "x" * 5_000])
def test_another_word_does_not(browser: Browser, typed: str) -> None:
    assert answer(browser, made(), word=typed) == 404
    assert COOKIE not in browser.cookies


def test_who_chose_a_word_is_not_known_by_the_birthday(browser: Browser) -> None:
    path = made(replace(REACH, case_id=full_draft()))
    assert 'name="day"' not in browser.get(path).text
    assert answer(browser, path, **BORN) == 404


def test_what_was_texted_is_there_and_goes_on_by_text(browser: Browser) -> None:
    path = made()
    take_text(Inbound("test", "1", PHONE, OURS, "I cannot sleep"))
    assert answer(browser, path, word=WORD) == 303
    assert opened(browser) == texting_id()
    assert "I cannot sleep" in browser.get("/chat").text
    take_text(Inbound("test", "2", PHONE, OURS, "It is worse at night"))
    assert "It is worse at night" in browser.get("/chat").text


def test_a_chat_begun_on_the_page_is_the_one_that_texts_go_on_with(browser: Browser) -> None:
    assert answer(browser, made(), word=WORD) == 303
    take_text(Inbound("test", "1", PHONE, OURS, "I cannot sleep"))
    assert "I cannot sleep" in browser.get("/chat").text


def test_another_chat_in_that_browser_ends(browser: Browser) -> None:
    begun = {"who": "support", "site": "hampshire", "language": "en"}
    assert browser.post("/start", **begun).status_code == 303
    before = opened(browser)
    assert answer(browser, made(), word=WORD) == 303
    with transaction() as session:
        assert session.get_one(Conversation, before).ended_at is not None
