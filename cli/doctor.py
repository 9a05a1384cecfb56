"""`cara doctor`: looks at a copy from outside and says what is wrong, and what to do about it.

It changes nothing. What it reads are counts, ages and addresses, never what people said.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import click
import httpx
import redis
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot import wellness
from bot.channels.crisis_words import overdue
from bot.wellness import LATE, NIGHT, SPOOL_SECONDS, State
from cli import advice, artefacts
from cli.database import alembic_config
from cli.house import ROOT as HOUSE
from cli.shelf import Shelf
from core.clock import now, today
from core.database import engine, transaction
from core.outbox import WAITING, Outgoing, lost
from core.redis_waits import within
from core.settings import settings
from core.signing import UntrustedError, trusted
from core.spool import alerts
from core.verifying import remembered

FREE_BYTES = 2 * 1024**3
PATIENCE = 3.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``do`` says what to do, and is empty where all is well.

    Only what is ``wrong`` makes the command fail.
    """

    about: str
    state: State
    told: str
    do: str = ""


MARKS = {State.good: "OK   ", State.look: "LOOK ", State.wrong: "WRONG"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="for a program that watches")
def doctor_command(as_json: bool) -> None:
    """Look whether this copy is well; the status is 1 where something is wrong."""
    found = list(findings())
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=1))
    else:
        for each in found:
            click.echo(f"{MARKS[each.state]}  {each.about}: {each.told}")
            if each.do:
                click.echo(f"       {each.do}")
    sys.exit(any(each.state is State.wrong for each in found))


def findings() -> Iterator[Finding]:
    """Everything that is looked at; one that cannot be looked at is wrong and stops no other."""
    for about, look in LOOKS.items():
        try:
            yield from look()
        except (OSError, SQLAlchemyError, ValueError) as error:
            told = f"could not be looked at ({type(error).__name__})"
            yield Finding(about, State.wrong, told, "See the logs: docs/how-to/logs.md.")


def _disk() -> Iterator[Finding]:
    folder = settings().data_dir
    if not folder.is_dir():
        yield Finding("disk", State.wrong, f"there is no {folder}", advice.folder())
        return
    free = shutil.disk_usage(folder).free
    told = f"{free / 1024**3:.1f} GiB are free"
    if free < FREE_BYTES:
        yield Finding("disk", State.wrong, told, "Alerts and drafts need room: make some.")
    else:
        yield Finding("disk", State.good, told)


def _database() -> Iterator[Finding]:
    try:
        with engine().connect() as connection:
            step = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError:
        do = "Start the database, or mend CARA_DATABASE_URL. Danger is answered meanwhile."
        yield Finding("database", State.wrong, "it does not answer", do)
        return
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if step == newest:
        yield Finding("database", State.good, f"it answers, at step {step}")
    else:
        do = "Run: cara db upgrade."
        yield Finding("database", State.wrong, f"it is at step {step} and not {newest}", do)


def _redis() -> Iterator[Finding]:
    url = settings().redis_url
    if not url:
        yield Finding("redis", State.good, "not used; the queue and the limits are this machine's")
        return
    try:
        redis.Redis.from_url(url, **within(PATIENCE)).ping()
    except redis.RedisError:
        do = "Start it, or mend CARA_REDIS_URL. Until then no text leaves that we begin."
        yield Finding("redis", State.wrong, "it does not answer", do)
    else:
        yield Finding("redis", State.good, "it answers")


def _models() -> Iterator[Finding]:
    serving, _name = Shelf.of(settings().data_dir).chosen(HOUSE)
    for about, path in (
        ("model", serving),
        ("classifier of danger", artefacts.classifier_path(HOUSE)),
    ):
        if not path.exists():
            yield Finding(about, State.wrong, "none fits the data", advice.set_up())
            continue
        try:
            trusted(path, HOUSE.root)
        except UntrustedError as error:
            do = "Do not use it. Run: make train (docs/how-to/incidents.md)."
            yield Finding(about, State.wrong, str(error), do)
        else:
            yield Finding(about, State.good, "it fits the data, and its signature holds")


