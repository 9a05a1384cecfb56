"""What people are told about accounts, from ``words.yml`` beside this file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml


def said(kind: str, code: str, **gaps: object) -> str:
    """The words of one code, with its gaps filled."""
    return _words()[kind][code].format(**gaps)


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("words.yml")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
