"""A whole copy for the journeys: the supervisor and its real processes, Rasa included."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil

from accounts.demonstration import PASSWORD
from accounts.web.session import COOKIE as STAFF
from core.settings import ROOT
from core.web import forms

READY = "Ready: "
NEVER = 1e6
_PEOPLE = count()


@dataclass
class Copy:
    """One running copy of the system on loopback."""

    process: subprocess.Popen[str]
    url: str
    data_dir: Path

    def client(self) -> httpx.Client:
        """A client of its public port, at an address of its own, as people are."""
        at = next(_PEOPLE)
        told = {"X-Forwarded-For": f"198.18.{at // 250 % 256}.{at % 250 + 1}"}
        return httpx.Client(base_url=self.url, timeout=20, headers=told)

    @property
    def running(self) -> dict[str, Any]:
        """What the supervisor wrote about itself."""
        read: dict[str, Any] = json.loads((self.data_dir / "run.json").read_text())
        return read

    def part(self, words: str) -> psutil.Process:
        """The process whose command line holds these words; another may just be ending."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if words in " ".join(child.cmdline()):
                    return child
        raise AssertionError(f"no part {words!r}")

    def cara(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The command line, on the same data folder."""
        return subprocess.run(
            [str(ROOT / ".venv/bin/cara"), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment(self.data_dir, 0),
            timeout=120,
            check=False,
        )

    def staff_token(self, site: str = "hampshire", role: str = "officer") -> str:
        """A token of a demonstration account."""
        made = self.cara("token", "--role", role, "--site", site)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def browser_session(self, site: str = "hampshire", role: str = "coordinator") -> str:
        """The secret that signing in leaves in the browser of a demonstration account."""
        with self.client() as http:
            shown = http.get("/sign-in")
            token = re.search(rf'name="{forms.FIELD}" value="([^"]+)"', shown.text)
            assert token
            sent = http.post(
                "/sign-in",
                data={forms.FIELD: token[1], "username": f"{role}.{site}", "password": PASSWORD},
                # The cookie is for https alone: a browser makes an exception for loopback.
                headers={"cookie": f"{forms.COOKIE}={shown.cookies[forms.COOKIE]}"},
            )
        assert sent.status_code == 303, sent.text
        return sent.cookies[STAFF]


def environment(data_dir: Path, port: int) -> dict[str, str]:
    """The environment of a copy; nothing of the machine's own settings leaks in."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CARA_")}
    return kept | {"DATA_DIR": str(data_dir), "PORT": str(port), "CARA_MODE": "demo"}


def start(
    data_dir: Path, extra: Mapping[str, str] | None = None, hung_after: float = NEVER
) -> Copy:
    """Start a copy and wait until every part answers.

    A part that a test stops stays stopped until the test lets it go on, or for ``hung_after``
    seconds.
    """
    port = free_port()
    process = subprocess.Popen(
        [str(ROOT / ".venv/bin/python"), "-m", "cli.supervisor"],
        cwd=ROOT,
        env=environment(data_dir, port) | {"CARA_HUNG_AFTER": str(hung_after)} | dict(extra or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    assert process.stdout
    for line in process.stdout:
        said.append(line)
        if line.startswith(READY):
            return Copy(process, line.removeprefix(READY).strip(), data_dir)
    process.wait(20)
    process.stdout.close()
    raise AssertionError("the copy never became ready:\n" + "".join(said))


def stop(copy: Copy) -> None:
    """End it as Ctrl-C would."""
    copy.process.terminate()
    copy.process.wait(20)
    if copy.process.stdout:
        copy.process.stdout.close()


def free_port() -> int:
    """A port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
