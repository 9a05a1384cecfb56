"""The directory: what may be offered, what a person is shown for their needs and place, and why."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_directory.listing import warning
from services_directory.query import Query
from services_directory.results import Found
from sites import UnknownSiteError, all_sites
from tests.shipped import load
from tests.unit.asking import (
    NEEDS,
    SITES,
    TOWNS,
    ask,
    codes,
    everything,
    ids,
    listing_called,
    place_in,
    raw_rows,
    shipped,
)

# What the files themselves say must never reach a participant, read apart from our own rules.
NEVER = {
    row["id"]
    for row in raw_rows()
    if row["status"] not in {"active", "verify"}
    or not any(row[way] for way in ("phone", "text_sms", "email", "url"))
    or "probation" in row["service_name"]
}

queries = st.sampled_from(SITES).flatmap(
    lambda site: st.builds(
        Query,
        site=st.just(site),
        needs=st.lists(st.sampled_from(NEEDS), unique=True, max_size=4).map(tuple),
        place=st.sampled_from(TOWNS[site]).map(lambda town: place_in(site, town)) | st.none(),
        by_phone=st.booleans(),
        nearer=st.booleans(),
        woman=st.sampled_from((None, True, False)),
        language=st.sampled_from(("", "en", "pl", "pa")),
        without=st.frozensets(st.sampled_from(sorted(one.id for one in load(site))), max_size=40),
        crisis=st.booleans(),
    )
)
many = settings(max_examples=500, derandomize=True, deadline=None)


@many
@given(query=queries, limit=st.integers(1, 40))
def test_whatever_is_asked_nothing_that_must_never_be_shown_is_shown(
    query: Query, limit: int
) -> None:
    shown = {result.listing.id for result in shipped(query, limit=limit).results}
    assert not shown & (NEVER | query.without)


@many
@given(query=queries)
def test_production_shows_nothing_that_no_coordinator_has_assured(query: Query) -> None:
    found = shipped(query, demo=False, limit=40)
    assert all(result.listing.assured_on for result in found.results)


@many
@given(query=queries)
def test_whatever_is_asked_every_result_fits_and_says_why(query: Query) -> None:
    found = shipped(query, limit=40)
    for result in found.results:
        assert set(result.needs) == set(query.needs) & set(result.listing.needs)
        assert [r.value for r in result.reasons if r.code == "need"] == list(result.needs)
        assert {"covers", "national", "area", "whole_site"} & set(codes(result))
        assert result.listing.phone or not query.by_phone
        assert not query.needs or result.needs


@many
@given(query=queries)
def test_the_same_question_always_gets_the_same_answer(query: Query) -> None:
    assert shipped(query) == shipped(query)


@many
@given(query=queries)
def test_every_need_is_met_once_before_any_is_met_twice(query: Query) -> None:
    whole = shipped(query, limit=400).results
    if query.nearer or len({need for result in whole for need in result.needs}) > 3:
        return
    page = shipped(query, limit=3).results
    assert {n for r in page for n in r.needs} == {n for r in whole for n in r.needs}


@pytest.mark.parametrize("need", ["drugs", "alcohol", "mental_health", "trauma"])
@pytest.mark.parametrize("site", SITES)
def test_every_site_has_help_for_each_of_the_four_main_needs(site: str, need: str) -> None:
    assert len(ask(site, need).results) == 3


def test_somebody_in_aldershot_is_shown_no_service_of_southampton() -> None:
    shown = everything("hampshire", "drugs", "Aldershot")
    local = [result for result in shown if not result.listing.national]
    assert all(result.listing.covers & {"*", "gu11", "aldershot"} for result in local)
    assert "hiow-002" not in {result.listing.id for result in shown}


def test_where_only_national_help_remains_the_answer_says_so() -> None:
    found = ask("hampshire", "drugs", "Aldershot")
    assert found.relaxed == ("national_only",)
    assert all(codes(result).keys() >= {"need", "national"} for result in found.results)


def test_local_help_comes_before_national() -> None:
    found = ask("north_yorkshire", "drugs", "Scarborough")
    assert ids(found)[:2] == ["ny-002", "ny-003"]
    assert [result.listing.national for result in found.results] == [False, False, True]
    assert found.relaxed == ()


def test_a_service_still_to_be_verified_comes_behind_an_active_one() -> None:
    assert ids(ask("north_yorkshire", "drugs", "Scarborough")).index("ny-002") == 0
    verify = listing_called("north_yorkshire", "ny-003")
    assert warning(verify) == "unassured_verify"


def test_two_needs_are_both_served() -> None:
    found = ask("hampshire", "drugs trauma", "Southampton")
    assert {need for result in found.results for need in result.needs} == {"drugs", "trauma"}


def test_the_service_that_meets_most_of_the_needs_comes_first() -> None:
    found = ask("north_yorkshire", "drugs alcohol trauma", "York")
    assert found.results[0].listing.id == "ny-001"
    assert found.results[0].needs == ("drugs", "alcohol", "trauma")


def test_what_is_for_the_whole_site_reaches_a_person_at_its_edge_but_not_in_london() -> None:
    assert "ny-007" in {one.listing.id for one in everything("north_yorkshire", "trauma", "Whitby")}
    far = ask("north_yorkshire", "trauma", "London")
    assert far.relaxed == ("outside_site", "national_only")


def test_without_a_place_nothing_local_is_ruled_out() -> None:
    shown = {result.listing.id for result in everything("west_midlands", "drugs")}
    assert {"wm-001", "wm-003", "wm-006"} <= shown
    assert codes(ask("west_midlands", "drugs").results[0])["area"] == "Birmingham"


def test_help_for_victims_is_offered_only_to_somebody_who_asks_for_it() -> None:
    for site in SITES:
        for need in NEEDS:
            if need in ("da_victim", "da_perpetrator"):
                continue
            assert not [r for r in everything(site, need) if "da_victim" in r.listing.needs]
    assert ids(ask("west_midlands", "da_victim", "Coventry"))[0] in ("wm-024", "wm-025")


def test_a_line_for_both_is_offered_to_somebody_who_wants_to_change() -> None:
    found = ask("avon_and_somerset", "da_perpetrator", "Taunton")
    assert ids(found) == ["as-011", "nat-017"]


def test_a_service_for_women_is_not_shown_while_the_persons_gender_is_not_known() -> None:
    first = ask("west_midlands", "mental_health", "Birmingham")
    assert "wm-033" not in ids(first)
    assert "wm-033" in ids(ask("west_midlands", "mental_health", "Birmingham", woman=True))
    for_a_man = everything("west_midlands", "mental_health", "Birmingham", woman=False)
    assert not [result for result in for_a_man if result.listing.audience == "women"]


def test_a_service_for_men_says_so_comes_after_those_for_anyone_and_never_to_a_woman() -> None:
    shown = everything("west_midlands", "drugs", "Wolverhampton")
    order = [result.listing.id for result in shown]
    assert order.index("wm-006") < order.index("wm-027")
    assert "for_men" in codes(shown[order.index("wm-027")])
    to_a_woman = everything("west_midlands", "drugs", "Wolverhampton", woman=True)
    assert "wm-027" not in {result.listing.id for result in to_a_woman}


def test_what_is_only_for_the_young_comes_last() -> None:
    shown = [result.listing.id for result in everything("hampshire", "drugs", "Southampton")]
    assert shown[-1] == "hiow-003"


def test_a_crisis_line_comes_first_only_where_a_crisis_line_is_asked_for() -> None:
    assert ids(ask("hampshire", "mental_health", "Winchester"))[0] == "hiow-008"
    asked = ask("hampshire", "mental_health", "Winchester", crisis=True)
    assert set(ids(asked)[:2]) == {"hiow-011", "hiow-012"}


def test_a_veterans_line_is_not_the_first_answer_to_somebody_who_is_no_veteran() -> None:
    order = [r.listing.id for r in everything("leicestershire", "trauma mental_health")]
    assert order.index("nat-011") < order.index("nat-050")


def test_a_service_in_the_persons_language_comes_first_and_says_so() -> None:
    found = ask("west_midlands", "mental_health", "Dudley", language="pl")
    assert ids(found)[0] == "wm-015"
    assert codes(found.results[0])["language"] == "pl"
    english = ask("west_midlands", "drugs", "Birmingham", language="en")
    assert ids(english) == ids(ask("west_midlands", "drugs", "Birmingham"))


def test_just_a_phone_number_means_only_services_with_one() -> None:
    assert "hiow-002" in ids(ask("hampshire", "drugs", "Southampton"))
    by_phone = everything("hampshire", "drugs", "Southampton", by_phone=True)
    assert by_phone
    assert all(result.listing.phone for result in by_phone)


def test_something_nearer_leaves_out_what_is_for_the_whole_site_or_country() -> None:
    found = ask("hampshire", "mental_health", "Eastleigh", nearer=True)
    assert ids(found) == ["hiow-008"]
    nothing = ask("hampshire", "gambling", "Eastleigh", nearer=True)
    assert "nearer" in nothing.relaxed
    assert nothing.results


def test_any_others_shows_none_twice() -> None:
    shown = [result.listing.id for result in everything("west_midlands", "housing", "Walsall")]
    assert len(shown) == len(set(shown)) > 3


def test_a_card_says_how_far_it_is_or_else_that_the_address_is_not_known() -> None:
    talking = ask("hampshire", "mental_health", "Eastleigh").results[0]
    assert talking.distance_m == codes(talking)["distance"]
    assert talking.distance_m is not None
    assert talking.distance_m < 2_000
    drugs = ask("hampshire", "drugs", "Southampton").results[0]
    assert drugs.distance_m is None
    assert "address_unknown" in codes(drugs)


def test_an_open_service_says_until_when() -> None:
    found = everything("hampshire", "mental_health", "Portsmouth")
    hub = next(result for result in found if result.listing.id == "hiow-007")
    assert codes(hub)["open_until"] == "2026-11-23T18:00:00+00:00"


def test_a_site_without_a_directory_of_its_own_has_the_national_one() -> None:
    for site in set(all_sites()) - set(SITES):
        assert ask(site, "drugs").relaxed == ("national_only",)


def test_an_unknown_site_is_refused_and_an_unknown_need_finds_nothing() -> None:
    with pytest.raises(UnknownSiteError):
        ask("atlantis", "drugs")
    assert ask("hampshire", "flying") == Found(())
