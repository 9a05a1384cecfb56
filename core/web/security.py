"""What every response carries: a content security policy with a nonce of its own, and the rest.

The rules are checks of OWASP ASVS 5.0 (3.4.1 to 3.4.8, 14.3.2); nothing is called from elsewhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import settings
from core.words import words

LONGEST_BODY = 100_000
HSTS_LASTS = timedelta(days=365)


def content_security_policy(
    nonce: str, *, framed_by: Iterable[str] = (), frames: str = "'none'"
) -> str:
    """The policy of one response; ``framed_by`` lists the origins that may show it in a frame."""
    hosts = " ".join(framed_by) or "'none'"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            f"frame-src {frames}",
            f"frame-ancestors {hosts}",
        ]
    )


def security_headers(nonce: str) -> dict[str, str]:
    """The headers of a response that sets none of its own."""
    headers = {
        "content-security-policy": content_security_policy(nonce),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cache-control": "no-store",
    }
    if not settings().demo:
        lasts = int(HSTS_LASTS.total_seconds())
        headers["strict-transport-security"] = f"max-age={lasts}; includeSubDomains"
    return headers


def open_to_hosts(response: Response) -> Response:
    """Let pages of other sites load an answer that is meant for them."""
    response.headers["cross-origin-resource-policy"] = "cross-origin"
    return response


def nonce_of(connection: HTTPConnection) -> str:
    """The nonce under which scripts of this response may run."""
    nonce: str = connection.state.nonce
    return nonce


class Secured:
    """Wraps the whole application, so that its error answers carry the headers too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what the answer does not set itself, and refuse bodies that no page of ours sends."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = scope.setdefault("state", {})["nonce"] = secrets.token_urlsafe(18)
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LONGEST_BODY:
                raise HTTPException(413, words("utter_too_much", "en").text)
            return message

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(nonce).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, limited, secured)
