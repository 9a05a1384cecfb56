"""The secrets of this installation, and the keys that are derived from them for one purpose each.

The first secret makes what is new; all of them read what is old (``docs/how-to/data.md``). While a
secret is being changed every process is told of both.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.settings import settings


def secrets_in_use() -> tuple[str, ...]:
    """Every secret by which something stored may be kept, the one for what is new first."""
    return (settings().secret_key, *settings().previous_secrets)


@lru_cache(maxsize=128)
def derived_from(secret: str, purpose: str) -> bytes:
    """32 bytes of one secret for one purpose."""
    whole = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"cara {purpose}".encode())
    return whole.derive(secret.encode())


def derived_key(purpose: str) -> bytes:
    """32 bytes for one purpose, so that a key leaked in one place opens nothing elsewhere."""
    return derived_from(settings().secret_key, purpose)


def derived_keys(purpose: str) -> tuple[bytes, ...]:
    """The key of a purpose under every secret in use, the one for what is new first."""
    return tuple(derived_from(secret, purpose) for secret in secrets_in_use())


def lookup_hash(purpose: str, value: str) -> str:
    """A keyed hash of ``value`` folded to letters and digits: equals are found, none is read.

    ``purpose`` is the column ("contact.phone_lookup"): of two columns nobody can tell by their
    hashes that they hold the same.
    """
    return hashed(derived_key(purpose), value)


def lookup_hashes(purpose: str, value: str) -> tuple[str, ...]:
    """What ``value`` may be kept as, under every secret in use; :func:`lookup_hash` comes first."""
    return tuple(hashed(key, value) for key in derived_keys(purpose))


def is_hash_of(purpose: str, value: str, kept: str) -> bool:
    """Whether ``kept`` is the hash of ``value`` under any secret in use."""
    return any(hmac.compare_digest(each, kept) for each in lookup_hashes(purpose, value))


def folded(value: str) -> str:
    """The letters and digits of ``value`` alone, as people type one thing one way and another."""
    # A vowel of Gurmukhi is a mark, and no letter.
    return "".join(ch for ch in value.casefold() if unicodedata.category(ch)[0] in "LMN")


def hashed(key: bytes, value: str) -> str:
    """The hash of ``value`` folded, under a key."""
    return hmac.new(key, folded(value).encode(), hashlib.sha256).hexdigest()
