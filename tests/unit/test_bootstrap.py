"""Set-up: which Python counts, what is made again, what a person is told when it cannot go on."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import artefacts, bootstrap, children, environments, pythons
from cli.house import House, Trouble
from cli.progress import Progress, last_lines, meaning, seconds
from core.signing import trusted

REAL = Path(sys.executable)


def script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return path


def fake_python(path: Path, version: str) -> Path:
    return script(path, f"echo {version}", f"echo {path}")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def progress() -> Progress:
    return Progress(1, io.StringIO())


# Which Python counts


def test_a_shim_that_fails_is_passed_over_for_one_that_proves_itself(tmp_path: Path) -> None:
    script(tmp_path / "shims/python3.10", "echo 'command not found' >&2", "exit 127")
    real = fake_python(tmp_path / "bin/python3.10", "3.10")
    path = f"{tmp_path / 'shims'}{os.pathsep}{tmp_path / 'bin'}"
    assert pythons.find(pythons.RASA, {"PATH": path, "HOME": str(tmp_path)}) == real


def test_a_name_is_no_proof_of_a_version(tmp_path: Path) -> None:
    fake_python(tmp_path / "python3.10", "3.12")
    assert pythons.find(pythons.RASA, {"PATH": str(tmp_path), "HOME": str(tmp_path)}) is None


def test_what_prints_something_else_is_no_python(tmp_path: Path) -> None:
    assert pythons.probe(script(tmp_path / "python3.10", "echo hello")) is None
    assert pythons.probe(tmp_path / "absent") is None


def test_a_plain_python3_of_the_wanted_version_is_found(tmp_path: Path) -> None:
    real = fake_python(tmp_path / "python3", "3.10")
    assert pythons.find(pythons.RASA, {"PATH": str(tmp_path), "HOME": str(tmp_path)}) == real


def test_the_newest_patch_among_pyenvs_versions_wins(tmp_path: Path) -> None:
    fake_python(tmp_path / "versions/3.10.9/bin/python3.10", "3.10")
    newest = fake_python(tmp_path / "versions/3.10.13/bin/python3.10", "3.10")
    assert pythons.find(pythons.RASA, {"PATH": "", "PYENV_ROOT": str(tmp_path)}) == newest
    fake_home = tmp_path / "home"
    shutil.copytree(tmp_path / "versions", fake_home / ".pyenv/versions")
    assert pythons.find(pythons.RASA, {"PATH": "", "HOME": str(fake_home)}) == newest


def test_the_application_prefers_the_version_it_is_tested_with(tmp_path: Path) -> None:
    fake_python(tmp_path / "python3.13", "3.13")
    tested = fake_python(tmp_path / "python3.11", "3.11")
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    assert pythons.find(pythons.APPLICATION, environment) == tested


def test_a_running_python_tells_its_real_path() -> None:
    version, path = pythons.probe(REAL) or ("", Path())
    assert version == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert path == Path(os.path.realpath(REAL))


def test_without_any_python_310_one_line_says_where_it_was_looked_for(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    uv = script(tmp_path / "uv", "echo no download today", "exit 1")
    with pytest.raises(Trouble) as told:
        environments.find_python(uv, pythons.RASA, tmp_path, progress)
    line = str(told.value)
    assert "\n" not in line
    assert "No Python 3.10" in line
    assert "`uv python install 3.10` failed" in line
    assert told.value.output == ""


def test_a_python_that_uv_fetches_counts_when_it_proves_itself(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    fetched = fake_python(tmp_path / "fetched/python3.10", "3.10")
    uv = script(tmp_path / "uv", f'[ "$2" = find ] && echo {fetched}', "exit 0")
    assert environments.find_python(uv, pythons.RASA, tmp_path, progress) == fetched


def test_without_uv_and_pip_one_line_says_so(
    house: House, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", str(script(house.root / "python3", "exit 1")))
    with pytest.raises(Trouble, match="Install uv"):
        environments.find_uv(house, progress)


def test_an_interpreter_is_named_by_its_environment(tmp_path: Path) -> None:
    assert environments.version_of(tmp_path) == ""
    (tmp_path / "pyvenv.cfg").write_text("home = /x\nversion_info = 3.10.13\n")
    assert environments.version_of(tmp_path) == "3.10.13"


# What is made again


class Maker:
    """A step's source, product and work, counting how often it was made."""

    def __init__(self, root: Path) -> None:
        self.source = root / "source"
        self.product = root / "product"
        self.source.write_text("one")
        self.times = 0

    def step(self) -> bootstrap.Step:
        stamp = self.product.with_name("stamps") / "thing"
        return bootstrap.Step(
            "A thing", stamp, self.source.read_text, lambda: self.product, self._make
        )

    def _make(self, _progress: Progress) -> None:
        self.times += 1
        self.product.write_text(self.source.read_text())


