"""Which role at which site a group of the force's directory gives: a YAML file of the operator.

Its shape: ``groups: {NAME OF THE GROUP: {role: officer, site: hampshire, rank: PC}}``; ``rank`` may
be left out. It is named by ``CARA_OIDC_GROUPS``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from accounts.tables import Role
from core.settings import settings
from sites import site_of


class Grant(BaseModel):
    """What one group gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    site: str
    rank: str = ""

    @field_validator("site")
    @classmethod
    def _known(cls, site: str) -> str:
        try:
            return site_of(site).code
        except LookupError as unknown:
            raise ValueError(str(unknown)) from unknown


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    groups: dict[str, Grant]


def grants_of(groups: Iterable[str]) -> set[Grant]:
    """What these groups give together: one grant, none, or more than one person may have."""
    known = known_groups()
    return {known[each] for each in groups if each in known}


def known_groups() -> dict[str, Grant]:
    """Those of the file that is set up; asked at the start, so that a wrong one stops it there."""
    path = settings().oidc_groups
    return read_groups(path) if path else {}


@lru_cache(maxsize=1)
def read_groups(path: Path) -> dict[str, Grant]:
    """The file; raises ``OSError`` or ``ValueError`` where it cannot be read as such."""
    return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).groups
