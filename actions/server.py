"""The action webhook: loopback only, for Rasa alone, one transaction a call."""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from actions import asides, bounds, officer, officer_talk, participant, sent, shown
from core import metrics, traces
from core.occasion import WEB, Occasion, during
from core.pulse import pulse
from core.settling import settle
from services_directory import live
from sites import all_sites


@asynccontextmanager
async def awake(_app: Starlette) -> AsyncIterator[None]:
    """Tell counts and traces, where the operator asks for them, and have the directory at hand."""
    metrics.serve("actions")
    traces.set_up("actions")
    live.read_early(all_sites())
    settle()
    async with pulse():
        yield


executor = ActionExecutor()
for module in (asides, bounds, officer, officer_talk, participant, sent, shown):
    for action in module.ACTIONS:
        executor.register_action(action)


async def webhook(request: Request) -> JSONResponse:
    """Run one action for Rasa; 401 for anybody else, 400 where an action stands back."""
    authorization = request.headers.get("authorization", "")
    expected = f"Bearer {os.environ['CARA_ACTIONS_KEY']}"
    if not hmac.compare_digest(authorization.encode(), expected.encode()):
        raise HTTPException(401)
    call: dict[str, Any] = await request.json()
    call.setdefault("domain", {})
    try:
        with during(_occasion(call)), _timed(str(call.get("next_action"))):
            result = await executor.run(call)
    except ActionExecutionRejection as rejection:
        body = {"error": str(rejection), "action_name": rejection.action_name}
        return JSONResponse(body, status_code=400)
    return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})


@contextmanager
def _timed(action: str) -> Iterator[None]:
    """Counted by its name, if it is one of ours."""
    named = action if action in executor.actions else "other"
    started, outcome = time.perf_counter(), "failed"
    try:
        with traces.joined("actions", action=named):
            yield
        outcome = "done"
    finally:
        metrics.ACTIONS.labels(named, outcome).observe(time.perf_counter() - started)


def _occasion(call: dict[str, Any]) -> Occasion:
    """The request of ours behind Rasa's call, as we signed it."""
    claims = call.get("tracker", {}).get("latest_message", {}).get("metadata") or {}
    return Occasion(str(claims.get("source", WEB)), str(claims.get("request", "")))


async def healthz(_request: Request) -> JSONResponse:
    """Whether this process answers."""
    return JSONResponse({"ok": True})


app = Starlette(
    routes=[Route("/webhook", webhook, methods=["POST"]), Route("/healthz", healthz)],
    lifespan=awake,
)
