"""A person of the team: asked for by somebody in a chat, and promised with who and when."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import count

from sqlalchemy.orm import Session

from bot.channels.render import Body, text_body
from bot.channels.speaker import TEXT, Speaker
from bot.conversations import LASTS, Conversation, messages_after, recent_words, remember
from bot.speech import Utterance
from core.clock import LONDON, now
from core.words import Words, words
from outreach.entries import ASKED, Alarm, raise_alarm
from outreach.tables import Alert, AlertStatus
from outreach.texts.said import on_day
from services_directory.bank_holidays import is_bank_holiday
from sites import Answers, Contact, site_of

log = logging.getLogger("cara.person")

INTENT, NUMBERS = "talk_to_person", "utter_talk_to_person_participant"
_NOT_UNDERSTOOD = "utter_participant_not_understood"
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ROUND = timedelta(minutes=30)
_REQUESTS = uuid.UUID("0e4f6a52-54c7-4ce1-8a0d-3a1d1d5a6d8e")


# When the team is there


def there(answers: Answers, at: datetime) -> bool:
    """Whether somebody of the team answers at this moment."""
    here = at.astimezone(LONDON)
    begins, ends = _hours(answers, here.date())
    return _works(answers, here.date()) and begins <= here < ends


def answered_by(answers: Answers, at: datetime) -> datetime:
    """The moment by which somebody who asks ``at`` has an answer, up to the next half hour.

    Only the team's own hours count, so what is asked on Friday evening is answered on Monday.
    """
    here, left = at.astimezone(LONDON), timedelta(hours=answers.within_hours)
    for days in count():
        day = here.date() + timedelta(days=days)
        begins, ends = _hours(answers, day)
        begins = max(begins, here)
        if not _works(answers, day) or begins >= ends:
            continue
        if left <= ends - begins:
            return _rounded_up(begins + left)
        left -= ends - begins
    raise AssertionError


def _works(answers: Answers, day: date) -> bool:
    return _WEEK[day.weekday()] in answers.days and not is_bank_holiday(day)


def _hours(answers: Answers, day: date) -> tuple[datetime, datetime]:
    begins, ends = (time.fromisoformat(each) for each in (answers.since, answers.until))
    return datetime.combine(day, begins, LONDON), datetime.combine(day, ends, LONDON)


def _rounded_up(moment: datetime) -> datetime:
    over = timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    return moment + -over % _ROUND


# Asking


def asked_for(
    session: Session,
    speaker: Speaker,
    conversation: Conversation,
    utterances: Sequence[Utterance],
    intent: str | None,
) -> list[Body]:
    """What is said besides where a participant asks for a person, who is then told of it.

    The numbers to ring are said by Rasa, and here where that is away. Asking again changes
    nothing, while the request is open: it is said that the team knows, and counted.
    """
    said = {each.get("say") for each in utterances}
    wants = (NUMBERS in said and _NOT_UNDERSTOOD not in said) or intent == INTENT
    if conversation.audience != "participant" or not wants:
        return []
    numbers = [] if NUMBERS in said else [text_body(NUMBERS, conversation.language)]
    known = _open_request(session, conversation)
    by = known or answered_by(site_of(conversation.site).answers, now())
    alarm = _alarm(session, speaker, conversation, by)
    if not _raised(alarm):
        return numbers
    if known is None:
        remember(conversation, person_asked={"alert": alarm.id, "by": by.isoformat()})
    return [*numbers, _promise(speaker, conversation, by, known=known is not None)]


def _open_request(session: Session, conversation: Conversation) -> datetime | None:
    """When an answer was promised to a request that is not closed; it may still be on the spool."""
    before = conversation.context.get("person_asked")
    if before is None:
        return None
    alert = session.get(Alert, before["alert"])
    closed = alert is not None and alert.status == AlertStatus.closed
    return None if closed else datetime.fromisoformat(before["by"])


def _alarm(session: Session, speaker: Speaker, conversation: Conversation, by: datetime) -> Alarm:
    heard = messages_after(session, conversation.id, 0)
    # A turn that is done again after a crash is the same request.
    name = f"{conversation.id}:{heard[-1].n if heard else 0}"
    return Alarm(
        id=str(uuid.uuid5(_REQUESTS, name)),
        site=conversation.site,
        kind=ASKED,
        level="asked",
        why="asked",
        audience=speaker.spoken_to_as,
        channel=speaker.channel,
        conversation=conversation.id,
        said=" / ".join(recent_words(session, conversation.id, 1)),
        reach={"phone": speaker.phone} if speaker.phone else {},
        answer_by=by.isoformat(),
    )


def _raised(alarm: Alarm) -> bool:
    """Whether it is safe on the disk: nobody is told of a promise that nobody knows."""
    try:
        raise_alarm(alarm)
    except OSError as error:
        log.critical("a request for a person could not be kept: %s", error.strerror)
        return False
    return True


def _promise(speaker: Speaker, conversation: Conversation, by: datetime, *, known: bool) -> Body:
    """Who knows, who answers and when; outside their hours, who is there instead."""
    site, language, moment = site_of(conversation.site), conversation.language, now()
    by_text = speaker.channel == TEXT
    lines = [words("utter_person_known" if known else "utter_person_told", language)]
    # A text shows on a locked telephone, so it does not name who runs the service.
    if not by_text:
        lines.append(words("utter_person_team", language, {"team": site.team.name}))
    away = not there(site.answers, moment)
    if away:
        lines.append(words("utter_person_outside", language))
    lines.append(_when(by, moment, language))
    if not by_text and by > (speaker.since or conversation.started_at) + LASTS:
        lines.append(words("utter_person_closes", language))
    if away:
        lines += _instead(site.out_of_hours, language, by_text=by_text)
    body: Body = {
        "kind": "text",
        "lang": lines[0].language,
        "text": "\n".join(line.text for line in lines),
        "waits": True,
    }
    return body if all(line.reviewed for line in lines) else body | {"unreviewed": True}


def _when(by: datetime, moment: datetime, language: str) -> Words:
    here = by.astimezone(LONDON)
    if by <= moment:
        return words("utter_person_late", language)
    values = {"time": f"{here:%H:%M}"}
    if here.date() == moment.astimezone(LONDON).date():
        return words("utter_person_today", language, values)
    return words("utter_person_later", language, values | {"day": on_day(here, language)})


def _instead(route: Contact | None, language: str, *, by_text: bool) -> list[Words]:
    """Who may be rung where waiting is too long."""
    lines = []
    if route and route.phone:
        key = "utter_person_route_text" if by_text else "utter_person_route"
        lines.append(words(key, language, {"name": route.name, "number": route.phone}))
        if not route.confirmed:
            lines.append(words("utter_person_untried", language))
    # By text the numbers stand in the text before, and each text is short.
    return lines if by_text else [*lines, words("utter_person_any_time", language)]
