"""What is asked too often or from elsewhere is refused in plain words; danger is answered first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute

from accounts.web.declared import every_route
from bot.web.app import site
from core import limiting
from core.settings import DEMONSTRATION_SECRET, ROOT
from core.web.forms import SAFE
from sites import all_sites
from tests.journeys.people import Chat, words_of
from tests.journeys.running import environment
from tests.pages.conftest import Web, serving
from tests.pages.test_protection import HIDDEN, Browser

DANGER = "I want to kill myself"
HAMPSHIRE = {"site": "hampshire", "audience": "participant"}
PROVIDER = {"authorization": f"Bearer {DEMONSTRATION_SECRET}"}
TEXTING = "07700 900461"
NOWHERE = "redis://127.0.0.1:1/0"
SECRET = "a secret of thirty-two characters and more"


def most(limit: limiting.Limit) -> int:
    """How many are let through in a row."""
    return int(limit.rates.split("/")[0])


@pytest.mark.parametrize(
    ("limit", "path"),
    [
        (limiting.BEGINNINGS, "/api/v1/conversations"),
        (limiting.BEGINNINGS, "/widget/begin"),
        (limiting.SUGGESTIONS, "/suggest/nothing"),
        (limiting.searches(), "/api/v1/services/search"),
        (limiting.searches(), "/oruk/services"),
        (limiting.LINKS, "/c/nothing"),
    ],
)
def test_one_address_asks_only_so_often_and_no_other_pays(
    limit: limiting.Limit, path: str, http: httpx.Client
) -> None:
    # The proxy in front says who asks; each route of a limit has an address of its own here.
    asker = {"x-forwarded-for": f"192.0.2.{sum(path.encode()) % 250}"}
    for _ in range(most(limit)):
        assert http.post(path, headers=asker).status_code not in (429, 503)
    refused = http.post(path, headers=asker)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    if not path.startswith("/oruk"):
        assert "116 123" in refused.text
        assert "999" in refused.text
    assert http.post(path, headers={"x-forwarded-for": "198.51.100.9"}).status_code != 429


def test_an_address_is_not_got_round_by_writing_another_in_front_of_it(http: httpx.Client) -> None:
    for at in range(most(limiting.LINKS) + 1):
        asker = {"x-forwarded-for": f"203.0.113.{at}, 192.0.2.251"}
        answer = http.get("/c/nothing", headers=asker)
    assert answer.status_code == 429


def test_a_household_is_one_address() -> None:
    assert limiting.household("2001:db8:1:2::3") == limiting.household("2001:db8:1:2:ffff::9")
    assert limiting.household("2001:db8:1:2::3") != limiting.household("2001:db8:1:3::3")
    assert limiting.household("192.0.2.1") != limiting.household("192.0.2.2")


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_danger_is_answered_in_a_chat_that_is_too_fast(http: httpx.Client, language: str) -> None:
    chat = Chat.begin(http, **HAMPSHIRE, language=language)
    for _ in range(most(limiting.TURNS)):
        assert chat.post({"choice": "never-offered"}).status_code == 409
    refused = chat.post({"text": "hello"})
    assert refused.status_code == 429
    assert "116 123" in refused.json()["error"]["message"]
    assert "116 123" in words_of(chat.say(DANGER))
    assert Chat.begin(http, **HAMPSHIRE).post({"choice": "x"}).status_code == 409


def test_a_page_that_is_too_fast_keeps_what_was_typed_and_answers_danger(web: Web) -> None:
    browser = Browser(web.url)
    browser.post("/start", who="support", site="hampshire", language="en")
    found = HIDDEN.search(browser.get("/chat").text)
    assert found

    def say(**fields: str) -> httpx.Response:
        form = {"csrf_token": found[1], **fields}
        return browser.client.post("/chat/say", data=form, headers=browser._headers())

    for _ in range(most(limiting.TURNS)):
        say(choice="never-offered")
    refused = say(text="hello again")
    assert refused.status_code == 429
    assert "hello again" in refused.text
    assert say(text=DANGER).status_code == 303
    assert "116 123" in browser.get("/chat").text
    browser.client.close()


# Where nothing can be counted


@pytest.fixture(scope="module")
def uncounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    """A chat that was begun before Redis went away, at a web process that finds none."""
    folder = tmp_path_factory.mktemp("uncounted")
    made = [sys.executable, "-c", "from cli.database import upgrade; upgrade()"]
    subprocess.run(made, cwd=ROOT, env=environment(folder, 0), check=True)
    with serving(folder) as url, httpx.Client(base_url=url, timeout=20) as before:
        chat = Chat.begin(before, **HAMPSHIRE)
    with (
        serving(folder, CARA_REDIS_URL=NOWHERE) as url,
        httpx.Client(base_url=url, timeout=20) as client,
    ):
        chat.http = client
        yield chat


def text_us(chat: Chat, said: str) -> httpx.Response:
    body = {"id": said, "from": TEXTING, "to": all_sites()["hampshire"].text_number, "text": said}
    return chat.http.post("/texts/inbound", json=body, headers=PROVIDER)


@pytest.mark.parametrize("path", ["/api/v1/conversations", "/widget/begin", "/c/nothing"])
def test_what_has_to_be_counted_is_refused_with_numbers(uncounted: Chat, path: str) -> None:
    refused = uncounted.http.post(path)
    assert refused.status_code == 503
    assert "116 123" in refused.text


def test_a_chat_goes_on_and_the_process_counts_by_itself(uncounted: Chat) -> None:
    answers = [uncounted.post({"choice": "x"}).status_code for _ in range(most(limiting.TURNS) + 1)]
    assert (answers[0], answers[-1]) == (409, 429)
    assert "116 123" in words_of(uncounted.say(DANGER))


def test_a_text_is_for_later_but_danger_and_stop_are_heard(uncounted: Chat) -> None:
    assert text_us(uncounted, "hello").status_code == 503
    assert "116 123" in "".join(text_us(uncounted, DANGER).json()["texts"])
    assert text_us(uncounted, "STOP").status_code == 200


# From elsewhere


def unsafe() -> list[tuple[str, str]]:
    """Each method and path that may change something, the directory's open search left out."""
    found = [each for each in every_route(site.routes) if isinstance(each, APIRoute)]
    every = [(method, each.path) for each in found for method in sorted(each.methods or ())]
    return [(method, path) for method, path in every if method not in SAFE]


