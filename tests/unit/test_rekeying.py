"""The secret is changed while the copy serves: nothing is lost, and nothing stays under the old."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.fernet import InvalidToken

from bot.channels.moving_ids import carried_over
from bot.conversations import ChatMessage
from bot.learning import keeping
from bot.learning.tables import told_by
from cli import rekeying
from cli.database import TABLES
from core import spool
from core.clock import now
from core.crypto import HASH_OF, ONLY_A_HASH, is_current, lookup_hash
from core.database import transaction
from core.settings import ROOT
from core.tokens import TokenError, sign, verify
from outreach.texts import contacts
from outreach.texts.tables import Stopped
from referrals.evaluation.pseudonym import keep_salt, salt_of
from referrals.tables import ReferralDetail
from tests.unit.conftest import SECRET, RunCara, forget
from tests.unit.everywhere import BY_ITSELF, SITE, Somebody, everything, place
from tests.unit.rasas import said_in, say

NEW = "the next secret of thirty-two characters or more"
ALEX = Somebody("Wrenfield", "+447700900461", 1)

pytestmark = pytest.mark.usefixtures("database")


def under(monkeypatch: pytest.MonkeyPatch, secret: str, *others: str) -> None:
    """The copy is started again and told of these secrets."""
    monkeypatch.setenv("CARA_SECRET_KEY", secret)
    monkeypatch.setenv("CARA_PREVIOUS_SECRET_KEYS", ",".join(others))
    forget()


@pytest.fixture
def staged(database: str) -> None:
    with transaction() as session:
        place(session, ALEX, now())
        contacts.stop(session, SITE, "+447700900462")
        keep_salt(session, SITE, "trial")


def sealed() -> list[tuple[bytes, str]]:
    """Every encrypted value as it is stored, and for which purpose."""
    found = []
    with transaction() as session:
        for keyed in rekeying.keyed_tables():
            for row in session.execute(sa.select(keyed.raw)):
                found += [
                    (row._mapping[name], purpose)
                    for name, purpose in keyed.sealed.items()
                    if row._mapping[name]
                ]
    return found


def test_every_keyed_hash_can_be_made_anew_or_says_why_not() -> None:
    for table in TABLES.sorted_tables:
        for column in table.columns:
            if column.name.endswith("_lookup"):
                assert HASH_OF in column.info or column.info[ONLY_A_HASH], f"{table}.{column.name}"


@pytest.mark.usefixtures("staged")
def test_after_a_rotation_everything_is_read_without_the_old_secret(
    monkeypatch: pytest.MonkeyPatch, run_cara: RunCara
) -> None:
    with transaction() as session:
        before = everything(session)
        salt = salt_of(session, SITE, "trial")
    under(monkeypatch, NEW, SECRET)
    assert rekeying.left_behind() > 20
    done = run_cara("keys", "rotate")
    assert done.returncode == 0, done.stderr
    assert "referral_detail: 1 rows looked at" in done.stderr
    under(monkeypatch, NEW)
    assert all(is_current(*each) for each in sealed())
    with transaction() as session:
        after = everything(session)
        assert salt_of(session, SITE, "trial") == salt
        assert contacts.stopped(session, SITE, "+447700900462")
    ids = {before["telephone"][0]["conversation_id"]: after["telephone"][0]["conversation_id"]}
    for name, rows in after.items():
        if name not in BY_ITSELF:
            assert [plain(row, ids) for row in rows] == [plain(row, ids) for row in before[name]], (
                name
            )


def plain(row: dict[str, object], ids: dict[str, str]) -> dict[str, object]:
    """A row without what has to differ: hashes, and the id of a conversation by text."""
    told = {name: value for name, value in row.items() if not name.endswith("_lookup")}
    for old, new in ids.items():
        told = {
            name: value.replace(old, new) if isinstance(value, str) else value
            for name, value in told.items()
        }
    return told


@pytest.mark.usefixtures("staged")
def test_every_look_up_finds_before_during_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_found() -> None:
        with transaction() as session:
            assert contacts.of_phone(session, SITE, ALEX.phone) is not None
            assert contacts.stopped(session, SITE, ALEX.phone)
            assert carried_over(session, SITE, ALEX.phone) is not None
            assert session.scalars(
                sa.select(ChatMessage.conversation_id)
            ).one() == contacts.chat_of(SITE, ALEX.phone)
            told = told_by({"audience": "audience", "asked": "asked", "said": "unclear 1"})
            assert keeping._known(session, SITE, told) is not None

    all_found()
    under(monkeypatch, SECRET, NEW)
    all_found()
    under(monkeypatch, NEW, SECRET)
    all_found()
    assert rekeying.rekey() == 0
    all_found()
    under(monkeypatch, NEW)
    all_found()
    with transaction() as session:
        kept = session.scalars(sa.select(ReferralDetail)).one()
        assert kept.full_name_lookup == lookup_hash(
            "referral_detail.full_name_lookup", f"{ALEX.name} full_name"
        )


@pytest.mark.usefixtures("staged")
def test_a_stop_survives_every_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    old = SECRET
    for n in range(4):
        new = f"secret number {n} of thirty-two characters or more"
        under(monkeypatch, new, old)
        assert rekeying.rekey() == 0
        under(monkeypatch, new)
        with transaction() as session:
            assert contacts.stopped(session, SITE, ALEX.phone)
            assert not contacts.stopped(session, SITE, "+447700900999")
        old = new


def test_of_two_rows_of_one_telephone_the_last_word_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that served while the secret changed kept one each."""
    under(monkeypatch, SECRET)
    with transaction() as session:
        contacts.stop(session, SITE, ALEX.phone)
        session.scalars(sa.select(Stopped)).one().stopped_at = now() - timedelta(hours=1)
        contacts.start(session, SITE, ALEX.phone)
    under(monkeypatch, NEW)
    with transaction() as session:
        contacts.stop(session, SITE, ALEX.phone)
        session.scalars(sa.select(Stopped).where(Stopped.started_at.is_(None))).one().stopped_at = (
            now() + timedelta(seconds=1)
        )
    under(monkeypatch, NEW, SECRET)
    assert rekeying.rekey() == 0
    under(monkeypatch, NEW)
    with transaction() as session:
        assert len(session.scalars(sa.select(Stopped)).all()) == 1
        assert contacts.stopped(session, SITE, ALEX.phone)


