"""Whether this process can screen and answer, and whether every part can (design section 5)."""

from __future__ import annotations

import os
from collections.abc import Callable

import httpx
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

from accounts.web.declared import way
from bot.channels.rasa_client import rasa
from bot.safety import screen
from core.database import transaction

router = APIRouter(dependencies=[way("public")])


@router.get("/healthz")
def healthz() -> JSONResponse:
    """This process: it can screen and answer, whatever else is down."""
    screens = screen("I want to die") is not None
    return JSONResponse({"ok": screens}, 200 if screens else 503)


@router.get("/readyz")
def readyz() -> JSONResponse:
    """Every part, with a line for each; 503 where any is away, be it one Rasa of several.

    It is for whoever starts or watches a copy: they wait for all that they have started, and hear
    of one that is away while the others still answer. What a proxy may ask is ``/healthz``.
    """
    found = parts()
    return JSONResponse(found, 200 if all(found.values()) else 503)


def parts() -> dict[str, bool]:
    """Whether each part answers this process now; each Rasa by itself."""
    return {name: _answers(check) for name, check in _PARTS.items()} | _rasas()


def _database() -> bool:
    with transaction() as session:
        session.execute(text("SELECT count(*) FROM conversation"))
    return True


def _actions() -> bool:
    url = os.environ.get("CARA_ACTIONS_URL", "").replace("/webhook", "/healthz")
    return bool(url) and httpx.get(url, timeout=1.0).status_code == 200


def _rasas() -> dict[str, bool]:
    """Under the names that `make run` gives them, which are those of their logs."""
    try:
        each = rasa().answering()
    except Exception:  # noqa: BLE001 - as below
        each = [False]
    return {f"rasa-{n}" if n > 1 else "rasa": answers for n, answers in enumerate(each, 1)}


_PARTS: dict[str, Callable[[], bool]] = {"database": _database, "actions": _actions}


def _answers(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - any failure of a part is one answer: no
        return False
