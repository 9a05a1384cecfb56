"""What the tests of import and export share: the command in this process, files, and a feed."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import func, select

from cli.main import cara
from core.database import transaction
from services_directory.listing import COLUMNS
from services_directory.tables import DirectoryListing, Live, Revision

SITE = "hampshire"


def directory(*arguments: str | Path) -> Result:
    """`cara directory` with these arguments."""
    return CliRunner().invoke(cara, ["directory", *map(str, arguments)], catch_exceptions=False)


def taken_in(source: str | Path, *options: str | Path) -> Result:
    return directory("import", source, "--site", SITE, *options)


def lines(path: Path) -> list[dict[str, Any]]:
    """The report of an import."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def csv_file(
    path: Path, rows: Iterable[Mapping[str, str]], columns: Iterable[str] = COLUMNS
) -> Path:
    names = list(columns)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def json_file(path: Path, said: Any) -> Path:
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def version(listing_id: str) -> Revision:
    """The newest version of a listing."""
    with transaction() as session:
        newest = select(Revision).where(Revision.listing_id == listing_id)
        found = session.scalars(newest.order_by(Revision.n.desc())).first()
    assert found is not None, listing_id
    return found


def counts() -> tuple[int, int, int]:
    """Listings, versions and public listings."""
    with transaction() as session:
        listings, versions, public = (
            session.scalar(select(func.count()).select_from(table))
            for table in (DirectoryListing, Revision, Live)
        )
    return listings or 0, versions or 0, public or 0


def service(**fields: Any) -> dict[str, Any]:
    """A service as a feed of ORUK has it, at one place."""
    return {
        "id": "11111111-1111-4111-8111-111111111111",
        "name": "Quayside counselling",
        "status": "active",
        "description": "Talking to somebody, Monday to Friday.",
        "eligibility_description": "Adults in Southampton",
        "application_process": "Ring to book.",
        "url": "https://quayside.example/counselling",
        "minimum_age": 18,
        "accreditations": "BACP",
        "organization": {
            "id": "22222222-2222-4222-8222-222222222222",
            "name": "Quayside",
            "description": "A charity",
        },
        "contacts": [
            {"id": "c", "phones": [{"id": "p", "number": "023 8000 1234", "type": "voice"}]}
        ],
        "schedules": [
            {
                "id": "s",
                "freq": "WEEKLY",
                "byday": "MO,TU",
                "opens_at": "09:00",
                "closes_at": "17:00",
            }
        ],
        "service_areas": [{"id": "a", "name": "Southampton"}],
        "languages": [{"id": "l", "name": "Polish", "code": "pl"}],
        "cost_options": [{"id": "o", "amount": 5, "amount_description": "a session"}],
        "attributes": [{"id": "t", "taxonomy_term": {"id": "x", "name": "Mental health"}}],
        "service_at_locations": [
            place("33333333-3333-4333-8333-333333333333", "1 High Street", "SO14 7DW")
        ],
        **fields,
    }


def place(place_id: str, street: str, postcode: str) -> dict[str, Any]:
    address = {
        "id": f"address {place_id}",
        "address_1": street,
        "city": "Southampton",
        "postal_code": postcode,
        "address_type": "physical",
    }
    where = {"id": f"at {place_id}", "location_type": "physical", "addresses": [address]}
    return {"id": place_id, "location": where}


Answer = tuple[int, Mapping[str, str], bytes]


def as_json(said: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(said).encode()


@contextmanager
def served(answer: Callable[[str], Answer]) -> Iterator[tuple[str, list[str]]]:
    """A server on this machine: its address, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
