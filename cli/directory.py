"""`cara directory`: listings in from files and feeds, out to others, checked and searched."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, NoReturn

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from tqdm import tqdm

from bot.channels.render import reason_words
from cli.database import upgrade
from core.audit import SYSTEM, record
from core.clock import LONDON, now
from core.database import transaction
from core.settings import settings
from services_directory.checks.duplicates import duplicates
from services_directory.checks.fields import check
from services_directory.checks.known import check_known
from services_directory.checks.neighbours import across
from services_directory.curation import CurationError
from services_directory.exchange import echoes, exporting, reports, showing, sources
from services_directory.exchange.faults import ExchangeError
from services_directory.exchange.importing import Plan, carry_out, planned
from services_directory.finding import find
from services_directory.link_round import look_round
from services_directory.own_words import forget_synonym, keep_synonym, synonyms
from services_directory.places import Place, find_place, resolve_postcode
from services_directory.publishing import reindex
from services_directory.query import Query
from services_directory.results import as_json
from services_directory.tables import Revision, State
from services_directory.web.api import FIRST_YEAR, LAST_YEAR
from services_directory.words import NEED_LABELS
from sites import NATIONAL, UnknownSiteError, site_of

BAD = 2
# Metres in a kilometre, and the widest search: further than across Great Britain.
_KM, _FURTHEST_KM = 1_000, 1_500
_MOST_RESULTS = 200
_MOST_PAIRS = 50
# The width of the column that keeps an address.
_AT_WORK = (State.draft.value, State.submitted.value, State.live.value)
Done = Callable[[int], None]


@click.group("directory")
def directory_command() -> None:
    """The directory of services."""


@directory_command.command("import")
@click.argument("source", metavar="FILE|URL")
@click.option("--site", default="", help="the site whose listings they are")
@click.option("--format", "form", default="", type=click.Choice(["", *sources.FORMATS]))
@click.option("--dry-run", is_flag=True, help="say what would be done, and do nothing")
@click.option("--report", type=click.Path(dir_okay=False), help="a file for every row as JSON")
@click.option("--publish", is_flag=True, help="make them public at once; demonstration only")
def import_(
    source: str, site: str, form: str, dry_run: bool, report: str | None, publish: bool
) -> None:
    """Take listings in as drafts: ORUK JSON or feed, HSDS package, XLSX or our CSV.

    Nothing becomes public by it, and nothing is removed. The same file again changes nothing.
    """
    site = _site(site) if site else ""
    if publish and not settings().demo:
        _fail("Listings are made public without approval in demonstration mode only.")
    with _told():
        upgrade()
        plan = _plan(source, site, form)
        if report:
            _report(report, plan, dry=dry_run)
        if not dry_run:
            _write(plan, publish=publish)
    for line in reports.in_words(plan, dry=dry_run):
        click.echo(line)
    if publish and not dry_run:
        click.echo("They are public and unassured: nobody has approved them (demonstration).")


@directory_command.command("export")
@click.option("--format", "form", required=True, type=click.Choice(sources.FORMATS))
@click.option("--site", default="", help="only the listings of this site, or national ones")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="a file; else standard output"
)
def export(form: str, site: str, output: str | None) -> None:
    """Write the public listings: ORUK JSON, HSDS package (zip), XLSX or our CSV."""
    site = _site(site) if site else ""
    with _told():
        upgrade()
        with _out(output) as out, transaction() as session, _progress("listings") as done:
            record(session, SYSTEM, "directory.export", f"directory:{site or '*'}", why=form)
            count = exporting.write(session, out, form=form, site=site, done=done)
    click.echo(f"{count:,} listings.", err=True)


@directory_command.command("check")
@click.option("--site", default="", help="only the listings of this site, or national ones")
@click.option("--links", is_flag=True, help="look at every web address as well")
def check_(site: str, links: bool) -> None:
    """Say what our checks find in drafts and public listings, and what may be there twice."""
    site = _site(site) if site else ""
    with _told():
        upgrade()
        with transaction() as session:
            documents = _documents(session, site)
        counts = Counter[str]()
        beside = across(documents)
        for document in documents:
            alone = [*check(document), *check_known(document)]
            for finding in [*alone, *beside.get(document["id"], ())]:
                counts[finding.check] += 1
                click.echo(
                    f"{document['id']}, {finding.field}, {finding.severity}: {finding.words}"
                )
        pairs = duplicates(documents)
        for one, other, score, reasons in pairs[:_MOST_PAIRS]:
            click.echo(f"{one} and {other} may be one service ({score:.0%}: {', '.join(reasons)}).")
        counts["duplicate"] += len(pairs)
        if links:
            counts += _links(documents)
    click.echo(f"{len(documents):,} listings looked at.")
    for name, times in sorted(counts.items()):
        if times:
            click.echo(f"{name}: {times:,}")


@directory_command.command("search")
@click.argument("text", nargs=-1)
@click.option("--site", required=True)
@click.option("--need", "needs", multiple=True, type=click.Choice(list(NEED_LABELS)))
@click.option("--near", default="", help="a postcode or the name of a place")
@click.option("--within", type=click.FloatRange(min=0.1, max=_FURTHEST_KM), help="kilometres")
@click.option("--open-now", is_flag=True)
@click.option("--open-at", default="", help="a moment, for example 2026-12-01T18:30")
@click.option("--language", default="", help="a code such as pl or pa")
@click.option("--limit", default=10, type=click.IntRange(1, _MOST_RESULTS))
def search(
    text: tuple[str, ...],
    site: str,
    needs: tuple[str, ...],
    near: str,
    within: float | None,
    open_now: bool,
    open_at: str,
    language: str,
    limit: int,
) -> None:
    """Find listings as a participant would; each is a line of JSON."""
    moment = _moment(open_at) if open_at else now()
    site = _site(site, national=False)
    query = Query(
        site=site,
        needs=needs,
        place=_place(near, site, within),
        language=language.casefold(),
        open_now=open_now or bool(open_at),
        within_m=round(within * _KM) if within else None,
    )
    with _told():
        upgrade()
        with transaction() as session:
            demo, words = settings().demo, " ".join(text)
            found = find(session, query, moment=moment, demo=demo, limit=limit, text=words)
            for result in found.results:
                said = as_json(result, partial(reason_words, "en"))
                click.echo(json.dumps(said, ensure_ascii=False))


@directory_command.command("reindex")
def reindex_() -> None:
    """Make the public copy anew from the approved versions."""
    with _told():
        upgrade()
        with transaction() as session, _progress("listings") as done:
            count = reindex(session, done=done)
    click.echo(f"{count:,} listings are public.")


@directory_command.command("synonym")
@click.argument("term", required=False)
@click.option("--means", default="", help='words, or needs as need_drugs, with "|" between')
@click.option("--remove", is_flag=True)
def synonym_(term: str | None, means: str, remove: bool) -> None:
    """This directory's own words beside those that ship: show them, or add or remove one."""
    with _told():
        upgrade()
        with transaction() as session:
            if term is None:
                for known, meant in sorted(synonyms(session).items()):
                    click.echo(f"{known}: {meant}")
            elif remove:
                forget_synonym(session, term)
            else:
                keep_synonym(session, term, means)
    if term is not None:
        click.echo(f"{'Removed' if remove else 'Kept'}: {term}.")


