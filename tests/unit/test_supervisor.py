"""A running copy: its ports, its lock, its parts, and that nothing of it is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli import children, quarantine, supervisor
from cli.artefacts import classifier_path, model_path
from cli.house import ROOT, House, Trouble
from cli.parts import Part, inner_parts, shared_environment, web_part
from cli.place import Place, asked_for, check_port, inner_ports, sole_copy, write_run_file
from cli.supervisor import DEATHS_ALLOWED, LONGEST_PAUSE, Supervisor, answers, wake, wake_page
from core import signing

SECRET = "a secret of thirty-two characters or more"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


# Ports and copies


def test_a_taken_port_is_told_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Trouble) as told:
            check_port(port)
    assert str(told.value) == f"Port {port} is taken. Choose another: make run PORT={port + 1}"
    check_port(port)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "8k", "٨٠٠٠", "80.0"])
def test_a_port_that_is_none_is_refused(house: House, port: str) -> None:
    with pytest.raises(Trouble, match="PORT must be a number"):
        asked_for(house, {"PORT": port})


def test_a_copy_is_where_the_environment_says(house: House, tmp_path: Path) -> None:
    assert asked_for(house, {}) == Place(house.root / "var", 8000)
    assert asked_for(house, {"PORT": "8001", "DATA_DIR": str(tmp_path / "b")}) == Place(
        tmp_path / "b", 8001
    )


def test_a_second_copy_of_the_same_data_is_refused_and_another_is_not(tmp_path: Path) -> None:
    first = Place(tmp_path / "a", 8000)
    with sole_copy(first):
        write_run_file(first, inner_ports(), tmp_path / "model.tar.gz")
        with (
            pytest.raises(Trouble, match="already running at http"),
            sole_copy(Place(tmp_path / "a", 8001)),
        ):
            pass
        with sole_copy(Place(tmp_path / "b", 8001)):
            pass
    with sole_copy(first):
        pass


def test_the_run_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    place = Place(tmp_path, 8000)
    write_run_file(place, {"web": 8000, **inner_ports()}, tmp_path / "model.tar.gz")
    assert place.run_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_inner_ports_differ() -> None:
    ports = inner_ports()
    assert set(ports) == {"actions", "rasa"}
    assert ports["actions"] != ports["rasa"]
    three = inner_ports(3)
    assert list(three) == ["actions", "rasa", "rasa-2", "rasa-3"]
    assert len(set(three.values())) == 4


# Nothing is left behind


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True


def wait_for(condition: Callable[[], bool]) -> None:
    """Look again until it holds; the test's own time limit ends what never will."""
    while not condition():
        os.sched_yield()


