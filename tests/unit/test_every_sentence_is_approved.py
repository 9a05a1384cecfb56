"""Every sentence has been read, in just the wording in which it is said, and that is on record."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from cli import wording
from cli.main import cara
from core import words
from core.clock import today
from core.settings import settings
from tests import approved

COLUMNS = ["key", "language", "digest", "by", "standing", "on", "version"]
LANGUAGES = ("en", "pl", "pa")
GOODBYE = "utter_goodbye_participant"
CHANGED = "Goodbye. Take good care. You can come back any time."
CHANGES = {
    "another word": ("Goodbye. Take care.", "Goodbye. Take good care."),
    "a stop less": ("Goodbye. Take care.", "Goodbye. Take care"),
    "a space more": ("Goodbye. Take care.", "Goodbye.  Take care."),
    "another number": ("Samaritans on 116 123, any time", "Samaritans on 116 124, any time"),
    "another gap": ("Here is help that fits: {needs}.", "Here is help that fits: {place}."),
    "a Polish letter": ("Można tu wrócić", "Mozna tu wrócić"),
    "a Gurmukhi vowel": ("ਕੋਈ ਗੱਲ ਨਹੀਂ ਜੀ।", "ਕੋਈ ਗੱਲ ਨਹੀ ਜੀ।"),
}


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The product on a copy of the words and of the record; the real ones stay as they are."""
    before = approved.RECORDS.read_bytes()
    folder = tmp_path / "words"
    shutil.copytree(words.FOLDER, folder)
    record = shutil.copy(words.APPROVED, tmp_path / "approved.csv")
    monkeypatch.setattr(words, "FOLDER", folder)
    monkeypatch.setattr(words, "APPROVED", record)
    monkeypatch.setattr(wording, "APPROVED", record)
    words._all.cache_clear()
    yield tmp_path
    words._all.cache_clear()
    assert approved.RECORDS.read_bytes() == before, "a test wrote into the real record"


def change(copied: Path, before: str, after: str) -> None:
    """Change the wording in the copy, in the one place where it stands."""
    [path] = [each for each in (copied / "words").glob("*.yml") if before in each.read_text()]
    path.write_text(path.read_text().replace(before, after, 1))
    words._all.cache_clear()


def missing(copied: Path) -> list[tuple[str, str]]:
    return approved.without_record(copied / "words", copied / "approved.csv")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cara, ["words", *arguments])


def approve(*only: str, by: str = "Kit Marlow", standing: str = "authors", lang: str = "en") -> str:
    done = run("approve", "--by", by, "--standing", standing, "--language", lang, *only)
    assert done.exit_code == 0, done.output
    words._all.cache_clear()
    return done.output


# The record as it stands


def test_every_sentence_of_every_language_is_on_record_in_just_this_wording() -> None:
    assert approved.without_record() == []


def test_the_product_counts_as_read_what_is_on_record_and_nothing_else() -> None:
    assert words.unread("authors") == approved.without_record()


def test_there_are_sentences_in_each_language() -> None:
    """The two above would pass on nothing at all."""
    for language in LANGUAGES:
        assert len([at for at in approved.written() if at[1] == language]) > 100


def test_every_record_is_whole_and_of_a_known_language_and_standing() -> None:
    rows = approved.records()
    assert list(rows[0]) == COLUMNS
    for row in rows:
        assert all(row[column] for column in COLUMNS), row
        assert None not in row, row
        assert row["language"] in LANGUAGES, row
        assert row["standing"] in words.STANDINGS, row
        assert date.fromisoformat(row["on"]) <= today(), row


def test_versions_of_a_sentence_rise_by_one_and_its_days_never_fall() -> None:
    histories: defaultdict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in approved.records():
        histories[row["key"], row["language"]].append(row)
    for at, rows in histories.items():
        assert [int(row["version"]) for row in rows] == list(range(1, len(rows) + 1)), at
        days = [row["on"] for row in rows]
        assert days == sorted(days), at


def test_the_record_can_be_written_on_with_no_line_broken() -> None:
    assert approved.RECORDS.read_bytes().endswith(b"\n")


def test_where_its_authors_do_not_speak_a_language_their_reading_is_not_enough() -> None:
    for (key, language), row in words.approved().items():
        if language != "en" and row.standing == "authors":
            assert not words.keys()[key][language].reviewed, (key, language)


# A changed word


@pytest.mark.parametrize("changed", CHANGES)
def test_a_changed_wording_is_unread_again(copied: Path, changed: str) -> None:
    before, after = CHANGES[changed]
    change(copied, before, after)
    assert len(missing(copied)) == 1
    assert words.unread("authors") == missing(copied)


def test_a_new_sentence_is_unread(copied: Path) -> None:
    path = copied / "words/errors.yml"
    document = yaml.safe_load(path.read_text())
    document["words"]["utter_new"] = [{"text": "Something new.", "metadata": {"lang": "en"}}]
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    words._all.cache_clear()
    assert missing(copied) == [("utter_new", "en")] == words.unread("authors")


