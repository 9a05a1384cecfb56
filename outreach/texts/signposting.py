"""Which services were shown to whom, and whether they got through: asked a week later by text."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import now
from outreach.texts import journey
from outreach.texts.contacts import RESEARCH
from outreach.texts.folding import words_of
from outreach.texts.tables import Consent, Contact, Message, Signposting, Standing

THROUGH, NOT_YET, DID_NOT_WORK = ANSWERS = ("through", "not_yet", "did_not_work")
# A bare "2" long after the question answers something else.
OPEN_FOR = timedelta(days=7)
_SAID: Mapping[str, Collection[str]] = {
    THROUGH: {"1", "1 yes", "yes", "y", "yeah", "yep", "yes i did", "i did", "tak", "1 tak", "ਹਾਂ",
              "1 ਹਾਂ", "haan", "han", "haa", "haanji"},
    NOT_YET: {"2", "2 not yet", "not yet", "no", "nope", "no not yet", "jeszcze nie", "nie",
              "2 jeszcze nie", "ਹਾਲੇ ਨਹੀਂ", "2 ਹਾਲੇ ਨਹੀਂ", "ਨਹੀਂ", "nahi", "haale nahi", "hale nahi"},
    DID_NOT_WORK: {"3", "3 did not work", "did not work", "it did not work", "didnt work",
                   "it didnt work", "doesnt work", "it doesnt work", "number didnt work",
                   "the number didnt work", "dead number", "no answer", "nie dziala",
                   "3 nie dziala", "numer nie dziala", "nie odbieraja", "ਨਹੀਂ ਚੱਲਿਆ",
                   "3 ਨੰਬਰ ਨਹੀਂ ਚੱਲਿਆ", "ਨੰਬਰ ਨਹੀਂ ਚੱਲਿਆ", "nahi chalia", "nahi chaleya"},
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a participant told us, as codes of needs: for a study, and only with their consent."""

    needs: tuple[str, ...] = ()
    signposted: tuple[str, ...] = ()
    engaged: tuple[str, ...] = ()


def signposted(
    session: Session,
    contact: Contact,
    conversation: str,
    needs: Sequence[str],
    listings: Iterable[tuple[str, Sequence[str]]],
) -> None:
    """Keep what was asked and shown (a listing's id with those of the needs that it meets)."""
    shown = [{"id": listing, "needs": list(met)} for listing, met in listings]
    row = Signposting(
        id=str(uuid.uuid4()),
        contact_id=contact.id,
        conversation=conversation,
        needs=list(needs),
        listings=shown,
        at=now(),
    )
    session.add(row)
    session.flush()
    if shown:
        journey.shown(session, contact, row.id)


def answer_of(text: str) -> str:
    """Which answer to the follow-up a text gives, or "": whole phrases only."""
    said = " ".join(words_of(text))
    return next((answer for answer, phrases in _SAID.items() if said in phrases), "")


def asked_about(session: Session, contact: Contact) -> Signposting | None:
    """The signposting whose follow-up was the last text that we began, while it is open."""
    last = session.scalars(
        select(Message)
        .where(
            Message.contact_id == contact.id,
            Message.standing.in_((Standing.sent.value, Standing.delivered.value)),
            Message.sent_at > now() - OPEN_FOR,
        )
        .order_by(Message.sent_at.desc())
    ).first()
    if last is None or last.kind != journey.FOLLOW_UP:
        return None
    # Of what was deleted since nothing says which it was.
    found = session.get(Signposting, last.data.get("signposting", ""))
    return found if found is not None and not found.answer else None


def answer(session: Session, shown: Signposting, said: str) -> None:
    """Keep whether they got through; raises ``ValueError`` for what is no answer."""
    if said not in ANSWERS:
        raise ValueError(f"{said!r} is none of {', '.join(ANSWERS)}")
    shown.answer, shown.answered_at = said, now()
    session.flush()


def told(session: Session, case_ids: Collection[str]) -> dict[str, Told]:
    """What those told us who agreed to research; whoever did not is not among the keys."""
    contacts = {
        each.id: each.case_id
        for each in session.scalars(select(Contact).where(Contact.case_id.in_(case_ids)))
    }
    agreed: dict[str, bool] = {}
    answers = (
        select(Consent.contact_id, Consent.agreed)
        .where(Consent.contact_id.in_(contacts), Consent.purpose == RESEARCH)
        .order_by(Consent.id)
    )
    for contact_id, said in session.execute(answers):
        agreed[contact_id] = said
    shown: defaultdict[str, list[Signposting]] = defaultdict(list)
    rows = select(Signposting).where(
        Signposting.contact_id.in_([each for each, said in agreed.items() if said])
    )
    for row in session.scalars(rows):
        shown[row.contact_id].append(row)
    return {
        contacts[contact_id]: _told(shown[contact_id])
        for contact_id, said in agreed.items()
        if said
    }


def _told(rows: Sequence[Signposting]) -> Told:
    def met(only: Iterable[Signposting]) -> tuple[str, ...]:
        return _once(need for row in only for each in row.listings for need in each["needs"])

    return Told(
        needs=_once(need for row in rows for need in row.needs),
        signposted=met(rows),
        engaged=met(row for row in rows if row.answer == THROUGH),
    )


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
