"""The wall inside Rasa's process: it reaches our actions, its tracker's database where that is one
of its own, and nobody else, and starts no program.

Python imports a module of this name before anything else; `cli/quarantine.py` puts this folder on
Rasa's path, and nobody else's. Two layers (docs/decisions/0023): an audit hook, which knows
addresses and works on every system, and the kernel (`wall.py`), which compiled code meets too.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hollow  # type: ignore[import-not-found]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Where it listens: loopback, or the one address of this machine that its parts share.
HERE = (*LOOPBACK, os.environ.get("CARA_RASA_INTERFACE", LOOPBACK[0]))
_actions = urlsplit(os.environ.get("CARA_ACTIONS_URL", ""))
ACTIONS = (_actions.hostname, _actions.port)


def _tracker(url: str) -> tuple[str, str] | None:
    """The address and port of the tracker's database; None where the tracker is a file."""
    asked = urlsplit(url)
    if not asked.scheme.startswith("postgresql"):
        return None
    return parse_qs(asked.query)["hostaddr"][0], str(asked.port)


TRACKER = _tracker(os.environ.get("CARA_TRACKER_DB", ""))


def _to_actions(arguments: tuple[Any, ...]) -> bool:
    address = arguments[1]
    return isinstance(address, tuple) and address[:2] == ACTIONS


def _here(arguments: tuple[Any, ...]) -> bool:
    address = arguments[1]
    return isinstance(address, tuple) and address[0] in HERE


def _name_of_here(arguments: tuple[Any, ...]) -> bool:
    return arguments[0] in (None, *HERE)


def _never(_arguments: tuple[Any, ...]) -> bool:
    return False


ALLOWED: dict[str, Callable[[tuple[Any, ...]], bool]] = {
    "socket.connect": _to_actions,
    "socket.bind": _here,
    "socket.getaddrinfo": _name_of_here,
    # To ask for a name is to tell it to whoever runs the name servers.
    **dict.fromkeys(
        (
            "socket.sendto", "socket.sendmsg", "socket.gethostbyname", "socket.gethostbyaddr",
            "socket.getnameinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn",
            "os.spawn", "os.fork", "os.forkpty", "pty.spawn",
        ),
        _never,
    ),
}  # fmt: skip


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Raises ``PermissionError`` at what Rasa has no need of; an audit hook cannot be taken out."""
    allowed = ALLOWED.get(event)
    if allowed and not allowed(arguments):
        raise PermissionError(f"quarantine: {event}")


def guard_psycopg2() -> None:
    """It connects in C, where no hook sees it: to the tracker's database alone, or not at all."""
    if TRACKER is None:
        sys.modules["psycopg2"] = None  # type: ignore[assignment]
        return
    psycopg2: Any = import_module("psycopg2")
    inner: Any = import_module("psycopg2._psycopg")
    connect = inner._connect

    def guarded(dsn: str, *arguments: Any, **named: Any) -> Any:
        asked = inner.parse_dsn(dsn)
        if (asked.get("hostaddr"), asked.get("port")) != TRACKER:
            raise PermissionError("quarantine: psycopg2.connect")
        return connect(dsn, *arguments, **named)

    psycopg2._connect = inner._connect = guarded


# What a Python with Rasa's libraries reads of this machine: itself, and nothing that knows secrets.
SYSTEM = (
    sys.prefix, sys.base_prefix, "/usr", "/lib", "/lib64", "/etc/localtime", "/etc/timezone",
    "/etc/ld.so.cache", "/etc/hosts", "/etc/ssl", "/etc/mime.types", "/sys/devices/system",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/dev/urandom", "/dev/random",
)  # fmt: skip


def close_the_wall() -> None:
    """Lay the kernel's part on this process, once, before anything of Rasa's is imported."""
    import wall  # type: ignore[import-not-found]

    wall.close(
        reads=[*SYSTEM, *os.environ["CARA_RASA_READS"].split(os.pathsep)],
        lists=[os.getcwd()],
        writes=[os.environ["TMPDIR"], "/dev/null"],
        bind=int(os.environ["CARA_RASA_PORT"]),
        connect=[ACTIONS[1] or 0, *([int(TRACKER[1])] if TRACKER else [])],
    )


# It connects in C, where no hook sees it; without it asyncio's own loop serves.
sys.modules["uvloop"] = None  # type: ignore[assignment]
hollow.leave_out()
sys.addaudithook(watch)
guard_psycopg2()
if sys.platform == "linux":
    try:
        close_the_wall()
    except Exception:  # noqa: BLE001 - Python would go on without us
        traceback.print_exc()
        os._exit(os.EX_CONFIG)
