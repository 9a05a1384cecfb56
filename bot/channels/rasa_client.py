"""The client of Rasa: signed claims one way, utterances back, and no long wait (design D1, D2)."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import lru_cache
from typing import Any

import httpx

from core.settings import settings
from core.tokens import sign

CLAIMS = "rasa claims"
LONGEST_WAIT = 2.5


class RasaAwayError(Exception):
    """No answer in time; ``waking`` while this process has never seen Rasa answer."""

    def __init__(self, *, waking: bool) -> None:
        super().__init__("waking" if waking else "away")
        self.waking = waking


class RasaClient:
    """One per process; connections are kept open."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url or "http://127.0.0.1:9", timeout=LONGEST_WAIT)
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
            answer = self._http.get("/webhooks/cara/alive", timeout=1.0)
            self._seen = self._seen or (answer.status_code == 200 and answer.json()["model"])
            return answer.status_code == 200 and bool(answer.json()["model"])
        except (httpx.HTTPError, ValueError):
            return False

    def _post(self, path: str, text: str, claims: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps({"text": text}).encode()
        signed = claims | {"body": hashlib.sha256(body).hexdigest()}
        headers = {
            "Authorization": f"Bearer {sign(CLAIMS, signed, lasts=timedelta(seconds=30))}",
            "Content-Type": "application/json",
        }
        try:
            answer = self._http.post(f"/webhooks/cara/{path}", content=body, headers=headers)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise RasaAwayError(waking=not self._seen) from error
        self._seen = True
        read: dict[str, Any] = answer.json()
        return read


@lru_cache(maxsize=1)
def rasa() -> RasaClient:
    """The client of this process."""
    return RasaClient(settings().rasa_url)
