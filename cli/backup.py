"""`cara backup`: a copy of everything in one file, and the way back (docs/how-to/backup.md)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from accounts.tables import SignInRequest, StaffSession
from bot import erasures
from cli.backups import making
from cli.backups.sealing import BackupError, Contents, looked_at
from cli.database import upgrade
from cli.house import ROOT, Trouble
from cli.person import squeeze
from cli.place import asked_for, sole_copy
from cli.purging import purge
from core.audit import at_terminal, record
from core.clock import LONDON
from core.database import transaction
from core.verifying import remembered

FILE = click.Path(path_type=Path)
THERE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("backup")
def backup_command() -> None:
    """A copy of everything in one sealed file, and the way back (docs/how-to/backup.md)."""


@backup_command.command("create")
@click.argument("file", type=FILE)
def create(file: Path) -> None:
    """Make a backup while the copy goes on serving."""
    try:
        contents = making.create(file)
    except (BackupError, OSError, SQLAlchemyError) as error:
        raise click.ClickException(f"No backup was made. {_why(error)}") from error
    click.echo(_told(contents))


@backup_command.command("check")
@click.argument("file", type=THERE)
def check(file: Path) -> None:
    """Look at every byte of a backup, and restore nothing."""
    click.echo(_told(_looked_at(file)))


@backup_command.command("restore")
@click.argument("file", type=THERE)
@click.option("--over", is_flag=True, help="put it in the place of what is here")
@click.option("--erasures", "kept", type=THERE, help="what `cara backup erasures` has printed")
def restore(file: Path, over: bool, kept: Path | None) -> None:
    """Put a backup back, and erase again who was erased since."""
    contents = _looked_at(file)
    try:
        told = erasures.read(kept.read_text(encoding="utf-8")) if kept else []
        with sole_copy(asked_for(ROOT, os.environ)):
            making.check(contents, over=over)
            told += _known_here() if over else []
            making.put_back(file, contents)
            gone = _brought_up(contents, told)
    except (BackupError, Trouble, OSError, ValueError, SQLAlchemyError) as error:
        raise click.ClickException(f"Not restored. {_why(error)}") from error
    click.echo(f"Restored what was there on {_day(contents)}.")
    for table, count in sorted(gone.items()):
        click.echo(f"gone again: {count} {table}")
    click.echo("Everybody has to sign in anew. Next: cara audit verify, then start the copy.")
    if remembered().sound is None:
        click.echo("Nothing beside the database says how long the audit was.")


@backup_command.command("erasures")
def erasures_() -> None:
    """Print who was erased and who said STOP, as records and hashes; keep it apart from backups."""
    with transaction() as session:
        for line in erasures.lines(session):
            click.echo(str(line))


def _brought_up(contents: Contents, told: Iterable[erasures.Line]) -> Counter[str]:
    """The tables at this version's step, without what is past its time or was erased since."""
    upgrade()
    since = making.moment(contents)
    with transaction() as session:
        by = at_terminal()
        gone = erasures.do_again(session, erasures.after(told, since), by)
        for table in (StaffSession, SignInRequest):
            session.execute(delete(table))
        record(session, by, "backup.restore", f"backup:{contents.about['id']}")
    gone += purge()
    squeeze()
    return gone


def _known_here() -> list[erasures.Line]:
    """What the database that is replaced says of erasures; nothing where it cannot be read."""
    try:
        with transaction() as session:
            return list(erasures.lines(session))
    except SQLAlchemyError:
        click.echo("The database that is replaced cannot be read: see --erasures.", err=True)
        return []


def _looked_at(file: Path) -> Contents:
    try:
        return looked_at(file)
    except (BackupError, OSError) as error:
        raise click.ClickException(f"{file} cannot be used. {_why(error)}") from error


def _told(contents: Contents) -> str:
    size = sum(part.size for part in contents.parts)
    return (
        f"Of {_day(contents)}: {len(contents.parts)} parts, {size / 1024**2:.1f} MiB, whole. "
        f"It opens under this copy's secret alone."
    )


def _day(contents: Contents) -> str:
    return f"{making.moment(contents).astimezone(LONDON):%d %B %Y, %H:%M}"


def _why(error: Exception) -> str:
    if isinstance(error, SQLAlchemyError):
        return f"The database does not answer ({type(error).__name__})."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The disk'}: {error.strerror}."
    return str(error)
