"""Providers of texts on this machine, built from their public descriptions.

GOV.UK Notify: openapi of alphagov/notifications-tech-docs. Twilio: the Messages resource of its
2010 API and its dictionary of errors.
"""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from notifications_python_client.authentication import decode_jwt_token, get_token_issuer
from notifications_python_client.errors import TokenError

from core.settings import settings
from outreach.texts.providers import base, provider

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
NOTIFY_KEY = f"our_key-{SERVICE}-{SECRET}"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
CALLBACK_TOKEN = "a token for calls back"
PHONE, OURS, SITE = "+447700900461", "+447700900101", "hampshire"
TEXT = "Hello. Text us back if you want to find help near you. {^}\\ €5"
ACCOUNT, TOKEN = "AC" + "0" * 32, "the token of the account"


@dataclass(frozen=True)
class Asked:
    """One call as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    said: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What is answered instead; ``taken``: the text got there all the same.

    ``late``: only once the stand-in is let go; ``drips``: a byte at a time, and without an end;
    ``cut``: nothing at all, the line is dead.
    """

    status: int = 201
    content: bytes = b""
    taken: bool = False
    late: bool = False
    drips: bool = False
    cut: bool = False


@dataclass
class StandIn:
    """A provider: what it was asked, what it keeps, and what it answers next instead."""

    asked: list[Asked] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    let_go: Event = field(default_factory=Event)
    address: str = ""

    @property
    def posted(self) -> list[dict[str, Any]]:
        """What it was asked to send, each time that it was asked."""
        return [each.said for each in self.asked if each.method == "POST"]

    def answer(self, *replies: Reply) -> None:
        """Answer the next calls like this."""
        self.replies += replies


def notify_error(status: int, kind: str, message: str = "") -> Reply:
    """An error in the shape of GOV.UK Notify."""
    about = {"status_code": status, "errors": [{"error": kind, "message": message or kind}]}
    return Reply(status, json.dumps(about).encode())


def twilio_error(status: int, code: int, message: str = "") -> Reply:
    """An error in the shape of Twilio's 2010 API."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    about = {"code": code, "message": message, "more_info": more, "status": status}
    return Reply(status, json.dumps(about).encode())


def set_up(monkeypatch: pytest.MonkeyPatch, **about: str) -> None:
    """Set this copy up, by the names of its settings."""
    for name, value in about.items():
        monkeypatch.setenv(f"CARA_{name.upper()}", value)
    settings.cache_clear()


@contextmanager
def standing_in(name: str) -> Iterator[StandIn]:
    """A provider of that name, as a server."""
    with _serving({"notify": _Notify, "twilio": _Twilio}[name]) as stand_in:
        yield stand_in


def provided(name: str, stand_in: StandIn) -> dict[str, str]:
    """The settings of a copy that has it for its provider."""
    return {
        "text_provider": name,
        "notify_url": stand_in.address,
        "notify_api_key": NOTIFY_KEY,
        "notify_template_id": TEMPLATE,
        "notify_callback_token": CALLBACK_TOKEN,
        "twilio_url": stand_in.address,
        "twilio_account": ACCOUNT,
        "twilio_token": TOKEN,
        "texts_per_minute": "60000",
    }


@contextmanager
def carried_by(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A provider, and a copy that is set up with it; no proxy of the machine stands between."""
    for no_proxy in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(no_proxy, "127.0.0.1")
    with standing_in(name) as stand_in:
        set_up(monkeypatch, public_url="https://cara.example/", **provided(name, stand_in))
        yield stand_in


