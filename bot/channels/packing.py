"""Messages as texts: the words, numbered choices, a service as its name, number and hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.words import words

Body = dict[str, Any]


def packed(bodies: Sequence[Body]) -> list[str]:
    """One text a message, in order; what is said in a crisis is never cut and stands first."""
    first = [body for body in bodies if body.get("kind") == "crisis"]
    rest = [body for body in bodies if body.get("kind") != "crisis"]
    return [_text(body) for body in [*first, *rest]]


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


def _text(body: Body) -> str:
    if body.get("kind") == "listing":
        return _service(body)
    lines = [body["text"]]
    lines += [f"{at} {each['label']}" for at, each in enumerate(body.get("choices", []), start=1)]
    if body.get("unreviewed"):
        lines.append(words("utter_unreviewed", body["lang"]).text)
    return "\n".join(lines)


def _service(body: Body) -> str:
    service = body["listing"]
    reach = next((service[way] for way in ("phone", "sms", "email", "url") if service[way]), "")
    parts = [service["name"], reach, service["hours"], body.get("warning", "")]
    return "\n".join(part for part in parts if part)
