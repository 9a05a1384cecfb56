"""The build fails when a stored column has no class, purpose, readers and retention (D12)."""

from __future__ import annotations

from typing import Any

import pytest

from cli.database import TABLES
from core.crypto import EncryptedJSON, EncryptedText
from core.retention import ELSEWHERE, PERIODS, declared, periods

CLASSES = {"P0", "P1", "P2", "P3", "P4", "V"}
TELLING = {"P2", "P3", "P4", "V"}
WHOSE = {"suspect", "victim", "witness", "officer", "other"}
FACT_OR_OPINION = {"fact", "opinion"}
CODES_AND_MOMENTS = {
    "alert.kind",
    "referral.status",
    "referral.outcome",
    "referral.went_on_despite",
    "referral.flagged_at",
    "referral.given_on",
    "referral_answer.value",
    "referral_event.reason",
    "referral_detail.risk_tool",
    "referral_detail.living_with_victim_now",
    "referral_detail.phone_is_private",
    "referral_detail.text_consent",
    "referral_detail.text_consent_at",
    "referral_detail.ok_hours",
    "contact.privacy",
    "contact.hours",
    "consent.agreed",
    "signposting.answer",
}


def classified() -> dict[str, dict[str, list[str]]]:
    """The classification of every table; keys of JSON columns have a dot in their name."""
    return {name: rows for name, rows in declared().items() if name not in (PERIODS, ELSEWHERE)}


def columns_of(table: str) -> dict[str, list[str]]:
    """The rows of a table that are columns."""
    return {name: row for name, row in classified()[table].items() if "." not in name}


ROWS: list[tuple[str, list[str]]] = [
    (f"{table}.{name}", row) for table, rows in classified().items() for name, row in rows.items()
]


def test_every_stored_column_is_classified_and_nothing_else_is() -> None:
    stored = {
        table.name: {column.name for column in table.columns} for table in TABLES.sorted_tables
    }
    assert {name: set(columns_of(name)) for name in classified()} == stored


def test_only_json_columns_have_keys() -> None:
    for table, rows in classified().items():
        for name in rows:
            column = TABLES.tables[table].columns[name.partition(".")[0]]
            assert "." not in name or _may_be_json(column), f"{table}.{name}"


def _may_be_json(column: Any) -> bool:
    return isinstance(column.type, EncryptedJSON) or column.name in ("public", "document")


@pytest.mark.parametrize(("name", "row"), [each for each in ROWS if each[0].count(".") == 1])
def test_each_has_a_known_class_a_purpose_readers_and_a_retention(
    name: str, row: list[str]
) -> None:
    assert row[0] in CLASSES
    assert all(isinstance(each, str) and each for each in row[1:3])
    assert row[3] in periods()


@pytest.mark.parametrize(("name", "row"), [each for each in ROWS if each[1][0] in TELLING])
def test_what_tells_of_a_person_says_of_whom_and_whether_it_is_fact_or_opinion(
    name: str, row: list[str]
) -> None:
    *whose, said = row[-1].split()
    assert whose
    assert set(whose) <= WHOSE
    assert said in FACT_OR_OPINION


def test_what_identifies_or_is_sensitive_is_encrypted_or_a_keyed_hash() -> None:
    open_columns = [
        f"{table.name}.{column.name}"
        for table in TABLES.sorted_tables
        for column in table.columns
        if classified()[table.name][column.name][0] in TELLING
        and not isinstance(column.type, EncryptedText | EncryptedJSON)
        and not column.name.endswith("_lookup")
    ]
    assert set(open_columns) == CODES_AND_MOMENTS


def test_every_period_says_from_when_it_counts() -> None:
    for period in periods().values():
        assert period.since
        assert period.name
        assert period.days is None or period.days >= 0
