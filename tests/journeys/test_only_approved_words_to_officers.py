"""Whatever an officer reads is approved: the questions, what is read back, reasons, refusals."""

from __future__ import annotations

import httpx
import pytest

from referrals.rule_set import Effect, rule_set_of
from tests.journeys.hearing import all_approved, examples, heard, refusal
from tests.journeys.people import (
    CHOSEN,
    FIELDS,
    OK_ANSWERS,
    Chat,
    answer_all_criteria,
    fill_in_booking,
    reference_in,
)
from tests.journeys.running import Copy

NOTE = (
    "32, girlfriend, slapped her last night, full admission, DASH came out standard, "
    "she wants him to get help not go to court"
)
NOT_YET = "I don't know yet"
RIGHT = "Yes, that's right"
GIVEN = FIELDS | {
    "officer_phone": "020 7946 0018",
    "officer_in_case": "DC Kit Marlow 3310",
    "second_contact": "kazimir@oddfellow.example",
    "access_needs": "Hearing loop, please",
    "when_unavailable": "Friday mornings",
    "support_needs_seen": "alcohol|work",
    "first_statement_on": "21 11 2026",
}
OWN = {*GIVEN.values(), "Kazimir Oddfellow"}
WRONG = {
    "crime_reference": ("", "?", "\x00a1234567"),
    "offence_date": ("yesterday", "31 2 2026", "1 1 2099", "1 1 1850"),
    "first_statement_on": ("soon", "1 1 1990"),
    "officer_phone": ("12",),
    "officer_in_case": ("a" * 301,),
    "date_of_birth": ("1 1 2020",),
    "postcode_district": ("nowhere",),
    "mobile": ("020 7946 0018",),
    "support_needs_seen": ("everything",),
}
NEVER_OPEN = ("no_such_card", "ok_hours")
WAITING = "Which of these can you answer now?"


def approved(chat: Chat, *more: str) -> None:
    """Fail with what of an officer's chat nothing explains."""
    all_approved([*heard(chat.messages), *more], OWN)


def give_everything(officer: Chat, *, skip: bool = False) -> list[str]:
    """Every card and choice of the booking, each with its reason and what is wrong with it."""
    refused = []
    for _ in range(40):
        last = officer.messages[-1]
        if last["kind"] == "summary" or last["text"] == WAITING:
            return refused
        for text in ("why do you ask?", *([] if skip else [NOT_YET])):
            officer.say(text)
        name = last.get("field", {}).get("name", "")
        for value in WRONG.get(name, ()):
            refused.append(refusal(officer.post({"field": name, "value": value}), 422))
        optional = "Skip this" in [each["label"] for each in last.get("choices", [])]
        if optional and skip:
            officer.choose("Skip this")
        elif name:
            officer.give(name, GIVEN[name])
        else:
            officer.choose(next(v for k, v in CHOSEN.items() if last["text"].startswith(k)))
    raise AssertionError("the booking never ended")


def test_what_is_read_back_kept_dropped_and_corrected(officer: Chat) -> None:
    officer.say(NOTE)
    officer.choose("No, that's not right")
    for text in (NOTE, "why do you ask?", "sorry, the risk was medium", "correct something"):
        officer.say(text)
    officer.choose(RIGHT)
    for text in ("where are we?", "sorry, the risk was standard", "actually she is his ex"):
        officer.say(text)
    officer.say("yes, enough evidence")
    officer.say("not on bail, no orders")
    officer.choose(RIGHT)
    officer.say("I want to change an answer")
    officer.say("on police bail for a drink driving offence")
    officer.say("I want to stop")
    officer.choose("Stop here and keep the draft")
    approved(officer)


def test_what_is_said_of_whatever_an_officer_types(http: httpx.Client, officer_token: str) -> None:
    said = []
    for texts in examples("officer", "en").values():
        chat = Chat.begin(http, officer_token, site="hampshire", audience="officer")
        chat.choose("Start a referral")
        for text in texts:
            chat.say(text)
        said += heard(chat.messages)
    all_approved(said, OWN)


def test_what_is_said_before_there_is_a_draft(http: httpx.Client, officer_token: str) -> None:
    chat = Chat.begin(http, officer_token, site="hampshire", audience="officer")
    for text in (
        "where are we?",
        "why?",
        "yes",
        "no",
        "28 year old, full admission",
        "what is CARA",
    ):
        chat.say(text)
    chat.choose("What is CARA?")
    approved(chat)


def test_every_question_its_reason_and_where_the_referral_stands(officer: Chat) -> None:
    for label in OK_ANSWERS:
        officer.say("why do you ask?")
        officer.choose(label)
    officer.say("where are we?")
    officer.say("why do you ask?")
    officer.say("check my answers")
    approved(officer)


def test_every_criterion_on_hold_until_it_is_answered(officer: Chat) -> None:
    for _ in OK_ANSWERS:
        officer.say(NOT_YET)
        officer.say("where are we?")
    give_everything(officer, skip=True)
    for text in ("submit it", "where are we?"):
        officer.say(text)
    officer.choose("Answer: Age")
    officer.choose("Yes, 18 or over")
    officer.choose("Stop here and keep the draft")
    officer.choose("Carry on")
    approved(officer)


