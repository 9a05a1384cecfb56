"""A migration runs while the version before it serves: it only adds, or says that it contracts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from core.settings import ROOT

VERSIONS = ROOT / "cli/migrations/versions"
# The first that may meet a version that serves already: those before it made the first release.
FIRST = "0014"
MARK = "CONTRACT"
TAKES_AWAY = ("drop_", "rename_", "delete", "update")
# What old code may break with what it goes on writing, unless the table came with the same
# migration. "create_primary_key" and the like would be no less.
DEMANDS = re.compile(r"create_\w+(_constraint|_key)$")
# What reads or adds; "update" and "delete" are found by their own names.
READABLE = ("insert", "select", "update", "delete")
RUNS = ("execute", "exec_driver_sql", "scalar", "scalars")
ADDITIVE = """
def upgrade():
    op.create_table("a", sa.Column("id", sa.Integer(), nullable=False))
    op.add_column("b", sa.Column("c", sa.String(), nullable=True))
    op.add_column("b", sa.Column("d", sa.String(), nullable=False, server_default=""))
    op.create_index("ix", "b", ["c"])
    op.create_index("ix_a", "a", ["id"], unique=True)
    op.create_unique_constraint("uq_a", "a", ["id"])
    op.create_check_constraint("ck_a", "a", "id > 0")
    with op.batch_alter_table("a", schema=None) as batch_op:
        batch_op.create_index("ix_a_2", ["id"], unique=True)
        batch_op.create_foreign_key("fk", "b", ["id"], ["id"])
    with op.batch_alter_table("b") as table:
        table.create_index("ix_b", ["c"], unique=False)
    op.execute(sa.insert(A).values(id=1))
    rows = op.get_bind().execute(sa.select(A).order_by(A.c.id)).all()

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
    inner = [node for each in upward for node in ast.walk(each)]
    calls = [node for node in inner if isinstance(node, ast.Call)]
    new, tables = _new_tables(calls), dict(_in_batches(inner))
    for node in calls:
        if called(node).startswith(TAKES_AWAY):
            yield f"line {node.lineno}: {called(node)}"
        if called(node) == "alter_column":
            yield f"line {node.lineno}: alter_column"
        if called(node) == "add_column" and _must_be_given(node):
            yield f"line {node.lineno}: a column that old code would have to fill"
        if called(node) in RUNS and not _is_readable(node):
            yield f"line {node.lineno}: a statement that cannot be read here"
        if _demands(node) and tables.get(node, _table(node)) not in new:
            yield f"line {node.lineno}: {called(node)} on a table that is in use"


def _is_readable(node: ast.Call) -> bool:
    """Whether a statement is made where it is run, by SQLAlchemy's own words for what it does."""
    made: ast.expr | None = node.args[0] if node.args else None
    while isinstance(made, ast.Call):
        if called(made) in READABLE:
            return True
        made = made.func.value if isinstance(made.func, ast.Attribute) else None
    return False


def _demands(node: ast.Call) -> bool:
    """Whether rows may be refused from now on that old code goes on writing."""
    unique = said(node, "unique") not in (None, False)
    return bool(DEMANDS.match(called(node))) or (called(node) == "create_index" and unique)


def _new_tables(calls: list[ast.Call]) -> set[object]:
    made = [each for each in calls if called(each) == "create_table" and each.args]
    return {each.args[0].value for each in made if isinstance(each.args[0], ast.Constant)}


def _table(node: ast.Call) -> object:
    """Of which table an operation is, where it says so plainly."""
    told = node.args[1] if len(node.args) > 1 else None
    plain = told.value if isinstance(told, ast.Constant) else None
    return said(node, "table_name") or said(node, "source_table") or plain


def _in_batches(inner: list[ast.AST]) -> Iterator[tuple[ast.Call, object]]:
    """Each operation in ``with op.batch_alter_table("a") as b``, which names no table itself."""
    for block in (each for each in inner if isinstance(each, ast.With)):
        for item in block.items:
            opened, name = item.context_expr, item.optional_vars
            if isinstance(opened, ast.Call) and called(opened) == "batch_alter_table":
                first = opened.args[0]
                of = first.value if isinstance(first, ast.Constant) else None
                yield from ((each, of) for each in ast.walk(block) if _is_of(each, name))


def _is_of(node: ast.AST, name: ast.expr | None) -> TypeGuard[ast.Call]:
    """Whether a node is a call of what the block calls ``name``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return ast.unparse(node.func.value) == (ast.unparse(name) if name else "")


def _must_be_given(node: ast.Call) -> bool:
    column = next(each for each in node.args if isinstance(each, ast.Call))
    default = said(column, "server_default") is not None
    once = said(column, "unique") not in (None, False)
    # What old code leaves out is the default, in each of its rows.
    return once if default else said(column, "nullable") is False


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
        'op.execute(sa.text("DELETE FROM a"))',
        'op.execute(f"DELETE FROM {name}")',
        'op.execute("DELETE FROM " + name)',
        "op.execute(statement)",
        "op.execute(sqltext=statement)",
        'op.get_bind().exec_driver_sql("DELETE FROM a")',
        'op.create_unique_constraint("uq", "a", ["b"])',
        'op.create_unique_constraint("uq", table_name="a", columns=["b"])',
        'op.create_check_constraint("ck", "a", "b > 0")',
        'op.create_foreign_key("fk", "a", "c", ["b"], ["id"])',
        'op.create_index("ix", "a", ["b"], unique=True)',
        'op.create_index("ix", "a", ["b"], unique=once)',
        'op.add_column("a", sa.Column("b", sa.String(), server_default="", unique=True))',
        """with op.batch_alter_table("a") as table: table.create_unique_constraint("uq", ["b"])""",
        """with op.batch_alter_table("a") as table: table.create_index("ix", ["b"], unique=True)""",
        """with op.batch_alter_table(name) as a: a.create_check_constraint("ck", "b > 0")""",
    ],
)
def test_what_the_old_version_would_stumble_over_is_found(step: str) -> None:
    source = f"def upgrade():\n    {step}\n"
    assert len(list(breaks(source))) == 1
    assert not is_marked(source)
    assert is_marked(f'CONTRACT = "since 0.3 nothing reads it any more"\n{source}')
