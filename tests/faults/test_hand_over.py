"""The hand-over with real processes: whatever dies, the receiver has each thing exactly once."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core import outbox
from core.clock import now
from core.database import transaction
from core.outbox import SENT, WAITING, Letter, Outgoing
from tests.faults.handing import (
    PATIENCE,
    SECRET_ENV,
    Receiver,
    asleep,
    receiver,
    start_worker,
    working,
)
from tests.unit import handing_over
from tests.unit.conftest import data_dir, migrated_file, sqlite  # noqa: F401 - fixtures

KILLS = int(os.environ.get("CARA_FAULT_KILLS", "4"))
DAYS = ("/well", "/fails", "/stalls", "/cuts", "/forgets")

pytestmark = pytest.mark.usefixtures("sqlite")


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as made:
        yield made


def post(url: str, *names: str) -> None:
    """Letters to one address, of this site's own secret."""
    with transaction() as session:
        for name in names:
            payload = {"url": url, "secret_env": SECRET_ENV, "body": {"reference": name}}
            outbox.post(session, Letter("webhook", name, payload), site="hampshire")


def rows() -> list[Outgoing]:
    with transaction() as session:
        return list(session.scalars(select(Outgoing).order_by(Outgoing.key)))


def until(true: Callable[[], bool], worker: subprocess.Popen[bytes]) -> None:
    """Wait while the worker works, for a minute at the most."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, [(row.key, row.status, row.trouble) for row in rows()]
        with suppress(subprocess.TimeoutExpired):
            worker.wait(0.2)
            raise AssertionError("the worker has ended")


def pass_by(**time: datetime) -> None:
    """Let the pause after a failure pass, or the claim of a worker that died: nobody waits here."""
    with transaction() as session:
        session.execute(update(Outgoing).where(Outgoing.status == WAITING).values(**time))


def all_sent() -> bool:
    return {row.status for row in rows()} == {SENT}


def test_a_receiver_that_is_away_fails_stalls_and_cuts_has_each_thing_once(
    provider: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = handing_over.WEBHOOK | {"url": f"{provider.url}/well"}
    with handing_over.site_with_routes(tmp_path / "sites", monkeypatch, hand_over=way):
        handing_over.authorised()
    for day in DAYS:
        post(provider.url + day, day)
    with working() as worker:
        until(lambda: all(row.tries for row in rows() if row.key != "/well"), worker)
        assert not any(row.status == SENT for row in rows())
        provider.start()
        pass_by(due_at=now())
        until(lambda: provider.state()["calls"] == len(DAYS) + 1, worker)
        until(lambda: not any(row.claimed_until for row in rows() if row.status != SENT), worker)
        pass_by(due_at=now())
        until(all_sent, worker)
    state = provider.state()
    taken = {each["key"]: each["body"] for each in state["taken"]}
    assert len(taken) == len(state["taken"])
    assert taken == {row.key: row.payload["body"] for row in rows()}
    assert state["refused"] == 0
    # What it had taken before it cut the line came a second time, and was known by its key.
    assert state["repeats"] == 2
    assert [state["tries"][day] for day in DAYS] == [1, 2, 2, 2, 2]


def test_a_worker_killed_at_any_moment_loses_nothing_and_doubles_nothing(
    provider: Receiver,
) -> None:
    provider.start()
    dice = random.Random(os.environ.get("CARA_FAULT_SEED", "7"))
    names = [f"letter {at:03}" for at in range(6 * KILLS)]
    post(f"{provider.url}/well", *names)
    for at in range(KILLS):
        worker = start_worker()
        wanted = provider.state()["calls"] + dice.randint(1, 4)
        assert provider.state(calls=wanted, within=PATIENCE)["calls"] >= wanted
        with suppress(subprocess.TimeoutExpired):
            worker.wait(dice.random() / 20)
        worker.kill()
        worker.wait()
        if at == KILLS // 2:
            provider.kill()
            provider.start()
    assert not all_sent()
    pass_by(claimed_until=now())
    with working() as worker:
        until(all_sent, worker)
    state = provider.state()
    assert sorted(each["key"] for each in state["taken"]) == names
    # A worker that dies has one letter in hand, which alone may come twice.
    assert state["repeats"] <= KILLS


def test_a_worker_that_wakes_with_a_letter_that_another_has_sent_changes_nothing(
    provider: Receiver,
) -> None:
    provider.start()
    post(f"{provider.url}/dozes", "in hand")
    with working() as sleeper:
        provider.state(calls=1, within=PATIENCE)
        with asleep(sleeper):
            pass_by(claimed_until=now())
            with working() as other:
                until(all_sent, other)
            state = provider.state()
            assert [each["key"] for each in state["taken"]] == ["in hand"]
            assert (state["tries"], state["repeats"]) == ({"in hand": 2}, 1)
            # Its line is dead when it wakes: it does not know that the letter has arrived.
            provider.kill()
            provider.start()
        post(f"{provider.url}/well", "next")
        until(all_sent, sleeper)
    assert [(row.key, row.status, row.trouble) for row in rows()] == [
        ("in hand", SENT, ""),
        ("next", SENT, ""),
    ]
    assert provider.state()["tries"] == {"next": 1}
