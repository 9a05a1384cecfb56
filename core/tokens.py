"""Signed, expiring claims that travel between our own processes and to the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt

from core.clock import now
from core.crypto import derived_key

ALGORITHM = "HS256"


class TokenError(Exception):
    """A token that is malformed, forged, or past its time."""


def sign(purpose: str, claims: dict[str, Any], *, lasts: timedelta) -> str:
    """Claims signed for one purpose; a token of one purpose opens nothing of another."""
    issued = now()
    return jwt.encode(
        {**claims, "iat": issued, "exp": issued + lasts}, derived_key(purpose), algorithm=ALGORITHM
    )


def verify(purpose: str, token: str) -> dict[str, Any]:
    """The claims of a token made by :func:`sign`; raises :class:`TokenError`."""
    try:
        claims: dict[str, Any] = jwt.decode(token, derived_key(purpose), algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise TokenError(str(error)) from error
    return claims
