"""Fills a database with the states that pages have to show, by the product's own ways.

Run in a process of its own: ``python -m tests.pages.staged``. Prints JSON: the cookie's secret of
each state, the reference of a referral that was sent, and the folder that holds the database.
"""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.demonstration import username
from accounts.staff import add_staff, sign_in
from accounts.tables import Role, Staff
from bot.channels.chat import begin_chat, take_turn
from bot.channels.incoming import Incoming
from bot.channels.render import Setting, rendered
from bot.channels.speaker import speaker_of
from bot.conversations import Conversation, add_message, remember
from bot.speech import (
    Utterance,
    ask_criterion,
    ask_field,
    listing,
    read_back,
    say,
    sent,
    standing,
    summary,
)
from cli.database import upgrade
from core.clock import now
from core.database import transaction
from core.settings import settings
from referrals import record
from services_directory.places import find_place
from services_directory.query import Query
from services_directory.search import search
from tests.shipped import catalogue

MARKUP = "<b onclick=alert(1)>bold</b> & <script>alert(2)</script>"
GIVEN = {
    "crime_reference": "44260123456",
    "custody_reference": "HA/04417/26",
    "offence_date": "20 11 2025",
    "first_statement_on": "",
    "risk_tool": "dash",
    "officer_phone": "020 7946 0018",
    "officer_in_case": "",
    "full_name": "Alex Example",
    "date_of_birth": "14 9 1991",
    "postcode_district": "SO14",
    "living_with_victim_now": "no",
    "mobile": "07700 900982",
    "phone_is_private": "private",
    "text_consent": "no",
    "second_contact": "",
    "interpreter_language": "none",
    "access_needs": "",
    "when_unavailable": "",
    "support_needs_seen": "alcohol|work",
}
SHOWN: dict[str, list[Utterance]] = {
    "question": [ask_criterion("B01_age")],
    "card_text": [ask_field("crime_reference")],
    "card_tel": [ask_field("mobile")],
    "card_date": [ask_field("offence_date")],
    "card_many": [ask_field("support_needs_seen")],
    "readback": [read_back({"B01_age": "yes"})],
    "standing": [standing()],
    "summary": [summary()],
}


def services() -> list[Utterance]:
    """What a search for two needs in Aldershot finds in the starter directory."""
    query = Query("hampshire", ("drugs", "mental_health"), find_place("Aldershot", "hampshire"))
    found = search(query, catalogue("hampshire"), moment=now(), demo=True)
    return [
        listing(
            {
                "id": each.listing.id,
                "needs": list(each.needs),
                "reasons": [[reason.code, reason.value] for reason in each.reasons],
                "distance_m": each.distance_m,
            }
        )
        for each in found.results
    ]


def show(conversation_id: str, utterances: list[Utterance]) -> None:
    """Say them as the channel does."""
    with transaction() as session:
        conversation = session.get_one(Conversation, conversation_id)
        staff = session.get(Staff, conversation.staff_id) if conversation.staff_id else None
        setting = Setting(session, conversation, staff)
        for each in utterances:
            for body in rendered(setting, each):
                add_message(session, conversation, "assistant", body)


def participant(language: str, *, text: str = "", utterances: list[Utterance] | None = None) -> str:
    """A chat in which ``text`` was said, then ``utterances``; gives its token."""
    conversation, token, _ = begin_chat(
        site="hampshire", audience="participant", language=language, staff=None
    )
    if text:
        take_turn(speaker_of(token), Incoming(text=text), None)
    show(conversation.id, utterances or [])
    return token


def officer(session: Session, name: str, *, full: bool = False) -> tuple[Staff, str]:
    """A new officer of Hampshire with a draft; gives the draft's id."""
    staff = add_staff(
        session,
        username=f"{name}.staged",
        password="a long enough password",
        role=Role.officer,
        site="hampshire",
        name="Kit Marlow",
        rank="PC",
        demonstration=True,
    )
    referral = record.start(session, staff)
    clear = {item.id: next(iter(item.answers)) for item in record.rules_of(referral).in_chat}
    record.answer(session, staff, referral, clear, "choice")
    if full:
        for field, raw in GIVEN.items():
            record.give_field(session, staff, referral, field, raw)
        sergeant = demonstration(session, Role.authoriser)
        record.give_field(session, staff, referral, "authoriser", sergeant.id)
    return staff, referral.id


def officers_chat(name: str, utterances: list[Utterance], *, full: bool = False) -> str:
    """An officer whose chat stands at ``utterances``; gives the secret of their session."""
    with transaction() as session:
        staff, referral = officer(session, name, full=full)
        secret = sign_in(session, staff)
    conversation, _, _ = begin_chat(
        site="hampshire", audience="officer", language="en", staff=staff
    )
    with transaction() as session:
        remember(session.get_one(Conversation, conversation.id), referral=referral)
    show(conversation.id, utterances)
    return secret


def sent_referral() -> tuple[str, str]:
    """A referral that was sent: the secret of its officer's session, and its reference."""
    with transaction() as session:
        staff, referral = officer(session, "sent", full=True)
        secret = sign_in(session, staff)
        found = record.own(session, staff, referral)
        assert found is not None
        reference = record.submit(session, staff, found, "pressed once")
    conversation, _, _ = begin_chat(
        site="hampshire", audience="officer", language="en", staff=staff
    )
    show(conversation.id, [sent(reference)])
    return secret, reference


def demonstration(session: Session, role: Role, site: str = "hampshire") -> Staff:
    """A demonstration account."""
    wanted = username(role, site)
    return session.scalars(select(Staff).where(Staff.username == wanted)).one()


def signed_in_as(role: Role, site: str = "hampshire") -> str:
    """The secret of a session of a demonstration account."""
    with transaction() as session:
        return sign_in(session, demonstration(session, role, site))


def stage() -> dict[str, str]:
    """Every state by its name."""
    made = {
        f"services_{each}": participant(each, utterances=services()) for each in ("en", "pl", "pa")
    }
    made |= {f"greeting_{each}": participant(each) for each in ("en", "pl", "pa")}
    made |= {
        f"crisis_{each}": participant(each, text="I want to kill myself") for each in ("en", "pl")
    }
    made["markup"] = participant(
        "en", text=MARKUP, utterances=[say("utter_no_more", needs=[MARKUP])]
    )
    made |= {
        name: officers_chat(name, utterances, full=name == "summary")
        for name, utterances in SHOWN.items()
    }
    made["officer"] = signed_in_as(Role.officer)
    made["authoriser"] = signed_in_as(Role.authoriser)
    made["coordinator"] = signed_in_as(Role.coordinator)
    made["elsewhere"] = signed_in_as(Role.officer, "north_yorkshire")
    made["sent"], made["reference"] = sent_referral()
    return made | {"data_dir": str(settings().data_dir)}


if __name__ == "__main__":
    upgrade()
    print(json.dumps(stage()))
