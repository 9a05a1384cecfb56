"""A referral that is withdrawn: what had not left never leaves, and who may have it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.database import transaction
from core.outbox import SENT, WAITING, Outgoing
from referrals.transitions import Event
from tests.unit import handing_over
from tests.unit.handing_over import EMAIL, PULL, letters, set_site

pytestmark = pytest.mark.usefixtures("sqlite")


@pytest.fixture(autouse=True)
def routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with handing_over.site_with_routes(tmp_path / "sites", monkeypatch) as folder:
        yield folder


@pytest.mark.parametrize("route", [handing_over.WEBHOOK, EMAIL, PULL], ids=lambda way: way["route"])
def test_a_provider_that_may_have_it_is_told_of_a_withdrawal(
    routes: Path, route: dict[str, Any]
) -> None:
    set_site(routes, hand_over=route)
    referral_id = handing_over.authorised()
    with transaction() as session:
        session.execute(update(Outgoing).where(Outgoing.status == WAITING).values(status=SENT))
    handing_over.do(referral_id, Event.withdraw, "w")
    assert len(letters("hand_over:")) == 1
    (told,) = letters("withdrawal:")
    if told.kind != "email":
        assert set(told.payload["body"]) == {"reference", "event", "at"}
        assert told.payload["body"]["event"] == "withdrawn"


def test_what_has_not_left_of_a_withdrawn_referral_never_leaves(routes: Path) -> None:
    for route in (handing_over.WEBHOOK, None):
        set_site(routes, hand_over=route)
        handing_over.do(handing_over.authorised(), Event.withdraw, "w")
    assert letters("hand_over:") == []


def test_what_was_given_up_before_the_withdrawal_is_not_sent_again() -> None:
    referral_id = handing_over.authorised()
    with transaction() as session:
        session.execute(update(Outgoing).values(status="dead"))
    handing_over.do(referral_id, Event.withdraw, "w")
    assert letters("hand_over:") == []


def test_a_referral_withdrawn_before_it_was_authorised_tells_no_provider() -> None:
    handing_over.do(handing_over.sent(), Event.withdraw, "w")
    assert letters("withdrawal:") == letters("hand_over:") == []
