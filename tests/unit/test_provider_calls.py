"""Providers of texts call us: texts that come in and receipts, from them alone, and once each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from bot.channels import memory
from bot.channels.journal import journal
from bot.channels.texts import Inbound, speaker_texting
from bot.conversations import messages_after
from bot.web.app import app
from core.clock import now
from core.database import transaction
from core.outbox import Outgoing
from core.settings import settings
from outreach.texts import contacts
from outreach.texts.contacts import Reach
from outreach.texts.tables import Message, Standing

pytestmark = pytest.mark.usefixtures("sqlite", "set_up")

PHONE, OURS = "+447700900461", "+447700900101"
TOKEN, TWILIO_TOKEN = "a token that Notify was given", "the token of the account"
PUBLIC = "https://cara.example"
# What a browser or a proxy in front of us makes of the address.
HERE = "http://10.0.0.7:8000"
DANGER = "I want to kill myself"
TEXTS = ["", " ", "\\", "a\\nb", '"', "🙏" * 400, "x" * 1_600, "ਸਤ ਸ੍ਰੀ ਅਕਾਲ", "\x00", "<Response/>"]


@pytest.fixture
def set_up(sqlite: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both providers may call; what this process remembers of the telephone goes afterwards."""
    monkeypatch.setenv("CARA_NOTIFY_CALLBACK_TOKEN", TOKEN)
    monkeypatch.setenv("CARA_TWILIO_TOKEN", TWILIO_TOKEN)
    monkeypatch.setenv("CARA_PUBLIC_URL", f"{PUBLIC}/")
    settings.cache_clear()
    yield
    assert journal.wait(10)
    memory.forget(_speaker().id)


def post(path: str, *sent: dict[str, Any]) -> list[httpx.Response]:
    """Call us, with all at once."""

    async def called() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            return await asyncio.gather(*(client.post(path, **each) for each in sent))

    return asyncio.run(called())


def by_notify(
    path: str = "inbound",
    token: str = f"Bearer {TOKEN}",
    content: bytes | None = None,
    **said: object,
) -> httpx.Response:
    """A call of GOV.UK Notify."""
    body = content if content is not None else json.dumps(said).encode()
    headers = {"authorization": token.encode(), "content-type": "application/json"}
    (answer,) = post(f"/texts/notify/{path}", {"content": body, "headers": headers})
    return answer


def notify_text(text: str = "hello", text_id: str = "1", **about: object) -> dict[str, object]:
    """A text as GOV.UK Notify reports it."""
    return {
        "id": text_id,
        "source_number": PHONE[1:],
        "destination_number": "07700900101",
        "message": text,
        "date_received": "2026-11-28T12:15:30.000000Z",
    } | about


def signed(path: str, form: dict[str, str], token: str = TWILIO_TOKEN, base: str = PUBLIC) -> str:
    """The signature of Twilio over an address and a form."""
    made: str = RequestValidator(token).compute_signature(f"{base}/texts/twilio/{path}", form)
    return made


def by_twilio(form: dict[str, str], path: str = "inbound", signature: str = "") -> httpx.Response:
    """A call of Twilio."""
    headers = {
        "x-twilio-signature": signature or signed(path, form),
        "content-type": "application/x-www-form-urlencoded",
    }
    content = urlencode(form).encode()
    (answer,) = post(f"/texts/twilio/{path}", {"content": content, "headers": headers})
    return answer


def twilio_text(text: str = "hello", text_id: str = "SM1", **about: str) -> dict[str, str]:
    """A text as Twilio reports it."""
    return {
        "MessageSid": text_id,
        "SmsSid": text_id,
        "AccountSid": "AC1",
        "From": PHONE,
        "To": OURS,
        "Body": text,
        "NumMedia": "0",
    } | about


def _speaker() -> object:
    return speaker_texting(Inbound("test", "", PHONE, OURS, ""))


def heard() -> list[str]:
    """What the person has said, as it is kept."""
    assert journal.wait(10)
    with transaction() as session:
        kept = messages_after(session, _speaker().id, 0)  # type: ignore[attr-defined]
    return [each.body["text"] for each in kept if each.sender == "person"]


def leaving() -> int:
    """How many texts leave by the outbox."""
    with transaction() as session:
        return len(session.scalars(select(Outgoing.id).where(Outgoing.kind == "text")).all())


# Texts by GOV.UK Notify


def test_a_text_by_notify_is_answered_by_the_outbox() -> None:
    answer = by_notify(**notify_text())
    assert (answer.status_code, answer.content) == (200, b"")
    assert heard() == ["hello"]
    assert leaving() > 0


