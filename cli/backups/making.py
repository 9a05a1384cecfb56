"""What belongs into a backup, in which order, and how it is put back.

Left out: the secret (whoever has both reads everything), the queue of texts, which is made anew
from the rows (decision 0018), logs, and whatever a start makes again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from cli.backups.databases import Database
from cli.backups.sealing import BackupError, Contents, Writer, looked_at, unsealed
from cli.database import alembic_config
from core import spool
from core.audit import at_terminal, record
from core.clock import now
from core.database import engine, transaction
from core.settings import settings
from core.verifying import place

OURS, RASAS = "database", "rasa/database"
# Folders of DATA_DIR by what in them is kept: whole words of a file's ending, or everything.
SPOOL, LEARNED = "alerts", "learned"
WAITING_ENDS = (".entry", ".broken", ".done")
AUDIT = "audit.json"
# What a folder may hold before a restore all the same: a start or this command itself made it.
MAY_BE_THERE = {"secret", "run.lock"}
ROOM = ".backup-"


def database() -> Database:
    """Ours."""
    return Database.at(settings().database_url)


def tracker() -> Database | None:
    """Rasa's; None where its events lie among our own tables."""
    given = settings().tracker_url
    found = Database.at(given or f"sqlite:///{settings().tracker_db}")
    ours = database()
    same = ("host", "port", "database")
    if all(getattr(found.url, each) == getattr(ours.url, each) for each in same):
        return None
    return found


def create(target: Path) -> Contents:
    """Make a backup while the copy runs; raises :class:`BackupError`.

    Its row of the audit is written before anybody can use it.
    """
    if target.exists():
        raise BackupError(f"{target} is there already.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with room() as folder:
            _written(draft, folder)
        contents = looked_at(draft)
        with transaction() as session:
            record(session, at_terminal(), "backup.create", f"backup:{contents.about['id']}")
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return contents


def _written(draft: Path, folder: Path) -> None:
    """The spool goes first: an alert that moves into the database meanwhile is in both, and is
    taken in once. Rasa's tracker goes last: what it has more than the database, nobody asks for.
    """
    number, made_at = str(uuid.uuid4()), now()
    writer, copied = Writer(draft, folder), folder / "copied"
    for name, path in _files():
        # An entry may be taken in this moment.
        with suppress(FileNotFoundError):
            writer.add(name, path)
    for name, each in ((OURS, database()), (RASAS, tracker())):
        if each is not None and each.holds_anything():
            each.copy_to(copied)
            writer.add(name, copied)
            copied.unlink()
    about = {"id": number, "at": made_at.isoformat()}
    writer.close(about | {"engine": database().engine, "step": step()})


def step() -> str:
    """At which step of the migrations the database is."""
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def check(contents: Contents, *, over: bool) -> None:
    """Whether this may be restored here; raises :class:`BackupError` with the reason if not."""
    known = ScriptDirectory.from_config(alembic_config())
    try:
        known.get_revision(contents.about["step"])
    except CommandError:
        raise BackupError("A newer version of the application made it: use that one.") from None
    if contents.about["engine"] != database().engine:
        raise BackupError(
            f"It holds a {contents.about['engine']} database and CARA_DATABASE_URL names a "
            f"{database().engine} one. Restore into the same kind."
        )
    if not over and (there := what_is_there()):
        raise BackupError(f"{there} Name an empty folder, or say --over to put it in their place.")


def what_is_there() -> str:
    """What a restore would write over, as a sentence; empty for nothing."""
    folder = settings().data_dir
    held = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    held = [each for each in held if each not in MAY_BE_THERE and not each.startswith(ROOM)]
    if held:
        return f"{folder} is not empty ({', '.join(held[:3])})."
    where = [each for each in (database(), tracker()) if each is not None]
    return "The database holds tables." if any(each.holds_anything() for each in where) else ""


def put_back(source: Path, contents: Contents) -> None:
    """Lay everything where it belongs. What waits in a spool here is newer, and stays."""
    folder = settings().data_dir
    with room() as laid:
        unsealed(source, contents, laid)
        for name, each in ((OURS, database()), (RASAS, tracker())):
            if each is not None:
                _fill(each, laid / name)
        names = {part.name for part in contents.parts} - {OURS, RASAS}
        for name in sorted(names):
            target = folder / name
            if name.startswith(f"{LEARNED}/") or not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                shutil.copy2(laid / name, target)


def _fill(here: Database, copied: Path) -> None:
    engine().dispose()
    if copied.exists():
        here.fill_from(copied)
    elif here.holds_anything():
        here.empty()


@contextmanager
def room() -> Iterator[Path]:
    """A folder for what is not sealed yet, beside the data and as private; gone afterwards.

    What a command that was killed has left there goes too.
    """
    folder = settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{ROOM}*"):
        shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=ROOM, dir=folder))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def _files() -> Iterator[tuple[str, Path]]:
    """What lies beside the database, the spool first; each with its name in the backup."""
    folder = settings().data_dir
    for path in sorted(spool.alerts().folder.glob("*")):
        if path.suffix in WAITING_ENDS and not path.name.startswith("."):
            yield f"{SPOOL}/{path.name}", path
    for path in sorted((folder / LEARNED).rglob("*")):
        if path.is_file() and path.name != "lock":
            yield path.relative_to(folder).as_posix(), path
    yield AUDIT, place()


def moment(contents: Contents) -> datetime:
    """When it was made."""
    return datetime.fromisoformat(contents.about["at"])
