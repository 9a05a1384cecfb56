"""One size of the directory, measured: ours and the floor in turn, in the same minutes."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cli.database import upgrade
from core.clock import LONDON
from services_directory.listing import WHOLE_AREA, from_document
from services_directory.places import Place, distance_m, find_place, resolve_postcode
from services_directory.query import covering_names
from tests.bench import ours
from tests.bench.asked import ROWS, SITE, TOWNS, WITHIN_M, Question, questions
from tests.bench.floor import Floor, inserted
from tests.bench.made import documents, write_csv
from tests.bench.telling import Say, told
from tests.bench.timing import Client, Load, Spread, seconds, together
from tests.pages.conftest import serving

TUESDAY_NIGHT = "Tue 21:00-06:00"
TUESDAY, WEDNESDAY = (
    datetime(2026, 11, 24, 23, 0, tzinfo=LONDON),
    datetime(2026, 11, 25, 2, 0, tzinfo=LONDON),
)
REBUILDS = 3
EVERYTHING = 10**9
Document = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """What one kind of question took, with how many rows the floor counts in all (the median)."""

    kind: str
    rows: int
    floor: Spread
    ours: Spread
    http: Spread
    load: Load


@dataclass(frozen=True)
class Kept:
    """How many of those that have to be found each finds."""

    what: str
    of: int
    floor: int
    ours: int


@dataclass(frozen=True)
class Size:
    """All figures of one size; times in seconds but for those of questions."""

    engine: str
    places: int
    services: int
    asked: list[Asked]
    import_s: float
    inserted_s: float
    first_s: float
    reindex_s: float
    rebuild_s: float
    kept: list[Kept]


@dataclass(frozen=True)
class Effort:
    """How much to ask: rounds for one client, and seconds of each question for eight."""

    rounds: int = 30
    lasting: float = 4.0


def measured(places: int, folder: Path, extra: Mapping[str, str], effort: Effort, say: Say) -> Size:
    """Make a directory of so many places in the folder, and ask it and the floor."""
    data_dir = folder / "data"
    with ExitStack() as stack:
        stack.enter_context(ours.at_home(data_dir, extra))
        with told(say, f"{places:,} places: making their services, and the floor of them"):
            made = list(documents(places))
            write_csv(folder / "made.csv", places)
            floor = stack.enter_context(_floor(folder, made))
        # An import goes into a directory that is there: its tables and accounts are not counted.
        upgrade()
        with told(say, f"importing {len(made):,} services"):
            import_s = seconds(lambda: ours.import_csv(folder / "made.csv", data_dir, extra))
            inserted_s = inserted(folder / "made.csv")
        with told(say, "making the indexes anew"):
            reindex_s, rebuild_s = indexed(floor)
        with told(say, "looking whether all is found"):
            kept = [*named(floor, made), *at_night(floor, made)]
        # One program asks here as fast as it can, which no address may otherwise.
        with serving(data_dir, **extra, CARA_SEARCHES_PER_MINUTE="10000000") as url:
            with told(say, "asking for the first time"):
                first_s = seconds(lambda: Client(url).ask(next(iter(questions(0))).body()))
            asked = _asked(floor, url, effort, say)
    engine = "PostgreSQL" if extra else "SQLite"
    return Size(
        engine, places, len(made), asked, import_s, inserted_s, first_s, reindex_s, rebuild_s, kept
    )


def indexed(floor: Floor) -> tuple[float, float]:
    """Seconds for all of ours and for the floor's full text alone, in turn: the middle of three."""
    turns = [(seconds(ours.make_anew), seconds(floor.rebuild)) for _ in range(REBUILDS)]
    again, rebuilt = zip(*turns, strict=True)
    return statistics.median(again), statistics.median(rebuilt)


