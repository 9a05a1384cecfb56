"""Signs of life to whoever tends this process, in systemd's own words (``sd_notify``).

Whoever starts us leaves an end open to write them to: `cara part` systemd's, `make run` its own.
One that gives none for some time, because it was stopped or its loop stands still, is ended and
started again. Rasa, which knows none of our code, does the same in ``bot/runtime/channel.py``.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from threading import Thread

# Holds the number of the open end.
END = "CARA_PULSE"
EVERY = 5.0
# Seconds without a sign after which `make run` ends a part; CARA_HUNG_AFTER says otherwise.
HUNG_AFTER = 30.0
SIGN = b"READY=1\nWATCHDOG=1"


def beat() -> None:
    """Give one sign; nothing happens where nobody listens, or has not heard the last ones yet."""
    if end := os.environ.get(END):
        with suppress(OSError):
            os.write(int(end), SIGN)


@asynccontextmanager
async def pulse() -> AsyncIterator[None]:
    """Give signs for as long as this loop goes round."""

    async def beating() -> None:
        while True:
            beat()
            await asyncio.sleep(EVERY)

    task = asyncio.create_task(beating())
    try:
        yield
    finally:
        task.cancel()


def beat_beside() -> None:
    """Give signs beside whatever this process does, for as long as it is not stopped."""

    def beating() -> None:
        while True:
            beat()
            time.sleep(EVERY)

    Thread(target=beating, daemon=True).start()


def with_systemds_end(environment: Mapping[str, str]) -> Mapping[str, str]:
    """That, and an open end to systemd where it listens; opened here, before Rasa's walls close.

    Raises ``OSError`` where systemd is said to listen and does not.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return environment
    end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    end.setblocking(False)
    end.connect(f"\0{address[1:]}" if address.startswith("@") else address)
    end.set_inheritable(True)
    return {**environment, END: str(end.detach())}
