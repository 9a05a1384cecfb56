"""The screen: two layers that fail apart. Rules first, and where they are silent, a classifier."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bot.safety.classifier import doubt
from bot.safety.model import Finding
from bot.safety.rules import found_by_rule

log = logging.getLogger("cara.safety")

__all__ = ["screen"]


def screen(
    text: str,
    language: str = "en",
    previous: Sequence[str] = (),
    audience: str = "participant",
) -> Finding | None:
    """The most serious risk that a message shows, alone or with the person's last ones; or None.

    Pure, and total: any string has an answer. Either layer is enough: where one of them fails, the
    other still reads the message, and the failure is logged. Raises only where both fail.
    """
    try:
        found = found_by_rule(text, language, previous, audience)
    except Exception:
        log.exception("the rules of the safety screen failed")
        return doubt(text, language, audience)
    if found:
        return found
    try:
        return doubt(text, language, audience)
    except Exception as error:  # noqa: BLE001 - whatever breaks a model, the rules have spoken
        log.error("the classifier of the safety screen failed: %s", type(error).__name__)
        return None
