"""An eighth site from the template to its first case, and what `cara site` says on the way."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import sites
from bot.channels import crisis_words
from bot.channels.chat import begin_chat
from bot.channels.incoming import ChatError
from bot.live import problems_of, why_not_live
from cli import site as command
from core import words
from core.settings import ROOT, settings
from tests.unit import test_live
from tests.unit.test_assess_command import CLEAR

RunCara = Callable[..., subprocess.CompletedProcess[str]]
FILES = ["criteria.yml", "places.csv", "services.csv", "site.yml"]
# What the force and its provider say, step by step. Invented people, numbers nobody has.
ASH = {"name": "Ash Fenwick", "phone": "0121 496 0001", "confirmed": True}
NAMES: dict[str, Any] = {
    "name": "Cumbria",
    "provider": "The Fells Trust",
    "areas": ["Cumberland"],
    "centre": "CA3 8QG",
    "team": ASH,
    "out_of_hours": ASH,
    "answers": {"within_hours": 8, "confirmed": True},
}
SOURCED = {
    "review_by": "2099-01-01",
    "sources": [{"claim": "all of it", "source": "The force's letter", "sure": "high"}],
}
ALERTED = {"alerts": {"people": [{"name": "Ash Fenwick", "email": "ash@fells.example"}]}}
OPEN = {"directory": True, "referral": True, "referral_off_because": ""}
HANDED = {
    "hand_over": {"route": "pull", "confirmed": True},
    "victim_contact": {"name": "Care", "email": "care@fells.example", "confirmed": True},
    "breach_to": ASH | {"email": "breach@force.example"},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The sites in a folder of this test's own."""
    copied = shutil.copytree(ROOT / "sites", tmp_path / "sites")
    monkeypatch.setenv("CARA_SITES_DIR", str(copied))
    settings.cache_clear()
    sites.forget()
    yield copied
    sites.forget()


