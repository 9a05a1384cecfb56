"""Shares with the interval that a count of their size allows, for every figure that we report."""

from __future__ import annotations

from math import sqrt

_Z95 = 1.96


def wilson(hits: float, of: float) -> tuple[float, float]:
    """From where to where the true share lies, with 95 % confidence, after Wilson.

    All is possible of nothing. ``hits`` and ``of`` may be halves, where F1 is taken for a share.
    """
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, _Z95**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z95 * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def in_words(hits: float, of: float) -> str:
    """A share with its interval and its counts, for people to read."""
    if not of:
        return "-"
    low, high = wilson(hits, of)
    return f"{hits / of:.3f} ({low:.3f} to {high:.3f}, {hits:g}/{of:g})"
