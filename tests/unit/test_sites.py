"""What each site changes in the baseline, and that every id and code is the agreed one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from referrals.eligibility import Assessment, Outcome, Reason, assess
from referrals.rule_set import Asked, Effect, RuleSet, laid_over, rule_set_of
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
# Of before overrides said their source and criteria whether they may be overridden. A rule set that
# differs from these asks or decides something else, and needs a new version in its criteria.yml.
DIGESTS = {
    "avon_and_somerset@1.0.0": "f71e156d9cfa2743c3ae6750f75d697bf9ab5103b77ed75edb284298cc4084b3",
    "dorset@1.0.0": "a13d65479370b1b2c005752ba73fcd6576deb8fb79bbd1d448cd4afe06092b9f",
    "hampshire@1.0.0": "cfd505a92e04e98883e5a4334c4a894c26362b90a7e3e600572f8fd35ba068b8",
    "leicestershire@1.0.0": "724ec80a76e6ba73a3459384a882ebb001ec3a80a0ca45aed51067aaa6f5c5ad",
    "north_yorkshire@1.0.0": "ef813f5ef71a8f0960644c88245eae22afd6b92ecc902960dbea495d9228ad62",
    "west_midlands@1.0.0": "61c6150b3a0f77a5cd7343af0020eb68590dd94a08c7afe138a33c6c4e0e1930",
    "west_yorkshire@1.0.0": "9eb4cd503143a86911387bd9654806d207c083a298115d4e692b0e2f6a12f5d0",
}
DECIDES = {
    "ok": Outcome.appears_to_meet,
    "supervisor": Outcome.needs_supervisor,
    "hold": Outcome.on_hold,
    "ineligible": Outcome.does_not_meet,
}


def expected() -> dict[tuple[str, str, str], tuple[str, str]]:
    """Effect and source by site, criterion and answer, as the sources have them; written by hand.

    A line of a site goes before the line for every site. What a site does not ask is not there.
    """
    with Path(__file__).with_name("criteria_expected.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = {
        (row["site"], row["criterion"], row["answer"]): (row["effect"], row["source"])
        for row in rows
    }
    assert len(lines) == len(rows)
    asked = {(site, name, code) for site, name, code in lines if site != "every"}
    asked |= {(site, *line[1:]) for line in lines if line[0] == "every" for site in SITES}
    return {
        (site, name, code): lines.get((site, name, code)) or lines["every", name, code]
        for site, name, code in sorted(asked)
    }


EXPECTED = expected()


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


# Every criterion of every site


def clear(site: str) -> dict[str, str]:
    disposal = {"B23_disposal": "conditional_caution"} if site == "west_midlands" else {}
    return CLEAR | disposal


@pytest.mark.parametrize(("site", "name", "code"), EXPECTED)
def test_every_answer_at_every_site_does_what_its_source_says(
    site: str, name: str, code: str
) -> None:
    does, source = EXPECTED[site, name, code]
    rules = rule_set_of(site)
    found = assess(rules, clear(site) | {name: code})
    told = rules.criterion(name).source_of(code)
    reasons = () if does == "ok" else (Reason(name, Effect(does), told),)
    assert found == Assessment(DECIDES[does], reasons, f"{site}@1.0.0")
    assert source in told


@pytest.mark.parametrize("site", SITES)
def test_no_answer_of_any_site_is_missing_from_that_table(site: str) -> None:
    asked = {
        (site, item.id, code)
        for item in rule_set_of(site).criteria
        for code in item.answers
        if item.asked is not Asked.no
    }
    assert asked == {line for line in EXPECTED if line[0] == site}


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


# What a site is besides


def test_the_west_midlands_has_four_delivery_sites_that_its_coordinator_has_to_name() -> None:
    four = site_of("west_midlands").delivery_sites
    assert [each.code for each in four] == ["site_1", "site_2", "site_3", "site_4"]
    assert not any(each.confirmed or each.area or each.venue for each in four)
    assert not any(
        site.delivery_sites for site in all_sites().values() if site.code[:6] != "west_m"
    )
    assert site_of("west_midlands").delivery_site("site_3") == four[2]
    assert site_of("west_midlands").delivery_site("site_5") is None


def test_polish_and_punjabi_material_exists_in_the_west_midlands_unconfirmed() -> None:
    materials = site_of("west_midlands").materials
    assert [(each.language, each.confirmed, each.approved_on) for each in materials] == [
        ("pl", False, None),
        ("pa", False, None),
    ]


def test_nobodys_contact_is_invented_and_nothing_agreed_is_claimed() -> None:
    for site in all_sites().values():
        assert (site.victim_contact, site.breach_to, site.out_of_hours) == (None, None, None)
        assert not site.team.reachable
        if site.hand_over:
            assert (site.hand_over.route, site.hand_over.confirmed) == ("pull", False)
        assert bool(site.hand_over) == site.referral


def test_every_site_names_its_areas_its_sources_and_the_day_of_its_review() -> None:
    for site in all_sites().values():
        assert site.areas, site.code
        assert site.sources, site.code
        assert site.review_by, site.code
        assert site.who_authorises.lowest_rank == "sergeant"


# The rule set as a document


def test_no_rule_set_has_changed_under_its_version() -> None:
    assert {rule_set_of(site).name: rule_set_of(site).digest for site in SITES} == DIGESTS


def test_where_a_rule_was_read_changes_no_digest_and_that_it_may_be_overridden_does() -> None:
    baseline, own = criteria_documents("dorset")
    family = own["overrides"]["B05_relationship"]

    def digest(**said: str) -> str:
        override = {"B05_relationship": family | said}
        return laid_over("dorset", baseline, own | {"overrides": override}).digest

    assert digest(source="another page") == digest()
    assert digest(override="authoriser") != digest()


def test_an_officer_reads_the_sites_own_source_where_the_rule_is_the_sites_own() -> None:
    relationship = rule_set_of("dorset").criterion("B05_relationship")
    assert relationship.source_of("family_member").startswith("BCP Council")
    assert relationship.source_of("other") == relationship.source_of(None) == relationship.source


def test_no_site_lets_an_authoriser_override_anything_yet() -> None:
    assert not [item for site in SITES for item in rule_set_of(site).criteria if item.may_override]


@pytest.mark.parametrize("name", ["B01_age", "B02_admission", "B03_evidence", "B14_consent"])
def test_what_stands_in_the_statute_is_overridden_by_nobody(name: str) -> None:
    baseline, own = criteria_documents("hampshire")
    said = own | {"overrides": {name: {"override": "authoriser"}}}
    with pytest.raises(ValueError, match="stands in the statute"):
        laid_over("hampshire", baseline, said)


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
