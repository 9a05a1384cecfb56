"""Asking for a person: who is told, what is promised, and how a person's answer reaches them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import select

from accounts.staff import sign_in
from accounts.tables import Role
from accounts.web.session import COOKIE
from bot import conversations
from bot.channels import answering, chat, memory, person
from bot.channels.incoming import Incoming
from bot.channels.journal import journal
from bot.channels.person import answered_by, there
from bot.channels.rasa_client import RasaAwayError
from bot.channels.speaker import Speaker, speaker_of
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.conversations import ChatMessage, messages_after
from bot.speech import Utterance, say
from bot.web.app import app
from core import outbox, spool
from core.clock import LONDON
from core.database import transaction
from core.outbox import Outgoing
from core.words import keys, words
from outreach import alerts, entries
from outreach.entries import ASKED
from outreach.sending import work
from outreach.tables import Alert
from outreach.texts import contacts
from outreach.texts.contacts import Reach, number_of
from outreach.texts.revealing import reveals
from outreach.texts.segments import segments
from sites import all_sites
from sites.model import Answers
from tests.unit import alarms
from tests.unit.alarms import audited
from tests.unit.conftest import forget

WEEKDAYS = Answers()
MONDAY_TEN = datetime(2026, 11, 23, 10, 10, tzinfo=UTC)
FRIDAY_NIGHT = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)
PHONE, OURS = "07700 900471", "07700 900101"
NIGHT = {"name": "Night line", "phone": "0121 496 0007", "confirmed": False}
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')
SAID = "I do not know what to do about the flat"
OWN = "I can help with that. Is the rent paid until May?"

on_both = pytest.mark.usefixtures("database")


class Rasa:
    """Stands for Rasa: answers with what a test says it answers."""

    def __init__(self) -> None:
        self.says: list[Utterance] = [say("utter_talk_to_person_participant")]
        self.away = False

    def turn(self, told: str, claims: dict[str, Any]) -> list[Utterance]:
        if self.away:
            raise RasaAwayError(waking=False)
        return self.says


class Clock:
    """The clock of asking, of alerts and of conversations."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = MONDAY_TEN
        for module in (person, conversations, answering, alerts, entries, outbox):
            monkeypatch.setattr(module, "now", lambda: self.moment)


