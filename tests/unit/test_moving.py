"""Moves of a referral on both engines: who may make which, what is asked, what is kept."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from accounts.staff import add_staff
from accounts.tables import Role, Staff
from core.audit import AuditRow
from core.database import transaction
from referrals import record
from referrals.moving import ReferralError, StaleError, flag, hand_on, history, move
from referrals.progress import position
from referrals.tables import Referral
from referrals.transitions import Event, IllegalMoveError, Status
from tests.unit.drafts import acts, draft, events, full_draft, new_draft, person, submit

pytestmark = pytest.mark.usefixtures("database")

TO_THE_END = (
    (Role.authoriser, Event.authorise),
    (Role.coordinator, Event.accept),
    (Role.coordinator, Event.book),
    (Role.facilitator, Event.attend_a),
    (Role.facilitator, Event.attend_b),
)


def sent() -> str:
    """The id of a referral that waits for a sergeant."""
    referral_id = full_draft()
    submit(referral_id)
    return referral_id


def at(status: Status) -> str:
    """The id of a referral that has come so far."""
    referral_id = sent()
    for role, event in TO_THE_END:
        if stands(referral_id) == status:
            break
        do(referral_id, role, event)
    assert stands(referral_id) == status
    return referral_id


def do(referral_id: str, role: Role, event: Event, key: str = "", **said: str) -> None:
    """One move by the demonstration's person of that role, in a transaction of its own."""
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        move(session, person(session, role), found, event, key=key or f"{event}", **said)


def stands(referral_id: str) -> Status:
    with transaction() as session:
        return Status(session.get_one(Referral, referral_id).status)


@pytest.fixture
def colleague() -> str:
    """Another officer of Hampshire; gives their id."""
    with transaction() as session:
        return _add(session, "officer.two", Role.officer, "PC").id


def _add(session: Session, name: str, role: Role, rank: str) -> Staff:
    return add_staff(
        session,
        username=name,
        password="a long enough password",
        role=role,
        site="hampshire",
        name="Nat Hollis",
        rank=rank,
    )


def test_from_custody_to_the_last_workshop() -> None:
    referral_id = sent()
    for role, event in TO_THE_END:
        do(referral_id, role, event)
    assert stands(referral_id) is Status.completed
    assert [row[0] for row in events(referral_id)] == [
        "submit",
        "authorise",
        "accept",
        "book",
        "attend_a",
        "attend_b",
    ]


def test_the_same_key_twice_is_one_move() -> None:
    referral_id = sent()
    for _ in range(5):
        do(referral_id, Role.authoriser, Event.authorise, key="the same press")
    assert [row[0] for row in events(referral_id)] == ["submit", "authorise"]


def test_two_presses_that_cross_are_one_move_and_one_refusal() -> None:
    referral_id = sent()
    with transaction() as session:
        version = session.get_one(Referral, referral_id).version
    do(referral_id, Role.authoriser, Event.authorise)
    with pytest.raises(StaleError, match="Somebody else has changed this referral"):
        do(referral_id, Role.authoriser, Event.refuse, version=version, reason="evidence")  # type: ignore[arg-type]
    assert stands(referral_id) is Status.submitted


@pytest.mark.parametrize(
    "role", [Role.officer, Role.coordinator, Role.facilitator, Role.navigator, Role.evaluator]
)
def test_nobody_but_a_sergeant_authorises_and_the_refusal_is_kept(role: Role) -> None:
    referral_id = sent()
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        with pytest.raises(IllegalMoveError):
            move(session, person(session, role), found, Event.authorise, key="x")
    assert stands(referral_id) is Status.awaiting_authority
    with transaction() as session:
        refused = session.query(AuditRow).filter(AuditRow.refused, AuditRow.act.like("referral.%"))
        assert refused.one().act == "referral.authorise"


def test_an_authoriser_below_the_rank_of_sergeant_decides_nothing() -> None:
    referral_id = sent()
    with transaction() as session:
        constable = _add(session, "auth.low", Role.authoriser, "PC")
        with pytest.raises(IllegalMoveError):
            move(
                session,
                constable,
                session.get_one(Referral, referral_id),
                Event.authorise,
                key="x",
            )


