"""What every provider of texts is to us: one way to hand a text over, and two ways to fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Protocol, TypeVar

PATIENCE = 10.0
# Not let in, not found, too many: ours to put right or theirs, and no fault of the text.
_LATER = frozenset({401, 403, 404, 408, 425, 429})

Answer = TypeVar("Answer")


class LaterError(Exception):
    """It may work later. ``code`` says why, and holds no number, no name and no words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RefusedError(Exception):
    """It never will work: the number or the text is refused. ``code`` is like that of the other."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Provider(Protocol):
    """A provider of texts. ``name`` is what the rows of texts and receipts know it by."""

    @property
    def name(self) -> str:
        """One word for the database."""

    def send(self, to: str, text: str, reference: str, *, site: str, again: bool = False) -> str:
        """Hand a text over, within ``PATIENCE`` seconds; gives the provider's own id of it.

        ``to`` is E.164, ``site`` the code of the site whose number it comes from, ``reference``
        ours, one for each text. ``again``: it was tried before, and may have got there; the
        provider is asked for it first. Raises :class:`LaterError` or :class:`RefusedError`.
        """


def failure(status: int, code: str) -> LaterError | RefusedError:
    """Which of the two an HTTP status is."""
    return LaterError(code) if status >= 500 or status in _LATER else RefusedError(code)


class Deadline:
    """One limit for all the calls of one text: libraries wait anew for every byte that drips."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + PATIENCE

    @property
    def left(self) -> float:
        """Seconds that are left; raises :class:`LaterError` where none are."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise LaterError("timeout")
        return left

    def run(self, call: Callable[[float], Answer]) -> Answer:
        """What ``call`` gives, which is told how many seconds it has.

        What it raises unforeseen is a :class:`LaterError` too: one odd answer of a provider must
        not end a worker.
        """
        left = self.left
        answer: Future[Answer] = Future()
        Thread(target=_settle, args=(answer, call, left), daemon=True).start()
        try:
            return answer.result(timeout=left)
        except (LaterError, RefusedError):
            raise
        except TimeoutError:
            raise LaterError("timeout") from None
        except Exception as error:
            raise LaterError(type(error).__name__) from error


def _settle(answer: Future[Answer], call: Callable[[float], Answer], left: float) -> None:
    try:
        answer.set_result(call(left))
    except Exception as error:  # noqa: BLE001 - the one who waits raises it
        answer.set_exception(error)
