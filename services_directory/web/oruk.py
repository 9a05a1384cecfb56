"""The Open Referral UK 3.0 interface under /oruk: public, read-only and without a key.

It is an application of its own, with errors and a description of its own. The rules are those of
openreferraluk.org/developers/compliance; the POST twins of HSDS 3.1 keep a postcode out of
addresses and logs.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.clock import today
from core.database import transaction
from core.limiting import TooOftenError, searches
from core.settings import settings
from core.web.limited import limited
from services_directory import live
from services_directory.oruk import reading
from services_directory.oruk.asked import Asked, OrganizationsAsked, Paged, TermsAsked
from services_directory.oruk.reading import AT_LOCATIONS, ORGANIZATIONS, SERVICES, Kind
from services_directory.oruk.taxonomy import TAXONOMY_ID, Entity, taxonomy, terms

PREFIX = "/oruk"
PROFILE = "https://github.com/OpenReferralUK/uk-profile/blob/main/docs/index.md"
CACHED = "public, max-age=60"
NDJSON = "application/x-ndjson"
log = logging.getLogger("cara.web")

_CROSS_ORIGIN = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag",
    "cross-origin-resource-policy": "cross-origin",
}
_PREFLIGHT = {
    "allow": "GET, HEAD, POST, OPTIONS",
    "access-control-allow-methods": "GET, HEAD, POST, OPTIONS",
    "access-control-allow-headers": "Content-Type, If-None-Match",
    "access-control-max-age": "86400",
    "cache-control": CACHED,
}
_ITEM = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
_COUNTS = ("total_items", "total_pages", "page_number", "size")
_FLAGS = ("first_page", "last_page", "empty")
_PAGE = {
    "type": "object",
    "properties": {
        **{name: {"type": "integer", "minimum": 0} for name in _COUNTS},
        **{name: {"type": "boolean"} for name in _FLAGS},
        "contents": {"type": "array", "items": _ITEM},
    },
    "required": [*_COUNTS, *_FLAGS, "contents"],
}
_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
            "required": ["code", "message"],
        }
    },
    "required": ["error"],
}


def _documented(description: str, schema: dict[str, Any], *, lines: bool = False) -> dict[Any, Any]:
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if lines:
        content[NDJSON] = {"schema": {"type": "string"}}
    refused = {"description": "Refused.", "content": {"application/json": {"schema": _ERROR}}}
    return {200: {"description": description, "content": content}, "4XX": refused}


_LIST = _documented("A page, or with format=ndjson every item on a line.", _PAGE, lines=True)
_ONE = _documented("The item with all related data.", _ITEM)
api = FastAPI(
    title="CARA directory: Open Referral UK 3.0",
    version="3.0",
    docs_url=None,
    redoc_url=None,
    servers=[{"url": PREFIX}],
    root_path_in_servers=False,
    dependencies=[limited(searches)],
)


class OpenToAll:
    """Lets every page of the web read, and tells who has a copy whether it is still right.

    The tag of an answer is made from its bytes; a stream brings one of its own, because its bytes
    are not known before its head is sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer OPTIONS, HEAD and conditional requests here; pass on the rest."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await Response(None, 204, _PREFLIGHT | _CROSS_ORIGIN)(scope, receive, send)
            return
        answer = _Answer(scope, send)
        asked_as = "GET" if scope["method"] == "HEAD" else scope["method"]
        await self.app({**scope, "method": asked_as}, receive, answer.take)


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.send = send
        self.reads = scope["method"] in ("GET", "HEAD")
        self.bodiless = scope["method"] == "HEAD"
        self.had = Headers(scope=scope).get("if-none-match", "")
        self.start: Message = {}
        self.body: list[bytes] = []
        self.streams = False

    async def take(self, message: Message) -> None:
        """A message of the application."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self.streams:
            await self.send({**message, "body": b""} if self.bodiless else message)
        else:
            self.body.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._whole()

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        headers.update(_CROSS_ORIGIN)
        if self.reads and message["status"] in (200, 304):
            headers["cache-control"] = CACHED
        self.start = message
        self.streams = "etag" in headers
        if self.streams:
            await self.send(message)

    async def _whole(self) -> None:
        body = b"".join(self.body)
        if self.start["status"] == 200:
            headers = MutableHeaders(scope=self.start)
            headers["etag"] = tag = _tag(body)
            if self.reads and matches(self.had, tag):
                self.start["status"] = 304
                body = b""
                del headers["content-length"], headers["content-type"]
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": b"" if self.bodiless else body})


def matches(had: str, tag: str) -> bool:
    """Whether ``If-None-Match`` names the tag (RFC 9110, 13.1.2: compared as if all were weak)."""
    held = [each.strip().removeprefix("W/") for each in had.split(",")]
    return tag in held or held == ["*"]


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@api.get("/", responses=_documented("What this interface is.", {"type": "object"}))
def details(request: Request) -> Response:
    """The version and profile, from which a validator chooses its tests."""
    here = settings().public_url.rstrip("/") or str(request.base_url).rstrip("/")
    here = here.removesuffix(PREFIX) + PREFIX
    return _json(
        {
            "version": "HSDS-UK-3.0",
            "profile": PROFILE,
            "openapi_url": f"{here}/openapi.json",
            "description": "Services that help people after a conditional caution for domestic "
            "abuse, as far as they are public.",
            "publisher": {"name": "CARA assistant", "website": here.removesuffix(PREFIX) + "/"},
        }
    )


@api.get("/services", responses=_LIST)
def services(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Services; each may be given at several places."""
    return _listed(request, SERVICES, asked)


