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
    """Every part, with a line for each."""
    found = parts()
    return JSONResponse(found, 200 if all(found.values()) else 503)


def parts() -> dict[str, bool]:
    """Whether each part answers this process now."""
    return {name: _answers(check) for name, check in _PARTS.items()}


def _database() -> bool:
    with transaction() as session:
        session.execute(text("SELECT count(*) FROM conversation"))
    return True


def _actions() -> bool:
    url = os.environ.get("CARA_ACTIONS_URL", "").replace("/webhook", "/healthz")
    return bool(url) and httpx.get(url, timeout=1.0).status_code == 200


def _rasa() -> bool:
    return rasa().alive()


_PARTS: dict[str, Callable[[], bool]] = {"database": _database, "actions": _actions, "rasa": _rasa}


def _answers(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - any failure of a part is one answer: no
        return False
