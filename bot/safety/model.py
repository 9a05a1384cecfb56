"""What the screen can find: the kinds of risk, how sure it is, and which pattern said so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A risk that interrupts whatever else was going on. Listed most urgent first.

    The order decides between two findings of one level: minutes count in an overdose, then come
    the writer's own life, somebody else's, a child's, and harm that is not meant to kill.
    """

    medical = "medical"
    suicide = "suicide"
    harm_to_others = "harm_to_others"
    child_at_risk = "child_at_risk"
    self_harm = "self_harm"
    victim_of_abuse = "victim_of_abuse"


class Level(StrEnum):
    """``alarm``: answer at once and tell a person. ``check``: ask plainly and kindly."""

    alarm = "alarm"
    check = "check"


@dataclass(frozen=True)
class Finding:
    """The most serious thing a message shows; ``pattern`` names its evidence, for the audit."""

    kind: Kind
    level: Level
    pattern: str


def urgency(finding: Finding) -> tuple[int, int]:
    """Sort key so that the most serious finding comes first: alarm before check, then the kind."""
    return list(Level).index(finding.level), list(Kind).index(finding.kind)
