"""One chat as a page: the same messages, forms and errors for participants, officers and frames."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request

from accounts.tables import Staff
from bot.channels.chat import take_turn
from bot.channels.incoming import OVER, ChatError, Incoming
from bot.channels.memory import forget
from bot.channels.speaker import Speaker, conversation_of, speaker_of
from bot.conversations import (
    ChatMessage,
    Conversation,
    actor_of,
    last_said,
    messages_after,
    opened,
)
from bot.web.limits import barred
from bot.web.shown import Shown, shown
from bot.web.wording import NAMES, PageWords, languages, page_words
from core.audit import record
from core.clock import now
from core.database import transaction
from core.limiting import TURNS
from core.tokens import TokenError
from core.web import forms
from core.web.pages import page
from sites import Site, site_of

FROM_HTMX = "hx-request"


@dataclass(frozen=True)
class Chat:
    """Who speaks, and the addresses at which the conversation is shown and continued."""

    speaker: Speaker
    page: str
    say: str
    template: str = "chat.html"
    staff: Staff | None = None
    cookies: bool = True

    @property
    def officer(self) -> bool:
        """Whether an officer talks."""
        return self.speaker.audience == "officer"

    @property
    def words(self) -> PageWords:
        """The words around the messages."""
        return page_words(self.speaker.language)

    @property
    def site(self) -> Site:
        """Where it is held."""
        return site_of(self.speaker.site)


class ChatOverError(Exception):
    """There is no such conversation any more."""


@dataclass(frozen=True)
class Problem:
    """Why the person's words were not taken, and what they were, so that none is lost."""

    status: int
    words: str
    form: FormData = field(default_factory=FormData)

    @property
    def field(self) -> str:
        """The field that it is about; empty for a message."""
        return forms.said(self.form, "field")

    def kept(self, name: str) -> list[str]:
        """What was typed or ticked under ``name``."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]


def speaking(token: str, *audiences: str) -> Speaker | None:
    """Whom a token names, if it is for one of ``audiences``: known without the database."""
    try:
        found = speaker_of(token)
    except TokenError:
        return None
    return found if found.audience in audiences else None


def open_conversation(token: str, *audiences: str) -> Conversation | None:
    """The conversation that a token opens, while it lasts and if it is for one of ``audiences``."""
    speaker = speaking(token, *audiences)
    if speaker is None:
        return None
    with transaction() as session:
        return conversation_of(session, speaker)


def officers_conversation(staff: Staff) -> Conversation | None:
    """The chat that this member of staff began last and did not end."""
    with transaction() as session:
        return session.scalar(
            select(Conversation)
            .where(Conversation.staff_id == staff.id, Conversation.ended_at.is_(None))
            .order_by(Conversation.started_at.desc())
            .limit(1)
        )


def end_conversation(conversation: Conversation) -> None:
    """End it on the server, so that neither cookie nor token opens it again."""
    with transaction() as session:
        held = opened(session, conversation.id)
        if held:
            held.ended_at = now()
            record(session, actor_of(held), "conversation.end", f"conversation:{held.id}")
    forget(conversation.id)


def whole_page(request: Request, chat: Chat, problem: Problem | None = None) -> Response:
    """Every message so far, and what may be answered."""
    return _whole(request, chat, _context(chat, _kept_after(chat, 0), problem))


def say(request: Request, chat: Chat, form: FormData) -> Response:
    """Take what a form says: a redirect to the whole page, or for htmx the new messages alone.

    Messages that the database does not hold yet are shown at once, from what was answered.
    Raises :class:`ChatOverError` where the person has left this conversation, of which nothing is
    shown any more.
    """
    try:
        key = forms.said(form, "key")[:80] or None
        over = barred(TURNS, chat.speaker.id, language=chat.speaker.language)
        messages = take_turn(chat.speaker, incoming(form), key, over)
    except ChatError as error:
        if error.code == OVER:
            raise ChatOverError from None
        return refused(request, chat, Problem(error.status, error.message, form))
    whole = chat.cookies and FROM_HTMX not in request.headers
    if all(message.conversation_id for message in messages):
        if whole:
            return RedirectResponse(f"{chat.page}#latest", 303)
        with suppress(SQLAlchemyError):
            return _fragment(request, chat, form)
    context = _context(chat, shown(_with_own_words(messages, form)), None)
    return _whole(request, chat, context) if whole else _turn(request, chat, context)


def refused(request: Request, chat: Chat, problem: Problem) -> Response:
    """The error where it belongs, with what was typed: at the field, or above the message box."""
    if chat.cookies and FROM_HTMX not in request.headers:
        return whole_page(request, chat, problem)
    context = _context(chat, _kept_after(chat, 0), problem)
    card = next((each for each in context["messages"] if _asks(each, problem.field)), None)
    template, target, swap = (
        ("parts/card_again.html", "#card", "outerHTML")
        if card
        else ("parts/problem.html", "#composer-problem", "innerHTML")
    )
    answer = page(
        request, template, status=problem.status, cookies=chat.cookies, **context, card=card
    )
    answer.headers["hx-retarget"] = target
    answer.headers["hx-reswap"] = swap
    return answer


def new_messages(request: Request, chat: Chat, after: int) -> Response:
    """What came after message ``after``, to be added to the list."""
    return _turn(request, chat, _context(chat, _kept_after(chat, after), None))


def later(request: Request, chat: Chat, after: int) -> Response:
    """What came after message ``after`` unasked, from a person of the team; 204 for nothing."""
    context = _context(chat, _kept_after(chat, after), None)
    if not context["messages"]:
        return Response(status_code=204)
    return page(request, "parts/later.html", cookies=chat.cookies, **context)


def incoming(form: FormData) -> Incoming:
    """What a form sends, as the channel takes it; boxes of a date or to tick become one value."""
    name = forms.said(form, "field")
    if name:
        return Incoming(field=name, value=_value(form))
    choice = forms.said(form, "choice")
    return Incoming(choice=choice) if choice else Incoming(text=forms.said(form, "text"))


def _value(form: FormData) -> str:
    if "day" in form:
        parts = [forms.said(form, part).strip() for part in ("day", "month", "year")]
        return " ".join(parts).strip()
    return "|".join(value for value in form.getlist("value") if isinstance(value, str))


def _fragment(request: Request, chat: Chat, form: FormData) -> Response:
    shown_until = forms.said(form, "after")
    answer = new_messages(request, chat, int(shown_until) if shown_until.isdecimal() else 0)
    with transaction() as session:
        held = session.get(Conversation, chat.speaker.id)
        deleted = shown_until.isdecimal() and not _holds(session, chat.speaker.id, int(shown_until))
    # The words around the messages change with the language, so that page is asked for anew.
    other = held is not None and held.language != chat.speaker.language
    # What was deleted must not stay on the screen either.
    if chat.cookies and (other or deleted):
        answer.headers["hx-refresh"] = "true"
    return answer


def _holds(session: Session, conversation_id: str, n: int) -> bool:
    number = select(ChatMessage.id).where(
        ChatMessage.conversation_id == conversation_id, ChatMessage.n == n
    )
    return not n or session.scalar(number) is not None


def _asks(message: Shown, name: str) -> bool:
    return bool(name and message.card and message.card["name"] == name)


def _whole(request: Request, chat: Chat, context: dict[str, Any]) -> Response:
    problem: Problem | None = context["problem"]
    status = problem.status if problem else 200
    return page(request, chat.template, status=status, cookies=chat.cookies, **context)


def _turn(request: Request, chat: Chat, context: dict[str, Any]) -> Response:
    return page(request, "parts/turn.html", cookies=chat.cookies, **context)


def _kept_after(chat: Chat, after: int) -> list[Shown]:
    with transaction() as session:
        since = min(after, last_said(session, chat.speaker.id))
        every = shown(messages_after(session, chat.speaker.id, since))
    return [each for each in every if each.n > after]


def _with_own_words(messages: list[ChatMessage], form: FormData) -> list[ChatMessage]:
    """What was typed stands in front of its answer, also where no database took it."""
    text = forms.said(form, "text")
    if not text or any(message.sender == "person" for message in messages):
        return messages
    return [ChatMessage(n=messages[0].n - 1, sender="person", body={"text": text}), *messages]


def _context(chat: Chat, messages: list[Shown], problem: Problem | None) -> dict[str, Any]:
    return {
        "chat": chat,
        "staff": chat.staff,
        "t": chat.words,
        "lang": chat.words.language,
        "languages": languages(),
        "names": NAMES,
        "messages": messages,
        "latest": next((each.n for each in messages if each.active), 0),
        "problem": problem,
        "key": secrets.token_urlsafe(12),
    }
