"""The peer of our criteria rules: spaCy's phrase matcher over ``spacy_values.yml``.

spaCy lives in the application's Python and the report in Rasa's, so this is asked as a process:
JSON lines of texts in, a JSON object of criterion and value a line out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import spacy
import yaml
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

_RULES = Path(__file__).with_suffix(".yml")
_WINDOW = 3


class SpacyValues:
    """Reads criteria by phrase and a window of negators."""

    def __init__(self) -> None:
        rules = yaml.safe_load(_RULES.read_text(encoding="utf-8"))
        self.negators = frozenset(rules["negators"])
        self.denied = {name: said.get("denied") for name, said in rules["values"].items()}
        self.language = spacy.blank("en")
        self.matcher = PhraseMatcher(self.language.vocab, attr="LOWER")
        for name, said in rules["values"].items():
            for value, phrases in said.items():
                if value != "denied":
                    patterns = [self.language.make_doc(phrase) for phrase in phrases]
                    self.matcher.add(f"{name} {value}", patterns)

    def read(self, text: str) -> dict[str, str]:
        """Each criterion with its value; the longest phrase wins, then the last."""
        document = self.language(text)
        spans = self.matcher(document, as_spans=True)
        found: dict[str, str] = {}
        for span in sorted(spans, key=lambda one: (len(one), one.start)):
            name, value = span.label_.split(" ")
            if not self._negated(document, span.start):
                found[name] = value
            elif denied := self.denied[name]:
                found[name] = denied
        return found

    def _negated(self, document: Doc, start: int) -> bool:
        return any(
            token.lower_ in self.negators for token in document[max(0, start - _WINDOW) : start]
        )


if __name__ == "__main__":
    reader = SpacyValues()
    for line in sys.stdin:
        print(json.dumps(reader.read(json.loads(line))))
