"""What each site changes in the baseline, and that every id and code is the agreed one."""

from __future__ import annotations

import pytest

from referrals.eligibility import Outcome, assess
from referrals.rule_set import Asked, Effect, RuleSet, rule_set_of
from sites import NATIONAL, UnknownSiteError, all_sites, criteria_documents, site_of

# People outside the project use these ids and codes: a change here is a breaking one.
CODES = {
    "B01_age": "yes no",
    "B02_admission": "full partial no not_interviewed",
    "B03_evidence": "yes no waiting",
    "B04_offence": "common_assault criminal_damage harassment threatening_behaviour "
    "domestic_theft other indictable_only more_than_one",
    "B05_relationship": "current_partner ex_partner family_member other",
    "B06_risk": "standard medium high not_done",
    "B07_ccb": "no yes not_sure",
    "B08_history": "none yes older not_checked",
    "B08b_incidents": "none yes not_checked",
    "B09_order": "no yes",
    "B10_bail": "no yes",
    "B11_victim_asked": "yes not_yet cannot_reach",
    "B12_victim_view": "supports neutral does_not_support not_said",
    "B13_victim_risk": "no yes not_sure",
    "B14_consent": "yes no wants_advice",
    "B15_explained": "yes no",
    "B16_sex": "men women other",
    "B17_language": "yes no_polish no_punjabi no_other",
    "B18_fit": "yes concern",
    "B19_time": "fits does_not_fit",
    "B20_children": "no yes not_sure",
    "B21_contact": "yes no",
    "B22_authority": "authorised waiting",
    "B23_disposal": "conditional_caution community_resolution other",
}
SITES = [
    "avon_and_somerset",
    "dorset",
    "hampshire",
    "leicestershire",
    "north_yorkshire",
    "west_midlands",
    "west_yorkshire",
]
CLEAR = {name: codes.split()[0] for name, codes in CODES.items() if name != "B23_disposal"}
OK, SUPERVISOR, OUT = Effect.ok, Effect.supervisor, Effect.ineligible


def effect(site: str, name: str, code: str) -> Effect:
    return rule_set_of(site).criterion(name).answers[code].effect


def differences(site: str) -> dict[tuple[str, str], Effect]:
    """What a site's answers do where Hampshire's, which are the baseline's, do something else."""
    return {
        (item.id, code): answer.effect
        for item in rule_set_of(site).criteria
        for code, answer in item.answers.items()
        if answer.effect is not effect("hampshire", item.id, code)
    }


def test_the_sites_are_the_agreed_ones() -> None:
    assert sorted(all_sites()) == SITES


@pytest.mark.parametrize("site", SITES)
def test_ids_and_codes_are_the_agreed_ones_in_their_order(site: str) -> None:
    assert {item.id: " ".join(item.answers) for item in rule_set_of(site).criteria} == CODES
    assert [item.id for item in rule_set_of(site).criteria] == [*CODES]


@pytest.mark.parametrize("site", SITES)
def test_every_criterion_says_why_it_is_asked_and_on_what_ground(site: str) -> None:
    for item in rule_set_of(site).criteria:
        assert item.question.endswith("?"), item.id
        assert item.why, item.id
        assert item.source, item.id
        assert item.basis == "proposal" or "own rule" not in item.source, item.id


@pytest.mark.parametrize("site", SITES)
def test_every_answer_that_excludes_here_says_what_to_do_instead(site: str) -> None:
    for item in rule_set_of(site).criteria:
        for code, answer in item.answers.items():
            assert bool(answer.instead) == (answer.effect is OUT), (item.id, code)


@pytest.mark.parametrize("site", SITES)
def test_no_question_says_bare_caution_or_eligible(site: str) -> None:
    for item in rule_set_of(site).criteria:
        shown = f"{item.question} {item.why} {[each.label for each in item.answers.values()]}"
        rest = shown.replace("conditional caution", "").replace("Conditional caution", "")
        rest = rest.replace("conditional or simple caution", "")
        assert "caution" not in rest.lower(), item.id
        assert "eligible" not in rest.lower(), item.id
        assert "offender" not in rest.lower(), item.id


