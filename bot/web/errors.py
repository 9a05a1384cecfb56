"""Errors in the words of their person: JSON for the API, a page for people, never a trace."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from accounts.web.session import SignInNeededError
from bot.channels.incoming import ChatError
from bot.web.wording import DEFAULT, page_words
from core.limiting import TooOftenError, UncountedError
from core.occasion import occasion
from core.web.forms import ForgedError
from core.web.pages import page
from core.web.shape import shape_of
from core.words import words

log = logging.getLogger("cara.web")

_STAFF = (
    "/officer",
    "/sign",
    "/account",
    "/sessions",
    "/set-password",
    "/referrals",
    "/alerts",
    "/outbox",
    "/hand-over",
    "/audit",
    "/status",
)
_JSON = ("/api/", "/healthz", "/readyz", "/texts/")
_WORDS = {
    400: "unreadable",
    401: "chat_ended",
    403: "form_too_old",
    404: "no_page",
    405: "not_possible",
}


def install(app: FastAPI) -> None:
    """Answer every kind of error in one place."""
    app.add_exception_handler(ChatError, _chat_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ForgedError, _forged)
    app.add_exception_handler(TooOftenError, _too_often)
    app.add_exception_handler(UncountedError, _uncounted)
    app.add_exception_handler(SignInNeededError, _sign_in_needed)
    app.add_exception_handler(SQLAlchemyError, _database_away)
    app.add_exception_handler(Exception, _ours)


def error_json(status: int, code: str, message: str) -> JSONResponse:
    """The error shape of the interface."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def _answer(request: Request, status: int, code: str, message: str) -> Response:
    if request.url.path.startswith(_JSON):
        return error_json(status, code, message)
    if "hx-request" not in request.headers:
        return page(
            request,
            "error.html",
            status=status,
            cookies=False,
            words=message,
            for_staff=request.url.path.startswith(_STAFF),
            t=page_words(DEFAULT),
            reference=occasion().reference,
        )
    return _problem(request, status, message)


def _problem(request: Request, status: int, message: str, link: str = "") -> Response:
    """Above the message box, so that nothing typed is lost."""
    fragment = page(
        request, "parts/problem.html", status=status, cookies=False, words=message, link=link
    )
    fragment.headers["hx-retarget"] = "#composer-problem"
    fragment.headers["hx-reswap"] = "innerHTML"
    return fragment


def _chat_error(request: Request, error: Any) -> Response:
    return _answer(request, error.status, error.code, error.message)


def _malformed(request: Request, _error: Any) -> Response:
    return _answer(request, 400, "malformed", _said(_WORDS[400]))


def _http_error(request: Request, error: Any) -> Response:
    key = _WORDS.get(error.status_code, "")
    told = _said(key) if key else str(error.detail)
    return _answer(request, error.status_code, "http", told)


def _forged(request: Request, _error: Any) -> Response:
    return _answer(request, 403, "forged", _said(_WORDS[403]))


def _too_often(request: Request, error: Any) -> Response:
    answer = _answer(request, 429, "too_many", _said("too_fast"))
    answer.headers["retry-after"] = str(error.wait)
    return answer


def _uncounted(request: Request, _error: Any) -> Response:
    log.warning("nothing can be counted, and what has to be is refused")
    return _answer(request, 503, "away", _said("away"))


def _sign_in_needed(request: Request, error: Any) -> Response:
    address = f"/sign-in?next={quote(error.path)}"
    if "hx-request" not in request.headers:
        return RedirectResponse(address, 303)
    return _problem(request, 401, _said("signed_out"), link="/sign-in")


def _ours(request: Request, error: Exception) -> Response:
    log.error("unexpected error on %s: %s", shape_of(request.scope), type(error).__name__)
    return _answer(request, 500, "ours", _said("our_fault"))


def _database_away(request: Request, error: Exception) -> Response:
    """One plain sentence with numbers to ring, wherever somebody was."""
    shape = shape_of(request.scope)
    log.warning("the database does not answer on %s: %s", shape, type(error).__name__)
    return away(request)


def away(request: Request) -> Response:
    """What needs the database cannot be shown at the moment."""
    staff = request.url.path.startswith(_STAFF)
    return _answer(request, 503, "away", _said("away_officer" if staff else "away"))


def _said(key: str) -> str:
    return words(f"utter_{key}", DEFAULT).text
