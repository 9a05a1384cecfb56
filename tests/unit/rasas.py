"""Rasa's tracker as Rasa makes it, beside our data or where ``CARA_TRACKER_URL`` says."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.channels import tracker
from core.settings import settings

# As rasa 3.6.21 declares it (rasa/core/tracker_store.py, SQLEvent).
EVENTS = sa.Table(
    "events",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("type_name", sa.String(255), nullable=False),
    sa.Column("timestamp", sa.Float),
    sa.Column("intent_name", sa.String(255)),
    sa.Column("action_name", sa.String(255)),
    sa.Column("data", sa.Text),
)


def say(conversation: str, data: str, moment: datetime) -> None:
    """An event of a conversation."""
    settings().tracker_db.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(tracker._url())
    EVENTS.metadata.create_all(engine)
    with engine.begin() as connection:
        event = {"sender_id": conversation, "type_name": "user", "timestamp": moment.timestamp()}
        connection.execute(sa.insert(EVENTS).values(**event, data=data))
    engine.dispose()


def said_in(conversation: str) -> list[str]:
    """The events of a conversation."""
    return tracker.events_of([conversation])
