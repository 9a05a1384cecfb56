"""Texts: how long until one that came in is answered, beside the same turn by web chat."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle, islice

import httpx

from core.settings import DEMONSTRATION_SECRET
from sites import all_sites
from tests.bench.figures import Figure
from tests.bench.reminders import PART, SITE, phone
from tests.bench.telling import Say, told
from tests.bench.timing import Spread, seconds
from tests.bench.turn.peers import Ours
from tests.bench.turn.said import ASKS
from tests.journeys.people import cards

TEXTS, AT_ONCE, ROUND = 200, 8, 50
PROVIDER = {"Authorization": f"Bearer {DEMONSTRATION_SECRET}"}
NOTE = "the peer is our web chat: a conversation begun, and its first turn"
Way = Callable[[httpx.Client, int], None]


def figures(ours: Ours, count: int, say: Say) -> Iterator[Figure]:
    """Of so many texts, on the copy that runs; nothing leaves it, as in the demonstration."""
    with told(say, f"{count} texts come in and as many turns by web chat, one after the other"):
        text, web = _alone(ours, count)
    for what, one, other in (("p50", text.p50, web.p50), ("p95", text.p95, web.p95)):
        yield Figure(PART, f"inbound to reply, one at a time: {what}", one, other, note=NOTE)
    with told(say, f"as many, {AT_ONCE} at a time"):
        (many, rate), (web_many, web_rate) = _together(ours, count)
    what = f"inbound to reply, {AT_ONCE} at a time"
    yield Figure(PART, f"{what}: p95", many.p95, web_many.p95, note=NOTE)
    yield Figure(PART, what, rate, web_rate, unit="/s", note=NOTE)


def _alone(ours: Ours, count: int) -> tuple[Spread, Spread]:
    """Both ways in turn."""
    text: list[float] = []
    web: list[float] = []
    with ours.client() as http:
        for nth in range(count):
            text.append(_timed(_text, http, nth))
            web.append(_timed(_by_web, http, nth))
    return Spread.of(text), Spread.of(web)


def _together(ours: Ours, count: int) -> Iterator[tuple[Spread, float]]:
    """Of each way, in rounds that take turns: how long each took, and how many in a second."""
    taken: list[list[tuple[float, float]]] = [[] for _ in WAYS]
    with ours.client() as http, ThreadPoolExecutor(AT_ONCE) as pool:
        for begun in range(count, 2 * count, ROUND):
            people = range(begun, min(begun + ROUND, 2 * count))
            for way, found in zip(WAYS, taken, strict=True):
                found += _in_a_round(pool, partial(_timed, way, http), people)
    for found in taken:
        took, lasted = zip(*found, strict=True)
        yield Spread.of(took), count / sum(lasted)


def _in_a_round(
    pool: ThreadPoolExecutor, turn: Callable[[int], float], people: Sequence[int]
) -> list[tuple[float, float]]:
    """What each turn took, and its share of what the round did."""
    since = time.perf_counter()
    took = list(pool.map(turn, people))
    lasted = time.perf_counter() - since
    return [(each, lasted / len(took)) for each in took]


def _timed(way: Way, http: httpx.Client, nth: int) -> float:
    return seconds(lambda: way(http, nth))


def _text(http: httpx.Client, nth: int) -> None:
    """One text, from a telephone of its own, is answered."""
    body = {
        "id": uuid.uuid4().hex,
        "from": phone(nth),
        "to": all_sites()[SITE].text_number,
        "text": _said(nth),
    }
    answer = http.post("/texts/inbound", json=body, headers=PROVIDER)
    if answer.status_code != 200 or not answer.json()["texts"]:
        raise RuntimeError(f"A text was not answered: {answer.status_code} {answer.text[:200]}")


def _by_web(http: httpx.Client, nth: int) -> None:
    """One conversation is begun, and its first turn brings help."""
    # Each person from an address of their own: one alone may not begin so many.
    headers = {"X-Forwarded-For": f"198.18.{nth // 250}.{nth % 250}"}
    who = {"site": SITE, "audience": "participant"}
    begun = http.post("/api/v1/conversations", json=who, headers=headers).raise_for_status().json()
    headers["Authorization"] = f"Bearer {begun['token']}"
    where = f"/api/v1/conversations/{begun['id']}/messages"
    answer = http.post(where, json={"text": _said(nth)}, headers=headers).raise_for_status()
    if not cards(answer.json()["messages"]):
        raise RuntimeError("A turn by web chat was not answered with help.")


def _said(nth: int) -> str:
    return next(islice(cycle(ASKS), nth, None))


WAYS: tuple[Way, ...] = (_text, _by_web)
