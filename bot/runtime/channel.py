"""The only way into Rasa: signed requests of our own application, over loopback (design D1)."""

from __future__ import annotations

import asyncio
import gc
import os
from base64 import b64decode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import numpy as np
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.runtime import patches
from bot.runtime.claims import ForgedError, verified
from bot.runtime.features import tell_meaning

patches.apply()

# Where signs of life go; -1 where nobody listens.
_END = int(os.environ.get("CARA_PULSE", "-1"))


class Utterances(CollectingOutputChannel):
    """Collects what the actions say, as they say it: the application turns it into words."""

    @classmethod
    def name(cls) -> str:
        """The channel's name inside Rasa."""
        return "cara"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep the action's own utterance, or the name of the response that a rule chose."""
        spoken = message.get("custom") or {"say": message.get("utter_action", "")}
        self.messages.append(spoken)


class CaraChannel(InputChannel):
    """``POST /webhooks/cara/turn`` for a turn, ``/parse`` for reports, ``GET /alive``."""

    @classmethod
    def name(cls) -> str:
        """The channel's name inside Rasa."""
        return "cara"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes; every POST is refused without claims signed for its own body."""
        routes = Blueprint("cara_channel")

        @routes.listener("after_server_start")
        async def settled(*_about: Any) -> None:
            # As in our own processes (core/settling.py): the model stays.
            gc.collect()
            gc.freeze()
            gc.set_threshold(10_000, 20, 20)

        @routes.listener("before_server_start")
        async def keep_connections(app: Sanic, *_about: Any) -> None:
            # None but our application calls, and what is closed as it calls loses somebody's turn.
            app.config.KEEP_ALIVE_TIMEOUT = 3600

        @routes.listener("after_server_start")
        async def give_signs(app: Sanic, *_about: Any) -> None:
            if _END >= 0:
                app.add_task(_signs_of_life())

        @routes.get("/alive")
        async def alive(request: Request) -> HTTPResponse:
            return response.json({"model": request.app.ctx.agent.is_ready()})

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            claims = verified(request.headers.get("Authorization"), request.body)
            collected = Utterances()
            await on_new_message(
                UserMessage(
                    _text(request.json),
                    collected,
                    claims["sender"],
                    input_channel=self.name(),
                    metadata=_metadata(claims),
                )
            )
            return response.json({"utterances": collected.messages})

        @routes.post("/parse")
        async def parse(request: Request) -> HTTPResponse:
            claims = verified(request.headers.get("Authorization"), request.body)
            agent = request.app.ctx.agent
            message = UserMessage(_text(request.json), metadata=_metadata(claims))
            parsed = await agent.processor.parse_message(message)
            return response.json(parsed)

        @routes.exception(ForgedError)
        async def refused(_request: Request, error: ForgedError) -> HTTPResponse:
            return response.json({"error": {"code": "forged", "message": str(error)}}, status=401)

        return routes


async def _signs_of_life() -> None:
    """As our own processes (core/pulse.py): whoever tends us starts us again if we give none."""
    while True:
        with suppress(OSError):
            os.write(_END, b"READY=1\nWATCHDOG=1")
        await asyncio.sleep(5)


def _text(told: dict[str, str]) -> str:
    """The words of a message as Rasa keeps them; what they were found to mean is put by."""
    text = told["text"].strip()
    if "meaning" in told:
        tell_meaning(text, np.frombuffer(b64decode(told["meaning"]), dtype="<f4"))
    return text


def _metadata(claims: dict[str, Any]) -> dict[str, Any]:
    passed = (
        *("audience", "site", "language", "asked", "intent", "given", "safety"),
        *("request", "source"),
    )
    return {key: claims[key] for key in passed if claims.get(key) is not None}
