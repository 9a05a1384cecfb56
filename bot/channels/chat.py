"""A turn of a conversation: danger first; then mask, Rasa, words. One way, each stage a step."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from accounts.tables import Staff
from bot.channels import crisis, gentle, own_data, person, tracker
from bot.channels.facts import asked_by_the_public
from bot.channels.greeting import greeting, welcome_by_text
from bot.channels.hearing import ForRasa, Heard, Hearing
from bot.channels.incoming import LONGEST, OVER, Barred, ChatError, Incoming, let
from bot.channels.journal import journal
from bot.channels.leaving import answered
from bot.channels.leaving import kept as _kept
from bot.channels.masking import masked, reference_in
from bot.channels.memory import Remembered, remembered
from bot.channels.rasa_client import RasaAwayError, no_command, rasa
from bot.channels.recalling import recall_at_once
from bot.channels.render import Body, Setting, choice, rendered, text_body
from bot.channels.replies import says_more, typed_reply, wants_to_go_on
from bot.channels.speaker import TEXT, Speaker, conversation_of
from bot.conversations import (
    ChatMessage,
    Conversation,
    abandoned,
    add_message,
    asked_by,
    asked_last,
    begin,
    offered,
    recent_words,
    remember,
    replies_to,
)
from bot.desk import draft_of
from bot.live import why_not_live
from bot.speech import Utterance
from core import stages
from core.database import transaction
from core.words import words
from referrals import record
from referrals.fields import BY_NAME
from services_directory.places import is_only_a_place

log = logging.getLogger("cara.chat")

BEHIND = 0.5


def begin_chat(
    *, site: str, audience: str, language: str, staff: Staff | None, staff_session: str = ""
) -> tuple[Conversation, str, list[ChatMessage]]:
    """A new conversation with its greeting, which needs no Rasa.

    Raises :class:`ChatError` where the site is not live: nobody is told of danger there yet, or
    its words have not been read.
    """
    if why_not_live(site):
        raise ChatError(404, "not_live", words("utter_not_live", language).text)
    with transaction() as session:
        conversation, token = begin(
            session,
            site=site,
            audience=audience,
            language=language,
            staff_id=staff.id if staff else None,
            staff_session=staff_session,
        )
        bodies = greeting(session, conversation, staff)
        messages = [add_message(session, conversation, "assistant", body) for body in bodies]
    held = remembered(conversation.id)
    held.language, held.last_n = language, messages[-1].n
    return conversation, token, messages


def take_turn(
    speaker: Speaker, incoming: Incoming, key: str | None, barred: Barred = let
) -> list[ChatMessage]:
    """The person's message where danger was answered, and the assistant's answers.

    The same idempotency key gives the same answer. Raises :class:`ChatError` for what the caller
    can put right. Danger is answered first, whatever else is wrong, and without the database; where
    that is away everything else gets one plain sentence. Messages that no database holds yet are
    of no conversation. ``barred`` is asked where no danger is found, and may take its time.
    """
    with stages.turn(speaker.channel, ChatError):
        return _turn(speaker, incoming, key, barred)


def _turn(
    speaker: Speaker, incoming: Incoming, key: str | None, barred: Barred
) -> list[ChatMessage]:
    held = remembered(speaker.id)
    if key and key in held.answered:
        return held.answered[key]
    speaker = speaker.in_language(held.language or speaker.language)
    danger = crisis.danger_in(speaker, held, incoming)
    why = None if danger else barred()
    if danger or why:
        # What others heard may show more, or less. (Where nothing is found it is read below.)
        recall_at_once(speaker.id)
        speaker = speaker.in_language(held.language or speaker.language)
        danger = crisis.danger_in(speaker, held, incoming)
    if danger:
        return crisis.answered(speaker, danger, key)
    if why:
        raise why
    if len(incoming.text or "") > LONGEST:
        raise ChatError(413, "too_long", words("utter_too_long", speaker.language).text)
    try:
        return _taken(speaker, held, incoming, key)
    except (IntegrityError, StaleDataError):
        # Two at once: the other one was first, and is being answered.
        raise ChatError(409, "at_once", words("utter_at_once", speaker.language).text) from None
    except SQLAlchemyError as error:
        log.warning("the database does not answer: %s", type(error).__name__)
        return _without_database(speaker, held, incoming)


def _taken(
    speaker: Speaker, held: Remembered, incoming: Incoming, key: str | None
) -> list[ChatMessage]:
    # What was answered a moment ago stands before this in the transcript.
    journal.wait(BEHIND)
    with transaction(hold=True) as session:
        conversation = _conversation(session, speaker)
        before = replies_to(session, speaker.id, key) if key else None
        if key and before is not None and (before or not abandoned(session, speaker.id, key)):
            return before
        speaker, reread = _refreshed(session, conversation, speaker, held)
        danger = crisis.danger_in(speaker, held, incoming) if reread else None
        if not danger:
            question = _question(session, conversation, held)
            heard = _heard(Hearing(session, speaker, conversation, held, key, question), incoming)
    if danger:
        return crisis.answered(speaker, danger, key)
    messages = heard.said
    if heard.told:
        messages = messages + _through_rasa(speaker, heard.told, heard.claims)
    for message in messages:
        asked = asked_by(message)
        question = question if asked is None else asked
        held.last_n, held.question = message.n, (message.n, question)
    return messages


def _question(session: Session, conversation: Conversation, held: Remembered) -> str:
    """What stands asked on an officer's screen, read anew where others have written since."""
    if conversation.audience != "officer":
        return ""
    n, asked = held.question
    return asked if n == conversation.last_n else asked_last(session, conversation.id)


