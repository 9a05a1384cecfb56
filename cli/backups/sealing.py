"""One file that holds many, sealed under the installation's secret, and whole or refused.

It is a tar of parts, with a list of them at its end. Each part is cut into pieces that are
compressed and encrypted one by one (a line each), so that no file has to fit into memory; the list,
sealed too, holds the size and the checksum of each part as it lies there.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.fernet import InvalidToken

from core.crypto import box

FORM = 1
LIST = "list"
PIECE = 1 << 20
PURPOSE = "backup"
NOT_OURS = "It is no backup of ours, or its end is missing."
ALTERED = "It is not as it was made: {name} was changed or cut off."
ANOTHERS = (
    "It was made under another secret, or was changed. Set CARA_SECRET_KEY to the secret of that "
    "day, or name it in CARA_PREVIOUS_SECRET_KEYS."
)


class BackupError(Exception):
    """Why a backup is not made or not used, in one plain line."""


@dataclass(frozen=True)
class Part:
    """One file of it: where it belongs, and what of it lies in the backup."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """What a backup says of itself; ``about`` is what whoever made it had to say."""

    about: Mapping[str, Any]
    parts: tuple[Part, ...]


class Writer:
    """Puts files into a backup, one after the other; ``room`` is where a sealed one lies till then.

    The backup is complete only once :meth:`close` has returned.
    """

    def __init__(self, target: Path, room: Path) -> None:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w:")  # noqa: SIM115 - see close()
        self._room = room
        self._parts: list[Part] = []

    def add(self, name: str, source: Path) -> None:
        """Take what ``source`` holds at this moment, as ``name``."""
        sealed = self._room / "sealed"
        with source.open("rb") as plain, sealed.open("wb") as file:
            while piece := plain.read(PIECE):
                file.write(box(PURPOSE).encrypt(zlib.compress(piece)) + b"\n")
        with sealed.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        self._parts.append(Part(name, sealed.stat().st_size, sha256))
        self._tar.add(sealed, f"{len(self._parts):06}", filter=_nobodys)
        sealed.unlink()

    def close(self, about: Mapping[str, Any]) -> None:
        """Write the list, which makes it whole."""
        parts = [asdict(each) for each in self._parts]
        told = json.dumps({"form": FORM, "about": dict(about), "parts": parts})
        sealed = box(PURPOSE).encrypt(told.encode())
        entry = tarfile.TarInfo(LIST)
        entry.size = len(sealed)
        self._tar.addfile(entry, io.BytesIO(sealed))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the name of whoever made it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def looked_at(source: Path) -> Contents:
    """What it holds, once every byte of it has been looked at; raises :class:`BackupError`."""
    try:
        with tarfile.open(source, "r:") as tar:
            contents = _contents(tar)
            names = [entry.name for entry in tar]
            if names != [*_entries(contents), LIST]:
                raise BackupError(ALTERED.format(name="its list of parts"))
            for entry, part in zip(names, contents.parts, strict=False):
                if _measured(tar, entry) != (part.size, part.sha256):
                    raise BackupError(ALTERED.format(name=part.name))
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(NOT_OURS) from error
    return contents


def unsealed(source: Path, contents: Contents, folder: Path) -> None:
    """Lay every part out under ``folder``, as files for their owner alone."""
    with tarfile.open(source, "r:") as tar:
        for entry, part in zip(_entries(contents), contents.parts, strict=True):
            target = folder / _within(part.name)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.touch(mode=0o600)
            with target.open("wb") as file:
                for line in _file(tar, entry):
                    file.write(zlib.decompress(box(PURPOSE).decrypt(line.rstrip(b"\n"))))


def _contents(tar: tarfile.TarFile) -> Contents:
    try:
        sealed = _file(tar, LIST).read()
    except KeyError:
        raise BackupError(NOT_OURS) from None
    try:
        told = json.loads(box(PURPOSE).decrypt(sealed))
    except InvalidToken:
        raise BackupError(ANOTHERS) from None
    if told["form"] != FORM:
        raise BackupError("A newer version of the application made it: use that one.")
    return Contents(told["about"], tuple(Part(**each) for each in told["parts"]))


def _entries(contents: Contents) -> list[str]:
    return [f"{number:06}" for number in range(1, len(contents.parts) + 1)]


def _measured(tar: tarfile.TarFile, entry: str) -> tuple[int, str]:
    file = _file(tar, entry)
    sha256 = file_digest(file, "sha256").hexdigest()
    return file.tell(), sha256


def _file(tar: tarfile.TarFile, entry: str) -> Any:
    """Of a plain file in the tar; raises ``KeyError`` where there is none of that name."""
    found = tar.extractfile(entry)
    if found is None:
        raise KeyError(entry)
    return found


def _within(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise BackupError(ALTERED.format(name="its list of parts"))
    return path
