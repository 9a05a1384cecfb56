"""The link from a text to a page: opened once, by who knows what the person knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import select, text

from bot.channels import memory
from bot.channels.journal import journal
from bot.channels.rasa_client import RasaAwayError
from bot.channels.speaker import speaker_of
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import Conversation, messages_after
from bot.web.pages import COOKIE
from core import clock
from core.audit import AuditRow
from core.crypto import lookup_hash
from core.database import transaction
from core.words import keys, words
from outreach.texts import contacts, links
from outreach.texts.contacts import Reach
from outreach.texts.revealing import reveals
from outreach.texts.segments import segments
from outreach.texts.tables import ChatLink
from tests.pages.looking import REVEALING
from tests.unit.browsing import Browser
from tests.unit.drafts import full_draft

pytestmark = pytest.mark.usefixtures("sqlite")

PHONE, OURS = "+447700900461", "07700 900101"
WORD = "Zielona Łąka"
REACH = Reach("hampshire", "case-1", PHONE, "private", "pl", word=WORD)
BORN = {"day": "14", "month": "9", "year": "1991"}
TITLE = re.compile(r"<title>(.*?)</title>")


@pytest.fixture(autouse=True)
def no_rasa(sqlite: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rasa is away, and what this process remembers of the telephone goes with the test."""

    def away() -> None:
        raise RasaAwayError(waking=False)

    monkeypatch.setattr("bot.channels.chat.rasa", away)
    yield
    assert journal.wait(10)
    memory.forget(texting_id())


@pytest.fixture
def browser() -> Browser:
    return Browser()


def texting_id() -> str:
    return speaker_texting(Inbound("test", "", PHONE, OURS, "")).id


def made(reach: Reach = REACH) -> str:
    """A new link of a person who can be reached like that; gives its path."""
    with transaction() as session:
        contact = contacts.keep(session, reach, key="1")
        return path_of(links.link_for(session, contact))


def path_of(link: str) -> str:
    return link[link.index("/c/") :]


def answer(browser: Browser, path: str, **said: str) -> int:
    """Answer the page; gives the status."""
    return browser.post(path, **said).status_code


def opened(browser: Browser) -> str:
    """The conversation that the browser holds the key to."""
    return speaker_of(browser.cookies[COOKIE]).id


def acts() -> list[tuple[str, bool]]:
    with transaction() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.actor_kind == "contact"))
        return [(row.act, row.refused) for row in rows.all()]


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    moment = clock.now() + by
    monkeypatch.setattr(links, "now", lambda: moment)


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
    assert lookup_hash(token) in str(rows)
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


# Closed


def test_a_wrong_answer_spends_the_link_and_a_new_one_can_be_had(browser: Browser) -> None:
    path = made()
    assert answer(browser, path, word="wrong") == 404
    assert answer(browser, path, word=WORD) == 404
    with transaction() as session:
        told = links.link_text(session, "hampshire", PHONE, "en")
    assert told
    found = re.search(r"/c/\w+", told)
    assert found
    assert answer(browser, found[0], word=WORD) == 303


