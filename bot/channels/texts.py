"""Texts: the same assistant on a telephone. One conversation a telephone and site, without sign-in.

The on-screen channel of the demonstration calls :func:`take_text`; later real providers do too.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.exc import SQLAlchemyError

from bot.channels import crisis
from bot.channels.chat import take_turn
from bot.channels.following_up import followed_up
from bot.channels.incoming import OVER, Barred, ChatError, Incoming, let
from bot.channels.memory import remembered
from bot.channels.packing import choice_numbered, packed
from bot.channels.speaker import TEXT, Speaker
from bot.channels.text_commands import obey
from bot.channels.text_privacy import Known, elsewhere, known, link, unanswered
from bot.conversations import ChatMessage, messages_after
from bot.live import why_not_live
from bot.runtime.language import language_of
from core.crypto import derived_key
from core.database import transaction
from core.stages import turn
from core.words import words
from outreach.texts.contacts import chat_of, number_of
from outreach.texts.links import wants_link
from outreach.texts.stop_words import command_of
from outreach.texts.tables import Arrived
from sites import Site, all_sites

# As much of a provider's name as the table holds.
_PROVIDER = 12
# Half of a character is none, and no encoder takes it.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Inbound:
    """A text as a provider hands it over. ``id`` is the provider's own, which tells a copy."""

    provider: str
    id: str
    sender: str
    to: str
    text: str


def take_text(inbound: Inbound, barred: Barred = let) -> list[str]:
    """Answer a text; gives the texts that leave for it. Danger first, without the database.

    STOP, START and HELP are read by rule in every text, whatever else it says. After STOP nothing
    else is answered but danger. A telephone that others may see is told nothing but the way to a
    page. A typed number stands for a choice of the newest text that had any. ``barred`` says why
    nothing but danger and STOP may be answered now. Raises :class:`ChatError` for that, and where
    the number that was texted, or the sender's, is none that we know how to answer.
    """
    speaker, arrived = speaker_texting(inbound), _arrived(inbound)
    with turn(TEXT, ChatError):
        return _taken(speaker, arrived, inbound.text, barred)


def _taken(speaker: Speaker, arrived: Arrived, text: str, barred: Barred) -> list[str]:
    said = _HALF_CHARACTER.sub("\ufffd", text)
    if _shows_danger(speaker, said):
        return _danger(speaker, said, arrived)
    about = known(speaker)
    speaker = _in_their_language(speaker, about, said)
    # A process that meets a conversation for the first time knows only now what was asked in it.
    if _shows_danger(speaker, said):
        return _danger(speaker, said, arrived)
    command = command_of(said)
    if command != "stop" and (why := barred()):
        raise why
    if command:
        return obey(speaker, command, arrived, said)
    if about and about.stopped:
        unanswered(speaker, said)
        return []
    if why_not_live(speaker.site):
        raise ChatError(404, "not_live", words("utter_not_live", "en").text)
    return _answered(speaker, said, arrived, about)


def _shows_danger(speaker: Speaker, said: str) -> bool:
    return crisis.danger_in(speaker, remembered(speaker.id), Incoming(text=said)) is not None


def _danger(speaker: Speaker, said: str, arrived: Arrived) -> list[str]:
    """The one answer to danger; what the text commands besides is done without a word."""
    messages = take_turn(speaker, Incoming(text=said), arrived.id_lookup)
    if command := command_of(said):
        obey(speaker, command, arrived, said, quietly=True)
    return _texts(messages)


def _answered(speaker: Speaker, said: str, arrived: Arrived, about: Known | None) -> list[str]:
    if about and about.somebody and wants_link(said):
        return link(speaker, arrived)
    if about and not about.private:
        return elsewhere(speaker, said, arrived, somebody=about.somebody)
    if about and about.somebody and (texts := followed_up(speaker, said, arrived)) is not None:
        return texts
    incoming = _by_number(speaker, said) or Incoming(text=said)
    try:
        return _texts(take_turn(speaker, incoming, arrived.id_lookup))
    except ChatError as error:
        if error.code != OVER:
            raise
        # They had it all deleted while Rasa thought about this.
        return []


def _texts(messages: list[ChatMessage]) -> list[str]:
    return packed([message.body for message in messages if message.sender == "assistant"])


def _arrived(inbound: Inbound) -> Arrived:
    """By what a copy is known: the provider and a keyed hash of its id, as it was written."""
    name = f"{inbound.provider}:{inbound.id}".encode("utf-8", "surrogatepass")
    key = hmac.new(derived_key("texts"), name, sha256)
    return Arrived(provider=inbound.provider[:_PROVIDER], id_lookup=key.hexdigest())


def _in_their_language(speaker: Speaker, about: Known | None, said: str) -> Speaker:
    """The language of the conversation, the one that was chosen before, or the text's own."""
    chosen = remembered(speaker.id).language or (about.language if about else "")
    own = language_of(said)
    return speaker.in_language(chosen or (speaker.language if own == "other" else own))


def speaker_texting(inbound: Inbound) -> Speaker:
    """Who texts whom; the conversation's id follows from both, so no look-up is needed."""
    site, sender = site_texted(inbound.to), number_of(inbound.sender)
    if site is None or sender is None:
        raise ChatError(404, "no_number", words("utter_no_number", "en").text)
    return Speaker(
        id=chat_of(site.code, sender),
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
