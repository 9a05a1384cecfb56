"""Runs one copy: starts its parts, says when they answer, restarts what dies or hangs, ends all.

`make run` becomes this process once set-up is done: ``python -m cli.supervisor``.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from pydantic import ValidationError

from cli import children, quarantine
from cli.artefacts import classifier_path
from cli.house import ROOT, House, Trouble
from cli.parts import Part, inner_parts, shared_environment, web_part
from cli.place import (
    LOOPBACK,
    Place,
    asked_for,
    check_port,
    inner_ports,
    sole_copy,
    write_run_file,
)
from cli.progress import last_lines
from cli.shelf import Shelf
from core import pulse
from core.settings import settings

LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
DEATHS_ALLOWED = 5
TICK = 0.1
PROBE_PATIENCE = 2.0


@dataclass
class _Held:
    """A part with its process, or with the time at which it is to be started again."""

    part: Part
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = float("-inf")
    pause: float = 1.0
    deaths: list[float] = field(default_factory=list)
    signs: int | None = None
    heard: float | None = None

    def listen(self, now: float) -> None:
        """Note when it last gave a sign of life."""
        with contextlib.suppress(BlockingIOError):
            if self.signs is not None and os.read(self.signs, 65_536):
                self.heard = now

    def deaf(self) -> None:
        """Nobody is there any more to listen to."""
        if self.signs is not None:
            os.close(self.signs)
        self.signs = self.heard = None


class Supervisor:
    """Keeps parts alive. Time and words come in, so that a test needs neither clock nor screen."""

    def __init__(
        self,
        logs: Path,
        cwd: Path,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        hung_after: float = pulse.HUNG_AFTER,
    ) -> None:
        self._held: list[_Held] = []
        self._logs = logs
        self._cwd = cwd
        self._say = say
        self._clock = clock
        self._hung_after = hung_after
        self.ready = False

    def add(self, *parts: Part) -> None:
        """Start these parts, and keep them alive from now on."""
        self._held += [_Held(part, self._logs / f"{part.name}.log") for part in parts]
        self.tick()

    def tick(self) -> None:
        """Look at each part once: start what is due, see to what died.

        Raises ``Trouble`` where a part dies over and over before the copy was ever ready.
        """
        for held in self._held:
            if held.process is None:
                if self._clock() >= held.due:
                    self._start(held)
            elif (status := held.process.poll()) is not None:
                self._died(held, held.process, status)
            else:
                self._see_whether_it_hangs(held, held.process)

    def stop(self) -> None:
        """End every part and all it started."""
        children.end(list(self.processes().values()))
        for held in self._held:
            held.deaf()

    def processes(self) -> dict[str, subprocess.Popen[bytes]]:
        """The process of each part that has one now."""
        return {held.part.name: held.process for held in self._held if held.process}

    def _start(self, held: _Held) -> None:
        held.started = self._clock()
        if reason := held.part.refusal():
            self._say(f"{held.part.name} is not started. {reason}")
            held.due = held.started + LONGEST_PAUSE
            return
        held.signs, end = os.pipe()
        for each in (held.signs, end):
            os.set_blocking(each, False)
        try:
            with _appended(held.log) as log:
                held.process = children.start(
                    held.part.command,
                    log,
                    cwd=self._cwd,
                    environment={**held.part.environment, pulse.END: str(end)},
                    limits=held.part.limits,
                    ends=(end,),
                )
        finally:
            os.close(end)

    def _see_whether_it_hangs(self, held: _Held, process: subprocess.Popen[bytes]) -> None:
        """A part that has given signs of life and gives none any more is ended; it starts again."""
        now = self._clock()
        held.listen(now)
        if held.heard is not None and now - held.heard >= self._hung_after:
            self._say(f"{held.part.name} gives no sign of life and is ended.")
            held.deaf()
            children.kill(process)

    def _died(self, held: _Held, process: subprocess.Popen[bytes], status: int) -> None:
        # What the dead part had started must not hold its port.
        children.end([process])
        held.process = None
        held.deaf()
        now = self._clock()
        held.deaths = [at for at in held.deaths if now - at < STEADY_AFTER] + [now]
        if len(held.deaths) >= DEATHS_ALLOWED and not self.ready:
            raise Trouble(
                f"{held.part.name} ended {DEATHS_ALLOWED} times within a minute. "
                f"Read {held.log} for the reason.",
                last_lines(held.log.read_text(errors="replace")),
            )
        if now - held.started >= STEADY_AFTER:
            held.pause = 1.0
        self._say(
            f"{held.part.name} ended ({_how(status)}) and starts again in {held.pause:.0f} s. "
            f"Its log: {held.log}"
        )
        held.due = now + held.pause
        held.pause = min(held.pause * 2, LONGEST_PAUSE)


def _how(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name


@contextlib.contextmanager
def _appended(path: Path) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        yield file


# The order of a copy's life


class _Kept(Protocol):
    ready: bool

    def tick(self) -> None: ...


def answers(port: int, path: str) -> bool:
    """Whether the page answers 200 at this path; any trouble on the way is a no."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PROBE_PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wake_page(
    kept: _Kept, url: str, answering: Callable[[str], bool], say: Callable[[str], None]
) -> None:
    """Tend the web process until it serves its page, and then until it can screen a message.

    Rasa's long start waits for that, so that danger is answered before anything else works.
    """
    _tend_until(kept, lambda: answering("/"))
    say(f"The page is up: {url} (the chat is waking)")
    _tend_until(kept, lambda: answering("/healthz"))


