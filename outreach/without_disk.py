"""What no disk takes: people are told from memory, and the disk is asked again until it takes it.

A disk that is full must not mean that nobody hears of somebody in danger. This process alone holds
such an entry: should it die before the disk is back, what was not sent yet is lost.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

from core import spool
from core.outbox import BREATH, NotSentError
from core.senders import senders
from outreach.sending import letters_of
from outreach.texts.receipts import send_answer

log = logging.getLogger("cara.spool")

# Seconds between two looks at the disk.
PAUSE = 2.0


@dataclass
class Held:
    """An entry that only this process has; the keys of letters that went, and whether all did."""

    entry: dict[str, Any]
    went: list[str] = field(default_factory=list)
    all_went: bool = False


class WithoutDisk:
    """What no disk took, by its id; one thread looks after it while there is any."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._lock = Lock()
        self._running = False

    def hold(self, entry_id: str, entry: dict[str, Any]) -> None:
        """Tell people now, and go on asking the disk; returns at once."""
        with self._lock:
            self._held.setdefault(entry_id, Held(entry))
            if self._running:
                return
            self._running = True
        Thread(target=self._run, name="without-disk", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._round()
            with self._lock:
                if not self._held:
                    self._running = False
                    return
            time.sleep(PAUSE)

    def _round(self) -> None:
        """Ask the disk once, and send what has not gone; answers come before this work."""
        disk = True
        for entry_id, held in list(self._held.items()):
            disk = disk and _taken(entry_id, held)
            if disk:
                with self._lock:
                    del self._held[entry_id]
            elif not held.all_went:
                held.all_went = _sent(entry_id, held)
            time.sleep(BREATH)


def _taken(entry_id: str, held: Held) -> bool:
    """Whether the disk has it now; what went out is noted first, so that nothing goes twice."""
    try:
        for key in held.went:
            spool.alerts().note(entry_id, key)
        spool.alerts().put(entry_id, held.entry)
    except OSError:
        return False
    return True


def _sent(entry_id: str, held: Held) -> bool:
    """Whether everybody is told now of whom no database is needed to know."""
    sending, all_went = senders() | {"text": send_answer}, True
    for letter in letters_of(entry_id, held.entry):
        if letter.key in held.went:
            continue
        try:
            sending[letter.kind](letter)
        except NotSentError as error:
            log.warning("a letter that no disk took waits: %s", error)
            all_went = False
        except Exception as error:  # noqa: BLE001 - the others have to be told all the same
            log.error("a letter that no disk took: %s", type(error).__name__)
            all_went = False
        else:
            held.went.append(letter.key)
    return all_went


without_disk = WithoutDisk()
