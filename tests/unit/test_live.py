"""No site serves people in earnest before somebody is told of danger and its words were read."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels import crisis_words
from bot.channels.chat import begin_chat
from bot.channels.incoming import ChatError
from bot.channels.journal import journal
from bot.channels.texts import Inbound, take_text
from bot.live import problems_of, why_not_live
from core import words
from core.settings import settings
from sites import UnknownSiteError, all_sites
from tests.unit import alarms

HEADER = ["key", "language", "digest", "by", "standing", "on", "version"]
# What a force agrees before referral goes on.
AGREED = {
    "hand_over": {"route": "pull", "confirmed": True},
    "victim_contact": {"name": "Ren", "email": "ren@hampshire.example", "confirmed": True},
    "breach_to": {"name": "Ren", "email": "ren@hampshire.example", "confirmed": True},
}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is meant in earnest."""
    monkeypatch.setenv("CARA_MODE", "production")
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    settings.cache_clear()


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every sentence has been read by its authors as it is; gives the list of readings."""
    # What a process keeps of the real list, it keeps; only the readings are asked for anew.
    words.keys()
    monkeypatch.setattr(words, "APPROVED", tmp_path / "approved.csv")
    reading(words.APPROVED)
    return words.APPROVED


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every crisis number has been tried; gives the folder with their table."""
    folder = shutil.copytree(crisis_words.FOLDER, tmp_path / "safety")
    monkeypatch.setattr(crisis_words, "FOLDER", folder)
    changed(folder / "numbers.yml", lambda table: confirm(table["numbers"]))
    crisis_words.numbers_table.cache_clear()
    yield folder
    crisis_words.numbers_table.cache_clear()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Hampshire names whom to tell, and has tried its own numbers; gives its file."""
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        path = settings().sites_dir / "hampshire/site.yml"
        changed(path, lambda said: confirm(said.get("crisis_lines", [])))
        changed(path, lambda said: said.update(AGREED))
        yield path


@pytest.fixture
def ready(production: None, read: Path, numbers: Path, site: Path) -> None:
    """Nothing keeps Hampshire from going live."""


def changed(path: Path, change: Any) -> None:
    """Change a file of data."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    all_sites.cache_clear()
    crisis_words.numbers_table.cache_clear()


def confirm(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["confirmed"] = True


def reading(path: Path, standing: str = "authors", *, but: str = "") -> None:
    """All was read as it is by people of this standing, save the sentences of the key ``but``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for key, variants in words.keys().items():
            for language, said in variants.items():
                text = "another wording" if key == but else said.text
                rows.writerow(
                    [key, language, words.digest_of(text), "Ash", standing, "2026-11-23", "1"]
                )


@pytest.mark.parametrize("site_code", sorted(all_sites()))
def test_the_demonstration_serves_every_site(site_code: str) -> None:
    assert why_not_live(site_code) == []


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("standing", words.STANDINGS)
def test_a_site_with_people_words_and_numbers_is_live(standing: str, read: Path) -> None:
    reading(read, standing)
    assert why_not_live("hampshire") == []


@pytest.mark.usefixtures("ready")
def test_a_site_that_tells_nobody_of_danger_is_not(site: Path) -> None:
    changed(site, lambda said: said["alerts"].pop("people"))
    (problem,) = why_not_live("hampshire")
    assert "alerts.people" in problem


@pytest.mark.usefixtures("ready")
def test_who_cannot_be_reached_is_nobody_to_tell(site: Path) -> None:
    changed(site, lambda said: said["alerts"].update(people=[{"name": "Ash Fenwick"}]))
    (problem,) = why_not_live("hampshire")
    assert "alerts.people" in problem


@pytest.mark.usefixtures("ready")
def test_nor_is_one_whose_words_nobody_has_read(read: Path) -> None:
    read.write_text(",".join(HEADER) + "\n", encoding="utf-8")
    (problem,) = why_not_live("hampshire")
    english = [key for key, variants in words.keys().items() if "en" in variants]
    assert problem.startswith(f"{len(english)} English sentences")


@pytest.mark.usefixtures("ready")
def test_a_sentence_that_was_changed_since_is_unread(read: Path) -> None:
    reading(read, but="utter_notice_subject")
    (problem,) = why_not_live("hampshire")
    assert problem.startswith("1 English sentences")


@pytest.mark.usefixtures("ready")
def test_a_site_that_asks_for_somebody_qualified_is_not_content_with_the_authors(
    site: Path, read: Path
) -> None:
    changed(site, lambda said: said.update(words="qualified"))
    (problem,) = why_not_live("hampshire")
    assert "somebody qualified" in problem
    reading(read, "qualified")
    assert why_not_live("hampshire") == []


@pytest.mark.usefixtures("ready")
def test_nor_is_one_that_names_a_number_that_nobody_has_tried(numbers: Path) -> None:
    changed(
        numbers / "numbers.yml",
        lambda table: [
            row.update(confirmed=False) for row in table["numbers"] if row["key"] == "samaritans"
        ],
    )
    (problem,) = why_not_live("hampshire")
    assert problem.startswith("1 crisis numbers")
    assert "Samaritans" in problem


@pytest.mark.usefixtures("ready")
def test_another_sites_numbers_do_not_count(site: Path) -> None:
    line = {
        "kinds": ["suicide"],
        "name": "A line of Hampshire",
        "display": "01632 960 001",
        "hours": "always",
        "source": "invented",
        "review_by": "2099-01-01",
    }
    changed(site, lambda said: said.update(crisis_lines=[line]))
    (problem,) = why_not_live("hampshire")
    assert "A line of Hampshire" in problem
    assert not any("Hampshire" in each for each in why_not_live("north_yorkshire"))


def test_an_administrator_can_ask_before_going_live(site: Path) -> None:
    changed(site, lambda said: said["alerts"].pop("people"))
    assert why_not_live("hampshire") == []
    assert any("alerts.people" in each for each in problems_of("hampshire"))


@pytest.mark.usefixtures("database", "ready")
def test_a_site_that_is_not_live_serves_nobody_in_the_chat_nor_by_text(site: Path) -> None:
    changed(site, lambda said: said["alerts"].pop("people"))
    for served in (chat_begun, texted):
        with pytest.raises(ChatError) as refused:
            served()
        assert (refused.value.status, refused.value.code) == (404, "not_live")


@pytest.mark.usefixtures("database", "ready")
def test_danger_is_answered_where_nothing_else_is(site: Path) -> None:
    changed(site, lambda said: said["alerts"].pop("people"))
    assert "116 123" in texted("I want to kill myself")[0]
    assert journal.wait(10)


@pytest.mark.usefixtures("database", "ready")
def test_a_site_that_is_live_serves_people() -> None:
    assert chat_begun()
    assert texted()


def chat_begun() -> object:
    return begin_chat(site="hampshire", audience="participant", language="en", staff=None)


def texted(said: str = "I drink too much") -> list[str]:
    return take_text(Inbound("test", said, "07700 900471", "07700 900101", said))


@pytest.mark.usefixtures("production")
def test_there_is_nothing_to_say_of_a_site_that_does_not_exist() -> None:
    with pytest.raises(UnknownSiteError):
        why_not_live("atlantis")
