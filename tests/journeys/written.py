"""Prints the keys of JSON in a copy's database that docs/data.yml lacks, and how many it knows.

Run in a process of its own, with the copy's environment: ``python -m tests.journeys.written``.
"""

from __future__ import annotations

import json

import sqlalchemy as sa

from cli.database import TABLES
from core.crypto import EncryptedJSON
from core.database import transaction
from tests.json_keys import keys_of, unclassified


def main() -> None:
    """Every JSON column of every row, decrypted."""
    known, lacking = set[str](), set[str]()
    with transaction() as session:
        for table in TABLES.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, EncryptedJSON):
                    name = f"{table.name}.{column.name}"
                    for document in session.scalars(sa.select(column)):
                        lacking |= unclassified(name, document)
                        known |= set(keys_of(name, document))
    print(json.dumps({"known": sorted(known), "lacking": sorted(lacking)}))


if __name__ == "__main__":
    main()
