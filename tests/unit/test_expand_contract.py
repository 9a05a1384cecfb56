"""A migration runs while the version before it serves: it only adds, or says that it contracts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import ROOT

VERSIONS = ROOT / "cli/migrations/versions"
# The first that may meet a version that serves already: those before it made the first release.
FIRST = "0014"
MARK = "CONTRACT"
TAKES_AWAY = ("drop_", "rename_", "delete", "update")
ADDITIVE = """
def upgrade():
    op.create_table("a", sa.Column("id", sa.Integer(), nullable=False))
    op.add_column("b", sa.Column("c", sa.String(), nullable=True))
    op.add_column("b", sa.Column("d", sa.String(), nullable=False, server_default=""))
    op.create_index("ix", "b", ["c"])

def downgrade():
    op.drop_table("a")
"""


def called(node: ast.Call) -> str:
    """The last word of what is called: ``op.drop_table`` is ``drop_table``."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def said(node: ast.Call, name: str) -> object:
    """What a call says under a keyword, where that is a plain value; None where it says nothing."""
    value = next((each.value for each in node.keywords if each.arg == name), None)
    return value.value if isinstance(value, ast.Constant) else value


def breaks(source: str) -> Iterator[str]:
    """Each step on the way up that code which knows nothing of it would stumble over."""
    tree = ast.parse(source)
    upward = [each for each in tree.body if getattr(each, "name", "") != "downgrade"]
    for node in (inner for each in upward for inner in ast.walk(each)):
        if not isinstance(node, ast.Call):
            continue
        if called(node).startswith(TAKES_AWAY):
            yield f"line {node.lineno}: {called(node)}"
        if called(node) == "alter_column":
            yield f"line {node.lineno}: alter_column"
        if called(node) == "add_column" and _must_be_given(node):
            yield f"line {node.lineno}: a column that old code would have to fill"
        if called(node) == "execute" and isinstance(node.args[0], ast.Constant):
            yield f"line {node.lineno}: a statement in words"


def _must_be_given(node: ast.Call) -> bool:
    column = next(each for each in node.args if isinstance(each, ast.Call))
    return said(column, "nullable") is False and said(column, "server_default") is None


def is_marked(source: str) -> bool:
    """Whether the migration says why nothing that serves needs any more what it takes away."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == MARK:
            return isinstance(node.value, ast.Constant) and len(str(node.value.value)) > 20
    return False


@pytest.mark.parametrize(
    "path",
    [each for each in sorted(VERSIONS.glob("0*.py")) if each.name[:4] >= FIRST],
    ids=lambda path: path.stem,
)
def test_a_migration_only_adds_or_is_marked(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    found = list(breaks(source))
    assert not found or is_marked(source), f"{path.name}: {'; '.join(found)}"


def test_what_only_adds_passes() -> None:
    assert list(breaks(ADDITIVE)) == []


@pytest.mark.parametrize(
    "step",
    [
        'op.drop_column("a", "b")',
        'op.rename_table("a", "b")',
        'op.alter_column("a", "b", nullable=False)',
        'op.add_column("a", sa.Column("b", sa.Integer(), nullable=False))',
        "op.execute(sa.delete(A))",
        'op.execute("DELETE FROM a")',
    ],
)
def test_what_the_old_version_would_stumble_over_is_found(step: str) -> None:
    source = f"def upgrade():\n    {step}\n"
    assert len(list(breaks(source))) == 1
    assert not is_marked(source)
    assert is_marked(f'CONTRACT = "since 0.3 nothing reads it any more"\n{source}')
