"""The providers of texts behind one small interface; which one a copy uses is a setting."""

from __future__ import annotations

from core.crypto import lookup_hash
from core.database import transaction
from core.outbox import Letter, NeverSentError, NotSentError
from core.settings import settings
from outreach.texts import contacts
from outreach.texts.providers.base import LaterError, Provider, RefusedError

__all__ = [
    "UNLESS_STOPPED",
    "LaterError",
    "Provider",
    "RefusedError",
    "provider",
    "send_letter",
]


# In the payload of a letter: it goes to nobody who has texted STOP since it was written.
UNLESS_STOPPED = "unless_stopped"


class OnScreen:
    """The demonstration's: nothing leaves, and the page of the outbox shows the row."""

    name = "on_screen"

    def send(self, to: str, text: str, reference: str, *, site: str, again: bool = False) -> str:
        """Call it sent; in production nothing is, and texts wait until a provider is set up."""
        if not settings().demo:
            raise LaterError("no_provider")
        return reference


def provider() -> Provider:
    """The provider that this copy is set up with (``CARA_TEXT_PROVIDER``)."""
    # The libraries take long to load, and most copies need neither.
    if settings().text_provider == "notify":
        from outreach.texts.providers.notify import Notify

        return Notify()
    if settings().text_provider == "twilio":
        from outreach.texts.providers.twilio import Twilio

        return Twilio()
    return OnScreen()


def send_letter(letter: Letter) -> None:
    """Hand a text of the outbox (``to``, ``text``, ``site``) to the provider."""
    to, text, site = (letter.payload.get(name, "") for name in ("to", "text", "site"))
    if letter.payload.get(UNLESS_STOPPED) and _stopped(site, to):
        raise NeverSentError("text: stopped")
    try:
        provider().send(to, text, letter.key, site=site, again=letter.again)
    except RefusedError as refused:
        raise NeverSentError(f"text: {refused.code}") from refused
    except LaterError as later:
        raise NotSentError(f"text: {later.code}") from later


def _stopped(site: str, phone: str) -> bool:
    with transaction() as session:
        return contacts.stopped(session, site, lookup_hash(phone))
