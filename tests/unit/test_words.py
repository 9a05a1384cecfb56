"""The participant's words: one meaning in three languages, in English a child of nine can read."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import yaml

from core import words

PARTICIPANT_FILES = ("participant.yml", "bounds.yml", "agreements.yml")
RESPONSES: dict[str, list[dict[str, Any]]] = {
    key: variants
    for name in PARTICIPANT_FILES
    for key, variants in yaml.safe_load((words.FOLDER / name).read_text(encoding="utf-8"))[
        "words"
    ].items()
    if not key.endswith("_officer")
}
LANGUAGE_NAMES = {
    "utter_language_en": "English",
    "utter_language_pl": "Polski",
    "utter_language_pa": "ਪੰਜਾਬੀ",
}
SENTENCES = sorted(set(RESPONSES) - set(LANGUAGE_NAMES))
TRANSLATIONS = [(key, language) for key in SENTENCES for language in ("pl", "pa")]
NAMES = ("SHOUT", "Samaritans", "Respect Phoneline", "Citizens Advice", "NHS")
LATIN_IN_GURMUKHI = {"GP", "LGBT", "STOP", *" ".join(NAMES).split()}

PLACEHOLDER = re.compile(r"\{\w+\}")
NUMBER = re.compile(r"[0-9][0-9 ]*[0-9]|[0-9]")
BANNED = {
    "en": r"(?:offen[cd]|perpetrator|victim|crim[ei]|suspect|(?<!conditional )caution)\w*",
    "pl": r"(?:ostrzeżeni|pouczeni|przestęp|wykrocze|ofiar|sprawc|podejrzan)\w*",
    "pa": r"\S*(?:ਚੇਤਾਵਨੀ|ਅਪਰਾਧ|ਜੁਰਮ|ਮੁਜਰਮ|ਦੋਸ਼ੀ|ਪੀੜਤ|ਸ਼ੱਕੀ)\S*",
}
LONGEST_SENTENCE = 25
HIGHEST_GRADE = 7.0
AIM = 5.0
# Below this a text is a label: one long word decides its grade, so it says nothing.
FEWEST_WORDS_GRADED = 8
LONGEST_LABEL_WORD = 3


def said(key: str, language: str) -> str:
    return words.keys()[key][language].text


def numbers(text: str) -> Counter[str]:
    return Counter(found.replace(" ", "") for found in NUMBER.findall(text))


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.?!])\s+|\n", text) if part.strip()]


def spoken(text: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z'-]*", PLACEHOLDER.sub("drugs", text))


def syllables(word: str) -> int:
    """Groups of vowels, less a silent ending; near enough for words this short."""
    plain = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^aeiouydt])ed$|(?<=[^aeiouyszxc])es$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", plain)))


def grade(text: str) -> float:
    """Flesch-Kincaid: 0.39 words a sentence + 11.8 syllables a word - 15.59; no digits."""
    all_words = spoken(text)
    length = len(all_words) / len([part for part in sentences(text) if spoken(part)])
    return 0.39 * length + 11.8 * sum(map(syllables, all_words)) / len(all_words) - 15.59


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_is_said_once_in_each_language(key: str) -> None:
    assert Counter(v["metadata"]["lang"] for v in RESPONSES[key]) == Counter(("en", "pl", "pa"))
    assert set(words.keys()[key]) == {"en", "pl", "pa"}


@pytest.mark.parametrize(("key", "name"), LANGUAGE_NAMES.items())
def test_a_language_is_offered_by_its_own_name(key: str, name: str) -> None:
    assert {each.text for each in words.keys()[key].values()} == {name}


@pytest.mark.parametrize(("key", "language"), TRANSLATIONS)
def test_a_translation_is_never_passed_off_as_reviewed(key: str, language: str) -> None:
    assert words.keys()[key][language].reviewed is False


@pytest.mark.parametrize(("key", "language"), TRANSLATIONS)
def test_a_translation_keeps_gaps_numbers_and_names(key: str, language: str) -> None:
    english, translated = said(key, "en"), said(key, language)
    assert Counter(PLACEHOLDER.findall(translated)) == Counter(PLACEHOLDER.findall(english))
    assert numbers(translated) == numbers(english)
    assert [name for name in NAMES if name in translated] == [n for n in NAMES if n in english]
    assert translated.count("\n") == english.count("\n")


@pytest.mark.parametrize(("key", "language"), TRANSLATIONS)
def test_a_translation_is_not_the_english_again(key: str, language: str) -> None:
    assert said(key, language).casefold() != said(key, "en").casefold()


@pytest.mark.parametrize("key", SENTENCES)
def test_punjabi_is_in_gurmukhi(key: str) -> None:
    text = PLACEHOLDER.sub("", said(key, "pa"))
    assert re.search(r"[\u0A00-\u0A7F]", text)
    assert set(re.findall(r"[A-Za-z]+", text)) <= LATIN_IN_GURMUKHI


@pytest.mark.parametrize("key", SENTENCES)
def test_no_word_in_any_language_accuses_or_labels(key: str) -> None:
    for language, banned in BANNED.items():
        assert not re.findall(rf"(?<!\w)(?:{banned})", said(key, language), re.IGNORECASE)


@pytest.mark.parametrize("key", SENTENCES)
def test_english_is_in_short_sentences(key: str) -> None:
    assert max(len(spoken(part)) for part in sentences(said(key, "en"))) <= LONGEST_SENTENCE


@pytest.mark.parametrize("key", SENTENCES)
def test_english_is_easy_to_read(key: str) -> None:
    text = said(key, "en")
    if len(spoken(text)) < FEWEST_WORDS_GRADED:
        assert max(map(syllables, spoken(text))) <= LONGEST_LABEL_WORD
    else:
        assert grade(text) <= HIGHEST_GRADE


def test_english_as_a_whole_meets_the_aim() -> None:
    assert grade("\n".join(said(key, "en") for key in SENTENCES)) <= AIM


def test_the_yardstick_tells_hard_english_from_easy() -> None:
    easy = "You can ring them now. They are free and they will help you."
    hard = "Individuals experiencing difficulties may access confidential interventions."
    assert grade(easy) < AIM < HIGHEST_GRADE < grade(hard)
