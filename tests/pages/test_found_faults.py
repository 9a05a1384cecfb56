"""Faults found in the pages of alerts and texts: each test fails until its fault is mended.

Then it belongs beside its neighbours in the file that is named above it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from accounts.demonstration import PASSWORD
from core.words import words
from tests.faults.receivers import Inbox, mail_server
from tests.journeys.running import free_port
from tests.pages.conftest import STAFF, Visit, Web
from tests.pages.staged_alerts import close_without_saying_how, page_of, serving, staged


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with staged(tmp_path_factory.mktemp("alerts")) as web:
        yield web


# test_alert_pages.py


def test_signing_in_leads_on_to_the_alert_of_the_letter(visit: Visit) -> None:
    """The letter says: sign in, take it on. Today the link ends at the desk."""
    page = visit(page_of("open"))
    page.get_by_label("User name").fill("coordinator.hampshire")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A life may be at risk")


def test_a_number_from_abroad_is_shown_so_that_it_can_be_rung(visit: Visit) -> None:
    """+48 512 345 678 is shown as 512 345 678, which rings nobody here."""
    page = visit(page_of("from abroad"), staff="coordinator")
    assert page.get_by_text("+48 512 345 678").count() == 1


def test_reading_what_was_sent_is_on_record_too(web: Web) -> None:
    """It shows telephone numbers and the texts that went to them."""

    def acts() -> list[str]:
        with closing(sqlite3.connect(Path(web.staged["data_dir"]) / "cara.db")) as held:
            return [row[0] for row in held.execute("SELECT act FROM audit ORDER BY id")]

    before = acts()
    cookie = {"cookie": f"{STAFF}={web.staged['coordinator']}"}
    assert httpx.get(f"{web.url}/outbox", headers=cookie, timeout=20).status_code == 200
    assert len(acts()) == len(before) + 1


def test_an_error_leads_to_the_answer_that_is_missing_also_at_anothers_alert(
    visit: Visit,
) -> None:
    """Only who took it on gets the link, though anybody may close it."""
    page = visit(page_of("another's"), staff="coordinator")
    close_without_saying_how(page)
    assert page.locator(".govuk-error-summary a[href='#outcome']").count() == 1


def test_a_number_of_times_is_said_as_people_say_it(visit: Visit) -> None:
    shown = visit(page_of("said again"), staff="coordinator").locator("dl").inner_text()
    assert "1 times" not in shown
    assert (
        "\n1 minutes ago" not in visit("/alerts", staff="coordinator").locator("table").inner_text()
    )


def test_a_mail_that_has_left_is_not_said_to_be_kept_on_the_screen(visit: Visit, web: Web) -> None:
    """In the demonstration with CARA_SMTP_URL set, mails leave; the page says that none does."""
    inbox = Inbox()
    with mail_server(inbox, free_port()) as smtp:
        data_dir = Path(web.staged["data_dir"])
        with serving(data_dir, CARA_SMTP_URL=smtp) as url:
            cookie = {"cookie": f"{STAFF}={web.staged['coordinator']}"}
            shown = httpx.get(f"{url}/outbox", headers=cookie, timeout=20).text
    assert "e-mails and texts stay on this page" not in shown


# test_telephone.py


def test_a_first_text_is_told_who_sees_what_it_says(http: httpx.Client) -> None:
    """Rule 4: the one exception, said at the start of the chat, is risk of serious harm."""
    body = {"id": "1", "from": "07700 900499", "to": "07700 900101", "text": "hello"}
    key = {"authorization": "Bearer demonstration-only"}
    told = http.post("/texts/inbound", json=body, headers=key).json()["texts"]
    assert words("utter_participant_welcome", "en").text in "\n".join(told)
