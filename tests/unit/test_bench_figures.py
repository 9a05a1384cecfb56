"""The arithmetic of `make bench`, and the project that it writes for its peer, untrained."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bench import quality
from tests.bench.figures import Figure, as_json, in_one_table, paired, verdicts
from tests.bench.kept import keep
from tests.bench.plot import drawn
from tests.bench.stock import project
from tests.bench.stock.training import Took, in_epochs
from tests.bench.together import Found
from tests.bench.turn import narrow
from tests.bench.turn.rounds import Round, Taken, figures
from tests.bench.turn.said import CRITERION, HELP, KINDS
from tests.bench.turn.shares import combined
from tests.bench.turn.stopwatch import Stopwatch

TEXTS = {
    "greet": ["hello"],
    "thanks": ["thanks"],
    "goodbye": ["bye"],
    "find_help": ["I [drink]{}"],
    "give_place": ["Ryde"],
    "more_results": ["more"],
    "start_referral": ["refer"],
}


def taken(seconds: float, failed: int = 0, lasted: float = 1.0) -> Taken:
    return Taken(
        {kind: [seconds] * 10 for kind in KINDS},
        failed,
        lasted,
        {"web": seconds / 2, "Rasa": seconds / 2},
    )


# Figures


def test_a_verdict_is_of_the_ratio_where_there_is_one_and_of_ours_else() -> None:
    assert Figure("a", "b", 4, 10, times=0.4).verdict == "met"
    assert Figure("a", "b", 4.1, 10, times=0.4).verdict == "MISSED"
    assert Figure("a", "b", 31, 10, times=3, at_least=True).verdict == "met"
    assert Figure("a", "b", 29, 10, times=3, at_least=True).verdict == "MISSED"
    assert Figure("a", "b", 6, 1, target=5).verdict == "MISSED"
    assert Figure("a", "b", 5, target=5).verdict == "met"
    assert Figure("a", "b", 5, times=0.4).verdict == ""
    assert Figure("a", "b", 5, 9).verdict == ""


def test_rounds_give_the_middle_of_their_ratios_and_not_the_ratio_of_the_middles() -> None:
    figure = paired("a", "b", [(1, 10), (50, 100), (3, 4)], times=0.4)
    assert (figure.ours, figure.peer, figure.compared) == (3, 10, 0.5)
    assert figure.verdict == "MISSED"
    assert paired("a", "b", [(1, 0)]).compared is None


def test_turns_become_percentiles_rates_and_costs() -> None:
    ours, stock = Round(taken(0.01), taken(0.02, failed=1)), Round(taken(0.1), taken(0.04))
    found = {each.what: each for each in figures([(ours, stock)])}
    alone = found[f"{HELP}, 1 conversation: p50"]
    assert (alone.ours, alone.peer, alone.verdict) == (10, 100, "met")
    many = found[f"{CRITERION}, 32 conversations: p95"]
    assert (many.ours, many.peer, many.compared, many.verdict) == (20, 40, 0.5, "MISSED")
    rate = found["turns a second, 32 conversations"]
    assert (rate.ours, rate.peer, rate.verdict) == (19, 20, "MISSED")
    assert found["processor time of a turn, all processes"].ours == pytest.approx(1)
    assert found["processor time of a turn, web"].peer == pytest.approx(1)
    assert found["processor time of a turn, actions"].compared is None
    assert found["of 40 turns not answered as asked"].ours == 1


def test_all_stand_in_one_table_in_json_and_in_the_picture(tmp_path: Path) -> None:
    every = [
        Figure("turn", "p50", 4, 10, times=0.3, note="noisy"),
        Figure("texts", "out", 1234, unit="/s"),
        Figure("where the time goes", "screen", 1, note="50%"),
        Figure("where the time goes", "whole", 2, note="100%"),
    ]
    lines = [[cell.strip() for cell in row.split("|")] for row in in_one_table(every).splitlines()]
    assert lines[2][1:-1] == [
        "turn", "p50", "4.00 ms", "10.0 ms", "0.40", "<= 0.3 x peer", "MISSED", "noisy",
    ]  # fmt: skip
    assert lines[3][1:-1] == ["texts", "out", "1,234 /s", "", "", "", "", ""]
    assert [*verdicts(every)] == [
        "Missed: 1 of 1 targets:",
        "- turn, p50: 4.00 ms, 0.40 x peer; <= 0.3 x peer",
    ]
    assert [*verdicts(every[1:])] == ["Missed: 0 of 0 targets."]
    assert json.loads(json.dumps(as_json(every)))[0]["verdict"] == "MISSED"
    drawn(every, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_of_one_part_leaves_the_figures_of_the_others(tmp_path: Path) -> None:
    first = [Figure("turn", "p50", 4, 10), Figure("turn", "p95", 5, 10), Figure("texts", "out", 9)]
    keep(tmp_path, {"cores": 2}, Found(first, memory={"ours": {"web": 1.0}}), "one")
    keep(tmp_path, {"cores": 2}, Found([Figure("turn", "p50", 3, 10)]), "two")
    kept = json.loads((tmp_path / "bench.json").read_text())
    found = [(each["part"], each["ours"], each["commit"]) for each in kept["figures"]]
    assert found == [("texts", 9, "one"), ("turn", 3, "two")]
    assert all(each["measured_at"] for each in kept["figures"])
    assert kept["memory"] == {"ours": {"web": 1.0}}


@pytest.mark.parametrize("before", ["", "[]", "{", "{}"])
def test_what_cannot_be_read_costs_no_new_figure(tmp_path: Path, before: str) -> None:
    (tmp_path / "bench.json").write_text(before)
    keep(tmp_path, {}, Found([Figure("turn", "p50", 3)]))
    assert [each["ours"] for each in json.loads((tmp_path / "bench.json").read_text())["figures"]]


def test_a_part_of_a_core_in_the_files_of_either_version_of_control_groups() -> None:
    assert narrow.limits(0.15, second=True) == {"cpu.max": "3000 20000"}
    first = {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "3000"}
    assert narrow.limits(0.15, second=False) == first


# Where the time goes


def test_each_moment_counts_for_the_innermost_part() -> None:
    ticks = iter(range(100))
    watch = Stopwatch(lambda: float(next(ticks)))

    class Parts:
        def inner(self) -> int:
            return 1

        async def later(self) -> int:
            return self.inner() + 1

    parts = Parts()
    watch.watch(parts, "inner", "inner")
    watch.watch(parts, "later", "later")
    with watch.within("whole"):
        assert parts.inner() == 1
        assert asyncio.run(parts.later()) == 2
    assert watch.taken() == {"whole": 3, "inner": 2, "later": 2}
    assert watch.taken() == {}


def test_the_parts_of_a_turn_add_up_to_the_whole() -> None:
    web = {"screen": 2.0, "Rasa, whole": 20.0, "the web process: the rest of it": 3.0}
    rasa = {"Rasa: parse": 9.0, "Rasa: policies": 1.0, "action call": 5.0, "the rest of Rasa": 1.0}
    parts = combined(30.0, web, rasa, search=2.0)
    assert sum(parts.values()) == pytest.approx(30)
    assert parts["HTTP, and what stands before the turn"] == 5
    assert parts["Rasa: the rest (channel, claims, events)"] == 5
    assert parts["action call: HTTP, record"] == 3


# The peer


def test_a_training_is_extrapolated_to_all_epochs_by_what_the_bars_say() -> None:
    log = (
        "Epochs: 100%|###| 2/2 [01:20<00:00, 38.1s/it]\r"
        "Epochs: 100%|###| 2/2 [01:20<00:00, 40.1s/it, t_loss=4]\n"
        "Epochs:  50%|#  | 1/2 [00:03<00:03]\rEpochs: 100%|###| 2/2 [00:10<00:00,  5s/it]\n"
    )
    assert in_epochs(log) == 90
    took = Took(100, 200, 1, texts=5, of=10, epochs=2, in_epochs=90)
    assert took.whole == 20 + 90 * 100 * 2
    assert Took(100, 200, 1).whole == 200


def test_a_need_is_marked_as_an_entity_where_its_word_stands_whole() -> None:
    alcohol = '{"entity": "need", "value": "alcohol"}'
    assert project.marked("my drinking is bad") == f"my [drinking]{alcohol} is bad"
    assert project.marked("hello there") == "hello there"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(project, "our_texts", lambda: TEXTS)
    assert project.write(tmp_path / "stock", epochs=3) == (len(TEXTS), len(TEXTS))
    return tmp_path / "stock"


def test_the_peers_project_fits_together(written: Path) -> None:
    domain, config, rules, stories = (
        yaml.safe_load((written / name).read_text())
        for name in ("domain.yml", "config.yml", "data/rules.yml", "data/stories.yml")
    )
    assert {p["epochs"] for p in config["pipeline"] + config["policies"] if "epochs" in p} == {3}
    steps = [*_steps(rules["rules"]), *_steps(stories["rules"]), *_steps(stories["stories"])]
    said = {step["action"] for step in steps if "action" in step}
    known = {*domain["actions"], *domain["forms"], *domain["responses"]}
    assert said <= known
    assert {step["intent"] for step in steps if "intent" in step} <= {
        *domain["intents"],
        "nlu_fallback",
    }
    asked = domain["forms"]["referral_form"]["required_slots"]
    assert {f"utter_ask_{name}" for name in asked} <= known
    assert set(asked) <= set(domain["slots"])
    nlu = yaml.safe_load((written / "data/nlu.yml").read_text())["nlu"]
    assert [each["intent"] for each in nlu] == list(TEXTS)


def test_a_sample_holds_every_intent_and_is_the_same_each_time() -> None:
    texts = {"many": [str(n) for n in range(1000)], "few": ["a", "b"]}
    found = project.sampled(texts, 100)
    assert found["few"] == ["a", "b"]
    assert len(found["many"]) == len(set(found["many"])) == 100
    assert project.sampled(texts, 100) == found
    assert project.sampled(texts, 0) == texts


def test_the_peers_stories_use_intents_that_our_data_has() -> None:
    ours = {
        intent
        for path in sorted(Path("bot/domain").glob("*.yml"))
        for intent in yaml.safe_load(path.read_text())["intents"]
    }
    stories = yaml.safe_load((project.HERE / "stories.yml").read_text())
    steps = [*_steps(stories["rules"]), *_steps(stories["stories"])]
    assert {each["intent"] for each in steps if "intent" in each} <= ours | {"nlu_fallback"}


def test_quality_is_read_from_the_record() -> None:
    found = [*quality.figures()]
    assert len(found) == len(quality.COLUMNS)
    assert all(0 <= each.ours <= 1 and each.peer is not None for each in found)


def _steps(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for each in parts for step in each["steps"]]