@pytest.fixture(autouse=True)
def site(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Hampshire with an out-of-hours route; a test may change it."""
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    forget()
    with alarms.site_that_tells(tmp_path / "sites", monkeypatch):
        path = tmp_path / "sites/hampshire/site.yml"

        def change(**new: Any) -> None:
            document = yaml.safe_load(path.read_text(encoding="utf-8")) | new
            path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
            all_sites.cache_clear()

        change(out_of_hours=NIGHT)
        yield change
        # What is still being written belongs to this test's database.
        assert journal.wait(10)
        memory.forget(texting().id)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def rasa(monkeypatch: pytest.MonkeyPatch) -> Rasa:
    made = Rasa()
    monkeypatch.setattr(chat, "rasa", lambda: made)
    return made


@pytest.fixture
def speaker(rasa: Rasa, clock: Clock) -> Speaker:
    """A participant in a new web chat."""
    return chatting()


def chatting(language: str = "en", audience: str = "participant") -> Speaker:
    _, token, _ = chat.begin_chat(
        site="hampshire", audience=audience, language=language, staff=None
    )
    return speaker_of(token)


def texting() -> Speaker:
    return speaker_texting(Inbound("test", "", PHONE, OURS, ""))


def asks(speaker: Speaker, text: str = "can I talk to someone", key: str | None = None) -> str:
    """What is answered to somebody who says that."""
    said = chat.take_turn(speaker, Incoming(text), key)
    return "\n".join(each.body["text"] for each in said if each.sender == "assistant")


def texts(text: str = "can I talk to someone", text_id: str = "1") -> list[str]:
    """What is texted back."""
    return take_text(Inbound("test", text_id, PHONE, OURS, text))


def requests() -> list[Alert]:
    """The alerts, after a round of the worker."""
    work()
    with transaction() as session:
        return list(session.scalars(select(Alert).order_by(Alert.raised_at)))


def left(kind: str = "text") -> list[str]:
    """What went to telephones, in order."""
    with transaction() as session:
        rows = session.scalars(select(Outgoing).where(Outgoing.kind == kind)).all()
        return [row.payload["text"] for row in sorted(rows, key=lambda row: (row.made_at, row.key))]


def thread(speaker: Speaker) -> list[ChatMessage]:
    with transaction() as session:
        return messages_after(session, speaker.id, 0)


def opened(alert: str, role: Role = Role.coordinator, site: str = "hampshire") -> httpx.Response:
    return asyncio.run(_visit(alert, role, site, None))


def answers(
    alert: str,
    role: Role = Role.coordinator,
    site: str = "hampshire",
    times: int = 1,
    **form: Any,
) -> httpx.Response:
    """Send the form of an alert's page, as often as somebody presses."""
    return asyncio.run(_visit(alert, role, site, form, times))


async def _visit(
    alert: str, role: Role, site: str, form: dict[str, str] | None, times: int = 1
) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
        with transaction() as session:
            secret = sign_in(session, alarms.staff(session, role, site))
        client.cookies.set(COOKIE, secret)
        page = await client.get(f"/alerts/{alert}")
        if form is None:
            return page
        token = TOKEN.search((await client.get("/alerts")).text)
        key = KEY.search(page.text)
        sent = {"csrf_token": token[1] if token else "", "key": key[1] if key else "k"} | form
        for _ in range(times):
            answer = await client.post(f"/alerts/{alert}/answer", data=sent)
        return answer


# When


def london(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("2026-11-23T09:00", "2026-11-23T13:00"),
        ("2026-11-23T10:10", "2026-11-23T14:30"),
        ("2026-11-23T10:30:01", "2026-11-23T15:00"),
        # What is left of the day counts, and the rest next morning.
        ("2026-11-23T15:00", "2026-11-24T11:00"),
        ("2026-11-23T17:00", "2026-11-24T13:00"),
        ("2026-11-23T03:00", "2026-11-23T13:00"),
        ("2026-11-27T21:00", "2026-11-30T13:00"),
        # Christmas Day is a Friday, and its Monday is kept too.
        ("2026-12-24T16:00", "2026-12-29T12:00"),
        # The clock goes back on a Sunday; Monday has its hours as ever.
        ("2026-10-23T16:00", "2026-10-26T12:00"),
    ],
)
def test_an_answer_is_promised_for_the_teams_own_hours(asked: str, answered: str) -> None:
    assert answered_by(WEEKDAYS, london(asked)) == london(answered)


def test_a_site_has_its_own_days_and_hours() -> None:
    hours = {"days": ["sat", "sun"], "from": "12:00", "to": "14:00", "within_hours": 3}
    weekend = Answers.model_validate(hours)
    assert answered_by(weekend, london("2026-11-23T10:00")) == london("2026-11-29T13:00")
    assert there(weekend, london("2026-11-28T12:00"))
    assert not there(weekend, london("2026-11-28T14:00"))
    assert not there(weekend, london("2026-11-27T13:00"))
    assert not there(WEEKDAYS, london("2026-12-25T12:00"))


# Asking


@on_both
def test_a_request_reaches_the_inbox_once_and_a_letter(speaker: Speaker, clock: Clock) -> None:
    told = asks(speaker)
    assert "116 123" in told
    assert "The team is Hampton Trust." in told
    assert "A person will answer you here today, by about 14:30." in told
    (found,) = requests()
    assert (found.kind, found.level, found.why, found.channel) == (ASKED, "asked", "asked", "web")
    assert found.said == "can I talk to someone"
    assert found.escalate_at == london("2026-11-23T14:30")
    assert alarms.told() == ["ash@hampshire.example", "coordinator@hampshire.example"]


