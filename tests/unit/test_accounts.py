"""Staff: passwords, sessions and their ends, and that the demonstration stays where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import passwords
from accounts import staff as accounts
from accounts.demonstration import PASSWORD, add_demonstration_accounts, username
from accounts.staff import (
    AccountError,
    add_staff,
    authorisers,
    check_password,
    sign_in,
    sign_out,
    signed_in,
)
from accounts.tables import Role, Staff, StaffSession
from core.audit import AuditRow
from core.crypto import lookup_hash
from core.database import transaction
from core.settings import SHORTEST_SECRET, Settings, settings
from tests.unit.handing_over import site_with_routes

WORD = "a word to get in with"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
database = pytest.mark.usefixtures("database")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the clock of the accounts to so long after nine o'clock."""

    def move(after: timedelta) -> None:
        monkeypatch.setattr(accounts, "now", lambda: START + after)

    move(timedelta())
    return move


def new_staff(session: Session, name: str = "kit.marlow", **about: object) -> Staff:
    given = {"password": WORD, "role": Role.officer, "site": "hampshire", "name": "Kit Marlow"}
    return add_staff(session, username=name, **(given | about))  # type: ignore[arg-type]


def signed_in_secret(kind: str = "browser") -> str:
    with transaction() as session:
        return sign_in(session, new_staff(session), kind=kind)


def who(secret: str | None) -> str | None:
    with transaction() as session:
        found = signed_in(session, secret)
        return found.username if found else None


def may_enter(name: str, password: str) -> bool:
    with transaction() as session:
        return check_password(session, name, password) is not None


