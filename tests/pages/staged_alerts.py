"""Fills a database with alerts in every state, by the product's own ways, and serves its pages.

Run in a process of its own: ``python -m tests.pages.staged_alerts``. Prints JSON: the secret of the
session of each person. Alerts are called by the names under which they stand here.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from playwright.sync_api import Page

from accounts.demonstration import demonstration_account
from accounts.staff import add_staff, sign_in
from accounts.tables import Role
from bot.channels.answering import Answer, answer
from bot.channels.chat import begin_chat, take_turn
from bot.channels.incoming import Incoming
from bot.channels.speaker import speaker_of
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import opened
from cli.database import upgrade
from core import outbox
from core.clock import now
from core.database import transaction
from core.senders import senders
from core.settings import ROOT, settings
from core.spool import alerts as alert_spool
from outreach.alerts import acknowledge, close, escalate_overdue, not_reached, take_in
from outreach.entries import ASKED
from outreach.sending import sign_of_life
from outreach.tables import Alert
from outreach.texts.contacts import stop
from tests.pages.conftest import Web, staged_by
from tests.pages.staged import MARKUP

SAID = "I cannot go on, I have the tablets here"
PHONE, ABROAD = "+447700900463", "+48512345678"
OVERDUE = "A line whose day has passed"
# Alerts that tests change, each one's own; at a site of their own, so that they cross nobody.
CHANGED = ("keyboard", "no script", "late", "first", "hasty", "second", "gone")
PEOPLE = {
    "coordinator": (Role.coordinator, "hampshire"),
    "site_admin": (Role.site_admin, "hampshire"),
    "facilitator": (Role.facilitator, "hampshire"),
    "navigator": (Role.navigator, "hampshire"),
    "officer": (Role.officer, "hampshire"),
    "authoriser": (Role.authoriser, "hampshire"),
    "evaluator": (Role.evaluator, "hampshire"),
    "nothing waits": (Role.coordinator, "leicestershire"),
    "elsewhere": (Role.coordinator, "west_midlands"),
}


def sites(folder: Path) -> Path:
    """Sites as they are, but for a crisis number of Hampshire that is overdue for review."""
    shutil.copytree(ROOT / "sites", folder)
    path = folder / "hampshire/site.yml"
    site = yaml.safe_load(path.read_text(encoding="utf-8"))
    line = {"kinds": ["medical"], "name": OVERDUE, "display": "01632 960 001", "hours": "always"}
    site["crisis_lines"] = [line | {"source": "invented", "review_by": "2020-01-01"}]
    path.write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
    return folder


def staged(folder: Path) -> AbstractContextManager[Web]:
    """A web process over staged alerts."""
    extra = {"CARA_SITES_DIR": str(sites(folder / "sites"))}
    return staged_by("tests.pages.staged_alerts", folder / "data", **extra)


def page_of(alert: str) -> str:
    """The address of an alert."""
    return f"/alerts/{quote(alert)}"


def close_without_saying_how(page: Page) -> None:
    """The page of an alert that somebody looks after, with its error."""
    page.get_by_role("button", name="Close the alert").click()
    page.locator(".govuk-error-summary").wait_for()
    # The summary takes the focus when its script starts.
    page.wait_for_load_state()


def raised(alert_id: str, minutes_ago: float = 1, **about: Any) -> None:
    """An alert that was raised so long ago."""
    entry: dict[str, Any] = {
        "id": alert_id,
        "site": "hampshire",
        "kind": "suicide",
        "level": "alarm",
        "why": "said",
        "audience": "participant",
        "channel": "web",
        "conversation": f"chat of {alert_id}",
        "said": SAID,
        "reach": {},
        "at": (now() - timedelta(minutes=minutes_ago)).isoformat(),
    }
    with transaction() as session:
        take_in(session, entry | about)


def taken(alert_id: str, role: Role = Role.coordinator, *, outcome: str = "") -> None:
    """Somebody looks after it, and if there is an outcome, has closed it."""
    with transaction() as session:
        alert = session.get_one(Alert, alert_id)
        staff = demonstration_account(session, role, "hampshire")
        acknowledge(session, staff, alert)
        if outcome:
            close(session, staff, alert, outcome)


def alerts(officer_id: str) -> None:
    """One alert in each state, and what tests change."""
    raised("told to more", 15, kind="harm_to_others")
    with transaction() as session:
        escalate_overdue(session)
    raised("open", 3)
    raised("by text", 2, channel="text", reach={"phone": PHONE}, why="answered_yes")
    raised("not reached", 4, channel="text", reach={"phone": "+447700900464"})
    with transaction() as session:
        not_reached(session, "chat of not reached")
    taken("not reached")
    raised("from abroad", site="hampshire", channel="text", reach={"phone": ABROAD})
    taken("from abroad", outcome="reached")
    raised("by officer", audience="officer", kind="medical", reach={"staff": officer_id})
    raised("said again", conversation="one", kind="self_harm")
    raised("said again 2", conversation="one", kind="self_harm")
    raised("markup", said=MARKUP, kind="victim_of_abuse", why="not_said")
    raised("mine", 5, kind="child_at_risk")
    taken("mine")
    raised("another's", 5, kind="child_at_risk")
    taken("another's", Role.facilitator)
    raised("done", 6)
    taken("done", outcome="reached")
    for name in CHANGED:
        raised(name, site="west_midlands")


def asking(alert_id: str, language: str = "en", site: str = "west_midlands") -> str:
    """Somebody who says something in a web chat and presses "Talk to a person"; gives the token.

    Their alert is called by a name, as the others are.
    """
    conversation, token, messages = begin_chat(
        site=site, audience="participant", language=language, staff=None
    )
    speaker = speaker_of(token)
    take_turn(speaker, Incoming(MARKUP), None)
    button = next(
        option["choice"]
        for option in messages[-1].body["choices"]
        if option["do"]["intent"] == "talk_to_person"
    )
    take_turn(speaker, Incoming(choice=button), None)
    renamed(alert_id, conversation.id)
    return token


def asking_by_text(alert_id: str, phone: str) -> None:
    """Somebody who is answered by text; nobody says here whose eyes see the telephone."""
    inbound = Inbound("staged", alert_id, phone, "07700 900102", "I want to talk to somebody")
    take_text(inbound)
    speaker = speaker_texting(inbound)
    raised(
        alert_id,
        site="west_midlands",
        kind=ASKED,
        level="asked",
        why="asked",
        channel="text",
        conversation=speaker.id,
        reach={"phone": speaker.phone},
        answer_by=(now() + timedelta(hours=2)).isoformat(),
    )


def renamed(alert_id: str, conversation_id: str) -> None:
    """Take a request that is on the spool into the inbox under a name."""
    for entry_id in alert_spool().waiting():
        entry = alert_spool().read(entry_id)
        if entry and entry["conversation"] == conversation_id:
            alert_spool().remove(entry_id)
            with transaction() as session:
                take_in(session, entry | {"id": alert_id})


def answered(alert_id: str) -> None:
    """Somebody of the team has answered and looks after it."""
    with transaction() as session:
        alert = session.get_one(Alert, alert_id)
        answer(session, alert.conversation, Answer("I am here now.", "en", "Jo"), "staged")
        acknowledge(session, demonstration_account(session, Role.coordinator, alert.site), alert)


def chats() -> dict[str, str]:
    """Those who ask for a person, by the name of their alert; what opens their chats."""
    made = {name: asking(name) for name in ("asks", "asks without script", "is answered")}
    made["asks in Polish"] = asking("asks in Polish", "pl")
    answered("is answered")
    asking("has left")
    with transaction() as session:
        conversation = opened(session, session.get_one(Alert, "has left").conversation)
        assert conversation is not None
        conversation.ended_at = now()
    asking_by_text("asks by text", "07700 900481")
    asking_by_text("said stop", "07700 900482")
    with transaction() as session:
        stop(session, "west_midlands", "+447700900482")
    return made


def stage() -> dict[str, str]:
    """Sessions by the name of their person."""
    made = {}
    with transaction() as session:
        for name, (role, site) in PEOPLE.items():
            made[name] = sign_in(session, demonstration_account(session, role, site))
        colleague = add_staff(
            session,
            username="colleague.staged",
            password="a long enough password",
            role=Role.coordinator,
            site="west_midlands",
            name="Lou Harkness",
        )
        made["colleague"] = sign_in(session, colleague)
        officer_id = demonstration_account(session, Role.officer, "hampshire").id
    alerts(officer_id)
    made |= chats()
    outbox.deliver_due(senders())
    # A worker that lives for as long as the tests: no other process changes what was staged.
    sign_of_life().touch()
    os.utime(sign_of_life(), (time.time() + 86_400,) * 2)
    return made | {"data_dir": str(settings().data_dir)}


if __name__ == "__main__":
    upgrade()
    print(json.dumps(stage()))
