"""Expiring claims: signed between our own processes, sealed where a browser holds them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jwt
from cryptography.fernet import InvalidToken

from core.clock import now
from core.crypto import box, derived_key, derived_keys

ALGORITHM = "HS256"
# Bytes of every sealed token, so that its length tells nothing of what is in it.
SEALED = 320


class TokenError(Exception):
    """A token that is malformed, forged, or past its time."""


def sign(purpose: str, claims: dict[str, Any], *, lasts: timedelta) -> str:
    """Claims signed for one purpose; a token of one purpose opens nothing of another.

    They do not say when they were made: a reader whose clock is a second behind would refuse them.
    """
    said = {**claims, "exp": now() + lasts}
    return jwt.encode(said, derived_key(purpose), algorithm=ALGORITHM)


def verify(purpose: str, token: str) -> dict[str, Any]:
    """The claims of a token made by :func:`sign`; raises :class:`TokenError`."""
    trouble = ""
    for key in derived_keys(purpose):
        try:
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=[ALGORITHM])
        except jwt.InvalidTokenError as error:
            trouble = trouble or str(error)
        else:
            return claims
    raise TokenError(trouble)


def seal(purpose: str, claims: dict[str, Any], *, lasts: timedelta) -> str:
    """Claims that only we can read and nobody else can make, good for one purpose.

    A random 128 bits make each unlike any other; the moment stands inside, in whole seconds.
    """
    issued = int(now().timestamp())
    said = {**claims, "iat": issued, "exp": issued + int(lasts.total_seconds())}
    return box(purpose).encrypt_at_time(json.dumps(said).encode().ljust(SEALED), 0).decode()


def unseal(purpose: str, token: str) -> dict[str, Any]:
    """The claims of a token made by :func:`seal`; raises :class:`TokenError`."""
    try:
        claims: dict[str, Any] = json.loads(box(purpose).decrypt(token.encode()))
    except InvalidToken:
        raise TokenError("not one of ours") from None
    if claims["exp"] <= now().timestamp():
        raise TokenError("past its time")
    return claims
