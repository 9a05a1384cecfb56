"""What became of a text: one that we began, or an answer of the outbox.

An answer that did not arrive may be the answer to danger: people of the site are told of it.
"""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import outbox
from core.clock import now
from core.database import transaction
from core.outbox import DELIVERED, Letter, NeverSentError, Outgoing
from outreach import alerts
from outreach.texts.contacts import chats_of
from outreach.texts.delivery import Outcome, receipt
from outreach.texts.providers import receipt_name, send_letter

log = logging.getLogger("cara.texts")


def take(session: Session, provider: str, text_id: str, outcome: Outcome) -> None:
    """Keep what the provider says; a text that nobody keeps is let go."""
    if receipt(session, provider, text_id, outcome):
        return
    row = outbox.settle(session, receipt_name(provider, text_id), outcome)
    if row is None:
        return
    if outcome == DELIVERED:
        alerts.reached(session, row.sent_at or now(), *_chats(row))
    else:
        alerts.not_reached(session, *_chats(row))


def send_answer(letter: Letter) -> str:
    """Send a text of the outbox; where it never will go, people of the site are told of that."""
    try:
        return send_letter(letter)
    except NeverSentError:
        _tell(letter)
        raise


def _tell(letter: Letter) -> None:
    try:
        with transaction() as session:
            alerts.not_reached(session, *_chats(letter))
    except SQLAlchemyError as error:
        log.warning("nobody is told of a text that was refused: %s", type(error).__name__)


def _chats(text: Outgoing | Letter) -> list[str]:
    return chats_of(text.payload["site"], text.payload["to"])
