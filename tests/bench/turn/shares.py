"""Where the time of one of our turns goes, measured from outside: help is found by a participant.

The web process's part is run here, in process, against the Rasa and the actions of a real copy;
Rasa's parts by a second Rasa with the same model (inside.py); and the whole over HTTP. What none of
them names is said as a remainder.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.channels import chat, crisis, rasa_client
from bot.channels.incoming import Incoming
from bot.channels.speaker import Speaker, speaker_in
from bot.safety.features import meaning
from cli import quarantine
from cli.house import ROOT
from core.clock import now
from core.crypto import derived_key
from core.database import engine, transaction
from services_directory.finding import find
from services_directory.places import find_place
from services_directory.query import Query
from tests.bench.figures import Figure
from tests.bench.ours import at_home
from tests.bench.stock.training import Say
from tests.bench.turn.peers import Ours
from tests.bench.turn.said import ASKS, HELP
from tests.bench.turn.stopwatch import Stopwatch

TURNS, WARM = 60, 12
PART = "where the time goes"
WEB, RASA, REST = "the web process: the rest of it", "Rasa, whole", "the rest of Rasa"
SQL = "database of the web process: statements and commits"
MAPPER = "database of the web process: SQLAlchemy's own work"
Parts = dict[str, float]


def shares(ours: Ours, say: Say) -> list[Figure]:
    """Milliseconds of each part, and its share of the whole turn over HTTP."""
    running = ours.copy.running
    ports = running["ports"]
    urls = [f"http://127.0.0.1:{port}" for name, port in ports.items() if name.startswith("rasa")]
    with at_home(ours.copy.data_dir, {"CARA_RASA_URL": ",".join(urls)}):
        say(f"where the time goes: {TURNS} turns in process, and as many over HTTP")
        whole, web = _web(ours)
        say("where the time goes: a second Rasa starts, and takes as many")
        rasa = _rasa(running["model"], f"http://127.0.0.1:{ports['actions']}/webhook")
        search = _search()
    parts = combined(whole, web, rasa, search)
    return [
        Figure(PART, name, spent, note=f"{spent / whole:.0%}") for name, spent in parts.items()
    ] + [Figure(PART, "the whole turn over HTTP", whole, note="100%, the middle of all turns")]


def combined(whole: float, web: Parts, rasa: Parts, search: float) -> Parts:
    """All parts in milliseconds, in the order of a turn; none of them twice."""
    parts = {"HTTP, and what stands before the turn": whole - sum(web.values())}
    parts |= {name: spent for name, spent in web.items() if name != RASA}
    named = {name: spent for name, spent in rasa.items() if name not in ("action call", REST)}
    call = rasa.get("action call", 0.0)
    beyond = web.get(RASA, 0.0) - sum(named.values()) - call
    parts |= {name: named[name] for name in sorted(named)}
    parts["Rasa: the rest (channel, claims, events)"] = beyond
    parts["action call: HTTP, record"] = call - search
    parts["action call: search"] = search
    return parts


def _web(ours: Ours) -> tuple[float, Parts]:
    """The middle of a turn over HTTP, and of each part of one in process; turn by turn in turn."""
    watch, over_http, here = Stopwatch(), list[float](), list[Parts]()
    with pytest.MonkeyPatch.context() as patch, ours.client() as http:
        rasa_client.rasa.cache_clear()
        _watch(watch, patch)
        for _ in range((WARM + TURNS) // len(ASKS)):
            talk, speaker = ours.begin(http, HELP), _somebody()
            for text in ASKS:
                since = time.perf_counter()
                talk.turn(text)
                over_http.append(time.perf_counter() - since)
                watch.taken()
                with watch.within(WEB):
                    chat.take_turn(speaker, Incoming(text=text), None)
                here.append(watch.taken())
        rasa_client.rasa.cache_clear()
    return statistics.median(over_http[WARM:]) * 1000, _middle(here[WARM:])


def _watch(watch: Stopwatch, patch: pytest.MonkeyPatch) -> None:
    """Every part of a turn that has a function of its own, put back at the end."""
    for owner, name, part in (
        (crisis, "danger_in", "screen"),
        (chat, "masked", "masking"),
        (chat, "rendered", "rendering"),
        (rasa_client.RasaProcesses, "turn", RASA),
        (engine().dialect, "do_commit", SQL),
        *((Session, name, MAPPER) for name in ("get", "scalars", "execute", "flush", "commit")),
    ):
        patch.setattr(owner, name, getattr(owner, name))
        watch.watch(owner, name, part)

    def begins(*_about: Any) -> None:
        watch.begin(SQL)

    def ends(*_about: Any) -> None:
        watch.end()

    event.listen(engine(), "before_cursor_execute", begins)
    event.listen(engine(), "after_cursor_execute", ends)


def _somebody() -> Speaker:
    conversation, _, _ = chat.begin_chat(
        site="hampshire", audience="participant", language="en", staff=None
    )
    return speaker_in(conversation)


def _rasa(model: str, actions: str) -> Parts:
    """The middle of each part inside Rasa, of conversations that the actions know."""
    speakers = [_somebody().id for _ in range((WARM + TURNS) // len(ASKS))]
    meant = {text: meaning(text).tolist() for text in ASKS}
    turns = [(each, text, meant[text]) for each in speakers for text in ASKS]
    asked = {
        "model": model,
        "turns": turns,
        "metadata": {"audience": "participant", "site": "hampshire", "language": "en"},
    }
    with TemporaryDirectory(prefix="cara-rasa-") as folder:
        told = quarantine.told(os.environ) | {
            "PYTHONPATH": str(ROOT.root),
            "CARA_CLAIMS_KEY": derived_key("rasa claims").hex(),
            "CARA_ACTIONS_KEY": derived_key("actions").hex(),
            "CARA_ACTIONS_URL": actions,
            "CARA_TRACKER_DB": f"sqlite:///{Path(folder) / 'tracker.db'}",
        }
        done = subprocess.run(
            [str(ROOT.rasa), "-m", "tests.bench.turn.inside"],
            input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT.root, env=told,
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"Rasa could not be looked into:\n{done.stderr[-2000:]}")
    found: list[Parts] = json.loads(done.stdout.rstrip().splitlines()[-1])
    return _middle(found[WARM:])


def _search() -> float:
    """Milliseconds of the search alone, as the action asks it."""
    times = []
    for text in islice(cycle(ASKS), WARM + TURNS):
        query = Query(site="hampshire", needs=("alcohol",), place=find_place(text, "hampshire"))
        since = time.perf_counter()
        with transaction() as session:
            find(session, query, moment=now(), demo=True)
        times.append(time.perf_counter() - since)
    return statistics.median(times[WARM:]) * 1000


def _middle(found: Sequence[Mapping[str, float]]) -> Parts:
    """Milliseconds of each part: the middle of all turns."""
    names = list(dict.fromkeys(name for each in found for name in each))
    return {name: statistics.median(each.get(name, 0.0) for each in found) * 1000 for name in names}