def test_who_referred_can_never_authorise_even_with_another_role_later() -> None:
    referral_id = sent()
    with transaction() as session:
        officer = person(session)
        officer.role, officer.rank = Role.authoriser, "Sergeant"
        session.flush()
        with pytest.raises(IllegalMoveError):
            move(session, officer, session.get_one(Referral, referral_id), Event.authorise, key="x")


def test_another_site_sees_and_moves_nothing() -> None:
    referral_id = sent()
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        stranger = person(session, Role.authoriser, "leicestershire")
        with pytest.raises(IllegalMoveError):
            move(session, stranger, found, Event.authorise, key="x")
        assert record.by_reference(session, stranger, str(found.reference)) is None


def test_a_refusal_needs_one_of_its_reasons() -> None:
    referral_id = sent()
    for reason in ("", "because", "charged"):
        with pytest.raises(ReferralError, match="Choose a reason"):
            do(referral_id, Role.authoriser, Event.refuse, reason=reason)
    with pytest.raises(ReferralError, match="Say why"):
        do(referral_id, Role.authoriser, Event.refuse, reason="other")
    do(referral_id, Role.authoriser, Event.refuse, reason="evidence")
    assert events(referral_id)[-1][3] == "evidence"


def test_given_back_it_is_a_draft_again_and_goes_out_under_the_same_reference() -> None:
    referral_id = full_draft()
    reference = submit(referral_id)
    do(referral_id, Role.authoriser, Event.return_to_officer, said="Check the grade.")
    assert stands(referral_id) is Status.draft
    with transaction() as session:
        assert history(session, draft(session, referral_id))[-1].said == "Check the grade."
    # The chat names every press of its button alike.
    assert submit(referral_id) == reference
    assert stands(referral_id) is Status.awaiting_authority
    assert submit(referral_id) == reference
    assert [row[0] for row in events(referral_id)] == ["submit", "return_to_officer", "submit"]


def test_a_question_goes_to_the_officer_and_the_answer_back() -> None:
    referral_id = at(Status.submitted)
    with pytest.raises(ReferralError, match="Say why"):
        do(referral_id, Role.coordinator, Event.ask)
    do(referral_id, Role.coordinator, Event.ask, said="Which number is theirs?")
    do(referral_id, Role.officer, Event.answer, said="The second one.")
    assert stands(referral_id) is Status.submitted


@pytest.mark.parametrize("status", [Status.submitted, Status.accepted, Status.booked])
def test_a_hold_remembers_where_it_began(status: Status) -> None:
    referral_id = at(status)
    do(referral_id, Role.coordinator, Event.hold, reason="health")
    do(referral_id, Role.coordinator, Event.release)
    assert stands(referral_id) is status


def test_a_missed_workshop_means_both_again_and_a_breach_goes_back_to_the_police() -> None:
    referral_id = at(Status.part_a_done)
    do(referral_id, Role.facilitator, Event.miss, reason="no_show")
    do(referral_id, Role.coordinator, Event.book, key="again")
    with pytest.raises(IllegalMoveError):
        do(referral_id, Role.facilitator, Event.attend_b)
    with pytest.raises(ReferralError, match="Say why"):
        do(referral_id, Role.coordinator, Event.report_breach, reason="no_contact")
    do(
        referral_id,
        Role.coordinator,
        Event.report_breach,
        reason="no_contact",
        said="Rang on three days, wrote once.",
    )
    assert stands(referral_id) is Status.returned_to_police


def test_too_many_words_are_refused_and_counted_out() -> None:
    referral_id = at(Status.submitted)
    with pytest.raises(ReferralError, match=r"500 characters or fewer\. You typed 501"):
        do(referral_id, Role.coordinator, Event.ask, said="x" * 501)


# Handing on, and worries


def test_at_the_end_of_a_shift_a_colleague_goes_on_and_both_are_named(colleague: str) -> None:
    referral_id = new_draft()
    with transaction() as session:
        officer, other = person(session), session.get_one(Staff, colleague)
        hand_on(session, officer, draft(session, referral_id), other, key="shift")
    with transaction() as session:
        officer, other = person(session), session.get_one(Staff, colleague)
        assert record.own(session, officer, referral_id) is None
        found = record.own(session, other, referral_id)
        assert found is not None
        assert (found.created_by, found.owner) == (officer.id, other.id)
        (trace,) = history(session, found)
        assert (trace.by, trace.reason, trace.event) == (officer.id, other.id, "hand_to_colleague")
    assert acts(referral_id)[-1] == "referral.hand_to_colleague"


