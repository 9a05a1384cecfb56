"""Fills a database with messages that were not understood, by the product's own ways.

Run in a process of its own: ``python -m tests.pages.staged_unclear``. Prints JSON: the secret of
each person's session, and the number of each message by the name under which it stands here.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import AbstractContextManager
from pathlib import Path

from accounts.demonstration import demonstration_account
from accounts.staff import sign_in
from accounts.tables import Role
from bot.conversations import Conversation
from bot.learning import keeping
from bot.learning.readings import Reading
from bot.learning.tables import Why
from cli.database import upgrade
from core.clock import now
from core.database import transaction
from core.settings import settings
from outreach.sending import sign_of_life
from tests.pages.conftest import Web, staged_by
from tests.pages.staged import MARKUP

SAID = "on the bones of my backside till friday"
MEASURED = "cant stop boozing"
LONG = "and so it goes " * 38
# Messages that tests change, at a site of their own, so that they cross nobody.
CHANGED = ("keyboard", "no script", "dropped", "gone", "forged", "mistaken")
PEOPLE = {
    **{role.value: (role, "hampshire") for role in Role},
    "elsewhere": (Role.coordinator, "west_midlands"),
    "has not agreed": (Role.coordinator, "leicestershire"),
}


def staged(folder: Path) -> AbstractContextManager[Web]:
    """A web process over staged messages."""
    return staged_by("tests.pages.staged_unclear", folder / "data")


def kept(
    said: str, *, site: str = "hampshire", audience: str = "participant", asked: str = ""
) -> str:
    """A message of somebody that was not understood; gives its number."""
    with transaction() as session:
        somebody = Conversation(
            id="one", site=site, audience=audience, language="en", context={},
            started_at=now(), seen_at=now(),
        )  # fmt: skip
        found = keeping.keep(session, somebody, said, Why.not_understood, asked)
        assert found is not None
        return found.id


def read(message_id: str, reading: Reading) -> None:
    """The coordinator has given its reading."""
    with transaction() as session:
        staff = demonstration_account(session, Role.coordinator, "hampshire")
        message = keeping.message_for(session, staff, message_id)
        assert message is not None
        keeping.give_reading(session, staff, message, reading, confirmed=True)


def stage() -> dict[str, str]:
    """Sessions by the name of their person, and messages by theirs."""
    made = {}
    with transaction() as session:
        for name, (role, site) in PEOPLE.items():
            made[name] = sign_in(session, demonstration_account(session, role, site))
    made["waits"] = kept(SAID)
    made["waits"] = kept(SAID.upper())
    made["officers"] = kept("he's on a std", audience="officer", asked="B06_risk")
    made["markup"] = kept(MARKUP)
    made["measured"] = kept(MEASURED)
    made["long"] = kept(LONG)
    made["read"] = kept("the gee gees have had my wages")
    read(made["read"], Reading("find_help", ("gambling", "money")))
    for name in CHANGED:
        made[name] = kept(f"the {name} wossname thingy", site="west_midlands")
    made["officer changed"] = kept("its a std", site="west_midlands", audience="officer")
    # A worker that lives for as long as the tests: no other process changes what was staged.
    sign_of_life().touch()
    os.utime(sign_of_life(), (time.time() + 86_400,) * 2)
    return made | {"data_dir": str(settings().data_dir)}


if __name__ == "__main__":
    upgrade()
    print(json.dumps(stage()))
