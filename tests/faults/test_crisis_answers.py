"""Whatever is down: danger is answered, a person is told, all else gets a plain sentence."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import sqlite3
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import httpx
import psutil
import pytest

from tests.faults.receivers import Inbox
from tests.journeys.coordinator import wait_until
from tests.journeys.people import Chat, words_of
from tests.journeys.running import Copy

MESSAGES = int(os.environ.get("CARA_FAULT_MESSAGES", "200"))
LONGEST = 0.3
TOLD_WITHIN = 45.0
OUR_NUMBER = "07700 900101"
DANGER = (
    "I want to die",
    "im going to kill myself tonight",
    "I'm going to hang myself",
    "im gonna take all my tablets and end it",
)
TEXTS_KEY = {"Authorization": "Bearer demonstration-only"}


@contextmanager
def paused(copy: Copy, part: str) -> Iterator[None]:
    """A part that hangs: it holds its port and answers nothing."""
    process = copy.part(part)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@contextmanager
def rasa_hung(copy: Copy) -> Iterator[None]:
    """Rasa takes connections and never answers."""
    with paused(copy, "rasa run"):
        yield


@contextmanager
def rasa_stopped(copy: Copy) -> Iterator[None]:
    """Rasa is gone, and while it comes back it loads for half a minute."""
    with suppress(psutil.NoSuchProcess):
        copy.part("rasa run").kill()
    yield
    wait_until(lambda: ready(copy), 240)


@contextmanager
def database_locked(copy: Copy) -> Iterator[None]:
    """Somebody holds the write lock, say a backup that went wrong."""
    holder = sqlite3.connect(copy.data_dir / "cara.db", isolation_level=None, timeout=30)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


@contextmanager
def worker_hung(copy: Copy) -> Iterator[None]:
    """The queue's worker is there and does nothing."""
    with paused(copy, "cli.worker"):
        yield


FAULTS: dict[str, Callable[[Copy], object]] = {
    "rasa hung": rasa_hung,
    "rasa stopped and loading": rasa_stopped,
    "database locked": database_locked,
    "worker hung": worker_hung,
}


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ready(copy: Copy) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{copy.url}/readyz", timeout=5).status_code == 200
    return False


@pytest.fixture(autouse=True)
def quiet(faulty: Copy) -> None:
    """What an earlier fault left behind has been worked off."""

    def empty() -> bool:
        if list((faulty.data_dir / "alerts").glob("*.entry")):
            return False
        with closing(sqlite3.connect(faulty.data_dir / "cara.db", timeout=30)) as held:
            waiting = held.execute("SELECT count(*) FROM outbox WHERE status = 'waiting'")
            return waiting.fetchone() == (0,)

    wait_until(empty, 120)


def answer_times(send: Callable[[str], httpx.Response], count: int) -> list[float]:
    """How long each crisis answer took; fails at one that is none."""
    times = []
    for at in range(count):
        begun = time.perf_counter()
        answer = send(DANGER[at % len(DANGER)])
        times.append(time.perf_counter() - begun)
        assert answer.status_code == 200, answer.text
        assert "116 123" in answer.text
    return times


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]


def test_danger_is_answered_at_once_and_somebody_is_told(
    faulty: Copy, inbox: Inbox, fault: str, record_property: Callable[[str, object], None]
) -> None:
    with faulty.client() as http:
        chat = Chat.begin(http, site="hampshire", audience="participant")
        before = len(inbox.calls)
        with FAULTS[fault](faulty):  # type: ignore[attr-defined]
            web = answer_times(lambda text: chat.post({"text": text}), MESSAGES)
            sender = f"07700 9004{61 + list(FAULTS).index(fault)}"
            texts = answer_times(lambda text: text_us(http, text, sender), MESSAGES)
            told = inbox.wait(lambda: len(inbox.calls) > before, TOLD_WITHIN)
        print(f"{fault}: web p99 {p99(web):.3f} s, text p99 {p99(texts):.3f} s")
        record_property("web_p99", p99(web))
        record_property("text_p99", p99(texts))
        assert told, "nobody was told while the fault lasted"
        assert inbox.calls[before]["body"]["kind"] == "suicide"
        assert p99(web) <= LONGEST
        assert p99(texts) <= LONGEST


