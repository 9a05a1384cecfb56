"""Signing in at the force, against a real OpenID provider in a process of its own."""

from __future__ import annotations

import base64
import hashlib
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from accounts import changing
from accounts.tables import SignInRequest, Staff
from core.database import transaction
from core.settings import settings
from tests.journeys.running import free_port
from tests.unit.browsing import Browser
from tests.unit.entering import (
    account,
    count_anew,
    is_in,
    problem_of,
    signed_in,
)
from tests.unit.forces import (  # noqa: F401 - fixtures
    CLIENT,
    NOT_BELIEVED,
    OFFICERS,
    SERGEANTS,
    SPENT,
    at_the_provider,
    changed,
    come_in,
    employ,
    its_provider,
    refused,
    set_out,
    set_up,
    set_up_with_the_force,
    staff_named,
)

pytestmark = pytest.mark.usefixtures("force")


# In


def test_the_first_time_makes_an_account_with_the_role_and_site_of_the_group(provider: str) -> None:
    employ(provider, "kit", OFFICERS, "Everybody", email="kit@force.example", collar_number="4417")
    browser, answer = come_in("kit", next="/referrals")
    assert (answer.status_code, answer.headers["location"]) == (303, "/referrals")
    assert is_in(browser)
    kit = staff_named("kit")
    assert kit
    assert (kit.role, kit.site, kit.rank, kit.name) == ("officer", "hampshire", "PC", "Kit Marlow")
    assert (kit.email, kit.collar_number) == ("kit@force.example", "4417")
    come_in("kit")
    with transaction() as session:
        assert session.scalar(select(func.count()).where(Staff.force_id == kit.force_id)) == 1


def test_the_way_carries_a_challenge_a_nonce_and_a_state_and_no_secret(provider: str) -> None:
    asked = parse_qs(urlsplit(set_out(Browser())).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len({asked["state"][0], asked["nonce"][0], asked["code_challenge"][0]}) == 3
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43
    with transaction() as session:
        kept = session.scalars(select(SignInRequest)).one()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(kept.verifier.encode()).digest())
    assert challenge.decode().rstrip("=") == asked["code_challenge"][0]
    assert kept.verifier not in str(asked)
    assert asked["state"][0] != kept.state_hash


def test_the_browser_is_given_nothing_of_it_to_keep(provider: str) -> None:
    browser = Browser()
    set_out(browser)
    assert set(browser.cookies) == {"__Host-cara_csrf"}


def test_another_role_at_the_force_ends_the_sessions_of_the_old_one(provider: str) -> None:
    employ(provider, "pat", OFFICERS)
    before, _ = come_in("pat")
    employ(provider, "pat", SERGEANTS)
    after, _ = come_in("pat")
    assert (is_in(before), is_in(after)) == (False, True)
    pat = staff_named("pat")
    assert pat
    assert (pat.role, pat.rank) == ("authoriser", "Sergeant")


def test_the_same_role_leaves_the_other_session_as_it_is(provider: str) -> None:
    employ(provider, "lee", OFFICERS)
    before, _ = come_in("lee")
    come_in("lee")
    assert is_in(before)


def test_the_name_of_a_local_account_is_not_taken_over(provider: str) -> None:
    local = account("sam@force.example")
    employ(provider, "sam", OFFICERS)
    _, answer = come_in("sam")
    assert answer.status_code == 303
    with transaction() as session:
        found = session.scalars(select(Staff).where(Staff.force_id.is_not(None))).all()
        assert local.id not in {each.id for each in found}
    assert is_in(signed_in("sam@force.example"))


def test_an_account_of_the_force_has_no_password(provider: str) -> None:
    employ(provider, "ash", OFFICERS)
    browser, _ = come_in("ash")
    for password in ("", "a word to get in with"):
        answer = Browser().post("/sign-in", username="ash@force.example", password=password)
        assert answer.status_code == 422
    assert browser.get("/account/password").status_code == 404
    assert browser.get("/account/second-factor").status_code == 404
    assert "force account" in browser.get("/account").text


# Not in


def test_without_a_group_of_ours_nobody_gets_in(provider: str) -> None:
    employ(provider, "mo", "Everybody", "hants cara officers")
    browser, answer = come_in("mo")
    assert answer.status_code == 403
    assert problem_of(answer).startswith("Your force has not given you access")
    assert not is_in(browser)
    assert staff_named("mo") is None
    assert refused() == ["staff:unknown"]


@pytest.mark.parametrize("claim", [None, 7, {"a": "b"}, [7, None]])
def test_a_claim_of_another_shape_is_no_group(provider: str, claim: object) -> None:
    employ(provider, "shape", groups=claim)
    _, answer = come_in("shape")
    assert answer.status_code == 403


def test_of_two_roles_nobody_chooses(provider: str) -> None:
    employ(provider, "two", OFFICERS, SERGEANTS)
    browser, answer = come_in("two")
    assert (answer.status_code, is_in(browser)) == (403, False)
    assert "more than one role" in problem_of(answer)


def test_an_account_that_is_switched_off_stays_out(provider: str) -> None:
    employ(provider, "off", OFFICERS)
    browser, _ = come_in("off")
    with transaction() as session:
        changing.disable(session, session.get_one(Staff, staff_named("off").id))  # type: ignore[union-attr]
    assert not is_in(browser)
    again, answer = come_in("off")
    assert (answer.status_code, is_in(again)) == (403, False)
    assert "switched off" in problem_of(answer)