def named(floor: Floor, made: Sequence[Document]) -> Iterator[Kept]:
    """Of the services with naloxone in their name, in all and on the first page."""
    question = Question("keyword", text="naloxone")
    wanted = {each["id"] for each in made if "naloxone" in each["service_name"]}
    rows, _ = floor.find(question, EVERYTHING)
    found = {listing_id for listing_id, _ in ours.everything(question, TUESDAY)}
    yield _kept("named naloxone", wanted, {row[0] for row in rows}, found)
    first, page = floor.find(question)[0], ours.asked(question).results
    yield Kept(
        "named naloxone, on the first page",
        min(ROWS, len(wanted)),
        len(wanted & {row[0] for row in first}),
        len(wanted & {each.listing.id for each in page}),
    )


def at_night(floor: Floor, made: Sequence[Document]) -> Iterator[Kept]:
    """Of the services within reach that are open from Tuesday 21:00 to Wednesday 06:00."""
    place = find_place(TOWNS[0], SITE)
    if place is None:
        raise ValueError(f"{TOWNS[0]} is no place.")
    wanted = {
        each["id"]
        for each in made
        if each["opening_hours"] == TUESDAY_NIGHT and near(each, place) and serves(each, place)
    }
    for moment in (TUESDAY, WEDNESDAY):
        question = Question("night", town=TOWNS[0], place=place, open_at=moment)
        rows, _ = floor.find(question, EVERYTHING)
        found = {known for known, state in ours.everything(question, moment) if state == "open"}
        yield _kept(f"open {moment:%a %H:%M}", wanted, {row[0] for row in rows}, found)


def near(document: Document, place: Place) -> bool:
    """Whether it is known to be within the distance that is asked for."""
    where = resolve_postcode(document["postcode"])
    return where is not None and distance_m(where, place) <= WITHIN_M


def serves(document: Document, place: Place) -> bool:
    """Whether it says that people of the place may come."""
    return not from_document(document).covers.isdisjoint({WHOLE_AREA, *covering_names(place)})


def _kept(what: str, wanted: set[str], floor: set[str], found: set[str]) -> Kept:
    return Kept(what, len(wanted), len(wanted & floor), len(wanted & found))


@contextmanager
def _floor(folder: Path, made: Sequence[Document]) -> Iterator[Floor]:
    floor = Floor(folder / "floor.db", made)
    yield floor
    floor.close()


def _asked(floor: Floor, url: str, effort: Effort, say: Say) -> list[Asked]:
    times, rows = _in_turn(floor, url, effort.rounds, say)
    loads = _loads(url, effort.lasting, say)
    answers = []
    for kind, load in loads.items():
        least, own, http = (Spread.of(each) for each in times[kind])
        middle = round(statistics.median(rows[kind]))
        answers.append(Asked(kind, middle, least, own, http, load))
    return answers


def _in_turn(
    floor: Floor, url: str, rounds: int, say: Say
) -> tuple[dict[str, tuple[list[float], list[float], list[float]]], dict[str, list[int]]]:
    """Seconds of each peer for each question, one peer right after the other, after a warm-up."""
    times: dict[str, tuple[list[float], list[float], list[float]]]
    times, rows = defaultdict(lambda: ([], [], [])), defaultdict(list)
    client = Client(url)
    for turn in range(-len(TOWNS), rounds):
        if turn % 10 == 0:
            say(f"round {turn} of {rounds}, one client")
        for question in questions(turn):
            took = _each(floor, client, question)
            if turn >= 0:
                for kept, one in zip(times[question.kind], took, strict=True):
                    kept.append(one)
                rows[question.kind].append(floor.find(question)[1])
    client.close()
    return times, rows


def _each(floor: Floor, client: Client, question: Question) -> tuple[float, float, float]:
    return (
        seconds(lambda: floor.find(question)),
        seconds(lambda: ours.asked(question)),
        seconds(lambda: client.ask(question.body())),
    )


def _loads(url: str, lasting: float, say: Say) -> dict[str, Load]:
    turns = [list(questions(turn)) for turn in range(8)]
    loads = {}
    for same in zip(*turns, strict=True):
        say(f"eight clients: {same[0].kind}")
        loads[same[0].kind] = together(url, [each.body() for each in same], lasting)
    return loads
