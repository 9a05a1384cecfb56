"""The client of Rasa: signed claims one way, utterances back, and no long wait (design D1, D2)."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as TooSlowError

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
        where = url or "http://127.0.0.1:9"
        # A turn may have been begun by whoever does not answer, so nothing is asked twice.
        self._http = urllib3.connection_from_url(
            where, maxsize=MOST_AT_ONCE, timeout=LONGEST_WAIT, retries=False
        )
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
            answer = self._http.request("GET", "/webhooks/cara/alive")
            alive = answer.status == HTTPStatus.OK and bool(answer.json()["model"])
        except (HTTPError, ValueError, LookupError, TypeError):
            return False
        self._seen = self._seen or alive
        return alive

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
            answer = self._http.urlopen("POST", f"/webhooks/cara/{path}", body, headers)
        except HTTPError as error:
            unreached = isinstance(error, NewConnectionError)
            raise self._away(_why(error), unreached=unreached) from error
        if answer.status != HTTPStatus.OK:
            raise self._away("refused")
        self._seen = True
        read: dict[str, Any] = answer.json()
        return read

    def _away(self, why: str, *, unreached: bool = False) -> RasaAwayError:
        RASA_FAILURES.labels(why).inc()
        return RasaAwayError(waking=not self._seen, unreached=unreached)


def _told(text: str) -> dict[str, str]:
    """The text, with what the screen found it to mean where it was read as it stands here."""
    meant = meaning_read(text)
    if meant is None:
        return {"text": text}
    return {"text": text, "meaning": b64encode(meant.astype("<f4").tobytes()).decode()}


def _why(error: HTTPError) -> str:
    """Why there is no answer at all, as one of three words."""
    if isinstance(error, NewConnectionError):
        return "unreached"
    return "too_slow" if isinstance(error, TooSlowError) else "broken"


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

    def answering(self) -> list[bool]:
        """Whether each process is up and has its model, all asked at once: a hung one is slow."""
        with ThreadPoolExecutor(len(self._each)) as asked:
            return list(asked.map(RasaClient.alive, self._each))

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