def test_who_asks_again_hears_that_the_team_knows_and_is_one_request(
    sqlite: str, speaker: Speaker, clock: Clock
) -> None:
    asks(speaker)
    # Once while it is still on the spool, and once more when it is in the inbox.
    for count in (1, 2):
        told = asks(speaker)
        assert "Our team knows already" in told
        assert "today, by about 14:30" in told
        (found,) = requests()
        assert found.repeats == count
    alarms.acknowledge(found.id)
    asks(speaker)
    (found,) = requests()
    assert found.repeats == 3
    clock.moment += timedelta(hours=6)
    assert "It is taking longer than I said." in asks(speaker)


def test_the_same_turn_again_is_the_same_request(sqlite: str, speaker: Speaker) -> None:
    assert asks(speaker, key="1") == asks(speaker, key="1")
    (found,) = requests()
    assert found.repeats == 0


def test_once_it_is_closed_a_new_request_is_new(sqlite: str, speaker: Speaker) -> None:
    asks(speaker)
    (first,) = requests()
    alarms.acknowledge(first.id)
    alarms.close(first.id)
    assert "Our team has been told" in asks(speaker)
    assert len(requests()) == 2


@pytest.mark.parametrize("route", [NIGHT, NIGHT | {"confirmed": True}, None])
def test_out_of_hours_the_next_day_and_who_is_there_instead_is_told(
    sqlite: str,
    speaker: Speaker,
    clock: Clock,
    site: Callable[..., None],
    route: dict[str, Any] | None,
) -> None:
    site(out_of_hours=route)
    clock.moment = FRIDAY_NIGHT
    told = asks(speaker)
    assert "A person will answer you here on Monday 30/11, by about 13:00." in told
    assert "Nobody of the team is there now." in told
    assert ("If it cannot wait, ring Night line: 0121 496 0007." in told) == bool(route)
    untried = "Nobody has tried this number yet." in told
    assert untried == (route is not None and not route["confirmed"])
    assert "Samaritans, 116 123. If somebody is in danger, ring 999." in told
    # By then this chat, which lasts for a day, has closed.
    assert "This chat closes after one day." in told


def test_in_hours_no_other_route_is_named(sqlite: str, speaker: Speaker) -> None:
    told = asks(speaker)
    assert "Night line" not in told
    assert "closes" not in told


@pytest.mark.parametrize("language", ["pl", "pa"])
def test_it_is_told_in_the_language_that_was_chosen(
    sqlite: str, rasa: Rasa, clock: Clock, language: str
) -> None:
    clock.moment = FRIDAY_NIGHT
    told = asks(chatting(language))
    day = words("utter_on_mon", language, {"date": "30/11"}).text
    assert words("utter_person_told", language).text in told
    assert day in told
    assert "13:00" in told


def test_a_text_names_neither_the_team_nor_the_route(sqlite: str, rasa: Rasa, clock: Clock) -> None:
    clock.moment = FRIDAY_NIGHT
    told = "\n".join(texts())
    assert "on Monday 30/11, by about 13:00" in told
    assert "If it cannot wait, ring 0121 496 0007." in told
    assert "Hampton" not in told
    assert "Night line" not in told
    (found,) = requests()
    assert found.reach == {"phone": number_of(PHONE)}


def test_the_button_reaches_a_person_where_rasa_is_away(
    sqlite: str, speaker: Speaker, rasa: Rasa
) -> None:
    rasa.away = True
    (button,) = [
        option
        for each in thread(speaker)
        for option in each.body.get("choices", [])
        if option["do"].get("intent") == "talk_to_person"
    ]
    said = chat.take_turn(speaker, Incoming(choice=button["choice"]), None)
    told = "\n".join(each.body["text"] for each in said)
    assert "Samaritans: 116 123" in told
    assert "by about 14:30" in told
    assert len(requests()) == 1


