"""Every key of a JSON column is classified: a test that writes another fails (check 40).

The watch of ``tests/json_keys.py`` stands over every test in this process; what real processes
write is looked at by ``tests/journeys/test_json_keys.py``.
"""

from __future__ import annotations

import pytest

from bot.conversations import add_message, begin, remember
from cli.database import TABLES
from core.crypto import EncryptedJSON
from core.database import transaction
from core.retention import declared
from tests.json_keys import keys_of, unclassified

# A list of codes has no keys.
LISTS = {"signposting.needs"}


def test_every_json_column_has_its_keys_in_the_file() -> None:
    for table in TABLES.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            if isinstance(column.type, EncryptedJSON) and name not in LISTS:
                assert any(row.startswith(f"{column.name}.") for row in declared()[table.name]), (
                    name
                )


def _write() -> None:
    with transaction() as session:
        made, _ = begin(
            session, site="hampshire", audience="participant", language="en", staff_id=None
        )
        remember(made, favourite_colour="blue")
        add_message(session, made, "person", {"text": "blue"})


@pytest.mark.usefixtures("sqlite")
def test_whoever_writes_a_key_that_nobody_has_classified_fails() -> None:
    with pytest.raises(AssertionError, match=r"context\.favourite_colour"):
        _write()


def test_keys_inside_lists_and_objects_are_found() -> None:
    document = {"choices": [{"label": "Yes", "do": {"given": {"secret_note": "x"}}}]}
    assert "chat_message.body.choices.do.given.secret_note" in keys_of(
        "chat_message.body", document
    )
    assert unclassified("alert.reach", {"phone": "x", "home": {"street": "y"}}) == {
        "alert.reach.home",
        "alert.reach.home.street",
    }
