"""How our processes multiply: in one thread, with kernels that suit a few rows at a time."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_CPU = Path("/proc/cpuinfo")


def computing() -> dict[str, str]:
    """What a part that finds out what a message means is told; an operator's own words stand above.

    One thread: a message is a few rows, and to count threads up and down again for each, as the
    encoder does where there are more, took 1 ms of its 3.5 (``docs/decisions/0003``).
    """
    return {"OMP_NUM_THREADS": "1"} | _kernels()


@lru_cache(maxsize=1)
def _kernels() -> dict[str, str]:
    """NumPy's own choice of kernels is for large matrices, and Rasa's NumPy is of 2022.

    With those for AVX-512 a message takes a quarter longer than with those for AVX2. On a processor
    that Rasa's does not know it falls back to the instructions of 2004, and takes twice as long.
    """
    try:
        flags = _CPU.read_text(encoding="utf-8").split()
    except OSError:
        return {}
    return {"OPENBLAS_CORETYPE": "Haswell"} if {"avx2", "fma"} <= {*flags} else {}
