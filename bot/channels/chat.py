"""A turn of the web chat: screen, mask, Rasa, words. One way, each stage a step (design D2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from accounts.tables import Staff
from bot.channels import crisis
from bot.channels.masking import masked
from bot.channels.rasa_client import RasaAwayError, rasa
from bot.channels.render import Body, Setting, choice, rendered, text_body
from bot.conversations import (
    ChatMessage,
    Conversation,
    add_message,
    begin,
    offered,
    remember,
    replies_to,
)
from bot.desk import draft_of, open_criterion
from bot.speech import Choice
from bot.words import words
from core.clock import LONDON
from core.database import transaction
from referrals import record
from referrals.fields import BY_NAME
from referrals.tables import Referral
from services_directory.places import find_place
from sites import site_of

LONGEST = 5_000


class ChatError(Exception):
    """Something the caller can put right: an HTTP status, a code and words for the person."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Incoming:
    """What a person sent: exactly one of text, a choice's token, or a field with its value."""

    text: str | None = None
    choice: str | None = None
    field: str | None = None
    value: str = ""


@dataclass(frozen=True)
class ForRasa:
    """What Rasa is told of it: masked words, and claims for what was chosen."""

    text: str
    intent: str | None = None
    given: dict[str, Any] | None = None


def begin_chat(
    *, site: str, audience: str, language: str, staff: Staff | None
) -> tuple[Conversation, str, list[ChatMessage]]:
    """A new conversation with its greeting, which needs no Rasa."""
    with transaction() as session:
        conversation, token = begin(
            session,
            site=site,
            audience=audience,
            language=language,
            staff_id=staff.id if staff else None,
        )
        greeting = _greeting(session, conversation, staff)
        return conversation, token, [_kept(session, conversation, body) for body in greeting]


def take_turn(conversation_id: str, incoming: Incoming, key: str | None) -> list[ChatMessage]:
    """The assistant's answer to one message; the same idempotency key gives the same answer.

    Raises :class:`ChatError` for what the caller can put right. A crisis is answered first,
    whatever else is wrong.
    """
    with transaction() as session:
        conversation = _conversation(session, conversation_id)
        if key and (before := replies_to(session, conversation_id, key)) is not None:
            return before
        text = incoming.text or ""
        if len(text) > LONGEST and not crisis.found_in(session, conversation, text):
            raise ChatError(413, "too_long", words("utter_too_long", conversation.language).text)
    try:
        return _taken(conversation_id, incoming, key)
    except (IntegrityError, StaleDataError):
        # Two at once: the other one was first, and is being answered.
        raise ChatError(409, "at_once", "Another message is being answered. Try again.") from None


def _taken(conversation_id: str, incoming: Incoming, key: str | None) -> list[ChatMessage]:
    if incoming.field is not None:
        return _field_turn(conversation_id, incoming.field, incoming.value, key)
    if incoming.choice is not None:
        return _choice_turn(conversation_id, incoming.choice, key)
    return _text_turn(conversation_id, incoming.text or "", key)


def _text_turn(conversation_id: str, text: str, key: str | None) -> list[ChatMessage]:
    with transaction() as session:
        conversation = _conversation(session, conversation_id)
        found = crisis.found_in(session, conversation, text)
        typed = None if found else crisis.typed_answer(text, conversation)
        add_message(session, conversation, "person", {"text": text}, key)
        if typed:
            return _after_safety_question(session, conversation, typed)
        if found:
            answer = crisis.answer_to(found, conversation)
            replies = [_kept(session, conversation, body) for body in answer]
        elif not text.strip("/ \t\r\n"):
            nothing = text_body("utter_nothing_typed", conversation.language)
            return [_kept(session, conversation, nothing)]
        else:
            intent = "give_place" if _only_a_place(conversation, text) else None
            told = ForRasa(_for_rasa(session, conversation, text), intent)
    if found:
        crisis.tell_rasa(conversation, found)
        return replies
    return _through_rasa(conversation_id, told)


def _after_safety_question(
    session: Session, conversation: Conversation, reply: dict[str, str]
) -> list[ChatMessage]:
    """What follows a typed reply: the full lines, or one gentle sentence; then a way on."""
    bodies = crisis.after_reply(reply, conversation)
    if reply["reply"] == "no":
        bodies.append(
            text_body(
                "utter_safety_go_on",
                conversation.language,
                choice("utter_label_go_back", "carry_on"),
                choice("utter_label_person", "talk_to_person"),
            )
        )
    return [_kept(session, conversation, body) for body in bodies]


def _choice_turn(conversation_id: str, token: str, key: str | None) -> list[ChatMessage]:
    with transaction() as session:
        conversation = _conversation(session, conversation_id)
        option = offered(session, conversation_id, token)
        if option is None:
            raise ChatError(
                409, "choice_not_offered", words("utter_not_offered", conversation.language).text
            )
        do = option["do"]
        if "field" in do:
            told = _give(session, conversation, do["field"], do["value"])
        add_message(session, conversation, "person", {"text": option["label"]}, key)
        if "safety" in do:
            answer = crisis.after_reply(do["safety"], conversation)
            replies = [_kept(session, conversation, body) for body in answer]
            if do["safety"]["reply"] == "yes":
                return replies
            told = ForRasa(option["label"], "carry_on")
        elif "again" in do:
            told = ForRasa(**do["again"])
        elif "field" not in do:
            told = ForRasa(option["label"], do["intent"], do["given"])
    before = replies if "safety" in do else []
    return before + _through_rasa(conversation_id, told)


