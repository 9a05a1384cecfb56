"""Every request in one place: its reference, and what staff look at or are refused, on record.

What a page's own code puts on record (a move, a referral that was opened) has the better words for
it; whatever else somebody signed in is shown, does or is refused gets its row here, before the
answer leaves: no audit, no look.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts.policy import matrix
from accounts.web.declared import policies_of
from core.audit import record
from core.database import transaction
from core.metrics import REQUESTS
from core.occasion import API, TEXT, WEB, Occasion, during, occasion, reference_of
from core.web.shape import shape_of

REFERENCE = "x-request-id"
REFUSED = (401, 403, 404)
# Asked many times while a copy wakes, and answered no.
PROBES = ("/healthz", "/readyz")
# A conversation is a record of its own, and what is done in it is on record one by one.
TALK = "chat.officer"
_SOURCES = {"/api/": API, "/texts/": TEXT, "/oruk/": API}
# Numbers and references of ours; nothing else that was typed into an address is kept.
_KNOWN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,6}|[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{2}"
)
_GAP = re.compile(r"\{(\w+)\}")
log = logging.getLogger("cara.web")


class Watched:
    """Wraps the application; ``away`` is the answer where a look cannot be put on record."""

    def __init__(self, app: ASGIApp, away: Callable[[Request], Response]) -> None:
        self.app, self.away = app, away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its reference, and let no look leave that is not on record."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REFERENCE, "")
        replaced = False

        async def watched(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REFERENCE] = occasion().reference
                row = _row(scope, message["status"])
                replaced = row is not None and not await run_in_threadpool(_kept, row)
                if replaced:
                    await self.away(Request(scope))(scope, receive, send)
            if not replaced:
                await send(message)

        with during(Occasion(source_of(scope["path"]), reference_of(given))):
            await self.app(scope, receive, watched)


def source_of(path: str) -> str:
    """Whether a page, an interface or a provider of texts is asked."""
    return next((each for start, each in _SOURCES.items() if path.startswith(start)), WEB)


def _kept(row: dict[str, Any]) -> bool:
    """Put the row on record; whether the answer may leave."""
    try:
        with transaction() as session:
            record(session, **row)
    except SQLAlchemyError as error:
        log.warning("the audit cannot be written: %s", type(error).__name__)
        # Who is refused is refused all the same.
        return bool(row["refused"])
    return True


def _row(scope: Scope, status: int) -> dict[str, Any] | None:
    """What is to be on record of this answer; None where nothing is, or is already."""
    REQUESTS.labels(shape_of(scope), f"{status // 100}xx").inc()
    if status >= 400 and scope["path"] not in PROBES:
        log.info("%s %s %d", scope["method"], shape_of(scope), status)
    happening, route = occasion(), scope.get("route")
    refused = status in REFUSED
    # A refusal may have undone what its page had put on record.
    if happening.actor is None or route is None or (happening.recorded and not refused):
        return None
    policy = _policy(route)
    if not refused and (status >= 400 or policy in (TALK, "")):
        return None
    return {
        "actor": happening.actor,
        "act": f"{'view' if scope['method'] == 'GET' else 'use'}.{policy or 'page'}",
        "subject": f"page:{_filled(shape_of(scope), scope.get('path_params', {}))}"[:120],
        "refused": refused,
        "why": "search" if scope.get("query_string") and not refused else "",
    }


def _policy(route: Any) -> str:
    """The act of the matrix that the route names; empty for a way in without an account."""
    named = policies_of(route) if isinstance(route, APIRoute) else []
    return next((each for each in named if each in matrix().acts), "")


def _filled(shape: str, values: Mapping[str, Any]) -> str:
    def known(gap: re.Match[str]) -> str:
        value = str(values.get(gap[1], ""))
        return value if _KNOWN.fullmatch(value) else gap[0]

    return _GAP.sub(known, shape)
