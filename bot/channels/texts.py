"""Texts: the same assistant on a telephone. One conversation a telephone and site, without sign-in.

The on-screen channel of the demonstration calls :func:`take_text`; later real providers do too.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.exc import SQLAlchemyError

from bot.channels import crisis
from bot.channels.chat import take_turn
from bot.channels.incoming import ChatError, Incoming
from bot.channels.memory import remembered
from bot.channels.packing import choice_numbered, packed
from bot.channels.speaker import TEXT, Speaker
from bot.conversations import messages_after
from bot.live import why_not_live
from core.crypto import derived_key
from core.database import transaction
from core.words import words
from outreach.texts.contacts import number_of
from sites import Site, all_sites


@dataclass(frozen=True)
class Inbound:
    """A text as a provider hands it over. ``id`` is the provider's own, which tells a copy."""

    provider: str
    id: str
    sender: str
    to: str
    text: str


def take_text(inbound: Inbound) -> list[str]:
    """Answer a text; gives the texts that leave for it. Danger first, without the database.

    A typed number stands for a choice of the newest text that had any. Raises :class:`ChatError`
    where the number that was texted, or the sender's, is none that we know how to answer.
    """
    speaker = speaker_texting(inbound)
    key = hmac.new(derived_key("texts"), f"{inbound.provider}:{inbound.id}".encode(), sha256)
    incoming = Incoming(text=inbound.text)
    if not crisis.danger_in(speaker, remembered(speaker.id), incoming):
        if why_not_live(speaker.site):
            raise ChatError(404, "not_live", words("utter_not_live", "en").text)
        incoming = _by_number(speaker, inbound.text) or incoming
    messages = take_turn(speaker, incoming, key.hexdigest())
    return packed([message.body for message in messages if message.sender == "assistant"])


def speaker_texting(inbound: Inbound) -> Speaker:
    """Who texts whom; the conversation's id follows from both, so no look-up is needed."""
    site, sender = site_texted(inbound.to), number_of(inbound.sender)
    if site is None or sender is None:
        raise ChatError(404, "no_number", words("utter_no_number", "en").text)
    secret = hmac.new(derived_key("phones"), f"{site.code}:{sender}".encode(), sha256)
    return Speaker(
        id=str(uuid.UUID(bytes=secret.digest()[:16])),
        site=site.code,
        audience="participant",
        language="en",
        channel=TEXT,
        phone=sender,
    )


def site_texted(number: str) -> Site | None:
    """The site whose number this is."""
    wanted = number_of(number)
    sites = [site for site in all_sites().values() if site.text_number]
    return next((s for s in sites if wanted and number_of(s.text_number) == wanted), None)


def _by_number(speaker: Speaker, typed: str) -> Incoming | None:
    if not typed.strip(" .)").isdecimal():
        return None
    try:
        with transaction() as session:
            bodies = [message.body for message in messages_after(session, speaker.id, 0)]
    except SQLAlchemyError:
        return None
    token = choice_numbered(bodies, typed)
    return Incoming(choice=token) if token else None
