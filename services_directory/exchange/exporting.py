"""The public directory for other systems and spreadsheets: nothing withheld, nothing internal.

Outside the demonstration only what is assured goes out, as over the interface for partners.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.clock import today
from services_directory.exchange.importing import UNSAID
from services_directory.exchange.tables_out import write_package
from services_directory.exchange.texts import harmless
from services_directory.listing import COLUMNS, INTERNAL, withheld
from services_directory.oruk import entities
from services_directory.oruk.entry import Entry, entry_of
from services_directory.oruk.selecting import shown
from services_directory.oruk.taxonomy import Entity
from services_directory.publishing import AT_ONCE
from services_directory.tables import Live

PUBLIC_COLUMNS = tuple(name for name in COLUMNS if name not in INTERNAL)
_WIDTH = 24
Done = Callable[[int], object]


def write(
    session: Session,
    out: IO[bytes],
    *,
    form: str,
    site: str = "",
    done: Done = lambda _count: None,
) -> int:
    """Write every public listing, or those of a site, in one of four forms; gives how many.

    ``form`` is csv, xlsx, hsds (a zip of tables) or oruk (one page of full services).
    """
    writers: dict[str, Callable[[Session, IO[bytes], str, Done], int]] = {
        "csv": _csv,
        "xlsx": _xlsx,
        "hsds": _hsds,
        "oruk": _oruk,
    }
    return writers[form](session, out, site, done)


def _csv(session: Session, out: IO[bytes], site: str, done: Done) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(PUBLIC_COLUMNS)
    count = 0
    for row in _rows(session, site):
        writer.writerow(row)
        count += 1
        done(1)
    text.detach()
    return count


def _xlsx(session: Session, out: IO[bytes], site: str, done: Done) -> int:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("services")
    sheet.freeze_panes = "A2"
    for at in range(1, len(PUBLIC_COLUMNS) + 1):
        sheet.column_dimensions[get_column_letter(at)].width = _WIDTH
    sheet.append(PUBLIC_COLUMNS)
    count = 0
    for row in _rows(session, site):
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) for cell in row])
        count += 1
        done(1)
    book.save(out)
    return count


def _oruk(session: Session, out: IO[bytes], site: str, done: Done) -> int:
    """One page that holds everything, written service by service."""
    entries = _entries(session, site)
    groups = entities.grouped(entries)
    page = {
        "total_items": len(groups),
        "total_pages": 1,
        "page_number": 1,
        "size": len(groups),
        "first_page": True,
        "last_page": True,
        "empty": not groups,
    }
    out.write(json.dumps(page)[:-1].encode() + b', "contents": [')
    for at, service in enumerate(_services(groups, done)):
        said = json.dumps(service, ensure_ascii=False, separators=(",", ":"))
        out.write(b",\n" * bool(at) + said.encode("utf-8", "replace"))
    out.write(b"]}\n")
    return len(entries)


def _hsds(session: Session, out: IO[bytes], site: str, done: Done) -> int:
    entries = _entries(session, site)
    write_package(out, _services(entities.grouped(entries), done))
    return len(entries)


def _rows(session: Session, site: str) -> Iterator[list[str]]:
    for row in session.execute(_asked(Live.public, site=site).execution_options(yield_per=AT_ONCE)):
        document = json.loads(row.public)
        if withheld(document):
            document = {n: v for n, v in document.items() if n not in UNSAID}
        yield [harmless(document.get(name, "")) for name in PUBLIC_COLUMNS]


def _entries(session: Session, site: str) -> list[Entry]:
    columns = (
        Live.public,
        Live.service_id,
        Live.organisation_id,
        Live.easting,
        Live.northing,
        Live.assured_on,
        Live.check_after,
        Live.modified_at,
    )
    return [entry_of(row) for row in session.execute(_asked(*columns, site=site))]


def _services(groups: list[list[Entry]], done: Done) -> Iterator[Entity]:
    for entries in groups:
        yield entities.service(entries, full=True, on=today())
        done(len(entries))


def _asked(*columns: InstrumentedAttribute[Any], site: str) -> Select[Any]:
    asked = select(*columns).where(*shown()).order_by(Live.listing_id)
    return asked.where(Live.site == site) if site else asked
