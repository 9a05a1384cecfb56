"""What is put on the spool when somebody may be in danger: needs a disk, and no database."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from core import spool
from core.clock import now

ALERT, TEXT = "alert", "text"


@dataclass(frozen=True)
class Alarm:
    """Who may be in danger, as the channel knows it.

    ``why`` is ``said`` (an alarm), ``answered_yes`` or ``not_said`` (to a question of ours).
    ``reach``: {"phone": number} or {"staff": id} or nothing, where only the chat leads back.
    """

    id: str
    site: str
    kind: str
    level: str
    why: str
    audience: str
    channel: str
    conversation: str
    said: str
    reach: dict[str, str] = field(default_factory=dict)


def raise_alarm(alarm: Alarm) -> None:
    """Keep the alarm where nothing can lose it; the worker tells people within a second or two.

    Raises ``OSError`` where not even the disk takes it.
    """
    entry: dict[str, Any] = {"type": ALERT, "at": now().isoformat(), **asdict(alarm)}
    spool.alerts().put(alarm.id, entry)


def keep_text(entry_id: str, *, site: str, to: str, text: str) -> None:
    """A crisis answer that has to go out as a text, whatever the database does."""
    entry = {"type": TEXT, "at": now().isoformat(), "site": site, "to": to, "text": text}
    spool.alerts().put(entry_id, entry)
