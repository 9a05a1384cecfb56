"""What a file or an address holds, whichever of the four forms it is in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from services_directory.exchange import documents, feeds, packages, sheets
from services_directory.exchange.faults import ExchangeError, Source
from services_directory.exchange.reading import Entity
from services_directory.exchange.services import rows_of
from services_directory.exchange.texts import file_bytes

FORMATS = ("csv", "xlsx", "hsds", "oruk")
_BY_ENDING = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".zip": "hsds",
    ".json": "oruk",
    ".ndjson": "oruk",
    ".jsonl": "oruk",
}
IdOf = Callable[[str], str]
Done = Callable[[int], object]


def read(
    where: str, *, form: str = "", id_of: IdOf = str, done: Done = lambda _count: None
) -> Source:
    """The rows of a file, a folder or a feed; raises :class:`ExchangeError`.

    ``id_of`` gives the id of a listing for that of a service at a location, and ``done`` hears of
    what a feed has brought.
    """
    if is_address(where):
        if form not in ("", "oruk"):
            raise ExchangeError("format", f"An address is read as a feed of ORUK, not as {form}.")
        services = feeds.services_at(where, done=done)
        return _of_services(list(enumerate(services, 1)), [], id_of)
    path = Path(where)
    form = form or guessed(path)
    if form == "hsds":
        found, notes = packages.services_of(path)
        return _of_services(found, notes, id_of)
    data = file_bytes(path)
    if form == "oruk":
        listed = documents.services_in(data, path.name)
        return _of_services(list(enumerate(listed, 1)), [], id_of)
    return (sheets.from_xlsx if form == "xlsx" else sheets.from_csv)(data, path.name)


def is_address(where: str) -> bool:
    """Whether it is an address of the web and no file."""
    return where.casefold().startswith(("http://", "https://"))


def guessed(path: Path) -> str:
    """The format by the file's ending; raises :class:`ExchangeError` where that says nothing."""
    if path.is_dir():
        return "hsds"
    form = _BY_ENDING.get(path.suffix.casefold(), "")
    if not form:
        message = f"{path.name}: say with --format whether it is csv, xlsx, hsds or oruk."
        raise ExchangeError("format", message)
    return form


def _of_services(services: Sequence[tuple[int, Entity]], notes: list[str], id_of: IdOf) -> Source:
    rows = [row for number, service in services for row in rows_of(number, service, id_of=id_of)]
    return Source(rows, own=False, notes=notes)
