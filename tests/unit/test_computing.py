"""Every part that finds out what a message means is told how to multiply, unless somebody did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import computing, quarantine
from cli.parts import shared_environment
from cli.place import Place

PORTS = {"actions": 1, "rasa": 2}


@pytest.fixture
def cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What the machine says of its processor."""
    monkeypatch.setattr(computing, "_CPU", tmp_path / "cpuinfo")
    computing._kernels.cache_clear()
    yield tmp_path / "cpuinfo"
    computing._kernels.cache_clear()


@pytest.mark.parametrize(
    ("flags", "kernels"),
    [("sse2 ssse3 avx2 fma", "Haswell"), ("sse2 ssse3 avx2", None), ("neon", None)],
)
def test_each_multiplies_with_what_the_processor_can_do(
    cpu: Path, tmp_path: Path, flags: str, kernels: str | None
) -> None:
    cpu.write_text(f"processor : 0\nflags\t: fpu {flags}\n")
    web = shared_environment(Place(tmp_path, 8001), PORTS, {})
    for told in (web, quarantine.told({}), quarantine.told(web)):
        assert told.get("OPENBLAS_CORETYPE") == kernels
        assert told["OMP_NUM_THREADS"] == "1"


def test_what_an_operator_says_stands(tmp_path: Path) -> None:
    outer = {"OPENBLAS_CORETYPE": "Zen", "OMP_NUM_THREADS": "2"}
    web = shared_environment(Place(tmp_path, 8001), PORTS, outer)
    assert (web["OPENBLAS_CORETYPE"], web["OMP_NUM_THREADS"]) == ("Zen", "2")
    assert quarantine.told(outer)["OPENBLAS_CORETYPE"] == "Zen"


def test_a_machine_that_says_nothing_is_left_to_its_own_choice(cpu: Path) -> None:
    assert not cpu.exists()
    assert "OPENBLAS_CORETYPE" not in quarantine.told({})
