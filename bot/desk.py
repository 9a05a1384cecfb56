"""Which draft an officer's conversation works on, and which of its fields is asked."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.conversations import Conversation
from referrals import record
from referrals.fields import BY_NAME
from referrals.progress import Position, Step, position
from referrals.tables import Referral
from referrals.transitions import Status


def draft_of(session: Session, conversation: Conversation) -> Referral | None:
    """The draft, if it is this officer's own and still a draft."""
    held = conversation.context.get("referral")
    staff = conversation.staff
    found = record.own(session, staff, held) if held and staff else None
    return found if found and found.status == Status.draft else None


def position_of(referral: Referral) -> Position:
    """Where this draft stands."""
    return position(record.rules_of(referral), record.known(referral))


def open_field(conversation: Conversation, referral: Referral) -> str | None:
    """The field that is being asked, if one is."""
    changing = conversation.context.get("changing")
    if changing:
        return str(changing) if changing in BY_NAME else None
    here = position_of(referral)
    return here.field.name if here.step is Step.field and here.field else None
