"""A provider's system as a process of its own, with every bad day that such a system has.

``python -m tests.faults.receiver PORT FILE``, with the secret in ``RECEIVER_SECRET``. The path says
what kind of day it is; each fault is for the first tries of a key, and then it takes it:

- ``/well``: takes everything;
- ``/fails``: 500, once;
- ``/stalls``: says nothing until the caller gives up, once;
- ``/dozes``: takes it, and says nothing until the caller gives up, once;
- ``/cuts``: takes it, and hangs up in the middle of its answer, once;
- ``/forgets``: takes it, and answers 500 all the same, once.

What it takes it keeps by its key, a line in FILE, before it answers; killed and started again it
knows all of it. What is not signed with the secret, or long ago, it refuses. It is written from
the standard (Standard Webhooks 1.0), not from our sender.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition
from typing import Any
from urllib.parse import parse_qs, urlsplit

OLDEST = 300
FAILS = {"/well": 0, "/fails": 1, "/stalls": 1, "/dozes": 1, "/cuts": 1, "/forgets": 1}
# At these it has taken the thing before it fails.
TAKES_FIRST = ("/dozes", "/cuts", "/forgets")


class Taken:
    """Everything that came, on the disk; and how often each key was tried in this life."""

    def __init__(self, path: Path) -> None:
        self.path, self.changed = path, Condition()
        lines = path.read_text().splitlines() if path.exists() else []
        self.by_key = {each["key"]: each for each in map(json.loads, lines)}
        self.tries: Counter[str] = Counter()
        self.repeats = self.refused = 0

    def tried(self, key: str) -> int:
        """Count one more try; gives how many there were before."""
        with self.changed:
            self.tries[key] += 1
            self.changed.notify_all()
            return self.tries[key] - 1

    def take(self, key: str, body: Any) -> None:
        """Keep it, unless it is here already."""
        with self.changed:
            if key in self.by_key:
                self.repeats += 1
                return
            self.by_key[key] = {"key": key, "body": body}
            with self.path.open("a") as file:
                file.write(json.dumps(self.by_key[key]) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self.changed.notify_all()

    def state(self) -> dict[str, Any]:
        """What a test asks for."""
        return {
            "taken": list(self.by_key.values()),
            "tries": dict(self.tries),
            "calls": self.tries.total(),
            "repeats": self.repeats,
            "refused": self.refused,
        }


class Provider(BaseHTTPRequestHandler):
    """Takes what is posted; ``GET /state`` waits until so many keys or calls are here."""

    taken: Taken
    secret: bytes

    def do_GET(self) -> None:
        wanted = {name: int(each[0]) for name, each in parse_qs(urlsplit(self.path).query).items()}
        with self.taken.changed:
            self.taken.changed.wait_for(
                lambda: (
                    len(self.taken.by_key) >= wanted.get("keys", 0)
                    and self.taken.tries.total() >= wanted.get("calls", 0)
                ),
                wanted.get("within", 0),
            )
            content = json.dumps(self.taken.state()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers["Idempotency-Key"]
        if not self._signed(key, content):
            self.taken.refused += 1
            self._answer(401)
            return
        bad_day = self.taken.tried(key) < FAILS[self.path]
        if not bad_day or self.path in TAKES_FIRST:
            self.taken.take(key, json.loads(content))
        if bad_day:
            self._fail()
        else:
            self._answer(200)

    def _fail(self) -> None:
        if self.path in ("/stalls", "/dozes"):
            # Until the caller hangs up: nothing more is sent to us before that.
            self.connection.recv(1)
            self.close_connection = True
        elif self.path == "/cuts":
            self.wfile.write(b"HTTP/1.1 20")
            self.close_connection = True
        else:
            self._answer(500)

    def _signed(self, key: str, content: bytes) -> bool:
        at = self.headers.get("webhook-timestamp", "0")
        if self.headers.get("webhook-id") != key or abs(time.time() - int(at)) > OLDEST:
            return False
        made = hmac.new(self.secret, f"{key}.{at}.".encode() + content, hashlib.sha256).digest()
        said = self.headers.get("webhook-signature", "")
        return hmac.compare_digest(said, f"v1,{base64.b64encode(made).decode()}")

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        return


def main(port: int, path: Path) -> None:
    """Serve until killed."""
    Provider.taken, Provider.secret = Taken(path), os.environ["RECEIVER_SECRET"].encode()
    ThreadingHTTPServer(("127.0.0.1", port), Provider).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
