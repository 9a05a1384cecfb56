"""What comes in, and what is told to its sender where it cannot be taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 5_000
OVER = "no_conversation"


class ChatError(Exception):
    """Something the caller can put right: an HTTP status, a code and words for the person."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


Barred = Callable[[], ChatError | None]
"""Why a message may not be answered unless it shows danger, if there is a why."""


def let() -> None:
    """Nothing bars it."""


@dataclass(frozen=True)
class Incoming:
    """What a person sent: exactly one of text, a choice's token, or a field with its value."""

    text: str | None = None
    choice: str | None = None
    field: str | None = None
    value: str = ""
