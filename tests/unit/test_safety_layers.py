"""The two layers of the screen fail apart, and together they beat what either baseline does."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import yaml

from bot.safety import Finding, Kind, Level, classifier, measuring, rules, screen, screening
from bot.safety.classifier import doubt
from bot.safety.features import meaning
from bot.safety.measuring import HARMLESS, Read, Share, cases, read

DATA = Path(__file__).resolve().parents[2] / "data"
VEILED = "got no fight left, dont see me getting to christmas"
PLAIN = "I'm going to kill myself tonight"
# The better of both baselines: a classifier trained on such posts, and its share of false alarms.
RECALL_TO_BEAT, FLAGGED_TO_BEAT = 0.82, 0.24
MOST_ALARMS, MOST_CHECKS = 0.07, 0.17
# What the screen may take, beside what a message means, which is the most of it.
TIMES = 2


class BrokenError(Exception):
    pass


def broken(*_words: object) -> None:
    raise BrokenError


@pytest.fixture(scope="module")
def reads() -> list[Read]:
    """The screen's reading of the whole measuring set."""
    return read(cases())


def share(reads: list[Read], language: str, kind: str, level: str) -> Share:
    row = next(
        row
        for row in measuring.rows([each for each in reads if not each.case.explicit])
        if (row.language, row.kind, row.level) == (language, kind, level)
    )
    return row.found


def test_without_the_classifier_the_rules_still_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(screening, "doubt", broken)
    found = screen(PLAIN)
    assert found
    assert (found.kind, found.level) == (Kind.suicide, Level.alarm)
    assert screen("what time does the clinic open") is None
    assert "BrokenError" in caplog.text


def test_without_the_rules_the_classifier_still_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "found_by_rule", broken)
    assert screen(PLAIN)
    assert screen("what time does the clinic open") is None


def test_where_both_fail_it_is_said_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "found_by_rule", broken)
    monkeypatch.setattr(screening, "doubt", broken)
    with pytest.raises(BrokenError):
        screen(PLAIN)


def test_the_classifier_catches_what_no_rule_says() -> None:
    assert rules.found_by_rule(VEILED) is None
    found = screen(VEILED)
    assert found
    assert (found.kind, found.level) == (Kind.suicide, Level.check)


def test_the_classifier_asks_and_never_alarms(reads: list[Read]) -> None:
    found = [each.found for each in reads if each.found]
    by_classifier = [each for each in found if each.pattern.startswith("classifier")]
    assert len(by_classifier) > 100
    assert {each.level for each in by_classifier} == {Level.check}


def test_without_a_model_the_classifier_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "MODEL", tmp_path / "none.npz")
    classifier._classifier.cache_clear()
    with pytest.raises(OSError, match="npz"):
        doubt(VEILED, "en", "participant")
    classifier._classifier.cache_clear()


@pytest.mark.parametrize("text", ["ok", "yes", "GU11 1AA", "123456", "", "🙂🙂🙂", "no"])
def test_a_few_letters_are_no_ground_for_doubt(text: str) -> None:
    assert doubt(text, "en", "participant") is None


def test_it_beats_a_word_list_and_a_classifier_of_its_own(reads: list[Read]) -> None:
    told = [each for each in reads if not each.case.explicit]
    harmless = share(reads, "en", HARMLESS, HARMLESS)
    recall = share(reads, "en", "suicide", "alarm")
    listed = measuring.word_list(told, "en", "suicide")
    print(f"recall {recall}, flagged {harmless}; a word list: {listed}")
    assert recall.value > RECALL_TO_BEAT
    assert harmless.value < FLAGGED_TO_BEAT
    assert recall.value > listed.value


@pytest.mark.parametrize("language", ["en", "pl", "pa"])
def test_harmless_texts_are_mostly_let_pass(reads: list[Read], language: str) -> None:
    harmless = [e for e in reads if (e.case.language, e.case.kind) == (language, HARMLESS)]
    alarms = sum(measuring.alarmed(each) for each in harmless)
    checks = sum(each.found is not None for each in harmless) - alarms
    assert alarms / len(harmless) <= MOST_ALARMS
    assert checks / len(harmless) <= MOST_CHECKS


def test_a_chat_about_help_is_seldom_interrupted() -> None:
    texts = yaml.safe_load((DATA / "dev/participant.yml").read_text(encoding="utf-8"))
    asked = [each["text"] for each in texts if screen(each["text"], each["language"])]
    assert len(asked) / len(texts) <= 0.1


def test_what_officers_write_of_an_offence_is_seldom_doubted() -> None:
    document = yaml.safe_load(
        (DATA / "nlu/officer/criteria/officer_criteria.yml").read_text(encoding="utf-8")
    )
    texts = [each["text"] for each in document["messages"]]
    doubted = [text for text in texts if doubt(text, "en", "officer")]
    assert len(doubted) / len(texts) <= 0.01


def milliseconds(work: Callable[[], object]) -> float:
    """Of this thread alone, the best of three: a busy machine counts little."""
    took = []
    for _ in range(3):
        begun = time.thread_time()
        work()
        took.append((time.thread_time() - begun) * 1000)
    return min(took)


def test_a_chat_message_is_screened_hardly_later_than_its_meaning_is_found() -> None:
    """The design's 5 ms are kept where a processor is at rest; a machine may be half as fast."""
    every = yaml.safe_load((DATA / "dev/participant.yml").read_text(encoding="utf-8"))[::3]
    screen("the first call loads what the others need")
    screened = [milliseconds(partial(screen, each["text"], each["language"])) for each in every]
    meant = [milliseconds(partial(meaning, each["text"])) for each in every]
    print(f"{statistics.median(screened):.1f} ms, the meaning {statistics.median(meant):.1f}")
    assert statistics.median(screened) < TIMES * statistics.median(meant)


def test_a_share_comes_with_the_interval_of_wilson() -> None:
    # Wilson 1927 by hand: 95 of 100.
    low, high = Share(95, 100).interval
    assert (round(low, 3), round(high, 3)) == (0.888, 0.978)
    assert Share(0, 0).interval == (0.0, 1.0)


def test_the_report_counts_what_it_is_given() -> None:
    case = measuring.Case("x", "en", "suicide", "alarm", False, "here")
    hit = Read(case, Finding(Kind.self_harm, Level.check, "p"), 0.001)
    miss = Read(case, None, 0.001)
    row = measuring.rows([hit, miss])[0]
    assert (row.found.hits, row.alarmed.hits, row.right_kind.hits, row.found.total) == (1, 0, 0, 2)
    assert measuring.wrong([hit, miss]) == [miss]


@pytest.mark.parametrize("text", ["z" * 6000, "zzz zzz zzz", "myself", "umrzeć"])
def test_one_word_or_a_key_held_down_is_not_doubted(text: str) -> None:
    assert screen(text, "en") is None
