"""Messages that were not understood: kept where a site agrees, read by its coordinator, or gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accounts.demonstration import demonstration_account
from accounts.tables import Role, Staff
from actions import unclear
from actions.turn import Turn
from bot.conversations import Conversation
from bot.learning import keeping
from bot.learning.apart import is_measured_on
from bot.learning.readings import Reading, ReadingError, words
from bot.learning.tables import Standing, UnclearMessage, Why
from bot.speech import Utterance, read_back, say
from cli import worker
from core.audit import AuditRow
from core.database import transaction
from core.settings import settings
from sites import Site, all_sites, site_of

SAID = "gimme the thingy for the wossname"
NOT_UNDERSTOOD = [say("utter_participant_not_understood")]
SHOWN = [{"show": "listing"}]
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MEASURED = "cant stop boozing"

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def sites_read_anew() -> Iterator[None]:
    yield
    all_sites.cache_clear()


def staff(session: Session, role: Role = Role.coordinator, site: str = "hampshire") -> Staff:
    return demonstration_account(session, role, site)


def turned(
    said: str,
    utterances: list[Utterance],
    *,
    audience: str = "participant",
    site: str = "hampshire",
    of: str = "one",
    context: dict[str, Any] | None = None,
    **about: Any,
) -> None:
    """A turn of a chat, as the actions' server takes it."""
    with transaction() as session:
        held = session.get(Conversation, of)
        if held is None:
            held = Conversation(
                id=of, site=site, audience=audience, language="en", context={},
                started_at=START, seen_at=START,
            )  # fmt: skip
            session.add(held)
        held.context = dict(held.context) | (context or {})
        given: dict[str, Any] = {"intent": "out_of_scope", "entities": (), "given": {}}
        unclear.keep_if_unclear(Turn(session, held, None, said, **(given | about)), utterances)


def kept() -> list[UnclearMessage]:
    with transaction() as session:
        return list(session.scalars(select(UnclearMessage).order_by(UnclearMessage.kept_at)))


def audited() -> list[tuple[str, str]]:
    with transaction() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id))
        return [(row.act, row.actor_kind) for row in rows if row.act.startswith("unclear.")]


# What is kept


@pytest.mark.parametrize(
    ("utterances", "audience", "why"),
    [
        (NOT_UNDERSTOOD, "participant", Why.not_understood),
        ([say("utter_officer_not_understood"), read_back({})], "officer", Why.not_understood),
        ([say("utter_officer_unsure")], "officer", Why.asked_back),
        ([say("utter_which_need")], "public", Why.asked_back),
    ],
)
def test_what_was_not_understood_or_asked_back_is_kept(
    utterances: list[Utterance], audience: str, why: Why
) -> None:
    turned(SAID, utterances, audience=audience, asked="B06_risk" if audience == "officer" else "")
    (one,) = kept()
    assert (one.said, one.why, one.standing, one.times) == (SAID, why, Standing.waiting, 1)
    assert one.audience == ("officer" if audience == "officer" else "participant")
    assert one.asked == ("B06_risk" if audience == "officer" else "")


def test_what_was_understood_is_not_kept() -> None:
    turned("I drink too much", SHOWN)
    turned("thanks", [say("utter_thanks_participant")])
    assert kept() == []


def test_what_a_participant_calls_wrong_is_kept_and_the_complaint_is_not() -> None:
    turned("its the horses that cost me", SHOWN, intent="find_help")
    turned("no that's wrong", [], intent="deny")
    (one,) = kept()
    assert (one.said, one.why) == ("its the horses that cost me", Why.said_wrong)


def test_a_bare_no_to_services_calls_nothing_wrong() -> None:
    turned("its the horses that cost me", SHOWN, intent="find_help")
    turned("no thanks", [], intent="deny")
    turned("that's wrong", [], intent="deny")
    assert kept() == []


def test_an_officers_no_to_what_was_read_back_keeps_what_was_read() -> None:
    turned("he's on a std", [read_back({"B06_risk": "high"})], audience="officer", asked="B06_risk")
    turned("no", [say("utter_officer_dropped")], intent="deny")
    (one,) = kept()
    assert (one.said, one.why, one.asked) == ("he's on a std", Why.said_wrong, "B06_risk")