@pytest.fixture
def approved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every sentence has been read and every national crisis number has been tried."""
    words.keys()
    monkeypatch.setattr(words, "APPROVED", tmp_path / "approved.csv")
    test_live.reading(words.APPROVED)
    tried = shutil.copytree(crisis_words.FOLDER, tmp_path / "safety")
    monkeypatch.setattr(crisis_words, "FOLDER", tried)
    test_live.changed(tried / "numbers.yml", lambda table: test_live.confirm(table["numbers"]))
    yield
    crisis_words.numbers_table.cache_clear()


def cara(*arguments: str) -> tuple[int, str]:
    """The command in this process, which reads the files anew as a new one would."""
    sites.forget()
    done = CliRunner().invoke(command.site_command, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def written(path: Path, changes: dict[str, Any]) -> None:
    """A person fills in a file."""
    said = yaml.safe_load(path.read_text(encoding="utf-8")) | changes
    path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    sites.forget()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Making one


def test_a_new_site_comes_from_the_template_with_everything_off(
    folder: Path, run_cara: RunCara
) -> None:
    made = run_cara("site", "new", "cumbria")
    assert (made.returncode, made.stderr) == (0, "")
    assert "cara site check cumbria" in made.stdout
    assert names_in(folder / "cumbria") == FILES
    site = sites.site_of("cumbria")
    assert (site.referral, site.directory) == (False, False)
    for name in ("services.csv", "places.csv"):
        head = (folder / "hampshire" / name).read_text(encoding="utf-8").splitlines()[0]
        assert (folder / "cumbria" / name).read_text(encoding="utf-8") == f"{head}\n"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("hampshire", "There is something called hampshire already."),
        ("national", "There is something called national already."),
        ("Cumbria", "'Cumbria' is no code"),
        ("cumbria2", "'cumbria2' is no code"),
        ("_cumbria", "'_cumbria' is no code"),
        ("../cumbria", "'../cumbria' is no code"),
        ("west cumbria", "'west cumbria' is no code"),
        ("cumbria\n", "is no code"),
        ("", "'' is no code"),
        ("c" * 41, "is no code"),
    ],
)
def test_a_name_that_is_taken_or_no_code_is_refused_and_nothing_is_made(
    folder: Path, name: str, told: str
) -> None:
    before = names_in(folder)
    code, said = cara("new", name)
    assert (code, told in said) == (1, True), said
    assert names_in(folder) == before


def test_a_site_is_made_whole_or_not_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        target.mkdir()
        shutil.copy(source / "site.yml", target)
        raise OSError(28, "No space left on device")

    before = names_in(folder)
    monkeypatch.setattr(command.shutil, "copytree", full)
    assert cara("new", "cumbria") == (1, "Error: Nothing was made: No space left on device.\n")
    assert names_in(folder) == before


@pytest.mark.usefixtures("folder")
def test_of_two_who_make_one_name_at_once_one_does(run_cara: RunCara) -> None:
    with ThreadPoolExecutor() as both:
        made = list(both.map(lambda name: run_cara("site", "new", name), ["cumbria"] * 2))
    assert sorted(each.returncode for each in made) == [0, 1]
    assert all("Traceback" not in each.stderr for each in made)


def test_a_folder_of_sites_without_a_template_uses_the_projects(folder: Path) -> None:
    for name in ("_template", "_baseline"):
        shutil.rmtree(folder / name)
    assert cara("new", "cumbria")[0] == 0
    assert names_in(folder / "cumbria") == FILES
    assert sites.site_of("cumbria").who_authorises.lowest_rank == "sergeant"


# What is said of one


@pytest.mark.usefixtures("folder")
def test_what_the_template_leaves_open_is_named(run_cara: RunCara) -> None:
    run_cara("site", "new", "cumbria")
    done = run_cara("site", "check", "cumbria")
    assert done.returncode == 1
    errors, warnings = done.stdout.split("cumbria: warnings\n")
    for setting in ("name", "provider", "areas[1]", "centre", "team.name", "out_of_hours.phone"):
        assert f"\n  {setting}: is not filled in yet: " in errors
    assert "review_by: is missing" in warnings
    assert "sources: is empty" in warnings


@pytest.mark.usefixtures("approved")
def test_an_eighth_site_is_filled_in_until_nothing_is_left_and_serves_people(
    folder: Path, sqlite: Path, run_cara: RunCara, monkeypatch: pytest.MonkeyPatch
) -> None:
    cara("new", "cumbria")
    path = folder / "cumbria" / "site.yml"
    left = []
    for step in ({}, NAMES, SOURCED, ALERTED, OPEN, HANDED):
        written(path, step)
        left.append((cara("check", "cumbria")[0], len(problems_of("cumbria"))))
    assert left == [(1, 10), (1, 1), (1, 1), (0, 0), (1, 3), (0, 0)]
    assert cara("check", "cumbria")[1] == "cumbria: nothing keeps it from going live\n"

    done = run_cara("assess", "cumbria", stdin=json.dumps(CLEAR))
    assert json.loads(done.stdout) == {
        "outcome": "appears_to_meet",
        "reasons": [],
        "rule_set": "cumbria@1.0.0",
    }
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    assert begin_chat(site="cumbria", audience="participant", language="en", staff=None)


@pytest.mark.usefixtures("approved", "sqlite")
def test_in_earnest_a_site_with_an_error_serves_nobody_and_in_the_demonstration_it_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cara("new", "cumbria")
    written(folder / "cumbria" / "site.yml", NAMES | SOURCED | ALERTED | OPEN | HANDED)
    assert problems_of("cumbria") == []
    own = folder / "cumbria" / "criteria.yml"
    written(own, {"overrides": {"B01_age": {"answers": {"no": {"effect": "ok"}}}}})
    assert why_not_live("cumbria") == []
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()
    assert why_not_live("cumbria") == [
        "criteria.B01_age: has no source: where was this site's rule read?",
        "criteria.B01_age: stands in the statute: no may not be softened",
    ]
    with pytest.raises(ChatError) as refused:
        begin_chat(site="cumbria", audience="participant", language="en", staff=None)
    assert refused.value.code == "not_live"


def test_a_site_whose_rule_is_its_own_decides_by_it(folder: Path, run_cara: RunCara) -> None:
    cara("new", "cumbria")
    rule = {"effect": "ineligible", "instead": "Charge."}
    policy = {"source": "The force's policy", "sure": "high", "answers": {"medium": rule}}
    written(folder / "cumbria" / "criteria.yml", {"overrides": {"B06_risk": policy}})
    done = run_cara("assess", "cumbria", stdin=json.dumps(CLEAR | {"B06_risk": "medium"}))
    found = json.loads(done.stdout)
    assert (found["outcome"], found["disabled"]) == ("does_not_meet", True)
    assert [reason["source"] for reason in found["reasons"]] == ["The force's policy"]


@pytest.mark.usefixtures("folder")
def test_warnings_alone_keep_nobody_from_going_live(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [command.Finding(command.Severity.warning, "review_by", "is missing")]
    monkeypatch.setattr(command, "findings_at", lambda code: found)
    assert cara("check", "hampshire") == (
        0,
        "hampshire: nothing keeps it from going live\n"
        "hampshire: warnings\n  review_by: is missing\n",
    )


@pytest.mark.usefixtures("folder")
def test_without_a_name_every_site_is_looked_at() -> None:
    code, said = cara("check")
    assert code == 1
    assert all(f"\n{each}: " in f"\n{said}" for each in sites.codes())


@pytest.mark.usefixtures("folder")
def test_there_is_nothing_to_check_of_what_is_no_site() -> None:
    assert cara("check", "atlantis") == (1, "Error: There is no site called 'atlantis'.\n")


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("site.yml", "name: [", "hampshire/site.yml cannot be read: "),
        ("site.yml", "", "hampshire/site.yml cannot be read: it holds no settings."),
        ("site.yml", "name: Hampshire\ncolour: red", "colour: is no setting"),
        ("criteria.yml", "version: [", "hampshire/criteria.yml cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_fault(
    folder: Path, file: str, content: str, told: str
) -> None:
    (folder / "hampshire" / file).write_text(content, encoding="utf-8")
    code, said = cara("check", "hampshire")
    assert (code, f"\n  {told}" in said) == (1, True), said


def test_a_site_that_cannot_be_read_is_named_whichever_was_asked_for(
    folder: Path, run_cara: RunCara
) -> None:
    (folder / "dorset" / "site.yml").write_text("name: Dorset", encoding="utf-8")
    code, said = cara("check", "hampshire")
    assert (code, said.splitlines()[0].split(":")[0]) == (1, "dorset")
    assert "\n  centre: is missing\n" in said
    with pytest.raises(sites.BrokenSiteError, match="cara site check dorset says why"):
        sites.site_of("hampshire")


def test_what_a_force_has_not_agreed_keeps_a_founding_site_from_going_live() -> None:
    assert {"hand_over", "victim_contact", "breach_to"} <= {
        problem.split(":")[0] for problem in problems_of("hampshire")
    }
    assert why_not_live("hampshire") == []