def test_numbers_offered_to_who_was_not_understood_are_no_request(
    sqlite: str, speaker: Speaker, rasa: Rasa
) -> None:
    rasa.says = [say("utter_participant_not_understood"), *rasa.says]
    assert "Our team" not in asks(speaker)
    assert requests() == []


def test_the_public_gets_the_numbers_and_nobody_is_told(
    sqlite: str, rasa: Rasa, clock: Clock
) -> None:
    assert "Our team" not in asks(chatting(audience="public"))
    assert requests() == []


def test_nothing_is_promised_that_could_not_be_kept(
    sqlite: str, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(spool.Spool, "put", full)
    told = asks(speaker)
    assert "116 123" in told
    assert "Our team" not in told


# The inbox


def test_danger_stands_before_an_older_request_and_alone_holds_back_our_messages(
    sqlite: str, speaker: Speaker, clock: Clock
) -> None:
    asks(speaker)
    (asked,) = requests()
    clock.moment += timedelta(hours=1)
    alarms.tell("danger", conversation="another")
    with transaction() as session:
        coordinator = alarms.staff(session)
        assert [each.id for each in alerts.alerts_of(session, coordinator)] == ["danger", asked.id]
        assert alerts.paused(session, "another")
        assert not alerts.paused(session, speaker.id)


def test_a_request_escalates_when_the_answer_was_promised(
    sqlite: str, speaker: Speaker, clock: Clock
) -> None:
    asks(speaker)
    requests()
    clock.moment = london("2026-11-23T14:29")
    work()
    assert "ren@hampshire.example" not in alarms.told()
    clock.moment = london("2026-11-23T14:30")
    work()
    assert "ren@hampshire.example" in alarms.told()
    text = left("email")[0]
    assert "somebody asks to talk to a person" in text
    assert "a person answers by 14:30, 23 November" in text


# Answering


@pytest.fixture
def asked(sqlite: str, speaker: Speaker) -> str:
    """The id of the alert of somebody who said something and asked for a person."""
    chat.take_turn(speaker, Incoming(SAID), None)
    (found,) = requests()
    return found.id


@pytest.fixture
def asked_by_text(sqlite: str, rasa: Rasa, clock: Clock) -> str:
    texts()
    (found,) = requests()
    clock.moment += timedelta(minutes=1)
    return found.id


def test_the_page_shows_what_was_said_and_who_said_it_and_that_is_on_record(
    asked: str, speaker: Speaker
) -> None:
    page = opened(asked)
    assert SAID in page.text
    assert "The assistant, 23 November, 10:10" in page.text
    assert ("alert.thread", f"conversation:{speaker.id}") in audited("alert.")


@pytest.mark.parametrize("role", [Role.facilitator, Role.navigator])
def test_who_may_not_read_words_sees_no_thread_and_cannot_answer(asked: str, role: Role) -> None:
    page = opened(asked, role)
    assert page.status_code == 200
    assert SAID not in page.text
    assert audited("alert.thread") == []
    assert answers(asked, role, own=OWN).status_code == 404


def test_another_site_neither_reads_nor_answers(asked: str, speaker: Speaker) -> None:
    assert opened(asked, site="dorset").status_code == 404
    assert answers(asked, site="dorset", own=OWN).status_code == 404
    assert answering.TEAM not in [each.sender for each in thread(speaker)]


def test_an_answer_stands_in_the_chat_as_a_persons_and_takes_the_alert_on(
    asked: str, speaker: Speaker
) -> None:
    assert answers(asked, own=OWN, name="first").status_code == 303
    last = thread(speaker)[-1]
    assert (last.sender, last.body["text"], last.body["name"]) == (answering.TEAM, OWN, "Jo")
    assert alarms.alert(asked).status == "acknowledged"
    assert audited("alert.")[-2:] == [
        ("alert.acknowledge", f"alert:{asked}"),
        ("alert.answer", f"alert:{asked}"),
    ]
    # No text leaves for somebody in a chat.
    assert left() == []


@on_both
def test_both_engines_keep_an_answer(speaker: Speaker) -> None:
    asks(speaker)
    (found,) = requests()
    assert answers(found.id, own=OWN).status_code == 303
    assert thread(speaker)[-1].body["name"] == "Hampton Trust"


def test_pressed_twice_it_is_said_once(asked: str, speaker: Speaker) -> None:
    assert answers(asked, times=2, own=OWN).status_code == 303
    assert [each.sender for each in thread(speaker)].count(answering.TEAM) == 1


def test_the_interface_says_who_wrote_beside_the_two_sides_that_clients_know(
    asked: str, speaker: Speaker, rasa: Rasa
) -> None:
    answers(asked, own=OWN)
    with transaction() as session:
        held = session.get_one(conversations.Conversation, speaker.id)
        token = conversations.token_for(held)

    async def later() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://ours") as client:
            path = f"/api/v1/conversations/{speaker.id}/messages"
            return await client.get(path, headers={"authorization": f"Bearer {token}"})

    messages = asyncio.run(later()).json()["messages"]
    assert {each["from"] for each in messages} == {"assistant", "person"}
    assert [each["text"] for each in messages if each.get("by") == "coordinator"] == [OWN]


def test_the_assistant_answers_what_the_participant_writes_next(
    asked: str, speaker: Speaker, rasa: Rasa
) -> None:
    answers(asked, own=OWN)
    rasa.says = [say("utter_thanks_participant")]
    assert asks(speaker, "thank you") == words("utter_thanks_participant", "en").text
    assert "116 123" in asks(speaker, "I want to kill myself")
    assert "thank you" in opened(asked).text


def test_a_ready_answer_is_said_in_the_participants_language(
    sqlite: str, rasa: Rasa, clock: Clock
) -> None:
    speaker = chatting("pl")
    asks(speaker)
    (found,) = requests()
    page = opened(found.id)
    for language in ("pl", "en"):
        assert words("utter_ready_hello", language).text in page.text
    answers(found.id, ready="utter_ready_hello")
    last = thread(speaker)[-1].body
    assert (last["lang"], last["text"]) == ("pl", words("utter_ready_hello", "pl").text)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "Choose a ready answer, or write your own words."),
        ({"own": "  "}, "Choose a ready answer, or write your own words."),
        ({"ready": "utter_goodbye_participant"}, "Choose a ready answer, or write your own"),
        ({"ready": "utter_ready_hello", "own": OWN}, "not both"),
        ({"own": "x" * 601}, "Write 600 characters or fewer."),
    ],
)
def test_what_cannot_be_sent_is_told_and_what_was_typed_is_kept(
    asked: str, speaker: Speaker, form: dict[str, str], told: str
) -> None:
    page = answers(asked, **dict[str, Any](form))
    assert page.status_code == 422
    assert told in page.text
    assert form.get("own", "").strip() in page.text
    assert answering.TEAM not in [each.sender for each in thread(speaker)]
    assert alarms.alert(asked).status == "open"


