"""The client of Rasa: signed claims one way, utterances back, and no long wait (design D1, D2)."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Any

import httpx

from bot.safety.features import meaning_read
from core.metrics import RASA_FAILURES
from core.occasion import occasion
from core.settings import settings
from core.stages import stage
from core.tokens import sign
from core.traces import RASA

CLAIMS = "rasa claims"
LONGEST_WAIT = 2.5
# So many turns wait for Rasa at a time; who comes then is told at once that we cannot answer just
# now. A turn takes Rasa 17 ms of processor time, and with 32 at once 95 of 100 waited less than
# 1.4 s (docs/how-to/sizing.md), so none is given up that it still works on. Of this
# process's threads (bot/web/app.py) enough stay free to look for danger.
MOST_AT_ONCE = 32
# Rasa strips what it is sent, and reads a stroke at its head as a command.
_COMMANDS = re.compile(r"^[\s/]+")


def no_command(text: str) -> str:
    """The text as Rasa may read it: words, and never a command of Rasa's own."""
    return _COMMANDS.sub("", text)


class RasaAwayError(Exception):
    """No answer in time; ``waking`` while this process has never seen Rasa answer.

    ``unreached``: nobody listens there, so nobody can have begun the turn.
    """

    def __init__(self, *, waking: bool, unreached: bool = False) -> None:
        super().__init__("waking" if waking else "away")
        self.waking = waking
        self.unreached = unreached


class RasaClient:
    """Of one Rasa process; connections are kept open."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Rasa closes what is idle for five seconds, and must not do so under a turn.
        kept = httpx.Limits(keepalive_expiry=4)
        where = url or "http://127.0.0.1:9"
        self._http = httpx.Client(base_url=where, timeout=LONGEST_WAIT, limits=kept)
        self._seen = False

    def turn(self, text: str, claims: dict[str, Any]) -> list[dict[str, Any]]:
        """What the actions say to ``text``; raises :class:`RasaAwayError`."""
        answered = self._post("turn", text, claims)
        utterances: list[dict[str, Any]] = answered["utterances"]
        return utterances

    def parse(self, text: str, claims: dict[str, Any]) -> dict[str, Any]:
        """How ``text`` is understood, for reports; raises :class:`RasaAwayError`."""
        return self._post("parse", text, claims)

    def alive(self) -> bool:
        """Whether Rasa is up and has its model."""
        try:
            answer = self._http.get("/webhooks/cara/alive", timeout=LONGEST_WAIT)
            self._seen = self._seen or (answer.status_code == 200 and answer.json()["model"])
            return answer.status_code == 200 and bool(answer.json()["model"])
        except (httpx.HTTPError, ValueError):
            return False

    def _post(self, path: str, text: str, claims: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(_told(no_command(text))).encode()
        happening = occasion()
        signed = claims | {
            "body": sha256(body).hexdigest(),
            "request": happening.reference,
            "source": happening.source,
        }
        headers = {
            "Authorization": f"Bearer {sign(CLAIMS, signed, lasts=timedelta(seconds=30))}",
            "Content-Type": "application/json",
        }
        try:
            answer = self._http.post(f"/webhooks/cara/{path}", content=body, headers=headers)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            unreached = isinstance(error, httpx.ConnectError)
            RASA_FAILURES.labels(_why(error)).inc()
            raise RasaAwayError(waking=not self._seen, unreached=unreached) from error
        self._seen = True
        read: dict[str, Any] = answer.json()
        return read


def _told(text: str) -> dict[str, str]:
    """The text, with what the screen found it to mean where it was read as it stands here."""
    meant = meaning_read(text)
    if meant is None:
        return {"text": text}
    return {"text": text, "meaning": b64encode(meant.astype("<f4").tobytes()).decode()}


def _why(error: httpx.HTTPError) -> str:
    """What went wrong, as one of four words."""
    if isinstance(error, httpx.ConnectError):
        return "unreached"
    if isinstance(error, httpx.TimeoutException):
        return "too_slow"
    return "refused" if isinstance(error, httpx.HTTPStatusError) else "broken"


class RasaProcesses:
    """Rasa, in however many processes: a conversation keeps to one, so its turns stand in order.

    Rasa's own lock for several processes is not atomic and polls once a second; with each
    conversation at one process, that process's own lock is enough. Where nobody listens, the next
    in the conversation's order takes the turn (they share the trackers); a process that is slow or
    hung may have begun it, and so nobody else is asked. Where all places are taken the turn is
    refused rather than kept waiting.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._each = [RasaClient(url) for url in urls]
        self._places = BoundedSemaphore(MOST_AT_ONCE)

    def turn(self, text: str, claims: dict[str, Any]) -> list[dict[str, Any]]:
        """What the actions say to ``text``; raises :class:`RasaAwayError`."""
        if not self._places.acquire(blocking=False):
            RASA_FAILURES.labels("busy").inc()
            raise RasaAwayError(waking=False)
        try:
            with stage(RASA):
                return self._turn(text, claims)
        finally:
            self._places.release()

    def _turn(self, text: str, claims: dict[str, Any]) -> list[dict[str, Any]]:
        *others, last = self._in_order(str(claims["sender"]))
        for client in others:
            try:
                return client.turn(text, claims)
            except RasaAwayError as error:
                if not error.unreached:
                    raise
        return last.turn(text, claims)

    def alive(self) -> bool:
        """Whether every process is up and has its model."""
        return all(client.alive() for client in self._each)

    def _in_order(self, conversation: str) -> list[RasaClient]:
        """By rendezvous hashing: where one process more or less moves few conversations."""
        return sorted(
            self._each,
            key=lambda client: sha256(f"{client.url} {conversation}".encode()).digest(),
        )


@lru_cache(maxsize=1)
def rasa() -> RasaProcesses:
    """The Rasa of this process's copy."""
    return RasaProcesses([url.strip() for url in settings().rasa_url.split(",")])
