"""The directory in a database gives on either engine what the rules give over the same listings."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from core.clock import LONDON
from core.database import transaction
from services_directory import live
from services_directory.finding import find
from services_directory.listing import offerable
from services_directory.query import Query
from services_directory.results import Found
from services_directory.search import search
from services_directory.tables import Live, SiteListing
from services_directory.vocabulary import groups_of
from tests.shipped import catalogue, load
from tests.unit.asking import MOMENT, NEEDS, SITES, TOWNS, ids, place_in
from tests.unit.directory import document, make_public

pytestmark = pytest.mark.usefixtures("database")

WORDS = ("", "gear", "AA", "on the script", "alchohol", "women", "Southhampton recovery", "walk in")
asked = st.tuples(
    st.sampled_from(SITES),
    st.lists(st.sampled_from(NEEDS), max_size=2, unique=True),
    st.integers(0, 5),
    st.fixed_dictionaries(
        {
            "woman": st.sampled_from([None, True, False]),
            "free": st.booleans(),
            "open_now": st.booleans(),
            "by_phone": st.booleans(),
            "within_m": st.sampled_from([None, 3_000, 30_000]),
            "age": st.sampled_from([None, 19, 70]),
            "language": st.sampled_from(["", "pl", "pa"]),
        }
    ),
    st.sampled_from(WORDS),
    st.integers(0, 14 * 24),
)


def stored(query: Query, moment: datetime = MOMENT, text: str = "", limit: int = 3) -> Found:
    with transaction() as session:
        return find(session, query, moment=moment, demo=True, limit=limit, text=text)


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(asked)
def test_the_database_answers_as_the_rules_do_over_the_files(
    given: tuple[str, list[str], int, dict[str, object], str, int],
) -> None:
    site, needs, town, wishes, text, hours = given
    place = place_in(site, TOWNS[site][town]) if town < 5 else None
    query = Query(site, tuple(needs), place, **wishes)  # type: ignore[arg-type]
    moment = MOMENT + timedelta(hours=hours)
    listings = catalogue(site)
    words = groups_of(text, listings.words.values)
    plain = Query(site, tuple(needs), place, words=words, **wishes)  # type: ignore[arg-type]
    expected = search(plain, listings, moment=moment, demo=True, limit=5)
    found = stored(query, moment, text, limit=5)
    assert (ids(found), found.relaxed) == (ids(expected), expected.relaxed)
    assert found.results == expected.results


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("gear", "Harbour needle exchange"),
        ("skag", "Harbour needle exchange"),
        ("on the script", "Harbour needle exchange"),
        ("AA", "Alcoholics Anonymous"),
        ("alcaholics anonimous", "Alcoholics Anonymous"),
        ("skint", "Harbour money advice"),
        ("flashbacks", "Harbour trauma therapy"),
    ],
)
def test_slang_synonyms_and_misspellings_find_what_is_meant(text: str, name: str) -> None:
    needs = {
        "Harbour needle exchange": "drugs",
        "Alcoholics Anonymous": "alcohol",
        "Harbour money advice": "money",
        "Harbour trauma therapy": "trauma",
    }
    make_public(document(service_name=each, needs=need) for each, need in needs.items())
    found = stored(Query("hampshire", ()), text=text, limit=400)
    assert name in [result.listing.name for result in found.results]
    others = set(needs) - {name}
    assert not others & {result.listing.name for result in found.results}


@pytest.mark.parametrize("site", SITES)
def test_every_offered_listing_is_found_by_its_own_name(site: str) -> None:
    """Peers that index one service of a place miss four in ten of them; none may be missed here."""
    for listing in load(site):
        if offerable(listing, demo=True) and "da_victim" not in listing.needs:
            query = Query(site, (), woman=listing.audience == "women" or None)
            assert listing.id in ids(stored(query, text=listing.name, limit=400)), listing.name


def test_the_word_itself_comes_before_what_means_the_same() -> None:
    make_public(
        [
            document(id="means", service_name="A drop-in", needs="drugs", opening_hours="24/7"),
            document(id="says", service_name="Naloxone kits", needs="drugs"),
        ]
    )
    assert ids(stored(Query("hampshire", ()), text="naloxone"))[0] == "says"


def test_an_unknown_distance_is_kept_and_a_known_one_too_far_is_not() -> None:
    make_public(
        [
            document(id="near", postcode="SO14 3AS"),
            document(id="far", postcode="PO30 1UD", covers="Southampton"),
            document(id="unsaid"),
        ]
    )
    query = Query("hampshire", ("alcohol",), place_in("hampshire", "Southampton"), within_m=5_000)
    shown = ids(stored(query, limit=400))
    assert {"near", "unsaid"} <= set(shown)
    assert "far" not in shown


def test_what_nothing_satisfies_is_relaxed_and_said() -> None:
    make_public([document(id="dear", cost="GBP 40 an hour", needs="gambling", covers="Ryde")])
    query = Query("hampshire", ("gambling",), place_in("hampshire", "Ryde"), free=True)
    local = [one for one in stored(query, limit=400).results if not one.listing.national]
    assert "wishes" in stored(query).relaxed or not local


def test_the_sites_own_order_comes_before_distance_and_hours() -> None:
    make_public(
        [
            document(id="a", service_name="A", postcode="SO14 3AS", opening_hours="24/7"),
            document(id="b", service_name="B", opening_hours=""),
        ]
    )
    place = place_in("hampshire", "Southampton")
    assert ids(stored(Query("hampshire", ("alcohol",), place)))[0] == "a"
    with transaction() as session:
        session.add(SiteListing(site="hampshire", listing_id="b", rank=1, note="Ask for Jo."))
    first = stored(Query("hampshire", ("alcohol",), place)).results[0].listing
    assert (first.id, first.note) == ("b", "Ask for Jo.")


def test_another_site_takes_a_listing_up_by_its_own_row() -> None:
    make_public([document(id="shared", covers="*", needs="work")])
    query = Query("leicestershire", ("work",))
    assert "shared" not in ids(stored(query, limit=400))
    with transaction() as session:
        session.add(SiteListing(site="leicestershire", listing_id="shared"))
    assert "shared" in ids(stored(query, limit=400))


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [(24, 23, True), (25, 2, True), (25, 7, False)],
)
def test_a_night_shelter_is_open_past_midnight_in_a_search(
    day: int, clock: int, expected: bool
) -> None:
    make_public([document(id="night", needs="housing", opening_hours="Tue 21:00-06:00")])
    moment = datetime(2026, 11, day, clock, tzinfo=LONDON)
    query = Query("hampshire", ("housing",), open_now=True)
    found = stored(query, moment, limit=400)
    states = {result.listing.id: result.open.state for result in found.results}
    assert (states.get("night") == "open") is expected


def test_what_was_read_early_is_not_read_again_for_whoever_asks_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_public([document(id="early", service_name="Zebra drop-in", covers="*")])
    live.read_early(SITES)
    with transaction() as session:
        # Gone from the table, and no mark says so: it is found in what was read.
        session.execute(delete(Live).where(Live.listing_id == "early"))
    assert "early" in ids(stored(Query("hampshire", ()), text="zebra"))
    assert not caplog.records


def test_a_directory_that_cannot_be_read_early_is_read_when_somebody_asks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_asked: object) -> None:
        raise OperationalError("SELECT", {}, OSError("away"))

    with monkeypatch.context() as broken:
        broken.setattr(live, "catalogue", away)
        live.read_early(SITES)
    assert caplog.messages == ["the directory is read when somebody asks: OperationalError"]
    make_public([document(id="late", service_name="Zebra drop-in", covers="*")])
    assert "late" in ids(stored(Query("hampshire", ()), text="zebra"))
