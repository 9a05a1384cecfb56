"""Puts every stored value under the newest secret, batch by batch, while the copy goes on serving.

What has been done is seen by the rows themselves, so a run that was cut off is begun again and goes
on where it stopped. A row that somebody changes in the same moment is left to the next round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.channels.moving_ids import carried_over
from bot.conversations import Conversation, Telephone
from cli.database import TABLES
from core import spool
from core.audit import SEALED_AS, Sealed
from core.crypto import (
    COLUMNS,
    HASH_OF,
    EncryptedJSON,
    EncryptedText,
    box,
    is_current,
    lookup_hash,
)
from core.database import transaction
from core.outbox import BREATH
from outreach.texts import contacts
from outreach.texts.tables import Contact, Stopped

AT_ONCE = 200
MOST_ROUNDS = 5
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Keyed:
    """A table with values that depend on a secret.

    ``raw`` reads them as they are stored; ``sealed`` says for which purpose each was encrypted.
    """

    raw: sa.TableClause
    key: tuple[str, ...]
    sealed: Mapping[str, str]
    hashes: Mapping[str, str | Callable[[Mapping[str, Any]], str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The table's name."""
        return self.raw.name


def keyed_tables() -> Iterator[Keyed]:
    """Every table that holds something encrypted or hashed, as its columns say themselves."""
    for table in TABLES.sorted_tables:
        sealed = {
            column.name: purpose for column in table.columns if (purpose := _sealed_as(column.type))
        }
        hashes = {each.name: each.info[HASH_OF] for each in table.columns if HASH_OF in each.info}
        if sealed or hashes:
            raw = sa.table(table.name, *(sa.column(each.name) for each in table.columns))
            yield Keyed(raw, tuple(each.name for each in table.primary_key), sealed, hashes)


def _sealed_as(kind: Any) -> str:
    if isinstance(kind, Sealed):
        return SEALED_AS
    return COLUMNS if isinstance(kind, EncryptedText | EncryptedJSON) else ""


def left_behind(told: Told = lambda *_: None) -> int:
    """How many rows are not under the newest secret yet."""
    return sum(_look(keyed, told, change=False) for keyed in keyed_tables())


def rekey(told: Told = lambda *_: None) -> int:
    """Put everything under the newest secret; gives how many rows are left behind.

    Rows are left where one is written again and again while we look, or cannot be opened.
    """
    name_stops()
    carry_conversations()
    with spool.alerts().taking() as ours:
        if ours:
            spool.alerts().seal_anew()
    for _round in range(MOST_ROUNDS):
        if not sum(_look(keyed, told, change=True) for keyed in keyed_tables()):
            return 0
    return left_behind()


def name_stops() -> None:
    """Give a STOP of old its number, where a contact or a conversation tells it."""
    with transaction() as session:
        if not _nameless(session):
            return
        found = sa.select(Contact.site, Contact.phone).where(Contact.phone.is_not(None))
        texting = sa.select(Conversation.site, Telephone.number).join(
            Telephone, Telephone.conversation_id == Conversation.id
        )
        for site, phone in [*session.execute(found), *session.execute(texting)]:
            held = contacts.stop_of(session, site, phone)
            if held is not None and held.phone is None:
                held.phone = phone


def nameless_stops() -> int:
    """How many STOPs are known by a hash alone, which only the secret of its day can make."""
    with transaction() as session:
        return _nameless(session)


def _nameless(session: Session) -> int:
    count = sa.select(sa.func.count()).select_from(Stopped).where(Stopped.phone.is_(None))
    return session.scalar(count) or 0


def carry_conversations() -> None:
    """Give every conversation by text the id that follows from the newest secret."""
    with transaction() as session:
        texting = sa.select(Telephone.conversation_id)
        ids = list(session.scalars(texting))
    for each in ids:
        with transaction() as session:
            telephone = session.get(Telephone, each)
            conversation = session.get(Conversation, each)
            if telephone and conversation:
                carried_over(session, conversation.site, telephone.number)
        time.sleep(BREATH)


def _look(keyed: Keyed, told: Told, *, change: bool) -> int:
    """Go through a table; gives how many rows were found behind."""
    after: tuple[Any, ...] | None = None
    looked = behind = 0
    while True:
        with transaction() as session:
            rows = _rows(session, keyed, after)
            found = [(row, _renewed(keyed, row)) for row in rows]
            for row, values in found:
                if values and change:
                    _write(session, keyed, row, values)
        if not rows:
            return behind
        looked += len(rows)
        behind += sum(bool(values) for _, values in found)
        after = tuple(rows[-1][name] for name in keyed.key)
        told(keyed.name, looked, behind)
        time.sleep(BREATH)


def _rows(session: Session, keyed: Keyed, after: tuple[Any, ...] | None) -> list[RowMapping]:
    key = [keyed.raw.c[name] for name in keyed.key]
    asked = sa.select(keyed.raw).order_by(*key).limit(AT_ONCE)
    if after is not None:
        asked = asked.where(sa.tuple_(*key) > after)
    return [row._mapping for row in session.execute(asked)]


def _renewed(keyed: Keyed, row: RowMapping) -> dict[str, Any]:
    """What of a row has to be stored otherwise; empty where it is under the newest secret."""
    values: dict[str, Any] = {
        name: box(purpose).rotate(row[name])
        for name, purpose in keyed.sealed.items()
        if row[name] is not None and not is_current(row[name], purpose)
    }
    for name, made_of in keyed.hashes.items():
        plain = _plain(keyed, row, made_of)
        wanted = None if plain is None else lookup_hash(f"{keyed.name}.{name}", plain)
        if wanted is not None and row[name] is not None and row[name] != wanted:
            values[name] = wanted
    return values


def _plain(
    keyed: Keyed, row: RowMapping, made_of: str | Callable[[Mapping[str, Any]], str]
) -> str | None:
    opened = {
        name: box(COLUMNS).decrypt(value).decode("utf-8", "surrogatepass")
        for name, value in row.items()
        if keyed.sealed.get(name) == COLUMNS and value is not None
    }
    if callable(made_of):
        return made_of({**row, **opened})
    return opened.get(made_of)


def _write(session: Session, keyed: Keyed, row: RowMapping, values: dict[str, Any]) -> None:
    """Store what was renewed, unless somebody has changed the row since it was read."""
    columns = keyed.raw.c
    same = [columns[name] == row[name] for name in {*keyed.key, *values}]
    try:
        with session.begin_nested():
            session.execute(sa.update(keyed.raw).where(*same).values(**values))
    except IntegrityError:
        # Two rows say the same under two secrets: of a STOP and a START the last word counts.
        if keyed.name != Stopped.__tablename__:
            raise
        _keep_last_word(session, keyed, row)


def _keep_last_word(session: Session, keyed: Keyed, row: RowMapping) -> None:
    rows = session.scalars(
        sa.select(Stopped).where(
            Stopped.site == row["site"],
            Stopped.phone_lookup.in_((row["phone_lookup"], _renewed(keyed, row)["phone_lookup"])),
        )
    )
    earlier, _last = sorted(rows, key=contacts.last_word)
    session.delete(earlier)
    session.flush()
