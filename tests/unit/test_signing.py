"""A model is loaded only where this installation trained it, byte for byte."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bot.safety import classifier, screen
from bot.safety.classifier import Classifier
from bot.safety.model import Kind
from cli import artefacts, quarantine
from cli.house import House
from core.signing import KEY, UntrustedError, remove, sign, signature_of, trusted

CONTENT = b"weights"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "ours"
    made.mkdir()
    return made


@pytest.fixture
def model(root: Path) -> Path:
    made = root / "0001.tar.gz"
    made.write_bytes(CONTENT)
    sign(made, root)
    return made


def overwrite(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def altered(model: Path, _root: Path) -> None:
    overwrite(model, CONTENT[:-1] + b"S")


def swapped(model: Path, root: Path) -> None:
    """Another model of ours, with its own good signature, in the place of this one."""
    other = root / "0002.tar.gz"
    other.write_bytes(b"older weights")
    sign(other, root)
    overwrite(model, other.read_bytes())
    signature_of(model).unlink()
    shutil.copy(signature_of(other), signature_of(model))


def unsigned(model: Path, _root: Path) -> None:
    signature_of(model).unlink()


def foreign(model: Path, root: Path) -> None:
    """Signed as it should be, by somebody else."""
    signature_of(model).unlink()
    theirs = root / "theirs"
    theirs.mkdir()
    sign(model, theirs)


def sealed_with_nothing(model: Path, root: Path) -> None:
    """Nobody may sign for an installation whose key is gone."""
    (root / KEY).write_bytes(b"")
    signature_of(model).unlink()
    sign(model, root)
    (root / KEY).unlink()


def rewritten(model: Path, _root: Path) -> None:
    overwrite(model, b"theirs")
    signed = json.loads(signature_of(model).read_text())
    altered_too = {**signed, "sha256": "0" * 64}
    overwrite(signature_of(model), json.dumps(altered_too).encode())


def garbled(model: Path, _root: Path) -> None:
    overwrite(signature_of(model), b"[1, 2")


REFUSED = pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (altered, "is not the file that was signed"),
        (swapped, "is not the file that was signed"),
        (rewritten, "is not the file that was signed"),
        (unsigned, "is not signed"),
        (foreign, "was signed by another installation"),
        (sealed_with_nothing, "was signed by another installation"),
        (garbled, "cannot be read"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)


def test_what_was_signed_here_is_trusted_and_cannot_be_written(model: Path, root: Path) -> None:
    assert trusted(model, root) == CONTENT
    assert quarantine.refusal(House(root), model) == ""
    for path in (model, signature_of(model)):
        assert path.stat().st_mode & 0o777 == 0o444
    assert (root / KEY).stat().st_mode & 0o777 == 0o600


@REFUSED
def test_anything_else_is_refused_in_plain_words(
    model: Path,
    root: Path,
    spoil: object,
    reason: str,
) -> None:
    assert callable(spoil)
    spoil(model, root)
    with pytest.raises(UntrustedError, match=reason) as told:
        trusted(model, root)
    assert str(told.value).endswith("make train")
    assert quarantine.refusal(House(root), model) == str(told.value)


def test_a_model_that_is_gone_is_told(root: Path) -> None:
    assert "cannot be read: No such file" in quarantine.refusal(House(root), root / "none.tar.gz")


def test_the_key_stays_from_one_signature_to_the_next(model: Path, root: Path) -> None:
    other = root / "0002.tar.gz"
    other.write_bytes(b"more weights")
    sign(other, root)
    assert trusted(model, root)
    assert trusted(other, root)
    assert not list(root.glob(f"{KEY}.*"))


def test_a_removed_model_leaves_no_signature(model: Path, root: Path) -> None:
    remove(model)
    assert [path.name for path in root.iterdir()] == [KEY]


def test_set_up_trains_again_where_a_signature_is_missing(model: Path) -> None:
    assert artefacts.signed(model).exists()
    signature_of(model).unlink()
    assert not artefacts.signed(model).exists()
    assert artefacts.signed(model.with_name("none")) == model.with_name("none")


# The safety screen's classifier


@pytest.fixture
def screening(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The classifier of another clone, signed there."""
    path = artefacts.classifier_path(House(root))
    path.parent.mkdir(parents=True)
    kinds = tuple(Kind)
    weights = np.zeros((1 + len(kinds), 8), dtype=np.float32)
    Classifier(weights, np.zeros(1 + len(kinds), dtype=np.float32), kinds).save(path)
    sign(path, root)
    monkeypatch.setattr(classifier, "MODEL", path)
    monkeypatch.setattr(classifier, "ROOT", root)
    classifier._classifier.cache_clear()
    monkeypatch.setattr(classifier, "_classifier", classifier._classifier.__wrapped__)
    return path


def test_the_screen_loads_a_classifier_of_ours(screening: Path) -> None:
    assert classifier._classifier().kinds == tuple(Kind)


@REFUSED
def test_the_screen_loads_no_other_and_its_rules_go_on(
    screening: Path, root: Path, spoil: object, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(spoil)
    spoil(screening, root)
    with pytest.raises(UntrustedError, match=reason):
        classifier.doubt("nobody would miss me at all", "en", "participant")
    found = screen("I want to die")
    assert found
    assert screen("I like long walks by the sea") is None
    assert "UntrustedError" in caplog.text
