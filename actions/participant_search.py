"""What a participant asked for, remembered between turns, and the search behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from actions.turn import Turn
from bot.conversations import contact_of, remember
from bot.speech import Choice, Utterance, choice, listing, say
from core.clock import now, today
from core.settings import settings
from outreach.texts.signposting import signposted
from services_directory.finding import find
from services_directory.gaps import note
from services_directory.places import Place, find_place
from services_directory.query import Query
from services_directory.results import Found, Result

NEEDS = (
    "alcohol",
    "drugs",
    "mental_health",
    "trauma",
    "relationships",
    "da_perpetrator",
    "housing",
    "money",
    "gambling",
    "parenting",
    "work",
    "health",
)
SHOWN_AT_ONCE = 3
SPEAKS = {"speaks_pl": "pl", "speaks_pa": "pa"}
_OPPOSITE = {"woman": "man", "man": "woman", "speaks_pl": "speaks_pa", "speaks_pa": "speaks_pl"}


def place_of(turn: Turn) -> Place | None:
    """The place the person named, now or before."""
    kept = turn.context.get("place")
    return Place(**kept) if kept else None


def learn_place(turn: Turn) -> Place | None:
    """The place in this message, kept; the channel has kept an exact postcode already."""
    if turn.context.get("place_in_this_turn"):
        remember(turn.conversation, place_in_this_turn=None)
        return place_of(turn)
    found = find_place(turn.text, turn.conversation.site)
    if found:
        remember(turn.conversation, place=asdict(found))
    return found


def needs_read(turn: Turn) -> tuple[list[str], list[str]]:
    """The needs of this message that call for help, and those it denies."""
    read = [entity for entity in turn.entities if entity.get("entity") == "need"]
    current = [entity for entity in read if entity["state"] == "current"]
    own = [entity["value"] for entity in current if entity["whose"] == "self"]
    other = [entity["value"] for entity in current if entity["whose"] == "other"]
    chosen = list(turn.given.get("needs", []))
    denied = [entity["value"] for entity in read if entity["state"] == "denied"]
    return chosen or own or other, denied


def wishes_read(turn: Turn) -> list[str]:
    """What kind of help this message wants, as codes of ``wish_words.yml``."""
    return [entity["value"] for entity in turn.entities if entity.get("entity") == "wish"]


def learn_wishes(turn: Turn) -> list[str]:
    """What kind of help is wanted, kept from turn to turn; "tonight" is meant for this turn only.

    Gives the codes of ``wish_words.yml`` that hold now.
    """
    read = wishes_read(turn)
    kept = [wish for wish in turn.context.get("wishes", []) if _OPPOSITE.get(wish) not in read]
    wishes = list(dict.fromkeys([*kept, *read]))
    remember(turn.conversation, wishes=[wish for wish in wishes if wish != "now"] or None)
    return wishes


def show(
    turn: Turn, *, by_phone: bool = False, nearer: bool = False, more: bool = False
) -> Iterator[Utterance]:
    """Search for what is remembered and show it, with reasons and a next step."""
    needs = tuple(turn.context.get("needs", ()))
    if not needs:
        yield ask_needs()
        return
    shown = list(turn.context.get("shown", ())) if more else []
    place, wishes = place_of(turn), learn_wishes(turn)
    wrong = turn.context.get("reported", ())
    # What is remembered until now is written once, with what comes of the search.
    with turn.session.no_autoflush:
        contact = contact_of(turn.session, turn.conversation)
    query = Query(
        site=turn.conversation.site,
        needs=needs,
        place=place,
        by_phone=by_phone or "phone" in wishes,
        nearer=nearer,
        woman=_woman(wishes),
        language=next((SPEAKS[wish] for wish in wishes if wish in SPEAKS), ""),
        without=frozenset([*shown, *wrong]),
        free="free" in wishes,
        one_to_one="one_to_one" in wishes,
        open_now="now" in wishes,
        delivery_site=contact.delivery_site if contact else "",
    )
    most = max(SHOWN_AT_ONCE, len(needs))
    with turn.session.no_autoflush:
        found = find(turn.session, query, moment=now(), demo=settings().demo, limit=most)
    if not more:
        note(turn.session, query, found, today())
    ids = [item.listing.id for item in found.results]
    remember(turn.conversation, shown=shown + ids, last_shown=ids or None, meant=None)
    if contact:
        met = [(item.listing.id, item.needs) for item in found.results]
        signposted(turn.session, contact, turn.conversation.id, needs, met)
    if wishes and found.results:
        key = "utter_wishes_relaxed" if "wishes" in found.relaxed else "utter_wishes_kept"
        yield say(key, wishes=[f"utter_wish_{wish}" for wish in wishes])
    yield from _worded(found, needs, place, more=more, by_phone=by_phone, nearer=nearer)
    yield _next_step(bool(found.results), place)


def _woman(wishes: list[str]) -> bool | None:
    return True if "woman" in wishes else False if "man" in wishes else None


def ask_needs() -> Utterance:
    """What would you like help with, with the needs to choose from."""
    return say("utter_ask_needs", *(need_choice(code) for code in NEEDS), talk_choice())


def what_next(turn: Turn) -> Iterator[Utterance]:
    """A next step that is always there: what to ask for, or what to do with what was shown."""
    if turn.context.get("shown"):
        yield _next_step(True, place_of(turn))
    else:
        yield ask_needs()


def need_choice(code: str) -> Choice:
    """One need to choose."""
    return choice(f"utter_need_{code}", "find_help", needs=[code])


def talk_choice() -> Choice:
    """The way to a person, offered with every answer."""
    return choice("utter_label_person", "talk_to_person")


def _worded(
    found: Found,
    needs: tuple[str, ...],
    place: Place | None,
    *,
    more: bool,
    by_phone: bool,
    nearer: bool,
) -> Iterator[Utterance]:
    names = {
        "needs": [f"utter_need_{code}" for code in needs],
        "place": place.label if place else "",
    }
    if not found.results:
        yield say("utter_no_more" if more else "utter_nothing_found", **names)
        return
    yield say(_opening(found, place, more=more, by_phone=by_phone, nearer=nearer), **names)
    for nth, item in enumerate(found.results, start=1):
        yield listing(facts_of(item) | {"nth": nth})


def _opening(found: Found, place: Place | None, *, more: bool, by_phone: bool, nearer: bool) -> str:
    if more and "national_only" in found.relaxed:
        return "utter_found_more_national"
    for relaxed in ("outside_site", "nearer", "national_only"):
        if relaxed in found.relaxed:
            return f"utter_found_{relaxed}"
    if nearer:
        return "utter_found_closest"
    if by_phone:
        return "utter_found_phone"
    return "utter_found_near" if place else "utter_found"


def facts_of(item: Result) -> dict[str, Any]:
    """What of a result passes through Rasa; its words are fetched when it is shown."""
    return {
        "id": item.listing.id,
        "needs": list(item.needs),
        "reasons": [[reason.code, reason.value] for reason in item.reasons],
        "distance_m": item.distance_m,
    }


def _next_step(found: bool, place: Place | None) -> Utterance:
    after = [choice("utter_label_more", "more_results")] if found else []
    nearer = [choice("utter_label_nearer", "nearer")] if place and found else []
    phone = [choice("utter_label_phone_only", "phone_only")] if found else []
    other = choice("utter_label_other_need", "find_help", ask=True)
    key = "utter_what_next" if place else "utter_what_next_place"
    return say(key, *after, *nearer, *phone, other, talk_choice())
