"""The checks of one listing by itself: what each finds, and what it leaves alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_directory.checks.fields import check
from services_directory.checks.finding import MOST_WORDS, Finding
from services_directory.words import NEED_LABELS

TODAY = date(2026, 11, 28)
GOOD = {
    "id": "test-001",
    "organisation": "Riverside Recovery",
    "service_name": "Drop-in",
    "needs": "drugs|alcohol",
    "site": "hampshire",
    "area_covered": "Southampton",
    "phone": "0300 123 6600",
    "url": "https://www.example.org.uk/drop-in",
    "opening_hours": "Mon-Fri 09:00-17:00",
    "cost": "free",
    "status": "active",
    "source_year": "2026",
    "covers": "Southampton|SO14|SO15",
}


def found(**fields: str) -> list[Finding]:
    return check({**GOOD, **fields}, on=TODAY)


def codes(**fields: str) -> set[str]:
    return {finding.check for finding in found(**fields)}


def test_a_good_listing_has_no_faults() -> None:
    assert found() == []


# Telephone numbers


@pytest.mark.parametrize(
    "phone",
    [
        "0300 123 6600", "116 123", "999", "111 (option 2)", "101", "119", "18000", "105",
        "0800 58 58 58", "0800 1111", "+44 300 123 6600", "0044 300 123 6600",
        "+44 (0)300 123 6600", "(023) 8083 3000", "023-8083-3000", "023 8083 3000 ext 4",
        "18001 0300 123 6600",
        "0808 2000 247 24/7", "0300 123 6600, Mon-Fri 09:00-17:00 (option 2)",
    ],
)  # fmt: skip
def test_a_number_that_rings_has_no_fault(phone: str) -> None:
    assert not {code for code in codes(phone=phone) if code.startswith("phone")} - {"phone_label"}


@pytest.mark.parametrize("text", ["SHOUT to 85258", "82111", "07384 466181 (text, 09:00-21:00)"])
def test_a_text_number_may_have_its_keyword(text: str) -> None:
    assert found(text_sms=text) == []


@pytest.mark.parametrize(
    ("phone", "code", "severity", "words"),
    [
        ("080 8020 133", "phone_short", "error", "has 10 digits, a UK number has 11"),
        ("0300 123 66001", "phone_long", "error", "has 12 digits, a UK number has 11"),
        ("01onal 954 000", "phone_letters", "error", "01onal"),
        ("ask the council", "phone_missing", "error", "ask the council"),
        ("300 123 6600", "phone_no_zero", "error", "does not begin with 0"),
        ("+353 1 234 5678", "phone_foreign", "error", "not a United Kingdom number"),
        ("0976 500 0011", "phone_not_in_use", "warning", "check every digit"),
        ("0909 879 0123", "phone_premium", "error", "premium"),
        ("070 1234 5678", "phone_premium", "error", "premium"),
        ("0871 200 2233", "phone_premium", "error", "premium"),
        ("118 118", "phone_premium", "error", "premium"),
        ("0845 644 0704", "phone_charged", "warning", "0845 numbers cost money to ring"),
        ("0870 123 4567", "phone_charged", "warning", "0870"),
        ("08444 111 444", "phone_charged", "warning", "0844"),
        ("0121 496 0123", "phone_drama", "warning", "nobody answers"),
        ("01632 960123", "phone_drama", "warning", "nobody answers"),
        ("07700 900123", "phone_drama", "warning", "nobody answers"),
        ("Bristol Youth MAPS: 0117 332 7111", "phone_label", "warning", "Bristol Youth MAPS"),
        ("0300 123 6600 or 0300 123 1110", "phone_several", "warning", "2 numbers"),
        ("0300 123 6600 0300 123 1110", "phone_several", "warning", "2 numbers"),
        ("0" + "1" * 39, "phone_long", "error", "40 digits"),
    ],
)
def test_a_faulty_number_is_told_with_its_fault(
    phone: str, code: str, severity: str, words: str
) -> None:
    named = {finding.check: finding for finding in found(phone=phone)}
    assert code in named
    assert named[code].severity == severity
    assert words in named[code].words


@pytest.mark.parametrize("cost", ["0845 call charges apply", "£1.50 a minute", "7p per minute"])
def test_a_costly_number_may_stand_where_the_cost_is_told(cost: str) -> None:
    assert not codes(phone="0845 644 0704", cost=cost) & {"phone_charged", "phone_premium"}
    assert "phone_premium" not in codes(phone="0909 879 0123", cost=cost)


def test_free_is_no_word_on_what_a_costly_number_costs() -> None:
    assert "phone_premium" in codes(phone="0909 879 0123", cost="free")


# E-mail and web addresses


@pytest.mark.parametrize("email", ["info@example.org.uk", "a.b+c@nhs.net", "o'neil@example.org"])
def test_an_email_address_may_be_written_so(email: str) -> None:
    assert found(email=email) == []


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("info.example.org.uk", "email_syntax"),
        ("info@localhost", "email_syntax"),
        ("info@example..org", "email_syntax"),
        (".info@example.org", "email_syntax"),
        ("info@example.org.", "email_syntax"),
        (f"{'a' * 65}@example.org", "email_syntax"),
        ("one@example.org, two@example.org", "email_several"),
        ("info@gmial.com", "email_domain"),
        ("info@exampel.org.uk", "email_domain"),
    ],
)
def test_a_faulty_email_address_is_told(email: str, code: str) -> None:
    assert codes(email=email) == {code}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("www.example.org.uk", "url_scheme"),
        ("ftp://www.example.org.uk", "url_scheme"),
        ("javascript:alert(1)", "url_scheme"),
        ("https://example", "url_syntax"),
        ("https://exa mple.org", "url_syntax"),
        ("https://", "url_syntax"),
        ("https://example.org:x/", "url_syntax"),
        ("https://[::1/", "url_syntax"),
        ("https://me:secret@example.org/", "url_credentials"),
        ("https://127.0.0.1/", "url_private"),
        ("https://127.1/", "url_private"),
        ("https://[::1]/", "url_private"),
        ("https://10.0.0.1/", "url_private"),
        ("https://localhost/", "url_private"),
        ("https://printer.local/", "url_private"),
        ("http://www.example.org.uk/", "url_http"),
        ("https://www.scarborough.ca/", "url_abroad"),
    ],
)
def test_a_faulty_web_address_is_told(url: str, code: str) -> None:
    assert codes(url=url) == {code}


def test_a_web_address_may_have_letters_of_another_alphabet() -> None:
    assert found(url="https://www.pomoc-żółw.org/") == []


# Postcodes and places


@pytest.mark.parametrize("postcode", ["SO15 2JX", "so152jx", "SO15", "BT1 5GS", ""])
def test_a_postcode_in_the_area_has_no_fault(postcode: str) -> None:
    assert found(postcode=postcode, address="2 Hulse Road, Southampton") == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"postcode": "ZZ1 1AA"}, "postcode_unknown"),
        ({"postcode": "Hulse Road"}, "postcode_unknown"),
        ({"postcode": "SO15 2ZZ"}, "postcode_new"),
        ({"postcode": "YO10 3BU", "address": "2 Hulse Road, Southampton"}, "postcode_place"),
        ({"postcode": "YO10 3BU"}, "postcode_place"),
        ({"postcode": "YO10 3BU", "area_covered": "", "covers": "*"}, "postcode_site"),
        ({"postcode": "SO15 2JX", "address": "Southampton SO14 7DU"}, "postcode_two"),
        ({"address": "Progress Avenue, Scarborough, Ontario"}, "place_abroad"),
        ({"address": "5th Avenue, Birmingham, AL 35203"}, "place_abroad"),
    ],
)
def test_a_faulty_place_is_told(fields: dict[str, str], code: str) -> None:
    assert codes(**fields) == {code}


# Fields with few values


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"age_min": "adult"}, "age_number"),
        ({"age_min": "-1"}, "age_number"),
        ({"age_max": "16.5"}, "age_number"),
        ({"age_max": "121"}, "age_range"),
        ({"age_min": "25", "age_max": "18"}, "age_order"),
        ({"needs": "drugs|dancing"}, "need_unknown"),
        ({"needs": ""}, "need_missing"),
        ({"status": "open"}, "status_unknown"),
        ({"status": ""}, "status_unknown"),
        ({"languages": "Polish|Klingon"}, "language_unknown"),
        ({"cost": "5"}, "cost_bare"),
        ({"cost": "standard rate", "phone": "0808 800 2222"}, "cost_freephone"),
        ({"source_year": "0"}, "year_missing"),
        ({"source_year": "0000"}, "year_impossible"),
        ({"source_year": "2027"}, "year_impossible"),
        ({"source_year": "2020-2062"}, "year_impossible"),
        ({"opening_hours": "whenever"}, "hours_not_understood"),
        ({"phone": "", "url": ""}, "contact_missing"),
        ({"delivery_site": "site_1"}, "delivery_site_unknown"),
        ({"delivery_site": "site_9", "site": "west_midlands"}, "delivery_site_unknown"),
        ({"delivery_site": "site_1", "site": "national"}, "delivery_site_unknown"),
    ],
)
def test_a_value_that_cannot_be_is_told(fields: dict[str, str], code: str) -> None:
    assert codes(**fields) == {code}


@pytest.mark.parametrize(
    "fields",
    [
        {"age_min": "18", "age_max": "18"},
        {"age_min": "0", "age_max": "120"},
        {"needs": "|".join(NEED_LABELS)},
        {"languages": "Punjabi, Urdu and others"},
        {"languages": "interpreters; BSL"},
        {"languages": "pl|pa|en"},
        {"languages": "several South Asian languages"},
        {"cost": "£5 a session"},
        {"source_year": "about 2017; named in 2021"},
        {"source_year": "undated"},
        {"status": "closed", "phone": "", "url": ""},
    ],
)
def test_a_value_that_may_be_has_no_fault(fields: dict[str, str]) -> None:
    assert found(**fields) == []


# How it reads, what it gives away, and what a spreadsheet would do


def test_a_text_that_is_hard_to_read_is_told() -> None:
    hard = (
        "individuals demonstrating vulnerabilities necessitating multidisciplinary intervention "
        "facilitated through established interorganisational protocols"
    )
    assert codes(eligibility=hard) == {"reading_age"}


@pytest.mark.parametrize(
    "easy",
    [
        "Anyone who drinks too much and wants to stop. Ring us and we will call you back.",
        "Self-referral by telephone",
        "You live near Northallerton, Knaresborough, Helmsley or Pickering and want to talk to us",
    ],
)
def test_a_text_that_is_easy_short_or_full_of_names_is_not(easy: str) -> None:
    assert found(eligibility=easy) == []


WITHHELD = {
    "address_withheld": "yes",
    "address": "12 Mill Lane, Southampton",
    "postcode": "SO15 2JX",
}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("notes", "Moved to so152jx."),
        ("how_to_access", "Come to Mill-Lane at nine"),
        ("service_name", "Mill Lane refuge"),
        ("area_covered", "Southampton SO15 2JX"),
        ("eligibility", "Women near mill lane"),
        ("url", "https://www.example.org.uk/mill-lane-refuge"),
    ],
)
def test_a_withheld_address_may_stand_nowhere_else(field: str, text: str) -> None:
    faults = found(**{**WITHHELD, field: text})
    assert [(f.check, f.field, f.severity) for f in faults] == [
        ("address_withheld", field, "error")
    ]
    assert "mill" not in faults[0].words.casefold()
    assert "address_withheld" not in codes(**{**WITHHELD, field: text, "address_withheld": ""})


def test_the_town_of_a_withheld_address_may_be_told() -> None:
    assert found(**WITHHELD, notes="In Southampton, not far from the station.") == []


@pytest.mark.parametrize("text", ["=1+2", "=HYPERLINK(A1)", "+A1", "@SUM(A1)", "-cmd|'/C calc'!A0"])
def test_what_a_spreadsheet_would_run_is_an_error(text: str) -> None:
    assert [(f.check, f.severity) for f in found(notes=text)] == [("formula", "error")]


def test_a_name_that_begins_like_a_formula_is_only_a_warning() -> None:
    faults = found(organisation="+Choices (Positive Choices)")
    assert [(f.check, f.severity) for f in faults] == [("formula_like", "warning")]


@pytest.mark.parametrize("text", ["- for men", "+44 300 123 6600", "-5 to 5", "a = b"])
def test_what_a_spreadsheet_leaves_alone_is_no_fault(text: str) -> None:
    assert found(notes=text) == []


@pytest.mark.parametrize("piece", ["0 ", "1 ", "(", "a@", "9:00 ", "SO15 ", "very "])
def test_a_page_pasted_into_a_field_is_told_in_a_sentence(piece: str) -> None:
    text = piece * 5_000
    faults = found(phone=text, email=text, url=text, postcode=text, address=text, cost=text)
    assert faults
    assert all(len(fault.words) <= MOST_WORDS for fault in faults)


@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "text_sms", "email", "address", "postcode", "languages", "age_min",
                         "age_max", "notes", "eligibility", "address_withheld"]),
        st.text(max_size=60) | st.text("0123456789+() @.:/-", max_size=30),
    )
)  # fmt: skip
def test_whatever_is_typed_is_checked_without_an_exception(document: dict[str, str]) -> None:
    assert all(finding.words and finding.check for finding in check(document, on=TODAY))