def test_who_has_left_or_whose_chat_is_over_cannot_be_answered(
    asked: str, speaker: Speaker, clock: Clock
) -> None:
    clock.moment += timedelta(hours=24)
    assert "This chat closed a day after it began." in opened(asked).text
    assert answers(asked, own=OWN).status_code == 422
    with transaction() as session:
        session.get_one(conversations.Conversation, speaker.id).ended_at = clock.moment
    page = opened(asked)
    assert "This person has left the chat." in page.text
    assert SAID in page.text
    assert answering.TEAM not in [each.sender for each in thread(speaker)]


def test_what_is_closed_is_not_answered(asked: str, speaker: Speaker) -> None:
    alarms.acknowledge(asked)
    alarms.close(asked)
    assert "Send this answer" not in opened(asked).text
    assert answers(asked, own=OWN).status_code == 422
    assert answering.TEAM not in [each.sender for each in thread(speaker)]


def test_an_officers_chat_is_no_thread(sqlite: str, speaker: Speaker) -> None:
    asks(speaker)
    alarms.tell("theirs", audience="officer", conversation=speaker.id, channel="web", reach={})
    assert "What was said" not in opened("theirs").text
    assert answers("theirs", own=OWN).status_code == 422


# By text


def test_an_answer_leaves_as_a_text_that_says_a_person_writes(asked_by_text: str) -> None:
    before = len(left())
    assert answers(asked_by_text, own=OWN, name="first").status_code == 303
    assert left()[before:] == [f"This is Jo, a person. {OWN}"]


