"""A link by which a text goes on as a web chat: when it opens nothing, and the way out."""

# ruff: noqa: F811 - fixtures are imported, and asked for by their names

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import select

from bot.channels.texts import Inbound, take_text
from bot.conversations import Conversation, messages_after
from bot.web.pages import COOKIE
from core import clock
from core.database import transaction
from core.limiting import IN_MEMORY
from core.words import words
from outreach.texts import links
from outreach.texts.tables import ChatLink
from tests.unit.browsing import Browser
from tests.unit.linking import (  # noqa: F401 - fixtures
    OURS,
    PHONE,
    WORD,
    acts,
    answer,
    browser,
    later,
    made,
    no_rasa,
    texting_id,
)

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
    fresh = MovingWindowRateLimiter(storage_from_string(IN_MEMORY))
    monkeypatch.setattr("core.limiting.limiter", lambda *_patience: fresh)
    answers = {browser.get(f"/c/{at}").status_code for at in range(130)}
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
