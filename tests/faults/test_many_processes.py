"""The shape of production for real: two of each part, on PostgreSQL and Redis, behind nginx.

Whatever is killed, a conversation goes on by the other one, and what leaves leaves once.
"""

from __future__ import annotations

import shutil
import signal
import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
import redis

from core.settings import ROOT
from tests.bench.turn import narrow
from tests.faults.conftest import name_people
from tests.faults.crowd import cards, participant, taken, talking
from tests.faults.receivers import Inbox, on_call
from tests.faults.shape import Shape, shape, wait_until
from tests.faults.test_crisis_answers import LONGEST, TEXTS_KEY
from tests.journeys.people import Chat, answer_all_criteria, fill_in_booking, words_of
from tests.pages.test_protection import Browser
from tests.unit.text_standins import CALLBACK_TOKEN, OURS, StandIn, provided, standing_in

PEOPLE = 4
ALARM = "I am going to kill myself tonight"
CHECK = "I feel like a burden to everybody"
WEBS = {"web-1", "web-2"}
# Of a core, for each Rasa, so that it is what a turn waits for; and how often both are asked.
A_PART, ROUNDS = 0.15, 5
# How often a program may search in a minute.
SEARCHES = 5


@pytest.fixture(scope="module")
def inbox() -> Inbox:
    """What reaches the people who are told."""
    return Inbox()


