"""A process that has started: what is there stays, and need not be looked at again.

Python's collector walks what it finds unused, and what we load at the start (words, lists, classes)
never is. A turn took a tenth longer for it (docs/how-to/sizing.md).
"""

from __future__ import annotations

import gc

# Of new objects: Python's own 700 are a handful of rows.
NEW, YOUNG, OLD = 10_000, 20, 20


def settle() -> None:
    """Call it once, when everything is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW, YOUNG, OLD)
