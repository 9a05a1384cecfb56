"""What an operator sees of a running copy: counts and traces, and not a word of a conversation."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.metrics import MOST, PARTS, STEP
from tests.journeys.collecting import Collector, Span
from tests.journeys.people import Chat, cards
from tests.journeys.running import Copy

SAID = "I drink far too much whisky and I live in Eastleigh with Petronella"
DANGER = "I am going to kill myself tonight, tell Petronella"
NEVER = ("whisky", "Eastleigh", "Petronella", "kill", "hampshire", "suicide")
LONGEST = 30.0
Counts = dict[tuple[str, ...], float]


@pytest.fixture
def scraped(copy: Copy, counts_port: int) -> Callable[[str], tuple[str, Counts]]:
    """What a part tells: its words, and each number by its name and the values of its labels."""

    def scrape(part: str) -> tuple[str, Counts]:
        first = counts_port + PARTS[part]
        for port in range(first, first + STEP * MOST, STEP):
            try:
                text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
            except httpx.HTTPError:
                continue
            if f'cara_part{{part="{part}"}} 1.0' in text:
                return text, _counts(text)
        raise AssertionError(f"{part} tells nothing")

    return scrape


def _counts(text: str) -> Counts:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def say(participant: Chat) -> None:
    """Until Rasa answers: on a busy machine its first turn may take longer than a person waits."""
    end = time.monotonic() + LONGEST
    while not cards(participant.say(SAID)):
        assert time.monotonic() < end


def test_counters_move_and_no_word_is_told(
    participant: Chat, scraped: Callable[[str], tuple[str, Counts]]
) -> None:
    before = {part: scraped(part)[1] for part in PARTS}
    say(participant)
    participant.say(DANGER)
    moved: dict[str, list[tuple[str, ...]]] = {
        "web": [
            ("cara_turn_seconds_count", "web", "answered"),
            ("cara_turn_seconds_count", "web", "danger"),
            ("cara_danger_answers_total", "alarm"),
            ("cara_stage_seconds_count", "screen"),
            ("cara_stage_seconds_count", "mask"),
            ("cara_stage_seconds_count", "rasa"),
            ("cara_stage_seconds_count", "render"),
            ("cara_requests_total", "/api/v1/conversations/{conversation_id}/messages", "2xx"),
        ],
        "actions": [("cara_action_seconds_count", "action_find_help", "done")],
    }
    for part, names in moved.items():
        text, after = scraped(part)
        for name in names:
            assert after.get(name, 0) > before[part].get(name, 0), name
        assert not [word for word in NEVER if word.casefold() in text.casefold()]


def test_the_worker_tells_who_waits(
    participant: Chat, scraped: Callable[[str], tuple[str, Counts]]
) -> None:
    before = scraped("worker")[1].get(("cara_waiting", "alert"), 0)
    participant.say(DANGER)
    end = time.monotonic() + LONGEST
    while (found := scraped("worker"))[1][("cara_waiting", "alert")] <= before:
        assert time.monotonic() < end
        time.sleep(0.2)
    text, counts = found
    assert counts[("cara_waiting_oldest_seconds", "alert")] > 0
    assert counts[("cara_database_answers",)] == 1
    assert {("cara_waiting", kind) for kind in ("email", "text", "webhook", "spool")} <= set(counts)
    assert not [word for word in NEVER if word.casefold() in text.casefold()]


def test_nobody_is_told_counts_at_the_public_port(http: httpx.Client) -> None:
    assert http.get("/metrics").status_code == 404


def test_a_turn_is_one_trace_through_web_rasa_and_actions(
    participant: Chat, traced: Collector
) -> None:
    say(participant)
    reference = str(uuid.uuid4())
    answer = participant.post({"text": SAID}, **{"x-request-id": reference})
    assert answer.status_code == 200
    wanted = {"turn", "screen", "mask", "rasa", "render", "actions"}
    found = traced.of(reference, lambda spans: wanted <= {each.name for each in spans})
    assert len({each.trace for each in found}) == 1
    (turn,) = (each for each in found if each.name == "turn")
    assert (turn.part, turn.parent) == ("cara-web", b"")
    assert turn.codes == {
        "cara.channel": "web", "cara.outcome": "answered", "cara.request": reference
    }  # fmt: skip
    for each in found:
        around = _named("rasa", found) if each.name == "actions" else turn
        assert each is turn or each.parent == around.id, each
    (actions,) = (each for each in found if each.name == "actions")
    assert actions.part == "cara-actions"
    assert actions.codes["cara.action"] == "action_find_help"
    everything = b"".join(traced.raw).decode("utf-8", "ignore").casefold()
    assert not [word for word in NEVER if word.casefold() in everything]


def _named(name: str, spans: list[Span]) -> Span:
    return next(each for each in spans if each.name == name)
