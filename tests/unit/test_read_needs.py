"""What a participant writes is read as the needs they mean, and nobody else's."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.runtime.needs import NEED_CODES, WORDS_FILE, NeedReading, read_needs

DATA = Path(__file__).resolve().parents[2] / "data"
DEVELOPMENT = yaml.safe_load((DATA / "dev/participant.yml").read_text(encoding="utf-8"))

F1_FLOOR = 0.85
PRECISION_FLOOR = 0.92
LONGEST_SECONDS = 0.05


def own(text: str) -> set[str]:
    return {r.need for r in read_needs(text) if r.whose == "self" and r.state == "current"}


def told(text: str) -> set[tuple[str, str, str]]:
    return {(r.need, r.whose, r.state) for r in read_needs(text)}


def development(language: str) -> list[dict[str, Any]]:
    return [item for item in DEVELOPMENT if item["language"] == language]


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        (
            "been smoking weed every day since I was 15 and I want to stop, I'm in Aldershot",
            "drugs",
        ),
        ("drugs and some stuff that happened when I was a kid", "drugs trauma"),
        ("cant sleep, nightmares about it, no money for therapy", "mental_health trauma"),
        ("head's gone, in bits, anxiety through the roof", "mental_health"),
        ("the bookies, behind on rent, sofa surfing", "gambling money housing"),
        ("I go 0 to 100 in seconds", "da_perpetrator"),
        ("I'd want it one to one", ""),
        ("on my arse skint", "money"),
        ("gear, skag, brown, on the script", "drugs"),
        ("ket and mandy and balloons", "drugs"),
        ("bevvies, on the piss, smashed every night", "alcohol"),
        ("my dad used to hit me", "trauma"),
        ("she left me and I hit the bottle", "relationships alcohol"),
        ("my wife left because of my drinking", "relationships alcohol"),
        ("I only lose my temper when I'm drunk", "da_perpetrator alcohol"),
        ("he hits me", "da_victim"),
        ("want to see my kids", "parenting"),
        ("lost my job", "work"),
        ("I think I've got ADHD", "health"),
        ("anxeity and alchohol", "mental_health alcohol"),
        ("piję codziennie i nie mogę spać", "alcohol mental_health"),
        ("pije codziennie i nie moge spac", "alcohol mental_health"),
        ("ਸ਼ਰਾਬ ਛੱਡ ਨਹੀਂ ਹੁੰਦੀ", "alcohol"),
        ("ਮੈਨੂੰ ਡਿਪਰੈਸ਼ਨ ਹੈ", "mental_health"),
        ("ਨੀਦ ਨਹੀ ਆਉਦੀ", "mental_health"),
        ("sharaab peenda, nind nai aundi", "alcohol mental_health"),
        ("mainu weed chaddni aa te depression v aa", "drugs mental_health"),
    ],
)
def test_needs_in_the_words_people_use(text: str, needs: str) -> None:
    assert own(text) == set(needs.split())


@pytest.mark.parametrize(
    "text",
    [
        "what's the drink drive limit",
        "I'm pissed off with you",
        "I drink water",
        "no worries, thanks",
        "is this automated",
        "spice girls tickets",
        "can't afford it",
        "w Aldershot",
        "ok",
        "",
        "🍺",
    ],
)
def test_no_need_where_none_is_told(text: str) -> None:
    assert own(text) == set()


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("my brother drinks too much", ("alcohol", "other", "current")),
        ("it's for my mate, he's on spice", ("drugs", "other", "current")),
        ("my son who smokes weed", ("drugs", "other", "current")),
        ("mój brat, który pije", ("alcohol", "other", "current")),
        ("brat pije i ćpa", ("drugs", "other", "current")),
        ("ਮੇਰਾ ਭਰਾ ਸ਼ਰਾਬ ਪੀਂਦਾ ਹੈ", ("alcohol", "other", "current")),
        ("mere munde nu nashe di lat aa", ("drugs", "other", "current")),
        ("I'm not a drinker, it's the weed", ("alcohol", "self", "denied")),
        ("never touched drugs, it's the lager", ("drugs", "self", "denied")),
        ("nie jestem alkoholikiem", ("alcohol", "self", "denied")),
        ("main sharab nahi peenda", ("alcohol", "self", "denied")),
        ("used to do coke, been clean 3 years", ("drugs", "self", "past")),
        ("I don't drink any more", ("alcohol", "self", "past")),
        ("nie piję od roku", ("alcohol", "self", "past")),
        ("ਪਹਿਲਾਂ ਸ਼ਰਾਬ ਪੀਂਦਾ ਸੀ", ("alcohol", "self", "past")),
    ],
)
def test_whose_and_when(text: str, reading: tuple[str, str, str]) -> None:
    assert reading in told(text)
    assert reading[0] not in own(text)


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("I don't want to drink any more", "alcohol"),
        ("cant stop drinking", "alcohol"),
        ("not just the drink", "alcohol"),
        ("my drinking isn't good", "alcohol"),
        ("trying to stay clean", "drugs"),
        ("nie mogę przestać pić", "alcohol"),
        ("sharab chhadd nahi hundi", "alcohol"),
        ("my mate says I drink too much", "alcohol"),
        ("me and my brother smoke weed", "drugs"),
    ],
)
def test_a_struggle_is_not_a_denial_and_a_companion_not_the_subject(text: str, need: str) -> None:
    assert (need, "self", "current") in told(text)


def test_a_need_said_twice_is_given_once_and_the_present_wins() -> None:
    readings = read_needs("used to smoke weed years ago. now I'm back on the weed")
    assert [(r.need, r.state) for r in readings] == [("drugs", "current")]


def test_the_reading_carries_the_words_that_told_it() -> None:
    reading = NeedReading("gambling", "self", "current", "the bookies")
    assert read_needs("always in the bookies") == [reading]


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_development_set_by_rule_alone(language: str) -> None:
    right = extra = missing = 0
    for item in development(language):
        found, meant = own(item["text"]), set(item["needs"])
        right += len(found & meant)
        extra += len(found - meant)
        missing += len(meant - found)
    assert right / (right + extra) >= PRECISION_FLOOR
    assert 2 * right / (2 * right + extra + missing) >= F1_FLOOR


def test_no_message_of_the_development_set_holds_up_a_turn() -> None:
    """What a reading usually takes is for the benches; this is against one that runs away."""
    read_needs("warm up")

    def spent(text: str) -> float:
        start = time.process_time()
        read_needs(text)
        return time.process_time() - start

    # Other work on the machine only adds, so the fastest of three is what it takes.
    slow = [
        item["text"]
        for item in DEVELOPMENT
        if min(spent(item["text"]) for _ in range(3)) > LONGEST_SECONDS
    ]
    assert slow == []


def test_the_longest_message_without_a_stop_is_still_answered_in_time() -> None:
    start = time.perf_counter()
    read_needs(("i drink my brother not " * 220)[:5000])
    assert time.perf_counter() - start < 2


def test_the_word_list_uses_the_need_codes_and_no_hidden_comment() -> None:
    data = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    assert set(data["needs"]) == set(NEED_CODES)
    assert set(data["weak"]) <= set(NEED_CODES)
    written = WORDS_FILE.read_text(encoding="utf-8").splitlines()
    inline = [line for line in written if not line.strip().startswith("#") and ": " in line]
    assert [line for line in inline if " #" in line] == []