def _refreshed(
    session: Session, conversation: Conversation, speaker: Speaker, held: Remembered
) -> tuple[Speaker, bool]:
    """Set what is remembered from what is true; and whether that is new to this process."""
    asked = conversation.context.get("safety_asked")
    said = held.said
    if conversation.last_n > held.last_n:
        said = recent_words(session, speaker.id)
    reread = (said, asked) != (held.said, held.asked)
    held.said, held.asked = said, asked
    held.language = conversation.language
    return speaker.in_language(conversation.language), reread


def _without_database(speaker: Speaker, held: Remembered, incoming: Incoming) -> list[ChatMessage]:
    """One plain sentence with numbers to ring; the words are remembered for the screen."""
    stages.became("no_database")
    if incoming.text:
        held.hear(incoming.text)
    suffix = "_officer" if speaker.audience == "officer" else ""
    body = text_body(f"utter_away{suffix}", speaker.language)
    return [ChatMessage(n=held.last_n + 1, sender="assistant", body=body)]


def _heard(here: Hearing, incoming: Incoming) -> Heard:
    """What the person gave, chose or wrote is kept, and what comes of it."""
    if incoming.field is not None:
        return _field_given(here, incoming.field, incoming.value)
    if incoming.choice is not None:
        return _chosen(here, incoming.choice)
    return _written(here, incoming.text or "")


def _written(here: Hearing, text: str) -> Heard:
    session, speaker, conversation, held = here.session, here.speaker, here.conversation, here.held
    said = add_message(session, conversation, "person", {"text": text}, here.key)
    held.hear(text)
    said_no = held.asked and typed_reply(text) == "no"
    before = _welcome(session, speaker, conversation)
    if wish := own_data.wish_in(session, conversation, said):
        bodies = own_data.answered(session, speaker, conversation, wish)
        return Heard(before + here.answer(*bodies))
    if said_no:
        before += here.answer(crisis.gentle_no(speaker))
    waiting = _close_question(speaker, conversation)
    if said_no and not says_more(text):
        told = _taken_up(session, conversation, waiting)
    elif gentle.in_gentle_mode(conversation) and wants_to_go_on(text):
        gentle.go_on(conversation)
        told = ForRasa(text, "carry_on")
    elif not no_command(text):
        nothing = text_body("utter_nothing_typed", conversation.language)
        return Heard(before + here.answer(nothing))
    else:
        told = _told(session, conversation, text)
    return here.told(before, told)


def _welcome(session: Session, speaker: Speaker, conversation: Conversation) -> list[ChatMessage]:
    """By text nobody was greeted: what is kept, who sees it, when a person is told is said now."""
    greeted = speaker.channel != TEXT or conversation.context.get("welcomed")
    if greeted or gentle.in_gentle_mode(conversation):
        return []
    remember(conversation, welcomed=True)
    welcome = welcome_by_text(conversation)
    return [_kept(session, speaker, conversation, body) for body in welcome]


def _told(session: Session, conversation: Conversation, text: str) -> ForRasa:
    asked = asked_by_the_public(conversation, text)
    if asked:
        return ForRasa(_for_rasa(session, conversation, text), *asked)
    intent = "give_place" if _only_a_place(conversation, text) else None
    return ForRasa(_for_rasa(session, conversation, text), intent)


def _close_question(speaker: Speaker, conversation: Conversation) -> str | None:
    """A safety question is open for one message only: a later "yes" answers something else.

    Gives what the person had said when the question came between.
    """
    remembered(speaker.id).asked = None
    waiting: str | None = conversation.context.get("unanswered")
    remember(conversation, safety_asked=None, unanswered=None)
    return waiting


def _taken_up(session: Session, conversation: Conversation, said: str | None) -> ForRasa:
    """After a "no", what was said before the question is answered."""
    if not said:
        return ForRasa("no", "carry_on")
    told = _told(session, conversation, said)
    return ForRasa(told.text, told.intent, told.given, again=True)


