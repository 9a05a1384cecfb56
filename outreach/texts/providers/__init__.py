"""The providers of texts behind one small interface; which one a copy uses is a setting."""

from __future__ import annotations

from core.database import transaction
from core.outbox import NOT_WANTED, Letter, NeverSentError, NotSentError
from core.settings import settings
from outreach.texts import contacts
from outreach.texts.providers.base import LaterError, Provider, RefusedError
from outreach.texts.providers.counting import Counted
from outreach.texts.providers.pace import BusyError, Paced

__all__ = [
    "UNLESS_STOPPED",
    "BusyError",
    "LaterError",
    "Provider",
    "RefusedError",
    "provider",
    "receipt_name",
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
    return Counted(_chosen())


def _chosen() -> Provider:
    # The libraries take long to load, and most copies need neither.
    if settings().text_provider == "notify":
        from outreach.texts.providers.notify import Notify

        return Paced(Notify())
    if settings().text_provider == "twilio":
        from outreach.texts.providers.twilio import Twilio

        return Paced(Twilio())
    return OnScreen()


def send_letter(letter: Letter) -> str:
    """Hand a text of the outbox (``to``, ``text``, ``site``) to the provider.

    Gives what a receipt calls it (:func:`receipt_name`).
    """
    to, text, site = (letter.payload.get(name, "") for name in ("to", "text", "site"))
    if letter.payload.get(UNLESS_STOPPED) and _stopped(site, to):
        raise NeverSentError(NOT_WANTED)
    carrier = provider()
    try:
        named = carrier.send(to, text, letter.key, site=site, again=letter.again)
    except RefusedError as refused:
        raise NeverSentError(f"text: {refused.code}") from refused
    except LaterError as later:
        raise NotSentError(f"text: {later.code}") from later
    return receipt_name(carrier.name, named)


def receipt_name(name: str, text_id: str) -> str:
    """What the outbox calls the text that the provider ``name`` calls ``text_id``."""
    return f"{name}:{text_id}"[:100]


def _stopped(site: str, phone: str) -> bool:
    with transaction() as session:
        return contacts.stopped(session, site, phone)