# The baseline's open points


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("B05_relationship", "family_member"),
        ("B06_risk", "medium"),
        ("B16_sex", "women"),
        ("B16_sex", "other"),
    ],
)
def test_in_hampshire_a_supervisor_looks_at_what_no_source_settles(name: str, code: str) -> None:
    assert effect("hampshire", name, code) is SUPERVISOR


@pytest.mark.parametrize(
    "site", ["hampshire", "leicestershire", "avon_and_somerset", "north_yorkshire"]
)
def test_these_sites_take_the_baseline_as_it_is(site: str) -> None:
    assert differences(site) == {}


def test_the_look_back_is_two_years_and_the_question_says_so() -> None:
    for site in SITES:
        assert rule_set_of(site).lookback_months == 24
        assert "last 24 months" in rule_set_of(site).criterion("B08_history").question


# The sites that differ


def test_dorset_takes_partners_only_lets_old_history_pass_and_asks_about_women() -> None:
    assert differences("dorset") == {
        ("B05_relationship", "family_member"): OUT,
        ("B08_history", "older"): OK,
    }
    assert effect("dorset", "B16_sex", "women") is SUPERVISOR


def test_west_yorkshire_takes_standard_risk_only_and_history_as_the_baseline() -> None:
    assert differences("west_yorkshire") == {("B06_risk", "medium"): OUT}
    assert effect("west_yorkshire", "B08_history", "older") is SUPERVISOR


def test_the_west_midlands_also_asks_for_the_disposal_and_takes_the_first_two() -> None:
    assert differences("west_midlands") == {("B23_disposal", "community_resolution"): OK}
    rules = rule_set_of("west_midlands")
    outcomes = {
        code: assess(rules, CLEAR | {"B23_disposal": code}).outcome
        for code in rules.criterion("B23_disposal").answers
    }
    assert outcomes == {
        "conditional_caution": Outcome.appears_to_meet,
        "community_resolution": Outcome.appears_to_meet,
        "other": Outcome.needs_supervisor,
    }


def test_the_west_midlands_misses_a_disposal_that_was_not_given() -> None:
    found = assess(rule_set_of("west_midlands"), CLEAR)
    assert (found.outcome, [reason.id for reason in found.reasons]) == (
        Outcome.on_hold,
        ["B23_disposal"],
    )


@pytest.mark.parametrize("site", [site for site in SITES if site != "west_midlands"])
def test_elsewhere_the_disposal_is_not_asked(site: str) -> None:
    assert rule_set_of(site).criterion("B23_disposal").asked is Asked.no
    assert assess(rule_set_of(site), CLEAR).outcome is Outcome.appears_to_meet


# What is switched on


def test_the_five_founding_sites_serve_participants_and_four_of_them_take_referrals() -> None:
    directory = {code for code, site in all_sites().items() if site.directory}
    referral = {code for code, site in all_sites().items() if site.referral}
    assert directory == {*SITES} - {"dorset", "west_yorkshire"}
    assert referral == directory - {"north_yorkshire"}


def test_a_site_whose_referral_is_off_says_why() -> None:
    for site in all_sites().values():
        assert bool(site.referral_off_because) == (not site.referral), site.code


def test_only_avon_and_somerset_goes_to_ascend_and_only_west_yorkshire_books_itself() -> None:
    routes = {code: site.route for code, site in all_sites().items()}
    assert {code: route for code, route in routes.items() if route != "provider"} == {
        "avon_and_somerset": "ascend",
        "west_yorkshire": "force_booking",
    }


@pytest.mark.parametrize("code", [NATIONAL, "_baseline", "_national", "../sites/dorset", "", "x"])
def test_what_is_no_site_is_refused(code: str) -> None:
    for ask in (site_of, rule_set_of, criteria_documents):
        with pytest.raises(UnknownSiteError):
            ask(code)


# The rule set as a document


def test_a_rule_set_cannot_be_changed_by_who_reads_it() -> None:
    with pytest.raises(ValueError, match="frozen"):
        rule_set_of("hampshire").version = "9"


def test_the_digest_shows_a_change_that_the_version_hides() -> None:
    rules = rule_set_of("hampshire")
    quiet = rules.model_dump(mode="json")
    quiet["criteria"][0]["question"] += " Really?"
    changed = RuleSet(**quiet)
    assert changed.name == rules.name
    assert changed.digest != rules.digest
