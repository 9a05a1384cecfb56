"""What people say is wrong with a listing: kept once, and never so much that it hides the rest."""

from __future__ import annotations

import pytest

from core.database import transaction
from services_directory.curation import CurationError
from services_directory.suggestions import MOST_WAITING, suggest
from tests.unit.directory import document, make_public

pytestmark = pytest.mark.usefixtures("sqlite")


def say(about: str = "other", said: str = "", source: str = "public") -> int:
    """Say what is wrong with the one listing; gives how often that was said."""
    with transaction() as session:
        kept = suggest(session, "s-1", site="hampshire", source=source, about=about, said=said)
        assert kept is not None
        return kept.times


def test_the_same_words_are_kept_once_and_counted() -> None:
    make_public([document(id="s-1")])
    assert [say(said="Closed on Fridays") for _ in range(3)] == [1, 2, 3]


def test_past_twenty_that_wait_only_what_is_new_to_us_is_refused() -> None:
    make_public([document(id="s-1")])
    for number in range(MOST_WAITING):
        say(said=f"Wrong {number}")
    with pytest.raises(CurationError, match="Many people have told us about this service"):
        say(said="Wrong again")
    assert say(said="Wrong 3") == 2
    assert say("phone", source="chat") == 1
