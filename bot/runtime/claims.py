"""The signed claims by which our application tells Rasa who speaks; nothing else is believed."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import jwt

ALGORITHM = "HS256"


class ForgedError(Exception):
    """Claims that are missing, past their time, forged, or of another body."""


def verified(header: str | None, body: bytes) -> dict[str, Any]:
    """The claims of an ``Authorization: Bearer`` header made for exactly this ``body``."""
    token = (header or "").removeprefix("Bearer ")
    try:
        claims: dict[str, Any] = jwt.decode(
            token, bytes.fromhex(os.environ["CARA_CLAIMS_KEY"]), algorithms=[ALGORITHM]
        )
    except jwt.InvalidTokenError as error:
        raise ForgedError(str(error)) from error
    if claims.get("body") != hashlib.sha256(body).hexdigest():
        raise ForgedError("signed for another body")
    return claims
