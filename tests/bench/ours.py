"""Our directory as the bench meets it: filled by the command, asked in process, made anew."""

from __future__ import annotations

import csv
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from core.clock import now
from core.database import transaction
from core.settings import ROOT
from services_directory.finding import find
from services_directory.publishing import reindex
from services_directory.results import Found
from tests.bench.asked import ROWS, SITE, Question
from tests.journeys.running import environment
from tests.unit.conftest import OURS, forget

# Bytes and rows of what the command takes at once: it refuses more than 50 MB.
A_PART, ROWS_OF_A_PART = 45_000_000, 60_000
# Of what one search may give, when all that there is has to be told.
A_PAGE = 400


@contextmanager
def at_home(data_dir: Path, extra: Mapping[str, str]) -> Iterator[None]:
    """This process reads and writes the directory in that folder, or the database in ``extra``."""
    with pytest.MonkeyPatch.context() as patch:
        for name in OURS:
            patch.delenv(name, raising=False)
        for name, value in ({"DATA_DIR": str(data_dir)} | dict(extra)).items():
            patch.setenv(name, value)
        forget()
        yield
        forget()


def import_csv(path: Path, data_dir: Path, extra: Mapping[str, str]) -> None:
    """`cara directory import --publish`, part after part where the file is too large for one."""
    for part in _parts(path):
        _import_part(part, data_dir, extra)


def _parts(path: Path) -> Iterator[Path]:
    """The file itself, or files beside it that the command takes, each with the same head."""
    if path.stat().st_size <= A_PART:
        yield path
        return
    with path.open(newline="", encoding="utf-8") as whole:
        rows = csv.reader(whole)
        head = next(rows)
        while some := list(islice(rows, ROWS_OF_A_PART)):
            part = path.with_name(f"part-{path.name}")
            with part.open("w", newline="", encoding="utf-8") as written:
                csv.writer(written).writerows([head, *some])
            yield part
            part.unlink()


def _import_part(path: Path, data_dir: Path, extra: Mapping[str, str]) -> None:
    """With a terminal for its bar as an operator has one."""
    cara = Path(sys.executable).with_name("cara")
    command = [str(cara), "directory", "import", str(path), "--site", SITE, "--publish"]
    bar, theirs = pty.openpty()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**environment(data_dir, 0), **extra},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as process:
        os.close(theirs)
        drawn = _drawn(bar)
        said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"The import failed: {said}{drawn}")


def asked(question: Question, limit: int = ROWS) -> Found:
    """The answer in process, in a transaction of its own as each request has one."""
    with transaction() as session:
        return find(
            session,
            question.query(),
            moment=question.open_at or now(),
            demo=True,
            limit=limit,
            text=question.text,
        )


def make_anew() -> int:
    """Make the public copy anew; gives how many listings there are."""
    with transaction() as session:
        return reindex(session)


def everything(question: Question, moment: datetime) -> Iterator[tuple[str, str]]:
    """The id and the open state of each listing that answers, page after page without the last."""
    without: frozenset[str] = frozenset()
    while True:
        query = replace(question.query(), without=without)
        with transaction() as session:
            found = find(session, query, moment=moment, demo=True, limit=A_PAGE, text=question.text)
        if not found.results or {"words", "distance", "wishes"} & set(found.relaxed):
            return
        yield from ((each.listing.id, each.open.state) for each in found.results)
        without |= {each.listing.id for each in found.results}


def _drawn(bar: int) -> str:
    """What was drawn until the program hung up; shown as well where a person watches."""
    drawn = b""
    while True:
        try:
            piece = os.read(bar, 4096)
        except OSError:
            piece = b""
        if not piece:
            os.close(bar)
            return drawn.decode(errors="replace")
        drawn += piece
        if sys.stderr.isatty():
            os.write(sys.stderr.fileno(), piece)
