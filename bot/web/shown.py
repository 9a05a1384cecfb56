"""Messages as the pages show them: paragraphs, links to ring, and what may still be answered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.conversations import ChatMessage

# Numbers that a crisis answer or a service may name: short codes, 116 numbers, and UK numbers.
_NUMBER = re.compile(
    r"\b(?P<sms_word>[A-Z]{4,8}) (?P<to>to|na numer|na) (?P<sms>\d{5})\b"
    r"|(?<![\w+])(?P<tel>999|112|111|18000|116 ?\d{3}|0\d{2,4} \d{3} ?\d{3,4}|0\d{2} \d{4} \d{4})\b"
)
_ENTRY = "- "
_DIGITS = re.compile(r"\+?\d[\d ]*")


@dataclass(frozen=True)
class Piece:
    """A stretch of text, and where it leads if it is a number to ring or to text."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph, or a list with one line an entry."""

    lines: tuple[tuple[Piece, ...], ...]
    is_list: bool = False


@dataclass(frozen=True)
class Shown:
    """One message on a page. ``active`` says whether its choices and its field still wait."""

    n: int
    mine: bool
    kind: str
    lang: str
    text: str
    blocks: tuple[Block, ...]
    after_rows: tuple[Block, ...]
    active: bool
    body: dict[str, Any] = field(default_factory=dict)
    choices: tuple[dict[str, Any], ...] = ()

    @property
    def person(self) -> str:
        """Who of the team wrote it, if a person did."""
        return str(self.body.get("name", "")) if self.body.get("from") == "person" else ""

    @property
    def waits(self) -> bool:
        """Whether a person may answer after it, so that the page looks for their words."""
        return self.kind == "crisis" or bool(self.person or self.body.get("waits"))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The lines of a summary."""
        return list(self.body.get("rows", []))

    @property
    def likely(self) -> str:
        """The choice that stands out: yes to a read-back, sending what was checked."""
        if not self.rows or not self.choices:
            return ""
        checked = any("choice" in row for row in self.rows)
        return str(self.choices[-1 if checked else 0]["choice"])

    @property
    def card(self) -> dict[str, Any] | None:
        """The field that is asked for, while it waits."""
        return self.body.get("field") if self.active else None


def shown(messages: Sequence[ChatMessage]) -> list[Shown]:
    """The messages of a page; only what came after the person's last words can be answered."""
    last = max((each.n for each in messages if each.sender == "person"), default=0)
    return [_shown(each, active=each.n > last) for each in messages]


def _shown(message: ChatMessage, *, active: bool) -> Shown:
    body = message.body
    rows = body.get("rows", [])
    in_rows = {row["choice"] for row in rows if "choice" in row}
    choices = body.get("choices", []) if active else []
    before, after = _around_rows(body["text"]) if rows else (body["text"], "")
    return Shown(
        n=message.n,
        mine=message.sender == "person",
        kind=body.get("kind", "text"),
        lang=body.get("lang", ""),
        text=body["text"],
        blocks=blocks(before),
        after_rows=blocks(after),
        active=active,
        body=body,
        choices=tuple(each for each in choices if each["choice"] not in in_rows),
    )


def _around_rows(text: str) -> tuple[str, str]:
    """What a summary says before its list and after it; the list itself stands in the rows."""
    lines = text.splitlines()
    listed = [at for at, line in enumerate(lines) if line.startswith(_ENTRY)]
    if not listed:
        return text, ""
    return "\n".join(lines[: listed[0]]), "\n".join(lines[listed[-1] + 1 :])


def blocks(text: str) -> tuple[Block, ...]:
    """The lines of a text as paragraphs and lists."""
    made: list[Block] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        entry = line.startswith(_ENTRY)
        pieces = pieces_of(line.removeprefix(_ENTRY))
        if entry and made and made[-1].is_list:
            made[-1] = Block((*made[-1].lines, pieces), is_list=True)
        else:
            made.append(Block((pieces,), is_list=entry))
    return tuple(made)


def pieces_of(text: str) -> tuple[Piece, ...]:
    """The text with its telephone numbers as links."""
    pieces: list[Piece] = []
    end = 0
    for found in _NUMBER.finditer(text):
        before = text[end : found.start()]
        if before:
            pieces.append(Piece(before))
        href = sms_href(found[0]) if found["sms"] else tel_href(found[0])
        pieces.append(Piece(found[0], href))
        end = found.end()
    if text[end:] or not pieces:
        pieces.append(Piece(text[end:]))
    return tuple(pieces)


def numbered_day(iso: str) -> str:
    """A date in figures, which read the same in every language: 18/11/2026."""
    return f"{date.fromisoformat(iso):%d/%m/%Y}"


def tel_href(phone: str) -> str:
    """The link that rings the first number in ``phone``; empty where there is none."""
    found = _DIGITS.search(phone)
    return f"tel:{found[0].replace(' ', '')}" if found else ""


def sms_href(sms: str) -> str:
    """The link that writes to the number in ``sms``, with the word to send where one is named."""
    word = re.match(r"([A-Za-z]{4,10}) to ", sms)
    found = _DIGITS.search(sms)
    number = found[0].replace(" ", "") if found else ""
    return f"sms:{number}" + (f"?&body={word[1]}" if word else "") if number else ""


def web_href(url: str) -> str:
    """The address of a website; empty for anything that is not one."""
    return url if url.startswith(("https://", "http://")) else ""
