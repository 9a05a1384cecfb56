"""The action webhook: loopback only, for Rasa alone, one transaction a call."""

from __future__ import annotations

import hmac
import os
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from actions import asides, bounds, officer, officer_talk, participant, sent, shown

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
executor = ActionExecutor()
for module in (asides, bounds, officer, officer_talk, participant, sent, shown):
    for action in module.ACTIONS:
        executor.register_action(action)


@app.post("/webhook")
async def webhook(request: Request, authorization: Annotated[str, Header()] = "") -> JSONResponse:
    """Run one action for Rasa; 401 for anybody else, 400 where an action stands back."""
    expected = f"Bearer {os.environ['CARA_ACTIONS_KEY']}"
    if not hmac.compare_digest(authorization.encode(), expected.encode()):
        raise HTTPException(401)
    call: dict[str, Any] = await request.json()
    call.setdefault("domain", {})
    try:
        result = await executor.run(call)
    except ActionExecutionRejection as rejection:
        body = {"error": str(rejection), "action_name": rejection.action_name}
        return JSONResponse(body, status_code=400)
    return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})


@app.get("/healthz")
def healthz() -> dict[str, bool]:
    """Whether this process answers."""
    return {"ok": True}