PARENT = """
import sys, tempfile
from pathlib import Path
from cli import children
children.stop_on_signals()
with tempfile.TemporaryFile() as out:
    try:
        child = children.start(["sh", "-c", "sleep 600 & echo $! > started; wait"], out,
                               cwd=Path.cwd())
        print(child.pid, flush=True)
        child.wait()
    except children.Stopped:
        children.end([child])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's own")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_child_outlives_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT.root)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        wait_for(lambda: (tmp_path / "started").exists())
        wait_for(lambda: (tmp_path / "started").read_text().strip() != "")
        grandchild = int((tmp_path / "started").read_text())
        parent.send_signal(number)
    wait_for(lambda: gone(child))
    if number == signal.SIGKILL:
        # The kernel ends what we started, not what that started: our parts start nothing.
        os.kill(grandchild, signal.SIGKILL)
    wait_for(lambda: gone(grandchild))


# The parts


def parts_of_a_copy(tmp_path: Path, **more_ports: int) -> dict[str, Part]:
    place = Place(tmp_path, 8001)
    outer = {"CARA_SECRET_KEY": SECRET, "CARA_DATABASE_URL": "sqlite://", "CARA_MODE": "demo"}
    ports = {"actions": 4001, "rasa": 4002} | {
        name.replace("_", "-"): port for name, port in more_ports.items()
    }
    environment = shared_environment(place, ports, outer)
    house, model = House(tmp_path), tmp_path / "model.tar.gz"
    made = [web_part(house, place, environment), *inner_parts(house, ports, model, environment)]
    return {part.name: part for part in made}


def test_rasa_never_learns_what_opens_our_tables(tmp_path: Path) -> None:
    made = parts_of_a_copy(tmp_path)
    assert not {"CARA_SECRET_KEY", "CARA_DATABASE_URL", "DATA_DIR"} & set(made["rasa"].environment)
    assert SECRET not in made["rasa"].environment.values()
    assert made["rasa"].limits == quarantine.LIMITS
    assert made["web"].environment["CARA_SECRET_KEY"] == SECRET


def test_every_part_listens_on_loopback_and_knows_the_others(tmp_path: Path) -> None:
    made = parts_of_a_copy(tmp_path)
    assert list(made) == ["web", "worker", "actions", "rasa"]
    for name, port in {"web": "8001", "actions": "4001", "rasa": "4002"}.items():
        words = made[name].command
        assert words[words.index("--port") + 1] == port
        assert "127.0.0.1" in words
        assert made[name].environment["CARA_ACTIONS_URL"] == "http://127.0.0.1:4001/webhook"
    for name in ("web", "worker", "actions"):
        assert made[name].environment["CARA_RASA_URL"] == "http://127.0.0.1:4002"
        assert made[name].environment["DATA_DIR"] == str(tmp_path)
    # Rasa answers on its port and knows of no folder but its own.
    assert made["rasa"].environment["CARA_RASA_PORT"] == "4002"
    assert made["rasa"].environment["TMPDIR"] == str(tmp_path / "rasa")
    assert str(tmp_path) not in made["rasa"].environment.values()


def test_each_rasa_process_has_its_port_its_log_and_the_same_walls(tmp_path: Path) -> None:
    made = parts_of_a_copy(tmp_path, rasa_2=4003)
    assert list(made) == ["web", "worker", "actions", "rasa", "rasa-2"]
    for name, port in {"rasa": "4002", "rasa-2": "4003"}.items():
        assert made[name].environment["CARA_RASA_PORT"] == port
        assert made[name].limits == quarantine.LIMITS
    both = "http://127.0.0.1:4002,http://127.0.0.1:4003"
    assert made["web"].environment["CARA_RASA_URL"] == both


def test_rasa_calls_nobody_home_and_opens_no_api(tmp_path: Path) -> None:
    rasa = parts_of_a_copy(tmp_path)["rasa"]
    assert rasa.environment["RASA_TELEMETRY_ENABLED"] == "false"
    assert "--enable-api" not in rasa.command


# Keeping them alive


class Watched:
    """A supervisor of one part, with the time in the test's own hands."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.log = folder / "logs/part.log"
        self.supervisor = Supervisor(folder / "logs", folder, self.said.append, lambda: self.now)
        self.supervisor.add(Part("part", command, dict(os.environ)))

    def pid(self) -> int | None:
        process = self.supervisor.processes().get("part")
        return process.pid if process else None

    def see_it_end(self) -> None:
        self.supervisor.processes()["part"].wait()
        self.supervisor.tick()

    def let_pass(self, seconds: float) -> None:
        self.now += seconds
        self.supervisor.tick()


@pytest.fixture
def steady(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path, "sleep", "600")
    yield watched
    watched.supervisor.stop()


def test_a_part_that_dies_starts_again_after_a_pause(steady: Watched) -> None:
    first = steady.pid()
    assert first
    os.kill(first, signal.SIGKILL)
    steady.see_it_end()
    assert steady.pid() is None
    assert steady.said == [f"part ended (SIGKILL) and starts again in 1 s. Its log: {steady.log}"]
    steady.let_pass(0.9)
    assert steady.pid() is None
    steady.let_pass(0.1)
    assert steady.pid() not in (None, first)


def test_the_pause_grows_to_a_limit_and_falls_back_after_a_steady_minute(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "false")
    watched.supervisor.ready = True
    pauses = []
    for _ in range(7):
        watched.see_it_end()
        pauses.append(watched.said[-1].split(" in ")[1].split(".")[0])
        watched.let_pass(LONGEST_PAUSE)
    assert pauses == ["1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s"]
    watched.now += 60
    watched.see_it_end()
    assert " in 1 s" in watched.said[-1]


