"""Phrase rules and what was learned, weighed against each other: pure, with its thresholds here."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.runtime.criteria_rules import patterns
from bot.runtime.criteria_text import Guess, Message, Said

# Shares (criteria_text.Guess), chosen where one set of examples was left out at a time
# (docs/decisions/0017).
_ALONE = 0.5
_ALONE_AGE = 0.6
_ASK = 0.35
_SILENT = 0.15
_OTHERWISE = 0.5
_AGREED = 0.7
# Words of a reply that is read by the polarity of its question, which the rules know.
_REPLY = 3
_AGE = "B01_age"
# "Never been in trouble" answers nothing unless the records were checked.
_CHECKED = ("B08_history", "B08b_incidents")
# How old a conviction is takes a date, and a date is read by rule.
_DATED = ("B08_history", ("yes", "older"))
# Numbers below eighteen and birth dates are counted, not recognised.
_COUNTED = re.compile(r"\b1[0-7]\b|\bborn\b|\bdob\b")
_WORD = re.compile(r"\w+")
_TELLING_NOTHING = frozenset(
    _WORD.findall(
        "a an and are been but by for has have he her hers him his i in is it its of on she so that"
        " the their them they this to was were with yes"
    )
)
Guesses = dict[str, list[Guess]]


def weighed(
    told: dict[str, Said], guesses: Guesses, message: Message, asked: str | None
) -> dict[str, Said]:
    """One answer a criterion; what rule and examples see differently is not sure.

    ``told`` is what the rules read, ``asked`` the criterion whose question is open.
    """
    if len(message.line.split()) <= _REPLY:
        return told
    found = {}
    for criterion in patterns().criteria:
        said, guessed = told.get(criterion.id), guesses.get(criterion.id, [])
        if not guessed:
            settled = said
        elif said:
            settled = _by_both(criterion.id, said, guessed, message, criterion.id == asked)
        elif asked in criterion.silent_while or _all_read(told, guessed[0], message):
            settled = None
        else:
            settled = _learned_alone(criterion.id, guessed[0], message)
        if settled:
            found[criterion.id] = settled
    return found


def _all_read(told: dict[str, Said], guess: Guess, message: Message) -> bool:
    """Whether the rules have read every word that tells something, so that none is left to guess.

    "He made a full admission" names no offence, however many messages go on to name one.
    """
    left = list(message.line)
    for said in told.values():
        left[said.start : said.end] = " " * (said.end - said.start)
    return set(_WORD.findall("".join(left[guess.start : guess.end]))) <= _TELLING_NOTHING


def _by_both(
    criterion: str, said: Said, guessed: list[Guess], message: Message, is_asked: bool
) -> Said:
    """The rule's reading: its value stands, and what was learned says how sure it is.

    An answer to the open question is not asked again because no example is like it.
    """
    same = next((one for one in guessed if one.value == said.value), None)
    # An age is counted, and a value without examples is known by rule alone.
    if criterion == _AGE or same is None:
        return said
    if said.sure:
        contradicted = guessed[0].share >= _OTHERWISE and same.share < _OTHERWISE
        return replace(said, sure=(is_asked or same.share >= _SILENT) and not contradicted)
    agreed = same.share >= _AGREED and same is guessed[0] and criterion not in _CHECKED
    return replace(said, sure=agreed and not _hedged(same, message))


def _learned_alone(criterion: str, guess: Guess, message: Message) -> Said | None:
    if guess.share < _ASK:
        return None
    clause = message.line[guess.start : guess.end]
    if criterion == _AGE:
        # A number by itself may be anything.
        recognised = len(clause.split()) > 1 and not _COUNTED.search(clause)
        sure = guess.value == "yes" and guess.share >= _ALONE_AGE and recognised
    else:
        dated = criterion == _DATED[0] and guess.value in _DATED[1]
        sure = guess.share >= _ALONE and not dated
    return Said(guess.value, sure and not _hedged(guess, message), guess.start, guess.end)


def _hedged(guess: Guess, message: Message) -> bool:
    return bool(patterns().cues.hedge.search(message.line[guess.start : guess.end]))
