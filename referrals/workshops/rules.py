"""Which group fits a case, and which dates make a group: pure functions over dates.

Workshop B follows "about four weeks" after A and at most twelve people come (Hampton Trust; TTC);
that this means three to five weeks is a proposal of this project.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

LEAST_BETWEEN, MOST_BETWEEN = timedelta(weeks=3), timedelta(weeks=5)
MOST_PLACES = 12


@dataclass(frozen=True)
class Dates:
    """The two days of a group."""

    a: date
    b: date


@dataclass(frozen=True)
class Need:
    """What a case needs of a group: its last days (None: nobody knows), its place, its sex code."""

    a_by: date | None
    b_by: date | None
    delivery_site: str = ""
    who: str = ""


@dataclass(frozen=True)
class Offer:
    """What a group has: its days, its free seats, its place, whom it is for."""

    dates: Dates
    free: int
    delivery_site: str = ""
    who: str = ""


def faults_of(dates: Dates, places: int, today: date) -> list[str]:
    """What keeps these dates and places from making a group, as codes; none where nothing does."""
    between = dates.b - dates.a
    found = {
        "past": dates.a < today,
        "too_close": between < LEAST_BETWEEN,
        "too_far": between > MOST_BETWEEN,
        "places": not 1 <= places <= MOST_PLACES,
    }
    return [code for code, wrong in found.items() if wrong]


def faults_of_change(was: Dates, new: Dates, places: int, taken: int, today: date) -> list[str]:
    """What keeps a group from being changed, as codes; ``taken`` is how many seats are.

    A day that has come stays; what a new group may not be matters only where a day is moved.
    """
    moved_a, moved_b = new.a != was.a, new.b != was.b
    counts = {"past": moved_a, "too_close": moved_a or moved_b, "too_far": moved_a or moved_b}
    more = {
        "over": was.b < today,
        "a_over": moved_a and was.a <= today,
        "b_over": moved_b and was.b <= today,
        "past_b": moved_b and new.b < today,
        "taken": places < taken,
    }
    found = [code for code in faults_of(new, places, today) if counts.get(code, True)]
    return found + [code for code, wrong in more.items() if wrong]


def lost(need: Need, was: Dates, new: Dates, today: date) -> list[str]:
    """Why the days that are moved do not fit somebody who is booked, as codes of obstacles."""
    moved = {"late_a": new.a != was.a, "late_b": new.b != was.b}
    return [code for code in obstacles(need, Offer(new, 1), today) if moved.get(code)]


def obstacles(need: Need, offer: Offer, today: date) -> list[str]:
    """What keeps a case from a group, as codes; a group without one fits."""
    return list(_obstacles(need, offer, today))


def _obstacles(need: Need, offer: Offer, today: date) -> Iterator[str]:
    if offer.dates.a < today:
        yield "begun"
    if offer.free < 1:
        yield "full"
    if need.a_by and offer.dates.a > need.a_by:
        yield "late_a"
    if need.b_by and offer.dates.b > need.b_by:
        yield "late_b"
    if need.delivery_site and offer.delivery_site and need.delivery_site != offer.delivery_site:
        yield "elsewhere"
    if need.who and offer.who and need.who != offer.who:
        yield "other_sex"