def _field_turn(conversation_id: str, name: str, value: str, key: str | None) -> list[ChatMessage]:
    with transaction() as session:
        conversation = _conversation(session, conversation_id)
        told = _give(session, conversation, name, value)
        said = (
            f"{BY_NAME[name].label}: given" if value.strip() else f"{BY_NAME[name].label}: skipped"
        )
        add_message(session, conversation, "person", {"text": said}, key)
    return _through_rasa(conversation_id, told)


def _give(session: Session, conversation: Conversation, name: str, value: str) -> ForRasa:
    """Keep a field in the draft; Rasa hears only that it was given (design D2b)."""
    staff, draft = _staff(session, conversation), draft_of(session, conversation)
    if staff is None or draft is None or name not in BY_NAME:
        raise ChatError(422, "no_such_field", "That question is not open in this chat.")
    try:
        record.give_field(session, staff, draft, name, value)
    except record.FieldError as error:
        raise ChatError(422, "field_value", str(error)) from error
    return ForRasa("a field was given", "field_given", {"field": name})


def _through_rasa(conversation_id: str, told: ForRasa) -> list[ChatMessage]:
    with transaction() as session:
        claims = _claims(session, _conversation(session, conversation_id), told)
    try:
        utterances = rasa().turn(told.text, claims)
        failure = None if utterances else "away"
    except RasaAwayError as error:
        utterances, failure = [], str(error)
    with transaction() as session:
        conversation = _conversation(session, conversation_id)
        setting = Setting(session, conversation, _staff(session, conversation))
        bodies = [body for each in utterances for body in rendered(setting, each)]
        if not bodies:
            bodies = [_plain_sentence(conversation, failure or "away", told)]
        return [_kept(session, conversation, body) for body in bodies]


def _claims(session: Session, conversation: Conversation, told: ForRasa) -> dict[str, Any]:
    draft = draft_of(session, conversation)
    return {
        "sender": conversation.id,
        "site": conversation.site,
        "audience": "officer" if conversation.audience == "officer" else "participant",
        "language": conversation.language,
        "asked": open_criterion(conversation, draft) if draft else None,
        "intent": told.intent,
        "given": told.given,
    }


def _plain_sentence(conversation: Conversation, failure: str, told: ForRasa) -> Body:
    suffix = "_officer" if conversation.audience == "officer" else ""
    again = {"text": told.text, "intent": told.intent, "given": told.given}
    body = text_body(
        f"utter_{failure}{suffix}",
        conversation.language,
        choice("utter_label_try_again", "carry_on"),
    )
    body["choices"][0]["do"] = {"again": again}
    return body


def _for_rasa(session: Session, conversation: Conversation, text: str) -> str:
    """The text without identity; an exact postcode is resolved first and kept by us."""
    draft = draft_of(session, conversation)
    names = [draft.detail.full_name or ""] if draft else []
    told, place = masked(text.lstrip("/ "), names)
    if place and conversation.audience != "officer":
        remember(conversation, place=asdict(place), place_in_this_turn=True)
    return told


def _only_a_place(conversation: Conversation, text: str) -> bool:
    """Whether the whole message is the name of a place: "Reading" is no goodbye."""
    if conversation.audience == "officer":
        return False
    found = find_place(text, conversation.site)
    return found is not None and found.label.casefold() == text.strip(" .!?").casefold()


def _greeting(session: Session, conversation: Conversation, staff: Staff | None) -> list[Body]:
    language = conversation.language
    if conversation.audience != "officer":
        return _participant_greeting(conversation, language)
    site = site_of(conversation.site)
    bodies = [text_body("utter_officer_welcome", language)]
    if not site.referral:
        off = text_body("utter_officer_site_off", language, reason=site.referral_off_because)
        return [*bodies, off]
    left = record.drafts(session, staff) if staff else []
    resume = [_resume_choice(draft) for draft in left]
    start = choice("utter_label_start", "start_referral", new=True)
    about = choice("utter_label_about_cara", "ask_about_cara")
    return [*bodies, text_body("utter_officer_begin", language, *resume, start, about)]


def _resume_choice(draft: Referral) -> Choice:
    """A draft by what its officer may remember of it, and nobody else can read from it."""
    begun = draft.created_at.astimezone(LONDON)
    told = {
        "when": f"{begun.day} {begun:%B}, {begun:%H:%M}",
        "answers": len(record.known(draft).answers),
    }
    return choice("utter_label_resume", "start_referral", values=told, draft=draft.id)


def _participant_greeting(conversation: Conversation, language: str) -> list[Body]:
    from_needs = [
        choice(f"utter_need_{code}", "find_help", needs=[code])
        for code in ("alcohol", "drugs", "mental_health", "trauma")
    ]
    person = choice("utter_label_person", "talk_to_person")
    welcome = text_body("utter_participant_welcome", language)
    unread = [text_body("utter_unreviewed", language)] if welcome.get("unreviewed") else []
    more = choice("utter_label_other_need", "find_help", ask=True)
    return [welcome, *unread, text_body("utter_ask_needs", language, *from_needs, more, person)]


def _conversation(session: Session, conversation_id: str) -> Conversation:
    found = session.get(Conversation, conversation_id)
    if found is None or found.ended_at is not None:
        raise ChatError(404, "no_conversation", "There is no such conversation.")
    return found


def _staff(session: Session, conversation: Conversation) -> Staff | None:
    return session.get(Staff, conversation.staff_id) if conversation.staff_id else None


def _kept(session: Session, conversation: Conversation, body: Body) -> ChatMessage:
    return add_message(session, conversation, "assistant", body)
