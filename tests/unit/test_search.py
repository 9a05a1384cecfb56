"""The directory: what may be offered, what a person is shown for their needs and place, and why."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_directory import search as searching
from services_directory.listing import Listing, load, offerable, read, warning
from services_directory.places import Place, find_place
from services_directory.search import (
    Found,
    Query,
    Reason,
    Result,
    as_json,
    as_result,
    by_id,
    search,
)
from services_directory.words import NEED_LABELS
from sites import FOLDER, UnknownSiteError, all_sites

MOMENT = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SITES = ("hampshire", "west_midlands", "leicestershire", "avon_and_somerset", "north_yorkshire")
TOWNS = {
    "hampshire": ("Aldershot", "Southampton", "Portsmouth", "Ryde", "Winchester"),
    "west_midlands": ("Birmingham", "Coventry", "Wolverhampton", "Walsall", "Dudley"),
    "leicestershire": ("Leicester", "Loughborough", "Coalville", "Oakham", "Hinckley"),
    "avon_and_somerset": ("Bristol", "Bath", "Taunton", "Yeovil", "Weston-super-Mare"),
    "north_yorkshire": ("York", "Scarborough", "Harrogate", "Skipton", "Whitby"),
}
NEEDS = [*NEED_LABELS]


def place_in(site: str, town: str) -> Place:
    place = find_place(f"I live in {town}", site)
    assert place is not None
    return place


def ask(site: str, needs: str, town: str = "", **wishes: object) -> Found:
    place = place_in(site, town) if town else None
    query = Query(site, tuple(needs.split()), place)
    return search(replace(query, **wishes), moment=MOMENT, demo=True)  # type: ignore[arg-type]


def ids(found: Found) -> list[str]:
    return [result.listing.id for result in found.results]


def codes(result: Result) -> dict[str, str | int]:
    return {reason.code: reason.value for reason in result.reasons}


def everything(site: str, needs: str, town: str = "", **wishes: object) -> list[Result]:
    """Every page of one question, as somebody sees who asks for "any others?" to the end."""
    seen: list[Result] = []
    while True:
        without = frozenset(result.listing.id for result in seen)
        found = ask(site, needs, town, without=without, **wishes)
        if not found.results:
            return seen
        seen += found.results


def raw_rows() -> list[dict[str, str]]:
    return [
        row
        for path in sorted(FOLDER.glob("*/services.csv"))
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    ]


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
    shown = {
        result.listing.id for result in search(query, moment=MOMENT, demo=True, limit=limit).results
    }
    assert not shown & (NEVER | query.without)


@many
@given(query=queries)
def test_production_shows_nothing_that_no_coordinator_has_assured(query: Query) -> None:
    found = search(query, moment=MOMENT, demo=False, limit=40)
    assert all(result.listing.assured_on for result in found.results)


@many
@given(query=queries)
def test_whatever_is_asked_every_result_fits_and_says_why(query: Query) -> None:
    found = search(query, moment=MOMENT, demo=True, limit=40)
    for result in found.results:
        assert set(result.needs) == set(query.needs) & set(result.listing.needs)
        assert [r.value for r in result.reasons if r.code == "need"] == list(result.needs)
        assert {"covers", "national", "area", "whole_site"} & set(codes(result))
        assert result.listing.phone or not query.by_phone
        assert not query.needs or result.needs


@many
@given(query=queries)
def test_the_same_question_always_gets_the_same_answer(query: Query) -> None:
    assert search(query, moment=MOMENT, demo=True) == search(query, moment=MOMENT, demo=True)


@many
@given(query=queries)
def test_every_need_is_met_once_before_any_is_met_twice(query: Query) -> None:
    whole = search(query, moment=MOMENT, demo=True, limit=400).results
    if query.nearer or len({need for result in whole for need in result.needs}) > 3:
        return
    page = search(query, moment=MOMENT, demo=True, limit=3).results
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
    verify = by_id("north_yorkshire", "ny-003")
    assert verify is not None
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
    assert ids(ask("west_midlands", "da_victim", "Coventry"))[0] == "wm-024"


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
    assert ids(asked)[:2] == ["hiow-011", "hiow-012"]


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


def some_listing(
    listing_id: str = "ny-001", site: str = "north_yorkshire", **changed: object
) -> Listing:
    listing = by_id(site, listing_id)
    assert listing is not None
    return replace(listing, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "closed"},
        {"status": "referral_only"},
        {"status": "waiting_list_closed"},
        {"status": "a status nobody has heard of"},
        {"self_referral": "no"},
        {"how_to_access": "Probation practitioner referral only"},
        {"phone": "", "address": "1 High Street", "hours": "Mon-Fri 09:00-17:00"},
    ],
)
def test_a_listing_is_never_offered_that_a_person_could_not_use(changed: dict[str, str]) -> None:
    assured = some_listing(assured_on=date(2026, 11, 1))
    assert offerable(assured, demo=False)
    assert not offerable(replace(assured, **changed), demo=False)  # type: ignore[arg-type]
    assert not offerable(replace(assured, **changed), demo=True)  # type: ignore[arg-type]


def test_an_unassured_listing_is_offered_in_demonstration_mode_alone_and_with_a_warning() -> None:
    unassured = some_listing()
    assert warning(unassured) == "unassured"
    assert offerable(unassured, demo=True)
    assert not offerable(unassured, demo=False)
    assert warning(some_listing(assured_on=date(2026, 11, 1))) == ""


def test_no_starter_listing_claims_to_be_assured() -> None:
    assert all(listing.assured_on is None for site in SITES for listing in load(site))


def test_once_assured_a_listing_is_found_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    assured: Sequence[Listing] = (some_listing(assured_on=date(2026, 11, 1)),)
    monkeypatch.setattr(searching, "load", lambda site: assured)
    query = Query("north_yorkshire", ("drugs",), place_in("north_yorkshire", "York"))
    assert ids(search(query, moment=MOMENT, demo=False)) == ["ny-001"]


def directory_of(monkeypatch: pytest.MonkeyPatch, *listings: Listing) -> None:
    monkeypatch.setattr(searching, "load", lambda site: listings)


def test_between_two_alike_the_one_still_to_be_verified_is_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    directory_of(
        monkeypatch, some_listing(id="a", status="verify"), some_listing(id="b", status="active")
    )
    assert ids(ask("north_yorkshire", "drugs", "York")) == ["b", "a"]


def test_between_two_alike_the_one_that_meets_both_needs_is_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    directory_of(
        monkeypatch,
        some_listing(id="a", needs=("drugs",)),
        some_listing(id="b", needs=("drugs", "trauma")),
    )
    assert ids(ask("north_yorkshire", "drugs trauma", "York")) == ["b", "a"]


def test_a_national_service_for_one_town_is_shown_only_to_somebody_of_that_town(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    directory_of(
        monkeypatch, replace(some_listing(), site="national", covers=frozenset({"whitby"}))
    )
    assert ids(ask("north_yorkshire", "drugs")) == []
    assert ids(ask("north_yorkshire", "drugs", "York")) == []
    assert ids(ask("north_yorkshire", "drugs", "Whitby")) == ["ny-001"]


def test_something_nearer_than_nowhere_is_a_wish_set_aside() -> None:
    found = ask("west_midlands", "drugs", nearer=True)
    assert "nearer" in found.relaxed
    assert found.results


def test_a_file_that_says_when_a_listing_was_assured_is_believed(tmp_path: Path) -> None:
    source = next(row for row in raw_rows() if row["id"] == "ny-001")
    path = tmp_path / "services.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, [*source, "assured_on"])
        writer.writeheader()
        writer.writerow({**source, "assured_on": "2026-11-01"})
    assert read(path)[0].assured_on == date(2026, 11, 1)


def test_a_card_holds_exactly_what_the_interface_promises() -> None:
    result = ask("hampshire", "mental_health", "Eastleigh").results[0]
    card = as_json(result, lambda reason: f"{reason.code} {reason.value}".strip())
    assert " ".join(card) == (
        "id name organisation what needs reasons phone sms email url area distance_m open cost "
        "hours assured_on assured languages"
    )
    assert card["what"].startswith("Help with mental health. For: Registered with a GP")
    assert card["reasons"][:2] == ["need mental_health", "covers Eastleigh"]
    assert card["open"] == {"state": "unknown", "until": None}
    assert (card["assured_on"], card["assured"]) == (None, False)


def test_a_reason_without_words_is_left_off_the_card() -> None:
    result = ask("hampshire", "mental_health", "Eastleigh").results[0]
    only_needs = as_json(result, lambda reason: "fits" if reason.code == "need" else "")
    assert only_needs["reasons"] == ["fits"]


def test_a_listing_shown_before_can_be_shown_again_with_its_reasons() -> None:
    query = Query("hampshire", ("mental_health",), place_in("hampshire", "Eastleigh"))
    again = as_result(some_listing("hiow-008", "hampshire"), query, moment=MOMENT)
    assert again == ask("hampshire", "mental_health", "Eastleigh").results[0]
    assert Reason("covers", "Eastleigh") in again.reasons