@pytest.mark.parametrize("who", [(Role.authoriser, "hampshire"), (Role.officer, "leicestershire")])
def test_it_is_handed_to_an_officer_of_the_same_site_only(who: tuple[Role, str]) -> None:
    referral_id = new_draft()
    with transaction() as session, pytest.raises(IllegalMoveError):
        hand_on(
            session,
            person(session),
            draft(session, referral_id),
            person(session, *who),
            key="s",
        )


def test_what_has_come_to_its_end_is_handed_to_nobody(colleague: str) -> None:
    referral_id = sent()
    do(referral_id, Role.officer, Event.withdraw, reason="mistake")
    with transaction() as session:
        other, found = session.get_one(Staff, colleague), draft(session, referral_id)
        with pytest.raises(IllegalMoveError):
            hand_on(session, person(session), found, other, key="s")


def test_no_word_of_a_long_worry_is_cut_off_in_silence() -> None:
    referral_id = sent()
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        with pytest.raises(ReferralError, match="You typed 900"):
            flag(session, person(session), found, key="f", said="x" * 900)


@pytest.mark.parametrize(
    "ends", [(Role.officer, "withdraw", "mistake"), (Role.authoriser, "refuse", "evidence")]
)
def test_what_no_sergeant_authorised_the_provider_never_reads(ends: tuple[Role, str, str]) -> None:
    role, event, reason = ends
    referral_id = sent()
    do(referral_id, role, Event(event), reason=reason)
    with transaction() as session:
        reference = str(session.get_one(Referral, referral_id).reference)
        for provider in (Role.coordinator, Role.navigator, Role.facilitator):
            assert record.by_reference(session, person(session, provider), reference) is None
        assert record.by_reference(session, person(session, Role.authoriser), reference) is not None


def test_a_draft_goes_on_under_rules_that_no_longer_know_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    referral_id = full_draft()
    rules = record.rule_set_of("hampshire")
    graded = rules.criterion("B06_risk")
    fewer = {code: each for code, each in graded.answers.items() if code != "standard"}
    other = graded.model_copy(update={"answers": fewer})
    kept = tuple(other if each is graded else each for each in rules.criteria)
    gone = tuple(each for each in kept if each.id != "B10_bail")
    changed = rules.model_copy(update={"version": "9.9.9", "criteria": gone})
    monkeypatch.setattr(record, "rule_set_of", lambda _site: changed)
    with transaction() as session:
        facts = record.known(draft(session, referral_id))
        here = position(changed, facts)
        assert here.criterion is not None
        assert here.criterion.id == "B06_risk"
        assert "B10_bail" not in facts.answers


def test_a_worry_is_kept_in_any_state_and_moves_nothing() -> None:
    referral_id = at(Status.completed)
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        flag(session, person(session, Role.facilitator), found, key="f", said="Said he has a gun.")
        assert found.flagged_at is not None
        assert Status(found.status) is Status.completed
        with pytest.raises(ReferralError, match="Say why"):
            flag(session, person(session, Role.facilitator), found, key="g", said=" ")


# Replaying


def test_an_old_referral_gives_the_same_outcome_under_the_rules_of_its_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    referral_id = full_draft(B06_risk="medium")
    submit(referral_id)
    with transaction() as session:
        found = session.get_one(Referral, referral_id)
        before = record.replay(session, found)
        assert before == found.outcome == "needs_supervisor"
    rules = record.rule_set_of("hampshire")
    graded = rules.criterion("B06_risk")
    strict = graded.answers["medium"].model_copy(update={"effect": "ineligible"})
    other = graded.model_copy(update={"answers": graded.answers | {"medium": strict}})
    changed = rules.model_copy(
        update={
            "version": "9.9.9",
            "criteria": tuple(other if each is graded else each for each in rules.criteria),
        }
    )
    monkeypatch.setattr(record, "rule_set_of", lambda _site: changed)
    with transaction() as session:
        assert record.replay(session, session.get_one(Referral, referral_id)) == before
