"""Signatures of trained models, so that only what this installation trained is ever loaded.

Read by set-up before anything is installed, so standard library only. A model of Rasa's names the
code that it is loaded with, and altered weights would make the safety screen blind.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

KEY = ".installation.key"
ENDING = ".signed"
READ_ONLY = 0o444
AGAIN = "Train again: make train"


class UntrustedError(Exception):
    """Why a model is not loaded, in one plain line."""


def signature_of(model: Path) -> Path:
    """Where the signature of a model lies: beside it."""
    return model.with_name(model.name + ENDING)


def sign(model: Path, root: Path) -> None:
    """Lay a signature beside a model that was trained just now, and make both read-only.

    ``root`` is the clone, whose key is made at the first signature.
    """
    taken = _digest(model.read_bytes())
    seal = _seal(_key_made(root), model.name, taken)
    signed = {"file": model.name, "sha256": taken, "seal": seal}
    model.chmod(READ_ONLY)
    draft = model.with_name(model.name + ".unsigned")
    draft.write_text(json.dumps(signed), encoding="utf-8")
    draft.chmod(READ_ONLY)
    os.replace(draft, signature_of(model))


def trusted(model: Path, root: Path) -> bytes:
    """What the model holds, where this installation signed exactly that under that name.

    Raises ``UntrustedError`` otherwise, and ``OSError`` where there is no model.
    """
    content = model.read_bytes()
    try:
        signed = json.loads(signature_of(model).read_text(encoding="utf-8"))
        name, taken, seal = str(signed["file"]), str(signed["sha256"]), str(signed["seal"])
    except FileNotFoundError:
        raise UntrustedError(f"{model} is not signed. {AGAIN}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise UntrustedError(f"The signature of {model} cannot be read. {AGAIN}") from None
    if name != model.name or taken != _digest(content):
        raise UntrustedError(f"{model} is not the file that was signed. {AGAIN}")
    key = _key(root)
    if not key or not hmac.compare_digest(seal.encode(), _seal(key, name, taken).encode()):
        raise UntrustedError(f"{model} was signed by another installation. {AGAIN}")
    return content


def remove(model: Path) -> None:
    """Remove a model and its signature."""
    model.unlink(missing_ok=True)
    signature_of(model).unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _seal(key: bytes, name: str, taken: str) -> str:
    return hmac.new(key, f"{name}\0{taken}".encode(), hashlib.sha256).hexdigest()


def _key(root: Path) -> bytes:
    """The key of this clone; empty where it never signed. It outlives `make clean`, as the models
    that were learned from use do."""
    try:
        return (root / KEY).read_bytes()
    except FileNotFoundError:
        return b""


def _key_made(root: Path) -> bytes:
    if not _key(root):
        ours = root / f"{KEY}.{os.getpid()}"
        with os.fdopen(os.open(ours, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
        # Of two that start together the first wins.
        with suppress(FileExistsError):
            os.link(ours, root / KEY)
        ours.unlink()
    return _key(root)
