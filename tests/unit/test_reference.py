"""A reference is read over a telephone: what is misheard or swapped is noticed, always."""

from __future__ import annotations

import itertools

import pytest

from referrals.reference import ALPHABET, new_reference, read_aloud, read_reference

SAMPLES = 40
LOOK_ALIKES = ["0O", "1I", "5S", "8B", "2Z", "UV", "MN", "6G"]


@pytest.fixture(scope="module")
def references() -> list[str]:
    return [new_reference() for _ in range(SAMPLES)]


def letters_of(reference: str) -> str:
    return reference.replace("-", "")


@pytest.mark.parametrize("pair", LOOK_ALIKES)
def test_of_two_that_look_or_sound_alike_at_most_one_is_used(pair: str) -> None:
    assert len(set(pair) & set(ALPHABET)) <= 1


@pytest.mark.parametrize("pair", ["0O", "1I", "5S", "8B"])
def test_of_the_worst_pairs_neither_is_used(pair: str) -> None:
    assert not set(pair) & set(ALPHABET)


def test_each_holds_a_digit_so_that_it_reads_as_no_word() -> None:
    assert all(any(ch.isdigit() for ch in new_reference()) for _ in range(500))


def test_a_reference_is_eight_characters_in_groups_that_can_be_said(
    references: list[str],
) -> None:
    for reference in references:
        assert [len(group) for group in reference.split("-")] == [3, 3, 2]
        assert set(letters_of(reference)) <= set(ALPHABET)


def test_no_two_are_the_same(references: list[str]) -> None:
    assert len(set(references)) == SAMPLES


def test_it_is_read_however_it_is_typed(references: list[str]) -> None:
    for reference in references:
        plain = letters_of(reference)
        for typed in (reference, plain, reference.lower(), f" {reference} ", " ".join(plain)):
            assert read_reference(typed) == reference


def test_every_single_misheard_character_is_noticed(references: list[str]) -> None:
    for reference in references:
        said = letters_of(reference)
        for place, wrong in itertools.product(range(len(said)), ALPHABET):
            heard = said[:place] + wrong + said[place + 1 :]
            expected = reference if heard == said else None
            assert read_reference(heard) == expected, (reference, heard)


def test_every_swap_of_two_characters_is_noticed_neighbours_or_not(
    references: list[str],
) -> None:
    for reference in references:
        said = letters_of(reference)
        for one, other in itertools.combinations(range(len(said)), 2):
            swapped = list(said)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            heard = "".join(swapped)
            expected = reference if heard == said else None
            assert read_reference(heard) == expected, (reference, heard)


def test_every_pair_of_neighbours_in_the_alphabet_is_noticed_when_swapped() -> None:
    complete = {
        text[:7]: reference
        for pair in itertools.permutations(ALPHABET, 2)
        for check in ALPHABET
        if (reference := read_reference(text := f"AAA{''.join(pair)}AA{check}"))
    }
    assert len(complete) == len(ALPHABET) * (len(ALPHABET) - 1)
    for body, reference in complete.items():
        swapped = body[:3] + body[4] + body[3] + body[5:]
        assert read_reference(swapped + reference[-1]) is None


@pytest.mark.parametrize(
    "typed", ["", "K7M", "K7M-4QX-9C-3", "O7M-4QX-9C", "K7M-4QX-9\x00", "ਅ" * 8]
)
def test_what_is_no_reference_is_not_read(typed: str) -> None:
    assert read_reference(typed) is None


def test_it_is_said_in_the_words_of_the_radio_alphabet() -> None:
    assert read_aloud("K7M-4QX-9Y") == "Kilo Seven Mike, Four Quebec X-ray, Nine Yankee"