def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same copy, switched to production."""
    monkeypatch.setenv("CARA_MODE", "production")
    settings.cache_clear()


# Passwords


@database
def test_a_password_is_kept_only_as_its_argon2_hash() -> None:
    with transaction() as session:
        kept = new_staff(session).password_hash
        assert kept.startswith("$argon2id$")
        assert WORD not in kept


@database
def test_who_knows_the_password_gets_in_whatever_the_case_of_the_name() -> None:
    with transaction() as session:
        new_staff(session, "Kit.Marlow ")
    assert may_enter("kit.marlow", WORD)
    assert may_enter(" KIT.MARLOW", WORD)


@database
@pytest.mark.parametrize("typed", ["", WORD[:-1], WORD.upper(), f"{WORD} ", "\x00", "x" * 5_000])
def test_a_wrong_password_does_not_open(typed: str) -> None:
    with transaction() as session:
        new_staff(session)
    assert not may_enter("kit.marlow", typed)


@database
@pytest.mark.parametrize(
    "name", ["", "nobody", "kit.marlow' or '1'='1", "kit\x00marlow", "k" * 999]
)
def test_a_name_that_nobody_has_does_not_open_and_breaks_nothing(name: str) -> None:
    with transaction() as session:
        new_staff(session)
    assert not may_enter(name, WORD)


@database
def test_an_unknown_name_costs_exactly_the_work_of_a_wrong_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with transaction() as session:
        new_staff(session)
    costs: list[str] = []
    verify = passwords._hasher.verify

    class Counting:
        """The same hasher, which notes the cost in the hash that it was asked to check."""

        def verify(self, hashed: str, password: str) -> bool:
            costs.append(hashed.rsplit("$", 2)[0])
            return verify(hashed, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert not may_enter("kit.marlow", "a wrong one")
    assert not may_enter("nobody", "a wrong one")
    assert len(costs) == 2
    assert costs[0] == costs[1]


@database
def test_a_short_password_is_refused_with_the_length_it_needs() -> None:
    with transaction() as session:
        with pytest.raises(AccountError, match="12 characters or more"):
            new_staff(session, password="short pass!")
        assert new_staff(session, password="twelve chars")


@database
def test_a_name_is_given_once_in_whatever_case() -> None:
    with transaction() as session:
        new_staff(session)
        with pytest.raises(AccountError, match="already an account"):
            new_staff(session, "KIT.Marlow")


# Sessions


@database
def test_the_server_keeps_only_a_hash_of_the_sessions_secret() -> None:
    secret = signed_in_secret()
    with transaction() as session:
        (kept,) = session.scalars(select(StaffSession))
        assert len(secret) >= 43
        assert secret not in (kept.token_hash, kept.staff_id)
    assert who(secret) == "kit.marlow"


@database
@pytest.mark.parametrize("secret", [None, "", "guessed", "\x00"])
def test_without_a_known_secret_nobody_is_signed_in(secret: str | None) -> None:
    signed_in_secret()
    assert who(secret) is None


@database
def test_after_signing_out_the_secret_is_worth_nothing_and_other_sessions_go_on() -> None:
    with transaction() as session:
        member = new_staff(session)
        here, elsewhere = sign_in(session, member), sign_in(session, member)
    with transaction() as session:
        sign_out(session, here)
        sign_out(session, "guessed")
        sign_out(session, None)
    assert (who(here), who(elsewhere)) == (None, "kit.marlow")


@database
def test_thirty_idle_minutes_end_a_session_in_the_browser(
    clock: Callable[[timedelta], None],
) -> None:
    secret = signed_in_secret()
    clock(timedelta(minutes=29, seconds=59))
    assert who(secret) == "kit.marlow"
    clock(timedelta(minutes=59, seconds=58))
    assert who(secret) == "kit.marlow"
    clock(timedelta(minutes=89, seconds=58))
    assert who(secret) is None


@database
def test_twelve_hours_end_a_session_however_busy(clock: Callable[[timedelta], None]) -> None:
    secret = signed_in_secret()
    for minutes in range(20, 12 * 60, 20):
        clock(timedelta(minutes=minutes))
        assert who(secret) == "kit.marlow"
    clock(timedelta(hours=12))
    assert who(secret) is None


@database
def test_a_token_for_scripts_may_rest_but_ends_as_well(
    clock: Callable[[timedelta], None],
) -> None:
    secret = signed_in_secret("token")
    clock(timedelta(hours=11, minutes=59))
    assert who(secret) == "kit.marlow"
    clock(timedelta(hours=12))
    assert who(secret) is None


@database
def test_a_disabled_account_neither_gets_in_nor_stays_in() -> None:
    secret = signed_in_secret()
    with transaction() as session:
        session.scalars(
            select(Staff).where(Staff.username == "kit.marlow")
        ).one().disabled_at = START
    assert who(secret) is None
    assert not may_enter("kit.marlow", WORD)


@database
def test_who_is_below_the_rank_of_sergeant_is_not_offered_as_authoriser() -> None:
    with transaction() as session:
        constable = new_staff(session, role=Role.authoriser, rank="PC")
        assert constable not in authorisers(session, "hampshire", but="")


@pytest.mark.parametrize(
    ("lowest", "able"),
    [
        ("sergeant", {"Sergeant", "Detective Inspector", "Chief Inspector", "Superintendent"}),
        ("inspector", {"Detective Inspector", "Chief Inspector", "Superintendent"}),
        ("chief inspector", {"Chief Inspector", "Superintendent"}),
        ("superintendent", {"Superintendent"}),
    ],
)
@database
def test_a_site_says_from_which_rank_and_who_else_may_authorise(
    lowest: str, able: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always = {"Assistant Chief Constable", "Specially authorised", "Evidence review officer"}
    rule = {"lowest_rank": lowest, "specially_authorised": ["evidence review officer"]}
    with (
        site_with_routes(tmp_path / "sites", monkeypatch, who_authorises=rule),
        transaction() as session,
    ):
        for at, rank in enumerate(
            [*always, "PC", "Sergeant", "Detective Inspector", "Chief Inspector", "Superintendent"]
        ):
            new_staff(session, f"person.{at}", role=Role.authoriser, rank=rank)
        offered = authorisers(session, "hampshire", but="")
        assert {each.rank for each in offered if not each.demonstration} == able | always


@database
def test_a_disabled_sergeant_is_not_offered_as_authoriser() -> None:
    with transaction() as session:
        sergeant = new_staff(session, role=Role.authoriser, rank="Sergeant")
        assert sergeant in authorisers(session, "hampshire", but="")
        sergeant.disabled_at = START
        assert sergeant not in authorisers(session, "hampshire", but="")


@database
def test_adding_signing_in_and_out_are_in_the_audit() -> None:
    secret = signed_in_secret()
    with transaction() as session:
        sign_out(session, secret)
    with transaction() as session:
        member = session.scalars(select(Staff).where(Staff.username == "kit.marlow")).one()
        rows = session.scalars(select(AuditRow).where(AuditRow.record == f"staff:{member.id}"))
        told = [(row.act, row.actor_kind) for row in rows]
    assert told == [
        ("staff.add", "system"),
        ("staff.sign_in", "staff"),
        ("staff.sign_out", "staff"),
    ]


# The demonstration


@database
def test_in_demonstration_mode_its_people_get_in_at_every_open_site_but_no_other() -> None:
    for site in ("hampshire", "west_midlands", "north_yorkshire"):
        for role in (Role.officer, Role.authoriser, Role.coordinator):
            assert may_enter(username(role, site), PASSWORD)
    assert not may_enter(username(Role.officer, "dorset"), PASSWORD)


@database
def test_they_are_made_once() -> None:
    with transaction() as session:
        before = len(list(session.scalars(select(Staff))))
        add_demonstration_accounts(session, ["hampshire"])
        assert len(list(session.scalars(select(Staff)))) == before


@database
def test_in_production_they_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    production(monkeypatch)
    with transaction() as session, pytest.raises(RuntimeError, match="demonstration mode only"):
        add_demonstration_accounts(session, ["dorset"])


@database
def test_a_demonstration_that_became_production_lets_none_of_them_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with transaction() as session:
        own = new_staff(session, "real.sergeant", role=Role.authoriser, rank="Sergeant")
        secret = sign_in(session, authorisers(session, "hampshire", but=own.id)[0])
    production(monkeypatch)
    assert not may_enter(username(Role.officer, "hampshire"), PASSWORD)
    assert who(secret) is None
    with transaction() as session:
        assert [each.username for each in authorisers(session, "hampshire", but="")] == [
            "real.sergeant"
        ]
    assert may_enter("real.sergeant", WORD)


# Secrets


def test_production_does_not_start_with_a_default_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARA_MODE", "production")
    with pytest.raises(ValueError, match="production does not start with a default secret"):
        Settings()


def test_nor_with_the_secret_that_a_demonstration_left_there(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Settings()
    assert (data_dir / "secret").exists()
    monkeypatch.setenv("CARA_MODE", "production")
    with pytest.raises(ValueError, match="default secret"):
        Settings()


@pytest.mark.parametrize("mode", ["demo", "production"])
def test_a_short_secret_is_refused_in_either_mode(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARA_MODE", mode)
    monkeypatch.setenv("CARA_SECRET_KEY", "x" * (SHORTEST_SECRET - 1))
    with pytest.raises(ValueError, match="too short"):
        Settings()


def test_a_demonstration_makes_its_secret_once_for_its_user_only(data_dir: Path) -> None:
    first, second = Settings().secret_key, Settings().secret_key
    assert first == second
    assert len(first) >= SHORTEST_SECRET
    assert (data_dir / "secret").stat().st_mode & 0o077 == 0
    assert [path.name for path in data_dir.iterdir()] == ["secret"]


def test_two_copies_hash_the_same_person_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for secret in ("a" * SHORTEST_SECRET, "b" * SHORTEST_SECRET):
        monkeypatch.setenv("CARA_SECRET_KEY", secret)
        settings.cache_clear()
        hashes.add(lookup_hash("contact.phone_lookup", "Alex Example"))
    assert len(hashes) == 2
