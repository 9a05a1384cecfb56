"""Every table of the system in one place, and the way to bring a database up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import accounts.tables
import bot.conversations
import bot.learning.tables
import core.outbox
import outreach.tables
import outreach.texts.tables
import referrals.evaluation.tables
import referrals.handing_over.tables
import referrals.tables
import referrals.workshops.tables
import services_directory.tables
from accounts.demonstration import add_demonstration_accounts
from core.audit import AuditRow
from core.database import Base, engine, transaction
from core.settings import settings
from services_directory.starter import add_starter_listings
from sites import all_sites

TABLES = Base.metadata
_KNOWN = (
    accounts.tables,
    bot.conversations,
    bot.learning.tables,
    core.outbox,
    outreach.tables,
    outreach.texts.tables,
    referrals.evaluation.tables,
    referrals.handing_over.tables,
    referrals.tables,
    referrals.workshops.tables,
    services_directory.tables,
    AuditRow,
)


def alembic_config() -> Config:
    """Alembic's settings, without a file of their own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade() -> None:
    """Bring the database to the newest step, with the listings that ship and, for a demonstration,
    its people.
    """
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    if _step_of_database() != ScriptDirectory.from_config(alembic_config()).get_current_head():
        command.upgrade(alembic_config(), "head")
    with transaction() as session:
        add_starter_listings(session)
    if settings().demo:
        with transaction() as session:
            open_sites = [
                code for code, site in all_sites().items() if site.referral or site.directory
            ]
            add_demonstration_accounts(session, open_sites)


def _step_of_database() -> str | None:
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
