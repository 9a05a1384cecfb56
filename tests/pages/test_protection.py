"""What cookies, headers and forms promise, asked without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from accounts.demonstration import PASSWORD
from accounts.web.sign_in import after
from bot.web.api import bearer
from bot.web.provider_texts import from_notify, from_twilio
from core.web.forms import own_form
from tests.pages.conftest import CHAT, STAFF, Web
from tests.unit.by_role import all_routes

HIDDEN = re.compile(r'name="csrf_token" value="(\w+)"')
FEWEST_UNSAFE = 40
PROOFS = {own_form, bearer, from_notify, from_twilio}
CHANGE_NOTHING_OF_ANYBODY = {
    "/api/v1/services/search": "a search, which changes nothing",
    "/widget/begin": "an empty conversation, for a frame of ours alone",
}
PAGES = ["/", "/chat", "/sign-in", "/officer", "/nowhere", "/widget/frame?site=hampshire", "/exit"]


class Browser:
    """A browser's cookies and hidden fields, without a browser; cookies are sent as over https."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=20)
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []

    def get(self, path: str) -> httpx.Response:
        return self._kept(self.client.get(path, headers=self._headers()))

    def post(self, path: str, page: str = "/", **fields: str) -> httpx.Response:
        found = HIDDEN.search(self.get(page).text)
        assert found
        form = {"csrf_token": found[1], **fields}
        return self._kept(self.client.post(path, data=form, headers=self._headers()))

    def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        return self.post("/sign-in", "/sign-in", username=username, password=password)

    def _headers(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            self.set.append(line)
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer


@pytest.fixture
def browser(web: Web) -> Iterator[Browser]:
    made = Browser(web.url)
    yield made
    made.client.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(path: str, http: httpx.Client) -> None:
    headers = http.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "cross-origin-opener-policy" in headers


def test_each_response_has_a_nonce_of_its_own(http: httpx.Client) -> None:
    policies = {http.get("/").headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


def test_no_page_calls_anybody_else(http: httpx.Client) -> None:
    for path in ("/", "/sign-in", "/widget/frame?site=hampshire", "/example-host"):
        sources = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', http.get(path).text)
        assert sources
        assert all(each.startswith("/") for each in sources)


def test_cookies_are_for_us_alone(browser: Browser) -> None:
    assert browser.post("/start", who="support", site="hampshire", language="en").status_code == 303
    assert browser.sign_in("officer.hampshire").status_code == 303
    for line in browser.set:
        assert line.startswith("__Host-cara_")
        flags = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"secure", "httponly", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)
        assert ("samesite=strict" in flags) == line.startswith(CHAT)
    assert re.fullmatch(r"[\w-]{43}", browser.cookies[STAFF])


def unsafe_routes() -> list[APIRoute]:
    found = [route for route in all_routes() if (route.methods or set()) - {"GET", "HEAD"}]
    assert len(found) > FEWEST_UNSAFE
    return found


def test_every_unsafe_route_asks_for_our_own_form_or_a_proof_that_no_browser_sends_unasked() -> (
    None
):
    unasked = {
        route.path for route in unsafe_routes() if not PROOFS & set(asked_by(route.dependant))
    }
    assert unasked == set(CHANGE_NOTHING_OF_ANYBODY)


def asked_by(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from asked_by(each)


def test_no_unsafe_route_takes_what_a_page_of_somebody_else_sends(http: httpx.Client) -> None:
    for route in unsafe_routes():
        path = re.sub(r"{\w+}", "x", route.path)
        for told in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
            assert http.post(path, headers=told).status_code == 403, route.path


@pytest.mark.parametrize("path", ["/start", "/chat/say", "/chat/language", "/sign-in", "/sign-out"])
def test_a_form_without_its_token_is_refused(path: str, http: httpx.Client) -> None:
    answer = http.post(path, data={"who": "support", "site": "hampshire", "csrf_token": "ż"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_form_from_elsewhere_is_refused(browser: Browser) -> None:
    found = HIDDEN.search(browser.get("/").text)
    assert found
    form = {"csrf_token": found[1], "who": "support", "site": "hampshire"}
    for told in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
        headers = {**browser._headers(), **told}
        assert browser.client.post("/start", data=form, headers=headers).status_code == 403


def test_no_other_site_can_end_a_chat(browser: Browser) -> None:
    browser.post("/start", who="support", site="hampshire", language="en")
    headers = {**browser._headers(), "sec-fetch-site": "cross-site"}
    answer = browser.client.get("/exit", headers=headers)
    assert "clear-site-data" not in answer.headers
    assert browser.get("/chat").status_code == 200
    assert "clear-site-data" in browser.get("/exit").headers
    assert browser.get("/chat").status_code == 303


def test_signing_in_makes_a_new_session_and_signing_out_ends_it(browser: Browser) -> None:
    browser.sign_in("officer.hampshire")
    first = browser.cookies[STAFF]
    assert browser.get("/officer").status_code == 200
    answer = browser.post("/sign-out", "/officer")
    assert '"cache"' in answer.headers["clear-site-data"]
    browser.cookies[STAFF] = first
    assert browser.get("/officer").headers["location"].startswith("/sign-in")


def test_unknown_and_wrong_sound_the_same(browser: Browser) -> None:
    wrong = browser.sign_in("coordinator.hampshire", "not the password")
    unknown = browser.sign_in("nobody.hampshire", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert "The user name, the password or the code is not right." in wrong.text
    assert strip(wrong.text) == strip(unknown.text)


def strip(html: str) -> str:
    return re.sub(r'nonce="[^"]*"|value="[^"]*"', "", html)


def test_guessing_locks_the_name_for_that_address_only(web: Web) -> None:
    guesser = Browser(web.url)
    for _ in range(5):
        assert guesser.sign_in("authoriser.leicestershire", "a guess").status_code == 422
    # Locked sounds as wrong does, also to who now knows the password.
    assert guesser.sign_in("authoriser.leicestershire").status_code == 422
    # The proxy in front says who asks; from another address the colleague is let in.
    colleague = Browser(web.url)
    colleague.client.headers["x-forwarded-for"] = "192.0.2.7"
    assert colleague.sign_in("authoriser.leicestershire").status_code == 303
    for each in (guesser, colleague):
        each.client.close()


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/officer/chat", "/officer/chat"),
        ("/referrals/K7M-4QX-9C/receipt", "/referrals/K7M-4QX-9C/receipt"),
        ("https://elsewhere.example", "/officer"),
        ("//elsewhere.example", "/officer"),
        ("/officer/../sign-out", "/officer"),
        ("", "/officer"),
    ],
)
def test_signing_in_leads_only_to_our_own_pages(asked: str, goes: str) -> None:
    assert after(asked) == goes


def as_staff(web: Web, state: str, path: str) -> httpx.Response:
    return httpx.get(web.url + path, headers={"cookie": f"{STAFF}={web.staged[state]}"}, timeout=20)


def test_a_receipt_is_for_its_officer_and_its_authoriser(web: Web) -> None:
    path = f"/referrals/{web.staged['reference']}/receipt"
    for may in ("sent", "authoriser"):
        answer = as_staff(web, may, path)
        assert answer.status_code == 200
        assert "No sergeant has decided yet" in answer.text
        assert "Alex Example" in answer.text
    for may_not in ("officer", "coordinator", "elsewhere", "summary"):
        assert as_staff(web, may_not, path).status_code == 404
    assert as_staff(web, "sent", "/referrals/AAA-AAA-AA/receipt").status_code == 404


def test_only_an_officer_talks_at_the_desk(web: Web) -> None:
    assert as_staff(web, "coordinator", "/officer/chat").status_code == 404
    assert httpx.get(f"{web.url}/officer/chat").headers["location"].startswith("/sign-in")


def test_an_officers_token_opens_no_participants_page(web: Web) -> None:
    held = httpx.get(f"{web.url}/chat", headers={"cookie": f"{CHAT}=not-a-token"})
    assert held.headers["location"] == "/"


@pytest.mark.parametrize(
    "path", ["/api/v1/conversations/nobody/messages", "/api/v1/nowhere", "/api/v1/conversations"]
)
def test_the_api_answers_errors_as_json(path: str, http: httpx.Client) -> None:
    answer = http.get(path)
    assert answer.status_code in (401, 404, 405)
    assert set(answer.json()["error"]) == {"code", "message"}


def test_more_than_a_page_ever_sends_is_refused(http: httpx.Client) -> None:
    assert http.post("/api/v1/conversations", content=b"x" * 200_000).status_code == 413


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/webhook", "/webhooks/rest"])
def test_nothing_else_stands_on_the_public_port(path: str, http: httpx.Client) -> None:
    assert http.get(path).status_code == 404