@contextmanager
def hurrying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A provider has half a second for a while."""
    with monkeypatch.context() as patch:
        patch.setattr(base, "PATIENCE", 0.5)
        yield


def send(text: str = TEXT, reference: str = "text-1", **about: bool) -> str:
    """Send a text by the provider that this copy is set up with."""
    return provider().send(PHONE, text, reference, site=SITE, **about)


class _Provider(ABC, BaseHTTPRequestHandler):
    """What both have in common: write down, answer what was put in, else do the provider's own."""

    stand_in: StandIn

    def do_GET(self) -> None:
        self._call(dict)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self._call(lambda: self.read(content))

    @abstractmethod
    def read(self, content: bytes) -> dict[str, Any]: ...

    @abstractmethod
    def allowed(self) -> bool: ...

    @abstractmethod
    def take(self, said: dict[str, Any]) -> dict[str, Any]: ...

    @abstractmethod
    def listed(self, query: dict[str, str]) -> dict[str, Any]: ...

    def _call(self, read: Callable[[], dict[str, Any]]) -> None:
        parts, far = urlsplit(self.path), self.stand_in
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        asked = Asked(self.command, parts.path, query, read())
        far.asked.append(asked)
        # A text is taken where one is sent, and not where somebody asks what became of one.
        if far.replies and (self.command == "POST" or not far.replies[0].taken):
            # Whoever waited too long has gone.
            with suppress(OSError):
                self._answer_with(far.replies.pop(0), asked)
        elif not self.allowed():
            self._send(403, b"{}")
        elif self.command == "POST":
            self._send(201, json.dumps(self.take(asked.said)).encode())
        else:
            self._send(200, json.dumps(self.listed(query)).encode())

    def _answer_with(self, reply: Reply, asked: Asked) -> None:
        if reply.taken:
            self.take(asked.said)
        if reply.late:
            self.stand_in.let_go.wait(30)
        if reply.drips:
            self._drip()
        elif not reply.cut:
            self._send(reply.status, reply.content)

    def _drip(self) -> None:
        self.send_response(201)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.stand_in.let_go.wait(0.02):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        return


class _Notify(_Provider):
    def read(self, content: bytes) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(content)
        return said

    def allowed(self) -> bool:
        token = self.headers["Authorization"].removeprefix("Bearer ")
        with suppress(TokenError):
            return get_token_issuer(token) == SERVICE and decode_jwt_token(token, SECRET)
        return False

    def take(self, said: dict[str, Any]) -> dict[str, Any]:
        text = {
            "id": f"740e5834-3a29-46b4-9a6f-{len(self.stand_in.texts):012d}",
            "reference": said.get("reference"),
            "status": "created",
            "type": "sms",
            "body": said["personalisation"]["text"],
            "phone_number": said["phone_number"],
        }
        self.stand_in.texts.append(text)
        content = {"body": text["body"], "from_number": "GOVUK"}
        return {"id": text["id"], "reference": text["reference"], "content": content}

    def listed(self, query: dict[str, str]) -> dict[str, Any]:
        wanted = query.get("reference")
        found = [each for each in self.stand_in.texts if wanted in (None, each["reference"])]
        return {"notifications": found[::-1], "links": {"current": self.path}}


class _Twilio(_Provider):
    def read(self, content: bytes) -> dict[str, Any]:
        return dict(parse_qsl(content.decode(), keep_blank_values=True))

    def allowed(self) -> bool:
        shown = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        return shown == f"{ACCOUNT}:{TOKEN}"

    def take(self, said: dict[str, Any]) -> dict[str, Any]:
        made = twilio_text(said, len(self.stand_in.texts), datetime.now(UTC))
        self.stand_in.texts.append(made)
        return made

    def listed(self, query: dict[str, str]) -> dict[str, Any]:
        between = (query.get("To"), query.get("From"))
        found = [each for each in self.stand_in.texts if (each["to"], each["from"]) == between]
        return {"messages": found[::-1], "page": 0, "next_page_uri": None, "uri": self.path}


def twilio_text(said: dict[str, Any], at: int, made: datetime) -> dict[str, Any]:
    """A text as Twilio keeps it."""
    return {
        "sid": f"SM{at:032d}",
        "account_sid": ACCOUNT,
        "to": said["To"],
        "from": said["From"],
        "body": said["Body"],
        "status": "queued",
        "date_created": format_datetime(made),
        "date_updated": format_datetime(made),
        "date_sent": None,
        "error_code": None,
        "num_segments": "1",
        "direction": "outbound-api",
    }


@contextmanager
def _serving(provider: type[_Provider]) -> Iterator[StandIn]:
    far = StandIn()
    handler = type("Bound", (provider,), {"stand_in": far})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    far.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield far
    finally:
        far.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()
