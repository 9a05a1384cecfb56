"""The rules of the safety screen on their first set, and on hostile spelling."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import bot.safety
from bot.safety import Finding, Level
from bot.safety.lexicon import read_lexicon
from bot.safety.notation import read_patterns
from bot.safety.rules import found_by_rule as screen

ROOT = Path(__file__).parents[2]


class Case(NamedTuple):
    language: str
    audience: str
    kind: str | None
    level: str
    explicit: bool
    previous: tuple[str, ...]
    text: str


def read_cases() -> Iterator[Case]:
    sheet = yaml.safe_load((ROOT / "data/dev/safety.yml").read_text("utf-8"))
    rows = [(row, (), text) for row in sheet["groups"] for text in row["texts"]]
    rows += [(row, tuple(row["previous"]), row["text"]) for row in sheet["conversations"]]
    for row, previous, text in rows:
        yield Case(
            row["language"],
            row.get("audience", "participant"),
            row.get("kind"),
            row["level"],
            row.get("explicit", False),
            previous,
            text,
        )


CASES = list(read_cases())
RISKS = [case for case in CASES if case.level != "none"]
HARMLESS = [case for case in CASES if case.level == "none"]


def seen(case: Case) -> Finding | None:
    return screen(case.text, case.language, case.previous, case.audience)


def found(text: str, **kwargs: Any) -> tuple[str, str] | None:
    finding = screen(text, **kwargs)
    return (finding.kind.value, finding.level.value) if finding else None


def test_the_package_gives_exactly_its_interface() -> None:
    assert bot.safety.__all__ == ["Finding", "Kind", "Level", "screen"]


def test_the_development_set_is_large_and_half_harmless() -> None:
    english = [case for case in CASES if case.language == "en"]
    assert len(english) >= 300
    assert sum(case.level == "none" for case in english) >= 150
    for language in ("pl", "pa"):
        assert sum(case.language == language for case in CASES) >= 60


@pytest.mark.parametrize("case", [case for case in RISKS if case.explicit], ids=lambda c: c.text)
def test_no_explicit_first_person_statement_is_missed(case: Case) -> None:
    assert seen(case) is not None


@pytest.mark.parametrize(("language", "floor"), [("en", 0.9), ("pl", 0.85), ("pa", 0.85)])
def test_recall_by_language(language: str, floor: float) -> None:
    risks = [case for case in RISKS if case.language == language]
    missed = [case.text for case in risks if seen(case) is None]
    assert 1 - len(missed) / len(risks) >= floor, missed


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_most_risks_have_the_kind_and_level_a_reader_gave_them(language: str) -> None:
    risks = [case for case in RISKS if case.language == language]
    agreed = [
        case for case in risks if (f := seen(case)) and (f.kind, f.level) == (case.kind, case.level)
    ]
    assert len(agreed) / len(risks) >= 0.85


@pytest.mark.parametrize(("level", "ceiling"), [(Level.alarm, 0.05), (Level.check, 0.15)])
def test_harmless_messages_are_seldom_interrupted(level: Level, ceiling: float) -> None:
    flagged = [case.text for case in HARMLESS if (f := seen(case)) and f.level is level]
    assert len(flagged) / len(HARMLESS) <= ceiling, flagged


@pytest.mark.parametrize(
    "text",
    [
        "32, girlfriend, slapped her last night, full admission, DASH came out standard, "
        "she wants him to get help not go to court",
        "he threatened to kill her during the argument",
        "child present, no concerns",
        "she's scared he'd do it again",
    ],
)
def test_an_officers_account_of_the_offence_is_no_finding(text: str) -> None:
    assert found(text, audience="officer") is None


def test_an_officers_word_of_a_risk_from_now_on_is_an_alarm() -> None:
    assert found("DP states wants to die", audience="officer") == ("suicide", "alarm")
    threat = "he says he'll kill her when he gets out"
    assert found(threat, audience="officer") == ("harm_to_others", "alarm")


def test_a_worry_for_somebody_else_is_a_question_to_a_participant_and_an_alarm_in_custody() -> None:
    assert found("he is suicidal") == ("suicide", "check")
    assert found("he is suicidal", audience="officer") == ("suicide", "alarm")


def test_the_most_serious_finding_wins() -> None:
    text = "I've taken all my tablets because I hit my son and I want to die"
    assert found(text) == ("medical", "alarm")
    assert found("no point carrying on, and I'm going to kill her") == ("harm_to_others", "alarm")


@pytest.mark.parametrize(
    ("text", "language", "kind", "level"),
    [
        ("nie pozwala mi wyjść z domu", "pl", "victim_of_abuse", "alarm"),
        ("mąż nie daje mi wychodzić nigdzie", "pl", "victim_of_abuse", "alarm"),
        ("I want to die. gave me a leaflet", "en", "suicide", "alarm"),
        ("I am going to hang myself, got a leaflet off the GP", "en", "suicide", "alarm"),
        ("I want to die. rang the helpline and nobody picked up", "en", "suicide", "alarm"),
        ("I'm going to kill myself. the boss sacked me", "en", "suicide", "alarm"),
        ("he filmed me in the shower. I want to die", "en", "suicide", "alarm"),
        ("took a gram of coke. I want to die", "en", "suicide", "alarm"),
        ("going to smash her tonight", "en", "harm_to_others", "alarm"),
        ("I'm going to smash them with a bat", "en", "harm_to_others", "alarm"),
        ("spalę jej auto", "pl", "harm_to_others", "alarm"),
        ("sab kuch khatam kar dena aj", "pa", "suicide", "alarm"),
        ("apna kamm khatam kar dena aj", "pa", "suicide", "alarm"),
    ],
)
def test_what_was_once_missed_or_lowered_is_read(
    text: str, language: str, kind: str, level: str
) -> None:
    assert found(text, language=language) == (kind, level)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("exam tomorrow, I'm going to smash them", "en"),
        ("two more tests to go, gonna smash them all", "en"),
        ("sab kuch khatam kar dena kamm aj", "pa"),
        ("kamm da sab kuch khatam kar dena aj", "pa"),
        ("spalę dziś auto na trawniku?", "pl"),
    ],
)
def test_what_once_was_a_false_alarm_is_let_pass(text: str, language: str) -> None:
    assert found(text, language=language) is None


def test_threats_to_nobody_in_particular_are_asked_about_first() -> None:
    for text in ("I'm going to smash them", "my exams are next week. I'm going to smash them"):
        assert found(text) == ("harm_to_others", "check")


@pytest.mark.parametrize(
    "text",
    ["my mam self harms", "self harm", "mam says self harm is a habit", "mam self harmed once"],
)
def test_polish_words_are_not_read_into_english(text: str) -> None:
    finding = screen(text)
    assert finding is None or ".pl." not in finding.pattern
    assert found(text) in (None, ("self_harm", "check"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("w filmie bohater mówi: chcę umrzeć", "pl"),
        ("oglądam film i on mówi że chce się zabić", "pl"),
        ("ostatni boss w grze mówi zabiję cię", "pl"),
        ("movie ch hero kehnda main marna chahunda", "pa"),
        ("training vich leaflet te likheya c main marna chahunda", "pa"),
    ],
)
def test_fiction_in_polish_and_punjabi_still_lowers(text: str, language: str) -> None:
    assert (finding := screen(text, language)) is None or finding.level is Level.check


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("I regret not dying that night", "alarm"),
        ("attempted last year. I wish it had worked", "alarm"),
        ("to whoever finds me, I'm sorry", "alarm"),
        ("it's so hard to stay alive", "alarm"),
        ("death sounds so cosy", "check"),
        ("the thoughts are winning", "check"),
        ("I don't want a future", "check"),
        ("what would happen to my kids if I wasn't here", "check"),
    ],
)
def test_what_people_post_without_plain_words_is_read(text: str, level: str) -> None:
    assert found(text) == ("suicide", level)


@pytest.mark.parametrize(
    "text",
    [
        "going to hang myself a new shelf up",
        "I just want to disappear to a beach for a week",
        "nobody would notice if I left this meeting",
        "I'd die for these cheesy chips",
        "I don't want to wake up early on saturdays ever again",
        "what is the lethal dose of chocolate for a labrador",
        "this is my last night in the old flat",
        "I don't see a future with him",
    ],
)
def test_ways_of_speaking_in_posts_are_let_pass(text: str) -> None:
    assert found(text) is None


def test_denial_holds_for_its_own_clause_only() -> None:
    assert found("I'm not suicidal") is None
    assert found("I'm not well, I want to die") == ("suicide", "alarm")
    assert found("not going to lie I want to die") == ("suicide", "alarm")


def test_the_past_lowers_a_risk_by_one_level() -> None:
    assert found("I tried to kill myself ten years ago, I'm fine now") == ("suicide", "check")


@pytest.mark.parametrize("language", ["en", "pl", "pa", "other", ""])
def test_every_language_is_understood_whatever_was_chosen(language: str) -> None:
    for text in ("I want to die", "chcę się zabić", "ਮੈਂ ਮਰਨਾ ਚਾਹੁੰਦਾ ਹਾਂ", "main marna chahunda haan"):
        assert found(text, language=language) == ("suicide", "alarm"), text


@pytest.mark.parametrize(
    "text",
    [
        "k i l l myself", "k.i.l.l myself", "k1ll mys3lf", "k*ll myself", "kiiiill myself",
        "kill\u200b my\u00adself", "кіll mуself", "ｋｉｌｌ myself", "k\u0336i\u0336ll myself",
        "KILLMYSELF", "kms", "unalive myself", "🅺🅸🅻🅻 myself", "ᴋɪʟʟ myself", "#killmyself",
    ],
)  # fmt: skip
def test_disguised_spelling_is_read(text: str) -> None:
    assert found(text) == ("suicide", "alarm")


def test_messages_are_read_together_but_an_old_one_is_not_answered_again() -> None:
    assert found("to die", previous=["I want"]) == ("suicide", "alarm")
    assert found("can you find me a GP", previous=["I want to die"]) is None
    assert found("thanks", previous=["I want", "to die"]) is None


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_has_an_answer(text: str, previous: list[str]) -> None:
    assert screen(text, "pa", previous) is None or isinstance(screen(text, "pa", previous), Finding)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00\x01\ufffe",
        "\ud83d",
        "😀" * 5000,
        "a" * 10_000,
        "kill " * 4000,
        "''''!!||**",
        "9" * 5000,
    ],
)
def test_odd_input_never_fails(text: str) -> None:
    assert screen(text) is None or isinstance(screen(text), Finding)


def timed(text: str) -> float:
    """Seconds of this thread's processor: others may be busy beside it."""
    start = time.thread_time()
    screen(text)
    return time.thread_time() - start


