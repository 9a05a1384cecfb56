"""The shape of production for real: two of each part, on PostgreSQL and Redis, behind nginx.

Whatever is killed, a conversation goes on by the other one, and what leaves leaves once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from core.settings import ROOT
from tests.faults.conftest import name_people
from tests.faults.receivers import Inbox, on_call
from tests.faults.shape import Shape, shape, wait_until
from tests.journeys.people import Chat, answer_all_criteria, fill_in_booking

PEOPLE = 4
ALARM = "I am going to kill myself tonight"
CHECK = "I feel like a burden to everybody"
WEBS = {"web-1", "web-2"}


@pytest.fixture(scope="module")
def inbox() -> Inbox:
    """What reaches the people who are told."""
    return Inbox()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, inbox: Inbox) -> Iterator[Shape]:
    """All of it, with a site whose alerts go to an on-call system."""
    folder = tmp_path_factory.mktemp("shape")
    shutil.copytree(ROOT / "sites", folder / "sites")
    with on_call(inbox) as webhook:
        name_people(folder / "sites/hampshire/site.yml", webhook)
        extra = {
            "CARA_SITES_DIR": str(folder / "sites"),
            "CARA_WEBHOOK_SECRET": "a secret between us and the on-call system",
        }
        with shape(folder, extra) as made:
            warm(made)
            yield made


def warm(made: Shape) -> None:
    """Whoever is first at a process waits until it has read the directory; nobody here is."""
    with made.client() as http:
        wait_until(
            lambda: all(cards(participant(http), "I drink too much") for _ in range(PEOPLE)),
            "everybody is answered in time",
        )


@pytest.fixture
def copy(started: Shape) -> Shape:
    """The same, whole again after whatever the last test killed."""
    started.mend()
    return started


@pytest.fixture
def http(copy: Shape) -> Iterator[httpx.Client]:
    """A client of the proxy."""
    with copy.client() as client:
        yield client


def participant(http: httpx.Client) -> Chat:
    return Chat.begin(http, site="hampshire", audience="participant")


def cards(chat: Chat, said: str) -> bool:
    return "listing" in {message["kind"] for message in chat.say(said)}


def past_the_proxy(chat: Chat, http: httpx.Client) -> Chat:
    """The same conversation at one web process."""
    return Chat(http, chat.id, chat.token, list(chat.messages))


def told_of(inbox: Inbox, since: int) -> list[str]:
    """The alerts since then, each as often as the on-call system was called about it."""
    return [str(call["body"]["id"]) for call in inbox.calls[since:]]


# What goes through


def test_a_participant_is_served_by_both_web_processes_in_one_conversation(
    copy: Shape, http: httpx.Client
) -> None:
    before = len(copy.served_by())
    chat = participant(http)
    assert cards(chat, "I drink too much")
    assert cards(chat, "what else is there")
    assert "listing" in {each["kind"] for each in chat.say("and drugs, near SO14")}
    assert set(copy.served_by()[before:]) == WEBS


def test_an_officer_s_referral_goes_through_both(copy: Shape, http: httpx.Client) -> None:
    before = len(copy.served_by())
    token = copy.cara("token", "--role", "officer", "--site", "hampshire")
    chat = Chat.begin(http, token, site="hampshire", audience="officer")
    chat.choose("Start a referral")
    answer_all_criteria(chat)
    fill_in_booking(chat)
    assert chat.messages[-1]["kind"] == "summary"
    assert set(copy.served_by()[before:]) == WEBS


def test_nothing_but_web_is_reached_through_the_proxy(http: httpx.Client) -> None:
    for path in ("/webhook", "/webhooks/cara/turn", "/webhooks/cara/alive", "/conversations/x"):
        assert http.post(path, json={}).status_code in (404, 405)
    assert http.get("/healthz").json() == {"ok": True}


def test_trackers_lie_in_a_database_that_opens_nothing_of_ours(
    copy: Shape, http: httpx.Client
) -> None:
    chat = participant(http)
    assert cards(chat, "I drink too much")
    with psycopg.connect(copy.tracker) as tracker:
        held = tracker.execute("SELECT count(*) FROM events WHERE sender_id = %s", [chat.id])
        assert (held.fetchone() or [0])[0] > 0
    into_ours = f"{copy.tracker.rpartition('/')[0]}/{copy.database.rpartition('/')[2]}"
    into_theirs = f"{copy.database.rpartition('/')[0]}/{copy.tracker.rpartition('/')[2]}"
    for url in (into_ours, into_theirs):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(url)
    assert not (copy.folder / "data/rasa/rasa.db").exists()


# What one process remembers and the other does not know


def test_a_safety_question_that_another_process_closed_stays_closed(
    copy: Shape, http: httpx.Client, inbox: Inbox
) -> None:
    chat, before = participant(http), len(inbox.calls)
    with copy.client("web-1") as one, copy.client("web-2") as two:
        at_one, at_two = past_the_proxy(chat, one), past_the_proxy(chat, two)
        assert at_one.say(CHECK)[0].get("choices"), "it asks"
        assert at_two.say("no")
        # What a process still remembers of the question answers nothing any more.
        assert "crisis" not in {each["kind"] for each in at_one.say("yes")}
    # Whatever came before this one has been told by now.
    participant(http).say(ALARM)
    wait_until(lambda: len(told_of(inbox, before)) > 0, "somebody is told")
    assert len(told_of(inbox, before)) == 1


def test_a_safety_question_of_one_process_is_answered_at_the_other(
    copy: Shape, http: httpx.Client, inbox: Inbox
) -> None:
    chat, before = participant(http), len(inbox.calls)
    with copy.client("web-1") as one, copy.client("web-2") as two:
        assert past_the_proxy(chat, one).say(CHECK)[0].get("choices"), "it asks"
        assert "crisis" in {each["kind"] for each in past_the_proxy(chat, two).say("yes")}
    wait_until(lambda: len(told_of(inbox, before)) == 1, "somebody is told")


def test_danger_is_answered_in_the_language_that_was_chosen_at_another_process(
    copy: Shape, http: httpx.Client
) -> None:
    chat = participant(http)
    with copy.client("web-1") as one, copy.client("web-2") as two:
        at_one, at_two = past_the_proxy(chat, one), past_the_proxy(chat, two)
        at_one.say("hello")
        at_two.say("po polsku proszę")
        assert at_one.say(ALARM)[0]["lang"] == "pl"


# What dies


def test_a_web_process_is_killed_and_the_next_turns_go_on(copy: Shape, http: httpx.Client) -> None:
    chats = [participant(http) for _ in range(PEOPLE)]
    assert all(cards(chat, "I drink too much") for chat in chats)
    with ThreadPoolExecutor(PEOPLE) as pool:
        under_way = [
            pool.submit(chat.post, {"text": "what else is there"}, **{"Idempotency-Key": "k"})
            for chat in chats
        ]
        copy.processes["web-1"].kill()
        ended = [each.result() for each in under_way]
    # Whose turn was cut off asks again under the same key, and nothing is said twice.
    assert {each.status_code for each in ended} <= {200, 502}
    for chat in chats:
        again = chat.post({"text": "what else is there"}, **{"Idempotency-Key": "k"})
        assert again.status_code in (200, 409), again.text
        said = chat.http.get(
            f"/api/v1/conversations/{chat.id}/messages",
            headers={"Authorization": f"Bearer {chat.token}"},
        ).json()["messages"]
        assert [each["text"] for each in said if each["from"] == "person"].count(
            "what else is there"
        ) == 1
    assert all(cards(chat, "I drink too much, anything else") for chat in chats)


def test_a_web_process_hangs_and_hardly_anybody_meets_it(copy: Shape, http: httpx.Client) -> None:
    chats = [participant(http) for _ in range(2 * PEOPLE)]
    with copy.processes["web-1"].hung(), ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda chat: chat.post({"text": ALARM}).status_code, chats))
    # Whoever was with it gets the numbers to ring; it is left out then.
    assert ended.count(200) >= 2 * PEOPLE - 2
    assert set(ended) <= {200, 504}


def test_of_the_actions_one_is_killed_and_the_other_takes_its_calls(
    copy: Shape, http: httpx.Client
) -> None:
    chats = [participant(http) for _ in range(PEOPLE)]
    copy.processes["actions-1"].kill()
    assert all(cards(chat, "I drink too much") for chat in chats)


def test_a_worker_is_killed_and_each_alert_leaves_once(
    copy: Shape, http: httpx.Client, inbox: Inbox
) -> None:
    chats, before = [participant(http) for _ in range(2 * PEOPLE)], len(inbox.calls)
    with ThreadPoolExecutor(PEOPLE) as pool:
        assert all(pool.map(lambda chat: chat.say(ALARM), chats[:PEOPLE]))
        wait_until(lambda: len(told_of(inbox, before)) == PEOPLE, "each is told of")
        copy.processes["worker-1"].kill()
        assert all(pool.map(lambda chat: chat.say(ALARM), chats[PEOPLE:]))
    wait_until(lambda: len(told_of(inbox, before)) >= 2 * PEOPLE, "the other one tells")
    told = told_of(inbox, before)
    assert len(told) == len(set(told)) == 2 * PEOPLE


def test_connections_of_both_databases_are_cut_and_it_heals_by_itself(
    copy: Shape, http: httpx.Client
) -> None:
    chat = participant(http)
    assert cards(chat, "I drink too much")
    for url in (copy.tracker, copy.database):
        with psycopg.connect(url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    assert chat.say("what else is there"), "cards, or the plain sentence"
    wait_until(lambda: cards(chat, "I drink too much"), "it goes on")


def test_a_rasa_is_killed_and_the_other_goes_on_from_the_same_trackers(
    copy: Shape, http: httpx.Client
) -> None:
    chats = [participant(http) for _ in range(PEOPLE)]
    assert all(cards(chat, "I drink too much") for chat in chats)
    copy.processes["rasa-1"].kill()
    assert all(cards(chat, "what else is there") for chat in chats)