@api.post("/services", responses=_LIST)
def services_searched(request: Request, asked: Annotated[Asked, Body()]) -> Response:
    """The same, with the parameters in the body."""
    return _listed(request, SERVICES, asked)


@api.get("/services/{id}", responses=_ONE)
def one_service(id: str) -> Response:
    """A service with all related data."""
    return _one(id, reading.service)


@api.get("/organizations", responses=_LIST)
def organizations(request: Request, asked: Annotated[OrganizationsAsked, Query()]) -> Response:
    """Organisations that give services."""
    return _listed(request, ORGANIZATIONS, asked)


@api.post("/organizations", responses=_LIST)
def organizations_searched(
    request: Request, asked: Annotated[OrganizationsAsked, Body()]
) -> Response:
    """The same, with the parameters in the body."""
    return _listed(request, ORGANIZATIONS, asked)


@api.get("/organizations/{id}", responses=_ONE)
def one_organization(id: str, full_service: bool = False) -> Response:
    """An organisation with its services, those in full where asked."""

    def found(session: Session, known: str) -> Entity | None:
        return reading.organization(session, known, full_service=full_service)

    return _one(id, found)


@api.get("/service_at_locations", responses=_LIST)
def service_at_locations(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Services, each at one place."""
    return _listed(request, AT_LOCATIONS, asked)


@api.post("/service_at_locations", responses=_LIST)
def service_at_locations_searched(request: Request, asked: Annotated[Asked, Body()]) -> Response:
    """The same, with the parameters in the body."""
    return _listed(request, AT_LOCATIONS, asked)


@api.get("/service_at_locations/{id}", responses=_ONE)
def one_service_at_location(id: str) -> Response:
    """A service at one place, with all related data."""
    return _one(id, reading.service_at_location)


@api.get("/taxonomies", responses=_LIST)
def taxonomies(asked: Annotated[Paged, Query()]) -> Response:
    """The one taxonomy of this directory."""
    return _some(reading.taxonomies(asked), asked)


@api.post("/taxonomies", responses=_LIST)
def taxonomies_searched(asked: Annotated[Paged, Body()]) -> Response:
    """The same, with the parameters in the body."""
    return _some(reading.taxonomies(asked), asked)


@api.get("/taxonomies/{id}", responses=_ONE)
def one_taxonomy(id: str) -> Response:
    """The taxonomy with its terms."""
    whole = taxonomy() | {"taxonomy_terms": list(terms().values())}
    return _one(id, lambda _session, known: whole if known == TAXONOMY_ID else None)


@api.get("/taxonomy_terms", responses=_LIST)
def taxonomy_terms(asked: Annotated[TermsAsked, Query()]) -> Response:
    """The needs that services meet."""
    return _some(reading.taxonomy_terms(asked), asked)


@api.post("/taxonomy_terms", responses=_LIST)
def taxonomy_terms_searched(asked: Annotated[TermsAsked, Body()]) -> Response:
    """The same, with the parameters in the body."""
    return _some(reading.taxonomy_terms(asked), asked)


@api.get("/taxonomy_terms/{id}", responses=_ONE)
def one_taxonomy_term(id: str) -> Response:
    """One need."""
    by_id = {term["id"]: term for term in terms().values()}
    return _one(id, lambda _session, known: by_id.get(known))


def _listed(request: Request, kind: Kind, asked: Asked) -> Response:
    if asked.format == "ndjson":
        return _streamed(request, kind, asked)
    with transaction() as session:
        return _json(reading.page(session, kind, asked))


def _streamed(request: Request, kind: Kind, asked: Asked) -> Response:
    with transaction() as session:
        version = live.mark_of(session)
    said = (version, kind.key.key, asked.model_dump_json(), str(today()), settings().mode)
    tag = _tag(repr(said).encode())
    if request.method == "GET" and matches(request.headers.get("if-none-match", ""), tag):
        return Response(None, 304, {"etag": tag})
    return StreamingResponse(
        map(_lines, reading.stream(kind, asked)), media_type=NDJSON, headers={"etag": tag}
    )


def _some(found: list[Entity], asked: Paged) -> Response:
    if asked.format == "ndjson":
        return Response(_lines(found), media_type=NDJSON)
    return _json(reading.some(found, asked))


def _one(text: str, find: Callable[[Session, str], Entity | None]) -> Response:
    with transaction() as session:
        found = find(session, _id(text))
    if found is None:
        raise HTTPException(404)
    return _json(found)


def _id(text: str) -> str:
    """What is no UUID is the id of nothing."""
    try:
        return str(UUID(text))
    except ValueError:
        raise HTTPException(404) from None


def _lines(found: list[Entity]) -> bytes:
    return b"".join(_bytes(each) + b"\n" for each in found)


def _json(content: Any, status: int = 200) -> Response:
    return Response(_bytes(content), status, media_type="application/json")


def _bytes(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _error(status: int, code: str, message: str) -> Response:
    return _json({"error": {"code": code, "message": message}}, status)


@api.exception_handler(RequestValidationError)
def _refused(_request: Request, error: RequestValidationError) -> Response:
    return _error(400, "bad_request", "; ".join(_faults(error)) + ".")


def _faults(error: RequestValidationError) -> Iterator[str]:
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"] if part not in ("query", "body"))
        said = str(fault["msg"]).removeprefix("Value error, ")
        yield f"{where}: {said}" if where and fault["type"] != "json_invalid" else said


@api.exception_handler(HTTPException)
def _http_error(_request: Request, error: HTTPException) -> Response:
    codes = {404: "not_found", 405: "not_possible", 413: "too_much"}
    answer = _error(error.status_code, codes.get(error.status_code, "http"), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


@api.exception_handler(TooOftenError)
def _too_often(_request: Request, error: TooOftenError) -> Response:
    answer = _error(429, "too_many", "That is too much at once. Wait, and go on more slowly.")
    answer.headers["retry-after"] = str(error.wait)
    return answer


@api.exception_handler(SQLAlchemyError)
def _away(_request: Request, error: SQLAlchemyError) -> Response:
    log.warning("the database does not answer under %s: %s", PREFIX, type(error).__name__)
    return _error(503, "away", "The directory does not answer at the moment.")


@api.exception_handler(Exception)
def _ours(_request: Request, error: Exception) -> Response:
    log.error("unexpected error under %s: %s", PREFIX, type(error).__name__)
    return _error(500, "ours", "Something went wrong here.")


app = OpenToAll(api)
