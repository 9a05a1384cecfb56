"""A confidence of 0.8 is right four times in five: on texts that nothing was mended for."""

from __future__ import annotations

from measures.counting import Example, Reading, calibration_error
from tests.unit.understanding import read, sets

NEVER_MENDED_FOR = ("participant_blind*_2*.yml", "participant_blind*_3*.yml")


def test_confidence_says_how_often_it_is_right() -> None:
    pairs = [
        (
            Example(meant["text"], meant["language"], meant["intent"], frozenset()),
            Reading(got["intent"], got["confidence"], 0.0, frozenset()),
        )
        for pattern in NEVER_MENDED_FOR
        for path in sets(pattern)
        for meant, got in read(path)
    ]
    error = calibration_error(pairs)
    print(f"expected calibration error {error:.3f} on {len(pairs)} texts")
    assert len(pairs) > 600
    assert error <= 0.05
