"""Texts: one conversation a telephone and site, danger first, and whatever comes is answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text

from bot.channels import memory
from bot.channels.crisis_words import answer
from bot.channels.incoming import ChatError
from bot.channels.journal import journal
from bot.channels.packing import choice_numbered, packed
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import ChatMessage, Conversation, Telephone, messages_after
from bot.safety import Finding, Kind, Level
from core.clock import now
from core.database import transaction
from core.outbox import Outgoing
from core.settings import settings
from core.spool import alerts as alert_spool
from core.words import words
from outreach.sending import work
from outreach.tables import Alert
from outreach.texts.revealing import reveals
from outreach.texts.segments import plain, segments
from services_directory.query import Query
from services_directory.results import as_json
from services_directory.search import search
from sites import all_sites
from tests.shipped import catalogue

PHONE, OTHER_PHONE = "07700 900461", "07700 900462"
HAMPSHIRE, WEST_MIDLANDS = "07700 900101", "07700 900102"
DANGER = "I want to kill myself"
UNNAMED = words("utter_text_unnamed", "en").text
ON_OUR_PAGE = ["How to reach it is on this page: http://127.0.0.1:8000"]
DOUBT = "I tried to kill myself ten years ago, I'm fine now"
database = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret that migrated databases have too."""
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")


@pytest.fixture(autouse=True)
def forgetful(request: pytest.FixtureRequest, secret: None) -> Iterator[None]:
    """The same telephones write in every test, so what this process remembers of them must go.

    What is still being written is waited for while there is a database to write it to.
    """
    if "database" in request.fixturenames:
        request.getfixturevalue("database")
    yield
    assert journal.wait(10)
    for phone in (PHONE, OTHER_PHONE):
        for to in (HAMPSHIRE, WEST_MIDLANDS):
            memory.forget(speaker_texting(Inbound("test", "", phone, to, "")).id)


def inbound(said: str, text_id: str = "", *, sender: str = PHONE, to: str = HAMPSHIRE) -> Inbound:
    return Inbound("test", text_id or said, sender, to, said)


def text_us(said: str, text_id: str = "", **about: str) -> list[str]:
    """What is texted back."""
    return take_text(inbound(said, text_id, **about))


def thread(sender: str = PHONE, to: str = HAMPSHIRE) -> list[ChatMessage]:
    """The conversation of a telephone, once all of it is written."""
    assert journal.wait(10)
    with transaction() as session:
        return messages_after(session, speaker_texting(inbound("", sender=sender, to=to)).id, 0)


def leaving() -> list[str]:
    """The texts that leave by the outbox, in their order."""
    work()
    with transaction() as session:
        rows = session.scalars(select(Outgoing).where(Outgoing.kind == "text"))
        return [row.payload["text"] for row in sorted(rows, key=lambda row: row.due_at)]


# Which site, and who


@pytest.mark.parametrize(
    ("sender", "to"),
    [(PHONE, "07700 900999"), (PHONE, ""), ("GOVUK", HAMPSHIRE), ("", HAMPSHIRE)],
)
def test_a_number_that_is_not_ours_or_no_number_is_refused_in_words(sender: str, to: str) -> None:
    with pytest.raises(ChatError) as refused:
        text_us(DANGER, sender=sender, to=to)
    assert refused.value.status == 404
    assert refused.value.message == words("utter_no_number", "en").text


@database
def test_a_telephone_has_one_conversation_with_a_site() -> None:
    text_us("hello", "1")
    text_us("hello again", "2", sender="+44 7700 900461", to="447700900101")
    text_us("hello", "3", to=WEST_MIDLANDS)
    text_us("hello", "4", sender=OTHER_PHONE)
    with transaction() as session:
        found = session.execute(
            select(Conversation.site, Telephone.number)
            .join(Telephone, Telephone.conversation_id == Conversation.id)
            .order_by(Conversation.site, Conversation.started_at)
        ).all()
        assert session.scalar(select(func.count()).select_from(Conversation)) == 3
    assert [tuple(each) for each in found] == [
        ("hampshire", "+447700900461"),
        ("hampshire", "+447700900462"),
        ("west_midlands", "+447700900461"),
    ]
    said = [each.body["text"] for each in thread() if each.sender == "person"]
    assert said == ["hello", "hello again"]


@database
def test_the_database_never_sees_the_number() -> None:
    text_us("hello")
    with transaction() as session:
        kept = bytes(session.execute(text("SELECT number FROM telephone")).scalar_one())
    assert b"7700900461" not in kept
    speaker = speaker_texting(inbound(""))
    assert "7700" not in speaker.id


# One text after another


@database
def test_a_text_is_answered_and_the_answer_leaves_by_the_outbox() -> None:
    told = text_us("I drink too much")
    assert "116 123" in told[-1]
    assert leaving() == told


