"""Danger is answered first: from fixed words, by this process alone (design D2a).

Nothing here waits for Rasa or for the database. The order is: screen, answer, put the alert on the
spool; then, without holding up the answer, the transcript and Rasa hear of it.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import Any

from sqlalchemy.orm import Session

from bot.channels.crisis_words import REPLIES, Answer, after_no, answer
from bot.channels.incoming import Incoming
from bot.channels.journal import journal
from bot.channels.memory import Remembered, remembered
from bot.channels.packing import packed
from bot.channels.rasa_client import RasaAwayError, rasa
from bot.channels.replies import typed_reply
from bot.channels.speaker import TEXT, Speaker, conversation_of
from bot.conversations import ChatMessage, add_message, remember, replies_to
from bot.runtime.language import language_of
from bot.safety import Finding, Kind, Level, screen
from core import stages
from core.metrics import DANGER
from core.tokens import TokenError, seal, unseal
from core.words import words
from outreach.entries import Alarm, NotKeptError, keep_text, raise_alarm
from outreach.without_disk import without_disk

Body = dict[str, Any]
log = logging.getLogger("cara.crisis")

CHOICE = "safety choice"
CHOICE_LASTS = timedelta(hours=24)
# As many of the last messages as the screen reads together with a new one.
JOINED = 2
SAID, YES, NOT_SAID = "said", "answered_yes", "not_said"
# Whoever threatens is not told that somebody is told: it could be used.
NOT_TOLD = {Kind.harm_to_others, Kind.child_at_risk}
_ALARMS = uuid.UUID("4a9a4c6e-6f0b-4d6e-9a55-cb6f1c0a7f11")


@dataclass(frozen=True)
class Danger:
    """What was found in a message, why, and the words in which the person said it.

    ``before``: the person's messages without which it would not show.
    """

    finding: Finding
    why: str
    said: str
    before: tuple[str, ...] = ()


def danger_in(speaker: Speaker, held: Remembered, incoming: Incoming) -> Danger | None:
    """What a message shows of danger, by itself, with the last ones, or as a reply to a question.

    "No" to a question is no danger; the conversation goes on with it.
    """
    if incoming.choice is not None:
        chosen = own_choice(speaker, incoming.choice)
        return (
            _replied(**chosen["do"]["safety"], said=chosen["label"], held=held) if chosen else None
        )
    if incoming.text is None:
        return None
    asked = held.asked
    found = _shown(speaker, held, incoming.text)
    reply = typed_reply(incoming.text) if asked else None
    # Who was asked and does not say no is not asked a second time: that reply is an alarm.
    if found and (found.finding.level is Level.alarm or reply in (None, "no")):
        return found
    return _replied(str(asked), reply, incoming.text, held) if reply else None


def own_choice(speaker: Speaker, token: str) -> dict[str, Any] | None:
    """The reply to a safety question behind a token of this speaker's; it needs no look-up."""
    try:
        claims = unseal(CHOICE, token)
    except TokenError:
        return None
    if claims["sub"] != speaker.id:
        return None
    do = {"safety": {"kind": claims["kind"], "reply": claims["reply"]}}
    return {"label": claims["label"], "choice": token, "do": do}


def answered(speaker: Speaker, danger: Danger, key: str | None) -> list[ChatMessage]:
    """The fixed answer, kept as soon as may be; with the person's own message in front."""
    stages.became(stages.DANGER)
    DANGER.labels(danger.finding.level.value).inc()
    held = remembered(speaker.id)
    bodies = [_body(speaker, danger)]
    if danger.finding.level is Level.alarm and _raised(speaker, danger, key):
        bodies += _told(speaker, danger.finding.kind)
    held.asked = danger.finding.kind.value if bodies[0].get("choices") else None
    held.hear(danger.said)
    _send_texts(speaker, bodies, key)
    kept = journal.keep(lambda session: _written(session, speaker, danger, bodies, key))
    messages = kept if kept is not None else _unkept(held, danger, bodies)
    held.last_n = messages[-1].n
    if key:
        held.keep_answer(key, messages)
    tell_rasa(speaker, danger.finding)
    return messages


def safety_choice(speaker: Speaker, kind: str, reply: str, label: str) -> dict[str, Any]:
    """A reply to a safety question as a choice that proves itself, without a look-up."""
    claims = {"sub": speaker.id, "kind": kind, "reply": reply, "label": label}
    token = seal(CHOICE, claims, lasts=CHOICE_LASTS)
    return {"label": label, "choice": token, "do": {"safety": {"kind": kind, "reply": reply}}}


def gentle_no(speaker: Speaker) -> Body:
    """The answer to a "no"."""
    return _as_body(after_no(speaker.language, speaker.audience), "text")


def numbers_again(speaker: Speaker, kind: str) -> Body:
    """The fixed answer of a kind once more, for somebody who asks for it; it raises nothing."""
    finding = Finding(Kind(kind), Level.alarm, "asked again")
    return _body(speaker, Danger(finding, SAID, ""))