def test_a_way_back_is_spent_once(provider: str) -> None:
    employ(provider, "once", OFFICERS)
    browser = Browser()
    back = at_the_provider(set_out(browser), "once")
    assert browser.get(back).status_code == 303
    answer = browser.get(back)
    assert (answer.status_code, problem_of(answer)) == (422, SPENT)


def test_a_way_back_is_for_the_browser_that_set_out(provider: str) -> None:
    employ(provider, "mine", OFFICERS)
    browser, other = Browser(), Browser()
    back = at_the_provider(set_out(browser), "mine")
    other.get("/")
    assert other.get(back).status_code == 422
    assert Browser().get(back).status_code == 422
    assert not is_in(other)
    assert browser.get(back).status_code == 303


def test_a_state_of_nobodys_opens_nothing(provider: str) -> None:
    employ(provider, "state", OFFICERS)
    browser = Browser()
    back = at_the_provider(set_out(browser), "state")
    for wrong in ("", "guessed", "\x00", "x" * 3_000):
        assert browser.get(changed(back, state=wrong)).status_code == 422
    assert browser.get("/sign-in/force/return").status_code == 422


def test_a_way_back_ends_after_ten_minutes(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from accounts.web import force as pages
    from core.clock import now

    employ(provider, "slow", OFFICERS)
    browser = Browser()
    back = at_the_provider(set_out(browser), "slow")
    monkeypatch.setattr(pages, "now", lambda: now() + timedelta(minutes=10))
    answer = browser.get(back)
    assert (answer.status_code, problem_of(answer)) == (422, SPENT)


def test_another_nonce_is_not_believed(provider: str) -> None:
    employ(provider, "nonce", OFFICERS)
    browser = Browser()
    way = changed(set_out(browser), nonce="of-another-sign-in")
    answer = browser.get(at_the_provider(way, "nonce"))
    assert (answer.status_code, problem_of(answer)) == (422, NOT_BELIEVED)
    assert not is_in(browser)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "somebody-else"},
        {"aud": ["somebody-else", CLIENT], "azp": "somebody-else"},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"iat": int(time.time()) + 3_600},
        {"nonce": None},
        {"at_hash": "b3RoZXI"},
    ],
    ids=lambda claims: "-".join(f"{name}" for name in claims),
)
def test_what_is_not_meant_for_us_and_now_is_not_believed(
    provider: str, claims: dict[str, object]
) -> None:
    employ(provider, "claims", OFFICERS, **claims)
    browser, answer = come_in("claims")
    assert (answer.status_code, problem_of(answer)) == (422, NOT_BELIEVED)
    assert not is_in(browser)
    assert staff_named("claims") is None
    employ(provider, "claims", OFFICERS)
    assert come_in("claims")[1].status_code == 303


def test_a_code_of_another_client_is_not_believed(provider: str) -> None:
    employ(provider, "client", OFFICERS)
    browser = Browser()
    way = changed(set_out(browser), client_id="somebody-else")
    answer = browser.get(at_the_provider(way, "client"))
    assert (answer.status_code, is_in(browser)) == (422, False)


def test_keys_of_another_provider_are_not_believed(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from joserfc.jwk import KeySet, RSAKey

    from accounts.web import provider as talk

    employ(provider, "keys", OFFICERS)
    others = KeySet([RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"})]).as_dict()
    ours = talk._document
    monkeypatch.setattr(
        talk, "_document", lambda address: others if "jwks" in address else ours(address)
    )
    browser, answer = come_in("keys")
    assert (answer.status_code, problem_of(answer)) == (422, NOT_BELIEVED)
    assert not is_in(browser)


def test_who_says_no_at_the_force_is_told_so(provider: str) -> None:
    browser = Browser()
    answer = httpx.post(set_out(browser), data={"action": "deny"})
    back = urlsplit(answer.headers["location"])
    told = browser.get(f"{back.path}?{back.query}")
    assert (told.status_code, is_in(browser)) == (422, False)


def test_another_issuer_in_the_answer_is_refused(provider: str) -> None:
    employ(provider, "mixed", OFFICERS)
    browser = Browser()
    back = at_the_provider(set_out(browser), "mixed")
    assert browser.get(changed(back, iss="https://elsewhere.example")).status_code == 422


def test_a_provider_that_is_away_is_said_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, f"http://127.0.0.1:{free_port()}", tmp_path / "groups.yml")
    answer = Browser().post("/sign-in/force")
    assert answer.status_code == 503
    assert problem_of(answer).startswith("Your force’s sign-in does not answer")


def test_a_provider_that_calls_itself_otherwise_is_none(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(monkeypatch, provider.replace("127.0.0.1", "localhost") + "/", tmp_path / "groups.yml")
    assert Browser().post("/sign-in/force").status_code == 503


def test_where_tries_cannot_be_counted_nobody_sets_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARA_REDIS_URL", "redis://127.0.0.1:1/0")
    count_anew()
    settings.cache_clear()
    assert Browser().post("/sign-in/force").status_code == 503


def test_no_other_page_sends_anybody_there() -> None:
    browser = Browser()
    browser.get("/")
    assert browser.forge("/sign-in/force", next="/officer").status_code == 403