def test_a_choice_is_no_message() -> None:
    turned("Show me others", NOT_UNDERSTOOD, typed=False)
    assert kept() == []


def test_words_near_danger_are_never_kept() -> None:
    turned(SAID, NOT_UNDERSTOOD, context={"near_danger": True})
    turned("it is all too much", SHOWN)
    turned("that's wrong", [])
    assert kept() == []


def test_the_same_words_again_are_counted() -> None:
    turned(SAID, NOT_UNDERSTOOD)
    turned(SAID.upper() + "!!", NOT_UNDERSTOOD, of="another")
    assert [each.times for each in kept()] == [2]


def test_gurmukhi_that_differs_in_a_vowel_alone_is_not_the_same() -> None:
    for said in ("ਦਿਲ ਦੀ ਗੱਲ", "ਦੁਲ ਦੀ ਗੱਲ"):
        turned(said, NOT_UNDERSTOOD)
    assert [(each.times, each.language) for each in kept()] == [(1, "pa"), (1, "pa")]


@pytest.mark.parametrize("said", ["", "?!", "a" * (keeping.LONGEST + 1)])
def test_nothing_and_very_long_texts_are_not_kept(said: str) -> None:
    turned(said, NOT_UNDERSTOOD)
    assert kept() == []


def test_who_types_without_end_does_not_fill_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_WAITING", 2)
    for said in ("one of them", "two of them", "three of them"):
        turned(said, NOT_UNDERSTOOD)
    assert len(kept()) == 2


# Where it is kept


def test_a_site_that_has_not_agreed_keeps_nothing() -> None:
    turned(SAID, NOT_UNDERSTOOD, site="leicestershire")
    assert kept() == []


def test_in_earnest_the_demonstrations_agreement_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert site_of("hampshire").keeps_unclear
    assert site_of("west_midlands").keeps_unclear
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    assert not site_of("hampshire").keeps_unclear
    agreed = site_of("hampshire").model_copy(update={"keep_unclear_messages": True})
    assert agreed.keeps_unclear


def test_by_default_nothing_is_kept_and_a_wrong_word_is_refused() -> None:
    told = site_of("leicestershire").model_dump()
    assert told["keep_unclear_messages"] is False
    with pytest.raises(ValueError, match="keep_unclear_messages"):
        Site(**(told | {"keep_unclear_messages": "sometimes"}))


def test_the_database_never_sees_the_words_nor_whose_they_are() -> None:
    turned(SAID, NOT_UNDERSTOOD, of="the chat of somebody")
    with transaction() as session:
        row = session.execute(text("SELECT * FROM unclear_message")).mappings().one()
        rows = session.scalars(select(AuditRow).where(AuditRow.act == "unclear.keep")).all()
    assert "thingy" not in str({key: bytes(v) if isinstance(v, memoryview) else v
                                for key, v in row.items()})  # fmt: skip
    assert "the chat of somebody" not in str(dict(row))
    assert [(each.actor_kind, each.actor_id) for each in rows] == [("system", "system")]


# Who reads it


def listed(role: Role = Role.coordinator, site: str = "hampshire") -> tuple[int, int]:
    with transaction() as session:
        waiting, read = keeping.messages_of(session, staff(session, role, site))
        return len(waiting), len(read)


def test_only_the_coordinator_of_that_site_reads_it() -> None:
    turned(SAID, NOT_UNDERSTOOD)
    (one,) = kept()
    for role in Role:
        sees = role is Role.coordinator
        assert listed(role) == ((1, 0) if sees else (0, 0))
        with transaction() as session:
            found = keeping.message_for(session, staff(session, role), one.id)
            assert bool(found) == sees
    assert listed(site="west_midlands") == (0, 0)
    with transaction() as session:
        elsewhere = staff(session, site="west_midlands")
        assert keeping.message_for(session, elsewhere, one.id) is None
        assert keeping.message_for(session, staff(session), "no\0 such") is None


def decide(reading: Reading, *, confirmed: bool = True) -> str:
    """The coordinator gives a reading; gives what keeps it from being learned, if anything."""
    with transaction() as session:
        (one,) = session.scalars(select(UnclearMessage)).all()
        try:
            keeping.give_reading(session, staff(session), one, reading, confirmed=confirmed)
        except ReadingError as error:
            return error.fault
    return ""


