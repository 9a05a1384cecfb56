"""What an officer's free text answers: the phrase rules, weighed with what was learned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.runtime.criteria_computed import COMPUTED
from bot.runtime.criteria_rules import Criterion, Patterns, Rule, patterns
from bot.runtime.criteria_text import Message, Said, denied, hedged, read_message
from bot.runtime.criteria_weighed import weighed

if TYPE_CHECKING:  # who reads by rule alone, as the command line does, does not load sklearn
    from bot.runtime.criteria_learned import Learned

_CLAUSE = re.compile(r"[^;|]+")
_YES_BUT = re.compile(
    r"\W*(?:yes|yeah|yep|yup|yh|y|aye|agreed)\b[ ,.-]*"
    r"(?:but|though|although|however|if|once|provided|only if|subject to|depending)\b",
    re.IGNORECASE,
)
_BETWEEN_CHOICES = re.compile(r"\s*(?:or|/|and maybe)\s*")


@dataclass(frozen=True)
class Reading:
    """One criterion answered by the message; where ``sure`` is false, ask before it counts."""

    criterion: str
    value: str
    sure: bool
    words: str


def read_criteria(
    text: str,
    asked: str | None = None,
    today: date | None = None,
    learned: Learned | None = None,
) -> list[Reading]:
    """The criteria that a message answers, at most one reading each; the last said wins.

    ``asked`` is the criterion whose question is open: short replies answer it and nothing else.
    ``today`` (default: the day of the call) is what birth dates and convictions are counted from.
    Without ``learned`` the phrase rules stand alone.
    """
    known = patterns()
    message = read_message(text, known.spelling, known.cues)
    day = today or date.today()  # noqa: DTZ011 a birthday is a local date
    found = said_by_rule(message, asked, day)
    if learned:
        found = weighed(found, learned.guesses(message, asked), message, asked)
    return [
        Reading(name, said.value, said.sure, message.words(said.start, said.end))
        for name, said in found.items()
    ]


def said_by_rule(message: Message, asked: str | None, today: date) -> dict[str, Said]:
    """What the phrase rules read, by criterion."""
    known = patterns()
    found = {}
    for criterion in known.criteria:
        said = [*_all_said(criterion, message, asked, known, today)]
        if settled := _settled(criterion, said, message):
            found[criterion.id] = settled
    _found.cache_clear()  # nothing of a message is kept after its reading
    # A bare "32" is an age only in a list of answers.
    listed = any(not said.in_a_list for said in found.values())
    return {name: said for name, said in found.items() if listed or not said.in_a_list}


def _all_said(
    criterion: Criterion, message: Message, asked: str | None, known: Patterns, day: date
) -> Iterator[Said]:
    if asked in criterion.silent_while:
        return
    is_asked = criterion.id == asked
    if is_asked:
        for clause in [*_CLAUSE.finditer(message.line)][:2]:
            for said in _reply(criterion, clause[0], clause.start(), known):
                yield replace(said, sure=said.sure and not _YES_BUT.match(message.original))
    if criterion.label:
        for label in criterion.label.finditer(message.line):
            yield from _labelled(criterion, label, message, known, day)
    if not criterion.anything.search(message.line):
        return
    for rule in criterion.rules:
        if is_asked or not rule.only_asked:
            yield from _by_rule(rule, criterion, message, known, day)


def _reply(criterion: Criterion, stretch: str, start: int, known: Patterns) -> Iterator[Said]:
    """A short reply, or the head of a longer one, by the criterion's own polarity."""
    reply = stretch.strip(" ,:")
    filler = known.cues.filler.match(reply)
    reply = reply[filler.end() :] if filler else reply
    start += stretch.find(reply)
    if criterion.reply_unless and criterion.reply_unless.search(reply):
        return
    for name, (value, sure) in criterion.replies.items():
        if reply and known.replies[name].fullmatch(reply):
            yield Said(value, sure, start, start + len(reply.split()[0]))
            return


def _labelled(
    criterion: Criterion, label: re.Match[str], message: Message, known: Patterns, day: date
) -> Iterator[Said]:
    """A proforma line ("bail: no"): what follows the label is read as a reply to its question."""
    rest = _CLAUSE.match(message.line, label.end())
    if not rest:
        return
    reply = rest[0].strip(" :")
    for said in _reply(criterion, rest[0], rest.start(), known):
        yield replace(said, start=label.start())
    for rule in criterion.rules:
        if not rule.only_asked or (rule.unless and rule.unless.search(reply)):
            continue
        match = next((m for one in rule.said if (m := one.fullmatch(reply))), None)
        if match and (value := _value(rule, match, reply, day)):
            yield Said(value[0], value[1] and rule.sure, label.start(), rest.end())


