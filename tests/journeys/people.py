"""The people of the journeys: they speak to a running copy over HTTP, as anybody would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx

Message = dict[str, Any]


@dataclass
class Chat:
    """One conversation; remembers every message so that a choice can be taken by its label."""

    http: httpx.Client
    id: str
    token: str
    messages: list[Message] = field(default_factory=list)

    @classmethod
    def begin(cls, http: httpx.Client, staff_token: str = "", **asked: str) -> Chat:
        """Start a conversation; raises on refusal."""
        headers = {"Authorization": f"Bearer {staff_token}"} if staff_token else {}
        answer = http.post("/api/v1/conversations", json=asked, headers=headers)
        answer.raise_for_status()
        begun = answer.json()
        return cls(http, begun["id"], begun["token"], begun["messages"])

    def post(self, body: dict[str, Any], **headers: str) -> httpx.Response:
        """One message as it is, without judging the answer."""
        return self.http.post(
            f"/api/v1/conversations/{self.id}/messages",
            json=body,
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )

    def _turn(self, body: dict[str, Any]) -> list[Message]:
        answer = self.post(body)
        assert answer.status_code == 200, answer.text
        replies: list[Message] = answer.json()["messages"]
        self.messages += replies
        return replies

    def say(self, text: str) -> list[Message]:
        """Type something."""
        return self._turn({"text": text})

    def choose(self, label: str) -> list[Message]:
        """Take the newest choice whose label begins so."""
        for message in reversed(self.messages):
            for option in message.get("choices", []):
                if option["label"].startswith(label):
                    return self._turn({"choice": option["choice"]})
        raise AssertionError(f"no choice {label!r} in {self.labels}")

    def give(self, name: str, value: str) -> list[Message]:
        """Fill in a question card."""
        return self._turn({"field": name, "value": value})

    @property
    def labels(self) -> list[str]:
        """The labels of the newest message that offers choices."""
        for message in reversed(self.messages):
            if message.get("choices"):
                return [option["label"] for option in message["choices"]]
        return []

    @property
    def question(self) -> str:
        """What was asked last."""
        asked = [each for each in self.messages if each["kind"] in ("question", "summary")]
        return str(asked[-1]["text"])


def words_of(messages: list[Message]) -> str:
    """Everything that was said, as one text."""
    return "\n".join(message["text"] for message in messages)


def cards(messages: list[Message]) -> list[Message]:
    """The listings among the messages."""
    return [message["listing"] for message in messages if message["kind"] == "listing"]


OK_ANSWERS = (
    "Yes, 18 or over",
    "Yes, a full admission",
    "Yes",
    "Common assault or battery",
    "Current partner",
    "Standard",
    "No",
    "None, and this was checked",
    "None, and this was checked",
    "No",
    "No",
    "Yes",
    "Supports it",
    "No",
    "Yes",
    "Yes",
    "Men",
    "Yes",
    "Yes, fit to agree",
    "It fits",
    "No",
    "Yes",
)
FIELDS = {
    "crime_reference": "44260012345",
    "custody_reference": "CR/2026/0117",
    "offence_date": "20 11 2026",
    "full_name": "Tadeusz Quillfeather",
    "date_of_birth": "14 9 1991",
    "postcode_district": "SO14 3AB",
    "mobile": "07700 900982",
}
CHOSEN = {
    "Which risk tool": "DASH",
    "Do they live": "No",
    "Ask them: does anybody": "Only they use it",
    "Ask them: “Is it": "Yes, they agree",
    "What time of day": "Evenings until 8pm",
    "Do they need an interpreter": "No",
    "Who will decide": "Sergeant Sam Okafor 2203",
}


def answer_all_criteria(chat: Chat) -> None:
    """Every criterion by choice, each answer one that lets the case go on."""
    for label in OK_ANSWERS:
        chat.choose(label)


def fill_in_booking(chat: Chat) -> None:
    """Every card and choice of the booking, until the summary."""
    for _ in range(40):
        last = chat.messages[-1]
        if last["kind"] == "summary":
            return
        card = last.get("field")
        if card and card["name"] in FIELDS:
            chat.give(card["name"], FIELDS[card["name"]])
        elif card:
            chat.choose("Skip this")
        else:
            chat.choose(next(v for k, v in CHOSEN.items() if last["text"].startswith(k)))
    raise AssertionError("the booking never ended")


def reference_in(messages: list[Message]) -> str:
    """The reference that was read out."""
    found = re.search(r"[A-Z0-9]{3}-[A-Z0-9]{3}-[A-Z0-9]{2}", words_of(messages))
    assert found
    return found[0]