def _running() -> Iterator[Finding]:
    told = [each.strip().rstrip("/") for each in settings().web_url.split(",") if each.strip()]
    for address in told or [f"http://127.0.0.1:{settings().port}"]:
        yield from _answering(address, f" by {address}" if told[1:] else "", told=bool(told))


def _answering(address: str, by: str, *, told: bool) -> Iterator[Finding]:
    """What one web process says of itself and of the parts behind it.

    ``told``: it is named in the settings, so it has to be there.
    """
    try:
        parts: dict[str, bool] = httpx.get(f"{address}/readyz", timeout=PATIENCE).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        state = State.wrong if told else State.look
        do = f"{advice.start()} Or correct CARA_WEB_URL." if told else advice.start()
        yield Finding(f"running{by}", state, f"nothing answers at {address}/readyz", do)
        return
    for name, answers in parts.items():
        if answers:
            yield Finding(f"part {name}{by}", State.good, "it answers")
        else:
            do = f"{advice.read(name)} Danger is answered meanwhile."
            yield Finding(f"part {name}{by}", State.wrong, "it does not answer", do)


def _worker() -> Iterator[Finding]:
    silent = wellness.silence()
    if silent is None:
        yield Finding("worker", State.look, "no sign of it yet", advice.start())
        return
    told = f"its last sign was {silent:.0f} s ago"
    if abs(silent) > settings().worker_silence:
        do = f"Texts and letters wait; alerts are sent by another process. {advice.start()}"
        yield Finding("worker", State.wrong, told, do)
    else:
        yield Finding("worker", State.good, told)


def _alerts() -> Iterator[Finding]:
    waiting = alerts().waiting(older_than=SPOOL_SECONDS)
    broken = [path for path in alerts().leavings() if path.suffix == ".broken"]
    if waiting:
        do = "People in danger wait for somebody: start the worker and the database NOW."
        yield Finding("alerts", State.wrong, f"{len(waiting)} were not taken in", do)
    if broken:
        do = f"Look at {settings().data_dir / 'alerts'}; see docs/how-to/safety.md."
        yield Finding("alerts", State.wrong, f"{len(broken)} could not be read", do)
    if not waiting and not broken:
        yield Finding("alerts", State.good, "none waits")


def _letters() -> Iterator[Finding]:
    waits = select(func.count()).where(Outgoing.status == WAITING, Outgoing.made_at < now() - LATE)
    failed = select(func.count()).where(lost())
    with transaction() as session:
        late, gone = session.scalar(waits) or 0, session.scalar(failed) or 0
    if late or gone:
        told = f"{late} wait longer than {LATE.seconds // 3600} hours, {gone} were given up"
        yield Finding("letters", State.look, told, "Open What has been sent, and send them again.")
    else:
        yield Finding("letters", State.good, "none is stuck")


def _audit() -> Iterator[Finding]:
    looked = remembered().looked_at
    if looked is None or now() - looked > NIGHT:
        told = "nobody looked at it yet" if looked is None else f"last looked at {looked:%d %B}"
        yield Finding("audit", State.look, told, "Run: cara audit verify.")
    else:
        yield Finding("audit", State.good, f"verified {looked:%d %B %H:%M} UTC")


def _backup() -> Iterator[Finding]:
    with transaction() as session:
        found = wellness.backup(session)
    told = f"the last one was made {found.last:%d %B %H:%M} UTC" if found.last else "none was made"
    do = "" if found.state is State.good else "Make one: docs/how-to/backup.md."
    yield Finding("backup", found.state, told, do)


def _numbers() -> Iterator[Finding]:
    late = overdue(today())
    if late:
        do = "Ring each, and set its date in bot/domain/safety/numbers.yml."
        yield Finding("crisis numbers", State.look, f"{', '.join(late)}: review overdue", do)
    else:
        yield Finding("crisis numbers", State.good, "each was looked at in time")


LOOKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "disk": _disk,
    "database": _database,
    "redis": _redis,
    "models": _models,
    "running": _running,
    "worker": _worker,
    "alerts": _alerts,
    "letters": _letters,
    "audit": _audit,
    "backup": _backup,
    "crisis numbers": _numbers,
}
