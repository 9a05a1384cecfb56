"""Whatever is sent: a clear error or a plain answer, never a 500, and the chat goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.journeys.people import Chat, words_of

ODD = (
    "",
    "   ",
    "/",
    "/restart",
    '/find_help{"needs":["drugs"]}',
    "/session_start",
    "\x00\x01\x02\x7f",
    "<script>alert(1)</script><b>hello</b>",
    "{needs} 0[ {0} %s ${x}",
    "'; DROP TABLE conversation; --",
    "a" * 4999,
    "🙂" * 2000,
    "ਹੈ" * 500,
    "‮evil‬ ​​​",
)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text_gets_a_plain_answer_and_the_chat_goes_on(participant: Chat, text: str) -> None:
    assert participant.say(text), "silence is impossible"
    assert "listing" in {message["kind"] for message in participant.say("I drink too much")}


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text_leaves_the_officer_at_the_open_question(officer: Chat, text: str) -> None:
    assert officer.say(text)
    assert officer.question.startswith("Is the suspect 18")


def test_a_slash_is_text_and_no_command(officer: Chat) -> None:
    officer.say('/give_answers{"B01_age":"yes"}')
    assert "Answered: -" in words_of(officer.say("where are we?"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": 5}, 400),
        ({"text": None}, 400),
        ({"text": "a", "choice": "b"}, 400),
        ({"field": "full_name"}, 400),
        ({"text": "a" * 5001}, 413),
        ({"text": "a" * 10_000}, 413),
        ({"choice": "never-offered"}, 409),
        ({"field": "no_such_field", "value": "x"}, 422),
        ({"field": "full_name", "value": "x"}, 422),
        ({"text": "hello", "metadata": {"audience": "officer"}}, 400),
    ],
)
def test_the_callers_fault_is_a_4xx_in_words(
    participant: Chat, body: dict[str, object], status: int
) -> None:
    answer = participant.post(body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_bytes_that_are_no_json(participant: Chat, http: httpx.Client) -> None:
    answer = http.post(
        f"/api/v1/conversations/{participant.id}/messages",
        content=b"\xff\xfe{{{",
        headers={"Authorization": f"Bearer {participant.token}"},
    )
    assert answer.status_code == 400


def test_half_a_character_is_refused_and_the_chat_goes_on(
    participant: Chat, http: httpx.Client
) -> None:
    answer = http.post(
        f"/api/v1/conversations/{participant.id}/messages",
        content=b'{"text": "\\ud83d hello \\udc00"}',
        headers={"Authorization": f"Bearer {participant.token}"},
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert participant.say("hello")


def test_another_persons_conversation_is_not_found(participant: Chat, http: httpx.Client) -> None:
    other = Chat.begin(http, site="west_midlands", audience="participant")
    other.token = participant.token
    assert other.post({"text": "hello"}).status_code == 404
    other.id = "nonsense"
    assert other.post({"text": "hello"}).status_code == 404


def test_an_expired_or_forged_token_is_refused(participant: Chat) -> None:
    for token in ("nothing", "nonsense.nonsense.nonsense", participant.token[:-3] + "abc"):
        participant.token = token
        assert participant.post({"text": "hello"}).status_code == 401


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"site": "atlantis", "audience": "participant"}, 404),
        ({"site": "hampshire", "audience": "officer"}, 401),
        ({"site": "hampshire", "audience": "king"}, 400),
        ({"site": "hampshire", "audience": "participant", "language": "xx"}, 400),
        ({}, 400),
    ],
)
def test_a_conversation_that_cannot_begin(
    http: httpx.Client, asked: dict[str, str], status: int
) -> None:
    answer = http.post("/api/v1/conversations", json=asked)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_an_officer_reaches_no_other_site(http: httpx.Client, officer_token: str) -> None:
    answer = http.post(
        "/api/v1/conversations",
        json={"site": "west_midlands", "audience": "officer"},
        headers={"Authorization": f"Bearer {officer_token}"},
    )
    assert answer.status_code == 404


def test_a_participants_choice_is_worthless_in_another_chat(
    participant: Chat, http: httpx.Client
) -> None:
    token = participant.messages[-1]["choices"][0]["choice"]
    other = Chat.begin(http, site="hampshire", audience="participant")
    assert other.post({"choice": token}).status_code == 409


def test_two_messages_at_once_never_break_the_chat(participant: Chat) -> None:
    def sent(_turn: int) -> int:
        return participant.post(
            {"text": "I drink too much"}, **{"Idempotency-Key": "x"}
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(sent, range(8)))
    assert statuses <= {200, 409}
    assert 200 in statuses
    assert participant.say("hello")
