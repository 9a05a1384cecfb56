"""`cara keys`: change the secret of an installation without losing what is stored under the old."""

from __future__ import annotations

import secrets

import click

from cli import rekeying
from core.audit import SYSTEM, record
from core.database import transaction


@click.group("keys")
def keys_command() -> None:
    """The secret under which identity is stored (docs/how-to/data.md says how to change it)."""


@keys_command.command("make")
def make() -> None:
    """Print a new secret; nothing is stored of it."""
    click.echo(secrets.token_urlsafe(48))


@keys_command.command("check")
def check() -> None:
    """Count what is not under the newest secret yet; fails while there is any."""
    _judge(rekeying.left_behind(_told))


@keys_command.command("rotate")
def rotate() -> None:
    """Put everything under the newest secret. Cut off, it is run again and goes on."""
    left = rekeying.rekey(_told)
    with transaction() as session:
        record(session, SYSTEM, "keys.rotate", f"left:{left}")
    _judge(left)


def _told(table: str, looked: int, behind: int) -> None:
    click.echo(f"{table}: {looked:,} rows looked at, {behind:,} under an older secret", err=True)


def _judge(left: int) -> None:
    if left:
        raise click.ClickException(f"{left:,} rows are not under the newest secret: run it again.")
    if nameless := rekeying.nameless_stops():
        raise click.ClickException(
            f"{nameless:,} STOPs are known by a hash alone. They are honoured only while the "
            "secret of their day stays in CARA_PREVIOUS_SECRET_KEYS."
        )
    click.echo("Everything is under the newest secret: those before it are not needed any more.")
