"""The build fails when a stored column has no class, purpose, readers and retention (D12)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from cli.database import TABLES
from core.crypto import EncryptedJSON, EncryptedText
from core.settings import ROOT

CLASSES = {"P0", "P1", "P2", "P3", "P4", "V"}
RETENTION = {"D", "R", "C", "M", "A", "S", "H", "L", "U", "G"}
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
    """The classification file."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "data.yml").read_text())
    return loaded


def test_every_stored_column_is_classified_and_nothing_else_is() -> None:
    stored = {
        table.name: {column.name for column in table.columns} for table in TABLES.sorted_tables
    }
    assert {name: set(columns) for name, columns in classified().items()} == stored


@pytest.mark.parametrize("table", sorted(classified()))
def test_each_has_a_known_class_a_purpose_readers_and_a_retention(table: str) -> None:
    for column, row in classified()[table].items():
        assert len(row) == 4, f"{table}.{column}"
        assert row[0] in CLASSES, f"{table}.{column}"
        assert row[1], f"{table}.{column}"
        assert row[2], f"{table}.{column}"
        assert row[3] in RETENTION, f"{table}.{column}"


def test_what_identifies_or_is_sensitive_is_encrypted_or_a_keyed_hash() -> None:
    open_columns = [
        f"{table.name}.{column.name}"
        for table in TABLES.sorted_tables
        for column in table.columns
        if classified()[table.name][column.name][0] in ("P2", "P3", "P4")
        and not isinstance(column.type, EncryptedText | EncryptedJSON)
        and not column.name.endswith("_lookup")
    ]
    assert set(open_columns) == CODES_AND_MOMENTS
