"""`cara site`: make one from the replication template, and say what keeps one from going live."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import click

from bot.live import findings_at
from sites import NATIONAL, BrokenSiteError, codes, folder, shared, site_document
from sites.checking import Finding, Severity, error, findings_of_shape

LONGEST_CODE = 40
TEMPLATE = "_template"
NEXT = """Made {path}. Nobody is served by it yet. What to do next:
1. Fill in {path}/site.yml: cara site check {name} names what is left.
2. Write into {path}/criteria.yml what differs from the baseline, each with its source.
3. Put the first services into {path}/services.csv, and local names of places into places.csv.
4. Set directory: on, then referral: on once the force has confirmed the criteria.
5. Add its people: cara user add --help"""


@click.group("site")
def site_command() -> None:
    """The sites."""


@site_command.command("new")
@click.argument("name")
def new(name: str) -> None:
    """Make the site NAME (a code like west_yorkshire) from the replication template."""
    _refuse_name(name)
    try:
        made = _copied(name)
    except OSError as wrong:
        raise click.ClickException(f"Nothing was made: {wrong.strerror or wrong}.") from wrong
    click.echo(NEXT.format(path=made, name=name))


def _refuse_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z_]*", name) or len(name) > LONGEST_CODE:
        raise click.ClickException(
            f"{name!r} is no code: it has small letters and _ only, begins with a letter, and has "
            f"{LONGEST_CODE} characters at most."
        )
    if name == NATIONAL or (folder() / name).exists():
        raise click.ClickException(f"There is something called {name} already.")


def _copied(name: str) -> Path:
    """The new folder, all of it or nothing: it is filled under a name that is no site's."""
    made = folder() / name
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder()) as started:
        begun = shutil.copytree(shared(TEMPLATE), Path(started) / name)
        # A folder with files in it is never replaced: of two who make one name, the first wins.
        begun.rename(made)
    return made


@site_command.command("check")
@click.argument("site", required=False)
def check(site: str | None) -> None:
    """Say what has to be put right before SITE (or any site) goes live; exit 1 if anything has."""
    if site and site not in codes():
        raise click.ClickException(f"There is no site called {site!r}.")
    # One file that cannot be read stops every site, so that comes before all else.
    unreadable = {code: found for code in codes() if (found := _shape(code))}
    reports = unreadable or {code: findings_at(code) for code in ([site] if site else codes())}
    for code, findings in reports.items():
        click.echo(_report(code, findings))
    if any(_of(findings, Severity.error) for findings in reports.values()):
        raise SystemExit(1)


def _shape(code: str) -> list[Finding]:
    try:
        return findings_of_shape(code, site_document(code))
    except BrokenSiteError as broken:
        return [error("", str(broken))]


def _of(findings: list[Finding], severity: Severity) -> list[Finding]:
    return [each for each in findings if each.severity is severity]


def _report(code: str, findings: list[Finding]) -> str:
    errors, warnings = (_of(findings, each) for each in (Severity.error, Severity.warning))
    standing = "nothing keeps it from going live"
    if errors:
        standing = "errors, each of which keeps it from going live"
    lines = [f"{code}: {standing}", *(f"  {each}" for each in errors)]
    if warnings:
        lines += [f"{code}: warnings", *(f"  {each}" for each in warnings)]
    return "\n".join(lines)
