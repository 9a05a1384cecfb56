"""The worker's round of texts that we begin: what is due goes, if the case still allows it."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from outreach.texts.delivery import Case, send_due
from outreach.texts.providers import provider
from referrals.workshops.standing import standing_of

log = logging.getLogger("cara.texts")


def case_of(session: Session, case_id: str) -> Case:
    """What the referrals say of a case at this moment."""
    standing = standing_of(session, case_id)
    return Case(known=True, **vars(standing)) if standing else Case()


def send_texts() -> int:
    """Send what is due now; gives how many went. A database that is away can wait."""
    try:
        return send_due(provider(), case_of)
    except SQLAlchemyError as error:
        log.warning("no text was sent: %s", type(error).__name__)
        return 0


def keep_sending(ended: threading.Event, pause: float) -> threading.Thread:
    """Send round after round, in a thread of its own: a slow provider must not keep an alert."""

    def rounds() -> None:
        while not ended.wait(pause):
            send_texts()

    thread = threading.Thread(target=rounds, name="texts", daemon=True)
    thread.start()
    return thread