@pytest.fixture(scope="module")
def far() -> Iterator[StandIn]:
    """Who carries our texts."""
    with standing_in("notify") as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory, inbox: Inbox, far: StandIn
) -> Iterator[Shape]:
    """All of it, with a site whose alerts go to an on-call system."""
    folder = tmp_path_factory.mktemp("shape")
    shutil.copytree(ROOT / "sites", folder / "sites")
    with on_call(inbox) as webhook:
        name_people(folder / "sites/hampshire/site.yml", webhook)
        extra = {
            "CARA_SITES_DIR": str(folder / "sites"),
            "CARA_WEBHOOK_SECRET": "a secret between us and the on-call system",
            "CARA_SEARCHES_PER_MINUTE": str(SEARCHES),
            "NO_PROXY": "127.0.0.1",
            **{f"CARA_{name.upper()}": value for name, value in provided("notify", far).items()},
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


def test_a_short_answer_is_to_what_the_other_process_asked(copy: Shape, http: httpx.Client) -> None:
    token = copy.cara("token", "--role", "officer", "--site", "hampshire")
    chat = Chat.begin(http, token, site="hampshire", audience="officer")
    chat.choose("Start a referral")
    with copy.client("web-1") as one, copy.client("web-2") as two:
        at_one, at_two = past_the_proxy(chat, one), past_the_proxy(chat, two)
        assert "Noted: Age: Yes" in words_of(at_one.say("he is 34"))
        at_two.say("maybe a caution last year")
        assert "Noted: Convictions: Yes" in words_of(at_one.say("yes"))


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
        tracker.autocommit = True
        theirs = "SELECT id FROM events WHERE sender_id = %s"
        wait_until(lambda: tracker.execute(theirs, [chat.id]).fetchone() is not None, "a turn")
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


def flushed(copy: Shape) -> None:
    with redis.Redis(port=copy.ports["redis"]) as server:
        assert server.keys("staff-session:*")
        server.flushall()


def killed(copy: Shape) -> None:
    copy.processes["redis"].restart(signal.SIGKILL)


@pytest.mark.parametrize("forgets", [flushed, killed])
def test_redis_forgets_everything_in_the_middle_of_turns_and_nobody_notices(
    copy: Shape, http: httpx.Client, far: StandIn, forgets: Callable[[Shape], None]
) -> None:
    since, officer = len(far.posted), Browser(copy.url)
    officer.client = http
    assert officer.sign_in("officer.hampshire").status_code == 303
    assert officer.get("/officer").status_code == 200
    wait_until(lambda: not searched(http), "all searches of this minute are made")
    with copy.processes["worker-1"].hung(), copy.processes["worker-2"].hung():
        for n in range(PEOPLE):
            text_us(http, f"07700 90043{n}", f"{forgets.__name__} {n}")
        assert waiting(copy) >= PEOPLE
        with talking([participant(http) for _ in range(PEOPLE)]) as talkers:
            forgets(copy)
            assert officer.get("/officer").status_code == 200
    assert all(each.helped and not each.unanswered for each in talkers)
    # Nothing of the minute is known any more, and both web processes count it together again.
    assert [searched(http) for _ in range(SEARCHES + 1)] == [True] * SEARCHES + [False]
    wait_until(lambda: waiting(copy) == 0, "the answers leave")
    answers = [(each["reference"], each["phone_number"]) for each in far.posted[since:]]
    assert len({reference for reference, _ in answers}) == len(answers)
    assert {number for _, number in answers} == {f"+44770090043{n}" for n in range(PEOPLE)}


def test_redis_hangs_and_neither_danger_nor_a_turn_waits_for_it(
    copy: Shape, http: httpx.Client, inbox: Inbox
) -> None:
    token, before = copy.cara("token", "--role", "officer", "--site", "hampshire"), len(inbox.calls)
    officer = Chat.begin(http, token, site="hampshire", audience="officer")
    chats = [*(participant(http) for _ in range(2 * PEOPLE)), officer]
    assert all(cards(chat, "I drink too much") for chat in chats[:-1])
    with copy.processes["redis"].hung():
        danger = [timed(chat, ALARM) for chat in chats for _ in range(PEOPLE)]
        helped = [timed(chat, "I drink too much") for chat in chats]
        text = {"id": "hung", "from": "07700 900449", "to": OURS, "text": ALARM}
        texted = http.post("/texts/inbound", json=text, headers=TEXTS_KEY)
        everybody = len(chats) + 1
        wait_until(lambda: len({*told_of(inbox, before)}) >= everybody, "each is told of")
    assert max(danger) < LONGEST, danger
    assert statistics.median(helped) < LONGEST, helped
    assert texted.elapsed.total_seconds() < LONGEST
    assert "116 123" in texted.json()["texts"][0]


def timed(chat: Chat, text: str) -> float:
    """Seconds until it was answered."""
    answer = chat.post({"text": text})
    assert answer.status_code == 200, answer.text
    return answer.elapsed.total_seconds()


def searched(http: httpx.Client) -> bool:
    """Whether a program was let to search once more."""
    answer = http.post("/api/v1/services/search", json={"site": "hampshire", "needs": ["alcohol"]})
    assert answer.status_code in (200, 429), answer.text
    return answer.status_code != 429


def text_us(http: httpx.Client, sender: str, text_id: str) -> None:
    """Somebody's text, as GOV.UK Notify hands it over."""
    body = {"id": text_id, "source_number": sender, "destination_number": OURS, "message": "Hello"}
    headers = {"Authorization": f"Bearer {CALLBACK_TOKEN}"}
    assert http.post("/texts/notify/inbound", json=body, headers=headers).status_code == 200


def waiting(copy: Shape) -> int:
    """How many letters have still to leave."""
    with psycopg.connect(copy.database) as connection:
        found = connection.execute("SELECT count(*) FROM outbox WHERE status = 'waiting'")
        return int((found.fetchone() or [0])[0])


@pytest.mark.parametrize("ends", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "restarted"])
def test_the_proxy_starts_again_in_the_middle_of_turns_and_none_is_lost_or_doubled(
    copy: Shape, http: httpx.Client, ends: signal.Signals
) -> None:
    with talking([participant(http) for _ in range(PEOPLE)]) as talkers:
        copy.processes["proxy"].restart(ends)
    assert all(each.helped for each in talkers)
    assert any(each.unanswered for each in talkers), "it was in nobody's way"


# More of them


@pytest.mark.skipif(not narrow.possible(), reason="no process may be held to a part of a core here")
def test_where_a_turn_waits_for_rasa_two_take_a_third_more_turns_than_one(copy: Shape) -> None:
    two, one = copy.environment["CARA_RASA_URL"].split(","), [copy.rasa_url("rasa-1")]
    with narrow.narrowed(copy.whole(), A_PART):
        taken(copy, two)
        rounds = [(taken(copy, two), taken(copy, one)) for _ in range(ROUNDS)]
    more = statistics.median(both.rate / alone.rate for both, alone in rounds)
    dearer = statistics.median(both.cost / alone.cost for both, alone in rounds)
    for both, alone in rounds:
        print(f"turns a second: {both.rate:.1f} with two, {alone.rate:.1f} with one")
        print(f"processors for a turn: {both.cost:.4f} s with two, {alone.cost:.4f} with one")
    print(f"the middle of the rounds: {more:.2f} times the turns, {dearer:.2f} times the cost")
    assert more >= 1.3
    assert dearer <= 1.1