def text_us(http: httpx.Client, text: str, sender: str = "07700 900470") -> httpx.Response:
    """A text as the provider hands it over."""
    body = {"id": uuid.uuid4().hex, "from": sender, "to": OUR_NUMBER, "text": text}
    return http.post("/texts/inbound", json=body, headers=TEXTS_KEY)


@pytest.mark.parametrize("fault", ["rasa hung", "database locked"])
def test_everything_else_gets_one_plain_sentence_with_numbers(faulty: Copy, fault: str) -> None:
    with faulty.client() as http:
        chat = Chat.begin(http, site="hampshire", audience="participant")
        with FAULTS[fault](faulty):  # type: ignore[attr-defined]
            begun = time.monotonic()
            told = chat.say("I drink too much")
            assert time.monotonic() - begun < 4
            assert len(told) == 1
            assert "116 123" in words_of(told)
            assert "999" in words_of(told)
            by_text = text_us(http, "I drink too much").json()["texts"]
            assert "116 123" in by_text[-1]


def test_a_page_without_a_database_gives_numbers_too(faulty: Copy) -> None:
    with faulty.client() as http, database_locked(faulty):
        answer = http.post("/api/v1/conversations", json=asked())
        assert answer.status_code == 503
        assert "116 123" in answer.json()["error"]["message"]


def asked() -> dict[str, str]:
    return {"site": "hampshire", "audience": "participant"}


def test_what_was_said_while_the_database_was_locked_is_kept_once_it_is_free(
    faulty: Copy,
) -> None:
    with faulty.client() as http:
        chat = Chat.begin(http, site="hampshire", audience="participant")
        with database_locked(faulty):
            chat.say("I want to die")

        def kept() -> bool:
            held = http.get(
                f"/api/v1/conversations/{chat.id}/messages",
                headers={"Authorization": f"Bearer {chat.token}"},
            ).json()["messages"]
            return "I want to die" in [each["text"] for each in held if each["from"] == "person"]

        wait_until(kept, 30)


def test_an_alert_reaches_a_person_by_mail_without_a_word_of_what_it_is_about(
    faulty: Copy, inbox: Inbox
) -> None:
    before = len(inbox.mails)
    with faulty.client() as http:
        chat = Chat.begin(http, site="hampshire", audience="participant")
        chat.say("I'm going to kill her")
    assert inbox.wait(lambda: len(inbox.mails) > before, TOLD_WITHIN)
    mail = inbox.mails[before]
    shown = f"{mail['Subject']} {mail['From']} {mail.get_payload(decode=True).decode()}"
    assert "/alerts/" in shown
    for revealing in ("kill", "her", "police", "abuse", "offence", "workshop", "CARA", "caution"):
        assert revealing.casefold() not in shown.casefold().split(), revealing


def test_the_on_call_system_can_tell_that_it_is_us_and_that_a_copy_is_a_copy(
    faulty: Copy, inbox: Inbox
) -> None:
    before = len(inbox.calls)
    with faulty.client() as http:
        chat = Chat.begin(http, site="hampshire", audience="participant")
        key = uuid.uuid4().hex
        for _ in range(3):
            chat.post({"text": "I want to die"}, **{"Idempotency-Key": key})
    assert inbox.wait(lambda: len(inbox.calls) > before, TOLD_WITHIN)
    call = inbox.calls[before]
    secret = b"a secret between us and the on-call system"
    signed = hmac.new(secret, call["content"], hashlib.sha256).hexdigest()
    assert call["headers"]["X-Cara-Signature"] == f"sha256={signed}"
    assert call["headers"]["Idempotency-Key"]
    assert "want to" not in json.dumps(call["body"])
    # The message was sent three times and is one alert.
    with faulty.client() as http:
        later = Chat.begin(http, site="hampshire", audience="participant")
        later.say("I'm going to hang myself")
    assert inbox.wait(lambda: len(inbox.calls) > before + 1, TOLD_WITHIN)
    assert len({each["body"]["id"] for each in inbox.calls[before:]}) == 2


def test_an_alert_waits_for_an_on_call_system_that_fails(faulty: Copy, inbox: Inbox) -> None:
    before = len(inbox.calls)
    inbox.failing = True
    with faulty.client() as http:
        Chat.begin(http, site="hampshire", audience="participant").say("I want to die")
        assert not inbox.wait(lambda: len(inbox.calls) > before, 2)
        inbox.failing = False
    assert inbox.wait(lambda: len(inbox.calls) > before, TOLD_WITHIN)