def test_every_answer_that_does_something_when_it_is_changed(officer: Chat) -> None:
    """It brings a supervisor, a hold, or an exclusion and what to do instead."""
    answer_all_criteria(officer)
    fill_in_booking(officer)
    for item in rule_set_of("hampshire").in_chat:
        others = [each for each in item.answers.values() if each.effect is not Effect.ok]
        others.sort(key=lambda answer: answer.effect is not Effect.ineligible)
        back = (
            [next(iter(item.answers.values())).label]
            if others[-1].effect is Effect.ineligible
            else []
        )
        for label in [*(each.label for each in others), *back]:
            again = "Change that answer" if "Change that answer" in officer.labels else None
            officer.choose(again or f"Change: {item.label}")
            officer.choose(label)
    approved(officer)


def test_an_exclusion_gone_on_with_left_and_closed(officer: Chat) -> None:
    officer.choose("No, under 18")
    officer.choose("Change that answer")
    officer.choose("Yes, 18 or over")
    officer.choose("Close it")
    officer.say("sorry, he is 17")
    for text in ("why?", "where are we?", "submit it", "hello"):
        officer.say(text)
    officer.choose("Go on all the same")
    officer.choose("No admission")
    officer.choose("Stop here and keep the draft")
    officer.choose("Carry on")
    officer.say("I want to stop")
    officer.choose("Carry on")
    officer.choose("Close it")
    approved(officer)


def test_every_card_what_is_wrong_with_it_and_the_whole_way_to_the_reference(
    officer: Chat,
) -> None:
    answer_all_criteria(officer)
    refused = give_everything(officer)
    assert len(refused) > len(WRONG)
    for name in NEVER_OPEN:
        refused.append(refusal(officer.post({"field": name, "value": "x"}), 422))
    summary = officer.messages[-1]["text"]
    for given in ("DC Kit Marlow 3310", "020 7946 0018", "14 September 1991", "Drinking, Work"):
        assert given in summary
    officer.choose("Change: Full name")
    officer.give("full_name", "Kazimir Oddfellow")
    officer.say("where are we?")
    officer.choose("Change: Risk grade")
    officer.choose(NOT_YET)
    officer.choose("Confirm and send")
    officer.choose("Answer: Risk grade")
    officer.choose("Medium")
    officer.say("where are we?")
    assert reference_in(officer.choose("Confirm and send"))
    for text in ("where are we?", "submit it", "hello"):
        officer.say(text)
    approved(officer, *refused)


def test_a_booking_with_nothing_that_may_be_skipped(officer: Chat) -> None:
    answer_all_criteria(officer)
    give_everything(officer, skip=True)
    assert officer.messages[-1]["kind"] == "summary"
    approved(officer)


def test_what_stands_in_the_transcript_is_what_was_said_and_what_the_officer_typed(
    officer: Chat, http: httpx.Client
) -> None:
    typed = [NOTE, "where are we?", "why do you ask?"]
    for text in typed:
        officer.say(text)
    officer.choose(RIGHT)
    answer_rest(officer)
    officer.give("crime_reference", GIVEN["crime_reference"])
    kept = http.get(
        f"/api/v1/conversations/{officer.id}/messages?after=0",
        headers={"Authorization": f"Bearer {officer.token}"},
    ).json()["messages"]
    own_side = [each["text"] for each in kept if each["from"] == "person"]
    assert set(typed) <= set(own_side)
    all_approved([*heard(kept), *(set(own_side) - set(typed))], OWN)


def answer_rest(officer: Chat) -> None:
    """Whatever is asked still, by its first answer, until a card comes."""
    while "field" not in officer.messages[-1]:
        officer.choose(officer.labels[0])


@pytest.mark.parametrize("site", ["west_midlands", "north_yorkshire", "dorset", "west_yorkshire"])
def test_what_other_sites_ask_and_say(http: httpx.Client, copy: Copy, site: str) -> None:
    chat = Chat.begin(http, copy.staff_token(site), site=site, audience="officer")
    chat.say("start a referral")
    while chat.labels and "field" not in chat.messages[-1]:
        chat.say("why do you ask?")
        chat.choose(chat.labels[0])
    again = Chat.begin(http, copy.staff_token(site), site=site, audience="officer")
    again.say("start a referral")
    approved(chat)
    approved(again)


def test_a_choice_of_an_earlier_draft_and_one_never_offered(officer: Chat) -> None:
    first = officer.messages[-1]["choices"][0]["choice"]
    officer.choose("No, under 18")
    officer.choose("Close it")
    officer.choose("Start a referral")
    old = officer.post({"choice": first}).json()["messages"]
    never = refusal(officer.post({"choice": "never-offered"}), 409)
    too_long = refusal(officer.post({"text": "a" * 5001}), 413)
    approved(officer, *heard(old), never, too_long)
