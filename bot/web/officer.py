"""The officer's pages: the desk, and the chat at it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from accounts.policy import allows
from accounts.staff import hash_of
from accounts.tables import Staff
from accounts.web import session as sign_in
from accounts.web.declared import way
from accounts.web.session import only, signed_in_staff
from bot.channels.chat import begin_chat
from bot.channels.speaker import speaker_in
from bot.conversations import Conversation, token_for
from bot.web import talk
from core.database import transaction
from core.web import forms
from core.web.pages import page
from referrals import record
from sites import site_of

router = APIRouter(prefix="/officer")
CHATS = "chat.officer"
Anybody = Annotated[Staff, Depends(only("desk.see"))]
Chats = Annotated[Staff, Depends(only(CHATS))]

COOKIE = "__Host-cara_desk"
PAGE, SAY = "/officer/chat", "/officer/chat/say"


@router.get("")
def desk(request: Request, staff: Anybody) -> Response:
    """The officer's own site, and the way into the chat."""
    with transaction() as session:
        draft = record.latest_draft(session, staff)
    return page(
        request,
        "desk.html",
        staff=staff,
        site=site_of(staff.site),
        may_refer=allows(staff.role, CHATS),
        draft=draft,
        talking=talk.officers_conversation(staff) is not None,
    )


@router.post("/start")
def start(request: Request, staff: Chats, form: forms.OwnForm) -> Response:
    """Into the chat: the one that is open, or a new one where there is none or one is asked for."""
    open_one = talk.officers_conversation(staff)
    if open_one and forms.said(form, "new"):
        talk.end_conversation(open_one)
        open_one = None
    response = RedirectResponse("/officer/chat#latest", 303)
    _open(request, response, open_one or begin_officer_chat(staff))
    return response


@router.get("/chat")
def chat_page(request: Request, staff: Chats) -> Response:
    """The chat so far; without one, the desk."""
    conversation = talk.officers_conversation(staff)
    if conversation is None:
        return RedirectResponse("/officer", 303)
    response = talk.whole_page(request, _chat(conversation, staff))
    _open(request, response, conversation)
    return response


@router.post("/chat/say", dependencies=[way(CHATS)])
def say(request: Request, form: forms.OwnForm) -> Response:
    """One turn; who signed in is asked of the database, and where that is away danger is read."""
    try:
        staff = signed_in_staff(request)
        conversation = talk.officers_conversation(_officer(staff))
    except SQLAlchemyError:
        speaker = talk.speaking(request.cookies.get(COOKIE, ""), "officer")
        if speaker is None:
            raise
        return talk.say(request, talk.Chat(speaker, page=PAGE, say=SAY), form)
    if conversation is None:
        return RedirectResponse("/officer", 303)
    try:
        return talk.say(request, _chat(conversation, staff), form)
    except talk.ChatOverError:
        return RedirectResponse("/officer", 303)


def begin_officer_chat(staff: Staff) -> Conversation:
    """A new chat at the officer's own site."""
    return begin_chat(site=staff.site, audience="officer", language="en", staff=staff)[0]


def _open(request: Request, response: Response, conversation: Conversation) -> None:
    """Let this browser into the chat, for as long as its officer is signed in."""
    token = token_for(conversation, hash_of(request.cookies[sign_in.COOKIE]))
    forms.set_cookie(response, COOKIE, token, strict=True)


def _officer(staff: Staff) -> Staff:
    if not allows(staff.role, CHATS):
        raise HTTPException(404)
    return staff


def _chat(conversation: Conversation, staff: Staff) -> talk.Chat:
    return talk.Chat(speaker_in(conversation), page=PAGE, say=SAY, staff=staff)
