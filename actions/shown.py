"""What somebody says of services that were shown: the second one, is it open, it is dead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from actions.participant_search import (
    SPEAKS,
    facts_of,
    place_of,
    show,
    what_next,
    wishes_read,
)
from actions.turn import Turn, TurnAction
from bot.conversations import actor_of, remember
from bot.speech import Choice, Utterance, choice, listing, say
from core.audit import record
from core.clock import LONDON, now
from services_directory.hours import OpenState
from services_directory.listing import Listing
from services_directory.live import by_id, catalogue
from services_directory.query import Query
from services_directory.results import as_result
from services_directory.suggestions import suggest


class _Spoken(TurnAction):
    """Finds the service that is meant; where several may be, the person chooses."""

    asked_again: ClassVar[str]

    def take(self, turn: Turn) -> Iterator[Utterance]:
        """Answer for the one that is meant."""
        shown = _last_shown(turn)
        meant = _meant(turn, shown)
        if not shown:
            yield say("utter_shown_none")
            yield from what_next(turn)
        elif meant is None:
            about = _about(turn)
            yield say("utter_which_shown", *(self._one(each, about) for each in shown))
        else:
            yield from self.answer(turn, meant)

    def _one(self, each: Listing, about: str) -> Choice:
        name = f"{each.organisation}: {each.name}"
        label, intent = "utter_label_shown", self.asked_again
        return choice(label, intent, values={"name": name}, id=each.id, about=about)

    def answer(self, turn: Turn, meant: Listing) -> Iterator[Utterance]:
        """What to say about this service."""
        raise LookupError(f"{self.action_name} says nothing")


class AboutShown(_Spoken):
    """More about a service that was shown, and whether it is open."""

    action_name: ClassVar[str] = "action_about_shown"
    asked_again: ClassVar[str] = "ask_shown"

    def answer(self, turn: Turn, meant: Listing) -> Iterator[Utterance]:
        """Its card again; before it the answer to what was asked, as far as anybody knows it."""
        # "Is that open?" after "the second one" is about the second one.
        remember(turn.conversation, meant=meant.id)
        needs = tuple(turn.context.get("needs", ()))
        query = Query(site=turn.conversation.site, needs=needs, place=place_of(turn))
        result = as_result(meant, query, moment=now())
        yield from _answer_first(turn, meant, result.open)
        yield listing(facts_of(result))
        yield from what_next(turn)


class ReportWrong(_Spoken):
    """A number that is dead: it is not shown to this person again, and the report is kept."""

    action_name: ClassVar[str] = "action_report_wrong"
    asked_again: ClassVar[str] = "report_wrong"

    def answer(self, turn: Turn, meant: Listing) -> Iterator[Utterance]:
        """Keep the report, and show what else there is."""
        actor = actor_of(turn.conversation)
        record(turn.session, actor, "listing.reported", f"listing:{meant.id}")
        site = turn.conversation.site
        suggest(turn.session, meant.id, site=site, source="chat", about="phone")
        reported = [*turn.context.get("reported", []), meant.id]
        remember(turn.conversation, reported=list(dict.fromkeys(reported)))
        yield say("utter_report_kept", name=meant.name)
        yield from show(turn, more=True)


def _answer_first(turn: Turn, meant: Listing, state: OpenState) -> Iterator[Utterance]:
    about = _about(turn)
    if about == "open":
        key, until = _hours_said(state)
        yield say(key, name=meant.name, until=until)
    elif about == "text":
        yield say("utter_shown_no_texts")
    elif about in ("language", "referral", "cost"):
        known = {"language": _speaks, "referral": _by_yourself, "cost": _costs}[about]
        yield say(known(turn, meant), name=meant.name)


def _speaks(turn: Turn, meant: Listing) -> str:
    """The language that the message names, else the one that the person writes in."""
    named = [SPEAKS[wish] for wish in wishes_read(turn) if wish in SPEAKS]
    wanted = named[0] if named else turn.conversation.language
    if wanted in meant.languages:
        return "utter_shown_yes"
    return "utter_shown_interpreter" if "mul" in meant.languages else "utter_shown_not_known"


def _by_yourself(_turn: Turn, meant: Listing) -> str:
    return "utter_shown_by_yourself" if meant.self_referral == "yes" else "utter_shown_not_known"


def _costs(_turn: Turn, meant: Listing) -> str:
    if meant.cost.startswith("free"):
        return "utter_shown_yes"
    return "utter_shown_cost_said" if meant.cost else "utter_shown_not_known"


def _last_shown(turn: Turn) -> list[Listing]:
    ids = turn.context.get("last_shown", ())
    listings = catalogue(turn.session, turn.conversation.site).by_id
    found = [listings.get(each) for each in ids]
    return [each for each in found if each is not None]


def _meant(turn: Turn, shown: list[Listing]) -> Listing | None:
    """The service chosen or named by its place; the only one where just one was shown."""
    if chosen := turn.given.get("id"):
        return by_id(turn.session, turn.conversation.site, chosen)
    which = _reference(turn).get("value", "that")
    if which == "last":
        return shown[-1] if shown else None
    if which == "that":
        spoken_of = [each for each in shown if each.id == turn.context.get("meant")]
        return next(iter(shown if len(shown) == 1 else spoken_of), None)
    at = int(which) - 1
    return shown[at] if at < len(shown) else None


def _about(turn: Turn) -> str:
    return str(turn.given.get("about") or _reference(turn).get("about", "more"))


def _reference(turn: Turn) -> dict[str, str]:
    spoken = [entity for entity in turn.entities if entity.get("entity") == "reference"]
    return spoken[0] if spoken else {}


def _hours_said(state: OpenState) -> tuple[str, str]:
    """The words for a state of opening, and the local time until which it holds."""
    if state.state == "unknown":
        return "utter_shown_hours_unknown", ""
    if state.until is None:
        # Closed with no opening in sight: what is known is not enough to promise one.
        return f"utter_shown_{'open_always' if state.state == 'open' else 'hours_unknown'}", ""
    until = datetime.fromisoformat(state.until).astimezone(LONDON)
    if state.state == "closed" and until.date() != now().astimezone(LONDON).date():
        return "utter_shown_closed_today", ""
    return f"utter_shown_{state.state}", f"{until:%H:%M}"


ACTIONS = [AboutShown(), ReportWrong()]
