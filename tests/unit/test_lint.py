"""`make lint` as tests: one for each check, so that `make test` fails where a check does."""

from __future__ import annotations

import pytest

from cli.checks import CHECKS, Check, audiences, main, warnings_of_rasa
from cli.house import ROOT


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_sources_pass(check: Check) -> None:
    complaint = check.complaint(ROOT)
    if complaint:
        # The tool's own words, whole, rather than pytest's comparison of them.
        pytest.fail(complaint, pytrace=False)


def test_a_check_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stile"]) == 2
    assert "There are: style, " in capsys.readouterr().err


def test_words_that_we_send_ourselves_do_not_count_as_unused() -> None:
    printed = "UserWarning: The utterance 'utter_found' is not used in any story or rule.\n"
    assert warnings_of_rasa(printed + "2026-01-01 INFO  no conflicts found.", {}) == ""


def shared_example(*intents: str) -> str:
    return (
        "UserWarning: The example 'keep going' was found labeled with multiple different intents "
        "in the training data. Each annotated message should only appear with one intent. "
        f"The example is labeled with: {', '.join(intents)}."
    )


def test_one_phrase_may_mean_two_things_to_people_who_never_meet() -> None:
    only = {"continue_referral": "officer", "more_results": "participant", "skip": "officer"}
    assert warnings_of_rasa(shared_example("continue_referral", "more_results"), only) == ""
    assert warnings_of_rasa(shared_example("continue_referral", "skip"), only) != ""
    assert warnings_of_rasa(shared_example("more_results", "affirm"), only) != ""


def test_the_audiences_are_read_from_the_pipeline() -> None:
    assert audiences(ROOT)["start_referral"] == "officer"
    assert audiences(ROOT)["find_help"] == "participant"


def test_an_intent_without_a_home_is_told_with_its_context() -> None:
    printed = (
        "io.py:100: UserWarning: Issue found in 'data/stories/rules.yml':\n"
        "Found intent 'skip' in stories which is not part of the domain.\n"
    )
    assert "Found intent 'skip'" in warnings_of_rasa(printed, {})
