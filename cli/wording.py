"""`cara words`: who has read which sentence, and the record of somebody reading them."""

from __future__ import annotations

import csv
from collections import Counter

import click

from core.clock import today
from core.words import APPROVED, STANDINGS, approved, digest_of, keys, unread

COLUMNS = ("key", "language", "digest", "by", "standing", "on", "version")


@click.group("words")
def words_command() -> None:
    """The sentences the assistant can say, and who approved them."""


@words_command.command("status")
def status() -> None:
    """How many sentences of each language have been read, and by whom."""
    total = Counter(language for said in keys().values() for language in said)
    for standing in STANDINGS:
        left = Counter(language for _, language in unread(standing))
        for language, count in sorted(total.items()):
            click.echo(f"{language}: {count - left[language]} of {count} read by {standing}")


@words_command.command("unread")
@click.option("--language", type=click.Choice(["en", "pl", "pa"]), required=True)
@click.option("--standing", type=click.Choice(STANDINGS), default="authors")
def unread_command(language: str, standing: str) -> None:
    """List the sentences that nobody of this standing has read as they are now."""
    for key, code in unread(standing):
        if code == language:
            click.echo(f"{key}: {keys()[key][code].text}")


@words_command.command("approve")
@click.option("--by", required=True, help="the name of who read them")
@click.option("--standing", type=click.Choice(STANDINGS), required=True)
@click.option("--language", type=click.Choice(["en", "pl", "pa"]), required=True)
@click.argument("only", nargs=-1)
def approve(by: str, standing: str, language: str, only: tuple[str, ...]) -> None:
    """Record that somebody has read the sentences of a language, or those named, as they are."""
    unknown = [key for key in only if language not in keys().get(key, {})]
    if unknown:
        raise click.ClickException(f"There is no such sentence in {language}: {unknown[0]}")
    known = approved()
    wanted = [
        key for key, code in unread(standing) if code == language and (not only or key in only)
    ]
    for key in wanted:
        before = known.get((key, language))
        version = before.version + 1 if before else 1
        _add(key, language, by, standing, version)
    click.echo(f"Recorded {len(wanted)} sentences.")


def _add(key: str, language: str, by: str, standing: str, version: int) -> None:
    digest = digest_of(keys()[key][language].text)
    with APPROVED.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(
            (key, language, digest, by, standing, today().isoformat(), version)
        )
