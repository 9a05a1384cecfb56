"""The shape of production on this machine: two of each part as its units start them, behind nginx.

Every process is its own, started by ``cara part`` in the environment that ``deploy/`` describes, on
a PostgreSQL server with two databases made by ``deploy/postgresql.sql`` and a Redis of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
import redis
from psycopg import sql

from core.settings import ROOT
from tests.conftest import absent, certificate
from tests.journeys.running import environment, free_port
from tests.unit.conftest import SERVERS

CARA = ROOT / ".venv/bin/cara"
SECRET = "of the shape of production, and of nothing else"
PORTS = ("web-1", "web-2", "actions", "rasa-1", "rasa-2", "redis")
PATIENCE = 300.0
TICK = 0.05


def wait_until(done: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Until it is so; fails where it never is."""
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, f"in {seconds:.0f} s never: {what}"
        Event().wait(TICK)


def tool(name: str) -> str:
    """A program of the machine's; skips, or fails where everything has to be there."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if not found:
        absent(f"{name} is not installed")
    return str(found)


def example(name: str) -> dict[str, str]:
    """The settings of an example of ``deploy/``, as systemd reads them."""
    lines = (ROOT / "deploy" / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {key: value for key, _, value in pairs}


@dataclass
class Process:
    """One part; started again by hand, as systemd would."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    answers: Callable[[], bool]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            # A session of its own, as a unit has: on a busy machine each gets its turn by session.
            self.running = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """At once, with all that it had in hand and all that it started, as its unit does."""
        if self.running:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()

    def restart(self, ends: signal.Signals) -> None:
        """It is killed, or asked to end, and starts again; gives control when it answers."""
        assert self.running
        self.running.send_signal(ends)
        self.running.wait(20)
        self.kill()
        self.start()
        wait_until(self.is_up, f"{self.name} answers again")

    @contextmanager
    def hung(self) -> Iterator[None]:
        """It holds its port and answers nothing."""
        assert self.running
        self.running.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.running.send_signal(signal.SIGCONT)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.running is not None and self.running.poll() is None

    def is_up(self) -> bool:
        """Whether it answers; fails where it ended instead."""
        assert self.alive, f"{self.name} ended:\n{self.log.read_text()[-2000:]}"
        return self.answers()


