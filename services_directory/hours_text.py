"""The text of opening hours: what it means, and what in it is not understood.

The text is a list of clauses, in any order: days, nth weekdays of the month, dates or "bank
holidays", each followed by its times or by "closed". Whatever is not understood to the last word
makes the whole unknown, which is never treated as closed. A closing time at or before the opening
time is on the next day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from services_directory.hours import (
    DAY,
    UNKNOWN,
    WHOLE_WEEK,
    DayHours,
    Hours,
    Monthly,
    joined,
    week_of,
)
from services_directory.hours_said import (
    DAYS,
    MONTHS,
    MOST_DATES,
    NTH,
    SHORT_DAYS,
    SHORT_NTH,
    as_text,
    date_text,
    monthly_day,
    said,
)

__all__ = ["as_text", "hours_faults", "read_hours", "said"]

_DAY = (
    r"(?:mon(?:days?)?|tue(?:s(?:days?)?)?|wed(?:s|nesdays?)?|thu(?:rs?(?:days?)?)?"
    r"|fri(?:days?)?|sat(?:urdays?)?|sun(?:days?)?)\b"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_TO = r"\s*(?:[-‐‑–—]|\bto\b)\s*"
_TIME = (
    r"(?:(?:12\s*)?(?:noon|midday|midnight)\b"
    r"|(?<!\d)\d{1,2}(?:[:.]\d\d)?(?!\d)(?:\s*(?:am|pm)\b)?)"
)
_ORDINAL = r"(?:1st|2nd|3rd|4th|5th|first|second|third|fourth|fifth|last)"
_ALL = r"(?:all\s+)?(?:bank|public)\s+holidays?"
_ASIDES = re.compile(
    # Hours of another number or of the webchat say nothing about the service's own line.
    r";\s*(?:out of hours|office|webchat)\b[^;]*"
    r"|\((?:arrive before \d\d:\d\d|national helpline)\)"
    r"|,\s*option \d(?=$|;)"
    r"|\bby telephone$",
    re.I,
)
_TOKEN = re.compile(
    rf"(?P<same>(?:including|incl?\.?|open(?:\s+on)?)\s+{_ALL}|365 days a year)"
    rf"|(?P<bank>(?:on\s+)?{_ALL})"
    r"|(?P<appointment>(?:by\s+)?appointment(?:\s+only)?\b)"
    r"|(?P<always>24/7|24 hours(?: a day)?,? 7 days a week)"
    r"|(?P<full>24\s*(?:hours|hrs|h)\b(?:\s+a\s+day)?|all\s+day)"
    r"|(?P<every>every\s+(?:day|evening)\b|daily\b|7 days a week)"
    r"|(?P<weekdays>weekdays\b)|(?P<weekends>weekends?\b)"
    rf"|(?P<date>(?:(?P<named>{_DAY}),?\s+)?"
    rf"(?:(?P<since>\d{{1,2}}(?:st|nd|rd|th)?(?:\s+{_MONTH}(?:\s+\d{{4}})?)?){_TO})?"
    rf"(?P<last_date>\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\s+\d{{4}}\b))"
    rf"|(?P<yearless>\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH})"
    rf"|(?P<nth>(?P<ordinals>{_ORDINAL}(?:(?:\s*[,&]\s*|\s+and\s+){_ORDINAL})*)"
    rf"\s+(?P<nth_day>{_DAY})(?:\s+(?:of|in)\s+(?:the|each|every)\s+month\b)?)"
    rf"|(?P<days>(?P<first>{_DAY})(?:{_TO}(?P<last>{_DAY}))?)"
    rf"|(?P<times>(?P<opens>{_TIME})(?:{_TO}(?P<closes>{_TIME}))?)"
    r"|(?P<closed>closed(?:\s+on)?\b)|(?P<shut>(?:not|except|excluding)(?:\s+on)?\b)"
    r"|(?P<stop>[;()])|(?P<joint>,|&|and\b)|(?P<strange>[^\s,;()&]+)",
    re.I,
)

# What times are given for: a weekday, an nth weekday (nth, weekday), a date, or bank holidays.
_Target = int | tuple[int, int] | date | Literal["bank"]


@dataclass
class _Reader:
    """Takes the tokens one by one, and keeps which times were given for what."""

    times: dict[_Target, list[tuple[int, int]]] = field(default_factory=dict)
    shut: set[_Target] = field(default_factory=set)
    subject: list[_Target] = field(default_factory=list)
    pending: str = ""  # The words of the subject while its times are still to come.
    shutting: str = ""  # "closed", "not" or the like, while what is closed is being said.
    idle: bool = False  # Whether nothing has yet been said to be closed by it.
    same: bool = False
    appointment: bool = False
    faults: list[str] = field(default_factory=list)

    def take(self, token: re.Match[str]) -> None:
        kind, words = str(token.lastgroup), token.group()
        handler: Callable[[re.Match[str]], None] | None = getattr(self, f"_{kind}", None)
        if handler:
            handler(token)
        elif kind == "yearless":
            self.faults.append(f'"{words}" has no year. Write dates as 25 Dec 2026.')
        elif kind == "strange":
            self.faults.append(f'"{words}" is not understood.')
        elif kind != "joint":
            self._target(token)

    def _target(self, token: re.Match[str]) -> None:
        targets = _targets(token)
        if isinstance(targets, str):
            self.faults.append(targets)
        elif self.shutting:
            self.shut.update(targets)
            self.idle = False
        else:
            self.subject = [*(self.subject if self.pending else []), *targets]
            self.pending = f"{self.pending} {token.group()}".strip()

    def _times(self, token: re.Match[str]) -> None:
        span = _span(token["opens"], token["closes"])
        if isinstance(span, str):
            self.faults.append(span)
        else:
            self._give(span, token.group())

    def _full(self, token: re.Match[str]) -> None:
        if not (self.times or self.subject or self.shutting):
            self._always(token)
        elif self.pending:
            self._give((0, DAY), token.group())
        else:
            self._misplaced(_without_days(token.group()))

    def _always(self, token: re.Match[str]) -> None:
        if self.times or self.subject or self.shutting:
            self._misplaced(f'"{token.group()}" comes first, before other days and times.')
        self.subject = list(range(7))
        self._give((0, DAY), token.group())

    def _give(self, span: tuple[int, int], words: str) -> None:
        if not self.subject:
            self._misplaced(_without_days(words))
        for target in self.subject:
            self.times.setdefault(target, []).append(span)
        self.pending = ""

    def _closed(self, token: re.Match[str]) -> None:
        if not self.pending:
            self._shut(token)
        self.shut.update(self.subject)
        self.subject, self.pending = [], ""

    def _shut(self, token: re.Match[str]) -> None:
        self._stop(token)
        self._whole()
        self.shutting, self.idle = token.group(), True
        self.subject = []

    def _same(self, _token: re.Match[str]) -> None:
        self.same = True
        if not self.pending:
            # Times that follow would be the bank holidays', not those of the days before.
            self.subject = []

    def _appointment(self, _token: re.Match[str]) -> None:
        self.appointment = True

    def _stop(self, _token: re.Match[str] | None = None) -> None:
        """Ends what a "closed" is about; other days go on until their times come."""
        if self.shutting and self.idle:
            self._misplaced(f'"{self.shutting}" does not say on which days.')
        self.shutting = ""

    def _whole(self) -> None:
        if self.pending:
            self._misplaced(f'"{self.pending}" has no times after it, as 09:00-17:00.')
        self.pending = ""

    def result(self) -> Hours:
        self._whole()
        self._stop()
        self._contradictions()
        hours = self._hours()
        if hours.kind == "weekly" and not (hours.week or hours.monthly):
            self._misplaced("No day of the week has times. Write them as Mon-Fri 09:00-17:00.")
        return UNKNOWN if self.faults else hours

    def _misplaced(self, fault: str) -> None:
        """A fault of order, which is only worth saying where every word was understood."""
        if not self.faults:
            self.faults.append(fault)

    def _contradictions(self) -> None:
        for target in self.shut:
            if isinstance(target, tuple):
                name = monthly_day(*target, SHORT_NTH, SHORT_DAYS)
                self.faults.append(f'"{name}" cannot be closed. Write the dates on which it is.')
            elif target in self.times and not isinstance(target, int):
                name = date_text(target) if isinstance(target, date) else "bank holidays"
                self.faults.append(f'"{name}" has times and is closed. Leave one of them out.')
        if self.same and ("bank" in self.shut or "bank" in self.times):
            self.faults.append('"bank holidays" are said twice. Leave one of them out.')

    def _hours(self) -> Hours:
        # One day's spans are tidied as those of a week in which nothing else happens.
        spans = {target: week_of(given) for target, given in self.times.items()}
        week = week_of(
            (day * DAY + start, day * DAY + end)
            for day in range(7)
            if day not in self.shut
            for start, end in spans.get(day, ())
        )
        dated = sorted(t for t in {*self.times, *self.shut} if isinstance(t, date))
        monthly = sorted((t for t in spans if isinstance(t, tuple)), key=lambda t: (t[0] % 7, t[1]))
        bank = self._bank_holidays()
        kind: Literal["appointment", "always", "weekly"] = "weekly"
        if self.appointment:
            kind = "appointment"
        elif joined(week) == WHOLE_WEEK and bank in ("same", "unknown"):
            kind, week = "always", WHOLE_WEEK
        return Hours(
            kind,
            week,
            tuple(Monthly(nth, day, spans[nth, day]) for nth, day in monthly),
            tuple(DayHours(day, spans.get(day, ())) for day in dated),
            bank,
            spans.get("bank", ()),
        )

    def _bank_holidays(self) -> Literal["closed", "same", "special", "unknown"]:
        if "bank" in self.shut:
            return "closed"
        if "bank" in self.times:
            return "special"
        return "same" if self.same else "unknown"


def read_hours(text: str) -> Hours:
    """What the text means; kind "unknown" where it is not understood to the last word."""
    return _read(text)[0]


def hours_faults(text: str) -> list[str]:
    """What in the text is not understood, for whoever typed it; nothing where it all is."""
    return list(_read(text)[1])


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[Hours, tuple[str, ...]]:
    words = _ASIDES.sub("", text)
    if not words.strip():
        return UNKNOWN, ()
    reader = _Reader()
    for token in _TOKEN.finditer(words):
        reader.take(token)
    hours = reader.result()
    return hours, tuple(dict.fromkeys(reader.faults))


def _targets(token: re.Match[str]) -> Sequence[_Target] | str:
    kind = token.lastgroup
    if kind == "date":
        return _dates(token)
    if kind == "bank":
        return ["bank"]
    if kind == "nth":
        ordinals = re.findall(_ORDINAL, token["ordinals"].casefold())
        return [(_nth(ordinal), _weekday(token["nth_day"])) for ordinal in ordinals]
    if kind == "days":
        first = _weekday(token["first"])
        last = _weekday(token["last"]) if token["last"] else first
        return [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return {"every": range(7), "weekdays": range(5), "weekends": range(5, 7)}[str(kind)]


def _nth(ordinal: str) -> int:
    return next(nth for nth in NTH if ordinal in (NTH[nth].casefold(), SHORT_NTH[nth]))


def _weekday(name: str) -> int:
    return SHORT_DAYS.index(name[:3].title())


def _dates(token: re.Match[str]) -> list[date] | str:
    """Each date from first to last; a month or year that the first lacks is the last's."""
    words = token["last_date"].split()
    begun = token["since"].split() if token["since"] else words
    first, last = _date([*begun, *words[len(begun) :]]), _date(words)
    if first is None or last is None:
        return f'"{token.group()}" is not a date. Write dates as 25 Dec 2026.'
    if not 0 <= (last - first).days < MOST_DATES:
        return f'"{token.group()}" does not run from a date to a later one within a year.'
    if token["named"] and _weekday(token["named"]) != first.weekday():
        return f'"{token.group()}" is a {DAYS[first.weekday()]}.'
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def _date(words: Sequence[str]) -> date | None:
    month = next(n for n, name in enumerate(MONTHS, 1) if name[:3] == words[1][:3].title())
    try:
        return date(int(words[2]), month, int(words[0].rstrip("stndrhSTNDRH")))
    except ValueError:
        return None


