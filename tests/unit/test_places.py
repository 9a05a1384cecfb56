"""Where a person is: postcodes, outward codes and place names in their own words, offline."""

from __future__ import annotations

import csv

import pytest

from services_directory.build_places import _nearest_outward
from services_directory.codepoint import postcodes
from services_directory.places import (
    GURMUKHI_NAMES,
    Place,
    distance_m,
    find_place,
    find_postcodes,
    is_only_a_place,
    resolve_postcode,
    within_reach,
)
from sites import all_sites


def where(text: str, site: str = "hampshire") -> str:
    place = find_place(text, site)
    return place.outward if place else ""


@pytest.mark.parametrize("written", ["GU11 1AA", "gu111aa", " gu 11  1 aa ", "GU11-1AA"])
def test_a_postcode_is_known_in_any_spacing_and_case_and_never_said_back_whole(
    written: str,
) -> None:
    place = resolve_postcode(written)
    assert place is not None
    assert (place.label, place.outward) == ("GU11", "GU11")
    # Aldershot on the OS grid.
    assert distance_m(place, Place("Aldershot", 486369, 150625, "GU11")) < 2_000


def test_an_outward_code_is_the_middle_of_its_postcodes() -> None:
    place = resolve_postcode("so23")
    assert place is not None
    assert distance_m(place, Place("Winchester", 448000, 129500, "SO23")) < 2_000


def test_a_postcode_newer_than_the_data_gives_its_outward_code() -> None:
    assert resolve_postcode("SO23 0ZZ") == resolve_postcode("SO23")


@pytest.mark.parametrize("nonsense", ["", "hello", "ZZ1 1ZZ", "BT1 5GS", "12345", "💥"])
def test_what_is_no_british_postcode_is_no_place(nonsense: str) -> None:
    assert resolve_postcode(nonsense) is None


def test_full_postcodes_in_a_message_can_be_replaced_by_their_outward_codes() -> None:
    text = "im at gu11 1aa now, was SO23 8UJ"
    assert [(text[start:end], place.label) for start, end, place in find_postcodes(text)] == [
        ("gu11 1aa", "GU11"),
        ("SO23 8UJ", "SO23"),
    ]


@pytest.mark.parametrize("site", sorted(all_sites()))
def test_the_centre_of_every_site_is_on_the_map_and_within_its_own_reach(site: str) -> None:
    centre = resolve_postcode(all_sites()[site].centre)
    assert centre is not None
    assert within_reach(centre, site)


@pytest.mark.parametrize(
    ("site", "town"),
    [
        ("hampshire", "Ventnor"),
        ("hampshire", "Aldershot"),
        ("west_midlands", "Coventry"),
        ("leicestershire", "Melton Mowbray"),
        ("avon_and_somerset", "Frome"),
        ("avon_and_somerset", "Minehead"),
        ("north_yorkshire", "Scarborough"),
        ("north_yorkshire", "Skipton"),
    ],
)
def test_the_towns_at_the_edges_of_a_site_are_within_its_reach(site: str, town: str) -> None:
    place = find_place(town, site)
    assert place is not None
    assert within_reach(place, site)


