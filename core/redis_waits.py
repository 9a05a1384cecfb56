"""How long Redis may keep anybody waiting: where it hangs, nobody hangs with it.

It only counts and remembers, so whoever can go on without it does, and is not held up by it again
for a while (docs/decisions/0024 and 0026).
"""

from __future__ import annotations

import time

from redis import exceptions

# Seconds: who cannot go on without it, who can, and for how long these then leave it alone.
PATIENCE, BRIEFLY, PAUSE = 2.0, 0.2, 5.0


def within(seconds: float) -> dict[str, float]:
    """The same patience for an answer as for a connection, as `redis` takes it."""
    return {"socket_timeout": seconds, "socket_connect_timeout": seconds}


class LeftAlone:
    """Whether Redis kept this process waiting a moment ago.

    Where nobody listens that is known at once, and it is asked again each time.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def now(self) -> bool:
        """Whether it is still left alone."""
        return time.monotonic() < self._until

    def after(self, error: Exception) -> None:
        """It failed with this."""
        if isinstance(error, exceptions.TimeoutError):
            self._until = time.monotonic() + PAUSE

    def end(self) -> None:
        """It may be asked again."""
        self._until = 0.0


left_alone = LeftAlone()
