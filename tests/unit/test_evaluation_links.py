"""The list that links a force's outcomes with a study: for one person, where it was agreed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from accounts.demonstration import PASSWORD, demonstration_account, username
from accounts.tables import Role
from cli.evaluation import evaluation_command
from core.audit import AuditRow
from core.database import transaction
from tests.unit.drafts import FIELDS, new_draft
from tests.unit.handing_over import site_with_routes
from tests.unit.test_evaluation_extract import ended, taken

Asked = Callable[..., Result]


@pytest.fixture
def asked(database: str, tmp_path: Path) -> Asked:
    """The command as a person of a role gives it."""

    def ask(
        role: Role = Role.site_admin, site: str = "hampshire", study: str = "one-study"
    ) -> Result:
        with transaction() as session:
            demonstration_account(session, role, site)
        words = ["links", "--as", username(role, site), "--site", "hampshire", "--study", study]
        out = ["--out", str(tmp_path / "links.csv")]
        return CliRunner().invoke(evaluation_command, [*words, *out], input=f"{PASSWORD}\n")

    return ask


@pytest.fixture
def agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hampshire's controllers agreed."""
    with site_with_routes(tmp_path / "sites", monkeypatch, links_for_outcomes=True):
        yield


@pytest.mark.usefixtures("agreed")
def test_it_names_each_case_as_the_extract_of_that_study_does(asked: Asked, tmp_path: Path) -> None:
    ended()
    new_draft()  # without a reference there is nothing to link
    assert asked().exit_code == 0
    (line,) = csv.DictReader((tmp_path / "links.csv").read_text().splitlines())
    rows = csv.DictReader(taken(study="one-study").decode().splitlines())
    assert line["case_id"] in {row["case_id"] for row in rows}
    assert line["crime_reference"] == FIELDS["crime_reference"]
    assert set(line) == {"crime_reference", "case_id"}
    assert (tmp_path / "links.csv").stat().st_mode & 0o077 == 0
    with transaction() as session:
        acts = session.scalars(select(AuditRow.act)).all()
    assert "evaluation.links" in acts


@pytest.mark.usefixtures("agreed")
@pytest.mark.parametrize(
    ("role", "site"),
    [
        (Role.evaluator, "hampshire"),
        (Role.officer, "hampshire"),
        (Role.coordinator, "hampshire"),
        (Role.site_admin, "leicestershire"),
    ],
)
def test_nobody_else_gets_it(role: Role, site: str, asked: Asked, tmp_path: Path) -> None:
    refused = asked(role, site)
    assert refused.exit_code == 2
    assert "Only the administrator" in refused.output
    assert not (tmp_path / "links.csv").exists()


def test_without_the_controllers_word_there_is_none(asked: Asked, tmp_path: Path) -> None:
    refused = asked()
    assert refused.exit_code == 2
    assert "has not agreed" in refused.output
    with transaction() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.act == "evaluation.links")).one()
    assert row.refused
    assert not (tmp_path / "links.csv").exists()
