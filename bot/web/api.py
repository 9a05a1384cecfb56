"""The public conversations API (design section 5): JSON in, messages out, never a 500."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, model_validator

from accounts.policy import allows
from accounts.staff import hash_of, who
from accounts.tables import Staff
from accounts.web.declared import way
from bot.channels.chat import begin_chat, take_turn
from bot.channels.incoming import ChatError, Incoming
from bot.channels.speaker import Speaker, conversation_of, speaker_of
from bot.conversations import TEAM, ChatMessage, messages_after
from bot.web.limits import barred
from core.database import transaction
from core.limiting import BEGINNINGS, TURNS
from core.tokens import TokenError
from core.web.limited import limited
from core.words import words
from sites import UnknownSiteError, site_of

router = APIRouter(prefix="/api/v1/conversations")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class Begin(BaseModel):
    """Who wants to talk, where, in which language."""

    model_config = ConfigDict(extra="forbid")

    site: str
    audience: Literal["participant", "officer", "public"]
    language: Literal["en", "pl", "pa"] = "en"


class Say(BaseModel):
    """Exactly one of a text, a choice that was offered, or a field with its value."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = None
    choice: str | None = None
    field: str | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Say:
        sent = [part for part in (self.text, self.choice, self.field) if part is not None]
        if len(sent) != 1 or (self.field is None) != (self.value is None):
            raise ValueError("send text, or choice, or field with value")
        if _HALF_CHARACTER.search("".join((*sent, self.value or ""))):
            raise ValueError("half a character cannot be kept")
        return self


async def bearer(authorization: Annotated[str, Header()] = "") -> str:
    """The token of an ``Authorization: Bearer`` header, or an empty string."""
    return authorization.removeprefix("Bearer ").strip()


Bearer = Annotated[str, Depends(bearer)]


def said_by(token: str, conversation_id: str) -> Speaker:
    """Refuse a bad token with 401, and another's conversation with 404; needs no database."""
    try:
        speaker = speaker_of(token)
    except TokenError:
        raise ChatError(401, "token", _error("chat_ended")) from None
    if speaker.id != conversation_id:
        raise ChatError(404, "no_conversation", _error("no_conversation"))
    return speaker


def _error(key: str) -> str:
    return words(f"utter_{key}", "en").text


def site_for(code: str, audience: str) -> str:
    """The site, if it serves this audience; officers' pages say for themselves what is off."""
    try:
        site = site_of(code)
    except UnknownSiteError:
        raise ChatError(404, "no_site", _error("no_site")) from None
    if audience != "officer" and not site.directory:
        raise ChatError(404, "no_site", _error("no_directory"))
    return site.code


def officer_of(token: str, site: str) -> Staff:
    """The officer behind a staff token, at their own site only."""
    staff = who(token)
    if staff is None or not allows(staff.role, "chat.officer"):
        raise ChatError(401, "token", _error("officer_first"))
    if staff.site != site:
        raise ChatError(404, "no_site", _error("no_site"))
    return staff


def public(message: ChatMessage) -> dict[str, Any]:
    """A message as the interface promises it; what a choice means stays with us."""
    body = message.body
    shown: dict[str, Any] = {
        "n": message.n,
        # A person of the team speaks on our side, so clients that know two sides go on working.
        "from": "person" if message.sender == "person" else "assistant",
        "kind": body.get("kind", "text"),
        "lang": body.get("lang", "en"),
        "text": body["text"],
    }
    if body.get("choices"):
        shown["choices"] = [
            {"label": each["label"], "choice": each["choice"]} for each in body["choices"]
        ]
    if message.sender == TEAM:
        shown["by"] = "coordinator"
    for key in ("field", "listing"):
        if body.get(key):
            shown[key] = body[key]
    return shown


@router.post("", status_code=201, dependencies=[way("public"), limited(BEGINNINGS)])
def begin(asked: Begin, token: Bearer) -> JSONResponse:
    """Start a conversation."""
    site = site_for(asked.site, asked.audience)
    staff = officer_of(token, site) if asked.audience == "officer" else None
    language = "en" if staff else asked.language
    conversation, made, messages = begin_chat(
        site=site,
        audience=asked.audience,
        language=language,
        staff=staff,
        staff_session=hash_of(token) if staff else "",
    )
    shown = [public(message) for message in messages]
    return JSONResponse({"id": conversation.id, "token": made, "messages": shown}, 201)


@router.post("/{conversation_id}/messages", dependencies=[way("own_conversation")])
def say(
    conversation_id: str,
    said: Say,
    token: Bearer,
    idempotency_key: Annotated[str | None, Header(max_length=80)] = None,
) -> JSONResponse:
    """One turn; its answer is written where it was worked out, and not in another thread again."""
    speaker = said_by(token, conversation_id)
    over = barred(TURNS, conversation_id, language=speaker.language)
    incoming = Incoming(said.text, said.choice, said.field, said.value or "")
    messages = take_turn(speaker, incoming, idempotency_key, over)
    return JSONResponse(
        {"messages": [public(each) for each in messages if each.sender == "assistant"]}
    )


@router.get("/{conversation_id}/messages", dependencies=[way("own_conversation")])
def resume(
    conversation_id: str, token: Bearer, after: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """What was said after message number ``after``."""
    speaker = said_by(token, conversation_id)
    with transaction() as session:
        if conversation_of(session, speaker) is None:
            raise ChatError(404, "no_conversation", _error("no_conversation"))
        messages = messages_after(session, conversation_id, after)
    return {"messages": [public(message) for message in messages]}