@pytest.mark.parametrize(
    "told", [{"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}]
)
def test_nothing_is_changed_by_a_page_of_somebody_else(
    told: dict[str, str], http: httpx.Client
) -> None:
    assert len(unsafe()) > 50
    answers = {
        (method, path): http.request(method, path.replace("{", "").replace("}", ""), headers=told)
        for method, path in unsafe()
    }
    assert {key: each.status_code for key, each in answers.items() if each.status_code != 403} == {}


# Headers


def test_only_what_hosts_embed_may_be_loaded_by_them(http: httpx.Client) -> None:
    for path in ("/widget.js", "/widget/frame?site=hampshire", "/oruk/"):
        assert http.get(path).headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("/", "/chat", "/assets/app.css", "/api/v1/nowhere", "/sign-in"):
        assert http.get(path).headers["cross-origin-resource-policy"] == "same-origin"


def test_production_is_spoken_to_by_https_alone_and_for_a_year(
    tmp_path: Path, http: httpx.Client
) -> None:
    with serving(tmp_path, CARA_MODE="production", CARA_SECRET_KEY=SECRET) as url:
        for path in ("/healthz", "/nowhere", "/widget.js"):
            told = httpx.get(url + path).headers["strict-transport-security"]
            assert told == "max-age=31536000; includeSubDomains"
    assert "strict-transport-security" not in http.get("/").headers


def test_no_answer_repeats_the_host_that_was_asked_for(http: httpx.Client) -> None:
    told = {"host": "elsewhere.example", "x-forwarded-host": "elsewhere.example"}
    for path in ("/", "/chat/", "/officer", "/sign-in", "/exit", "/c/x", "/assets", "//elsewhere"):
        answer = http.get(path, headers=told)
        assert "elsewhere" not in answer.text + str(answer.headers)
