"""`cara site check`: what keeps a site from going live."""

from __future__ import annotations

import click

from bot.live import problems_of
from sites import UnknownSiteError, all_sites, site_of


@click.group("site")
def site_command() -> None:
    """The sites."""


@site_command.command("check")
@click.argument("site", required=False)
def check(site: str | None) -> None:
    """Say what has to be put right before SITE (or any site) goes live; exit 1 if anything has."""
    try:
        wanted = [site_of(site).code] if site else list(all_sites())
    except UnknownSiteError as error:
        raise click.ClickException(str(error)) from error
    problems = [f"{code}: {problem}" for code in wanted for problem in problems_of(code)]
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)
    click.echo("Nothing keeps it from going live.")
