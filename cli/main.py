"""The `cara` command: what operators and scripts do from a terminal."""

from __future__ import annotations

from importlib import import_module

import click

ELSEWHERE = {
    "assess": "cli.assessing:assess_command",
    "audit": "cli.auditing:audit_command",
    "backup": "cli.backup:backup_command",
    "doctor": "cli.doctor:doctor_command",
    "directory": "cli.directory:directory_command",
    "keys": "cli.keys:keys_command",
    "part": "cli.part:part_command",
    "person": "cli.person:person_command",
    "evaluation": "cli.evaluation:evaluation_command",
    "nlu": "cli.learning:nlu_command",
    "roles": "cli.roles:roles_command",
    "safety": "cli.safety:safety_command",
    "site": "cli.site:site_command",
    "understand": "cli.understanding:understand_command",
    "user": "cli.users:user_command",
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

    from core.occasion import CLI, process_is
    from core.settings import settings

    process_is(CLI)
    if click.get_current_context().invoked_subcommand == "part":
        # Rasa's part is told no secret, and so cannot be asked whether ours is good.
        return
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