def tell_rasa(speaker: Speaker, finding: Finding) -> None:
    """Let Rasa's tracker know, without waiting: the person has been answered already."""
    claims = {
        "sender": speaker.id,
        "site": speaker.site,
        "audience": speaker.spoken_to_as,
        "language": speaker.language,
        "safety": {"kind": finding.kind.value, "level": finding.level.value},
    }
    Thread(target=_hear, args=(claims,), daemon=True).start()


def _hear(claims: dict[str, Any]) -> None:
    try:
        rasa().turn("(a safety finding)", claims)
    except RasaAwayError:
        return


def _shown(speaker: Speaker, held: Remembered, text: str) -> Danger | None:
    """What the words show, and which of the last ones it takes to see it."""
    written_in = language_of(text)
    language = speaker.language if written_in == "other" else written_in
    with stages.stage("screen"):
        found = screen(text, language, held.said, speaker.spoken_to_as)
        if not found:
            return None
        alone = screen(text, language, (), speaker.spoken_to_as) == found
    return Danger(found, SAID, text, () if alone else tuple(held.said[-JOINED:]))


def _replied(kind: str, reply: str, said: str, held: Remembered) -> Danger | None:
    if reply == "no":
        return None
    why = YES if reply == "yes" else NOT_SAID
    # "Yes" says little to who reads it: what it answers stands in front.
    return Danger(Finding(Kind(kind), Level.alarm, why), why, said, tuple(held.said[-1:]))


def _body(speaker: Speaker, danger: Danger) -> Body:
    found = danger.finding
    said = answer(found, speaker.language, speaker.spoken_to_as, speaker.site)
    body = _as_body(said, "crisis")
    if said.choices:
        body["choices"] = [
            safety_choice(speaker, found.kind.value, reply, label)
            for label, reply in zip(said.choices, REPLIES, strict=True)
        ]
    return body


def _as_body(said: Answer, kind: str) -> Body:
    body: Body = {"kind": kind, "lang": said.language, "text": said.text}
    return body if said.reviewed else body | {"unreviewed": True}


def _raised(speaker: Speaker, danger: Danger, key: str | None) -> bool:
    """Whether the alert is safe on the disk; the answer comes either way."""
    # The same message sent again, to whichever process, is the same alert.
    name = f"{speaker.id}:{key or uuid.uuid4()}"
    alarm = Alarm(
        id=str(uuid.uuid5(_ALARMS, name)),
        site=speaker.site,
        kind=danger.finding.kind.value,
        level=danger.finding.level.value,
        why=danger.why,
        audience=speaker.spoken_to_as,
        channel=speaker.channel,
        conversation=speaker.id,
        said=" / ".join([*danger.before, danger.said]),
        reach=_reach(speaker),
    )
    try:
        raise_alarm(alarm)
    except NotKeptError as error:
        log.critical("an alert could not be kept: %s", error.strerror)
        without_disk.hold(error.entry_id, error.entry)
        return False
    return True


def _reach(speaker: Speaker) -> dict[str, str]:
    if speaker.phone:
        return {"phone": speaker.phone}
    return {"staff": speaker.staff_id} if speaker.staff_id else {}


def _told(speaker: Speaker, kind: Kind) -> list[Body]:
    if speaker.audience == "officer" or kind in NOT_TOLD:
        return []
    said = words("utter_crisis_told", speaker.language)
    return [_as_body(Answer(said.text, said.language, said.reviewed), "text")]


def _send_texts(speaker: Speaker, bodies: list[Body], key: str | None) -> None:
    """A telephone fetches nothing: an answer goes out by the spool, as the alert does."""
    if speaker.channel != TEXT:
        return
    for at, text in enumerate(packed(bodies)):
        entry_id = str(uuid.uuid5(_ALARMS, f"{speaker.id}:{key or uuid.uuid4()}:{at}"))
        try:
            keep_text(entry_id, site=speaker.site, to=speaker.phone, text=text)
        except NotKeptError as error:
            log.critical("a crisis text could not be kept: %s", error.strerror)
            without_disk.hold(error.entry_id, error.entry)


def _written(
    session: Session, speaker: Speaker, danger: Danger, bodies: list[Body], key: str | None
) -> list[ChatMessage]:
    conversation = conversation_of(session, speaker)
    if conversation is None:
        return _unkept(Remembered(), danger, bodies)
    if key and (before := replies_to(session, speaker.id, key)) is not None:
        return before
    said = add_message(session, conversation, "person", {"text": danger.said}, key)
    kind = danger.finding.kind.value
    asked = kind if bodies[0].get("choices") else None
    # A "no" brings the conversation back to what was said when we asked.
    remember(conversation, safety_asked=asked, unanswered=danger.said if asked else None)
    if danger.finding.level is Level.alarm:
        remember(conversation, after_alarm=kind)
    return [said, *(add_message(session, conversation, "assistant", body) for body in bodies)]


def _unkept(held: Remembered, danger: Danger, bodies: list[Body]) -> list[ChatMessage]:
    """The messages as they will be numbered once the database takes them."""
    said = ChatMessage(n=held.last_n + 1, sender="person", body={"text": danger.said})
    return [
        said,
        *(
            ChatMessage(n=said.n + at, sender="assistant", body=body)
            for at, body in enumerate(bodies, start=1)
        ),
    ]
