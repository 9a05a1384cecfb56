"""What an officer types into a question card: kept clean, or refused in words that help."""

from __future__ import annotations

from datetime import date

import pytest

from referrals.fields import BY_NAME, FIELDS, answered_for
from referrals.validation import FieldError, clean

TODAY = date(2026, 11, 23)


def kept(name: str, typed: str, **given: str) -> str:
    return clean(BY_NAME[name], typed, given, today=TODAY, staff=("sergeant-1", "sergeant-2"))


def refused(name: str, typed: str, **given: str) -> str:
    with pytest.raises(FieldError) as told:
        kept(name, typed, **given)
    return str(told.value)


# A site's own references


@pytest.mark.parametrize("name", ["crime_reference", "custody_reference"])
def test_a_reference_looks_as_the_site_says(name: str) -> None:
    patterns = {name: "[0-9]{2}/[0-9]{4}/26"}
    field = BY_NAME[name]
    assert clean(field, " 44/0123/26 ", {}, today=TODAY, patterns=patterns) == "44/0123/26"
    with pytest.raises(FieldError, match="your force"):
        clean(field, "44260123456", {}, today=TODAY, patterns=patterns)
    assert clean(field, "44260123456", {}, today=TODAY) == "44260123456"


# Days that have to fit one another


def test_the_first_statement_is_not_before_the_offence() -> None:
    day = {"B04_offence": "common_assault", "offence_date": "2026-11-20"}
    assert kept("first_statement_on", "20 11 2026", **day) == "2026-11-20"
    told = refused("first_statement_on", "19 11 2026", **day)
    assert told == "That day is before the offence."
    said = {"B04_offence": "common_assault", "first_statement_on": "2026-11-19"}
    assert "Look at both days" in refused("offence_date", "20 11 2026", **said)


def test_a_statement_that_counts_no_more_keeps_no_offence_date_from_being_put_right() -> None:
    other = {"B04_offence": "criminal_damage", "first_statement_on": "2026-11-19"}
    assert kept("offence_date", "20 11 2026", **other) == "2026-11-20"


# Telephone numbers (the ones kept for drama)


@pytest.mark.parametrize(
    "typed",
    ["07700 900982", "07700900982", "+44 7700 900 982", "0044 7700 900982", "(07700) 900-982"],
)
def test_a_mobile_number_is_kept_in_one_form_however_it_is_typed(typed: str) -> None:
    assert kept("mobile", typed) == "+447700900982"


@pytest.mark.parametrize("number", ["07700 900000", "07700 900999"])
def test_the_whole_range_kept_for_drama_is_taken(number: str) -> None:
    assert kept("mobile", number) == "+44" + number[1:].replace(" ", "")


@pytest.mark.parametrize(
    "typed",
    [
        "07700 90098",
        "07700 9009822",
        "020 7946 0123",
        "0121 496 0123",
        "070 1234 5678",
        "076 1234 5678",
        "+48 601 234 567",
        "+1 202 555 0123",
        "999",
        "07700 900982 ext 3",
        "ring her mum",
        "07700 9OO982",
        "+",
        "੦",
    ],
)
def test_what_is_no_uk_mobile_is_refused_with_an_example(typed: str) -> None:
    assert refused("mobile", typed) == "Enter a UK mobile number, like 07700 900 982"


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("020 7946 0123", "+442079460123"),
        ("0121 496 0999", "+441214960999"),
        ("07700 900123", "+447700900123"),
        ("020 7946 0000 ext 12", "+442079460000 ext. 12"),
    ],
)
def test_an_officer_may_give_any_uk_number_and_its_extension_is_not_lost(
    typed: str, held: str
) -> None:
    assert kept("officer_phone", typed) == held


@pytest.mark.parametrize("typed", ["0121 496 012", "123456", "101", "+1 202 555 0123", "extn 4417"])
def test_a_foreign_or_short_number_of_an_officer_is_refused(typed: str) -> None:
    assert refused("officer_phone", typed) == "Enter a UK telephone number with its code"


# Dates


@pytest.mark.parametrize(
    "typed", ["27 3 2026", "27/03/2026", "27-3-2026", "27.3.2026", "2026-03-27"]
)
def test_a_date_is_kept_in_one_form_however_it_is_typed(typed: str) -> None:
    assert kept("offence_date", typed) == "2026-03-27"


def test_the_leap_day_is_a_real_date_only_in_its_year() -> None:
    assert kept("offence_date", "29 2 2024") == "2024-02-29"
    assert "real date" in refused("offence_date", "29 2 2025")


@pytest.mark.parametrize(
    "typed", ["31 4 2026", "0 1 2026", "1 13 2026", "yesterday", "27 3 26", "2026"]
)
def test_what_is_no_real_date_is_refused_with_an_example(typed: str) -> None:
    assert refused("offence_date", typed) == "Enter a real date, for example 27 3 2026"


def test_today_is_possible_and_tomorrow_is_not() -> None:
    assert kept("offence_date", "23 11 2026") == "2026-11-23"
    assert refused("offence_date", "24 11 2026") == "The date cannot be in the future"


@pytest.mark.parametrize("name", ["offence_date", "date_of_birth"])
@pytest.mark.parametrize("typed", ["27 3 1026", "22 11 1915", "1 1 1"])
def test_a_year_that_must_be_a_slip_is_refused(name: str, typed: str) -> None:
    assert refused(name, typed) in (
        "Check the year: that is too long ago",
        "Enter a real date, for example 27 3 2026",
    )


