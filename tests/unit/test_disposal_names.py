"""What a disposal is called on a day, and that officers are asked by that name."""

from __future__ import annotations

from datetime import date

from referrals.rule_set import DISPOSAL, named, rule_set_of
from sites import Site, all_sites, site_of


def test_it_is_a_conditional_caution_until_a_day_is_set_for_the_two_tier_names() -> None:
    far = date(2099, 1, 1)
    for site in all_sites().values():
        assert site.disposal_name("conditional_caution", far) == "conditional caution"
        assert site.disposal_name("community_caution", far) == ""
    assert site_of("west_midlands").disposals_on(far) == {
        "conditional_caution": "conditional caution",
        "community_resolution": "community resolution",
    }


def test_from_its_day_on_a_disposal_has_its_new_name_and_before_it_the_old_one() -> None:
    told = site_of("hampshire").model_dump()
    told["disposals"] = ["conditional_caution", "community_caution"]
    told["disposal_names"]["conditional_caution"][1]["since"] = date(2027, 4, 1)
    told["disposal_names"]["community_caution"][0]["since"] = date(2027, 4, 1)
    site = Site(**told)
    assert site.disposals_on(date(2027, 3, 31)) == {"conditional_caution": "conditional caution"}
    assert site.disposals_on(date(2027, 4, 1)) == {
        "conditional_caution": "diversionary caution",
        "community_caution": "community caution",
    }


def test_officers_are_asked_with_the_names_of_the_day_and_the_digest_tells_the_two_apart() -> None:
    before = rule_set_of("west_midlands")
    after = named(before, {"conditional_caution": "diversionary caution"})
    labels = {code: each.label for code, each in after.criterion(DISPOSAL).answers.items()}
    assert labels["conditional_caution"] == "Diversionary caution"
    assert labels["community_resolution"] == "Community resolution"
    assert after.digest != before.digest
    assert named(before, site_of("west_midlands").disposals_on(date(2026, 11, 28))) == before
