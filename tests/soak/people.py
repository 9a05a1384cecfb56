"""Who talks to a copy all day: participants, officers, and people who write texts."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from itertools import islice

import httpx

from core.settings import DEMONSTRATION_SECRET
from tests.journeys.people import FIELDS, OK_ANSWERS, Chat

# How long a chat is, in turns; one in LONG of them goes on for much longer.
SHORT_CHAT, LONG_CHAT, LONG = 25, 300, 20
# Of ten people, so many are officers, so many write texts, and the others are participants.
OFFICERS, TEXTING = 2, 2
DANGER_IN = 60
PROVIDER = {"Authorization": f"Bearer {DEMONSTRATION_SECRET}"}
# Ofcom's numbers for drama.
NUMBERS = [f"07700 900{n}" for n in range(300, 900)]
SAYS = {
    "en": (
        "I drink too much", "I live in SO14", "is it open now?", "show me another", "it is free?",
        "I cannot sleep and I feel low", "I lost my flat", "thanks", "what do you know about me?",
        "I gamble", "can I talk to a person", "something for men", "no", "yes", "why did you ask?",
    ),
    "pl": (
        "za dużo piję", "mieszkam w Reading", "czy jest teraz otwarte?", "pokaż inne", "dziękuję",
        "nie mogę spać", "mam długi", "nie", "tak",
    ),
    "pa": (
        "ਮੈਂ ਬਹੁਤ ਸ਼ਰਾਬ ਪੀਂਦਾ ਹਾਂ", "ਮੈਨੂੰ ਨੀਂਦ ਨਹੀਂ ਆਉਂਦੀ", "main bahut sharab peenda haan", "ਧੰਨਵਾਦ", "ਨਹੀਂ",
    ),
}  # fmt: skip
OFFICER_SAYS = ("why?", "where are we?", "he is 34 and admits it", "go back", "what is CARA?")
DANGER = ("I want to kill myself", "I'm going to kill her", "chcę umrzeć")
SITES = ("hampshire", "west_midlands", "leicestershire")


class RefusedError(Exception):
    """A turn that was not answered as it should be; the message says with what."""


def turns(http: httpx.Client, staff_token: str, texted: str, seed: int) -> Iterator[None]:
    """One person after another, for ever; each step is one turn, answered.

    Raises :class:`RefusedError` for a turn that was not.
    """
    chance = random.Random(seed)
    while True:
        who = chance.randrange(10)
        long = LONG_CHAT if chance.randrange(LONG) == 0 else SHORT_CHAT
        if who < OFFICERS:
            said = _officer(http, staff_token, chance)
        elif who < OFFICERS + TEXTING:
            said = _by_text(http, texted, chance)
        else:
            said = _participant(http, chance)
        yield from islice(said, long)


def _participant(http: httpx.Client, chance: random.Random) -> Iterator[None]:
    language = chance.choice(sorted(SAYS))
    chat = Chat.begin(http, site=chance.choice(SITES), audience="participant", language=language)
    while True:
        options = chat.labels
        if chance.randrange(DANGER_IN) == 0:
            _turn(chat, text=chance.choice(DANGER))
        elif options and chance.random() < 0.3:
            _chosen(chat, chance.choice(options))
        else:
            _turn(chat, text=chance.choice(SAYS[language]))
        yield


def _officer(http: httpx.Client, token: str, chance: random.Random) -> Iterator[None]:
    chat = Chat.begin(http, token, site="hampshire", audience="officer")
    _chosen(chat, "Start a referral")
    yield
    for label in OK_ANSWERS:
        if chance.random() < 0.2:
            _turn(chat, text=chance.choice(OFFICER_SAYS))
            yield
        _chosen(chat, label)
        yield
    for name, value in FIELDS.items():
        chat.post({"field": name, "value": value})
        yield
    while True:
        _turn(chat, text=chance.choice(OFFICER_SAYS))
        yield


def _by_text(http: httpx.Client, texted: str, chance: random.Random) -> Iterator[None]:
    number = chance.choice(NUMBERS)
    while True:
        said = chance.choice((*SAYS["en"], "1", "HELP"))
        body = {"id": uuid.UUID(int=chance.getrandbits(128)).hex, "from": number, "to": texted}
        answer = http.post("/texts/inbound", json=body | {"text": said}, headers=PROVIDER)
        # Two texts of one telephone at a time: the other one is being answered.
        if answer.status_code not in (200, 409):
            raise RefusedError(f"{answer.status_code} to a text: {answer.text[:200]}")
        yield


def _chosen(chat: Chat, label: str) -> None:
    """The newest choice of that label; one that the chat does not offer any more is said."""
    for message in reversed(chat.messages[-8:]):
        for option in message.get("choices", []):
            if option["label"].startswith(label):
                _turn(chat, choice=option["choice"])
                return
    _turn(chat, text=label)


def _turn(chat: Chat, **body: str) -> None:
    answer = chat.post(body)
    if answer.status_code not in (200, 409):
        raise RefusedError(f"{answer.status_code} to {sorted(body)}: {answer.text[:200]}")
    if answer.status_code == 200:
        chat.messages = [*chat.messages[-8:], *answer.json()["messages"]]
