"""What happened afterwards: the police's outcome file joined to the cases of an extract.

All of it is joined or none: one bad line, and the whole file is refused with every bad line named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from referrals.evaluation.files import read_parquet
from referrals.evaluation.row import COLUMNS
from referrals.evaluation.sheets import (
    CellError,
    Faults,
    SheetError,
    check_columns,
    day,
    number,
    read_csv,
    whole,
    yes_no,
)

OUTCOME_COLUMNS = (
    "case_id",
    "event_date",
    "days_from_t0",
    "offence_code",
    "is_da",
    "same_victim",
    "outcome_type",
    "chi_days",
)
TYPES = ("arrest", "complaint", "charge")
INDEX_COLUMNS = ("offence_code", "days", "version")
_NEEDS = ("case_id", "t0_date")
_LONGEST_GROUP = 40


@dataclass(frozen=True)
class Subject:
    """One case of the study; ``group`` is its arm or comparison group, if there is one."""

    case_id: str
    t0: date
    group: str = ""
    status: str = ""
    result: str = ""


@dataclass(frozen=True)
class HarmIndex:
    """The Cambridge Crime Harm Index as the user loaded it: days by offence code."""

    version: str
    days: Mapping[str, float]


@dataclass(frozen=True)
class Event:
    """One new arrest, complaint or charge; ``day`` counts from t0, ``harm`` is in days or None."""

    case_id: str
    day: int
    offence_code: str
    is_da: bool
    same_victim: bool
    kind: str
    harm: float | None


@dataclass(frozen=True)
class Followed:
    """A case with its events, and for how many days after t0 the police data would show one."""

    subject: Subject
    days: int
    events: tuple[Event, ...] = ()

    def first(self, *, da: bool = False) -> int | None:
        """The day of the first event (of domestic abuse), or None."""
        return min((each.day for each in self.events if each.is_da or not da), default=None)

    def within(self, days: int, *, da: bool = False) -> list[Event]:
        """The events up to and with the day ``days``."""
        return [each for each in self.events if each.day <= days and (each.is_da or not da)]

    def harm(self, days: int, *, da: bool = False) -> float:
        """The harm of those events in days of the index."""
        return sum(each.harm or 0.0 for each in self.within(days, da=da))


@dataclass(frozen=True)
class Joined:
    """Every case with its outcomes; ``repeated`` counts lines that say the same as another."""

    cases: tuple[Followed, ...]
    until: date
    index: HarmIndex | None
    repeated: int


def subjects_of(data: bytes, name: str) -> list[Subject]:
    """The cases of an extract, with what an evaluator joined to it; raises :class:`SheetError`.

    Rows of a comparison group may be added to it: they need a case_id and a t0_date alone.
    """
    faults, found = Faults(name), dict[str, Subject]()
    for line, row in _extract_rows(data, name):
        try:
            subject = _subject(row)
        except CellError as error:
            faults.add(line, str(error))
            continue
        if subject.case_id in found:
            faults.add(line, f"the case {subject.case_id} is there twice.")
        found[subject.case_id] = subject
    if not found and not faults.found:
        raise SheetError([f"{name}: there is no case in it."])
    faults.stop()
    return list(found.values())


def index_of(data: bytes, name: str) -> HarmIndex:
    """The harm index of the user's table; raises :class:`SheetError`."""
    faults, days, versions = Faults(name), dict[str, float](), dict[str, int]()
    for line, row in read_csv(data, name, needs=INDEX_COLUMNS):
        code = row["offence_code"]
        try:
            if not code or code in days:
                raise CellError(f"the offence code “{code}” is empty or there twice.")
            if not row["version"]:
                raise CellError("the version is empty.")
            days[code] = number(row["days"])
            versions.setdefault(row["version"], line)
        except CellError as error:
            faults.add(line, str(error))
    if len(versions) > 1:
        faults.add(max(versions.values()), f"there are two versions: {', '.join(versions)}.")
    faults.stop()
    if not days:
        raise SheetError([f"{name}: there is no offence in it."])
    return HarmIndex(next(iter(versions)), days)


