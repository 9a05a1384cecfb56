"""The second factor of local accounts: an app's codes count once, recovery codes too, nobody passes
without where one is set up, and in production everybody sets one up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from cryptography.fernet import InvalidToken
from sqlalchemy import func, select

from accounts.demonstration import PASSWORD
from accounts.tables import Staff, StaffCode
from core.database import transaction
from tests.unit.browsing import Browser
from tests.unit.entering import (
    KIT,
    WORD,
    App,
    Clock,
    account,
    become_production,
    count_anew,
    is_in,
    offer_of,
    problem_of,
    secret_of,
    set_up_app,
    shown_key,
    sign_in,
    signed_in,
)

pytestmark = pytest.mark.usefixtures("sqlite")
WRONG = (
    "The user name, the password or the code is not right. After 5 wrong tries, wait 15 minutes."
)


@pytest.fixture(autouse=True)
def nobody_has_tried() -> Iterator[None]:
    count_anew()
    yield
    count_anew()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def app(clock: Clock) -> App:
    """Kit has an account, with this app."""
    account()
    made, _ = set_up_app(signed_in(), clock)
    clock.on(seconds=60)
    return made


def enters(password: str = WORD, code: str = "", address: str = "127.0.0.1") -> bool:
    return sign_in(Browser(address), KIT, password, code).status_code == 303


def test_with_an_app_the_password_alone_does_not_open(app: App) -> None:
    answer = sign_in(Browser())
    assert (answer.status_code, problem_of(answer)) == (422, WRONG)
    assert enters(code=app.code())


def test_a_code_counts_once(app: App, clock: Clock) -> None:
    assert enters(code=app.code())
    assert not enters(code=app.code())
    clock.on(seconds=30)
    assert enters(code=app.code())


def test_a_code_before_the_one_that_counted_counts_no_more(app: App, clock: Clock) -> None:
    earlier = app.code()
    clock.on(seconds=30)
    assert enters(code=app.code())
    assert not enters(code=earlier)


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-30, True), (30, True), (-90, False), (90, False)]
)
def test_a_telephones_clock_may_be_half_a_minute_out(
    app: App, clock: Clock, seconds: int, counts: bool
) -> None:
    code = app.totp.at(int(clock.time.timestamp()) + seconds)
    assert enters(code=code) is counts


@pytest.mark.parametrize(
    "typed", ["", "000000", "12345", "１２３４５６", "abcdef", "x" * 5_000, "\x00"]
)
def test_what_is_no_code_does_not_open(app: App, typed: str) -> None:
    assert not enters(code=typed)


def test_a_right_code_does_not_help_a_wrong_password(app: App) -> None:
    assert not enters("not the word at all", app.code())
    assert enters(code=app.code())


def test_a_recovery_code_stands_for_the_app_once(clock: Clock) -> None:
    account()
    _, recovery = set_up_app(signed_in(), clock)
    assert len(set(recovery)) == 10
    assert enters(code=recovery[3])
    assert not enters(code=recovery[3])
    assert enters(code=recovery[7].replace("-", " ").lower())


def test_codes_are_kept_as_hashes_and_the_apps_key_encrypted(clock: Clock) -> None:
    account()
    app, recovery = set_up_app(signed_in(), clock)
    with transaction() as session:
        kept = session.connection().exec_driver_sql("SELECT totp_secret FROM staff").all()
        hashes = session.scalars(select(StaffCode.code_hash)).all()
    assert not any(app.totp.secret.encode() in bytes(each) for (each,) in kept if each)
    assert all(len(each) == 64 for each in hashes)
    assert not {each.replace("-", "") for each in recovery} & set(hashes)


def test_new_recovery_codes_replace_the_old(clock: Clock) -> None:
    account()
    browser = signed_in()
    _, old = set_up_app(browser, clock)
    answer = browser.post("/account/recovery-codes")
    new = re.findall(r"<li><code>([A-Z0-9-]+)</code>", answer.text)
    assert len(new) == 10
    assert not enters(code=old[0])
    assert enters(code=new[0])


def test_wrong_codes_are_counted_from_everywhere(app: App, clock: Clock) -> None:
    for at in range(10):
        assert not enters(code="000000", address=f"192.0.2.{at + 1}")
    assert not enters(code=app.code(), address="192.0.2.99")


def test_who_does_not_know_the_password_shuts_nobody_out(app: App) -> None:
    for at in range(12):
        assert not enters("a guess of somebody", "000000", f"192.0.2.{at + 1}")
    assert enters(code=app.code())


def test_the_app_is_taken_on_only_when_it_shows_a_code(clock: Clock) -> None:
    account()
    browser = signed_in()
    page = browser.get("/account/second-factor").text
    answer = browser.post("/account/second-factor", offer=offer_of(page), code="000000")
    assert answer.status_code == 422
    assert problem_of(answer).startswith("The code is not right")
    assert shown_key(answer.text) == shown_key(page)
    assert enters()


def test_an_offer_to_somebody_else_is_not_taken(clock: Clock) -> None:
    account()
    account("pat.lee")
    theirs = signed_in("pat.lee").get("/account/second-factor").text
    code = App(shown_key(theirs), clock).code()
    answer = signed_in().post("/account/second-factor", offer=offer_of(theirs), code=code)
    assert answer.status_code == 422
    assert enters()


def test_setting_an_app_up_ends_other_sessions_and_renews_this_one(clock: Clock) -> None:
    account()
    here, elsewhere = signed_in(), signed_in()
    before = secret_of(here)
    set_up_app(here, clock)
    assert is_in(here)
    assert secret_of(here) != before
    assert not is_in(elsewhere)


def test_another_app_asks_first_who_one_is(app: App, clock: Clock) -> None:
    browser = signed_in(code=app.code())
    clock.on(minutes=16)
    answer = browser.get("/account/second-factor")
    assert answer.headers["location"] == "/sign-in/again?next=/account/second-factor"
    said = {"next": "/account/second-factor", "password": WORD}
    assert browser.post("/sign-in/again", **said).status_code == 422
    answer = browser.post("/sign-in/again", **said, code=app.code())
    assert answer.headers["location"] == "/account/second-factor"
    assert browser.get("/account/second-factor").status_code == 200


def test_in_production_the_password_alone_leads_only_to_setting_an_app_up(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account()
    become_production(monkeypatch)
    browser = Browser()
    answer = sign_in(browser, next="/referrals")
    assert answer.headers["location"] == "/account/second-factor"
    for path in ("/officer", "/account", "/account/password", "/referrals"):
        assert browser.get(path).headers["location"].startswith("/sign-in")
    set_up_app(browser, clock)
    assert is_in(browser)


def test_what_only_leads_to_an_app_lasts_for_a_quarter_of_an_hour(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account()
    become_production(monkeypatch)
    browser = Browser()
    sign_in(browser)
    clock.on(minutes=15)
    assert browser.get("/account/second-factor").status_code == 303


def test_the_widgets_window_asks_for_the_code_too(app: App) -> None:
    browser = Browser()
    said = {"site": "hampshire", "username": KIT, "password": WORD}
    answer = browser.post("/widget/sign-in", **said)
    assert (answer.status_code, "data-token" in answer.text) == (422, False)
    assert "data-token" in browser.post("/widget/sign-in", **said, code=app.code()).text


def test_the_widgets_window_in_production_leads_to_setting_an_app_up(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account()
    become_production(monkeypatch)
    answer = Browser().post("/widget/sign-in", site="hampshire", username=KIT, password=WORD)
    assert answer.headers["location"] == "/account/second-factor"
    assert "data-token" not in answer.text


def test_a_demonstration_account_needs_none_and_can_have_none(clock: Clock) -> None:
    browser = signed_in("officer.hampshire", PASSWORD)
    page = browser.get("/account/second-factor").text
    assert "everybody’s" in page
    assert "otpauth" not in page
    with transaction() as session:
        assert not session.scalar(select(func.count()).where(Staff.totp_secret.is_not(None)))


def test_where_tries_cannot_be_counted_nobody_gets_in_and_nothing_is_used_up(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account()
    _, recovery = set_up_app(signed_in(), clock)
    # Nothing listens there.
    monkeypatch.setenv("CARA_REDIS_URL", "redis://127.0.0.1:1/0")
    count_anew()
    from core.settings import settings

    settings.cache_clear()
    browser = Browser()
    answer = sign_in(browser, code=recovery[0])
    assert (answer.status_code, is_in(browser)) == (503, False)
    assert problem_of(answer) == "You cannot sign in at the moment. Try again in a few minutes."
    monkeypatch.delenv("CARA_REDIS_URL")
    count_anew()
    settings.cache_clear()
    assert enters(code=recovery[0])


def test_a_key_that_cannot_be_read_lets_nobody_in(app: App) -> None:
    with transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE staff SET totp_secret = x'00' WHERE totp_secret IS NOT NULL"
        )
    browser = Browser()
    with pytest.raises(InvalidToken):
        sign_in(browser, code=app.code())
    assert not secret_of(browser)
