"""`cara roles`: who may do what, as the tables of ``docs/how-to/roles.md``, from the one matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import click

from accounts.policy import ANY, Act, Kind, matrix
from accounts.tables import Role
from core.settings import ROOT

PAGE = ROOT / "docs" / "how-to" / "roles.md"
BEGINS, ENDS = "<!-- made by `cara roles --write` -->", "<!-- end -->"


@click.command("roles")
@click.option("--write", is_flag=True, help="put them into docs/how-to/roles.md")
def roles_command(write: bool) -> None:
    """Print who may do what, from accounts/matrix.yml."""
    if write:
        PAGE.write_text(in_step(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        click.echo(tables())


def in_step(page: str) -> str:
    """The page with the tables as they follow from the matrix today."""
    before, _, rest = page.partition(BEGINS)
    return f"{before}{BEGINS}\n\n{tables()}\n{ENDS}{rest.partition(ENDS)[2]}"


def tables() -> str:
    """What people do, which records they open, what they are shown of them, ways in."""
    held = matrix()
    ways = _table(("way in", "who"), held.ways.items())
    parts = {
        "What they do": _by_role(held.acts),
        "Which records of their own site they open": _records(),
        "What they are shown of a record that they open": _by_role(held.fields),
        "Ways in without an account": ways,
    }
    return "\n".join(f"## {title}\n\n{table}" for title, table in parts.items())


def _by_role(things: Mapping[str, Act | Kind]) -> str:
    rows = (
        (f"`{name}`", each.what, *("x" if role in each.roles else "" for role in Role))
        for name, each in things.items()
    )
    return _table(("", "", *_names()), rows)


def _records() -> str:
    rows = (
        (kind if status == ANY else f"{kind}, {status}", *(by_role.get(role, "") for role in Role))
        for kind, by_status in matrix().records.items()
        for status, by_role in by_status.items()
    )
    return _table(("", *_names()), rows)


def _names() -> list[str]:
    return [role.replace("_", " ") for role in Role]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
