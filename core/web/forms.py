"""Forms that only our own pages can send (ASVS 3.5.1): a token in the form that fits a cookie.

The cookie holds 256 random bits; the token in the form is its keyed hash, which no other site can
read or make. Browsers say besides where a request comes from, and that is believed when it is no.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from core.crypto import derived_keys

COOKIE = "__Host-cara_csrf"
FIELD = "csrf_token"
MOST_FIELDS = 500
SAFE = ("GET", "HEAD", "OPTIONS")
_COOKIE = re.compile(r"[\w-]{43}")


class ForgedError(Exception):
    """A form that did not come from a page of ours, or from one that is long out of date."""


def cookie_of(request: Request) -> str:
    """The secret that this browser holds already, or a new one."""
    held = request.cookies.get(COOKIE, "")
    return held if _COOKIE.fullmatch(held) else secrets.token_urlsafe(32)


def token_for(cookie: str) -> str:
    """What a form must carry to fit the cookie."""
    return _tokens_for(cookie)[0]


def _tokens_for(cookie: str) -> list[str]:
    """The same under every secret in use: a page that is open when it changes can still be sent."""
    keys = derived_keys("csrf")
    return [hmac.new(key, cookie.encode(), hashlib.sha256).hexdigest() for key in keys]


def set_cookie(response: Response, name: str, value: str, *, strict: bool = False) -> None:
    """A cookie that scripts and other sites never see, gone when the browser closes."""
    response.set_cookie(
        name, value, path="/", secure=True, httponly=True, samesite="strict" if strict else "lax"
    )


def forget_cookie(response: Response, name: str) -> None:
    """Remove a cookie that :func:`set_cookie` set."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


async def own_form(request: Request) -> FormData:
    """The form of an unsafe request; raises :class:`ForgedError` unless a page of ours sent it."""
    if not from_here(request):
        raise ForgedError
    form = await form_of(request)
    held = request.cookies.get(COOKIE, "")
    sent = said(form, FIELD).encode()
    fits = any(hmac.compare_digest(each.encode(), sent) for each in _tokens_for(held))
    if not held or not fits:
        raise ForgedError
    return form


async def form_of(request: Request) -> FormData:
    """The fields of a form; raises ``HTTPException`` 400 for files, which no page of ours sends."""
    return await request.form(max_files=0, max_fields=MOST_FIELDS)


def from_here(request: Request) -> bool:
    """Whether the browser says that the request comes from this origin, or says nothing.

    Under ``Referrer-Policy: no-referrer`` browsers send ``Origin: null`` with our own forms, so
    only an origin with a host can convict.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    host = urlsplit(request.headers.get("origin", "")).netloc
    return not host or host == request.headers.get("host")


async def only_from_here(request: Request) -> None:
    """For every route: what changes something is refused where a page of somebody else asks."""
    if request.method not in SAFE and not from_here(request):
        raise ForgedError


def said(form: FormData, name: str) -> str:
    """The text of a field; empty where it is missing or no text."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


OwnForm = Annotated[FormData, Depends(own_form)]