def _plan(source: str, site: str, form: str) -> Plan:
    with transaction() as session:
        id_of = echoes.listing_ids(session)
    with _progress("services read") as done:
        read = sources.read(source, form=form, id_of=id_of, done=done)
    with transaction() as session, _progress("rows", len(read.rows)) as done:
        return planned(session, read, site=site, done=done)


def _write(plan: Plan, *, publish: bool) -> None:
    with transaction() as session:
        with _progress("drafts", len(plan.documents)) as done:
            carry_out(session, plan, done=done)
        if publish:
            with _progress("public listings") as done:
                ids = plan.ids("new", "changed", "same")
                showing.show(session, ids, demo=settings().demo, done=done)


def _report(path: str, plan: Plan, *, dry: bool) -> None:
    try:
        with Path(path).open("w", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in reports.as_lines(plan, dry=dry))
    except OSError as error:
        _fail(f"{path} cannot be written: {error.strerror}.")


def _documents(session: Session, site: str) -> list[dict[str, str]]:
    """The draft of each listing, or else its public version."""
    rows = session.execute(
        select(Revision.listing_id, Revision.state, Revision.document)
        .where(Revision.state.in_(_AT_WORK))
        .order_by(Revision.listing_id, Revision.state == State.live.value, Revision.n.desc())
    )
    found: dict[str, dict[str, str]] = {}
    for listing_id, _state, document in rows:
        if not site or document.get("site") == site:
            found.setdefault(listing_id, document)
    return list(found.values())


def _links(documents: list[dict[str, str]]) -> Counter[str]:
    """Look at every address, keep how it answered, and say what is not well."""
    urls = sorted({url for each in documents if (url := each.get("url", "").strip())})
    with _progress("addresses", len(urls)) as done:
        states = asyncio.run(look_round(urls, on_done=lambda _state: done(1)))
    counts = Counter(f"link_{state.kind}" for state in states)
    for state in states:
        if state.kind != "ok":
            click.echo(f"{state.url}: {state.kind} (status {state.status}).")
    return counts


def _site(code: str, *, national: bool = True) -> str:
    if national and code == NATIONAL:
        return code
    try:
        return site_of(code).code
    except UnknownSiteError as error:
        _fail(str(error))


def _place(near: str, site: str, within: float | None) -> Place | None:
    if not near:
        if within:
            _fail("Say with --near where the distance begins.")
        return None
    place = resolve_postcode(near) or find_place(near, site)
    if place is None:
        _fail(f"There is no postcode or place “{near}”.")
    return place


def _moment(said: str) -> datetime:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        _fail(f"“{said}” is no moment: write it as 2026-12-01T18:30.")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        _fail(f"Write a moment between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


def _fail(words: str) -> NoReturn:
    click.echo(f"Error: {words}", err=True)
    raise SystemExit(BAD)


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a file, a feed or the database, in one line and with exit code 2."""
    try:
        yield
    except (ExchangeError, CurationError) as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(f"The database did not take it, and nothing was written: {type(error).__name__}.")


@contextmanager
def _out(path: str | None) -> Iterator[IO[bytes]]:
    """Standard output, or a file that is there whole or not at all."""
    if path is None:
        yield sys.stdout.buffer
        return
    begun = Path(f"{path}.{os.getpid()}")
    try:
        with begun.open("wb") as out:
            yield out
        begun.replace(path)
    except OSError as error:
        _fail(f"{path} cannot be written: {error.strerror}.")
    finally:
        begun.unlink(missing_ok=True)


@contextmanager
def _progress(what: str, total: int | None = None) -> Iterator[Done]:
    """A bar for a person who waits; nothing where no terminal shows it."""
    with tqdm(total=total, unit=f" {what}", disable=None, file=sys.stderr, leave=False) as bar:

        def done(count: int) -> None:
            bar.update(count)

        yield done