@database
def test_the_first_text_is_told_what_is_kept_and_who_sees_it() -> None:
    welcome = words("utter_text_welcome", "en").text
    assert text_us("hello", "1")[0] == welcome
    assert welcome not in text_us("hello", "2")


@database
def test_after_danger_nobody_is_welcomed() -> None:
    welcome = words("utter_text_welcome", "en").text
    text_us(DANGER)
    assert welcome not in text_us("ok")


@database
@pytest.mark.parametrize("said", ["I drink too much", DANGER, DOUBT], ids=["plain", "danger", "?"])
def test_a_copy_of_a_text_gets_the_same_answer_and_nothing_more_leaves(said: str) -> None:
    first = text_us(said, "of the provider")
    once = leaving()
    assert text_us(said, "of the provider") == first
    assert leaving() == once
    assert [each.sender for each in thread()].count("person") == 1


@database
def test_a_copy_is_known_to_another_process_too() -> None:
    first = text_us(DANGER, "of the provider")
    once = leaving()
    assert thread()
    memory.forget(speaker_texting(inbound("")).id)
    assert text_us(DANGER, "of the provider") == first
    assert leaving() == once
    with transaction() as session:
        (alert,) = session.scalars(select(Alert)).all()
    assert alert.repeats == 0


@database
def test_the_same_number_of_two_providers_is_two_texts() -> None:
    for provider in ("one", "another"):
        take_text(Inbound(provider, "1", PHONE, HAMPSHIRE, "hello"))
    assert [each.sender for each in thread()].count("person") == 2


@database
@pytest.mark.parametrize("typed", ["1", "1.", " 1) ", "1 "])
def test_a_typed_number_takes_the_choice_of_that_number(typed: str) -> None:
    *_welcome, offered = text_us("I drink too much")
    label = offered.splitlines()[-1].removeprefix("1 ")
    assert offered.endswith(f"\n1 {label}")
    text_us(typed)
    assert [each.body["text"] for each in thread() if each.sender == "person"][-1] == label


@database
@pytest.mark.parametrize("typed", ["2", "0", "17", "1 pint", "²", "١", "9" * 300])
def test_a_number_that_was_not_offered_is_read_as_it_was_typed(typed: str) -> None:
    text_us("I drink too much")
    assert text_us(typed)
    assert [each.body["text"] for each in thread() if each.sender == "person"][-1] == typed


@database
@pytest.mark.parametrize(("typed", "why"), [("1", "answered_yes"), ("3", "not_said")])
def test_a_number_answers_a_question_about_danger(typed: str, why: str) -> None:
    (question,) = text_us(DOUBT)
    assert [line[:2] for line in question.splitlines()[-3:]] == ["1 ", "2 ", "3 "]
    assert "116 123" in text_us(typed)[0]
    work()
    with transaction() as session:
        (alert,) = session.scalars(select(Alert)).all()
    assert (alert.why, alert.reach) == (why, {"phone": "+447700900461"})


@database
def test_a_no_to_that_question_raises_nothing() -> None:
    text_us(DOUBT)
    assert text_us("2")
    work()
    with transaction() as session:
        assert session.scalars(select(Alert)).all() == []


# Danger


@database
def test_danger_is_answered_first_and_whole_and_leaves_in_that_order() -> None:
    told = text_us(DANGER)
    whole = answer(Finding(Kind.suicide, Level.alarm, ""), "en", "participant", "hampshire").text
    assert told[0].startswith(whole)
    assert leaving() == told


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_no_answer_to_danger_is_ever_cut(kind: Kind, level: Level, language: str) -> None:
    found = Finding(kind, level, "")
    said = answer(found, language, "participant", "hampshire")
    body = {"kind": "crisis", "lang": said.language, "text": said.text}
    after = {"kind": "text", "lang": "en", "text": "something else"}
    assert packed([after, body]) == [said.text, "something else"]


def test_without_a_database_danger_is_answered_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARA_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    settings.cache_clear()
    monkeypatch.setattr("bot.channels.crisis.journal.keep", lambda write: None)
    assert "116 123" in text_us(DANGER)[0]
    kept = [alert_spool().read(each) for each in alert_spool().waiting()]
    types = sorted(each["type"] for each in kept if each)
    assert types.count("alert") == 1
    assert types.count("text") >= 1


@database
def test_without_a_disk_danger_is_answered_and_nobody_is_said_to_be_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told_of = words("utter_crisis_told", "en").text
    assert any(told_of in each for each in text_us(DANGER, "1"))
    for each in alert_spool().folder.iterdir():
        each.unlink()
    alert_spool().folder.rmdir()
    alert_spool().folder.write_text("no folder")
    told = text_us(DANGER, "2")
    assert "116 123" in told[0]
    assert not any(told_of in each for each in told)
    assert "an alert could not be kept" in caplog.text
    assert "kill" not in caplog.text


# Whatever comes

