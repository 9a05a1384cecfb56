"""A STOP that came while the database was away is taken in from the spool."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core import outbox
from core.audit import SYSTEM, record
from core.outbox import Letter
from outreach.texts import contacts


def take_stop(session: Session, entry_id: str, entry: dict[str, Any]) -> None:
    """Honour the STOP of a spool entry and confirm it, unless it was said before.

    Whoever has texted START since wants texts. Raises ``KeyError`` or ``ValueError`` for an entry
    that is none.
    """
    site, phone = entry["site"], entry["phone"]
    held = contacts.stop_of(session, site, phone)
    said = datetime.fromisoformat(entry["at"])
    if held and (held.started_at is None or held.started_at > said):
        return
    contacts.stop(session, site, phone)
    record(session, SYSTEM, "text.stop", f"spool:{entry_id}")
    if entry["text"]:
        payload = {"to": phone, "text": entry["text"], "site": site}
        outbox.post(session, Letter("text", entry_id, payload), site=site)
