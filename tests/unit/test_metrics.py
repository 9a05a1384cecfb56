"""What is counted: each thing by a few words of ours, and nothing of anybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from wsgiref.simple_server import WSGIServer

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from pydantic import ValidationError

from core import metrics
from core.limiting import Limit, TooOftenError, spend
from core.settings import Settings, settings
from core.stages import became, turn
from outreach.texts.providers import LaterError, RefusedError
from outreach.texts.providers.counting import Counted
from tests.journeys.running import free_port

LABELS = {
    *("channel", "outcome", "stage", "action", "level", "why", "provider", "kind", "limit"),
    *("route", "status", "part"),
}


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_no_count_has_a_label_for_a_site_a_person_or_a_place() -> None:
    ours = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    assert len(ours) > 10
    assert {label for each in ours for label in each._labelnames} == LABELS


def test_nothing_listens_where_nobody_asks_for_it() -> None:
    assert metrics.serve("web") == 0


@pytest.fixture
def tells(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port at which the first web process tells its counts; all of them end with the test."""
    servers: list[WSGIServer] = []
    begin = metrics.start_http_server

    def begun(port: int, address: str) -> None:
        servers.append(begin(port, address)[0])

    monkeypatch.setattr(metrics, "start_http_server", begun)
    first = free_port()
    monkeypatch.setenv("CARA_METRICS_PORT", str(first))
    settings.cache_clear()
    yield first
    for each in servers:
        each.shutdown()
        each.server_close()


def test_a_process_whose_port_is_taken_takes_one_that_is_ten_higher(tells: int) -> None:
    assert metrics.serve("web") == tells
    assert metrics.serve("web") == tells + metrics.STEP


def test_where_no_port_is_free_a_process_goes_on_without(
    tells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MOST", 1)
    assert metrics.serve("web") == tells
    assert metrics.serve("web") == 0


def test_counts_never_face_everybody() -> None:
    with pytest.raises(ValidationError, match="CARA_METRICS_ADDRESS names one address"):
        Settings(metrics_address="0.0.0.0")


def test_what_comes_too_often_is_counted_by_its_limit() -> None:
    once = Limit("once", "1/minute", closed=False)
    spend(once, "192.0.2.7")
    with pytest.raises(TooOftenError):
        spend(once, "192.0.2.7")
    assert counted("cara_limits_refused_total", limit="once") == 1


class Carrier:
    """A provider that answers as it is told."""

    name = "carrier"

    def __init__(self, fault: Exception | None) -> None:
        self._fault = fault

    def send(self, to: str, text: str, reference: str, *, site: str, again: bool = False) -> str:
        if self._fault:
            raise self._fault
        return "id"


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [("sent", None), ("later", LaterError("x")), ("refused", RefusedError("x"))],
    ids=["sent", "later", "refused"],
)
def test_texts_are_counted_by_what_became_of_them(outcome: str, fault: Exception | None) -> None:
    before = counted("cara_texts_total", provider="carrier", outcome=outcome)
    with suppress(LaterError, RefusedError):
        Counted(Carrier(fault)).send("+447700900461", "words", "1", site="hampshire")
    assert counted("cara_texts_total", provider="carrier", outcome=outcome) == before + 1


def turns(outcome: str) -> float:
    return counted("cara_turn_seconds_count", channel="test", outcome=outcome)


def test_a_turn_within_a_turn_is_one_and_its_last_word_counts() -> None:
    before = {name: turns(name) for name in ("answered", "danger", "refused", "failed")}
    with turn("test", KeyError), turn("test", KeyError):
        became("danger")
    with turn("test", KeyError):
        pass
    with pytest.raises(KeyError), turn("test", KeyError):
        raise KeyError
    with pytest.raises(ValueError, match="broken"), turn("test", KeyError):
        raise ValueError("broken")
    assert {name: turns(name) - held for name, held in before.items()} == dict.fromkeys(before, 1)
