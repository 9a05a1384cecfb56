"""What really leaves: signed calls of an on-call system, and mails, at real servers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from aiosmtpd.controller import Controller

from core import outbox
from core import senders as module
from core.database import transaction
from core.outbox import Letter, NotSentError
from core.senders import SIGNATURE, call_webhook, keep_on_screen, send_mail, senders, stamped
from core.settings import settings
from tests.faults.receivers import Inbox, mail_server, on_call
from tests.journeys.running import free_port

SECRET = "a secret between us and the on-call system"
OWN = "a secret between Hampshire and its provider"
BODY = {"id": "a1", "kind": "suicide", "site": "hampshire", "note": "ś ਮ"}
MAIL = {
    "to": "ash@hampshire.example",
    "subject": "Somebody needs a person now",
    "text": "Hello Zoë,\nsomebody needs a person now.\nhttps://cara.example/alerts/a1",
}


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def webhook(inbox: Inbox) -> Iterator[str]:
    """The address of an on-call system."""
    with on_call(inbox) as address:
        yield address


@pytest.fixture
def smtp(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A mail server that this copy is set up with."""
    with mail_server(inbox, free_port()) as address:
        monkeypatch.setenv("CARA_SMTP_URL", address)
        monkeypatch.setenv("CARA_MAIL_FROM", "alerts@cara.example")
        settings.cache_clear()
        yield address


def with_secret(monkeypatch: pytest.MonkeyPatch, secret: str = SECRET) -> None:
    monkeypatch.setenv("CARA_WEBHOOK_SECRET", secret)
    settings.cache_clear()


def call(url: str, key: str = "a1:first:0") -> Letter:
    return Letter("webhook", key, {"url": url, "body": BODY})


def own(url: str) -> Letter:
    return Letter(
        "webhook", "r1:7", {"url": url, "body": BODY, "secret_env": "CARA_HAND_OVER_HAMPSHIRE"}
    )


def mail(key: str = "a1:first:1", **about: str) -> Letter:
    return Letter("email", key, MAIL | about)


# An on-call system


def test_the_receiver_can_tell_that_it_is_us(
    webhook: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_secret(monkeypatch)
    call_webhook(call(webhook))
    (got,) = inbox.calls
    signed = hmac.new(SECRET.encode(), got["content"], hashlib.sha256).hexdigest()
    assert got["headers"][SIGNATURE] == f"sha256={signed}"
    assert got["headers"]["Content-Type"] == "application/json"
    assert got["body"] == BODY


def test_a_changed_body_or_another_secret_does_not_fit_the_signature(
    webhook: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_secret(monkeypatch)
    call_webhook(call(webhook))
    with_secret(monkeypatch, "another secret")
    call_webhook(call(webhook))
    first, second = (each["headers"][SIGNATURE] for each in inbox.calls)
    assert first != second
    changed = inbox.calls[0]["content"].replace(b"suicide", b"medical")
    made = hmac.new(SECRET.encode(), changed, hashlib.sha256).hexdigest()
    assert first != f"sha256={made}"


def test_without_a_secret_nothing_pretends_to_be_signed(webhook: str, inbox: Inbox) -> None:
    call_webhook(call(webhook))
    assert SIGNATURE not in inbox.calls[0]["headers"]


def test_a_copy_is_known_by_its_key(webhook: str, inbox: Inbox) -> None:
    for key in ("a1:first:0", "a1:first:0", "a1:again:0"):
        call_webhook(call(webhook, key))
    keys = [each["headers"]["Idempotency-Key"] for each in inbox.calls]
    assert keys == ["a1:first:0", "a1:first:0", "a1:again:0"]


def test_an_on_call_system_that_fails_is_tried_again(webhook: str, inbox: Inbox) -> None:
    inbox.failing = True
    with pytest.raises(NotSentError, match="500"):
        call_webhook(call(webhook))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{closed}/alerts",
        "nonsense",
        "ftp://127.0.0.1/alerts",
        "http://",
        "",
        "http://a..b/",
        f"http://{'a' * 64}.example/",
    ],
)
def test_one_that_is_not_there_is_tried_again(url: str) -> None:
    with pytest.raises(NotSentError, match="webhook"):
        call_webhook(call(url.format(closed=free_port())))


def test_one_that_sends_us_elsewhere_has_not_taken_it(inbox: Inbox) -> None:
    class Moved(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Moved)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(NotSentError, match="302"):
            call_webhook(call(f"http://127.0.0.1:{server.server_port}/"))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Dripping:
    """An on-call system that answers with a byte now and then, until it is called once more."""

    def __init__(self) -> None:
        self.open, self.most, self.another, self.done = 0, 0, Event(), Event()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """A header each tenth of a second, for twelve seconds at the most."""
        self.open += 1
        self.most = max(self.most, self.open)
        if self.open > 1:
            self.another.set()
        handler.send_response(200)
        with suppress(OSError):
            for _ in range(120):
                if self.another.wait(0.1):
                    break
                handler.send_header("X-Drip", "x")
                handler.flush_headers()
            handler.end_headers()
        self.open -= 1
        self.done.set()


