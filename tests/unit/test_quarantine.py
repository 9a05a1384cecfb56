"""What runs where Rasa runs: it knows no secret, reaches nobody, opens little and has its limits.

Each payload is code that somebody got to run inside Rasa. It is started as Rasa is, by the same
command but for its last words, in Rasa's own Python.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from pydantic import AliasChoices

from cli import children, quarantine, wires
from cli.house import ROOT
from core.settings import Settings
from tests.conftest import absent

FOREIGN = ("AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "PGPASSWORD", "GITHUB_TOKEN")
WIRES = {
    "CARA_CLAIMS_KEY": "c" * 64,
    "CARA_ACTIONS_KEY": "a" * 64,
    "CARA_TRACKER_DB": ":memory:",
}
PAYLOAD = """
import ctypes, errno, json, os, pathlib, socket, struct, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
held = socket.socket()
def address(port):
    there = struct.pack("=H", socket.AF_INET) + struct.pack("!HI", port, 0x7f000001) + bytes(8)
    return ctypes.create_string_buffer(there)
def in_c(result):
    return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]
def attempt(what):
    try:
        return str(what())
    except BaseException as error:
        return type(error).__name__
told = {{}}
{lines}
print(json.dumps(told))
"""


def settings_in_the_environment() -> list[str]:
    """The name under which each setting of ours stands in the environment."""
    names = []
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        if isinstance(alias, AliasChoices):
            names += [str(choice) for choice in alias.choices]
        else:
            names.append(f"CARA_{name.upper()}")
    return names


@pytest.fixture(scope="module")
def listeners() -> Iterator[dict[str, socket.socket]]:
    """Our actions, and a stranger of this machine: another of its addresses, another port."""
    made = {
        name: socket.create_server((address, 0))
        for name, address in (
            ("actions", "127.0.0.1"),
            ("stranger", "127.0.0.1"),
            ("elsewhere", "127.0.0.2"),
        )
    }
    yield made
    for each in made.values():
        each.close()


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as held:
        return int(held.getsockname()[1])


class Inside:
    """A place where Rasa could run, and what a payload finds there."""

    def __init__(self, folder: Path, listeners: dict[str, socket.socket]) -> None:
        self.data_dir = folder / "data"
        self.room = quarantine.room(self.data_dir)
        self.model = folder / "model.tar.gz"
        self.model.write_text("a model")
        self.secret = self.data_dir / "secret"
        self.secret.write_text("what opens every column")
        self.port = free_port()
        self.ports = {name: each.getsockname()[1] for name, each in listeners.items()}
        self.log = folder / "log"

    def start(self, *words: str, **outer: str) -> subprocess.Popen[bytes]:
        actions = f"http://127.0.0.1:{self.ports['actions']}/webhook"
        known = {"PATH": os.environ["PATH"], "CARA_ACTIONS_URL": actions, **WIRES, **outer}
        with self.log.open("wb") as log:
            return children.start(
                [ROOT.rasa, *words],
                log,
                cwd=ROOT.root,
                environment=quarantine.environment(ROOT, self.model, self.port, self.room, known),
                limits=quarantine.LIMITS,
            )

    def run(self, outer: dict[str, str] | None = None, **attempts: str) -> dict[str, str]:
        """What became of each attempt: its result, or the name of its error."""
        lines = "\n".join(
            f"told[{name!r}] = attempt(lambda: {code})" for name, code in attempts.items()
        )
        process = self.start("-c", PAYLOAD.format(lines=lines), **(outer or {}))
        assert process.wait(60) == 0, self.log.read_text()
        told: dict[str, str] = json.loads(self.log.read_text().splitlines()[-1])
        return told


@pytest.fixture
def inside(tmp_path: Path, listeners: dict[str, socket.socket]) -> Inside:
    if not ROOT.rasa.exists():
        absent("Rasa's runtime is not set up: make setup")
    return Inside(tmp_path, listeners)


def nobody_came(listener: socket.socket) -> bool:
    listener.settimeout(0)
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return True
    return False


linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's wall is Linux's own")


@pytest.fixture
def walled(inside: Inside) -> Inside:
    """The same, on a kernel that has all of Landlock."""
    landlock = 444
    if ctypes.CDLL(None).syscall(landlock, None, 0, 1) < 6:
        absent("this kernel does not have all of Landlock (Linux 6.12)")
    return inside


# What it knows


@linux
def test_no_setting_of_ours_and_no_key_of_the_machine_reaches_it(inside: Inside) -> None:
    names = settings_in_the_environment()
    assert len(names) > 20
    outer = {name: f"canary of {name}" for name in (*names, *FOREIGN)}
    process = inside.start("-c", "import time; time.sleep(600)", **outer)
    try:
        environ = Path(f"/proc/{process.pid}/environ").read_text()
    finally:
        children.end([process])
    known = dict(pair.split("=", 1) for pair in environ.split("\0") if pair)
    assert known["CARA_CLAIMS_KEY"] == WIRES["CARA_CLAIMS_KEY"]
    assert "canary" not in environ
    assert not {*names, *FOREIGN} & set(known)
    ours = {"PYTHONPATH", "CARA_RASA_PORT", "CARA_RASA_READS"}
    assert set(known) <= {*quarantine.HEARS, *quarantine.RASA_ENVIRONMENT, *ours}


@linux
def test_it_reads_no_secret_of_ours(walled: Inside) -> None:
    told = walled.run(
        secret=f"open({str(walled.secret)!r}).read()",
        folder=f"os.listdir({str(walled.data_dir)!r})",
        key=f"open({str(ROOT.root / '.installation.key')!r}, 'rb').read()",
        passwords="open('/etc/shadow').read()",
        ours=f"open('/proc/{os.getpid()}/environ').read()",
        settings=f"open({str(ROOT.root / 'core/settings.py')!r}).read()",
        model=f"open({str(walled.model)!r}).read()",
    )
    assert told.pop("model") == "a model"
    assert set(told.values()) == {"PermissionError"}


# Whom it reaches


def test_it_reaches_our_actions_and_nobody_else(
    inside: Inside, listeners: dict[str, socket.socket]
) -> None:
    told = inside.run(
        actions=f"socket.create_connection(('127.0.0.1', {inside.ports['actions']})) and 'reached'",
        stranger=f"socket.create_connection(('127.0.0.1', {inside.ports['stranger']}))",
        elsewhere=f"socket.create_connection(('127.0.0.2', {inside.ports['elsewhere']}))",
        datagram="socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        name="socket.getaddrinfo('example.org', 443)",
        by_name="socket.gethostbyname('example.org')",
        page=f"__import__('requests').get('http://127.0.0.1:{inside.ports['stranger']}')",
        listening="socket.socket().bind(('0.0.0.0', 0))",
    )
    assert told.pop("actions") == "reached"
    assert told.pop("page") in ("ConnectionError", "PermissionError")
    assert set(told.values()) == {"PermissionError"}
    assert nobody_came(listeners["stranger"])
    assert nobody_came(listeners["elsewhere"])


@linux
def test_code_below_python_meets_the_kernel(
    walled: Inside, listeners: dict[str, socket.socket]
) -> None:
    """What an exploit of a compiled library would do: no audit hook sees it."""
    told = walled.run(
        connect=f"in_c(libc.connect(held.fileno(), address({walled.ports['stranger']}), 16))",
        listen=f"in_c(libc.bind(held.fileno(), address({free_port()}), 16))",
        datagram="in_c(libc.socket(socket.AF_INET, socket.SOCK_DGRAM, 0))",
        in_a_folder="in_c(libc.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0))",
        raw="in_c(libc.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))",
        ring="in_c(libc.syscall(425, 1, None))",
        program="in_c(libc.execl(b'/usr/bin/true', b'true', None))",
        signal=f"in_c(libc.kill({os.getpid()}, 0))",
    )
    assert set(told.values()) <= {"EPERM", "EACCES"}
    assert nobody_came(listeners["stranger"])


# A tracker in a database of its own


def test_without_a_database_of_its_own_it_has_nothing_to_reach_one_with(inside: Inside) -> None:
    assert inside.run(driver="__import__('psycopg2')") == {"driver": "ModuleNotFoundError"}


def test_its_tracker_s_database_is_one_more_that_it_reaches_and_the_only_one(
    inside: Inside, listeners: dict[str, socket.socket], server: str
) -> None:
    url = wires.tracker(f"{server}?connect_timeout=9", Path("none"))
    there = sqlalchemy.make_url(url)
    stranger = inside.ports["stranger"]
    told = inside.run(
        {"CARA_TRACKER_DB": url},
        tracker=f"__import__('sqlalchemy').create_engine({url!r}).connect() and 'reached'",
        actions=f"socket.create_connection(('127.0.0.1', {inside.ports['actions']})) and 'reached'",
        stranger=f"__import__('psycopg2').connect(host='127.0.0.1', port={stranger})",
        elsewhere=f"__import__('psycopg2').connect(host='127.0.0.2', port={there.port})",
        by_name="__import__('psycopg2').connect(host='localhost')",
        folder="__import__('psycopg2').connect(host='/var/run/postgresql')",
        nowhere="__import__('psycopg2').connect('')",
        twice=f"__import__('psycopg2').connect(host='a', hostaddr='127.0.0.2', port={there.port})",
        plain=f"socket.create_connection(('127.0.0.1', {stranger}))",
        without_driver=f"socket.create_connection(({there.query['hostaddr']!r}, {there.port}))",
    )
    assert (told.pop("tracker"), told.pop("actions")) == ("reached", "reached")
    assert set(told.values()) == {"PermissionError"}
    assert nobody_came(listeners["stranger"])


@linux
def test_below_python_the_tracker_opens_one_port_more(
    walled: Inside, listeners: dict[str, socket.socket], server: str
) -> None:
    url = wires.tracker(server, Path("none"))
    port = sqlalchemy.make_url(url).port
    told = walled.run(
        {"CARA_TRACKER_DB": url},
        tracker=f"in_c(libc.connect(held.fileno(), address({port}), 16))",
        stranger=f"in_c(libc.connect(held.fileno(), address({walled.ports['stranger']}), 16))",
        datagram="in_c(libc.socket(socket.AF_INET, socket.SOCK_DGRAM, 0))",
        in_a_folder="in_c(libc.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0))",
    )
    assert told.pop("tracker") == "done"
    assert set(told.values()) <= {"EPERM", "EACCES"}
    assert nobody_came(listeners["stranger"])


def test_no_address_but_ours_passes_the_hook(inside: Inside) -> None:
    """Addresses of the world outside, shown to the hook alone: nothing leaves this machine."""
    far = [("192.0.2.1", 443), ("2001:db8::1", 443, 0, 0), ("localhost.example.org", 80)]
    told = inside.run(
        **{
            f"far_{number}": f"sys.audit('socket.connect', None, {address!r})"
            for number, address in enumerate([*far, "/run/docker.sock"])
        }
    )
    assert set(told.values()) == {"PermissionError"}


def test_on_another_machine_it_listens_at_the_one_address_that_it_is_given(inside: Inside) -> None:
    bind = "socket.socket().bind(({!r}, {}))"
    told = inside.run(
        {"CARA_RASA_INTERFACE": "127.0.0.2"},
        given=bind.format("127.0.0.2", inside.port),
        another=bind.format("127.0.0.3", inside.port),
        everywhere=bind.format("0.0.0.0", inside.port),
    )
    assert told == {"given": "None", "another": "PermissionError", "everywhere": "PermissionError"}


def test_the_loop_that_connects_in_c_is_not_to_be_had(inside: Inside) -> None:
    assert inside.run(loop="__import__('uvloop')") == {"loop": "ModuleNotFoundError"}


def test_what_nothing_of_ours_uses_is_hollow(inside: Inside) -> None:
    told = inside.run(
        called="__import__('tensorflow').constant(1)",
        within="__import__('tensorflow.keras.layers').keras.layers.Dense(8)",
        rasa_s_own="__import__('rasa.core.policies.ted_policy') and 'made'",
        compiled="__import__('tensorflow').python.pywrap_tensorflow()",
    )
    assert told.pop("rasa_s_own") == "made"
    assert set(told.values()) == {"LeftOutError"}


def test_it_starts_no_program(inside: Inside) -> None:
    told = inside.run(
        run="subprocess.run(['/usr/bin/true'])",
        shell="os.system('true')",
        instead="os.execv('/usr/bin/true', ['true'])",
        fork="os.fork()",
    )
    assert set(told.values()) == {"PermissionError"}


@linux
def test_without_its_wall_nothing_starts(inside: Inside) -> None:
    inside.port = -1
    process = inside.start("-c", "print('Rasa runs')")
    assert process.wait(60) == os.EX_CONFIG
    assert "Rasa runs" not in inside.log.read_text()


# What it may use


@linux
def test_it_writes_in_its_own_room_and_nowhere_else(walled: Inside) -> None:
    told = walled.run(
        room=f"pathlib.Path({str(walled.room / 'note')!r}).write_text('x')",
        model=f"pathlib.Path({str(walled.model)!r}).write_text('x')",
        removed=f"os.remove({str(walled.model)!r})",
        code=f"pathlib.Path({str(ROOT.root / 'bot/runtime/new.py')!r}).write_text('x')",
        beside=f"pathlib.Path({str(walled.data_dir / 'x')!r}).write_text('x')",
    )
    assert told.pop("room") == "1"
    assert set(told.values()) == {"PermissionError"}
    assert walled.model.read_text() == "a model"


@linux
def test_it_gets_so_much_memory_and_no_more(inside: Inside) -> None:
    much = quarantine.LIMITS.memory
    told = inside.run(much=f"len(bytearray({much // 2}))", more=f"len(bytearray({much + 1}))")
    assert told == {"much": str(much // 2), "more": "MemoryError"}


@linux
def test_it_cannot_take_its_limits_off(inside: Inside) -> None:
    told = inside.run(
        files="[open('/dev/null') for _ in range(2000)]",
        processors="len(os.sched_getaffinity(0))",
        rights="[line for line in open('/proc/self/status') if line.startswith('NoNewPrivs')][0]",
        core="__import__('resource').getrlimit(4)",
    )
    assert told["files"] == "OSError"
    assert told["processors"] == str(quarantine.LIMITS.processors)
    assert told["rights"].split()[1] == "1"
    assert told["core"] == "(0, 0)"