def test_a_changed_sentence_keeps_a_strict_site_from_going_live(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.live import problems_of

    counted = "English sentences have not been read by their authors"
    assert not [told for told in problems_of("hampshire") if counted in told]
    change(copied, *CHANGES["another word"])
    assert [told for told in problems_of("hampshire") if told.startswith(f"1 {counted}")]


def test_only_the_newest_record_counts(copied: Path) -> None:
    """What was approved once and then changed back to older words has to be read anew."""
    change(copied, *CHANGES["another word"])
    approve()
    assert missing(copied) == []
    change(copied, *reversed(CHANGES["another word"]))
    assert missing(copied) == [(GOODBYE, "en")] == words.unread("authors")


# cara words


def test_status_counts_what_was_read_and_by_whom(copied: Path) -> None:
    counts = {each: len([at for at in approved.written() if at[1] == each]) for each in LANGUAGES}
    change(copied, *CHANGES["another word"])
    told = run("status").output.splitlines()
    assert f"en: {counts['en'] - 1} of {counts['en']} read by authors" in told
    for language in ("pl", "pa"):
        total = counts[language]
        assert f"{language}: {total} of {total} read by authors" in told
    assert len(told) == len(LANGUAGES) * len(words.STANDINGS)


def test_unread_lists_each_sentence_as_it_is_now(copied: Path) -> None:
    assert run("unread", "--language", "en").output == ""
    change(copied, *CHANGES["another word"])
    assert run("unread", "--language", "en").output == f"{GOODBYE}: {CHANGED}\n"
    assert run("unread", "--language", "pl").output == ""


def test_unread_by_somebody_qualified_is_asked_apart(copied: Path) -> None:
    approve(GOODBYE, standing="qualified", lang="pl")
    told = run("unread", "--language", "pl", "--standing", "qualified").output
    assert f"{GOODBYE}:" not in told
    assert "utter_greet_participant: Dzień dobry." in told


def test_approve_records_who_read_what_when_as_the_next_version(copied: Path) -> None:
    change(copied, *CHANGES["another word"])
    older = approved.records(copied / "approved.csv")
    assert approve(by="Marlow, Kit") == "Recorded 1 sentences.\n"
    *before, added = approved.records(copied / "approved.csv")
    assert before == older
    assert added == {
        "key": GOODBYE,
        "language": "en",
        "digest": approved.digest_of(CHANGED),
        "by": "Marlow, Kit",
        "standing": "authors",
        "on": today().isoformat(),
        "version": added["version"],
    }
    assert int(added["version"]) == last_of(older, GOODBYE, "en") + 1


def last_of(rows: list[dict[str, str]], key: str, language: str) -> int:
    return max(int(r["version"]) for r in rows if (r["key"], r["language"]) == (key, language))


def test_approving_what_was_read_records_nothing(copied: Path) -> None:
    before = (copied / "approved.csv").read_bytes()
    assert approve() == "Recorded 0 sentences.\n"
    assert (copied / "approved.csv").read_bytes() == before


def test_approve_can_be_for_some_sentences_only(copied: Path) -> None:
    change(copied, *CHANGES["another word"])
    change(copied, *CHANGES["another gap"])
    assert approve("utter_found") == "Recorded 1 sentences.\n"
    assert missing(copied) == [(GOODBYE, "en")]


def test_a_qualified_reading_counts_as_an_authors_too(copied: Path) -> None:
    change(copied, *CHANGES["another word"])
    approve(GOODBYE, standing="qualified")
    assert words.unread("authors") == []
    assert (GOODBYE, "en") not in words.unread("qualified")


def test_a_polish_sentence_is_said_in_production_once_somebody_qualified_has_read_it(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    monkeypatch.setenv("CARA_SECRET_KEY", "a" * 40)
    settings.cache_clear()
    assert words.words(GOODBYE, "pl").language == "en"
    approve(GOODBYE, standing="qualified", lang="pl")
    assert words.words(GOODBYE, "pl").language == "pl"
    change(copied, *CHANGES["a Polish letter"])
    assert words.words(GOODBYE, "pl").language == "en"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--standing", "authors", "--language", "en"), "--by"),
        (("--by", "Kit", "--standing", "anybody", "--language", "en"), "anybody"),
        (("--by", "Kit", "--standing", "authors", "--language", "fr"), "fr"),
        (
            ("--by", "Kit", "--standing", "authors", "--language", "pl", "utter_officer_begin"),
            "There is no such sentence in pl: utter_officer_begin",
        ),
        (
            ("--by", "Kit", "--standing", "authors", "--language", "en", "utter_nothing_like_it"),
            "There is no such sentence in en: utter_nothing_like_it",
        ),
    ],
)
def test_what_cannot_be_approved_is_told_plainly_and_nothing_is_recorded(
    copied: Path, arguments: tuple[str, ...], told: str
) -> None:
    before = (copied / "approved.csv").read_bytes()
    done = run("approve", *arguments)
    assert done.exit_code != 0
    assert told in done.output
    assert (copied / "approved.csv").read_bytes() == before
