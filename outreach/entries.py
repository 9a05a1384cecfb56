"""What is put on the spool when a person is needed: needs a disk, and no database."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from core import spool
from core.clock import now

ALERT, TEXT, STOP = "alert", "text", "stop"
# The kind of an alert that is no danger: somebody asks for a person.
ASKED = "wants_to_talk"


@dataclass(frozen=True)
class Alarm:
    """Who may be in danger or asks for a person, as the channel knows it.

    ``why`` is ``said`` (an alarm), ``answered_yes`` or ``not_said`` (to a question of ours), or
    ``asked`` (for a person). ``reach``: {"phone": number} or {"staff": id} or nothing, where only
    the chat leads back. ``answer_by`` is the moment that somebody who asked was told, in ISO 8601;
    empty for danger, where the site's minutes count.
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
    answer_by: str = ""


class NotKeptError(OSError):
    """Not even the disk takes an entry; here it is, for whoever can do something with it."""

    def __init__(self, entry_id: str, entry: dict[str, Any], why: OSError) -> None:
        super().__init__(why.errno, why.strerror)
        self.entry_id, self.entry = entry_id, entry


def raise_alarm(alarm: Alarm) -> None:
    """Keep the alarm where nothing can lose it; the worker tells people within a second or two.

    Raises :class:`NotKeptError` where not even the disk takes it.
    """
    entry: dict[str, Any] = {"type": ALERT, "at": now().isoformat(), **asdict(alarm)}
    _put(alarm.id, entry)


def keep_text(entry_id: str, *, site: str, to: str, text: str) -> None:
    """A crisis answer that has to go out as a text, whatever the database does.

    Raises :class:`NotKeptError` where not even the disk takes it.
    """
    _put(entry_id, {"type": TEXT, "at": now().isoformat(), "site": site, "to": to, "text": text})


def keep_stop(entry_id: str, *, site: str, phone: str, text: str) -> None:
    """Somebody wants no more texts, and no database takes it; ``text`` confirms it, if not empty.

    Raises :class:`NotKeptError` where not even the disk takes it.
    """
    entry = {"type": STOP, "at": now().isoformat(), "site": site, "phone": phone, "text": text}
    _put(entry_id, entry)


def _put(entry_id: str, entry: dict[str, Any]) -> None:
    try:
        spool.alerts().put(entry_id, entry)
    except OSError as error:
        raise NotKeptError(entry_id, entry, error) from error
