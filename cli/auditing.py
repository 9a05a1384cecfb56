"""`cara audit`: verify and search the record of who did what; and the worker's nightly look."""

from __future__ import annotations

import csv
import hashlib
import logging
import sys
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
import yaml
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from accounts.acts import Wanted, acts, names
from accounts.staff import may_work
from accounts.tables import Role, Staff
from core.audit import at_terminal, record
from core.chain import Break
from core.clock import LONDON, now
from core.database import transaction
from core.outbox import Letter, post
from core.settings import settings
from core.verifying import Finding, remember, remembered, verify

# When nobody works, and the clocks never jump over it: the hour from which a night's look is due.
HOUR = 3
MOST, TOLD = 10_000, 10
FIELDS = (*("id", "at", "who", "site", "act", "record", "refused", "why", "source", "request"),)
log = logging.getLogger("cara.audit")


@click.group("audit")
def audit_command() -> None:
    """The record of who did what (docs/how-to/logs.md)."""


@audit_command.command("verify")
def verify_() -> None:
    """Look whether any row was changed, removed, put in or moved; fails where one was."""
    found = _looked()
    for each in found.breaks:
        click.echo(_said(each), err=True)
    if not found.sound:
        raise click.ClickException(f"{len(found.breaks):,} places do not hold.")
    click.echo(f"{found.chain.length:,} rows, and every one follows from the one before it.")


@audit_command.command("accept")
@click.option("--why", required=True, type=click.Choice(["restored", "investigated"]))
def accept(why: str) -> None:
    """After a back-up was restored: take the present end of the record for its end.

    Breaks within it stay, and each night tells of them; only what was kept beside it is renewed.
    """
    with transaction() as session:
        found = verify(session, kept=remembered().sound)
        record(session, at_terminal(), "audit.accept", f"audit:{found.chain.length}", why=why)
    remember(found, accepted=True)
    click.echo(f"The record goes on from row {found.chain.length:,}.")


@audit_command.command("search")
@click.option("--person", default="", help="a user name, or the number of an actor")
@click.option("--record", "about", default="", help="a record such as referral:…, or its number")
@click.option("--act", default="", help="an act, or how it begins: referral.")
@click.option("--request", default="", help="the reference that an error page showed")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="a day in London")
@click.option("--refused", is_flag=True, help="only what was refused")
@click.option("--csv", "as_csv", is_flag=True, help="for a spreadsheet; else a table")
@click.option("--most", default=200, type=click.IntRange(1, MOST), help="how many at most")
def search(
    person: str,
    about: str,
    act: str,
    request: str,
    day: datetime | None,
    refused: bool,
    as_csv: bool,
    most: int,
) -> None:
    """Print who did what, the newest first."""
    wanted = Wanted(person, about, act, request, day.date() if day else None, refused)
    with transaction() as session:
        found = acts(session, wanted, by=at_terminal(), most=most)
        known = names(session, found)
        rows = [_shown(each, known) for each in found]
    (_as_csv if as_csv else _as_table)(rows)


def _shown(row: Any, known: Any) -> dict[str, str]:
    who = known.get(row.actor_id, f"{row.actor_kind}:{row.actor_id}")
    shown = {name: str(getattr(row, name, "")) for name in FIELDS}
    return shown | {
        "at": row.at.isoformat(timespec="seconds"),
        "who": who,
        "refused": "refused" if row.refused else "",
    }


def _as_csv(rows: list[dict[str, str]]) -> None:
    table = csv.DictWriter(sys.stdout, FIELDS)
    table.writeheader()
    table.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)


def _harmless(cell: str) -> str:
    """No cell is a formula: a user name may begin as one."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _as_table(rows: list[dict[str, str]]) -> None:
    wide = {name: max([len(name), *(len(row[name]) for row in rows)]) for name in FIELDS}
    for row in [dict(zip(FIELDS, FIELDS, strict=True)), *rows]:
        click.echo("  ".join(row[name].ljust(wide[name]) for name in FIELDS).rstrip())


# What the worker does


def nightly() -> None:
    """Verify once a night, and tell the operators where it does not hold; never raises for a
    database that is away.
    """
    if not _due():
        return
    try:
        found = _looked()
        if not found.sound:
            _tell(found)
    except SQLAlchemyError as error:
        log.warning("the audit was not verified: %s", type(error).__name__)
    except LookupError as error:
        log.critical("the audit cannot be verified: %s", error)


def _due() -> bool:
    looked, here = remembered().looked_at, now().astimezone(LONDON)
    if looked is None:
        return True
    before = looked.astimezone(LONDON)
    return here.date() > before.date() and here.hour >= HOUR


def _looked() -> Finding:
    with transaction() as session:
        found = verify(session, kept=remembered().sound)
    remember(found)
    if found.sound:
        # Whoever keeps the log elsewhere can show by it that nothing was cut off.
        log.info("the audit holds: %d rows, head %s", found.chain.length, found.chain.head)
    else:
        first = found.breaks[0]
        log.critical(
            "the audit does not hold at %d places, first %s at row %d",
            len(found.breaks),
            first.fault,
            first.row,
        )
    return found


def _tell(found: Finding) -> None:
    """An e-mail to every operator, once for the same finding."""
    text = _words()["mail"]
    places = "\n".join(map(_said, found.breaks[:TOLD]))
    seen = hashlib.sha256(repr(found.breaks).encode()).hexdigest()[:24]
    with transaction() as session:
        for each in session.scalars(select(Staff).where(Staff.role == Role.operator)):
            if not each.email or not may_work(each):
                continue
            body = text["body"].format(name=each.name, places=places, address=settings().address)
            payload = {"to": each.email, "subject": text["subject"], "text": body}
            post(session, Letter("email", f"audit:{seen}:{each.id}", payload), site=each.site)


def _said(found: Break) -> str:
    return _words()["faults"][found.fault].format(row=found.row)


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_suffix(".yml")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
