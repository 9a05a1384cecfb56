"""One running copy for all journeys; each journey has its own conversation in it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.journeys import running
from tests.journeys.collecting import Collector, collector
from tests.journeys.people import Chat
from tests.journeys.running import Copy

# What may stand in the environment of a machine, and is not for Rasa.
FOREIGN = {"AWS_SECRET_ACCESS_KEY": "a canary of the cloud", "PGPASSWORD": "a canary of Postgres"}


@pytest.fixture(scope="session")
def traced() -> Iterator[Collector]:
    """What the copy sends of its traces."""
    with collector() as kept:
        yield kept


@pytest.fixture(scope="session")
def counts_port() -> int:
    """From which port up the parts of the copy tell their counts."""
    return running.free_port()


@pytest.fixture(scope="session")
def copy(
    tmp_path_factory: pytest.TempPathFactory, traced: Collector, counts_port: int
) -> Iterator[Copy]:
    """The whole system, Rasa included, watched as an operator would."""
    watched = {
        "CARA_METRICS_PORT": str(counts_port),
        "CARA_OTLP_ENDPOINT": traced.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    started = running.start(tmp_path_factory.mktemp("copy"), FOREIGN | watched)
    yield started
    running.stop(started)


@pytest.fixture
def http(copy: Copy) -> Iterator[httpx.Client]:
    """A client of the public port."""
    with copy.client() as client:
        yield client


@pytest.fixture(scope="session")
def officer_token(copy: Copy) -> str:
    """The demonstration officer of Hampshire."""
    return copy.staff_token()


@pytest.fixture
def officer(http: httpx.Client, officer_token: str) -> Chat:
    """An officer with a new draft; the first question is open."""
    chat = Chat.begin(http, officer_token, site="hampshire", audience="officer")
    chat.choose("Start a referral")
    return chat


@pytest.fixture
def participant(http: httpx.Client) -> Chat:
    """A participant in Hampshire."""
    return Chat.begin(http, site="hampshire", audience="participant")
