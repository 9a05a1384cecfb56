"""The people of the demonstration: invented, one password, never made in production."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.staff import add_staff
from accounts.tables import Role, Staff
from core.settings import settings

PASSWORD = "demonstration-only"  # noqa: S105 - printed on the sign-in page of the demonstration
SHOWN = (Role.officer, Role.authoriser, Role.coordinator, Role.approver)
_PEOPLE = {
    Role.officer: ("Robin Ashworth", "PC", "4417"),
    Role.authoriser: ("Sam Okafor", "Sergeant", "2203"),
    Role.facilitator: ("Ffion Larkspur", "", ""),
    Role.coordinator: ("Jo Winterbourne", "", ""),
    Role.approver: ("Idris Penhallow", "", ""),
    Role.navigator: ("Bea Thistlewood", "", ""),
    Role.site_admin: ("Mo Castellan", "", ""),
    Role.evaluator: ("Uma Fairweather", "", ""),
    Role.operator: ("Gil Marchbanks", "", ""),
}


def username(role: Role, site: str) -> str:
    """The demonstration account of ``role`` at ``site``, for example ``officer.hampshire``."""
    return f"{role.value}.{site}"


def add_demonstration_accounts(session: Session, sites: list[str]) -> None:
    """Make the accounts that the sign-in page shows, where they are not there yet."""
    for site in sites:
        for role in SHOWN:
            demonstration_account(session, role, site)


def demonstration_account(session: Session, role: Role, site: str) -> Staff:
    """The account of ``role`` at ``site``, made if need be; refuses outside demonstration mode."""
    if not settings().demo:
        raise RuntimeError("demonstration accounts exist in demonstration mode only")
    there = session.scalar(select(Staff).where(Staff.username == username(role, site)))
    if there:
        return there
    name, rank, collar = _PEOPLE[role]
    return add_staff(
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