@pytest.mark.parametrize(
    ("text", "site", "outward"),
    [
        ("smoking weed since I was 15 and I want to stop, I'm in Aldershot", "hampshire", "GU11"),
        ("aldershot", "hampshire", "GU11"),
        ("anything round Leigh Park?", "hampshire", "PO9"),
        ("isle of wight", "hampshire", "PO30"),
        ("I'm in so14", "hampshire", "SO14"),
        ("help with drink SO14 please", "hampshire", "SO14"),
        ("help with drink in Copnor, Portsmouth", "hampshire", "PO3"),
        ("near SO23 8UJ, not Southampton", "hampshire", "SO23"),
        ("was in Southampton, live in Alton now", "hampshire", "GU34"),
        ("i'm in bath", "avon_and_somerset", "BA2"),
        ("I'm in Bath", "avon_and_somerset", "BA2"),
        ("I'm in Street", "avon_and_somerset", "BA16"),
        ("weston super mare", "avon_and_somerset", "BS23"),
        ("mieszkam w Bristolu", "avon_and_somerset", "BS1"),
        ("szukam pomocy koło Walsall", "west_midlands", "WS1"),
        ("ਮੈਂ Birmingham ਵਿੱਚ ਰਹਿੰਦਾ ਹਾਂ", "west_midlands", "B3"),
        ("main Coventry vich rehnda", "west_midlands", "CV1"),
        ("ਬਰਮਿੰਘਮ", "west_midlands", "B3"),
        ("ਮੈਂ ਵੁਲਵਰਹੈਂਪਟਨ ਵਿੱਚ ਰਹਿੰਦਾ ਹਾਂ", "west_midlands", "WV1"),
        ("ਵੈਸਟ ਬ੍ਰੌਮਵਿਚ ਦੇ ਨੇੜੇ ਮਦਦ", "west_midlands", "B70"),
        ("Chandler’s Ford", "hampshire", "SO53"),
    ],
)
def test_a_place_is_found_in_a_persons_own_words(text: str, site: str, outward: str) -> None:
    assert where(text, site) == outward


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("I had a bath and did some reading in the street", "avon_and_somerset"),
        ("I've no hope, well not much, and I settle for less", "north_yorkshire"),
        ("I was arrested in March", "hampshire"),
        ("my partner Shirley called the police", "hampshire"),
        ("I hit Mark and Lee, away from Lee now", "hampshire"),
        ("I took it b4 the vitamin B12 jab", "west_midlands"),
        ("I support Liverpool", "hampshire"),
        ("off the M6 again", "west_midlands"),
        ("ਮੈਨੂੰ ਮਦਦ ਚਾਹੀਦੀ ਹੈ", "west_midlands"),
        ("", "hampshire"),
        ("🙂 \x00 <b>", "hampshire"),
    ],
)
def test_everyday_words_and_names_of_people_are_no_places(text: str, site: str) -> None:
    assert where(text, site) == ""


def test_a_far_town_counts_only_where_the_words_make_it_a_place() -> None:
    assert where("I support Liverpool") == ""
    assert where("I'm from Liverpool") == "L3"
    assert where("Liverpool") == "L3"


@pytest.mark.parametrize(("site", "outward"), [("hampshire", "PO30"), ("west_midlands", "TF10")])
def test_of_two_towns_with_one_name_the_nearer_to_the_site_counts(site: str, outward: str) -> None:
    assert where("I live in Newport", site) == outward


def test_a_message_of_ten_thousand_characters_is_read_like_any_other() -> None:
    assert where("and then I said no to that " * 400 + " I live in Alton") == "GU34"


def test_a_place_lies_in_the_outward_code_of_its_nearest_postcode_and_in_none_far_from_any() -> (
    None
):
    nearest = _nearest_outward({"GU111AA": (1_950, 1_500), "SO231AA": (2_400, 1_500)})
    assert nearest(2_100.0, 1_500.0) == "GU11"
    assert nearest(2_300.0, 1_500.0) == "SO23"
    assert nearest(90_000.0, 90_000.0) == ""


def test_a_postcode_without_a_position_in_the_source_is_not_put_at_the_edge_of_the_map() -> None:
    assert (0, 0) not in postcodes("WV").values()
    assert (0, 0) not in postcodes("PO").values()


def test_every_name_in_gurmukhi_is_of_a_place_that_is_known() -> None:
    with GURMUKHI_NAMES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["written"] for row in rows}) == len(rows) > 50
    sites = [site.code for site in all_sites().values()]
    for row in rows:
        assert any(find_place(row["name"], site) for site in sites), row["name"]


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("Reading", True),
        ("portsmouth.", True),
        ("ਬਰਮਿੰਘਮ", True),
        ("Portsmouth please", False),
        ("goodbye", False),
        ("", False),
    ],
)
def test_a_text_of_nothing_but_a_place_is_told_from_others(text: str, *, only: bool) -> None:
    assert is_only_a_place(text, "hampshire" if text.isascii() else "west_midlands") is only
