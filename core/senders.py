"""How e-mails and webhook calls leave; in demonstration mode e-mails stay on screen."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from urllib.parse import unquote, urlsplit

import httpx

from core.clock import now
from core.outbox import Letter, NotSentError, Sender
from core.settings import settings

PATIENCE = 10.0
SIGNATURE = "X-Cara-Signature"


def senders() -> dict[str, Sender]:
    """The sender of each kind of outgoing, as this copy is set up."""
    mail = send_mail if settings().smtp_url else keep_on_screen
    return {"email": mail, "webhook": call_webhook, "text": keep_on_screen}


def keep_on_screen(letter: Letter) -> None:
    """The demonstration sends nothing: the outbox page shows the row. Production needs a sender."""
    if not settings().demo:
        raise NotSentError(f"no sender is set up for {letter.kind}")


def send_mail(letter: Letter) -> None:
    """Hand an e-mail (``to``, ``subject``, ``text``) to the SMTP server."""
    message = EmailMessage()
    message["From"] = settings().mail_from
    message["To"] = letter.payload["to"]
    message["Subject"] = letter.payload["subject"]
    message["Message-ID"] = f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:32]}@cara>"
    message.set_content(letter.payload["text"])
    url = urlsplit(settings().smtp_url)
    dial = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    try:
        with dial(url.hostname or "localhost", url.port or 0, timeout=PATIENCE) as server:
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSentError(f"mail server: {type(error).__name__}") from error


def call_webhook(letter: Letter) -> None:
    """POST ``body`` as JSON to ``url``, signed, with the key by which a repeat is known.

    With ``secret_env``, the name of an environment variable, the call is signed with the secret in
    it, and is not made where there is none.
    """
    content = json.dumps(letter.payload["body"]).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": letter.key}
    if name := letter.payload.get("secret_env"):
        headers |= _signed_with(name, letter.key, content)
    elif settings().webhook_secret:
        sign = partial(hmac.new, settings().webhook_secret.encode(), content, hashlib.sha256)
        headers[SIGNATURE] = f"sha256={sign().hexdigest()}"
    try:
        with ThreadPoolExecutor(1) as own:
            status = own.submit(_status_of, letter.payload["url"], content, headers).result()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:
        raise NotSentError(f"webhook: {type(error).__name__}") from error
    if not 200 <= status < 300:
        raise NotSentError(f"webhook: status {status}")


def _signed_with(name: str, key: str, content: bytes) -> dict[str, str]:
    secret = os.environ.get(name)
    if not secret:
        raise NotSentError(f"webhook: the secret {name} is not set")
    try:
        return stamped(secret, key, now(), content)
    except ValueError:
        raise NotSentError(f"webhook: the secret {name} is no base64") from None


def stamped(secret: str, key: str, moment: datetime, content: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0: a signature over key, moment and content.

    A receiver that refuses old moments cannot be sent a copy later, nor the same under another
    key. A secret that begins with ``whsec_`` is base64, as that standard has it.
    """
    plain = secret.removeprefix("whsec_")
    key_bytes = base64.b64decode(plain, validate=True) if plain != secret else secret.encode()
    at = str(int(moment.timestamp()))
    signed = hmac.digest(key_bytes, f"{key}.{at}.".encode() + content, "sha256")
    return {
        "webhook-id": key,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def _status_of(url: str, content: bytes, headers: dict[str, str]) -> int:
    """Wait for the answer, in a thread of its own: the caller's may have an event loop running."""
    return asyncio.run(_call(url, content, headers))


async def _call(url: str, content: bytes, headers: dict[str, str]) -> int:
    """One call with one limit for the whole of it: httpx waits anew for every byte that drips."""
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as client:
        return (await client.post(url, content=content, headers=headers)).status_code
