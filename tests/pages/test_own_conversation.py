"""What opens a chat: nothing can be read in it, and it is worth nothing once its person left."""

from __future__ import annotations

import base64
from datetime import timedelta

import httpx

from core.tokens import sign
from tests.journeys.people import Chat, words_of
from tests.pages.conftest import CHAT, STAFF, Web
from tests.pages.test_protection import Browser

DANGER = "I want to kill myself"
READABLE = (b"hampshire", b"west_midlands", b"participant", b"site", b"staff", b"sub")


def begun(http: httpx.Client, **asked: str) -> Chat:
    return Chat.begin(http, **{"site": "hampshire", "audience": "participant", **asked})


def test_nothing_can_be_read_in_what_a_browser_keeps(web: Web, http: httpx.Client) -> None:
    browser = Browser(web.url)
    browser.post("/start", who="support", site="hampshire", language="pa")
    tokens = [browser.cookies[CHAT], begun(http, site="west_midlands").token, begun(http).token]
    for token in tokens:
        held = base64.urlsafe_b64decode(token)
        assert not [each for each in READABLE if each in token.encode() + held]
    assert len({len(token) for token in tokens}) == 1, "not even its length tells"
    assert len({token[-100:] for token in tokens}) == len(tokens)
    browser.client.close()


def test_the_id_of_a_chat_is_128_random_bits(http: httpx.Client) -> None:
    found = {begun(http).id for _ in range(5)}
    assert {len(bytes.fromhex(each)) for each in found} == {16}
    # No version and no variant stand in it, as they would in a UUID.
    assert len({each[12] + each[16] for each in found} | {begun(http).id[12:17:4]}) > 1


def test_a_cookie_of_an_older_version_leads_to_the_start(web: Web) -> None:
    claims = {"sub": "x", "site": "hampshire", "audience": "participant", "language": "en"}
    old = sign("conversation", claims, lasts=timedelta(hours=1))
    for token in (old, "gAAAAA", "ż", ""):
        held = {b"cookie": f"{CHAT}={token}".encode()}
        answer = httpx.get(f"{web.url}/chat", headers=held)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_an_officers_chat_lasts_no_longer_than_their_sign_in(web: Web, http: httpx.Client) -> None:
    browser = Browser(web.url)
    assert browser.sign_in("officer.hampshire").status_code == 303
    chat = Chat.begin(http, browser.cookies[STAFF], site="hampshire", audience="officer")
    assert chat.say("hello")
    read = {"authorization": f"Bearer {chat.token}"}
    path = f"/api/v1/conversations/{chat.id}/messages"
    assert http.get(path, headers=read).status_code == 200
    browser.post("/sign-out", "/officer")
    assert chat.post({"text": "hello"}).status_code == 404
    assert http.get(path, headers=read).status_code == 404
    assert http.get("/widget/messages", headers=read).status_code == 401
    assert http.post("/widget/say", data={"text": "hello"}, headers=read).status_code == 401
    # Danger is answered all the same, without asking who is signed in.
    assert "999" in words_of(chat.say(DANGER))
    browser.client.close()
