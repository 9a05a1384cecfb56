"""Who sees which sessions and may end them; and what ends them at once by itself.

Each is shown as the database knows it, and where Redis has it at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import changing, sessions
from accounts import staff as accounts
from accounts.staff import add_staff, called
from accounts.tables import Role, Staff, StaffSession
from accounts.web.session import COOKIE
from core.database import transaction
from tests.unit.at_hand import a_redis
from tests.unit.browsing import Browser
from tests.unit.entering import KIT, WORD, Clock, account, count_anew, is_in, secret_of, signed_in
from tests.unit.text_standins import set_up

pytestmark = pytest.mark.usefixtures("sqlite")
HANDLE = re.compile(r'action="((?:/account)?/sessions/[\w-]+/end)"')


@pytest.fixture(autouse=True)
def nobody_has_tried() -> Iterator[None]:
    count_anew()
    yield
    count_anew()


@pytest.fixture(autouse=True, params=["database", "redis"])
def kept_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "redis":
        set_up(monkeypatch, redis_url=a_redis())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def the(name: str, session: Session) -> Staff:
    found = called(session, name)
    assert found
    return found


def ends_of(page: str) -> list[str]:
    """The ways to end a session that a page offers."""
    return HANDLE.findall(page)


def watching(role: Role = Role.site_admin, site: str = "hampshire") -> Browser:
    account(f"watcher.{role}.{site}", role, site)
    return signed_in(f"watcher.{role}.{site}")


def test_an_administrator_sees_and_ends_the_sessions_of_the_site() -> None:
    account()
    officer, admin = signed_in(), watching()
    page = admin.get("/sessions").text
    assert "kit.marlow, officer, Hampshire" in page
    (end,) = ends_of(page)
    assert admin.post(end).headers["location"] == "/sessions?done=ended"
    assert not is_in(officer)
    assert ends_of(admin.get("/sessions").text) == []
    assert admin.post(end).status_code == 404


def test_nothing_on_the_page_opens_a_session() -> None:
    account()
    officer, admin = signed_in(), watching()
    page = admin.get("/sessions").text
    with transaction() as session:
        hashes = session.scalars(select(StaffSession.token_hash)).all()
    assert secret_of(officer) not in page
    assert not [each for each in hashes if each in page]
    for handle in (end.split("/")[-2] for end in ends_of(page)):
        browser = Browser()
        browser.cookies.set(COOKIE, handle, domain="example.org")
        assert not is_in(browser)


def test_another_sites_sessions_are_not_there() -> None:
    account("pat.lee", site="west_midlands")
    theirs = signed_in("pat.lee")
    (end,) = ends_of(watching(site="west_midlands").get("/sessions").text)
    admin = watching()
    assert "pat.lee" not in admin.get("/sessions").text
    assert admin.post(end).status_code == 404
    assert is_in(theirs)


def test_an_operator_sees_every_site_and_no_administrator_ends_an_operators() -> None:
    account("pat.lee", site="west_midlands")
    account("gil.march", Role.operator)
    signed_in("pat.lee")
    operators = signed_in("gil.march")
    assert "pat.lee" in watching(Role.operator).get("/sessions").text
    assert "gil.march" not in watching().get("/sessions").text
    assert is_in(operators)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.site_admin, Role.operator}))
def test_for_everybody_else_there_is_no_such_page(role: Role) -> None:
    account()
    signed_in()
    (end,) = ends_of(watching(Role.operator).get("/sessions").text)
    browser = watching(role)
    assert browser.get("/sessions").status_code == 404
    assert browser.post(end).status_code == 404
    assert '/sessions"' not in browser.get("/account").text


def test_everybody_sees_and_ends_their_own() -> None:
    account()
    account("pat.lee")
    here, elsewhere, others = signed_in(), signed_in(), signed_in("pat.lee")
    (end,) = ends_of(here.get("/account").text)
    assert others.post(end).status_code == 404
    assert here.post(end).status_code == 303
    assert (is_in(here), is_in(elsewhere), is_in(others)) == (True, False, True)


def test_a_token_of_a_service_is_listed_by_its_label_and_ended(clock: Clock) -> None:
    with transaction() as session:
        staff = add_staff(
            session, username="system.one", password=WORD, role=Role.navigator,
            site="hampshire", name="Case system",
        )  # fmt: skip
        secret = accounts.sign_in(
            session, staff, kind="token", lasts=timedelta(days=90), label="Provider's system"
        )
    clock.on(days=89)
    admin = watching()
    page = admin.get("/sessions").text
    assert "A service: Provider&#39;s system" in page
    admin.post(ends_of(page)[0])
    with transaction() as session:
        assert accounts.signed_in(session, secret) is None


def test_a_token_is_no_cookie() -> None:
    member = account("nav.one", Role.navigator)
    with transaction() as session:
        secret = accounts.sign_in(session, member, kind="token")
    browser = Browser()
    browser.cookies.set(COOKIE, secret, domain="example.org")
    assert not is_in(browser)


def to_another_role(session: Session) -> None:
    changing.change(session, the(KIT, session), Role.coordinator, "hampshire")


def to_another_site(session: Session) -> None:
    changing.change(session, the(KIT, session), Role.officer, "west_midlands")


@pytest.mark.parametrize(
    "change",
    [
        lambda session: changing.disable(session, the(KIT, session)),
        lambda session: changing.reset(session, the(KIT, session)),
        to_another_role,
        to_another_site,
    ],
)
def test_what_changes_an_account_ends_its_sessions_at_once(
    change: Callable[[Session], object],
) -> None:
    account()
    browser = signed_in()
    with transaction() as session:
        change(session)
    assert not is_in(browser)
    with transaction() as session:
        assert not session.scalar(
            select(func.count())
            .select_from(StaffSession)
            .where(StaffSession.staff_id == the(KIT, session).id)
        )


def test_a_change_to_the_same_role_ends_nothing() -> None:
    account()
    browser = signed_in()
    with transaction() as session:
        changing.change(session, the(KIT, session), Role.officer, "hampshire")
    assert is_in(browser)


def test_signing_in_again_ends_the_session_before_and_makes_another_secret() -> None:
    account()
    browser = signed_in()
    before = secret_of(browser)
    # A forgotten page of an earlier sign-in is sent once more.
    browser.post("/sign-in", username=KIT, password=WORD)
    assert secret_of(browser) != before
    with transaction() as session:
        assert accounts.signed_in(session, before) is None


def test_what_is_over_is_swept_and_nothing_else(clock: Clock) -> None:
    account()
    signed_in()
    with transaction() as session:
        staff = the(KIT, session)
        accounts.sign_in(session, staff, kind="token", lasts=timedelta(days=30), label="A system")
        changing.codes.make(session, staff, "password", 1, changing.CODE_LASTS)
        changing.codes.make(session, staff, "recovery", 10)
    clock.on(minutes=29)
    assert swept() == (2, 11)
    clock.on(minutes=1)
    assert swept() == (1, 11)
    clock.on(minutes=30)
    assert swept() == (1, 10)
    clock.on(days=30)
    assert swept() == (0, 10)


def swept() -> tuple[int, int]:
    """How many sessions and codes are left after sweeping."""
    with transaction() as session:
        sessions.sweep(session)
        kept = session.scalar(select(func.count()).select_from(StaffSession))
        codes = session.scalar(select(func.count()).select_from(changing.codes.StaffCode))
        return kept or 0, codes or 0
