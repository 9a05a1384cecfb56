"""`cara user`: staff accounts, their sessions and their tokens, as an operator looks after them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
from sqlalchemy.orm import Session

from accounts import changing, sessions
from accounts.staff import TOKEN, AccountError, add_staff, called, may_work, sign_in, unguessable
from accounts.tables import Role, Staff, StaffSession
from accounts.wording import said
from cli.database import upgrade
from core.audit import SYSTEM
from core.clock import LONDON, now
from core.database import transaction
from core.settings import settings
from sites import UnknownSiteError, site_of

# Days for which a token of a service lasts at most: then somebody looks whether it is needed.
MOST_DAYS = 90
# What fetches hand-overs; anything else that a token of staff opens is for people.
SERVICES = (Role.navigator,)
CODE = """Give {name} this code, by telephone or in person. It works once, until {until}:
  {code}
They type it at {address}/set-password"""


@click.group("user")
def user_command() -> None:
    """Staff accounts."""


@user_command.command("add")
@click.argument("username")
@click.option("--role", required=True, help="officer, authoriser, coordinator, ...")
@click.option("--site", required=True, help="the site's code, for example hampshire")
@click.option("--name", required=True, help="how colleagues know them")
@click.option("--rank", default="", help="for officers and authorisers")
@click.option("--collar-number", default="")
@click.option("--email", default="")
@click.option("--code", "by_code", is_flag=True, help="no password: print a code to set one")
def add(
    username: str,
    role: str,
    site: str,
    name: str,
    rank: str,
    collar_number: str,
    email: str,
    by_code: bool,
) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    password = unguessable() if by_code else _password()
    with _told() as session:
        staff = add_staff(
            session,
            username=username,
            password=password,
            role=Role(role),
            site=site_of(site).code,
            name=name,
            rank=rank,
            collar_number=collar_number,
            email=email,
        )
        code = changing.reset(session, staff) if by_code else ""
    click.echo(f"Added {username}.")
    if code:
        _show_code(username, code)


@user_command.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """Switch an account off; who is signed in with it is out at once."""
    with _told() as session:
        changing.disable(session, _known(session, username))
    click.echo(f"{username} is switched off, and every session ended.")


@user_command.command("enable")
@click.argument("username")
def enable(username: str) -> None:
    """Switch an account on again, as it was."""
    with _told() as session:
        changing.enable(session, _known(session, username))
    click.echo(f"{username} is switched on.")


@user_command.command("change")
@click.argument("username")
@click.option("--role", required=True)
@click.option("--site", required=True)
def change(username: str, role: str, site: str) -> None:
    """Give an account another role or site; every session of the old one ends."""
    with _told() as session:
        staff = _known(session, username)
        if staff.force_id or staff.demonstration:
            raise AccountError(said("account", "force" if staff.force_id else "demonstration"))
        changing.change(session, staff, Role(role), site_of(site).code)
    click.echo(f"{username} is {role} at {site}.")


@user_command.command("reset")
@click.argument("username")
@click.option("--second-factor", is_flag=True, help="forget the app and the recovery codes too")
def reset(username: str, second_factor: bool) -> None:
    """Take the password away, end every session, and print a code to set another."""
    with _told() as session:
        staff = _known(session, username)
        code = changing.reset(session, staff, second_factor=second_factor)
    _show_code(username, code)


@user_command.command("sessions")
@click.argument("username", required=False)
@click.option("--end", "handle", help="end the session or token of this handle")
def sessions_(username: str | None, handle: str | None) -> None:
    """List who is signed in and which tokens there are, or end one of them."""
    with _told() as session:
        found = sessions.every(session, _known(session, username) if username else None)
        lines = [_line(each) for each in found]
        if handle and not sessions.end(session, handle, found, SYSTEM):
            raise AccountError(said("account", "no_session"))
    click.echo("Ended." if handle else "\n".join(lines) or "Nobody is signed in.")


@user_command.command("token")
@click.argument("username")
@click.option("--for", "label", required=True, help="which service holds it")
@click.option(
    "--days", default=30, show_default=True, help=f"how long it lasts, {MOST_DAYS} at most"
)
def token(username: str, label: str, days: int) -> None:
    """Print a token with which a service fetches hand-overs for a navigator's account."""
    with _told() as session:
        staff = _known(session, username)
        if staff.role not in SERVICES or not may_work(staff):
            raise AccountError(said("account", "service"))
        if not 1 <= days <= MOST_DAYS:
            raise AccountError(said("account", "days", most=MOST_DAYS))
        if not (label.strip() and label.isprintable()):
            raise AccountError(said("account", "label"))
        lasts = timedelta(days=days)
        made = sign_in(session, staff, kind=TOKEN, lasts=lasts, label=label.strip()[:80], by=SYSTEM)
    click.echo(made)


@contextmanager
def _told() -> Iterator[Session]:
    """A transaction on a database that is up to date; what cannot be done is one plain line."""
    upgrade()
    try:
        with transaction() as session:
            yield session
    except (AccountError, UnknownSiteError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _known(session: Session, username: str) -> Staff:
    found = called(session, username)
    if found is None:
        raise AccountError(said("account", "unknown", name=username))
    return found


def _line(each: StaffSession) -> str:
    who, since = each.staff, each.started_at.astimezone(LONDON)
    until = each.ends_at.astimezone(LONDON)
    return (
        f"{each.handle}  {who.username} ({who.role}, {who.site})  {each.label or each.kind}  "
        f"since {since:%Y-%m-%d %H:%M}  until {until:%Y-%m-%d %H:%M}"
    )


def _show_code(username: str, code: str) -> None:
    until = (now() + changing.CODE_LASTS).astimezone(LONDON)
    shown = CODE.format(
        name=username, code=code, until=f"{until:%H:%M}", address=settings().address
    )
    click.echo(shown)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