@pytest.mark.usefixtures("database")
def test_a_far_end_that_answers_too_slowly_is_not_called_twice_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A claim ends after 20 s, a call may last for ever: PATIENCE is the wait for each byte."""
    monkeypatch.setattr(module, "PATIENCE", 3.0)
    monkeypatch.setattr(outbox, "CLAIM_LASTS", timedelta(seconds=6))
    far = Dripping()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            far.answer(self)

        def log_message(self, *_words: object) -> None:
            return

    def worker() -> None:
        while not far.done.wait(0.2):
            outbox.deliver_due(senders())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}/"
    with transaction() as session:
        outbox.post(session, Letter("webhook", "one", {"url": url, "body": {}}), site="hampshire")
    threads = [Thread(target=each) for each in (server.serve_forever, worker, worker)]
    for each in threads:
        each.start()
    for each in threads[1:]:
        each.join()
    server.shutdown()
    threads[0].join()
    server.server_close()
    assert far.most == 1


def test_what_is_told_of_the_trouble_names_nobody(inbox: Inbox) -> None:
    with pytest.raises(NotSentError) as told:
        call_webhook(call(f"http://127.0.0.1:{free_port()}/private-address"))
    assert "private-address" not in str(told.value)


# A receiver with a secret of its own


@pytest.mark.parametrize(
    ("secret", "plain"),
    [(OWN, OWN.encode()), (f"whsec_{base64.b64encode(b'raw key').decode()}", b"raw key")],
)
def test_a_receivers_own_secret_signs_key_moment_and_content(
    webhook: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, secret: str, plain: bytes
) -> None:
    with_secret(monkeypatch)
    monkeypatch.setenv("CARA_HAND_OVER_HAMPSHIRE", secret)
    monkeypatch.setattr(module, "now", lambda: datetime(2026, 11, 23, 9, tzinfo=UTC))
    call_webhook(own(webhook))
    (got,) = inbox.calls
    headers = got["headers"]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("r1:7", "1795424400")
    signed = hmac.digest(plain, b"r1:7.1795424400." + got["content"], "sha256")
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(signed).decode()}"
    assert headers["Idempotency-Key"] == "r1:7"
    assert SIGNATURE not in headers


def test_a_copy_later_or_under_another_key_has_another_signature() -> None:
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    made = {
        stamped(OWN, key, moment + timedelta(minutes=later), b"{}")["webhook-signature"]
        for key in ("r1:7", "r1:8")
        for later in (0, 6)
    }
    assert len(made) == 4


@pytest.mark.parametrize("secret", [None, "", "whsec_not base64"])
def test_without_its_secret_nothing_is_called(
    webhook: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    with_secret(monkeypatch)
    if secret is not None:
        monkeypatch.setenv("CARA_HAND_OVER_HAMPSHIRE", secret)
    with pytest.raises(NotSentError, match="CARA_HAND_OVER_HAMPSHIRE"):
        call_webhook(own(webhook))
    assert inbox.calls == []


# Mail


@pytest.mark.usefixtures("smtp")
def test_a_mail_arrives_as_it_was_written(inbox: Inbox) -> None:
    send_mail(mail())
    (got,) = inbox.mails
    assert (got["From"], got["To"]) == ("alerts@cara.example", MAIL["to"])
    assert got["Subject"] == MAIL["subject"]
    content = got.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n").strip() == MAIL["text"]


@pytest.mark.usefixtures("smtp")
def test_a_mail_sent_again_has_the_same_number(inbox: Inbox) -> None:
    for key in ("a1:first:1", "a1:first:1", "a1:again:1"):
        send_mail(mail(key))
    first, copy, another = (each["Message-ID"] for each in inbox.mails)
    assert first == copy
    assert first != another


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_mail_server_that_is_not_there_is_tried_again(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_SMTP_URL", f"{scheme}://127.0.0.1:{free_port()}")
    settings.cache_clear()
    with pytest.raises(NotSentError, match="mail server"):
        send_mail(mail())


def test_one_that_does_not_let_us_in_is_tried_again(
    smtp: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_SMTP_URL", smtp.replace("//", "//us:wrong@"))
    settings.cache_clear()
    with pytest.raises(NotSentError) as told:
        send_mail(mail())
    assert "wrong" not in str(told.value)
    assert inbox.mails == []


def test_an_address_that_the_server_refuses_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Refusing:
        async def handle_RCPT(self, *_about: object) -> str:  # noqa: N802
            return "550 nobody of that name"

    controller = Controller(Refusing(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        monkeypatch.setenv("CARA_SMTP_URL", f"smtp://127.0.0.1:{controller.port}")
        settings.cache_clear()
        with pytest.raises(NotSentError, match="mail server") as told:
            send_mail(mail())
    finally:
        controller.stop()
    assert "ash" not in str(told.value)


# What a copy is set up with


def test_the_demonstration_keeps_mails_and_texts_on_screen() -> None:
    for kind in ("email", "text"):
        senders()[kind](Letter(kind, "one", json.loads(json.dumps(MAIL))))


@pytest.mark.usefixtures("smtp")
def test_with_a_mail_server_mails_leave(inbox: Inbox) -> None:
    senders()["email"](mail())
    assert len(inbox.mails) == 1


def test_production_never_calls_sent_what_it_has_no_sender_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    settings.cache_clear()
    assert senders()["text"] is keep_on_screen
    for kind in ("email", "text"):
        with pytest.raises(NotSentError, match=kind):
            senders()[kind](Letter(kind, "one", MAIL))
