"""The officer's pages: the desk, and the chat at it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from accounts.tables import Role, Staff
from accounts.web.session import SignedIn, signed_in_staff
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

COOKIE = "__Host-cara_desk"
PAGE, SAY = "/officer/chat", "/officer/chat/say"


@router.get("")
def desk(request: Request, staff: SignedIn) -> Response:
    """The officer's own site, and the way into the chat."""
    with transaction() as session:
        draft = record.latest_draft(session, staff)
    return page(
        request,
        "desk.html",
        staff=staff,
        site=site_of(staff.site),
        may_refer=staff.role == Role.officer,
        draft=draft,
        talking=talk.officers_conversation(staff) is not None,
    )


@router.post("/start")
def start(request: Request, staff: SignedIn, form: forms.OwnForm) -> Response:
    """Into the chat: the one that is open, or a new one where there is none or one is asked for."""
    open_one = talk.officers_conversation(_officer(staff))
    if open_one and forms.said(form, "new"):
        talk.end_conversation(open_one)
        open_one = None
    token = token_for(open_one) if open_one else begin_officer_chat(staff)[1]
    response = RedirectResponse("/officer/chat#latest", 303)
    forms.set_cookie(response, COOKIE, token, strict=True)
    return response


@router.get("/chat")
def chat_page(request: Request, staff: SignedIn) -> Response:
    """The chat so far; without one, the desk."""
    conversation = talk.officers_conversation(_officer(staff))
    if conversation is None:
        return RedirectResponse("/officer", 303)
    response = talk.whole_page(request, _chat(conversation, staff))
    forms.set_cookie(response, COOKIE, token_for(conversation), strict=True)
    return response


@router.post("/chat/say")
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


def begin_officer_chat(staff: Staff) -> tuple[Conversation, str]:
    """A new chat at the officer's own site, with its token."""
    conversation, token, _ = begin_chat(
        site=staff.site, audience="officer", language="en", staff=staff
    )
    return conversation, token


def _officer(staff: Staff) -> Staff:
    if staff.role != Role.officer:
        raise HTTPException(404)
    return staff


def _chat(conversation: Conversation, staff: Staff) -> talk.Chat:
    return talk.Chat(speaker_in(conversation), page=PAGE, say=SAY, staff=staff)
