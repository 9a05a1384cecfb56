"""`rasa test` over our conversations, with what the channel tells Rasa of each message.

Live, the signed claims say who writes and which question stands open (bot/channels/rasa_client.py);
Rasa's own test sends bare text. So this adds the claims, then becomes ``rasa test core``. Entities
are left out: Rasa compares them by place in the text, ours have none, and tests of their own.

Run by Rasa's Python: ``python -m tests.stories.run MODEL AUDIENCE OUT``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from rasa.__main__ import main as rasa
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor

HERE = Path(__file__).resolve().parent
# "(B06_risk is open) came out std": the question that the message answers.
OPEN_QUESTION = re.compile(r"^\((\w+) is open\) ")


def told_by_the_channel(audience: str, text: str) -> UserMessage:
    """The message with the claims that the channel signs."""
    question = OPEN_QUESTION.match(text)
    claims = {"audience": audience, "asked": question[1] if question else None}
    return UserMessage(OPEN_QUESTION.sub("", text), metadata=claims)


def with_claims(audience: str) -> None:
    """Let Rasa read each message as it would live."""
    read = MessageProcessor.parse_message

    async def parse_message(
        self: MessageProcessor, message: UserMessage, *rest: Any, **named: Any
    ) -> dict[str, Any]:
        told = told_by_the_channel(audience, message.text or "")
        parsed: dict[str, Any] = await read(self, told, *rest, **named)
        return parsed | {"text": message.text, "entities": []}

    MessageProcessor.parse_message = parse_message


if __name__ == "__main__":
    model, audience, out = sys.argv[1:]
    with_claims(audience)
    sys.argv = ["rasa", "test", "core", "--model", model, "--stories", str(HERE / audience)]
    sys.argv += ["--e2e", "--fail-on-prediction-errors", "--no-plot", "--out", out]
    rasa()
