"""Where Rasa's time goes in one of our turns: run by Rasa's Python, with our model and endpoints.

Reads what to do as JSON from standard input and gives, as JSON, the seconds of each part for each
turn. The channel is not in it: whoever calls knows how long the whole turn takes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import numpy as np
from rasa.core.agent import load_agent
from rasa.core.channels.channel import UserMessage
from rasa.core.utils import AvailableEndpoints

from bot.runtime.channel import Utterances
from bot.runtime.features import tell_meaning
from tests.bench.turn.stopwatch import Stopwatch

ENDPOINTS = "bot/runtime/endpoints.yml"
REST = "the rest of Rasa"


async def measured(asked: dict[str, Any]) -> list[dict[str, float]]:
    """The parts of every turn that is asked for."""
    endpoints = AvailableEndpoints.read_endpoints(ENDPOINTS)
    agent = await load_agent(model_path=asked["model"], endpoints=endpoints)
    watch, processor = Stopwatch(), agent.processor
    watch.watch(processor, "parse_message", "Rasa: parse")
    watch.watch(processor, "predict_next_with_tracker_if_should", "Rasa: policies")
    watch.watch(processor.tracker_store, "get_or_create_tracker", "Rasa: tracker store")
    watch.watch(processor.tracker_store, "save", "Rasa: tracker store")
    watch.watch(processor.action_endpoint, "request", "action call")
    found = []
    for sender, text, meant in asked["turns"]:
        # The application tells it, as the screen has found it.
        tell_meaning(text, np.array(meant, dtype=np.float32))
        metadata = asked["metadata"]
        message = UserMessage(text, Utterances(), sender, input_channel="cara", metadata=metadata)
        with watch.within(REST):
            await agent.handle_message(message)
        found.append(watch.taken())
    return found


if __name__ == "__main__":
    figures = asyncio.run(measured(json.load(sys.stdin)))
    print("\n" + json.dumps(figures))