def test_the_screen_is_quick() -> None:
    # The bounds are those of the design (5 ms) and ten times the figure measured when quiet.
    texts = [
        (case.text + " and then I went back home to think about it all. " * 4)[:200]
        for case in CASES
    ]
    assert statistics.median(map(timed, texts)) < 0.005
    assert min(timed((" ".join(case.text for case in CASES))[:5000]) for _ in range(3)) < 0.5


SAFETY = ROOT / "bot/safety"


@pytest.mark.parametrize(
    ("phrase", "complaint"),
    [
        ("<NOBODY_KNOWS> die", "no class NOBODY_KNOWS"),
        ("HOPES die", "no frame"),
        ("just die", "fillers"),
        ("i/im die", "write it as a group"),
    ],
)
def test_a_phrase_that_can_never_match_is_refused(
    tmp_path: Path, phrase: str, complaint: str
) -> None:
    sheet = {"kind": "suicide", "patterns": [{"id": "x", "level": "check", "phrases": [phrase]}]}
    (tmp_path / "suicide.en.yml").write_text(yaml.safe_dump(sheet), "utf-8")
    with pytest.raises(ValueError, match=complaint):
        read_patterns(tmp_path, read_lexicon(SAFETY / "words"))


def test_no_risk_is_read_into_common_words_alone() -> None:
    bland = frozenset(
        [
            "i",
            "you",
            "he",
            "it",
            "is",
            "am",
            "was",
            "to",
            "of",
            "and",
            "the",
            "a",
            "for",
            "on",
            "in",
        ]
    )
    lexicon = read_lexicon(SAFETY / "words")
    for pattern in read_patterns(SAFETY / "patterns", lexicon):
        for reading in pattern.readings:
            places = [e for e in reading if not e.optional and not e.gap]
            assert not all(e.words & bland for e in places), (pattern.id, reading)


def test_unreviewed_languages_say_so() -> None:
    sheets = [*SAFETY.glob("patterns/*.p[la].yml"), *SAFETY.glob("words/p[la].yml")]
    assert len(sheets) >= 14
    for path in sheets:
        assert "NOT reviewed by a qualified speaker" in path.read_text("utf-8")[:200], path.name
