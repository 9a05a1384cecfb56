"""What may be learned of readings, what never, and the training files made of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.learning import lessons
from bot.learning.apart import bare, is_measured_on, measured_texts, taught_texts
from bot.learning.lessons import Lesson, WhyNot
from bot.learning.readings import Reading, words
from bot.learning.tables import UnclearMessage
from core.settings import ROOT
from tests.unit.test_training_data_apart import development_texts, safety_texts

GAMBLING = Reading("find_help", ("gambling",))


def lesson(
    said: str = "the gee gees have had my wages", reading: Reading = GAMBLING, who: str = ""
) -> Lesson:
    return Lesson(who or "participant", "en", said, reading)


def why(*every: Lesson, dangerous: bool = False) -> list[WhyNot]:
    _good, refused = lessons.sorted_out(every, lambda _each: dangerous)
    return [reason for _lesson, reason in refused]


# Apart


def test_every_development_text_is_known_the_screens_too() -> None:
    assert set(development_texts()) <= measured_texts()
    assert set(safety_texts("dev/safety")) <= measured_texts()
    officers = yaml.safe_load((ROOT / "data/dev/officer_blind_9.yml").read_text(encoding="utf-8"))
    assert {bare(each["text"]) for each in officers["messages"]} <= measured_texts()
    assert not is_measured_on("the gee gees have had my wages")


def lines_of_training() -> Iterator[tuple[str, str]]:
    """Each example with its intent, read by line: another way than the one under test."""
    for path in sorted((ROOT / "data/nlu").rglob("*.yml")):
        intent = ""
        for line in map(str.strip, path.read_text(encoding="utf-8").splitlines()):
            if line.startswith(("- intent:", "- lookup:", "- synonym:", "- regex:")):
                intent = line.removeprefix("- intent:").strip() if "intent:" in line else ""
            elif intent and not line.startswith(("#", "examples:", "- text:", "metadata:")):
                yield intent, line.removeprefix("- ")


def test_every_training_text_is_known_with_its_intents() -> None:
    lines = [(intent, bare(text)) for intent, text in lines_of_training() if bare(text)]
    assert len(lines) > len(taught_texts()) > 5000
    for intent, text in lines:
        assert intent in taught_texts()[text]


@pytest.mark.parametrize(
    "changed", ["cant stop boozing", "CANT STOP...  boozing!", "Cant stop, boozing?"]
)
def test_a_development_text_is_never_learned_however_it_is_written(changed: str) -> None:
    assert bare("cant stop boozing") in measured_texts()
    assert why(lesson(changed, Reading("find_help", ("alcohol",)))) == [WhyNot.measured]


def test_what_is_made_of_readings_holds_no_development_text() -> None:
    sample = [lesson(text) for text in sorted(measured_texts())[:400]] + [lesson()]
    good, refused = lessons.sorted_out(sample, lambda _each: False)
    assert [each.said for each in good] == ["the gee gees have had my wages"]
    assert {reason for _, reason in refused} == {WhyNot.measured}


def test_every_reading_that_is_offered_is_taught_already() -> None:
    """A reading adds an example to an intent; an intent of its own would begin with one example."""
    taught = {intent for intents in taught_texts().values() for intent in intents}
    assert {*words()["participant"], *words()["officer"]} <= taught


def test_each_audience_is_offered_only_what_it_can_mean() -> None:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    only = pipeline[0]["only"]
    assert not set(words()["participant"]) & set(only["officer"])
    assert not set(words()["officer"]) & set(only["participant"])


# What may be learned


def test_what_the_screen_finds_danger_in_is_not_learned() -> None:
    assert why(lesson(), dangerous=True) == [WhyNot.danger]


def test_what_is_taught_already_is_not_learned_again() -> None:
    assert why(lesson("no that's wrong", Reading("deny"))) == [WhyNot.taught]


def test_what_is_taught_with_another_meaning_is_refused() -> None:
    assert why(lesson("no that's wrong", Reading("affirm"))) == [WhyNot.contradicts]
    assert why(lesson("no that's wrong", Reading("find_help"))) == [WhyNot.contradicts]


def test_two_who_read_the_same_words_differently_teach_one_thing_or_nothing() -> None:
    other = lesson("The gee gees have had my WAGES!", Reading("thanks"))
    assert why(lesson(), other) == [WhyNot.contradicts, WhyNot.contradicts]
    # Of two lists of needs the first counts: both say that help is wanted.
    again = lesson(reading=Reading("find_help", ("money",)))
    assert why(lesson(), again) == [WhyNot.contradicts]


def test_one_text_may_mean_different_things_to_people_who_never_meet() -> None:
    officer = lesson("same as last time pal", Reading("give_answers"), "officer")
    assert why(lesson("same as last time pal"), officer) == []
    shared = lesson("same as last time pal", Reading("affirm"), "officer")
    assert why(lesson("same as last time pal"), shared) == [WhyNot.contradicts] * 2


def test_the_same_reading_of_two_sites_is_learned_once() -> None:
    good, refused = lessons.sorted_out([lesson(), lesson()], lambda _each: False)
    assert (len(good), refused) == (1, [])


# The files


def test_a_message_becomes_a_lesson_that_rasa_takes_for_plain_text() -> None:
    message = UnclearMessage(
        audience="participant",
        language="en",
        said="[name](him) and\n[name]{his}  dog [name][reference]",
        reading=GAMBLING.kept(),
    )
    assert Lesson.of(message) == lesson("[name] (him) and [name] {his} dog [name] [reference]")


def test_the_files_have_the_form_of_the_projects_own(tmp_path: Path) -> None:
    answers = Reading("give_answers", (), {"B06_risk": "standard"})
    polish = Lesson("participant", "pl", "konie zżarły mi wypłatę", GAMBLING)
    every = [lesson(), lesson("cheers fella", Reading("thanks")), polish]
    every.append(Lesson("officer", "en", "he's on a std", answers))
    (tmp_path / "old.en.yml").write_text("gone")
    written = lessons.write(tmp_path, every)
    names = ["officer.en.yml", "participant.en.yml", "participant.pl.yml"]
    assert [path.name for path in written] == sorted(path.name for path in tmp_path.iterdir())
    assert [path.name for path in written] == names
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    officer, english, _ = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in written)
    assert officer == {
        "version": "3.1",
        "nlu": [
            {
                "intent": "give_answers",
                "examples": [
                    {"text": "he's on a std", "metadata": {"criteria": {"B06_risk": "standard"}}}
                ],
            }
        ],
    }
    assert english["nlu"][0]["examples"][0]["metadata"] == {"needs": ["gambling"]}
    assert english["nlu"][1] == {"intent": "thanks", "examples": [{"text": "cheers fella"}]}


def test_the_same_lessons_have_the_same_digest_and_others_another() -> None:
    assert lessons.digest([lesson()]) == lessons.digest([lesson()])
    assert lessons.digest([lesson()]) != lessons.digest([lesson(reading=Reading("thanks"))])
