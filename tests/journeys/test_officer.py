"""An officer refers somebody: from the first answer to the reference."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.journeys import running
from tests.journeys.people import (
    Chat,
    answer_all_criteria,
    fill_in_booking,
    reference_in,
    words_of,
)

NOTE = (
    "32, girlfriend, slapped her last night, full admission, DASH came out standard, "
    "she wants him to get help not go to court"
)


def test_one_question_at_a_time_with_choices(officer: Chat) -> None:
    assert officer.question.startswith("Is the suspect 18 or over?")
    assert officer.labels[:2] == ["Yes, 18 or over", "No, under 18"]
    assert "I don't know yet" in officer.labels


def test_a_note_answers_several_and_is_read_back_before_it_counts(officer: Chat) -> None:
    told = words_of(officer.say(NOTE))
    for line in (
        "Age: Yes, 18 or over",
        "Admission: Yes, a full admission",
        "Offence: Common assault or battery",
        "Relationship: Current partner",
        "Risk grade: Standard",
        "Victim's view: Supports it",
    ):
        assert line in told
    assert "Victim asked" not in told
    assert "Workshop group" not in told
    standing = words_of(officer.say("where are we?"))
    assert "Answered: -" in standing

    assert "enough evidence" in words_of(officer.choose("Yes, that's right"))
    standing = words_of(officer.say("where are we?"))
    assert "Risk grade (Standard)" in standing.split("On hold")[0]
    assert "Victim asked" in standing.split("Still to ask")[1]


def test_what_is_answered_already_is_neither_read_back_nor_asked_again(officer: Chat) -> None:
    officer.say("he is 34")
    asked = officer.question
    told = officer.say("he's 34, as I said")
    assert "Is it right?" not in words_of(told)
    assert officer.question == asked
    officer.say("and the risk came out medium, no kids")
    officer.say("no, that's wrong")
    assert "Is the suspect 18" not in officer.question


def test_a_case_told_before_the_start_is_read_back_once_it_is_started(
    http: httpx.Client, copy: running.Copy
) -> None:
    officer = Chat.begin(http, copy.staff_token(), site="hampshire", audience="officer")
    told = officer.say(NOTE)
    assert told[-1]["text"].startswith("I can start a referral with this: ")
    assert "Risk grade: Standard" in told[-1]["text"]
    told = officer.say("he's not on bail, no orders")
    assert "Bail for something else: No" in told[-1]["text"]
    told = officer.choose("Start a referral")
    assert told[0]["text"].startswith("This is a new draft.")
    for line in ("Risk grade: Standard", "Admission: Yes, a full admission", "Bail"):
        assert line in told[-1]["text"]
    assert "enough evidence" in words_of(officer.choose("Yes, that's right"))
    # A second draft begins empty, and a fact told after sending is nobody else's.
    officer.say("start a referral")
    told = officer.choose("Start a new one instead")
    assert told[-1]["text"].startswith("Is the suspect 18 or over?")


def test_what_was_told_early_is_corrected_confirmed_or_forgotten(
    http: httpx.Client, copy: running.Copy
) -> None:
    officer = Chat.begin(http, copy.staff_token(), site="hampshire", audience="officer")
    officer.say(NOTE)
    told = officer.say("sorry, the risk came back high")
    assert "Risk grade: High" in told[-1]["text"]
    assert "Risk grade: High" in officer.say("yes")[-1]["text"]

    other = Chat.begin(http, copy.staff_token(), site="hampshire", audience="officer")
    other.say(NOTE)
    other.say("no")
    other.say("start a referral")
    assert "Risk grade" not in words_of(other.choose("Start a new one instead"))


def test_a_fact_told_after_sending_goes_into_nobody_elses_draft(officer: Chat) -> None:
    answer_all_criteria(officer)
    fill_in_booking(officer)
    officer.choose("Confirm and send")
    told = officer.say("he's on bail for something else")
    assert "I can start a referral with this" not in words_of(told)
    told = officer.choose("Start a referral")
    assert told[-1]["text"].startswith("Is the suspect 18 or over?")


def test_what_was_read_wrongly_is_dropped(officer: Chat) -> None:
    officer.say(NOTE)
    assert "kept none" in words_of(officer.choose("No, that's not right"))
    assert officer.question.startswith("Is the suspect 18")


def test_first_arrest_is_no_checked_history(officer: Chat) -> None:
    officer.say("first arrest")
    officer.say(NOTE)
    told = words_of(officer.choose("Yes, that's right")) + words_of(officer.say("where are we?"))
    assert "Convictions" in told.split("Still to ask")[1]
    assert "Earlier incidents" in told.split("Still to ask")[1]


def test_why_gives_the_reason_and_source_and_returns_to_the_question(officer: Chat) -> None:
    told = officer.say("why do you ask?")
    assert "for adults" in words_of(told)
    assert "Criminal Justice Act 2003" in words_of(told)
    assert told[-1]["text"].startswith("Is the suspect 18")


def test_a_correction_changes_the_answer_and_the_outcome(officer: Chat) -> None:
    officer.say(NOTE)
    officer.choose("Yes, that's right")
    told = words_of(officer.say("sorry, the risk was medium"))
    assert "Risk grade: Medium (before: Standard)" in told
    assert "Risk grade (Medium)" in words_of(officer.say("where are we?"))


def test_what_was_never_answered_is_no_correction(officer: Chat) -> None:
    assert officer.say("not on bail, no orders")[0]["kind"] == "summary"
    assert "Answered: -" in words_of(officer.say("where are we?"))


def test_i_do_not_know_yet_is_a_hold(officer: Chat) -> None:
    officer.say("I don't know yet")
    standing = words_of(officer.say("where are we?"))
    assert "On hold: Age" in standing


def test_an_answer_that_excludes_says_which_and_what_to_do_instead(officer: Chat) -> None:
    told = words_of(officer.choose("No, under 18"))
    assert "does not meet the criteria" in told
    assert "Age" in told
    assert "youth outcome" in told
    assert {"Go on all the same", "Stop here and keep the draft"} <= set(officer.labels)
    assert "clearly admitted" in words_of(officer.choose("Go on all the same"))


def test_a_case_that_does_not_meet_the_criteria_is_closed_and_never_sent(officer: Chat) -> None:
    officer.choose("No, under 18")
    told = words_of(officer.choose("Close it"))
    assert "Nothing was sent" in told
    assert "submitted" not in told


def test_nothing_can_be_sent_while_something_is_on_hold(officer: Chat) -> None:
    officer.choose("I don't know yet")
    for label in (
        "Yes, a full admission",
        "Yes",
        "Common assault or battery",
        "Current partner",
    ):
        officer.choose(label)
    assert "Confirm and send to the authoriser" not in words_of(officer.say("submit it"))


def test_a_referral_from_first_answer_to_reference(officer: Chat, http: httpx.Client) -> None:
    answer_all_criteria(officer)
    assert "appears to meet the criteria" in words_of(officer.messages)
    fill_in_booking(officer)
    summary = officer.messages[-1]
    assert "Full name: Tadeusz Quillfeather" in summary["text"]
    assert "Postcode district: SO14" in summary["text"]
    assert "Change: Risk grade" in officer.labels

    sent = officer.choose("Confirm and send to the authoriser")
    reference = reference_in(sent)
    assert "No sergeant has decided yet" in words_of(sent)

    receipt = http.get(f"/referrals/{reference}/receipt")
    assert receipt.status_code in (303, 401, 404), "a receipt needs a sign-in"


def test_a_line_of_the_summary_can_be_changed(officer: Chat) -> None:
    answer_all_criteria(officer)
    fill_in_booking(officer)
    asked = officer.choose("Change: Risk grade")
    assert "DASH or DARA" in asked[-1]["text"]
    assert "Risk grade: Medium" in words_of(officer.choose("Medium"))
    officer.choose("Change: Full name")
    assert "Full name: Kazimir Oddfellow" in words_of(
        officer.give("full_name", "Kazimir Oddfellow")
    )


def test_a_card_that_is_wrong_is_refused_in_words_and_nothing_is_lost(officer: Chat) -> None:
    answer_all_criteria(officer)
    refused = officer.post({"field": "crime_reference", "value": "?"})
    assert refused.status_code == 422
    assert "6 to 20 letters" in refused.json()["error"]["message"]
    assert (
        officer.give("crime_reference", "44260012345")[-1]["field"]["name"] == "custody_reference"
    )


def test_sending_twice_is_sending_once(officer: Chat) -> None:
    answer_all_criteria(officer)
    fill_in_booking(officer)
    token = next(
        option["choice"]
        for option in officer.messages[-1]["choices"]
        if option["label"].startswith("Confirm")
    )
    first = officer.post({"choice": token}, **{"Idempotency-Key": "once"}).json()
    again = officer.post({"choice": token}, **{"Idempotency-Key": "once"}).json()
    assert first == again
    third = officer.post({"choice": token}).json()
    assert reference_in(first["messages"])
    assert "waits for" not in words_of(third["messages"])


def test_a_draft_survives_killing_every_process(tmp_path: Path) -> None:
    copy = running.start(tmp_path)
    try:
        with copy.client() as http:
            token = copy.staff_token()
            chat = Chat.begin(http, token, site="hampshire", audience="officer")
            chat.choose("Start a referral")
            chat.say(NOTE)
            chat.choose("Yes, that's right")
        words = ("uvicorn bot.web.app", "uvicorn actions.server", "rasa run")
        for part in [copy.part(each) for each in words]:
            part.kill()
    finally:
        copy.process.kill()
        copy.process.wait(20)
        assert copy.process.stdout
        copy.process.stdout.close()
    (tmp_path / "run.json").unlink(missing_ok=True)
    again = running.start(tmp_path)
    try:
        with again.client() as http:
            chat = Chat.begin(http, token, site="hampshire", audience="officer")
            told = words_of(chat.choose("Go on with my draft"))
            assert "enough evidence" in told
            assert "Risk grade (Standard)" in words_of(chat.say("where are we?"))
    finally:
        running.stop(again)


def test_referral_is_switched_off_where_the_site_says_so(
    http: httpx.Client, copy: running.Copy
) -> None:
    token = copy.staff_token("north_yorkshire")
    chat = Chat.begin(http, token, site="north_yorkshire", audience="officer")
    assert "switched off until its criteria are confirmed" in words_of(chat.messages)
    assert "Start a referral" not in chat.labels


def test_an_older_draft_can_be_chosen_too(http: httpx.Client, copy: running.Copy) -> None:
    token = copy.staff_token("west_midlands")
    first = Chat.begin(http, token, site="west_midlands", audience="officer")
    first.choose("Start a referral")
    first.choose("Yes, 18 or over")
    second = Chat.begin(http, token, site="west_midlands", audience="officer")
    second.choose("Start a referral")
    third = Chat.begin(http, token, site="west_midlands", audience="officer")
    older = next(label for label in third.labels if label.endswith("(answers: 1)"))
    third.choose(older)
    assert "Age (Yes, 18 or over)" in words_of(third.say("where are we?"))


def test_an_emoji_confirms_nothing(officer: Chat) -> None:
    officer.say(NOTE)
    officer.say("\U0001f44e")
    assert "Answered: -" in words_of(officer.say("where are we?"))


def test_a_choice_of_an_earlier_draft_answers_nothing_in_the_next(officer: Chat) -> None:
    first = officer.messages[-1]["choices"][0]["choice"]
    officer.choose("No, under 18")
    officer.choose("Close it")
    officer.choose("Start a referral")
    told = officer.post({"choice": first}).json()["messages"]
    assert "belongs to an earlier question" in words_of(told)
    assert "Answered: -" in words_of(officer.say("where are we?"))


def test_after_sending_the_reference_is_still_there(officer: Chat) -> None:
    answer_all_criteria(officer)
    fill_in_booking(officer)
    reference = reference_in(officer.choose("Confirm and send to the authoriser"))
    assert reference in words_of(officer.say("where are we?"))
