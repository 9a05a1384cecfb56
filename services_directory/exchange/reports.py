"""What an import did or would do: a few lines for a terminal, and every row as a line of JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from services_directory.exchange.importing import Change, Outcome, Plan

MOST_SHOWN = 20
_LONGEST = 60
_KINDS = (("new", "new"), ("changed", "changed"), ("same", "the same"), ("refused", "refused"))


def in_words(plan: Plan, *, dry: bool) -> Iterator[str]:
    """The lines for a terminal."""
    counts = ", ".join(f"{plan.count(kind):,} {words}" for kind, words in _KINDS)  # type: ignore[arg-type]
    yield f"{'Would be' if dry else 'Rows'}: {counts}."
    yield from plan.notes
    yield from _shown([line for each in plan.outcomes for line in _errors(each)], "Refused")
    yield from _shown([line for each in plan.outcomes for line in _changed(each)], "Changed")
    warned = Counter(
        finding.check
        for each in plan.outcomes
        for finding in each.findings
        if finding.severity == "warning"
    )
    if warned:
        listed = ", ".join(f"{check} {count:,}" for check, count in warned.most_common())
        yield f"To be looked at: {listed}."
    if plan.absent:
        yield f"In the directory and not in the file, left as they are: {len(plan.absent):,}."


def as_lines(plan: Plan, *, dry: bool) -> Iterator[str]:
    """Every row, note and absent listing as a JSON object, and the counts at the end."""
    for note in plan.notes:
        yield _line({"note": note})
    for outcome in plan.outcomes:
        yield _line(_outcome(outcome))
    for listing_id in plan.absent:
        yield _line({"outcome": "absent", "id": listing_id})
    counts = {kind: plan.count(kind) for kind, _words in _KINDS}  # type: ignore[arg-type]
    yield _line({"counts": {**counts, "absent": len(plan.absent)}, "dry_run": dry})


def _errors(outcome: Outcome) -> Iterator[str]:
    if outcome.kind == "refused":
        for finding in outcome.findings:
            if finding.severity == "error":
                field = f", {finding.field}" if finding.field else ""
                yield f"  row {outcome.number}{field}: {finding.words}"


def _changed(outcome: Outcome) -> Iterator[str]:
    if outcome.kind == "changed":
        for change in outcome.changes:
            yield f"  {outcome.id}, {change.field}: {_short(change.old)} -> {_short(change.new)}"


def _shown(lines: list[str], title: str) -> Iterator[str]:
    if not lines:
        return
    yield f"{title}:"
    yield from lines[:MOST_SHOWN]
    if len(lines) > MOST_SHOWN:
        yield f"  and {len(lines) - MOST_SHOWN:,} more: --report FILE has them all."


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "outcome": outcome.kind,
        "row": outcome.number,
        "id": outcome.id,
        "name": outcome.name,
        "findings": [vars(finding) for finding in outcome.findings],
        "changes": [_change(change) for change in outcome.changes],
    }


def _change(change: Change) -> dict[str, str]:
    return {"field": change.field, "old": change.old, "new": change.new}


def _line(said: Mapping[str, Any]) -> str:
    # ASCII only: a refused row may hold half a character, which no file would take.
    return json.dumps(said)


def _short(text: str) -> str:
    flat = " ".join(text.split()).encode("utf-8", "replace").decode()
    return f"“{flat}”" if len(flat) <= _LONGEST else f"“{flat[:_LONGEST]}…”"
