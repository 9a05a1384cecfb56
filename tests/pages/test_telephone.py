"""Texts through the front door: the provider's end, and the telephone on the screen."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from core.settings import DEMONSTRATION_SECRET, ROOT
from core.words import words
from tests.journeys.running import environment
from tests.pages.conftest import HANDHELD, NARROW, WIDE, Visit, Web, serving
from tests.pages.looking import (
    REVEALING,
    barriers,
    lint,
    overflow,
    read_from_its_start,
    small_targets,
)
from tests.pages.staged import MARKUP
from tests.pages.test_protection import Browser

OURS, DANGER = "07700 900101", "I want to kill myself"
KEY = {"authorization": f"Bearer {DEMONSTRATION_SECRET}"}
DRAMA = iter(range(500, 1_000))


@pytest.fixture
def phone() -> str:
    """A telephone that nobody else uses."""
    return f"07700 900{next(DRAMA)}"


@pytest.fixture
def texted(http: httpx.Client, phone: str) -> Callable[..., httpx.Response]:
    """Hand over a text as its provider does."""

    def hand_over(
        text: object = DANGER, text_id: str = "", headers: dict[str, str] = KEY, **about: object
    ) -> httpx.Response:
        body = {"id": text_id or uuid.uuid4().hex, "from": phone, "to": OURS, "text": text}
        return http.post("/texts/inbound", json=body | about, headers=headers)

    return hand_over


Texted = Callable[..., httpx.Response]


# The provider's end


def test_danger_is_answered_in_the_same_call(texted: Texted) -> None:
    answer = texted()
    assert answer.status_code == 200
    assert "116 123" in answer.json()["texts"][0]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Bearer {DEMONSTRATION_SECRET}x"},
        {"authorization": f"Bearer {DEMONSTRATION_SECRET[:-1]}"},
        {"authorization": f"Basic {DEMONSTRATION_SECRET}"},
        {"authorization": "Bearer żółć".encode().decode("latin-1")},
    ],
    ids=["none", "empty", "wrong", "longer", "shorter", "basic", "bytes"],
)
def test_a_wrong_bearer_is_refused(headers: dict[str, str], texted: Texted) -> None:
    sent = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = texted(headers=sent)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "token"


def test_a_copy_gets_the_same_answer(texted: Texted) -> None:
    first = texted("hello", "copied")
    assert texted("hello", "copied").json() == first.json()
    assert texted("something else", "copied").json() == first.json()


@pytest.mark.parametrize("to", ["+44 7700 900101", "447700900101", "0044 (0) 7700-900101"])
def test_our_number_is_known_in_any_notation(to: str, texted: Texted) -> None:
    assert texted(to=to).status_code == 200


@pytest.mark.parametrize("about", [{"to": "07700 900999"}, {"to": ""}, {"from": "GOVUK"}])
def test_a_number_that_cannot_be_answered_is_refused_in_words(
    about: dict[str, str], texted: Texted
) -> None:
    answer = texted(**about)
    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "code": "no_number",
        "message": words("utter_no_number", "en").text,
    }


@pytest.mark.parametrize(
    "about",
    [
        {"text": None},
        {"text": 7},
        {"from": None},
        {"from": "0" * 41},
        {"id": ""},
        {"id": "x" * 201},
        {"more": "than asked"},
    ],
    ids=lambda about: next(iter(about)),
)
def test_what_no_provider_sends_is_malformed(about: dict[str, object], texted: Texted) -> None:
    answer = texted(**{"text_id": "1", **about})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "malformed"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'"\xc3\x28"', b"[" * 500, b"null"])
def test_bytes_that_are_no_text_are_malformed(content: bytes, http: httpx.Client) -> None:
    headers = KEY | {"content-type": "application/json"}
    answer = http.post("/texts/inbound", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "said",
    ["", "\\u0000", "\\ud800", "\\udc00 a", "💔" * 800, "x" * 1_600, "\\u202e\\u0007", "/restart"],
    ids=lambda said: said[:8] or "nothing",
)
def test_whatever_is_texted_is_answered(said: str, http: httpx.Client, phone: str) -> None:
    content = f'{{"id": "1", "from": "{phone}", "to": "{OURS}", "text": "{said}"}}'
    headers = KEY | {"content-type": "application/json"}
    answer = http.post("/texts/inbound", content=content.encode(), headers=headers)
    assert answer.status_code == 200
    assert [each for each in answer.json()["texts"] if each.strip()]


def test_a_text_longer_than_any_is_refused_in_words_but_danger_in_it_is_answered(
    texted: Texted,
) -> None:
    assert texted("x" * 6_000).status_code == 413
    assert "116 123" in texted(f"{DANGER}. {'x ' * 3_000}").json()["texts"][0]


def test_a_telephone_that_floods_us_is_slowed_down_and_no_other(
    texted: Texted, http: httpx.Client
) -> None:
    answers = {texted("", f"{at}").status_code for at in range(310)}
    assert answers == {200, 429}
    body = {"id": "1", "from": f"07700 900{next(DRAMA)}", "to": OURS, "text": DANGER}
    assert http.post("/texts/inbound", json=body, headers=KEY).status_code == 200


# The telephone on the screen


def at(phone: str, site: str = "hampshire") -> str:
    return f"/telephone?site={site}&number={phone.replace(' ', '+')}"


def send(page: Page, text: str) -> None:
    page.get_by_label("Text", exact=True).fill(text)
    with page.expect_navigation():
        page.get_by_role("button", name="Send").click()


def said(page: Page) -> list[str]:
    return page.locator(".app-telephone__text").all_inner_texts()


@pytest.mark.parametrize("state", ["new", "with a thread", "of no number"])
def test_the_telephone_has_no_barrier_and_tells_nothing(
    state: str, phone: str, visit: Visit
) -> None:
    page = visit("/telephone?number=none" if state == "of no number" else at(phone))
    if state == "with a thread":
        send(page, DANGER)
        send(page, f"hello {'x' * 300}")
    assert lint(page) == []
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        assert barriers(page) == []
        assert small_targets(page) == []
        assert overflow(page) <= 0
    assert not re.search(REVEALING, page.title(), re.IGNORECASE)


def test_both_ends_are_shown_in_order(phone: str, visit: Visit) -> None:
    page = visit(at(phone))
    send(page, "hello")
    send(page, DANGER)
    assert page.get_by_label("From this number").input_value() == phone
    sides = page.locator(".app-message__who").all_inner_texts()
    mine = [at for at, side in enumerate(sides) if side == "Telephone"]
    assert [said(page)[at] for at in mine] == ["hello", DANGER]
    assert mine[0] == 0
    assert mine[1] > 1
    assert set(sides) == {"Telephone", OURS}
    assert "116 123" in said(page)[mine[1] + 1]


def test_no_script_is_needed(phone: str, visit: Visit) -> None:
    page = visit(at(phone), javascript=False)
    send(page, DANGER)
    assert "116 123" in said(page)[1]


def test_a_keyboard_is_enough(phone: str, visit: Visit) -> None:
    page = visit(at(phone))
    while page.evaluate("document.activeElement.id") != "text":
        page.keyboard.press("Tab")
    page.keyboard.type(DANGER)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Send"
    page.keyboard.press("Enter")
    expect(page.locator("#newest")).to_be_visible()
    assert "116 123" in said(page)[1]


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [NARROW, HANDHELD, WIDE])
def test_the_newest_answer_is_read_from_its_first_word(
    width: int, javascript: bool, phone: str, visit: Visit
) -> None:
    page = visit(at(phone), width=width, height=700, javascript=javascript)
    send(page, "hello")
    send(page, DANGER)
    answer = page.locator(".app-message--mine + .app-message--theirs .app-telephone__text").last
    assert "116 123" in answer.inner_text()
    read_from_its_start(answer)


@pytest.mark.parametrize("width", [NARROW, HANDHELD])
def test_the_site_that_is_texted_is_named_whole(width: int, visit: Visit) -> None:
    page = visit("/telephone", width=width)
    cut = """(each) => {
      const shown = each.offsetWidth;
      each.style.maxWidth = each.style.width = "max-content";
      return each.offsetWidth - shown;
    }"""
    assert page.get_by_label("Texted to").evaluate(cut) <= 0


def test_the_way_out_lies_over_no_text(phone: str, visit: Visit) -> None:
    page = visit(at(phone))
    send(page, "hello " * 100)
    way_out = page.locator(".govuk-exit-this-page").bounding_box()
    ends = page.locator(".app-message__body").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().right)"
    )
    assert way_out
    assert max(ends) <= way_out["x"]


def test_where_there_is_no_room_beside_texts_the_way_out_lies_across(
    phone: str, visit: Visit
) -> None:
    page = visit(at(phone), width=820)
    send(page, "hello")
    way_out = page.locator(".govuk-exit-this-page__button").bounding_box()
    column = page.locator(".app-telephone").bounding_box()
    assert way_out
    assert column
    assert way_out["x"] <= column["x"]
    assert way_out["x"] + way_out["width"] >= column["x"] + column["width"]


def test_each_telephone_and_each_site_has_a_thread_of_its_own(phone: str, visit: Visit) -> None:
    page = visit(at(phone))
    send(page, "to Hampshire")
    page.get_by_label("Texted to").select_option("west_midlands")
    send(page, "to the West Midlands")
    assert said(page)[0] == "to the West Midlands"
    assert "to Hampshire" not in said(page)
    assert "to Hampshire" in said(visit(at(phone)))
    assert said(visit(at(f"07700 900{next(DRAMA)}"))) == []


def test_what_is_texted_is_shown_as_it_was_typed(phone: str, visit: Visit) -> None:
    page = visit(at(phone))
    send(page, MARKUP)
    assert said(page)[0] == MARKUP
    assert page.locator(".app-telephone b, .app-telephone script").count() == 0


def test_a_form_that_is_sent_twice_is_one_text(phone: str, web: Web) -> None:
    browser = Browser(web.url)
    form = {"site": "hampshire", "number": phone, "text": "hello", "key": "of this form"}
    for _ in range(2):
        assert browser.post("/telephone", "/telephone", **form).status_code == 303
    shown = browser.get(at(phone)).text
    browser.client.close()
    assert shown.count(">hello</p>") == 1


def test_a_number_that_is_none_is_told_in_words(visit: Visit) -> None:
    page = visit("/telephone?number=none")
    send(page, "hello")
    assert page.get_by_text(words("utter_no_number", "en").text).count() == 1


def test_a_site_without_a_number_is_not_offered(visit: Visit, web: Web) -> None:
    page = visit("/telephone?site=dorset")
    offered = page.get_by_label("Texted to").locator("option").all_inner_texts()
    assert not any("Dorset" in each for each in offered)
    assert len(offered) >= 2
    assert httpx.get(f"{web.url}/telephone?site=nowhere").status_code == 200


def test_a_page_of_somebody_else_cannot_text(http: httpx.Client) -> None:
    form = {"site": "hampshire", "number": "07700 900461", "text": "hello", "key": "1"}
    assert http.post("/telephone", data=form).status_code == 403


# In earnest


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web process in production, before any site has gone live; gives its address."""
    data_dir = tmp_path_factory.mktemp("production")
    extra = {
        "CARA_MODE": "production",
        "CARA_SECRET_KEY": "a secret of thirty-two characters or more",
        "CARA_TEXTS_SECRET": "between us and the provider",
    }
    upgraded = [sys.executable, "-c", "from cli.database import upgrade; upgrade()"]
    subprocess.run(upgraded, cwd=ROOT, env=environment(data_dir, 0) | extra, check=True)
    with serving(data_dir, **extra) as url:
        yield url


def test_in_production_there_is_no_telephone_to_try(production: str) -> None:
    assert httpx.get(f"{production}/telephone", timeout=20).status_code == 404


def test_in_production_only_its_own_secret_opens_the_texts(production: str) -> None:
    body = {"id": "1", "from": "07700 900498", "to": OURS, "text": "hello"}
    opened = {"authorization": "Bearer between us and the provider"}
    url = f"{production}/texts/inbound"
    assert httpx.post(url, json=body, headers=KEY, timeout=20).status_code == 401
    answer = httpx.post(url, json=body, headers=opened, timeout=20)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_live")
    danger = httpx.post(url, json=body | {"text": DANGER}, headers=opened, timeout=20)
    assert "116 123" in danger.json()["texts"][0]
