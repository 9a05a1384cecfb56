"""The picture of the dialogue shows the dialogue of today."""

from __future__ import annotations

import re

from cli.story_graph import audiences, drawn, rules
from core.settings import ROOT

PICTURE = (ROOT / "docs/stories.svg").read_text(encoding="utf-8")


def test_the_committed_picture_has_every_rule_and_no_other() -> None:
    arrows = {(a, b) for a, b in re.findall(r"<title>(\w+)&#45;&gt;\w+ (\w+)</title>", PICTURE)}
    assert arrows == set(rules().items())


def test_every_intent_stands_with_its_audience() -> None:
    graph = "\n".join(drawn(rules(), audiences()))
    officer = graph.index("An officer")
    everybody, participant = graph.index("Everybody"), graph.index("A participant")
    assert officer < graph.index('"withdraw_referral" [') < everybody < graph.index('"greet" [')
    assert participant < graph.index('"report_wrong" [')
