"""Measures that are no tests: candidates side by side, on the same data, in one run."""