def _span(opens: str, closes: str | None) -> tuple[int, int] | str:
    """Minutes of the day from opening to closing, or the fault."""
    start, end = _minute(opens), _minute(closes or "00:00")
    if start is None or start == DAY or end is None:
        return f'"{closes if end is None else opens}" is not a time. Write times as 09:00.'
    if closes is None:
        return f'"{opens}" has no closing time. Write both, as 09:00-17:00.'
    return start, end if end > start else end + DAY


def _minute(text: str) -> int | None:
    """Minutes after midnight. A single figure needs its am or pm: 9:00-5:00 is not a night."""
    word = re.sub(r"^12\s*(?=[nm])", "", text.casefold())
    if word in ("noon", "midday", "midnight"):
        return 0 if word == "midnight" else DAY // 2
    clock = re.fullmatch(r"(\d{1,2})(?:[:.]([0-5]\d))?\s*([ap]?)m?", word)
    if clock is None:
        return None
    hour, minute = int(clock[1]), int(clock[2] or 0)
    if clock[3]:
        return (hour % 12 + 12 * (clock[3] == "p")) * 60 + minute if 1 <= hour <= 12 else None
    plain = len(clock[1]) == 2 and clock[2] and hour * 60 + minute <= DAY
    return hour * 60 + minute if plain else None


def _without_days(words: str) -> str:
    return f'"{words}" has no days before it. Write them first, as Mon-Fri 09:00-17:00.'
