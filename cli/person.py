"""`cara person`: subject access and erasure, and the review at the end of a referral's period."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import disclosing, forgetting, traces
from bot.channels import tracker
from bot.traces import Person
from cli import database
from core.audit import Actor, record
from core.database import engine, transaction
from referrals import disposing

_HERE = Path(__file__).parent
# Every table has to be known before anybody is looked for in all of them.
TABLES = database.TABLES
Command = Callable[..., None]


def _whose(command: Command) -> Command:
    """How somebody is found, and who asks."""
    for option in (
        click.option("--by", required=True, help="who does this, for the audit: a number, no name"),
        click.option("--phone", default="", help="their telephone"),
        click.option("--reference", default="", help="the reference of their referral"),
    ):
        command = option(command)
    return command


@click.group("person")
def person_command() -> None:
    """What is held about one person (docs/how-to/data.md)."""


@person_command.command("export")
@_whose
@click.option("--out", type=click.Path(path_type=Path), help="write FILE.json and FILE.html")
@click.option("--release", multiple=True, help="a table.column that somebody has reviewed")
def export(reference: str, phone: str, by: str, out: Path | None, release: tuple[str, ...]) -> None:
    """Everything of one person as JSON and a page, without what tells of others."""
    with transaction() as session:
        person = _found(session, reference, phone)
        document = disclosing.disclose(session, person, release).document()
        for subject in _subjects(person):
            why = "released" if release else ""
            record(session, _actor(by), "person.export", subject, why=why)
    if out is None:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _write(out.with_suffix(".json"), json.dumps(document, ensure_ascii=False, indent=2))
    _write(out.with_suffix(".html"), _page(document))
    click.echo(f"Wrote {out.with_suffix('.json')} and {out.with_suffix('.html')}.")


@person_command.command("erase")
@_whose
@click.option("--referral", is_flag=True, help="referrals that have ended too, as was agreed")
@click.option("--yes", is_flag=True, help="do it; without this it is only said")
def erase(reference: str, phone: str, by: str, referral: bool, yes: bool) -> None:
    """Say what of one person goes and what stays, and with --yes let it go."""
    with transaction() as session:
        person = _found(session, reference, phone)
        found = forgetting.plan(session, person, with_referral=referral)
        gone = forgetting.erase(session, found, _actor(by)) if yes else found.going
    if yes:
        squeeze()
    for table, count in sorted(gone.items()):
        click.echo(f"{'gone' if yes else 'would go'}: {count} {table}")
    for reason in found.stays:
        click.echo(f"stays: {_reasons()[reason]}")
    if not yes:
        click.echo("Nothing was changed. Say --yes to do it.")


@person_command.command("review")
@click.option("--site", default="", help="of one site alone")
def review(site: str) -> None:
    """List the referrals whose period is over and on which somebody has to decide."""
    with transaction() as session:
        for each, referral in disposing.waiting(session, site):
            click.echo(f"{referral.reference or '-'}\t{each.site}\tsince {each.due_at:%d/%m/%Y}")


@person_command.command("decide")
@click.argument("reference")
@click.option("--by", required=True, help="who decides, for the audit: a number, no name")
@click.option("--why", required=True, help="the reason; names nobody")
@click.option("--keep-days", type=click.IntRange(1, 3660), default=None, help="keep it for longer")
@click.option("--dispose", is_flag=True, help="let it go with the next round")
def decide(reference: str, by: str, why: str, keep_days: int | None, dispose: bool) -> None:
    """Keep a referral whose period is over for longer, or let it go."""
    if dispose == bool(keep_days):
        raise click.UsageError("Say either --keep-days or --dispose.")
    try:
        with transaction() as session:
            disposing.decide(session, reference, _actor(by), why, keep_days or 0)
    except disposing.ReviewError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Decided on {reference}.")


def _found(session: Session, reference: str, phone: str) -> Person:
    if bool(reference) == bool(phone):
        raise click.UsageError("Say either --reference or --phone.")
    found = (
        traces.by_reference(session, reference) if reference else traces.by_phone(session, phone)
    )
    if not found:
        raise click.ClickException("Nobody is known by that.")
    return found


def _actor(by: str) -> Actor:
    return Actor("operator", by[:64])


def _subjects(person: Person) -> list[str]:
    ids = {"referral": person.referrals, "contact": person.contacts}
    named = [f"{kind}:{each}" for kind, found in ids.items() for each in sorted(found)]
    return named or [f"conversation:{each}" for each in sorted(person.conversations)]


def _write(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)


def _page(document: dict[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("person.html").render(**document)


@lru_cache(maxsize=1)
def _reasons() -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load((_HERE / "person.yml").read_text(encoding="utf-8"))
    return loaded


def squeeze() -> None:
    """Let no byte stay in the files of SQLite of what went; PostgreSQL does it by itself."""
    try:
        if engine().dialect.name == "sqlite":
            with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM"))
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        tracker.squeeze()
    except OperationalError:
        click.echo("The files are in use: run it again with the copy stopped to overwrite them.")
