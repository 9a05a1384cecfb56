"""The people of the demonstration: invented, one password, never made in production."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.staff import add_staff
from accounts.tables import Role, Staff
from core.settings import settings

PASSWORD = "demonstration-only"  # noqa: S105 - printed on the sign-in page of the demonstration
_PEOPLE = {
    Role.officer: ("Robin Ashworth", "PC", "4417"),
    Role.authoriser: ("Sam Okafor", "Sergeant", "2203"),
    Role.coordinator: ("Jo Winterbourne", "", ""),
}


def username(role: Role, site: str) -> str:
    """The demonstration account of ``role`` at ``site``, for example ``officer.hampshire``."""
    return f"{role.value}.{site}"


def add_demonstration_accounts(session: Session, sites: list[str]) -> None:
    """Make the accounts that are not there yet; refuses outside demonstration mode."""
    if not settings().demo:
        raise RuntimeError("demonstration accounts exist in demonstration mode only")
    there = set(session.scalars(select(Staff.username)))
    for site in sites:
        for role, (name, rank, collar) in _PEOPLE.items():
            if username(role, site) not in there:
                add_staff(
                    session,
                    username=username(role, site),
                    password=PASSWORD,
                    role=role,
                    site=site,
                    name=name,
                    rank=rank,
                    collar_number=collar,
                    email=f"{role.value}@{site.replace('_', '-')}.example",
                    demonstration=True,
                )
