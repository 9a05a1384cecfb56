"""The far ends of alerts, as real servers: an on-call system, and a mail server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MailHandler


@dataclass
class Inbox:
    """What arrived; waits for more without sleeping."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    failing: bool = False
    changed: Condition = field(default_factory=Condition)

    def arrived(self, add: Callable[[], None]) -> None:
        """Take one more."""
        with self.changed:
            add()
            self.changed.notify_all()

    def wait(self, enough: Callable[[], bool], seconds: float) -> bool:
        """Whether ``enough`` came true within ``seconds``."""
        with self.changed:
            return self.changed.wait_for(enough, seconds)

    def told_of(self, conversation_kinds: int) -> bool:
        """Whether the on-call system knows of so many different alerts."""
        return len({call["body"]["id"] for call in self.calls}) >= conversation_kinds


@contextmanager
def on_call(inbox: Inbox) -> Iterator[str]:
    """A webhook's receiver; gives its address."""

    class OnCall(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if not inbox.failing:
                call = {
                    "body": json.loads(content),
                    "content": content,
                    "headers": dict(self.headers),
                }
                inbox.arrived(lambda: inbox.calls.append(call))
            self.send_response(500 if inbox.failing else 204)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), OnCall)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/alerts"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Mails(MailHandler):  # type: ignore[misc]
    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self.inbox = inbox

    def handle_message(self, message: Message) -> None:
        self.inbox.arrived(lambda: self.inbox.mails.append(message))


@contextmanager
def mail_server(inbox: Inbox, port: int) -> Iterator[str]:
    """An SMTP server on loopback; gives its address."""
    controller = Controller(_Mails(inbox), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