@dataclass
class Shape:
    """Two of each part behind one address."""

    folder: Path
    url: str
    database: str
    tracker: str
    environment: Mapping[str, str]
    processes: dict[str, Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def client(self, part: str = "") -> httpx.Client:
        """A client of the proxy, or past it of one part."""
        url = f"http://127.0.0.1:{self.ports[part]}" if part else self.url
        return httpx.Client(base_url=url, timeout=20, verify=False)

    def mend(self) -> None:
        """Start whatever was killed, and wait until everything answers."""
        for each in self.processes.values():
            if not each.alive:
                each.start()
        for each in self.processes.values():
            wait_until(each.is_up, f"{each.name} answers")

    def rasa_url(self, name: str) -> str:
        """Where the others reach one of the Rasa."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def whole(self, without: Collection[str] = ()) -> list[psutil.Process]:
        """Every process of every part but those named."""
        parents = [
            psutil.Process(each.running.pid)
            for name, each in self.processes.items()
            if each.running and name not in without
        ]
        return [each for one in parents for each in (one, *one.children(recursive=True))]

    def served_by(self) -> list[str]:
        """Which web process had each request so far, as the proxy wrote it down."""
        names = {f"127.0.0.1:{port}": name for name, port in self.ports.items()}
        lines = (self.folder / "cara.log").read_text(encoding="utf-8").splitlines()
        found = [re.findall(r"127\.0\.0\.1:\d+", line) for line in lines]
        return [names[each[-1]] for each in found if each]

    def cara(self, *arguments: str) -> str:
        """What the command line says, on the same database."""
        done = subprocess.run(
            [CARA, *arguments], env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@contextmanager
def shape(folder: Path, extra: Mapping[str, str]) -> Iterator[Shape]:
    """All of it, answering; at the end nothing of it is left."""
    with ExitStack() as held:
        app_url, tracker_url = held.enter_context(databases())
        ports = {name: free_port() for name in PORTS}
        proxy = free_port()
        told = {
            **environment(folder / "data", ports["web-1"]),
            **{key: value for key, value in example("cara.env.example").items() if value},
            "DATA_DIR": str(folder / "data"),
            "PORT": str(ports["web-1"]),
            "CARA_WEB_URL": ",".join(
                f"http://127.0.0.1:{ports[name]}" for name in ("web-1", "web-2")
            ),
            "CARA_METRICS_PORT": "0",
            "CARA_MODE": "demo",
            "CARA_PUBLIC_URL": f"https://127.0.0.1:{proxy}",
            "CARA_SECRET_KEY": SECRET,
            "CARA_DATABASE_URL": app_url,
            "CARA_REDIS_URL": f"redis://127.0.0.1:{ports['redis']}/0",
            "CARA_TRACKER_URL": tracker_url,
            "CARA_RASA_URL": ",".join(
                f"http://127.0.0.1:{ports[name]}" for name in ("rasa-1", "rasa-2")
            ),
            "CARA_ACTIONS_URL": f"http://127.0.0.1:{ports['actions']}/webhook",
            **extra,
        }
        made = Shape(folder, f"https://127.0.0.1:{proxy}", app_url, tracker_url, told, ports=ports)
        made.cara("db", "upgrade")
        made.processes = {
            "redis": redis_server(folder, ports["redis"]),
            **parts(made),
            "proxy": proxied(made, proxy),
        }
        held.callback(stop, made)
        made.mend()
        with made.client() as http:
            wait_until(lambda: http.get("/readyz").status_code == 200, "everything is ready")
        yield made


def stop(made: Shape) -> None:
    """End every part, asked first."""
    for each in made.processes.values():
        if each.running and each.alive:
            each.running.terminate()
    for each in made.processes.values():
        with suppress(subprocess.TimeoutExpired):
            if each.running:
                each.running.wait(15)
        each.kill()


def parts(made: Shape) -> dict[str, Process]:
    """Two web, two actions at one port, two workers, and two Rasa that know no secret of ours."""
    keys = dict(line.split("=") for line in made.cara("part", "keys").splitlines())
    for_rasa = {
        **environment(made.folder / "data", 0),
        **{
            name: made.environment[name] for name in example("rasa.env.example") if name not in keys
        },
        **keys,
    }
    found: dict[str, Process] = {}

    def add(
        name: str, words: tuple[str, ...], env: Mapping[str, str], path: str, port: int
    ) -> None:
        found[name] = Process(
            name,
            (str(CARA), "part", *words),
            env,
            lambda: not path or answers(f"http://127.0.0.1:{port}{path}"),
            made.folder / f"{name}.log",
        )

    for number in (1, 2):
        port = made.ports[f"web-{number}"]
        add(f"web-{number}", ("web", "--port", str(port)), made.environment, "/healthz", port)
        port = made.ports["actions"]
        words = ("actions", "--port", str(port))
        add(f"actions-{number}", words, made.environment, "/healthz", port)
        add(f"worker-{number}", ("worker",), made.environment, "", 0)
        port = made.ports[f"rasa-{number}"]
        words = ("rasa", "--port", str(port))
        add(f"rasa-{number}", words, for_rasa, "/webhooks/cara/alive", port)
    return found


def answers(url: str) -> bool:
    """Whether it answers 200."""
    with suppress(httpx.HTTPError):
        return httpx.get(url, timeout=5).status_code == 200
    return False


def proxied(made: Shape, port: int) -> Process:
    """nginx with the configuration of ``deploy/``, at our ports and with a certificate of ours."""
    nginx, config = tool("nginx"), proxy_config(made.folder, port, made.ports)
    return Process(
        "proxy",
        (nginx, "-c", str(config), "-p", str(made.folder), "-g", "daemon off;"),
        dict(os.environ),
        lambda: tcp(port),
        made.folder / "proxy.log",
    )


def tcp(port: int) -> bool:
    """Whether somebody listens there with TLS."""
    with suppress(httpx.HTTPError):
        httpx.get(f"https://127.0.0.1:{port}/healthz", timeout=5, verify=False)
        return True
    return False


def proxy_config(folder: Path, port: int, ports: Mapping[str, int]) -> Path:
    """A whole configuration around the files of ``deploy/nginx``, of which only places differ."""
    certificate(folder)
    parts_of_it = [ROOT / "deploy/nginx" / name for name in ("cara.conf", "upstream.conf")]
    text = "".join(each.read_text(encoding="utf-8") for each in parts_of_it)
    text = re.sub(r"\n *listen \[::\][^\n]*", "", text)
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ", f"listen 127.0.0.1:{port} "),
        ("127.0.0.1:8001", f"127.0.0.1:{ports['web-1']}"),
        ("127.0.0.1:8002", f"127.0.0.1:{ports['web-2']}"),
        ("/etc/cara/tls/fullchain.pem", f"{folder}/server.pem"),
        ("/etc/cara/tls/privkey.pem", f"{folder}/server.pem"),
        ("/etc/cara/nginx", str(ROOT / "deploy/nginx")),
        ("/var/log/nginx", str(folder)),
    ):
        assert old in text, old
        text = text.replace(old, new)
    kept = "\n".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"pid {folder}/nginx.pid;\nerror_log {folder}/nginx-error.log;\n"
        f"worker_processes 1;\nevents {{}}\nhttp {{\n{kept}\n{text}\n}}\n",
        encoding="utf-8",
    )
    return config


@contextmanager
def databases() -> Iterator[tuple[str, str]]:
    """Ours and the tracker's, each with its role, as ``deploy/postgresql.sql`` makes them."""
    server, psql = server_url(), tool("psql")
    word, app, tracker = uuid.uuid4().hex, f"cara_{uuid.uuid4().hex}", f"rasa_{uuid.uuid4().hex}"
    given = {"app": app, "tracker": tracker, "app_password": word, "tracker_password": word}
    done = subprocess.run(
        [
            psql, server, "--quiet", "--no-psqlrc", "--file", ROOT / "deploy/postgresql.sql",
            *(f"--set={name}={value}" for name, value in given.items()),
        ],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    where = urlsplit(server).netloc.rpartition("@")[2]
    try:
        yield tuple(f"postgresql://{name}:{word}@{where}/{name}" for name in (app, tracker))  # type: ignore[misc]
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            for name in (app, tracker):
                named = sql.Identifier(name)
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                connection.execute(drop.format(named))
                connection.execute(sql.SQL("DROP ROLE {}").format(named))


def server_url() -> str:
    """A PostgreSQL server on which databases and roles may be made."""
    for url in SERVERS:
        with suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=3).close()
            return url
    absent("no PostgreSQL answers")
    raise AssertionError("unreachable")


def redis_server(folder: Path, port: int) -> Process:
    """A Redis of our own, which keeps nothing: when it ends it has forgotten everything."""
    words = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
    return Process(
        "redis",
        (tool("redis-server"), *words),
        dict(os.environ),
        lambda: pings(port),
        folder / "redis.log",
    )


def pings(port: int) -> bool:
    """Whether it is there."""
    with suppress(redis.RedisError), redis.Redis(port=port) as client:
        return bool(client.ping())
    return False
