"""From what was not understood to what is learned: a participant, a coordinator, an operator."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
import pytest

from tests.journeys.coordinator import STAFF
from tests.journeys.people import Chat, words_of
from tests.journeys.running import Copy
from tests.journeys.test_crisis_goes_on import ASKED

GIBBERISH = "florbing grommet wossname quibbly"
DOUBT = "whats the point of anything florbing"
ONE = re.compile(r'href="(/unclear/[\w-]+)">([^<]*)</a>')
TOKEN = re.compile(r'name="csrf_token" value="(\w+)"')
CSRF = "__Host-cara_csrf"


@dataclass(frozen=True)
class Reviewer:
    """The coordinator of Hampshire at the page of what was not understood."""

    copy: Copy
    token: str

    def listed(self) -> dict[str, str]:
        """The address of each message by its words."""
        return {said: path for path, said in ONE.findall(self._get("/unclear").text)}

    def reads(self, path: str, **form: str) -> httpx.Response:
        """Give a reading with the form of its page, as a browser does."""
        shown = self._get(path)
        found = TOKEN.search(shown.text)
        assert found
        held = re.search(f"{CSRF}=([^;]+)", shown.headers["set-cookie"])
        assert held
        return httpx.post(
            f"{self.copy.url}{path}/reading",
            data={"csrf_token": found[1], **form},
            headers={"cookie": f"{STAFF}={self.token}; {CSRF}={held[1]}"},
            timeout=20,
        )

    def _get(self, path: str) -> httpx.Response:
        cookie = {"cookie": f"{STAFF}={self.token}"}
        answer = httpx.get(f"{self.copy.url}{path}", headers=cookie, timeout=20)
        assert answer.status_code == 200, path
        return answer


@pytest.fixture
def reviewer(copy: Copy) -> Reviewer:
    return Reviewer(copy, copy.browser_session())


def test_what_a_participant_typed_can_be_learned_once_a_coordinator_has_read_it(
    participant: Chat, reviewer: Reviewer, copy: Copy
) -> None:
    assert "a person who works here may read it later" in words_of(participant.messages)
    told = participant.say(f"{GIBBERISH}, ring me on 07700 900461")
    assert not [each for each in told if each["kind"] == "listing"]
    said = f"{GIBBERISH}, ring me on [number]"
    path = reviewer.listed()[said]
    nothing = copy.cara("nlu", "learn", "--dry-run")
    assert GIBBERISH not in nothing.stdout
    answer = reviewer.reads(path, intent="find_help", needs="housing", confirmed="yes")
    assert answer.status_code == 303, answer.text
    learned = copy.cara("nlu", "learn", "--dry-run")
    assert learned.returncode == 0, learned.stderr
    assert said in learned.stdout
    assert "intent: find_help" in learned.stdout
    assert "- housing" in learned.stdout
    assert "nothing was written and nothing trained" in learned.stdout
    assert not (copy.data_dir / "learned").exists()


def test_an_officers_message_that_was_not_understood_waits_too(
    officer: Chat, reviewer: Reviewer
) -> None:
    officer.say("the quibbly grommet of florbing")
    assert "the quibbly grommet of florbing" in reviewer.listed()


def test_what_the_screen_asked_about_is_never_kept_whatever_the_person_answers(
    participant: Chat, reviewer: Reviewer
) -> None:
    """After the no, these words are answered by Rasa, and not understood."""
    before = set(reviewer.listed())
    asked = participant.say(DOUBT)
    assert ASKED in words_of(asked)
    participant.say("no")
    participant.say("no, that's wrong")
    assert set(reviewer.listed()) - before == set()


def test_after_an_alarm_nothing_is_kept(participant: Chat, reviewer: Reviewer) -> None:
    before = set(reviewer.listed())
    participant.say("I want to die")
    participant.say("blimey quibbly wossname")
    assert set(reviewer.listed()) - before == set()


def test_another_sites_participant_leaves_nothing(http: httpx.Client, reviewer: Reviewer) -> None:
    chat = Chat.begin(http, site="leicestershire", audience="participant")
    assert "may read it later" not in words_of(chat.messages)
    before = set(reviewer.listed())
    chat.say("wossname of leicestershire")
    assert set(reviewer.listed()) == before
