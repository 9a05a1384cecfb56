"""Whose time it is: each moment counts for the innermost part that is at work.

Also run by Rasa's Python, so standard library only.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Stopwatch:
    """Seconds by part. One thread at a time."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._at_work: list[str] = []
        self._since, self._clock = clock(), clock

    def begin(self, part: str) -> None:
        """From now on it is this part."""
        self._note()
        self._at_work.append(part)

    def end(self) -> None:
        """From now on it is again the part that called."""
        self._note()
        self._at_work.pop()

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """The block is this part's."""
        self.begin(part)
        try:
            yield
        finally:
            self.end()

    def watch(self, owner: Any, name: str, part: str) -> None:
        """From now on calls of this function are the part's; a coroutine until it ends."""
        called = getattr(owner, name)

        @functools.wraps(called)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with self.within(part):
                return await called(*args, **kwargs)

        @functools.wraps(called)
        def straight(*args: Any, **kwargs: Any) -> Any:
            with self.within(part):
                return called(*args, **kwargs)

        setattr(owner, name, awaited if inspect.iscoroutinefunction(called) else straight)

    def taken(self) -> dict[str, float]:
        """What was spent since the last time that this was asked."""
        spent, self.spent = dict(self.spent), defaultdict(float)
        return spent

    def _note(self) -> None:
        now = self._clock()
        if self._at_work:
            self.spent[self._at_work[-1]] += now - self._since
        self._since = now
