"""How e-mails and webhook calls leave; in demonstration mode e-mails stay on screen."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import smtplib
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from functools import partial
from urllib.parse import unquote, urlsplit

import httpx

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
    """POST ``body`` as JSON to ``url``, signed, with the key by which a repeat is known."""
    content = json.dumps(letter.payload["body"]).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": letter.key}
    if settings().webhook_secret:
        sign = partial(hmac.new, settings().webhook_secret.encode(), content, hashlib.sha256)
        headers[SIGNATURE] = f"sha256={sign().hexdigest()}"
    try:
        with ThreadPoolExecutor(1) as own:
            status = own.submit(_status_of, letter.payload["url"], content, headers).result()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:
        raise NotSentError(f"webhook: {type(error).__name__}") from error
    if not 200 <= status < 300:
        raise NotSentError(f"webhook: status {status}")


def _status_of(url: str, content: bytes, headers: dict[str, str]) -> int:
    """Wait for the answer, in a thread of its own: the caller's may have an event loop running."""
    return asyncio.run(_call(url, content, headers))


async def _call(url: str, content: bytes, headers: dict[str, str]) -> int:
    """One call with one limit for the whole of it: httpx waits anew for every byte that drips."""
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as client:
        return (await client.post(url, content=content, headers=headers)).status_code
