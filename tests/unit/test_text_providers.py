"""Texts by GOV.UK Notify and by Twilio, over HTTP: what leaves, and what fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from core.outbox import Letter, NotSentError
from core.settings import Settings
from outreach.texts.providers import LaterError, RefusedError, provider, send_letter
from tests.unit import outboxes
from tests.unit.text_standins import (
    ACCOUNT,
    NOTIFY_KEY,
    OURS,
    PHONE,
    TEMPLATE,
    TEXT,
    TOKEN,
    Reply,
    StandIn,
    carried_by,
    hurrying,
    notify_error,
    send,
    set_up,
    twilio_error,
)

BAD_SHAPES = [
    b"",
    b"nonsense",
    b"[]",
    b"{}",
    b'{"id": 7, "sid": 7}',
    b'{"id": "", "sid": ""}',
    b"7",
]


@pytest.fixture
def notify(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """GOV.UK Notify, and a copy that is set up with it."""
    with carried_by("notify", monkeypatch) as stand_in:
        yield stand_in


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Twilio, and a copy that is set up with it."""
    with carried_by("twilio", monkeypatch) as stand_in:
        yield stand_in


@pytest.fixture(params=["notify", "twilio"])
def far(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Each provider in turn."""
    with carried_by(request.param, monkeypatch) as stand_in:
        yield stand_in


# What leaves


def test_notify_gets_the_words_in_one_template_and_our_reference(notify: StandIn) -> None:
    told = send()
    (posted,) = notify.posted
    assert posted == {
        "phone_number": PHONE,
        "template_id": TEMPLATE,
        "personalisation": {"text": TEXT},
        "reference": "text-1",
    }
    assert told == notify.texts[0]["id"]
    assert [each.method for each in notify.asked] == ["POST"]


def test_notify_may_be_told_whose_number_it_comes_from(
    notify: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, notify_sender_id="8e222534-7f05-4972-86e3-17c5d9f894e2")
    send()
    assert notify.posted[0]["sms_sender_id"] == "8e222534-7f05-4972-86e3-17c5d9f894e2"


def test_twilio_gets_the_words_from_the_number_of_the_site(twilio: StandIn) -> None:
    told = send()
    (asked,) = twilio.asked
    assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert asked.said == {
        "To": PHONE,
        "From": OURS,
        "Body": TEXT,
        "StatusCallback": "https://cara.example/texts/twilio/receipt",
    }
    assert told == twilio.texts[0]["sid"]


def test_a_site_without_a_number_sends_nothing_by_twilio(twilio: StandIn) -> None:
    with pytest.raises(LaterError, match="no_number"):
        provider().send(PHONE, TEXT, "text-1", site="nowhere")
    assert twilio.asked == []


@pytest.mark.parametrize("text", ["Dzień dobry ŁłĄąĘęŚśŻżŹźĆćŃńÓó", "“It’s” – 5 €…\u200b\t\u00a0|"])
def test_what_notify_would_garble_is_written_plainly(notify: StandIn, text: str) -> None:
    send(text)
    (posted,) = notify.posted
    assert posted["personalisation"]["text"] == text.replace("Ł", "L").replace("ł", "l")


def test_punjabi_leaves_by_notify_only_for_the_numbers_in_it(notify: StandIn) -> None:
    send("ਹੁਣੇ 999 ਨੂੰ ਫ਼ੋਨ ਕਰੋ")
    with pytest.raises(RefusedError, match="letters"):
        send("ਸਤ ਸ੍ਰੀ ਅਕਾਲ")
    assert len(notify.posted) == 1


def test_punjabi_leaves_by_twilio_whole(twilio: StandIn) -> None:
    send("ਸਤ ਸ੍ਰੀ ਅਕਾਲ 🙏")
    assert twilio.posted[0]["Body"] == "ਸਤ ਸ੍ਰੀ ਅਕਾਲ 🙏"


# What fails


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "BadRequestError", RefusedError),
        (400, "ValidationError", RefusedError),
        (403, "AuthError", LaterError),
        (429, "RateLimitError", LaterError),
        (429, "TooManyRequestsError", LaterError),
    ],
)
def test_each_error_of_notify(
    notify: StandIn, status: int, kind: str, error: type[Exception]
) -> None:
    notify.answer(notify_error(status, kind, f"phone_number {PHONE} Not enough digits"))
    with pytest.raises(error) as told:
        send()
    assert str(told.value) == kind


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_where_notify_is_broken_it_is_tried_later(notify: StandIn, status: int) -> None:
    notify.answer(notify_error(status, "Exception", "Internal server error"))
    with pytest.raises(LaterError, match=str(status)):
        send()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, 20003, LaterError),
        (429, 20429, LaterError),
        (500, 20500, LaterError),
        (503, 20503, LaterError),
        (400, 21211, RefusedError),
        (400, 21408, RefusedError),
        (400, 21610, RefusedError),
        (400, 21614, RefusedError),
    ],
)
def test_each_error_of_twilio(
    twilio: StandIn, status: int, code: int, error: type[Exception]
) -> None:
    twilio.answer(twilio_error(status, code, f"The 'To' number {PHONE} is not valid"))
    with pytest.raises(error) as told:
        send()
    assert str(told.value) == str(code)


def test_the_key_of_somebody_else_is_tried_later(
    far: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, notify_api_key=NOTIFY_KEY[:-1] + "1", twilio_token="another")
    with pytest.raises(LaterError, match="403"):
        send()


@pytest.mark.parametrize("key", ["short", "a" * 36])
def test_a_key_that_is_none_ends_no_worker(
    notify: StandIn, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    set_up(monkeypatch, notify_api_key=key)
    with pytest.raises(LaterError):
        send()
    assert notify.asked == []


@pytest.mark.parametrize("content", BAD_SHAPES)
def test_an_answer_that_is_none_is_no_answer(far: StandIn, content: bytes) -> None:
    far.answer(Reply(201, content))
    with pytest.raises(LaterError, match=r"no_json|wrong_shape"):
        send()


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"errors": "no"}', b'{"code": "x"}'])
@pytest.mark.parametrize(("status", "error"), [(400, RefusedError), (502, LaterError)])
def test_an_error_in_no_known_shape_is_known_by_its_status(
    far: StandIn, content: bytes, status: int, error: type[Exception]
) -> None:
    far.answer(Reply(status, content))
    with pytest.raises(error, match=str(status)):
        send()


def test_a_provider_that_is_away_is_tried_later(
    far: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, notify_url="http://127.0.0.1:9", twilio_url="http://127.0.0.1:9")
    with pytest.raises(LaterError, match="connection"):
        send()


def test_a_line_that_goes_dead_is_tried_later(far: StandIn) -> None:
    far.answer(Reply(cut=True))
    with pytest.raises(LaterError, match="connection"):
        send()


@pytest.mark.parametrize("reply", [Reply(late=True), Reply(drips=True)], ids=["late", "drips"])
def test_nobody_waits_longer_than_for_one_text(
    far: StandIn, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    far.answer(reply)
    with hurrying(monkeypatch), pytest.raises(LaterError, match="timeout"):
        send()


def test_no_log_holds_the_number_or_the_words(
    far: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    about = f"{PHONE} said {TEXT}"
    far.answer(notify_error(400, about, about))
    with pytest.raises(RefusedError) as told:
        send()
    send(again=True)
    for each in (caplog.text, str(told.value)):
        assert "7700900461" not in each
        assert "Hello" not in each


# What a copy is set up with


def test_the_demonstration_keeps_texts_on_the_screen() -> None:
    assert provider().name == "on_screen"
    assert send(reference="text-1") == "text-1"


def test_production_sends_nothing_until_a_provider_isset_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up(monkeypatch, mode="production", secret_key="a secret of thirty-two characters or more")
    with pytest.raises(NotSentError, match="no_provider"):
        send_letter(Letter("text", "one", outboxes.PAYLOAD))


@pytest.mark.parametrize("name", ["notify", "twilio"])
def test_a_provider_without_its_secrets_does_not_start(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("CARA_TEXT_PROVIDER", name)
    monkeypatch.setenv("CARA_NOTIFY_API_KEY", NOTIFY_KEY)
    monkeypatch.setenv("CARA_TWILIO_TOKEN", TOKEN)
    with pytest.raises(ValidationError, match=f"Set CARA_{name.upper()}_") as told:
        Settings()
    for secret in (NOTIFY_KEY, TOKEN):
        assert secret not in str(told.value)