def wake(
    kept: _Kept, url: str, answering: Callable[[str], bool], say: Callable[[str], None]
) -> None:
    """Tend the parts until every one answers, and say so."""
    _tend_until(kept, lambda: answering("/readyz"))
    kept.ready = True
    say(f"Ready: {url}")


def _tend_until(kept: _Kept, done: Callable[[], bool]) -> None:
    kept.tick()
    while not done():
        time.sleep(TICK)
        kept.tick()


def upgrade_database(house: House, environment: Mapping[str, str], log: Path) -> None:
    """Bring the tables up to date before anything reads them.

    Raises ``Trouble`` with the reason where that fails.
    """
    with _appended(log) as output:
        process = children.start(
            # What `cara db upgrade` does, without the three seconds that its other commands import.
            [house.app, "-c", "from cli.database import upgrade; upgrade()"],
            output,
            cwd=house.root,
            environment=environment,
        )
        try:
            status = process.wait()
        finally:
            children.end([process])
    if status:
        raise Trouble(
            f"The database could not be brought up to date. Read {log} for the reason.",
            last_lines(log.read_text(errors="replace")),
        )


def run(house: House, place: Place, outer: Mapping[str, str]) -> None:
    """Run one copy until ``Stopped`` or ``Trouble`` is raised; either way nothing of it is left."""
    model = _model(house, place)
    quarantine.room(place.data_dir)
    ports = {"web": place.port, **inner_ports(settings().rasa_processes)}
    environment = shared_environment(place, ports, outer)
    logs = place.data_dir / "logs"
    kept = Supervisor(logs, house.root, _say, hung_after=settings().hung_after)

    def answering(path: str) -> bool:
        return answers(place.port, path)

    try:
        # The page first and, while it wakes, the tables; Rasa's long start would slow both.
        kept.add(web_part(house, place, environment))
        upgrade_database(house, environment, logs / "database.log")
        write_run_file(place, ports, model)
        wake_page(kept, place.url, answering, _say)
        kept.add(*inner_parts(house, ports, model, {**environment, **_keys()}))
        wake(kept, place.url, answering, _say)
        while True:
            kept.tick()
            time.sleep(TICK)
    finally:
        children.ignore_signals()
        kept.stop()
        place.run_file.unlink(missing_ok=True)


def _model(house: House, place: Place) -> Path:
    """The model that Rasa starts with.

    Raises ``Trouble`` where there is none, or where this installation did not train what it would
    load: that, or what reads messages for danger.
    """
    model, note = Shelf.of(place.data_dir).chosen(house)
    if not model.exists():
        raise Trouble("No model fits the data. Train one: make train")
    for each in (model, classifier_path(house)):
        if reason := quarantine.refusal(house, each):
            raise Trouble(reason)
    if note:
        _say(note)
    return model


def _keys() -> dict[str, str]:
    """Keys for the inner wires, each good for that wire alone."""
    # Half a second to import, and the page waits for none of it.
    from core.keys import derived_key

    return {
        "CARA_CLAIMS_KEY": derived_key("rasa claims").hex(),
        "CARA_ACTIONS_KEY": derived_key("actions").hex(),
    }


def _say(line: str) -> None:
    print(line, flush=True)


def _check_settings() -> None:
    try:
        settings()
    except ValidationError as error:
        # pydantic's own words fill a page; the sentence that we wrote is in its first error.
        line = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise Trouble(line) from error


def main() -> int:
    """Run the copy that the environment asks for. Returns the exit status."""
    children.stop_on_signals()
    try:
        place = asked_for(ROOT, os.environ)
        with sole_copy(place):
            check_port(place.port)
            _check_settings()
            run(ROOT, place, os.environ)
    except Trouble as trouble:
        print("\n".join(filter(None, (trouble.output, str(trouble)))), file=sys.stderr)
        return 1
    except children.Stopped:
        _say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
