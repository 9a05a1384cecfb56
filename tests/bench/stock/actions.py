"""The peer's action server: the same search of the same directory, and a form's validation.

Run by `rasa_sdk` in the application's Python. Nothing else of ours is in it: no screen, no masking,
no record and no words that somebody approved.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from core.clock import now
from core.database import transaction
from services_directory.finding import find
from services_directory.places import find_place
from services_directory.query import Query
from services_directory.results import Result
from services_directory.words import what_it_does

SITE = "hampshire"
MOST = 3


class FindHelp(Action):  # type: ignore[misc]
    """Three services for the needs that were understood, near the place that was named."""

    def name(self) -> str:
        return "action_find_help"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        needs = tuple(dict.fromkeys(tracker.get_slot("need") or ()))
        place = find_place(tracker.latest_message.get("text") or "", SITE)
        query = Query(site=SITE, needs=needs, place=place)
        with transaction() as session:
            found = find(session, query, moment=now(), demo=True, limit=MOST)
        dispatcher.utter_message(text="This may help:" if found.results else "Nothing was found.")
        for each in found.results:
            dispatcher.utter_message(text=_card(each))
        more = [{"title": "Show me more", "payload": "/more_results"}]
        dispatcher.utter_message(text="What next?", buttons=more)
        return []


class ValidateReferral(FormValidationAction):  # type: ignore[misc]
    """The answer to a criterion, taken as it was typed."""

    def name(self) -> str:
        return "validate_referral_form"

    def validate_age(
        self,
        value: str,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],
    ) -> dict[str, Any]:
        return {"age": value.strip()}


def _card(result: Result) -> str:
    listing = result.listing
    reasons = ", ".join(reason.code for reason in result.reasons)
    return (
        f"{listing.organisation}: {listing.name}. {what_it_does(listing)} "
        f"{listing.phone} {result.open.state} ({reasons})"
    )