def test_a_copy_by_notify_gets_no_second_answer() -> None:
    by_notify(**notify_text())
    once = leaving()
    assert by_notify(**notify_text()).status_code == 200
    assert (heard(), leaving()) == (["hello"], once)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:8]))
def test_whatever_comes_by_notify_is_taken(text: str) -> None:
    assert by_notify(**notify_text(text)).status_code == 200
    assert heard() == [text]


def test_half_a_character_is_replaced() -> None:
    content = json.dumps(notify_text("HALF")).replace("HALF", r"a\ud83db\ude4f").encode()
    assert by_notify(content=content).status_code == 200
    assert heard() == ["a\ufffdb\ufffd"]


@pytest.mark.parametrize("received", ["", "yesterday", None, 7, [], "9999-99-99T99:99:99Z"])
def test_a_date_that_is_none_does_not_matter(received: object) -> None:
    assert by_notify(**notify_text(date_received=received)).status_code == 200
    without = notify_text(text_id="2")
    del without["date_received"]
    assert by_notify(**without).status_code == 200
    assert len(heard()) == 2


@pytest.mark.parametrize("name", ["id", "source_number", "destination_number", "message"])
@pytest.mark.parametrize("value", [None, 7, ["x"], {}, "missing"])
def test_a_text_that_is_none_is_refused_in_words(name: str, value: object) -> None:
    said = notify_text() | {name: value}
    if value == "missing":
        del said[name]
    answer = by_notify(**said)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert leaving() == 0


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]", b"7", b"\xff\xfe", b'{"id": "1"'])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    assert by_notify(content=content).status_code == 400


def test_more_than_a_text_can_be_is_refused() -> None:
    said = notify_text("x" * 1_000_000)
    assert by_notify(**said).status_code == 413
    form = twilio_text("x" * 1_000_000)
    assert by_twilio(form).status_code == 413
    assert leaving() == 0


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer ", "Bearer another", f"Basic {TOKEN}", "Bearer ਸਤ", TOKEN[:-1]]
)
@pytest.mark.parametrize("path", ["inbound", "receipt"])
def test_only_notify_knows_its_token(token: str, path: str) -> None:
    assert by_notify(path, token, **notify_text(DANGER)).status_code in (400, 401)
    assert by_notify(path, token, **notify_text(DANGER), status="delivered").status_code == 401
    assert leaving() == 0


def test_where_no_secret_is_set_nobody_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARA_NOTIFY_CALLBACK_TOKEN", "")
    monkeypatch.setenv("CARA_TWILIO_TOKEN", "")
    settings.cache_clear()
    assert by_notify(token="Bearer ", **notify_text()).status_code == 401
    form = twilio_text()
    assert by_twilio(form, signature=signed("inbound", form, token="")).status_code == 401


@pytest.mark.parametrize(
    "about", [{"destination_number": "07700900999"}, {"source_number": "BANK"}]
)
def test_a_number_that_is_none_of_ours_is_refused(about: dict[str, str]) -> None:
    assert by_notify(**notify_text(**about)).status_code == 404


def test_two_texts_at_once_are_both_answered() -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    both = [{"json": notify_text(text, text), "headers": headers} for text in ("one", "two")]
    answers = post("/texts/notify/inbound", *both)
    assert [each.status_code for each in answers] == [200, 200]
    assert sorted(heard()) == ["one", "two"]


# Texts by Twilio


def test_a_text_by_twilio_is_answered_by_the_outbox_and_with_no_words() -> None:
    answer = by_twilio(twilio_text())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response/>")
    assert heard() == ["hello"]
    assert leaving() > 0


def test_a_copy_by_twilio_gets_no_second_answer() -> None:
    by_twilio(twilio_text())
    once = leaving()
    assert by_twilio(twilio_text()).status_code == 200
    assert (heard(), leaving()) == (["hello"], once)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:8]))
def test_whatever_comes_by_twilio_is_taken(text: str) -> None:
    assert by_twilio(twilio_text(text, NewField="of another year")).status_code == 200
    assert heard() == [text]


@pytest.mark.parametrize("name", ["MessageSid", "From", "To", "Body"])
def test_a_form_without_a_field_is_refused(name: str) -> None:
    form = twilio_text()
    del form[name]
    assert by_twilio(form).status_code == 400
    if name != "Body":
        assert by_twilio(form | {name: ""}).status_code == 400


