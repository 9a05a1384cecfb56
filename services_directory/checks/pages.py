"""Whether a page that was answered with 200 is really the page it was ("soft 404")."""

from __future__ import annotations

import html
import re

from rapidfuzz import fuzz

# A short page that says so is an error page; a long one may speak of pages that were not found.
_SHORT_PAGE = 1500
_MISSING = re.compile(
    r"\b404\b|\bpage (?:was |is |could |can ?)?not (?:be )?found\b|^\s*not found\b"
    r"|\bno longer (?:available|exists?)\b"
    r"|\b(?:can[’']?t|cannot|could ?n[o’']t) (?:find (?:the|that|this) page|be found)\b"
    r"|\bpage (?:has been (?:removed|deleted|moved)|does(?:n[’']t| not) exist)\b"
    r"|\bdomain (?:is |may be )?(?:for sale|parked)\b|\bbuy this domain\b|\baccount suspended\b",
    re.I,
)
_FRONT = re.compile(r"/?(?:home|index|default|en|en-gb)?(?:\.\w{3,5})?/?", re.I)
# Each of these takes a page without its closing mark in one pass, however often it is opened.
_TITLE = re.compile(r"<title\b[^<>]{0,200}>(.*?)(?:</title|\Z)", re.I | re.S)
_HEADING = re.compile(r"<h1\b[^<>]{0,500}>(.*?)(?:</h1|\Z)", re.I | re.S)
_UNSEEN = re.compile(
    r"<(script|style|noscript|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S
)
_TAG = re.compile(r"<[^<>]*>")
# Per cent of likeness below which a title is another one.
_OTHER_TITLE = 40.0
_FAR = 3
_LONGEST_TITLE = 200


def title_of(page: str) -> str:
    """The title of a page in one line, at most 200 characters; "" where it has none."""
    found = _TITLE.search(page)
    return _text(found[1])[:_LONGEST_TITLE] if found else ""


def says_missing(page: str) -> bool:
    """Whether the title, the heading or a short page as a whole says that there is no such page."""
    seen = _UNSEEN.sub(" ", page)
    heading = _HEADING.search(seen)
    if _MISSING.search(title_of(page)) or (heading and _MISSING.search(_text(heading[1]))):
        return True
    text = _text(seen)
    return len(text) < _SHORT_PAGE and bool(_MISSING.search(text))


def is_front(path: str) -> bool:
    """Whether a path is that of a site's front page."""
    return bool(_FRONT.fullmatch(path))


def is_another(title: str, length: int, last_title: str, last_length: int) -> bool:
    """Whether title and length in bytes are both far from those of the last look."""
    if not title or not last_title or not length or not last_length:
        return False
    far = max(length, last_length) > _FAR * min(length, last_length)
    return far and fuzz.token_set_ratio(title.casefold(), last_title.casefold()) < _OTHER_TITLE


def _text(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())
