"""Who speaks, as far as a sealed token or a telephone number tells: known without a database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from accounts.staff import goes_on
from bot.channels.moving_ids import carried_over
from bot.conversations import TOKEN, Conversation, Telephone, begin, closes_at, opened
from core.clock import now
from core.tokens import unseal

WEB, TEXT = "web", "text"


@dataclass(frozen=True)
class Speaker:
    """One person in one conversation. ``phone`` is set where they write texts.

    ``since`` is when their token was made; None where they have none. ``staff_session`` is the hash
    of the sign-in with which an officer's token lasts.
    """

    id: str
    site: str
    audience: str
    language: str
    staff_id: str = ""
    staff_session: str = ""
    channel: str = WEB
    phone: str = ""
    since: datetime | None = None

    @property
    def spoken_to_as(self) -> str:
        """An officer is spoken to as one, everybody else as a participant."""
        return "officer" if self.audience == "officer" else "participant"

    def in_language(self, language: str) -> Speaker:
        """The same person, who has chosen another language."""
        return replace(self, language=language)


def speaker_of(token: str) -> Speaker:
    """The speaker that a conversation's token names; raises ``core.tokens.TokenError``."""
    claims = unseal(TOKEN, token)
    return Speaker(
        id=claims["sub"],
        site=claims["site"],
        audience=claims["audience"],
        language=claims["language"],
        staff_id=claims["staff"],
        staff_session=claims["session"],
        since=datetime.fromtimestamp(claims["iat"], UTC),
    )


def speaker_in(conversation: Conversation) -> Speaker:
    """The speaker of a conversation of the web chat that is at hand."""
    return Speaker(
        id=conversation.id,
        site=conversation.site,
        audience=conversation.audience,
        language=conversation.language,
        staff_id=conversation.staff_id or "",
    )


def conversation_of(
    session: Session, speaker: Speaker, *, begins: bool = True
) -> Conversation | None:
    """The conversation of a speaker; with a telephone it begins with the first text.

    A token from before a conversation began anew opens nothing of it, nor does one once it closed,
    nor an officer's who has signed out since. ``begins`` is False where an answer is to be kept:
    who has had everything deleted meanwhile is not written to, and their number stays gone.
    """
    if speaker.channel == TEXT and begins:
        return _by_text(session, speaker)
    found = opened(session, speaker.id)
    # A token's moment has whole seconds.
    older = found and speaker.since and speaker.since < found.started_at.replace(microsecond=0)
    return None if older or _closed(session, speaker) or _left(session, speaker) else found


def _closed(session: Session, speaker: Speaker) -> bool:
    since = speaker.since
    return since is not None and closes_at(session, speaker.id, since) <= now()


def _left(session: Session, speaker: Speaker) -> bool:
    """Whether an officer's sign-in is over; a page, where no token speaks, asks that first."""
    by_token = bool(speaker.staff_id) and speaker.since is not None
    return by_token and not goes_on(session, speaker.staff_session, speaker.staff_id)


def _by_text(session: Session, speaker: Speaker) -> Conversation:
    found = carried_over(session, speaker.site, speaker.phone)
    if found is None:
        found, _ = begin(
            session,
            site=speaker.site,
            audience=speaker.audience,
            language=speaker.language,
            staff_id=None,
            known_as=speaker.id,
        )
    elif found.ended_at is not None:
        # They left it on a page, and texting again they begin it anew.
        found.ended_at, found.started_at = None, now()
    if session.get(Telephone, speaker.id) is None:
        session.add(Telephone(conversation_id=speaker.id, number=speaker.phone))
        session.flush()
    return found
