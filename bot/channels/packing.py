"""Messages as texts: the words, numbered choices, a service as its name, number and hours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from core.settings import settings
from core.words import words
from outreach.texts.revealing import reveals
from outreach.texts.segments import plain, segments

Body = dict[str, Any]

MOST = 3
# So many services are shown at once as a rule; more only to somebody with more needs.
COUNTED = (1, 2, 3)
# Where a long text is parted, best first: after a line, a sentence, a word.
_ENDS = (re.compile(r"\n"), re.compile(r"(?<=[.!?।]) "), re.compile(r"\s"))


def packed(bodies: Sequence[Body]) -> list[str]:
    """The texts of messages, in order; what is said in a crisis is never cut and stands first.

    Every other text takes :data:`MOST` segments at most: a longer message becomes several texts.
    """
    first = [_text(body) for body in bodies if body.get("kind") == "crisis"]
    return first + fit(_plainly(body) for body in bodies if body.get("kind") != "crisis")


def fit(texts: Iterable[str], most: int = MOST) -> list[str]:
    """The same words in texts of at most ``most`` segments, parted at lines and sentences."""
    return [part for text in texts for part in _parted(text, most)]


def choice_numbered(bodies: Sequence[Body], typed: str) -> str | None:
    """The token of the choice whose number somebody typed, from the newest message with choices."""
    bare = typed.strip(" .)")
    if not bare.isascii() or not bare.isdecimal():
        return None
    for body in reversed(bodies):
        choices = body.get("choices", [])
        if choices:
            at = int(bare) - 1
            return str(choices[at]["choice"]) if 0 <= at < len(choices) else None
    return None


def _parted(text: str, most: int) -> list[str]:
    parts = []
    while segments(text) > most:
        at = _best_end(text[: _longest(text, most)], text)
        parts.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [part for part in [*parts, text] if part] or [text]


def _longest(text: str, most: int) -> int:
    """How much of the beginning of a text takes no more than ``most`` segments; one sign at least.

    A longer beginning never takes fewer segments, so the middle can be tried.
    """
    enough, too_much = 1, len(text)
    while too_much - enough > 1:
        middle = (enough + too_much) // 2
        enough, too_much = (
            (middle, too_much) if segments(text[:middle]) <= most else (enough, middle)
        )
    return enough


def _best_end(beginning: str, text: str) -> int:
    """Where to part after ``beginning`` at the latest; inside a word only where it has no end."""
    # One more sign is looked at: the beginning may end just where a sentence does.
    seen = text[: len(beginning) + 1]
    for end in _ENDS:
        found = [each.end() for each in end.finditer(seen) if seen[: each.start()].strip()]
        if found:
            return found[-1]
    return len(beginning)


def _plainly(body: Body) -> str:
    """English goes without typographic quotes, which would halve what fits in a part."""
    return plain(_text(body)) if body.get("lang") == "en" else _text(body)


def _text(body: Body) -> str:
    if body.get("kind") == "listing":
        return _service(body)
    lines = [_unnamed(body)]
    choices = enumerate(body.get("choices", []), start=1)
    lines += [f"{at} {_label(each, at, body['lang'])}" for at, each in choices]
    if body.get("unreviewed"):
        lines.append(words("utter_unreviewed", body["lang"]).text)
    return "\n".join(lines)


def _unnamed(body: Body) -> str:
    """The words about a service without its name, where that tells what it is for."""
    text, name = str(body["text"]), str(body.get("service", ""))
    if not reveals(name):
        return text
    place = words("utter_text_that_place", body["lang"]).text
    # It may begin a sentence.
    capital = re.sub(rf"(^|[.!?] ){re.escape(name)}", rf"\g<1>{place[:1].upper()}{place[1:]}", text)
    return capital.replace(name, place)


def _label(option: dict[str, Any], at: int, language: str) -> str:
    """A choice; that of a service whose name tells too much is which of those shown it is."""
    about_service = "id" in option.get("do", {}).get("given", {})
    if not (about_service and reveals(option["label"])):
        return str(option["label"])
    return words(f"utter_text_place_{at if at in COUNTED else 'other'}", language).text


def _service(body: Body) -> str:
    """A service as a card; where its name or address tells what it is for, without it."""
    service, language = body["listing"], body.get("around", "en")
    ways = [service[way] for way in ("phone", "sms", "email", "url") if service[way]]
    hides = reveals(service["name"])
    name = _which(body.get("nth", 0), language) if hides else service["name"]
    way = next((way for way in ways if not reveals(way)), "")
    if not way and (ways or hides):
        way = words("utter_text_on_page", language, {"page": settings().address}).text
    return "\n".join(
        part for part in (name, way, service["hours"], body.get("warning", "")) if part
    )


def _which(nth: int, language: str) -> str:
    key = f"utter_text_unnamed_{nth}" if nth in COUNTED else "utter_text_unnamed"
    return words(key, language).text