STRANGE = [
    "",
    " \n\t",
    "\x00",
    "a\x00b",
    "\u202e\u200b\ufeff",
    "💔" * 800,
    "ਮੈਨੂੰ ਮਦਦ ਚਾਹੀਦੀ ਹੈ",
    "/restart{}",
    "'; DROP TABLE outbox; --",
    "<b>&amp;",
    "x" * 1_600,
    ("word " * 320).strip(),
    "".join(chr(code) for code in range(256)),
]


@database
@pytest.mark.parametrize("said", STRANGE, ids=lambda said: repr(said[:12]))
def test_whatever_is_texted_is_answered_and_kept(said: str) -> None:
    told = text_us(said, "1")
    assert told
    assert all(each.strip() for each in told)
    assert thread()[0].body["text"] == said


@database
def test_danger_at_the_end_of_a_long_text_is_seen() -> None:
    said = f"{'word ' * 310}. {DANGER}."
    assert len(said) <= 1_600
    assert "116 123" in text_us(said)[0]
    work()
    with transaction() as session:
        (alert,) = session.scalars(select(Alert)).all()
    assert alert.said == said


# Packing


@pytest.mark.parametrize("site", [code for code, site in all_sites().items() if site.directory])
def test_a_service_is_its_name_how_to_reach_it_and_its_hours(site: str) -> None:
    query = Query(site, ("alcohol", "housing", "mental_health"))
    found = search(query, catalogue(site), moment=now(), demo=True, limit=40).results
    named = [each for each in found if not reveals(each.listing.name)]
    assert named
    for each in found:
        listing = as_json(each, word=lambda reason: reason.code)
        body = {"kind": "listing", "lang": "en", "text": "all of it", "listing": listing}
        (packed_text,) = packed([body | {"warning": "Not yet checked."}])
        ways = [listing[way] for way in ("phone", "sms", "email", "url") if listing[way]]
        reach = [way for way in ways if not reveals(way)][:1] or ON_OUR_PAGE
        name = listing["name"] if each in named else UNNAMED
        expected = [name, *reach, *filter(None, [plain(listing["hours"])])]
        assert packed_text == "\n".join([*expected, "Not yet checked."])
        assert not reveals(packed_text)


@pytest.mark.parametrize(
    ("known", "reach"),
    [
        ({"phone": "01632 960001", "sms": "1", "email": "a@b.example"}, "01632 960001"),
        ({"sms": "85258", "email": "a@b.example", "url": "https://b.example"}, "85258"),
        ({"email": "a@b.example", "url": "https://b.example"}, "a@b.example"),
        ({"url": "https://b.example"}, "https://b.example"),
    ],
)
def test_a_service_is_reached_by_telephone_where_it_can_be(
    known: dict[str, str], reach: str
) -> None:
    listing = {"name": "Turning Tide", "hours": "", "phone": "", "sms": "", "email": "", "url": ""}
    body = {"kind": "listing", "text": "", "listing": listing | known}
    assert packed([body]) == [f"Turning Tide\n{reach}"]


def test_a_service_whose_name_reveals_is_a_number_without_its_name() -> None:
    listing = {"name": "Domestic abuse helpline", "hours": "always", "phone": "01632 960001"}
    listing |= {"sms": "", "email": "", "url": "https://abuse.example"}
    body = {"kind": "listing", "lang": "en", "text": "", "listing": listing}
    assert packed([body]) == [f"{UNNAMED}\n01632 960001\nalways"]
    listing["phone"] = ""
    assert packed([body]) == [f"{UNNAMED}\n{ON_OUR_PAGE[0]}\nalways"]


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_a_long_message_is_several_texts_of_three_segments_and_nothing_is_lost(
    language: str,
) -> None:
    said = words("utter_text_welcome", language).text
    texts = packed([{"kind": "text", "lang": language, "text": said}])
    assert max(segments(text) for text in texts) <= 3
    assert " ".join(texts).split() == said.split()
    assert all(text.endswith((".", "।")) for text in texts), "each ends with a sentence"


def test_english_goes_without_typographic_quotes() -> None:
    body = {"kind": "text", "lang": "en", "text": "It is “yours” – don’t wait…"}
    assert packed([body]) == ['It is "yours" - don\'t wait...']


def test_a_translation_that_nobody_has_read_is_marked() -> None:
    body = {"kind": "text", "lang": "pl", "text": "Dzień dobry", "unreviewed": True}
    assert packed([body]) == [f"Dzień dobry\n{words('utter_unreviewed', 'pl').text}"]


def test_a_number_counts_for_the_newest_choices_only() -> None:
    bodies = [
        {"choices": [{"choice": "old 1"}, {"choice": "old 2"}]},
        {"choices": [{"choice": "new 1"}]},
        {"text": "and one more thing"},
    ]
    assert choice_numbered(bodies, "1") == "new 1"
    assert choice_numbered(bodies, "2") is None
    assert choice_numbered([], "1") is None