def join(
    subjects: Iterable[Subject],
    data: bytes,
    name: str,
    *,
    until: date,
    index: HarmIndex | None = None,
) -> Joined:
    """Join the outcome file; ``until`` is the last day that the police data cover.

    Raises :class:`SheetError` with every bad line: an unknown case, a date before t0 or after
    ``until`` or one that cannot be, days that do not fit it, or an offence that the index lacks.
    """
    known = {each.case_id: each for each in subjects}
    faults, events = Faults(name), defaultdict[str, list[Event]](list)
    needs = tuple(each for each in OUTCOME_COLUMNS if each != "chi_days")
    seen: Counter[tuple[str, ...]] = Counter()
    for line, row in read_csv(data, name, needs=needs, may_have=("chi_days",)):
        try:
            event = _event(row, known, until, index)
        except CellError as error:
            faults.add(line, str(error))
            continue
        events[event.case_id].append(event)
        seen[tuple(row.values())] += 1
    faults.stop()
    cases = tuple(
        Followed(each, (until - each.t0).days, tuple(events[each.case_id]))
        for each in known.values()
    )
    return Joined(cases, until, index, sum(count - 1 for count in seen.values()))


def _extract_rows(data: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    rest = [each for each in COLUMNS if each not in _NEEDS]
    if not data.startswith(b"PAR1"):
        yield from read_csv(data, name, needs=_NEEDS, may_have=rest)
        return
    try:
        for line, row in enumerate(read_parquet(data), start=1):
            if line == 1:
                check_columns(list(row), name, needs=_NEEDS, may_have=rest)
            yield line, {column: _text(value) for column, value in row.items()}
    except SheetError:
        raise
    except (ValueError, OSError) as error:
        raise SheetError([f"{name}: it is no Parquet file that can be read: {error}."]) from None


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _subject(row: Mapping[str, str]) -> Subject:
    if not row["case_id"]:
        raise CellError("the case_id is empty.")
    group = row.get("assign_arm", "")
    if len(group) > _LONGEST_GROUP:
        raise CellError(f"the assign_arm is longer than {_LONGEST_GROUP} characters.")
    status, result = row.get("status", ""), row.get("eligibility_result", "")
    return Subject(row["case_id"], day(row["t0_date"]), group, status, result)


def _event(
    row: Mapping[str, str], known: Mapping[str, Subject], until: date, index: HarmIndex | None
) -> Event:
    subject = known.get(row["case_id"])
    if subject is None:
        raise CellError(f"there is no case {row['case_id']} in the extract.")
    on = day(row["event_date"])
    after = (on - subject.t0).days
    if after < 0:
        raise CellError(f"{on} is before the case's t0, {subject.t0}.")
    if on > until:
        raise CellError(f"{on} is after the last day of the police data, {until}.")
    if whole(row["days_from_t0"]) != after:
        raise CellError(f"days_from_t0 says {row['days_from_t0']}, the dates say {after}.")
    if row["outcome_type"] not in TYPES:
        raise CellError(f"“{row['outcome_type']}” is no outcome_type: {', '.join(TYPES)}.")
    return Event(
        subject.case_id,
        after,
        row["offence_code"],
        yes_no(row["is_da"]),
        yes_no(row["same_victim"]),
        row["outcome_type"],
        _harm(row, index),
    )


def _harm(row: Mapping[str, str], index: HarmIndex | None) -> float | None:
    """The harm by the index; what the file says of it has to be the same."""
    said = number(row["chi_days"]) if row.get("chi_days") else None
    if index is None:
        return None
    code = row["offence_code"]
    if code not in index.days:
        raise CellError(
            f"the offence code “{code}” is not in the index (version {index.version}); "
            "add it there, with 0 days if it does not count."
        )
    if said is not None and said != index.days[code]:
        raise CellError(
            f"chi_days says {said:g}, the index (version {index.version}) {index.days[code]:g}."
        )
    return index.days[code]