def test_no_closed_page_tells_why_it_is_closed(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent, replaced = made(), made()
    newest = made()
    wrong = browser.post(newest, word="wrong")
    pages = [
        browser.get(each) for each in (spent, replaced, newest, "/c/unknown", "/c/%F0%9F%92%94")
    ]
    pages += [browser.post(each, word="wrong") for each in (spent, newest, "/c/unknown")]
    late = made()
    later(monkeypatch, links.LASTS)
    pages += [browser.get(late), browser.post(late, word="wrong")]
    bare = {re.sub(r'(nonce|src|href)="[^"]*"', "", each.text) for each in [wrong, *pages]}
    assert len(bare) == 1
    assert {each.status_code for each in [wrong, *pages]} == {404}
    for language in ("en", "pl", "pa"):
        assert words("utter_link_closed", language).text in wrong.text


def test_it_is_open_for_a_quarter_of_an_hour(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made()
    later(monkeypatch, links.LASTS - timedelta(seconds=5))
    assert browser.get(path).status_code == 200
    later(monkeypatch, links.LASTS)
    assert browser.get(path).status_code == 404
    assert answer(browser, path, word=WORD) == 404


def test_a_new_link_closes_those_before(browser: Browser) -> None:
    first, second = made(), made()
    assert browser.get(first).status_code == 404
    assert browser.get(second).status_code == 200


def test_the_right_answer_opens_it_once(browser: Browser) -> None:
    path = made()
    assert answer(browser, path, word=WORD) == 303
    other = Browser()
    assert answer(other, path, word=WORD) == 404
    assert COOKIE not in other.cookies


def test_a_page_of_somebody_else_spends_nothing(browser: Browser) -> None:
    path = made()
    browser.get(path)
    assert browser.forge(path, word=WORD).status_code == 403
    assert answer(browser, path, word=WORD) == 303


def test_who_guesses_gets_no_more_links_that_day(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(links.MOST_WRONG):
        assert answer(browser, made(), word="wrong") == 404
    with transaction() as session:
        told = links.link_text(session, "hampshire", PHONE, "en")
    assert told == words("utter_link_later", "en").text
    later(monkeypatch, links.WRONG_COUNTS_FOR + timedelta(minutes=1))
    with transaction() as session:
        assert "/c/" in (links.link_text(session, "hampshire", PHONE, "en") or "")


def test_a_flood_is_slowed_down(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = MovingWindowRateLimiter(MemoryStorage())
    monkeypatch.setattr("bot.web.limits._limiter", fresh)
    answers = {browser.get(f"/c/{at}").status_code for at in range(310)}
    assert answers == {404, 429}


def test_every_step_is_audited_without_the_link(browser: Browser) -> None:
    path = made()
    answer(browser, path, word="wrong")
    answer(browser, path, word=WORD)
    answer(browser, made(), word=WORD)
    made_it, opened_it = "link.make", "link.open"
    assert acts() == [
        (made_it, False),
        (opened_it, True),
        (opened_it, True),
        (made_it, False),
        (opened_it, False),
    ]
    with transaction() as session:
        assert [each.tries for each in session.scalars(select(ChatLink))].count(1) == 1


# Leaving


def test_after_the_way_out_nothing_is_left_and_texts_go_on(browser: Browser) -> None:
    path = made()
    take_text(Inbound("test", "1", PHONE, OURS, "I cannot sleep"))
    answer(browser, path, word=WORD)
    token = browser.cookies[COOKIE]
    gone = browser.get("/exit")
    assert gone.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert COOKIE not in browser.cookies
    assert stolen(token) == 303
    with transaction() as session:
        session.get_one(Conversation, texting_id()).started_at -= timedelta(hours=1)
    assert take_text(Inbound("test", "2", PHONE, OURS, "hello again"))
    with transaction() as session:
        said = [each.body["text"] for each in messages_after(session, texting_id(), 0)]
    assert "hello again" in said


def test_a_token_from_before_a_conversation_began_anew_opens_nothing_of_it(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(browser, made(), word=WORD)
    token = browser.cookies[COOKIE]
    browser.get("/exit")
    moment = clock.now() + timedelta(seconds=2)
    monkeypatch.setattr("bot.channels.speaker.now", lambda: moment)
    take_text(Inbound("test", "1", PHONE, OURS, "hello again"))
    assert stolen(token) == 303
    path = f"/api/v1/conversations/{texting_id()}/messages"
    listed = Browser().get(path, authorization=f"Bearer {token}")
    assert listed.status_code == 404


def stolen(token: str) -> int:
    """What the chat's page answers to somebody who has copied the token."""
    return Browser().get("/chat", cookie=f"{COOKIE}={token}").status_code
