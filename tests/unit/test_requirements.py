"""The requirement files: that they are in step with their sources, and that the check can fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.house import ROOT, House
from cli.requirement_faults import disagreements, faults, pins, unmet
from cli.requirement_files import COMPILED, sources, stamp, wanted


@pytest.fixture
def copy(tmp_path: Path) -> House:
    shutil.copytree(ROOT.root / "requirements", tmp_path / "requirements")
    return House(tmp_path)


def edit(house: House, name: str, old: str, new: str) -> None:
    path = house.root / "requirements" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_files_are_in_step(copy: House) -> None:
    assert faults(copy) == []


def test_a_new_requirement_is_a_fault_in_every_file_that_takes_it_in(copy: House) -> None:
    edit(copy, "app.in", "alembic\n", "alembic\nflask>=3\n")
    found = "\n".join(faults(copy))
    assert "requirements/app.txt was not compiled from the sources as they are now" in found
    assert "requirements/dev.txt was not compiled from the sources as they are now" in found
    assert "requirements/app.txt: no pin satisfies flask>=3" in found
    assert "rasa.txt" not in found


def test_a_pin_outside_its_requirement_is_a_fault(copy: House) -> None:
    edit(copy, "rasa.txt", "rasa==3.6.21", "rasa==3.6.20")
    assert faults(copy) == ["requirements/rasa.txt: no pin satisfies rasa==3.6.21"]


def test_a_pin_without_a_hash_is_a_fault(copy: House) -> None:
    edit(copy, "bootstrap.txt", "uv==", "unhashed==1.0\nuv==")
    assert faults(copy) == ["requirements/bootstrap.txt: unhashed has no hash"]


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "-f wheels",
        "--find-links wheels",
        "thing @ https://example.org/thing.whl",
        "-e .",
    ],
)
def test_a_host_or_an_index_is_a_fault(copy: House, line: str) -> None:
    edit(copy, "bootstrap.txt", "uv==", f"{line}\nuv==")
    assert faults(copy) == ["requirements/bootstrap.txt names a host, an index or a file"]


def test_tests_run_on_the_versions_of_the_application(copy: House) -> None:
    version = pins((copy.root / "requirements/app.txt").read_text())["alembic"][0]
    edit(copy, "dev.txt", f"alembic=={version}", "alembic==99.0")
    assert faults(copy) == ["alembic differs between requirements/app.txt and requirements/dev.txt"]


def test_markers_and_extras_are_read() -> None:
    text = (
        "psycopg[binary]==3.2 \\\n    --hash=sha256:aa\n"
        "tool==1.0 ; python_version < '3.12' \\\n    --hash=sha256:bb\n"
        "tool==2.0 ; python_version >= '3.12' \\\n    --hash=sha256:cc\n"
    )
    assert {name: [str(v) for v in found] for name, found in pins(text).items()} == {
        "psycopg": ["3.2"],
        "tool": ["1.0", "2.0"],
    }
    assert unmet(["psycopg[binary]>=3", "Tool>=2"], pins(text)) == []
    assert unmet(["tool>=3"], pins(text)) == ["no pin satisfies tool>=3"]
    assert disagreements(pins(text), {}) == [
        f"{name} differs between requirements/app.txt and requirements/dev.txt"
        for name in ("psycopg", "tool")
    ]


def test_what_is_taken_in_counts_as_a_source(copy: House) -> None:
    assert [path.name for path in sources(copy, "dev")] == ["dev.in", "app.in"]
    assert {"pytest", "alembic"} <= set(wanted(copy, "dev"))
    before = stamp(copy, "dev")
    edit(copy, "app.in", "alembic\n", "")
    assert stamp(copy, "dev") != before


@pytest.mark.parametrize("name", COMPILED)
def test_every_requirement_of_ours_is_named_in_its_source(name: str) -> None:
    assert wanted(ROOT, name)


def test_the_lock_of_the_front_end_names_no_host() -> None:
    assert "://" not in (ROOT.root / "package-lock.json").read_text()
