"""Telephone numbers as people and providers write them: whose they are, and which are none."""

from __future__ import annotations

import pytest

from bot.channels.texts import site_texted
from outreach.texts.contacts import number_of
from sites import all_sites

PHONE, HAMPSHIRE = "07700 900461", "07700 900101"
NOTATIONS = [
    "{0}",
    "+44 7700 {1}",
    "+447700{1}",
    "0044 7700 {1}",
    "447700{1}",
    "(07700) {1}",
    "07700-{1}",
    " 07700 {1} ",
    "tel:+447700{1}",
    "+44 (0)7700 {1}",
]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_the_site_is_found_by_its_number_in_any_notation(notation: str) -> None:
    found = site_texted(notation.format(HAMPSHIRE, HAMPSHIRE[-6:]))
    assert found is not None
    assert found.code == "hampshire"


def test_every_site_with_a_number_is_found_by_it_and_no_two_share_one() -> None:
    numbers = {site.code: site.text_number for site in all_sites().values() if site.text_number}
    assert {"hampshire", "west_midlands"} <= set(numbers)
    for code, number in numbers.items():
        found = site_texted(number)
        assert found is not None
        assert found.code == code


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_telephone_is_the_same_in_any_notation(notation: str) -> None:
    assert number_of(notation.format(PHONE, PHONE[-6:])) == "+447700900461"


@pytest.mark.parametrize(
    "number", ["", "GOVUK", "no number", "+", "0" * 40, "\x00", "12", "07700", "85258"]
)
def test_what_is_no_number_is_none(number: str) -> None:
    assert number_of(number) is None
    assert site_texted(number) is None