def test_a_stop_without_its_number_keeps_the_old_secret_needed(
    monkeypatch: pytest.MonkeyPatch, run_cara: RunCara
) -> None:
    with transaction() as session:
        contacts.stop(session, SITE, ALEX.phone)
        session.scalars(sa.select(Stopped)).one().phone = None
    under(monkeypatch, NEW, SECRET)
    done = run_cara("keys", "rotate")
    assert done.returncode == 1
    assert "1 STOPs are known by a hash alone" in done.stderr
    with transaction() as session:
        assert contacts.stopped(session, SITE, ALEX.phone)
        contacts.stop(session, SITE, ALEX.phone)
    assert run_cara("keys", "rotate").returncode == 0
    under(monkeypatch, NEW)
    with transaction() as session:
        assert contacts.stopped(session, SITE, ALEX.phone)


def test_cut_off_midway_it_is_run_again_and_completes(
    monkeypatch: pytest.MonkeyPatch, run_cara: RunCara
) -> None:
    with transaction() as session:
        for n in range(600):
            contacts.stop(session, SITE, f"+4477009{n:05}")
    under(monkeypatch, NEW, SECRET)
    before = rekeying.left_behind()
    told = "lambda *said: print(*said, flush=True)"
    slowly = f"import cli.rekeying as it; it.BREATH = 0.3; it.rekey({told})"
    command = [sys.executable, "-c", slowly]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("text_stop 200"):
                os.kill(process.pid, signal.SIGKILL)
                break
    assert 0 < rekeying.left_behind() < before
    assert run_cara("keys", "check").returncode == 1
    assert run_cara("keys", "rotate").returncode == 0
    under(monkeypatch, NEW)
    with transaction() as session:
        assert all(contacts.stopped(session, SITE, f"+4477009{n:05}") for n in range(0, 600, 50))


@pytest.mark.usefixtures("staged")
def test_without_the_old_secret_too_early_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    under(monkeypatch, NEW)
    with pytest.raises(InvalidToken), transaction() as session:
        everything(session)


def test_what_waits_on_the_spool_is_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    spool.alerts().put("one", {"type": "alert", "said": "help"})
    under(monkeypatch, NEW, SECRET)
    assert rekeying.rekey() == 0
    under(monkeypatch, NEW)
    assert spool.alerts().read("one") == {"type": "alert", "said": "help"}


def test_a_token_from_before_opens_until_the_old_secret_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = sign("conversation", {"sub": "one"}, lasts=timedelta(hours=1))
    under(monkeypatch, NEW, SECRET)
    assert verify("conversation", token)["sub"] == "one"
    under(monkeypatch, NEW)
    with pytest.raises(TokenError):
        verify("conversation", token)


def test_each_column_has_hashes_of_its_own() -> None:
    purposes = ("contact.phone_lookup", "text_stop.phone_lookup")
    assert len({lookup_hash(each, ALEX.phone) for each in purposes}) == 2


def test_a_secret_that_is_too_short_is_refused(
    monkeypatch: pytest.MonkeyPatch, run_cara: RunCara
) -> None:
    monkeypatch.setenv("CARA_PREVIOUS_SECRET_KEYS", "short")
    refused = run_cara("keys", "check")
    assert refused.returncode == 1
    assert "CARA_PREVIOUS_SECRET_KEYS" in refused.stderr


def test_a_new_secret_is_long_and_never_the_same(run_cara: RunCara) -> None:
    made = [run_cara("keys", "make").stdout.strip() for _ in range(2)]
    assert len(set(made)) == 2
    assert all(len(each) == 64 for each in made)


def test_rasas_tracker_knows_the_conversation_by_its_new_id(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    with transaction() as session:
        place(session, ALEX, now())
    say(contacts.chat_of(SITE, ALEX.phone), json.dumps({"text": "hello"}), now())
    under(monkeypatch, NEW, SECRET)
    assert rekeying.rekey() == 0
    assert said_in(contacts.chat_of(SITE, ALEX.phone)) == ['{"text": "hello"}']