def test_somebody_who_was_eighteen_on_the_day_of_the_offence_is_taken() -> None:
    offence = "2026-03-27"
    assert kept("date_of_birth", "27 3 2008", offence_date=offence) == "2008-03-27"


def test_somebody_who_was_seventeen_then_is_refused_though_eighteen_now() -> None:
    told = refused("date_of_birth", "28 3 2008", offence_date="2026-03-27")
    assert told == "They must have been 18 or over when it happened. Check the date."


def test_the_same_holds_where_the_offence_date_is_corrected_afterwards() -> None:
    told = refused("offence_date", "26 3 2026", date_of_birth="2008-03-27")
    assert told == "They must have been 18 or over when it happened. Check the date."
    assert kept("offence_date", "27 3 2026", date_of_birth="2008-03-27") == "2026-03-27"


def test_without_an_offence_date_they_have_to_be_eighteen_today() -> None:
    assert kept("date_of_birth", "23 11 2008") == "2008-11-23"
    assert "18 or over" in refused("date_of_birth", "24 11 2008")


def test_who_was_born_on_a_leap_day_comes_of_age_on_the_first_of_march() -> None:
    assert "18 or over" in refused("date_of_birth", "29 2 2008", offence_date="2026-02-28")
    assert kept("date_of_birth", "29 2 2008", offence_date="2026-03-01") == "2008-02-29"


# Postcodes and references


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("SO14", "SO14"),
        ("so14 2aa", "SO14"),
        (" b1 ", "B1"),
        ("EC1A 1BB", "EC1A"),
        ("LE12AB", "LE1"),
    ],
)
def test_only_the_first_part_of_a_postcode_is_kept(typed: str, held: str) -> None:
    assert kept("postcode_district", typed) == held


@pytest.mark.parametrize(
    "typed", ["Southampton", "14", "SO", "SO14 2", "SO14 2AAA", "12 Mill Lane"]
)
def test_what_is_no_postcode_is_refused_with_an_example(typed: str) -> None:
    told = refused("postcode_district", typed)
    assert told == "Enter the first part of the postcode, for example SO14"


@pytest.mark.parametrize("name", ["crime_reference", "custody_reference"])
def test_a_reference_is_kept_in_capitals(name: str) -> None:
    assert kept(name, " ha/04417/26 ") == "HA/04417/26"
    assert kept(name, "44260123456") == "44260123456"


@pytest.mark.parametrize(
    "typed", ["12345", "4" * 21, "HA_4417_26", "not known", "------", "४४२६०१"]
)
def test_what_is_no_reference_is_refused_with_its_shape(typed: str) -> None:
    assert "6 to 20 letters and digits" in refused("crime_reference", typed)


# Choices


def test_a_choice_is_one_of_those_offered() -> None:
    assert kept("risk_tool", "dash") == "dash"
    for typed in ("DASH", "none", "dash|dara"):
        assert refused("risk_tool", typed) == (
            "Choose one of the answers: Which risk tool was used?"
        )


def test_several_needs_may_be_chosen_each_once() -> None:
    assert kept("support_needs_seen", "drugs, alcohol|drugs") == "drugs|alcohol"
    assert "Choose one" in refused("support_needs_seen", "drugs|crisis")
    assert "Choose one" in refused("support_needs_seen", "|")


def test_the_authoriser_is_one_of_those_who_may() -> None:
    assert kept("authoriser", "sergeant-2") == "sergeant-2"
    assert "Choose one" in refused("authoriser", "constable-1")


# Plain text


def test_a_name_may_be_in_any_script_and_of_any_length_up_to_the_limit() -> None:
    for name in ("O", "Zoë Ó Briain-Łukasz", "ਗੁਰਪ੍ਰੀਤ ਕੌਰ", "Sky 7"):
        assert kept("full_name", f"  {name} ") == name


def test_text_that_is_too_long_is_refused_with_both_counts() -> None:
    assert kept("access_needs", "x" * 300) == "x" * 300
    told = refused("access_needs", "x" * 301)
    assert told == "Use 300 characters or fewer. You typed 301."


def test_what_a_database_cannot_keep_is_refused() -> None:
    assert "cannot be kept" in refused("full_name", "Alex\x00Doe")


@pytest.mark.parametrize("name", BY_NAME)
def test_an_empty_answer_is_refused_with_its_question(name: str) -> None:
    assert refused(name, " \t ") == f"Enter an answer: {BY_NAME[name].question}"


# The fields themselves


def test_free_text_warns_against_naming_the_victim_or_a_child() -> None:
    for name in ("access_needs", "when_unavailable"):
        assert BY_NAME[name].hint == "Do not name the victim or any child here."
    assert "Never the victim's" in BY_NAME["second_contact"].question


def test_what_was_answered_about_one_phone_falls_with_that_phone() -> None:
    assert answered_for("mobile") == ["phone_is_private", "text_consent", "ok_hours"]
    assert answered_for("phone_is_private") == ["text_consent", "ok_hours"]
    assert answered_for("full_name") == []


def test_every_choice_reads_in_words() -> None:
    for field in FIELDS:
        for code, label in field.options:
            assert field.words_for(code) == label != code
    assert BY_NAME["support_needs_seen"].words_for("alcohol|work") == "Drinking, Work"