def test_a_text_does_not_name_the_team(asked_by_text: str) -> None:
    answers(asked_by_text, own=OWN)
    assert left()[-1] == f"This is a person, not the computer. {OWN}"


def test_pressed_twice_one_text_leaves(asked_by_text: str) -> None:
    before = len(left())
    answers(asked_by_text, times=2, own=OWN)
    assert len(left()) == before + 1


def of_a_case(privacy: str) -> None:
    phone = number_of(PHONE)
    assert phone is not None
    reach = Reach("hampshire", "case-1", phone, privacy, "en")
    with transaction() as session:
        contacts.keep(session, reach, key="1")


def in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the demonstration, whose telephones are on the screen of whoever tries them."""
    monkeypatch.setattr(answering, "settings", lambda: SimpleNamespace(demo=False))


def stopped(_monkeypatch: pytest.MonkeyPatch) -> None:
    phone = number_of(PHONE)
    assert phone is not None
    with transaction() as session:
        contacts.stop(session, "hampshire", phone)


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (stopped, "This person has texted STOP."),
        (in_earnest, "We do not know that only this person sees their phone."),
    ],
    ids=["stop", "nobody we know"],
)
def test_nothing_goes_to_a_telephone_that_said_stop_or_that_nobody_gave_us(
    asked_by_text: str,
    happens: Callable[[pytest.MonkeyPatch], None],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happens(monkeypatch)
    before = left()
    assert told in opened(asked_by_text).text
    assert "Send this answer" not in opened(asked_by_text).text
    page = answers(asked_by_text, own=OWN)
    assert page.status_code == 422
    assert told in page.text
    assert left() == before
    assert answering.TEAM not in [each.sender for each in thread(texting())]


@pytest.mark.parametrize("privacy", ["shared", "unknown"])
def test_where_others_may_see_the_telephone_the_answer_waits_on_the_persons_page(
    asked_by_text: str, privacy: str
) -> None:
    of_a_case(privacy)
    before = left()
    assert "when they open their own page" in opened(asked_by_text).text
    assert answers(asked_by_text, own=OWN).status_code == 303
    assert left() == before
    assert [each.body["text"] for each in thread(texting()) if each.sender == answering.TEAM] == [
        OWN
    ]


def test_a_private_telephone_is_answered(asked_by_text: str) -> None:
    of_a_case("private")
    assert answers(asked_by_text, own=OWN).status_code == 303


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("I rang the police about your workshop", "would know what it is about"),
        ("ਕ" * 200, "too long for a text message"),
    ],
)
def test_what_a_locked_telephone_must_not_show_is_not_sent(
    asked_by_text: str, own: str, told: str
) -> None:
    before = left()
    page = answers(asked_by_text, own=own)
    assert page.status_code == 422
    assert told in page.text
    assert left() == before


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_every_ready_answer_fits_a_text_and_reveals_nothing(language: str) -> None:
    mark = words("utter_person_mark", language, {"name": "Bartholomew"}).text
    for key in (each for each in keys() if each.startswith("utter_ready_")):
        text = f"{mark} {words(key, language).text}"
        assert segments(text) <= answering.MOST_SEGMENTS, (key, language)
        assert not reveals(text), (key, language)
