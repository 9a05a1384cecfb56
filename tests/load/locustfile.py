"""Who talks to a copy at its busiest, for `locust`; `python -m tests.load` runs it in steps.

``CARA_LOAD_OFFICER`` holds the token of a demonstration officer. Every person comes from an address
of their own, as they would: one address alone is held back (core/limiting.py).
"""

from __future__ import annotations

import os
import random
import uuid
from typing import Any

from locust import FastHttpUser, between, constant_pacing, task

from core.settings import DEMONSTRATION_SECRET
from tests.journeys.people import OK_ANSWERS

# The sentence with numbers to ring, where Rasa is away or has no place for one more.
PLAIN = "I cannot answer just now"
NEEDS = (
    "I drink too much",
    "I cannot sleep",
    "I gamble",
    "main bahut sharab peenda haan",
    "mam długi",
)
THEN = ("SO14", "is it open now?", "show me another", "the first one", "thanks")
SITES = ("hampshire", "west_midlands", "leicestershire")


def _address() -> str:
    """One of the addresses that are for documentation, or of the range for benchmarks."""
    return f"198.18.{random.randrange(256)}.{random.randrange(1, 255)}"


class Talker(FastHttpUser):
    """Somebody in a chat of the web."""

    abstract = True
    audience = "participant"
    sites: tuple[str, ...] = SITES
    staff_token = ""

    def on_start(self) -> None:
        """Come from an address of one's own, with no chat yet."""
        self.headers = {"X-Forwarded-For": _address()}
        self.begin()

    def begin(self) -> None:
        """A new chat."""
        asked = {"site": random.choice(self.sites), "audience": self.audience}
        signed_in = {"Authorization": f"Bearer {self.staff_token}"} if self.staff_token else {}
        with self.client.post(
            "/api/v1/conversations",
            json=asked,
            headers=self.headers | signed_in,
            name="begin",
            catch_response=True,
        ) as answer:
            begun = answer.json() if answer.status_code == 201 else {}
        self.chat, self.token = begun.get("id", ""), begun.get("token", "")
        self.options = _options(begun.get("messages", []))

    def turn(self, name: str, body: dict[str, Any]) -> str:
        """One turn; what was said to it. A plain sentence counts under a name of its own."""
        headers = self.headers | {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        path = f"/api/v1/conversations/{self.chat}/messages"
        with self.client.post(
            path, json=body, headers=headers, name=name, catch_response=True
        ) as answer:
            if answer.status_code != 200:
                return ""
            messages = answer.json()["messages"]
            said = " ".join(str(each["text"]) for each in messages)
            if PLAIN in said:
                answer.request_meta["name"] = f"{name}: busy"
            self.options = _options(messages) or self.options
            return said


def _options(messages: list[dict[str, Any]]) -> dict[str, str]:
    return {
        str(option["label"]): str(option["choice"])
        for each in messages
        for option in each.get("choices", [])
    }


class Officer(Talker):
    """Begins a referral and answers one question after another, by choice."""

    weight = 4
    wait_time = between(2, 6)
    audience = "officer"
    sites = ("hampshire",)

    def on_start(self) -> None:
        """Signed in as the demonstration officer of Hampshire."""
        self.staff_token = os.environ["CARA_LOAD_OFFICER"]
        self.at = -1
        super().on_start()

    @task
    def answer(self) -> None:
        """The next answer; after the last one a new referral."""
        if self.at >= len(OK_ANSWERS) or not self.chat:
            self.at = -1
            self.begin()
            return
        label = "Start a referral" if self.at < 0 else OK_ANSWERS[self.at]
        choice = next((self.options[each] for each in self.options if each.startswith(label)), "")
        said = self.turn("officer answers", {"choice": choice} if choice else {"text": label})
        if said and PLAIN not in said:
            self.at += 1


class Participant(Talker):
    """Asks for help in a web chat, then a few things about what is shown."""

    weight = 3
    wait_time = between(3, 10)

    @task
    def ask(self) -> None:
        """A need or what follows it."""
        self.turn("participant asks", {"text": random.choice(NEEDS)})

    @task(2)
    def follow(self) -> None:
        """About what is shown."""
        self.turn("participant follows up", {"text": random.choice(THEN)})


class Texter(FastHttpUser):
    """Of sixty people who leave a workshop, one; each texts once a minute for ten minutes."""

    weight = 3
    wait_time = constant_pacing(60)

    def on_start(self) -> None:
        """A number of Ofcom's for drama, and one of a site's."""
        self.number = f"07700 900{random.randrange(300, 900)}"

    @task
    def text(self) -> None:
        """One text in, its answer out."""
        body = {
            "id": uuid.uuid4().hex,
            "from": self.number,
            "to": "07700 900101",
            "text": random.choice(NEEDS + THEN),
        }
        key = {"Authorization": f"Bearer {DEMONSTRATION_SECRET}"}
        with self.client.post(
            "/texts/inbound", json=body, headers=key, name="text", catch_response=True
        ) as answer:
            if answer.status_code == 200 and PLAIN in answer.text:
                answer.request_meta["name"] = "text: busy"


class InDanger(Talker):
    """One in a hundred is in danger: whatever the load, they are answered at once."""

    fixed_count = 1
    wait_time = between(1, 2)

    @task
    def say(self) -> None:
        """The fixed answer, or it counts as a failure."""
        said = self.turn("danger", {"text": "I want to kill myself"})
        if "116 123" not in said:
            self.environment.events.request.fire(
                request_type="CHECK",
                name="danger unanswered",
                response_time=0,
                response_length=0,
                exception=AssertionError("no crisis answer"),
            )
