"""Errors in the words of their person: JSON for the API, a page for people, never a trace."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from bot.channels.chat import ChatError

log = logging.getLogger("cara.web")


def install(app: FastAPI) -> None:
    """Answer every kind of error in one place."""
    app.add_exception_handler(ChatError, _chat_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _ours)


def error_json(status: int, code: str, message: str) -> JSONResponse:
    """The error shape of the interface."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def _chat_error(_request: Request, error: Any) -> Response:
    return error_json(error.status, error.code, error.message)


def _malformed(_request: Request, _error: Any) -> Response:
    return error_json(400, "malformed", "That request could not be read.")


def _http_error(_request: Request, error: Any) -> Response:
    return error_json(error.status_code, "http", str(error.detail))


def _ours(request: Request, error: Exception) -> Response:
    log.error("unexpected error on %s: %s", request.url.path, type(error).__name__)
    return error_json(500, "ours", "Something went wrong on our side. Please try again.")
