"""What is said while something takes long, so that nobody takes the bench for hung."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

Say = Callable[[str], None]
SAY_EVERY = 15.0


@contextmanager
def told(say: Say, words: str, every: float = SAY_EVERY) -> Iterator[None]:
    """Say what begins, and how long it has been going on, until the end of the block."""
    say(words)
    ended, since = Event(), time.monotonic()

    def go_on() -> None:
        while not ended.wait(every):
            say(f"{words}: {time.monotonic() - since:.0f} s")

    thread = Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
