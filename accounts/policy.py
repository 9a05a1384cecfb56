"""Who may do what, read from ``matrix.yml``: pure rules, the only place that asks for a role.

A person's site and role come from the session alone; what a request says of them is never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from accounts.tables import Role

MATRIX = Path(__file__).with_name("matrix.yml")
ANY = "any"


class Scope(StrEnum):
    """How many records of a kind at their own site somebody may open; the matrix explains each."""

    own = "own"
    sent = "sent"
    authorised = "authorised"
    site = "site"
    everywhere = "everywhere"


def _named(roles: Any) -> Any:
    return tuple(Role) if roles == "everybody" else roles


Roles = Annotated[frozenset[Role], BeforeValidator(_named)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Act(_Part):
    """Something that people do; ``reads`` is the kind of record that they see by it."""

    what: str
    roles: Roles
    reads: str = ""


class Kind(_Part):
    """A kind of field."""

    what: str
    roles: Roles


class Matrix(_Part):
    """The whole of it; see the head of each part in ``matrix.yml``."""

    acts: Mapping[str, Act]
    ways: Mapping[str, str]
    records: Mapping[str, Mapping[str, Mapping[Role, Scope]]]
    fields: Mapping[str, Kind]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Matrix:
        """An act that opens a record is for exactly those who may open it at some status."""
        for name, act in self.acts.items():
            able = {role for by in self.records.get(act.reads, {}).values() for role in by}
            if act.reads and act.roles != able:
                raise ValueError(f"{name} is for others than the readers of a {act.reads}")
        return self


@lru_cache(maxsize=1)
def matrix() -> Matrix:
    """The matrix; raises ``pydantic.ValidationError`` where it names what there is not."""
    return Matrix.model_validate(yaml.safe_load(MATRIX.read_text(encoding="utf-8")))


def roles_for(act: str) -> frozenset[Role]:
    """Who may do this; raises ``KeyError`` for an act that the matrix does not know."""
    return matrix().acts[act].roles


def allows(role: str, act: str) -> bool:
    """Whether somebody of this role may do this, at their own site."""
    return role in roles_for(act)


def shows(role: str, field: str) -> bool:
    """Whether somebody of this role is shown fields of this kind."""
    return role in matrix().fields[field].roles


def scope_of(kind: str, status: str, role: str) -> Scope | None:
    """Which records of this kind and status the role may open; None for none."""
    by_status = matrix().records[kind]
    return by_status.get(status, by_status.get(ANY, {})).get(Role(role))


def statuses_by_scope(kind: str, role: str) -> dict[Scope, frozenset[str]]:
    """For a query: the statuses in which the role may open records, by how many of them."""
    found: dict[Scope, set[str]] = {}
    for status, by_role in matrix().records[kind].items():
        if scope := by_role.get(Role(role)):
            found.setdefault(scope, set()).add(status)
    return {scope: frozenset(statuses) for scope, statuses in found.items()}
