"""The picture of the dialogue, printed from its rules, so that it cannot drift from them.

``python -m cli.story_graph | dot -Tsvg > docs/stories.svg``; ``dot`` is Debian's graphviz.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from cli.house import ROOT, House

_TITLES = {
    "officer": "An officer, in custody",
    "shared": "Everybody",
    "participant": "A participant, after the workshops",
}
_HEAD = """digraph stories {
  rankdir=LR; nodesep=0.12; ranksep=1.1; fontname="Helvetica"; fontsize=16;
  node [fontname="Helvetica" fontsize=12 height=0.3 margin="0.12,0.04" style=filled];
  edge [color="#505a5f" arrowsize=0.6];
  message [label="A message" shape=box fillcolor="#ffffff"];
  screen [label="The safety screen\\nreads it first" shape=box fillcolor="#ffdd00"];
  crisis [label="Fixed words at once, a person is told;\\nRasa stops and listens" shape=box
          fillcolor="#f6d7d2"];
  message -> screen; screen -> crisis [label="danger" fontname="Helvetica" fontsize=12];
"""


def rules(house: House = ROOT) -> dict[str, str]:
    """Each intent with the action that answers it."""
    text = (house.root / "data/stories/rules.yml").read_text(encoding="utf-8")
    steps = [rule["steps"] for rule in yaml.safe_load(text)["rules"]]
    return {first["intent"]: second["action"] for first, second in steps}


def audiences(house: House = ROOT) -> dict[str, str]:
    """Whose each intent is, by the file of the domain that lists it."""
    files = {name: house.root / f"bot/domain/{name}.yml" for name in _TITLES}
    return {
        intent: name
        for name, path in files.items()
        for intent in yaml.safe_load(path.read_text(encoding="utf-8"))["intents"]
    }


def drawn(answers: Mapping[str, str], whose: Mapping[str, str]) -> Iterator[str]:
    """The lines of the graph: intents by audience, each with an arrow to its action."""
    yield _HEAD
    for name, title in _TITLES.items():
        mine = {i: action for i, action in answers.items() if whose.get(i, "shared") == name}
        yield f'  subgraph cluster_{name} {{ label="{title}"; color="#b1b4b6";'
        yield from (f'    "{i}" [shape=box fillcolor="#d2e2f1"];' for i in mine)
        for action in dict.fromkeys(mine.values()):
            node = f"{name} {action}"
            shown = action.removeprefix("action_").replace("_", " ")
            yield f'    "{node}" [label="{shown}" tooltip="{action}" fillcolor="#cce2d8"];'
        yield "  }"
        for intent, action in mine.items():
            yield f'  screen -> "{intent}" [color="#b1b4b6"];'
            yield f'  "{intent}" -> "{name} {action}";'
    yield "}"


if __name__ == "__main__":
    print("\n".join(drawn(rules(), audiences())))
