"""Encryption of identity columns, and the keyed hash by which they are searched (design D12)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from core.keys import (
    derived_from,
    derived_key,
    derived_keys,
    folded,
    is_hash_of,
    lookup_hash,
    lookup_hashes,
    secrets_in_use,
)

__all__ = [
    "EncryptedJSON",
    "EncryptedText",
    "box",
    "derived_key",
    "derived_keys",
    "folded",
    "hash_of",
    "is_current",
    "is_hash_of",
    "lookup_hash",
    "lookup_hashes",
    "only_a_hash",
]
COLUMNS = "columns"
# In a column's ``info``: what of its row a keyed hash is made of, or why nobody can make it anew.
HASH_OF, ONLY_A_HASH = "hash_of", "only_a_hash"


def box(purpose: str) -> MultiFernet:
    """What encrypts for one purpose under the newest secret, and decrypts under every one."""
    return _box(secrets_in_use(), purpose)


def is_current(token: bytes, purpose: str = COLUMNS) -> bool:
    """Whether a stored value is encrypted under the newest secret."""
    try:
        _box(secrets_in_use()[:1], purpose).decrypt(token)
    except InvalidToken:
        return False
    return True


def hash_of(plain: str | Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    """``info`` of a column of keyed hashes: the column it is made of, or a function of the row."""
    return {HASH_OF: plain}


def only_a_hash(why: str) -> dict[str, Any]:
    """``info`` of a column of keyed hashes that nobody can make anew, and why that does no harm."""
    return {ONLY_A_HASH: why}


@lru_cache(maxsize=32)
def _box(secrets: tuple[str, ...], purpose: str) -> MultiFernet:
    keys = [base64.urlsafe_b64encode(derived_from(secret, purpose)) for secret in secrets]
    return MultiFernet([Fernet(key) for key in keys])


class EncryptedText(TypeDecorator[str]):
    """Text that the database never sees in clear."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        return (
            None if value is None else box(COLUMNS).encrypt(value.encode("utf-8", "surrogatepass"))
        )

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        return (
            None if value is None else box(COLUMNS).decrypt(value).decode("utf-8", "surrogatepass")
        )


class EncryptedJSON(TypeDecorator[Any]):
    """A JSON document that the database never sees in clear."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        return None if value is None else box(COLUMNS).encrypt(json.dumps(value).encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """Decrypt on the way out."""
        return None if value is None else json.loads(box(COLUMNS).decrypt(value))