def _chosen(here: Hearing, token: str) -> Heard:
    session, speaker, conversation = here.session, here.speaker, here.conversation
    before: list[ChatMessage] = []
    option = crisis.own_choice(speaker, token) or offered(session, speaker.id, token)
    if option is None:
        raise ChatError(
            409, "choice_not_offered", words("utter_not_offered", conversation.language).text
        )
    do = option["do"]
    if "field" in do:
        told = _give(session, conversation, do["field"], do["value"])
    add_message(session, conversation, "person", {"text": option["label"]}, here.key)
    here.held.hear(option["label"])
    waiting = _close_question(speaker, conversation)
    if "numbers" in do or "own" in do:
        return Heard(here.answer(*_besides(session, speaker, conversation, do)))
    if "safety" in do:
        # Yes and rather-not are danger and never come here; this is the no.
        before = here.answer(crisis.gentle_no(speaker))
        told = _taken_up(session, conversation, waiting)
    elif "again" in do:
        told = ForRasa(**do["again"])
    elif "field" not in do:
        told = ForRasa(option["label"], do["intent"], do["given"])
    if not {"safety", "again"} & do.keys() and told.intent != "talk_to_person":
        gentle.go_on(conversation)
    return here.told(before, told)


def _besides(
    session: Session, speaker: Speaker, conversation: Conversation, do: dict[str, Any]
) -> list[Body]:
    """What a choice brings that Rasa has no part in."""
    if "own" in do:
        return own_data.answered(session, speaker, conversation, do["own"])
    again = crisis.numbers_again(speaker, do["numbers"])
    return [again, gentle.begin_again(conversation, do["numbers"])]


def _field_given(here: Hearing, name: str, value: str) -> Heard:
    told = _give(here.session, here.conversation, name, value)
    key_said = "utter_field_said" if value.strip() else "utter_field_passed"
    said = words(key_said, "en", {"label": BY_NAME[name].label}).text
    add_message(here.session, here.conversation, "person", {"text": said}, here.key)
    return here.told([], told)


def _give(session: Session, conversation: Conversation, name: str, value: str) -> ForRasa:
    """Keep a field in the draft; Rasa hears only that it was given (design D2b)."""
    staff, draft = conversation.staff, draft_of(session, conversation)
    if staff is None or draft is None or name not in BY_NAME:
        raise ChatError(422, "no_such_field", words("utter_no_such_field", "en").text)
    try:
        record.give_field(session, staff, draft, name, value)
    except record.FieldError as error:
        raise ChatError(422, "field_value", str(error)) from error
    return ForRasa("a field was given", "field_given", {"field": name})


def _through_rasa(speaker: Speaker, told: ForRasa, claims: dict[str, Any]) -> list[ChatMessage]:
    try:
        utterances, failure = rasa().turn(told.text, claims), None
    except RasaAwayError as error:
        utterances, failure = [], str(error)
        stages.became(f"rasa_{failure}")
    try:
        return _answer_after(speaker, told, utterances, failure)
    except ChatError:
        # They have left, or had it all deleted, and Rasa has written this down since.
        tracker.forget([speaker.id])
        raise


def _answer_after(
    speaker: Speaker, told: ForRasa, utterances: list[Utterance], failure: str | None
) -> list[ChatMessage]:
    try:
        return _answer(speaker, told, utterances, failure)
    except IntegrityError:
        # A person of the team, or the screen, has written meanwhile: the answer comes after that.
        return _answer(speaker, told, utterances, failure)


def _answer(
    speaker: Speaker, told: ForRasa, utterances: list[Utterance], failure: str | None
) -> list[ChatMessage]:
    with transaction(hold=True) as session:
        conversation = _conversation(session, speaker, begins=False)
        besides: list[Body] = []
        if told.again:
            utterances = gentle.without_unheard(utterances)
        if failure is None and gentle.in_gentle_mode(conversation):
            utterances, besides = gentle.softened(conversation, utterances)
        setting = Setting(session, conversation, conversation.staff)
        with stages.stage("render"):
            bodies = [body for each in utterances for body in rendered(setting, each)]
        bodies += person.asked_for(session, speaker, conversation, utterances, told.intent)
        bodies += besides
        if not bodies:
            bodies = [_plain_sentence(conversation, failure or "away", told)]
        return answered(session, speaker, conversation, bodies)


def _plain_sentence(conversation: Conversation, failure: str, told: ForRasa) -> Body:
    suffix = "_officer" if conversation.audience == "officer" else ""
    again = asdict(told)
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
    with stages.stage("mask"):
        told, place = masked(no_command(text), names)
    if conversation.audience == "officer":
        remember(conversation, reference_typed=reference_in(text))
    if place and conversation.audience != "officer":
        remember(conversation, place=asdict(place), place_in_this_turn=True)
    return told


def _only_a_place(conversation: Conversation, text: str) -> bool:
    """Whether the whole message is the name of a place: "Reading" is no goodbye."""
    return conversation.audience != "officer" and is_only_a_place(text, conversation.site)


def _conversation(session: Session, speaker: Speaker, *, begins: bool = True) -> Conversation:
    found = conversation_of(session, speaker, begins=begins)
    if found is None:
        raise ChatError(404, OVER, words("utter_no_conversation", "en").text)
    return found