def test_a_reading_is_kept_with_who_gave_it_and_every_act_is_on_record() -> None:
    turned(SAID, NOT_UNDERSTOOD)
    assert listed() == (1, 0)
    decide(Reading("find_help", ("housing",)))
    (one,) = kept()
    assert Reading.of(one.reading) == Reading("find_help", ("housing",))
    assert one.standing == Standing.read
    assert one.read_by is not None
    assert listed() == (0, 1)
    assert audited() == [
        ("unclear.keep", "system"),
        ("unclear.list", "staff"),
        ("unclear.decide", "staff"),
        ("unclear.list", "staff"),
    ]


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (Reading(""), "no_intent"),
        (Reading("give_answers"), "strange"),
        (Reading("safety_suicide"), "strange"),
        (Reading("find_help", ("shelter",)), "strange"),
        (Reading("find_help", (), {"B06_risk": "high"}), "strange"),
    ],
)
def test_what_cannot_be_meant_is_refused(reading: Reading, fault: str) -> None:
    turned(SAID, NOT_UNDERSTOOD)
    assert decide(reading) == fault
    assert kept()[0].standing == Standing.waiting


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (Reading("give_answers", (), {"B06_risk": "standard"}), ""),
        (Reading("ask_why"), ""),
        (Reading("give_answers", (), {"B06_risk": "enormous"}), "strange"),
        (Reading("give_answers", (), {"B99_moon": "yes"}), "strange"),
        (Reading("give_answers", ("alcohol",)), "strange"),
        (Reading("ask_why", (), {"B06_risk": "standard"}), "answers_elsewhere"),
    ],
)
def test_an_officers_reading_holds_answers_that_the_site_asks(reading: Reading, fault: str) -> None:
    turned("he's on a std", [say("utter_officer_unsure")], audience="officer")
    assert decide(reading) == fault


def test_a_person_has_to_look_whether_it_points_to_anybody() -> None:
    turned(SAID, NOT_UNDERSTOOD)
    assert decide(Reading("find_help"), confirmed=False) == "not_confirmed"


def test_a_text_that_is_measured_on_is_never_learned() -> None:
    assert is_measured_on(MEASURED)
    turned(f"{MEASURED.upper()}!", NOT_UNDERSTOOD)
    assert decide(Reading("find_help", ("alcohol",))) == "measured"
    assert kept()[0].standing == Standing.waiting


def test_what_is_dropped_is_gone() -> None:
    turned(SAID, NOT_UNDERSTOOD)
    with transaction() as session:
        (one,) = session.scalars(select(UnclearMessage)).all()
        keeping.drop(session, staff(session), one)
    assert kept() == []
    assert audited()[-1] == ("unclear.drop", "staff")


def test_every_reading_and_fault_has_its_words() -> None:
    assert set(words()) == {"participant", "officer", "needs", "why", "faults"}
    assert set(words()["why"]) == set(Why)
    assert all(words()[section] for section in words())


# How long


@pytest.mark.parametrize(
    ("days", "read", "left"),
    [(29, False, 1), (31, False, 0), (31, True, 1), (729, True, 1), (731, True, 0)],
)
def test_what_nobody_read_goes_after_thirty_days(
    days: int, read: bool, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "now", lambda: START)
    turned(SAID, NOT_UNDERSTOOD)
    if read:
        decide(Reading("find_help"))
    monkeypatch.setattr(keeping, "now", lambda: START + timedelta(days=days))
    with transaction() as session:
        assert keeping.sweep(session) == 1 - left
    assert len(kept()) == left


def test_a_site_that_agrees_no_more_keeps_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    turned(SAID, NOT_UNDERSTOOD)
    off = site_of("hampshire").model_copy(update={"keep_unclear_messages": False})
    monkeypatch.setitem(all_sites(), "hampshire", off)
    with transaction() as session:
        assert keeping.readings_given(session) == []
        assert keeping.sweep(session) == 1
    assert kept() == []


def test_the_worker_removes_what_is_past_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    turned(SAID, NOT_UNDERSTOOD)
    worker.sweep()
    assert len(kept()) == 1
    monkeypatch.setattr(keeping, "UNREAD_LASTS", timedelta(days=-1))
    worker.sweep()
    assert kept() == []
