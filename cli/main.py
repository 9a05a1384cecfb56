"""The `cara` command: what operators and scripts do from a terminal."""

from __future__ import annotations

import sys
from importlib import import_module

import click

ELSEWHERE = {
    "assess": "cli.assessing:assess_command",
    "directory": "cli.directory:directory_command",
    "evaluation": "cli.evaluation:evaluation_command",
    "nlu": "cli.learning:nlu_command",
    "safety": "cli.safety:safety_command",
    "site": "cli.site:site_command",
    "understand": "cli.understanding:understand_command",
    "words": "cli.wording:words_command",
}


class _Lazily(click.Group):
    """Imports a command when it is called: the screen alone takes two seconds to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, for the help page."""
        return sorted([*super().list_commands(ctx), *ELSEWHERE])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command, imported now if it stands elsewhere."""
        if name not in ELSEWHERE:
            return super().get_command(ctx, name)
        module, attribute = ELSEWHERE[name].split(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.group(cls=_Lazily)
def cara() -> None:
    """The CARA assistant from the command line."""
    from pydantic import ValidationError

    from core.settings import settings

    try:
        settings()
    except ValidationError as error:
        told = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise click.ClickException(told) from error


@cara.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database up to date."""
    from cli.database import upgrade

    upgrade()


@cara.group()
def user() -> None:
    """Staff accounts."""


@user.command("add")
@click.argument("username")
@click.option("--role", required=True, help="officer, authoriser, coordinator, ...")
@click.option("--site", required=True, help="the site's code, for example hampshire")
@click.option("--name", required=True, help="how colleagues know them")
@click.option("--rank", default="", help="for officers and authorisers")
@click.option("--collar-number", default="")
@click.option("--email", default="")
def user_add(
    username: str, role: str, site: str, name: str, rank: str, collar_number: str, email: str
) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    from accounts.staff import AccountError, add_staff
    from accounts.tables import Role
    from cli.database import upgrade
    from core.database import transaction
    from sites import UnknownSiteError, site_of

    password = _password()
    upgrade()
    try:
        with transaction() as session:
            add_staff(
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
    except (AccountError, UnknownSiteError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Added {username}.")


@cara.command()
@click.option("--role", required=True)
@click.option("--site", required=True)
def token(role: str, site: str) -> None:
    """Print a staff token for scripts; demonstration mode only."""
    from accounts.demonstration import demonstration_account
    from accounts.staff import sign_in
    from accounts.tables import Role
    from cli.database import upgrade
    from core.database import transaction
    from core.settings import settings
    from sites import UnknownSiteError, site_of

    if not settings().demo:
        raise click.ClickException("Tokens are made in demonstration mode only.")
    upgrade()
    try:
        wanted, where = Role(role), site_of(site).code
    except (ValueError, UnknownSiteError) as error:
        raise click.ClickException(str(error)) from error
    with transaction() as session:
        staff = demonstration_account(session, wanted, where)
        click.echo(sign_in(session, staff, kind="token"))


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
