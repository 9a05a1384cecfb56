"""Fills a directory with work for a coordinator, by the product's own ways.

Run in a process of its own: ``python -m tests.pages.staged_directory``. Prints JSON: the secret of
each person's session, and the number of each listing by the name under which it stands here.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from accounts.demonstration import demonstration_account
from accounts.staff import add_staff, sign_in
from accounts.tables import Role
from cli.database import upgrade
from core.clock import now
from core.database import transaction
from outreach.sending import sign_of_life
from services_directory import curation
from services_directory.assurance import GROUPS, LASTS
from services_directory.publishing import refresh_dates
from services_directory.suggestions import suggest
from services_directory.tables import DirectoryListing, LinkCheck, Verification
from tests.pages.conftest import Web, staged_by
from tests.unit.directory import document, make_public

SECRET_STREET = "7 Hidden Mews"
OTHER = "another approver at the site"
CONFIRMED_AGO = {"fresh": 10, "due": 88, "check first": 120, "too old": 400}
# Listings of which each belongs to one test, so that they cross nobody.
CHANGED = (
    "week",
    "stale",
    "no script",
    "keyboard",
    "undo",
    "reported too",
    "twin a",
    "twin b",
    "sent on",
)


def staged(folder: Path) -> AbstractContextManager[Web]:
    """A web process over the staged directory."""
    return staged_by("tests.pages.staged_directory", folder / "data")


def stage() -> dict[str, str]:
    """Everything; gives what is printed."""
    upgrade()
    # A worker that lives for as long as the tests: no other process changes what was staged.
    sign_of_life().touch()
    os.utime(sign_of_life(), (time.time() + 86_400,) * 2)
    made = {role.value: _session(role, "hampshire") for role in Role}
    made["elsewhere"] = _session(Role.coordinator, "west_midlands")
    made[OTHER] = _another()
    names = ("waits", "draft", "reported", "broken", "withheld", *CONFIRMED_AGO, *CHANGED)
    documents = {name: _document(name) for name in names} | {"of a place": _of_a_place()}
    make_public(documents.values())
    for name, days in CONFIRMED_AGO.items():
        _confirmed(documents[name]["id"], days)
    _work(documents)
    return made | {name: each["id"] for name, each in documents.items()}


def _of_a_place() -> dict[str, str]:
    site = {"site": "west_midlands", "delivery_site": "site_1", "covers": "*"}
    name = {"organisation": "Quay Trust", "service_name": "Only of site 1"}
    return document(id="of-a-place", **name, **site)


def _document(name: str) -> dict[str, str]:
    kept = {"address": SECRET_STREET, "postcode": "SO14 3AS", "address_withheld": "yes"}
    broken = {"url": "https://harbour.example.org/gone"}
    extra = kept if name == "withheld" else broken if name == "broken" else {}
    twin = {"phone": "0121 496 0777", "service_name": "Harbour twins"} if "twin" in name else {}
    both = {"needs": "drugs|alcohol"} if name == "sent on" else {}
    ours = {"id": name.replace(" ", "-"), "service_name": f"Harbour {name}"}
    return document(**(ours | extra | twin | both))


def _confirmed(listing_id: str, days: int) -> None:
    moment = now() - timedelta(days=days)
    with transaction() as session:
        session.add_all(
            Verification(
                listing_id=listing_id,
                field_group=group,
                method="phone",
                by="test",
                at=moment,
                due=moment.date() + LASTS[group],
            )
            for group in GROUPS
        )
        session.flush()
        refresh_dates(session, listing_id)


def _work(documents: dict[str, dict[str, str]]) -> None:
    with transaction() as session:
        staff = demonstration_account(session, Role.coordinator, "hampshire")
        for name in ("waits", "draft"):
            listing = session.get_one(DirectoryListing, documents[name]["id"])
            changed = {**documents[name], "phone": "0121 496 0999", "cost": "GBP 2 a visit"}
            curation.write(session, staff, listing, listing.lock, changed)
            if name == "waits":
                curation.submit(
                    session,
                    staff,
                    listing,
                    listing.lock,
                    reason="They told me of a new number",
                    method="phone",
                )
        for name in ("reported", "reported too"):
            suggest(
                session,
                documents[name]["id"],
                site="hampshire",
                source="public",
                about="phone",
                proposed="0121 496 0456",
            )
        session.add(
            LinkCheck(
                url="https://harbour.example.org/gone",
                kind="gone",
                status=404,
                checked_at=now(),
                next_at=now(),
            )
        )


def _session(role: Role, site: str) -> str:
    with transaction() as session:
        return sign_in(session, demonstration_account(session, role, site))


def _another() -> str:
    with transaction() as session:
        made = add_staff(
            session,
            username="second.approver",
            password=f"long enough {time.time()}",
            role=Role.approver,
            site="hampshire",
            name="Sam Okafor",
        )
        return sign_in(session, made)


if __name__ == "__main__":
    print(json.dumps(stage()))