def test_what_never_comes_up_ends_with_the_log_to_read(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "sh", "-c", "echo no model here; exit 4")
    for _ in range(DEATHS_ALLOWED - 1):
        watched.see_it_end()
        watched.let_pass(8)
    with pytest.raises(Trouble, match="ended 5 times within a minute") as told:
        watched.see_it_end()
    assert str(watched.log) in str(told.value)
    assert "no model here" in told.value.output


def test_what_must_not_start_is_told_and_looked_at_again(tmp_path: Path) -> None:
    """A model that was exchanged while a copy runs keeps Rasa away, and nothing else."""
    now, said, reasons = [0.0], list[str](), ["The model was altered. Train again: make train", ""]
    kept = Supervisor(tmp_path / "logs", tmp_path, said.append, lambda: now[0])
    kept.add(Part("rasa", ("sleep", "600"), dict(os.environ), refusal=lambda: reasons.pop(0)))
    try:
        assert said == ["rasa is not started. The model was altered. Train again: make train"]
        assert kept.processes() == {}
        now[0] += LONGEST_PAUSE
        kept.tick()
        assert list(kept.processes()) == ["rasa"]
        assert len(said) == 1
    finally:
        kept.stop()


@pytest.mark.parametrize("which", ["model", "classifier"])
def test_a_copy_does_not_start_on_what_was_not_trained_here(tmp_path: Path, which: str) -> None:
    house, place = a_trained_clone(tmp_path), Place(tmp_path / "data", 8001)
    spoilt = {"model": model_path(house), "classifier": classifier_path(house)}[which]
    spoilt.unlink()
    spoilt.write_text("altered")
    with pytest.raises(Trouble, match=r"not the file that was signed\. Train again: make train"):
        supervisor.run(house, place, {})
    assert not place.run_file.exists()


def test_rasa_is_asked_for_with_the_model_that_was_checked(tmp_path: Path) -> None:
    house, place = a_trained_clone(tmp_path), Place(tmp_path / "data", 8001)
    ports, model = {"actions": 4001, "rasa": 4002}, model_path(house)
    rasa = inner_parts(house, ports, model, shared_environment(place, ports, {}))[-1]
    assert str(model) in rasa.command
    assert rasa.refusal() == ""
    signing.signature_of(model).unlink()
    assert rasa.refusal() == f"{model} is not signed. Train again: make train"


def a_trained_clone(folder: Path) -> House:
    house = House(folder / "clone")
    for name in ("config.yml", "requirements/rasa.txt"):
        (house.root / name).parent.mkdir(parents=True, exist_ok=True)
        (house.root / name).write_text(name)
    for path in (model_path(house), classifier_path(house)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("trained")
        signing.sign(path, house.root)
    return house


def test_logs_are_for_their_owner_alone(steady: Watched) -> None:
    assert steady.log.stat().st_mode & 0o777 == 0o600


def test_stopping_leaves_no_process_even_one_that_will_not_listen(tmp_path: Path) -> None:
    deaf = "trap '' TERM; echo deaf; while :; do sleep 600; done"
    watched = Watched(tmp_path, "sh", "-c", deaf)
    wait_for(lambda: "deaf" in watched.log.read_text())
    process = watched.supervisor.processes()["part"]
    children.end([process], grace=0.0)
    assert process.returncode == -signal.SIGKILL
    assert gone(process.pid)


# Waking


class Waking:
    """Parts that answer one address more at each look."""

    def __init__(self, *answering: set[str]) -> None:
        self.ready = False
        self.left = list(answering)
        self.now: set[str] = set()

    def tick(self) -> None:
        self.now = self.left.pop(0)


def test_the_page_is_told_before_the_whole_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.supervisor.TICK", 0)
    parts_ = Waking(set(), {"/"}, {"/"}, {"/", "/healthz"}, {"/"}, {"/", "/readyz"})
    said: list[str] = []
    wake_page(parts_, "http://127.0.0.1:8000", lambda path: path in parts_.now, said.append)
    assert len(parts_.left) == 2, "Rasa waits until danger can be answered"
    wake(parts_, "http://127.0.0.1:8000", lambda path: path in parts_.now, said.append)
    assert said == [
        "The page is up: http://127.0.0.1:8000 (the chat is waking)",
        "Ready: http://127.0.0.1:8000",
    ]
    assert parts_.ready


def test_nobody_listening_is_no_answer() -> None:
    assert not answers(inner_ports()["rasa"], "/healthz")
