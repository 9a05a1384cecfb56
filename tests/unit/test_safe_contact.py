"""Safe contact and agreement: what is kept of what a participant was asked, and what counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.database import transaction
from outreach.texts import contacts
from outreach.texts.contacts import AFTER, RESEARCH, Asked, Reach

pytestmark = pytest.mark.usefixtures("sqlite")

PHONE, OTHER = "+447700900461", "+447700900462"
REACH = Reach("hampshire", "case-1", PHONE, "private", "pl", hours="evening")


def answer(purpose: str, *, agreed: bool) -> Asked:
    return Asked(purpose, agreed, "Is it all right?", "pl", "staff-1")


def test_the_last_answer_counts_and_every_one_is_kept_with_its_words() -> None:
    with transaction() as session:
        contacts.keep(session, REACH, [answer(AFTER, agreed=True)], key="1")
        contact = contacts.keep(session, REACH, [answer(AFTER, agreed=False)], key="2")
        assert not contacts.agreed(session, contact, AFTER)
        given = contacts.consents(session, contact)
        assert [(each.agreed, each.words, each.language) for each in given] == [
            (True, "Is it all right?", "pl"),
            (False, "Is it all right?", "pl"),
        ]


def test_the_same_form_twice_is_one_answer() -> None:
    with transaction() as session:
        for _ in range(2):
            contact = contacts.keep(session, REACH, [answer(RESEARCH, agreed=True)], key="1")
        assert len(contacts.consents(session, contact)) == 1


def test_a_question_never_put_is_a_no() -> None:
    with transaction() as session:
        contact = contacts.keep(session, REACH, key="1")
        assert not any(contacts.agreed(session, contact, each) for each in contacts.PURPOSES)


def test_consent_to_texts_belongs_to_one_telephone_and_to_research_to_the_person() -> None:
    with transaction() as session:
        said = [answer(AFTER, agreed=True), answer(RESEARCH, agreed=True)]
        contacts.keep(session, REACH, said, key="1")
        contact = contacts.keep(session, replace(REACH, phone=OTHER), key="2")
        assert not contacts.agreed(session, contact, AFTER)
        assert contacts.agreed(session, contact, RESEARCH)


def test_stop_holds_for_this_site_alone_until_they_want_texts_again() -> None:
    with transaction() as session:
        contact = contacts.keep(session, REACH, key="1")
        contacts.stop(session, "hampshire", PHONE)
        assert contacts.stopped(session, "hampshire", contact.phone)
        assert not contacts.stopped(session, "dorset", contact.phone)
        contacts.start(session, "hampshire", PHONE)
        assert not contacts.stopped(session, "hampshire", contact.phone)
        contacts.stop(session, "hampshire", PHONE)
        assert contacts.stopped(session, "hampshire", contact.phone)


@pytest.mark.parametrize("wrong", [{"privacy": "maybe"}, {"hours": "night"}])
def test_a_code_that_is_none_is_refused(wrong: dict[str, str]) -> None:
    with transaction() as session, pytest.raises(ValueError, match="is none of"):
        contacts.keep(session, replace(REACH, **wrong), key="1")
