"""One plain line for each step of set-up, and one for what is missing when a step fails."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cli import children
from cli.house import Trouble

FIRST_DOT = 2.0
NEXT_DOT = 5.0
LINES_SHOWN = 20

# What a tool prints, and what it means for the person who waits; the first that fits is told.
MEANINGS = (
    (("No space left on device", "ENOSPC"), "The disk is full. Make room and try again."),
    (
        ("Hash mismatch", "EINTEGRITY", "do not match the hashes", "DO NOT MATCH THE HASHES"),
        "A downloaded package is not the one that was pinned. Try again; if it repeats, tell us.",
    ),
    (
        ("dns error", "Failed to fetch", "Could not connect", "ENOTFOUND", "ECONNREFUSED",
         "ETIMEDOUT", "EAI_AGAIN", "NewConnectionError", "Name or service not known"),
        "The package registry does not answer. Check the network and try again.",
    ),
    (
        ("Permission denied", "EACCES"),
        "A file of this folder cannot be written. Check who owns it and try again.",
    ),
)  # fmt: skip


def meaning(output: str) -> str | None:
    """What a failed tool's output means in plain words, or None where we do not know it."""
    for signs, line in MEANINGS:
        if any(sign in output for sign in signs):
            return line
    return None


def last_lines(output: str, count: int = LINES_SHOWN) -> str:
    """The end of a tool's output, where its reason stands."""
    return "\n".join(output.rstrip().splitlines()[-count:])


def seconds(value: float) -> str:
    """A duration as people read it: a decimal only where it tells something."""
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


class Progress:
    """Tells a waiting person which step is at work, that it is alive, and how long it took."""

    def __init__(
        self,
        total: int,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._out = out or sys.stdout
        self._clock = clock
        self._begun = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Open a step's line, and close it with its seconds, or bare where the step fails."""
        self._begun += 1
        since = self._clock()
        self._say(f"{self._begun}/{self._total} {title} ...")
        try:
            yield
        except BaseException:
            self._say("\n")
            raise
        self._say(f" {seconds(self._clock() - since)}\n")

    def run(
        self,
        command: Sequence[str | Path],
        *,
        failure: str,
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        outer: Mapping[str, str] | None = None,
    ) -> str:
        """Run one quiet command to its end and return what it printed.

        It knows ``environment``, and of ours all, or no more than ``outer``.

        Raises ``Trouble`` with what its output means, or else with ``failure``.
        """
        known = {**(os.environ if outer is None else outer), **(environment or {})}
        with tempfile.TemporaryFile() as kept:
            status = self._wait(command, kept.fileno(), cwd, known)
            kept.seek(0)
            output = kept.read().decode(errors="replace")
        if status:
            raise Trouble(meaning(output) or failure, last_lines(output))
        return output

    def _wait(
        self, command: Sequence[str | Path], output: int, cwd: Path, environment: dict[str, str]
    ) -> int:
        with open(output, "wb", closefd=False) as stream:
            try:
                process = children.start(command, stream, cwd=cwd, environment=environment)
            except OSError as error:
                raise Trouble(_cannot_run(command[0], error)) from error
            try:
                return self._dots(process)
            finally:
                children.end([process])

    def _dots(self, process: subprocess.Popen[bytes]) -> int:
        pause = FIRST_DOT
        while True:
            try:
                return process.wait(pause)
            except subprocess.TimeoutExpired:
                self._say(".")
                pause = NEXT_DOT

    def _say(self, words: str) -> None:
        self._out.write(words)
        self._out.flush()


def _cannot_run(program: str | Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk is full. Make room and try again."
    return f"{program} cannot be run: {error.strerror}."