def _by_rule(
    rule: Rule, criterion: Criterion, message: Message, known: Patterns, day: date
) -> Iterator[Said]:
    if rule.every:
        yield from _all_parts(rule, message, known)
        return
    for match in (match for one in rule.said for match in one.finditer(message.line)):
        start, end = match.span()
        if _forbidden(rule, criterion, message, match, known):
            continue
        if denied(message, start, known.cues):
            value = _graded(rule.denied)
        else:
            value = _value_near(rule, match, message, day)
        if value:
            doubted = hedged(message, start, end, known.cues) or bool(
                criterion.doubt and criterion.doubt.search(message.around(start, end))
            )
            sure = rule.sure and value[1] and not doubted
            yield Said(value[0], sure, start, end, rule.in_a_list, rule.weak)


def _all_parts(rule: Rule, message: Message, known: Patterns) -> Iterator[Said]:
    """Every part must be said somewhere in the message, none of them denied."""
    if rule.unless_in_sentence and rule.unless_in_sentence.search(message.line):
        return
    matches = [
        next(
            (m for m in part.finditer(message.line) if not denied(message, m.start(), known.cues)),
            None,
        )
        for part in rule.said
    ]
    spans = [match.span() for match in matches if match]
    if len(spans) == len(rule.said):
        yield Said(rule.value, rule.sure, min(spans)[0], max(end for _, end in spans))


def _value_near(
    rule: Rule, match: re.Match[str], message: Message, day: date
) -> tuple[str, bool] | None:
    """A date close by settles it; failing that, one in the same sentence."""
    near = _value(rule, match, message.near(*match.span()), day)
    if near and near[1]:
        return near
    return _value(rule, match, message.sentence(*match.span()), day)


def _value(rule: Rule, match: re.Match[str], around: str, day: date) -> tuple[str, bool] | None:
    if rule.value in COMPUTED:
        return COMPUTED[rule.value](match, around, day)
    return _graded(rule.value)


def _graded(value: str) -> tuple[str, bool] | None:
    """ "none?" is an unsure "none"."""
    return (value.rstrip("?"), not value.endswith("?")) if value else None


def _forbidden(
    rule: Rule, criterion: Criterion, message: Message, match: re.Match[str], known: Patterns
) -> bool:
    """Whether other words close by take the match its meaning, or it is said of somebody else."""
    start, end = match.span()
    if criterion.skip and criterion.skip.search(message.around(start, end)):
        return True
    if rule.unless and rule.unless.search(message.near(start, end)):
        return True
    if _found(rule.unless_in_sentence, message.sentence(start, end)):
        return True
    if rule.unless_after and rule.unless_after.search(message.sentence_before(start)):
        return True
    if _found(rule.unless_in_message, message.line):
        return True
    if not criterion.any_time and _found(known.cues.elsewhere, message.sentence(start, end)):
        return True
    if rule.anyone or not criterion.about_suspect:
        return False
    return bool(known.cues.other_people.search(message.before(start)))


@lru_cache(maxsize=64)
def _found(pattern: re.Pattern[str] | None, text: str) -> bool:
    """Kept for a while: a word said a thousand times in one sentence asks the same each time."""
    return bool(pattern and pattern.search(text))


def _settled(criterion: Criterion, said: list[Said], message: Message) -> Said | None:
    """One answer: longer words hide shorter ones inside them, then the last said wins."""
    kept = sorted(
        _outermost(said),
        key=lambda one: (one.start, one.sure, not one.in_a_list, one.end),
    )
    if not kept:
        return None
    kept = [one for one in kept if not one.weak] or kept
    last = kept[-1]
    strongest = [one for one in kept if criterion.strongest and one.value == criterion.strongest]
    if strongest:
        return max(strongest, key=lambda one: one.sure)
    counted = [one for one in kept if one.sure and one.value == criterion.several]
    if counted and not _replaced(criterion, message.line[counted[-1].end : last.start]):
        return counted[-1]
    if criterion.several and _are_several(criterion, kept, message):
        return Said(criterion.several, all(one.sure for one in kept), kept[0].start, last.end)
    same = [one for one in kept if one.value == last.value]
    sure = any(one.sure for one in same) and not _is_a_choice(kept, message)
    return replace(last, sure=sure)


def _outermost(said: list[Said]) -> Iterator[Said]:
    """Those that stand inside no longer one; in one sweep, as a message may repeat a word."""
    furthest, last = -1, (-1, -1)
    for one in sorted(said, key=lambda one: (one.start, -one.end)):
        if one.end > furthest or (one.start, one.end) == last:
            furthest, last = one.end, (one.start, one.end)
            yield one


def _are_several(criterion: Criterion, kept: list[Said], message: Message) -> bool:
    told = " | ".join(message.sentence(one.start, one.end) for one in kept)
    return not _replaced(criterion, told) and len({one.value for one in kept}) > 1


def _replaced(criterion: Criterion, told: str) -> bool:
    """Whether the words show a change of mind, so that the last answer stands alone."""
    return bool(criterion.last_wins and criterion.last_wins.search(told))


def _is_a_choice(kept: list[Said], message: Message) -> bool:
    """ "medium or high" answers nothing surely."""
    return any(
        one.value != other.value
        and bool(_BETWEEN_CHOICES.fullmatch(message.line[one.end : other.start]))
        for one, other in pairwise(kept)
    )
