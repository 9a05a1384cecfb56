"""Entries that must survive whatever dies: one synced file each, until somebody has taken it.

The spool stands in front of the outbox (design D2a): it needs a disk and nothing else, so that an
alert is kept while the database is locked or away. Entries are encrypted, since they hold words of
people in danger.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import InvalidToken

from core.crypto import box
from core.settings import settings

log = logging.getLogger("cara.spool")
_WAITING, _BROKEN, _NOTES = ".entry", ".broken", ".done"


@dataclass(frozen=True)
class Spool:
    """A folder of entries; any number of processes may add, one at a time takes."""

    folder: Path

    def put(self, entry_id: str, entry: dict[str, Any]) -> None:
        """Keep ``entry``, on the disk when this returns; the same id again changes nothing.

        Raises ``OSError`` where the disk refuses: the caller must then say so, aloud.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self._path(entry_id, _WAITING)
        if target.exists():
            return
        draft = self.folder / f".{entry_id}.{os.getpid()}.{time.monotonic_ns()}"
        content = box("spool").encrypt(json.dumps(entry).encode("utf-8", "surrogatepass"))
        try:
            _write_synced(draft, content)
            draft.rename(target)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def waiting(self, *, older_than: float = 0.0) -> list[str]:
        """The ids of the entries that nobody has taken, oldest first; ages are in seconds.

        What seems to come from the future is of a clock that was set back: as old, at least.
        """
        moment = time.time()
        return [name for at, name in self._by_age() if abs(moment - at) >= older_than]

    def moments(self) -> list[float]:
        """Since when each of them waits, the oldest first, in seconds of the system's clock."""
        return [at for at, _ in self._by_age()]

    def _by_age(self) -> list[tuple[float, str]]:
        found = []
        for path in self.folder.glob(f"*{_WAITING}"):
            with suppress(FileNotFoundError):
                found.append((path.stat().st_mtime, path.stem))
        return sorted(found)

    def read(self, entry_id: str) -> dict[str, Any] | None:
        """The entry; None where it is gone, or cannot be read, in which case it is set aside."""
        path = self._path(entry_id, _WAITING)
        try:
            entry: dict[str, Any] = json.loads(box("spool").decrypt(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (InvalidToken, ValueError):
            log.error("spool entry %s cannot be read and is set aside", entry_id)
            self.set_aside(entry_id)
            return None
        return entry

    def leavings(self) -> list[Path]:
        """What was set aside, and notes of entries that are gone; what waits is never among it."""
        notes = self.folder.glob(f"*{_NOTES}")
        orphans = [path for path in notes if not path.with_suffix(_WAITING).exists()]
        return [*self.folder.glob(f"*{_BROKEN}"), *orphans]

    def seal_anew(self) -> int:
        """Encrypt what waits or was set aside under the newest secret; gives how many entries.

        Only by whoever is :meth:`taking`: else an entry that is taken meanwhile would come back.
        """
        paths = [*self.folder.glob(f"*{_WAITING}"), *self.folder.glob(f"*{_BROKEN}")]
        return sum(self._seal_anew(path) for path in paths)

    def _seal_anew(self, path: Path) -> bool:
        try:
            content = box("spool").rotate(path.read_bytes())
        except InvalidToken:
            return False
        # Its age stays: by that the oldest goes first.
        moment = path.stat()
        draft = path.with_name(f".{path.stem}.{os.getpid()}.{time.monotonic_ns()}")
        _write_synced(draft, content)
        os.utime(draft, ns=(moment.st_atime_ns, moment.st_mtime_ns))
        draft.rename(path)
        self._sync_folder()
        return True

    def set_aside(self, entry_id: str) -> None:
        """Keep an entry out of the way of the others, for a person to look at."""
        path = self._path(entry_id, _WAITING)
        with suppress(FileNotFoundError):
            path.rename(path.with_suffix(_BROKEN))

    def remove(self, entry_id: str) -> None:
        """Forget an entry that is safe elsewhere."""
        for suffix in (_WAITING, _NOTES):
            self._path(entry_id, suffix).unlink(missing_ok=True)

    def noted(self, entry_id: str) -> list[str]:
        """What was already done for a waiting entry, so that it is not done twice."""
        try:
            return self._path(entry_id, _NOTES).read_text().split()
        except FileNotFoundError:
            return []

    def note(self, entry_id: str, what: str) -> None:
        """Write down one thing that was done for a waiting entry."""
        with self._path(entry_id, _NOTES).open("a") as notes:
            notes.write(f"{what}\n")
            notes.flush()
            os.fsync(notes.fileno())

    @contextmanager
    def taking(self) -> Iterator[bool]:
        """Whether this process is the one that may take entries now; false if another is."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)

    def _path(self, entry_id: str, suffix: str) -> Path:
        return self.folder / f"{entry_id}{suffix}"

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def alerts() -> Spool:
    """The spool of alerts and of crisis texts (design D2a)."""
    return Spool(settings().data_dir / "alerts")
