"""How long something takes: here, over HTTP for one client, and for eight at the same time."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle, islice
from typing import Any

CLIENTS = 8
# Who asks first waits while a directory of 360,000 services is read into memory.
PATIENCE_S = 600


@dataclass(frozen=True)
class Spread:
    """Milliseconds: the middle, and what 19 of 20 keep within."""

    p50: float
    p95: float

    @classmethod
    def of(cls, times: Sequence[float]) -> Spread:
        """Of seconds that were measured."""
        ordered = sorted(times)
        high = ordered[math.ceil(0.95 * len(ordered)) - 1]
        return cls(statistics.median(ordered) * 1000, high * 1000)


@dataclass(frozen=True)
class Load:
    """What clients that ask all the time get: answers a second, and milliseconds for 19 of 20."""

    per_second: float
    p95: float


def seconds(work: Callable[[], object]) -> float:
    """How long it takes once."""
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


class Client:
    """One client that keeps its connection, and costs little itself."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE_S)

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of the API; raises ``RuntimeError`` where it is none."""
        headers = {"content-type": "application/json"}
        path = "/api/v1/services/search"
        self._connection.request("POST", path, json.dumps(body), headers)
        response = self._connection.getresponse()
        said = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {said!r}")
        answer: dict[str, Any] = json.loads(said)
        return answer

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def together(url: str, bodies: Sequence[dict[str, Any]], lasting: float) -> Load:
    """Eight clients for so many seconds, each with the bodies in turn, from another one on."""
    since = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = [pool.submit(_alone, url, bodies, at, since + lasting) for at in range(CLIENTS)]
        times = [each for part in parts for each in part.result()]
    return Load(len(times) / (time.perf_counter() - since), Spread.of(times).p95)


def _alone(url: str, bodies: Sequence[dict[str, Any]], first: int, until: float) -> list[float]:
    client = Client(url)
    times: list[float] = []
    for body in islice(cycle(bodies), first, None):
        if times and time.perf_counter() > until:
            break
        times.append(_timed(client, body))
    client.close()
    return times


def _timed(client: Client, body: dict[str, Any]) -> float:
    return seconds(lambda: client.ask(body))