def test_a_second_set_up_makes_and_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maker = Maker(tmp_path)
    bootstrap.take([maker.step()])
    assert capsys.readouterr().out.startswith("1/1 A thing ...")
    bootstrap.take([maker.step()])
    assert maker.times == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda maker: maker.source.write_text("two"),
        lambda maker: maker.product.unlink(),
        lambda maker: maker.step().stamp.unlink(),
    ],
    ids=["its source changed", "its product is gone", "it was never finished"],
)
def test_a_step_is_due_again(tmp_path: Path, change: Callable[[Maker], object]) -> None:
    maker = Maker(tmp_path)
    bootstrap.take([maker.step()])
    change(maker)
    assert maker.step().due()


def test_a_step_that_fails_is_due_again(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    bootstrap.take([maker.step()])
    maker.source.write_text("two")

    def fail(_progress: Progress) -> None:
        raise Trouble("The thing is missing.")

    step = maker.step()
    with pytest.raises(Trouble):
        bootstrap.take([bootstrap.Step(step.title, step.stamp, step.state, step.product, fail)])
    maker.source.write_text("one")
    assert maker.step().due()


def test_the_tools_for_tests_stay_when_the_copy_is_only_run(house: House) -> None:
    assert bootstrap.steps(house, "app")[0].work.args[1] == "app"  # type: ignore[attr-defined]
    stamp = house.build / "stamps/app"
    stamp.parent.mkdir(parents=True)
    stamp.write_text("dev 3.11.7 0123")
    assert bootstrap.steps(house, "app")[0].work.args[1] == "dev"  # type: ignore[attr-defined]


@pytest.fixture
def trainable(house: House) -> House:
    for name in (
        "bot/domain/shared.yml",
        "data/nlu/shared/greet.yml",
        "data/stories/rules.yml",
        "bot/runtime/policy.py",
        "config.yml",
        "requirements/rasa.txt",
    ):
        (house.root / name).parent.mkdir(parents=True, exist_ok=True)
        (house.root / name).write_text(name)
    return house


@pytest.mark.parametrize(
    "changed",
    [
        "bot/domain/shared.yml",
        "data/nlu/shared/greet.yml",
        "data/stories/new.yml",
        "bot/runtime/policy.py",
        "config.yml",
        "requirements/rasa.txt",
    ],
)
def test_a_model_fits_only_the_data_it_was_trained_from(trainable: House, changed: str) -> None:
    before = artefacts.model_path(trainable)
    (trainable.root / changed).write_text("changed")
    assert artefacts.model_path(trainable) != before


def test_what_training_does_not_read_keeps_the_model(trainable: House) -> None:
    before = artefacts.model_path(trainable)
    cache = trainable.root / "bot/runtime/__pycache__/policy.cpython-310.pyc"
    cache.parent.mkdir()
    cache.write_text("compiled")
    (trainable.root / "README.md").write_text("words")
    assert artefacts.model_path(trainable) == before


def test_a_trained_model_takes_its_place_and_the_oldest_goes(
    trainable: House, progress: Progress
) -> None:
    script(trainable.rasa, 'mkdir -p "${12}"', 'echo model > "${12}/${14}.tar.gz"')
    trainable.models.mkdir(parents=True)
    for age, name in enumerate(("newer", "older")):
        model = trainable.models / f"{name}.tar.gz"
        model.write_text(name)
        os.utime(model, (1000 - age, 1000 - age))
    artefacts.train(trainable, progress)
    kept = {path.name for path in trainable.models.iterdir()}
    trained = artefacts.model_path(trainable)
    assert kept == {trained.name, f"{trained.name}.signed", "newer.tar.gz"}
    assert trusted(trained, trainable.root) == b"model\n"


def test_training_hears_no_secret_of_ours(
    trainable: House, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_SECRET_KEY", "canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    script(trainable.rasa, 'mkdir -p "${12}"', 'env > "${12}/${14}.tar.gz"')
    artefacts.train(trainable, progress)
    heard = artefacts.model_path(trainable).read_text()
    assert "RASA_TELEMETRY_ENABLED=false" in heard
    assert "canary" not in heard


# What a person is told


def test_a_step_has_its_number_its_seconds_and_a_sign_of_life() -> None:
    told = io.StringIO()
    clock = iter((10.0, 22.4))
    progress = Progress(6, told, lambda: next(clock))
    with progress.step("Rasa's packages"):
        assert told.getvalue() == "1/6 Rasa's packages ..."
    assert told.getvalue() == "1/6 Rasa's packages ... 12 s\n"
    assert seconds(0.24) == "0.2 s"


def test_a_long_command_shows_dots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cli.progress.FIRST_DOT", 0.01)
    monkeypatch.setattr("cli.progress.NEXT_DOT", 0.01)
    told = io.StringIO()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    class LetsGoAtTheSecondDot(io.StringIO):
        def write(self, words: str) -> int:
            told.write(words)
            if told.getvalue() == "..":
                fifo.write_text("go")
            return len(words)

    Progress(1, LetsGoAtTheSecondDot()).run(["cat", fifo], failure="no", cwd=tmp_path)
    assert told.getvalue().startswith("..")


def test_a_failure_ends_with_the_last_lines_and_one_plain_line(
    tmp_path: Path, progress: Progress
) -> None:
    tool = script(tmp_path / "tool", "seq 1 50", "exit 3")
    with pytest.raises(Trouble, match="The styles are missing") as told:
        progress.run([tool], failure="The styles are missing.", cwd=tmp_path)
    assert told.value.output.splitlines() == [str(number) for number in range(31, 51)]


def test_a_tool_that_is_not_there_is_named(tmp_path: Path, progress: Progress) -> None:
    with pytest.raises(Trouble, match="sass cannot be run: No such file"):
        progress.run([tmp_path / "sass"], failure="no", cwd=tmp_path)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("error: failed to write: No space left on device (os error 28)", "The disk is full"),
        ("npm error code ENOSPC", "The disk is full"),
        ("error: Failed to fetch: `x`\n dns error", "The package registry does not answer"),
        ("npm error code EAI_AGAIN", "The package registry does not answer"),
        ("error: Hash mismatch for `uv==1`", "is not the one that was pinned"),
    ],
)
def test_what_tools_print_is_told_in_plain_words(output: str, line: str) -> None:
    assert line in (meaning(output) or "")


def test_an_unknown_failure_is_not_explained_away() -> None:
    assert meaning("error: unexpected token") is None
    assert last_lines("a\nb\nc\n", 2) == "b\nc"


def test_no_npm_is_told(house: House, progress: Progress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(house.root))
    with pytest.raises(Trouble, match="npm is missing"):
        artefacts.install_packages(house, progress)


def test_trouble_is_one_line_and_status_1_without_a_traceback(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "stop_on_signals", lambda: None)
    monkeypatch.setenv("PORT", "eight")
    assert bootstrap.main(["run"], house) == 1
    assert capsys.readouterr().err == "PORT must be a number from 1 to 65535, not 'eight'.\n"


def test_a_missing_source_is_one_line(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "stop_on_signals", lambda: None)
    (house.build / "stamps").mkdir(parents=True)
    (house.build / "stamps/app").write_text("app")
    assert bootstrap.main(["setup"], house) == 1
    assert capsys.readouterr().err.endswith("app.txt: No such file or directory.\n")


def test_an_unknown_step_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["dance"]) == 2
    assert "run|test|nlu_report|lint" in capsys.readouterr().err