def test_only_twilio_can_sign() -> None:
    form = twilio_text(DANGER)
    for forged in (
        "nonsense",
        signed("inbound", form, token="another"),
        signed("inbound", form, base="https://another.example"),
        signed("receipt", form),
        signed("inbound", form | {"From": "+447700900462"}),
    ):
        assert by_twilio(form, signature=forged).status_code == 401
    assert leaving() == 0
    assert by_twilio(form).status_code == 200


@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}", b"Body=%ff&From=%00", b"&&=;"])
def test_what_twilio_never_sends_is_refused(content: bytes) -> None:
    for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data"):
        headers = {"content-type": kind}
        sent = {"content": content, "headers": headers}
        (answer,) = post("/texts/twilio/inbound", sent)
        assert answer.status_code in (400, 401)


def test_who_told_twilio_to_stop_has_told_us() -> None:
    by_twilio(twilio_text("enough of this", OptOutType="STOP"))
    assert _stopped()
    by_twilio(twilio_text("yes", "SM2", OptOutType="START"))
    by_twilio(twilio_text("what?", "SM3", OptOutType="HELP"))
    assert _stopped()


def _stopped() -> bool:
    with transaction() as session:
        return contacts.stopped(session, "hampshire", PHONE)


# Receipts


def _sent(provider: str) -> None:
    """A text that we began, with its provider."""
    reach = Reach("hampshire", "case-1", PHONE, "private", "en")
    with transaction() as session:
        contact = contacts.keep(session, reach, key="1")
        session.add(
            Message(
                id="m1",
                contact_id=contact.id,
                site="hampshire",
                kind="hello",
                occasion="",
                data={},
                due_at=now(),
                until=now() + timedelta(days=1),
                standing=Standing.sent.value,
                provider=provider,
                provider_id="p1",
                made_at=now(),
            )
        )


def standing() -> tuple[str, str]:
    with transaction() as session:
        row = session.get_one(Message, "m1")
        return row.standing, row.why


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("delivered", ("delivered", "")),
        ("permanent-failure", ("failed", "permanent")),
        ("temporary-failure", ("failed", "temporary")),
        ("technical-failure", ("failed", "technical")),
        ("sending", ("sent", "")),
        ("a word to come", ("sent", "")),
    ],
)
def test_what_notify_says_became_of_a_text(status: str, expected: tuple[str, str]) -> None:
    _sent("notify")
    about = {"id": "p1", "status": status, "reference": "m1", "to": PHONE, "completed_at": None}
    for _ in range(2):
        assert by_notify("receipt", **about).status_code == 200
    assert standing() == expected


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("queued", "", ("sent", "")),
        ("sending", "", ("sent", "")),
        ("sent", "", ("sent", "")),
        ("delivered", "", ("delivered", "")),
        ("undelivered", "30001", ("failed", "temporary")),
        ("failed", "30002", ("failed", "technical")),
        ("undelivered", "30003", ("failed", "temporary")),
        ("undelivered", "30004", ("failed", "permanent")),
        ("undelivered", "30005", ("failed", "permanent")),
        ("undelivered", "30006", ("failed", "permanent")),
        ("undelivered", "30007", ("failed", "permanent")),
        ("undelivered", "30008", ("failed", "technical")),
        ("failed", "21610", ("failed", "permanent")),
        ("failed", "", ("failed", "technical")),
        ("failed", "a code to come", ("failed", "technical")),
    ],
)
def test_what_twilio_says_became_of_a_text(
    status: str, code: str, expected: tuple[str, str]
) -> None:
    _sent("twilio")
    form = {"MessageSid": "p1", "MessageStatus": status} | ({"ErrorCode": code} if code else {})
    for _ in range(2):
        assert by_twilio(form, "receipt").status_code == 200
    assert standing() == expected


def test_a_receipt_for_a_text_that_nobody_keeps_is_taken() -> None:
    _sent("notify")
    assert by_notify("receipt", id="another", status="delivered").status_code == 200
    assert by_twilio({"MessageSid": "p1", "MessageStatus": "failed"}, "receipt").status_code == 200
    assert standing() == ("sent", "")


@pytest.mark.parametrize(
    "said", [{}, {"id": "p1"}, {"status": "delivered"}, {"id": 1, "status": 2}]
)
def test_a_receipt_that_is_none_is_refused(said: dict[str, object]) -> None:
    assert by_notify("receipt", **said).status_code == 400
    form = {"MessageSid": "p1"} if said else {}
    assert by_twilio(form, "receipt").status_code == 400
