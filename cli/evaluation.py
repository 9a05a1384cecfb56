"""`cara evaluation`: the extract for a study, its code book, and the report with outcomes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from accounts.second import proven
from accounts.tables import Staff
from core.clock import today
from core.database import transaction
from referrals.evaluation import codebook, extract, files, links, outcomes, reading
from referrals.evaluation.files import Form
from referrals.evaluation.pseudonym import STUDY, StudyError
from referrals.evaluation.sheets import CellError, SheetError, day
from referrals.rule_set import rule_set_of
from referrals.web.evaluation import told
from sites import Site, UnknownSiteError, site_of

BAD = 2
# Seconds after which somebody who waits is shown how far it is.
_PATIENCE = 2.0
Done = Callable[[int], None]


@click.group("evaluation")
def evaluation_command() -> None:
    """What a university studies."""


@evaluation_command.command("extract")
@click.option("--as", "username", required=True, help="an evaluator's account of the site")
@click.option("--site", required=True)
@click.option(
    "--study", default=STUDY, show_default=True, help="the same name, the same pseudonyms"
)
@click.option("--out", required=True, type=click.Path(dir_okay=False))
@click.option("--format", "form", default="csv", type=click.Choice(files.FORMS))
def extract_(username: str, site: str, study: str, out: str, form: Form) -> None:
    """Write one pseudonymous row for each referral of a site, whatever became of it.

    The password of the account and its code are asked for, or read from standard input.
    """
    from cli.database import upgrade

    proof, where = (_typed("Password"), _typed("Code, if you have one")), _site(site)
    upgrade()
    with _told():
        staff = _evaluator(username, proof, where, study)
        with _whole(out) as file, transaction() as session:
            total = reading.count(session, where, staff)
            with _progress("referrals", total) as done:
                count = extract.extract(
                    session,
                    staff,
                    site=where.code,
                    study=study,
                    form=form,
                    out=file,
                    done=done,
                    told=told,
                )
    click.echo(f"{count:,} referrals.", err=True)


@evaluation_command.command("links")
@click.option("--as", "username", required=True, help="the account of the site's administrator")
@click.option("--site", required=True)
@click.option("--study", default=STUDY, show_default=True, help="the name given to the extract")
@click.option("--out", required=True, type=click.Path(dir_okay=False))
def links_(username: str, site: str, study: str, out: str) -> None:
    """Write crime references beside the case ids of a study, for the force's own analyst.

    With it the analyst names the outcomes after the cases; then it is destroyed. An evaluator
    never gets it. Password and code of the account are asked for, or read from standard input.
    """
    from cli.database import upgrade

    proof, where = (_typed("Password"), _typed("Code, if you have one")), _site(site)
    upgrade()
    with _told():
        with transaction() as session:
            staff = proven(session, username, *proof)
        if staff is None:
            _fail("The user name, the password or the code is wrong.")
        try:
            with _whole(out) as file, transaction() as session:
                count = links.write(session, staff, site=where.code, study=study, out=file)
        except extract.NotForYouError:
            with transaction() as session:
                links.refused(session, staff, site=where.code, study=study)
            raise
    click.echo(f"{count:,} cases. Whoever holds this list knows who is who.", err=True)


@evaluation_command.command("code-book")
@click.option("--site", required=True)
@click.option("--format", "form", default="md", type=click.Choice(["md", "csv"]))
def code_book(site: str, form: str) -> None:
    """Print the code book of the extract: every column and every value."""
    where = _site(site)
    rules = rule_set_of(where.code)
    book = codebook.code_book(rules, where)
    text = codebook.as_csv(book) if form == "csv" else codebook.as_markdown(book, rules)
    click.echo(text.encode(), nl=False)


@evaluation_command.command("report")
@click.argument("source", metavar="EXTRACT", type=click.Path(exists=True, dir_okay=False))
@click.option("--outcomes", "events", required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--until", required=True, help="last day of the police data, such as 2027-03-31")
@click.option("--chi", type=click.Path(exists=True, dir_okay=False), help="harm index as CSV")
@click.option("--title", default="Evaluation report", show_default=True)
@click.option("--out", required=True, type=click.Path(dir_okay=False))
def report(source: str, events: str, until: str, chi: str | None, title: str, out: str) -> None:
    """Join the police's outcomes to an EXTRACT (CSV or Parquet) and write a page to print.

    Groups are those of the column assign_arm. Nothing is sent or stored anywhere else.
    """
    # What counts and draws takes seconds to load.
    from referrals.evaluation.report import report as report_of

    last = _day(until)
    with _told():
        subjects = outcomes.subjects_of(_read(source), Path(source).name)
        index = outcomes.index_of(_read(chi), Path(chi).name) if chi else None
        joined = outcomes.join(subjects, _read(events), Path(events).name, until=last, index=index)
        page = report_of(joined, title=title, on=today())
        with _whole(out) as file:
            file.write(page.encode())
    click.echo(f"{len(joined.cases):,} cases.", err=True)


def _evaluator(username: str, proof: tuple[str, str], site: Site, study: str) -> Staff:
    """Who asks, once they have proved it; a refusal is kept before it is told."""
    with transaction() as session:
        staff = proven(session, username, *proof)
        may = staff is not None and extract.allowed(staff, site.code)
        if staff is not None and not may:
            extract.refused(session, staff, site=site.code, study=study)
    if staff is None:
        _fail("The user name, the password or the code is wrong.")
    if not may:
        _fail(f"Only an evaluator of {site.name} may have its extract.")
    return staff


def _typed(what: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True, default="", show_default=False))
    return sys.stdin.readline().rstrip("\n")


def _site(code: str) -> Site:
    try:
        return site_of(code)
    except UnknownSiteError as error:
        _fail(str(error))


def _day(said: str) -> date:
    try:
        found = day(said)
    except CellError as error:
        _fail(f"--until: {error}")
    if found > today():
        _fail(f"--until: {found} has not come yet.")
    return found


def _read(path: str) -> bytes:
    return Path(path).read_bytes()


@contextmanager
def _whole(path: str) -> Iterator[IO[bytes]]:
    """A file that only its owner reads, and that is there whole or not at all."""
    begun = Path(f"{path}.{os.getpid()}")
    try:
        with open(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            yield out
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong, in plain lines and with exit code 2."""
    try:
        yield
    except (SheetError, StudyError, extract.NotForYouError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename} cannot be written or read: {error.strerror}.")
    except SQLAlchemyError as error:
        _fail(f"The database did not answer: {type(error).__name__}.")


@contextmanager
def _progress(what: str, total: int) -> Iterator[Done]:
    """A bar for a person who waits; nothing where no terminal shows it."""
    with tqdm(
        total=total,
        unit=f" {what}",
        delay=_PATIENCE,
        disable=None,
        file=sys.stderr,
        leave=False,
    ) as bar:

        def done(count: int) -> None:
            bar.update(count)

        yield done


def _fail(words: str) -> NoReturn:
    click.echo(f"Error: {words}", err=True)
    raise SystemExit(BAD)
