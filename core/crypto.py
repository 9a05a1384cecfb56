"""Encryption of identity columns, and the keyed hash by which they are searched (design D12)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from core.settings import settings


@lru_cache(maxsize=16)
def derived_key(purpose: str) -> bytes:
    """32 bytes for one purpose, so that a key leaked in one place opens nothing elsewhere."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"cara {purpose}".encode()).derive(
        settings().secret_key.encode()
    )


@lru_cache(maxsize=16)
def box(purpose: str) -> Fernet:
    """What encrypts and decrypts for one purpose."""
    return Fernet(base64.urlsafe_b64encode(derived_key(purpose)))


def _fernet() -> Fernet:
    return box("columns")


def lookup_hash(value: str) -> str:
    """A keyed hash of ``value`` folded to letters and digits: equals are found, none is read."""
    # A vowel of Gurmukhi is a mark, and no letter.
    folded = "".join(ch for ch in value.casefold() if unicodedata.category(ch)[0] in "LMN")
    return hmac.new(derived_key("lookup"), folded.encode(), hashlib.sha256).hexdigest()


class EncryptedText(TypeDecorator[str]):
    """Text that the database never sees in clear."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        return None if value is None else _fernet().encrypt(value.encode("utf-8", "surrogatepass"))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        return None if value is None else _fernet().decrypt(value).decode("utf-8", "surrogatepass")


class EncryptedJSON(TypeDecorator[Any]):
    """A JSON document that the database never sees in clear."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        return None if value is None else _fernet().encrypt(json.dumps(value).encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """Decrypt on the way out."""
        return None if value is None else json.loads(_fernet().decrypt(value))
