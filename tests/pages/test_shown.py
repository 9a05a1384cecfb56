"""What a message becomes on a page, and the words around it; no browser needed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.conversations import ChatMessage
from bot.web.shown import Piece, blocks, pieces_of, shown, sms_href, tel_href, web_href
from bot.web.wording import NAMES
from core.settings import ROOT
from core.words import keys

ASKED = re.compile(
    r"""\bt\(\s*["']([a-z_]+)["']|\bwords\(["']([a-z_]+)["']\)|page_words\([^)]*\)\(["']([a-z_]+)["']\)"""
)
# What is asked at the first workshop has words of its own (``agreements.yml``).
TEMPLATES = [
    *(path for path in ROOT.glob("*/web/templates/**/*.html") if "agreement" not in path.name),
    *ROOT.glob("bot/web/*.py"),
]
# Words that a page asks for by the value of something else.
BY_VALUE = {"open", "closed", "who_missing", "site_missing"}


def message(n: int, sender: str, **body: Any) -> ChatMessage:
    return ChatMessage(
        n=n, sender=sender, body={"text": "words", **body}, at=datetime(2026, 11, 22, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("Ring 999 now", "tel:999"),
        ("Samaritans: 116 123.", "tel:116123"),
        ("Call 0808 801 0331, free", "tel:08088010331"),
        ("ring 020 7946 0018", "tel:02079460018"),
        ("Text SHOUT to 85258.", "sms:85258?&body=SHOUT"),
    ],
)
def test_a_number_to_ring_is_a_link(text: str, href: str) -> None:
    assert [each.href for each in pieces_of(text) if each.href] == [href]
    assert "".join(each.text for each in pieces_of(text)) == text


@pytest.mark.parametrize("text", ["I am 32", "in 1999", "9999", "22 November 2026", "99 9", ""])
def test_other_figures_are_none(text: str) -> None:
    assert pieces_of(text) == (Piece(text),)


def test_lines_become_paragraphs_and_a_list() -> None:
    made = blocks("Still waiting:\n- Risk grade\n- Evidence\nYour draft is saved.")
    assert [block.is_list for block in made] == [False, True, False]
    assert len(made[1].lines) == 2


def test_a_summary_says_its_declaration_after_its_rows() -> None:
    rows = [{"label": "Age", "value": "18 or over"}]
    [made] = shown(
        [message(1, "assistant", text="Check.\n- Age: 18 or over\nYou confirm.", rows=rows)]
    )
    assert [block.lines[0][0].text for block in made.blocks] == ["Check."]
    assert [block.lines[0][0].text for block in made.after_rows] == ["You confirm."]


def test_only_what_came_after_the_persons_words_can_be_answered() -> None:
    choices = [{"label": "Yes", "choice": "a"}]
    made = shown(
        [
            message(1, "assistant", choices=choices),
            message(2, "person"),
            message(3, "assistant", choices=choices, field={"name": "mobile"}),
        ]
    )
    assert [bool(each.choices) for each in made] == [False, False, True]
    assert [bool(each.card) for each in made] == [False, False, True]


def test_what_stands_out_is_yes_or_sending() -> None:
    two = [{"label": "first", "choice": "a"}, {"label": "second", "choice": "b"}]
    readback = message(1, "assistant", choices=two, rows=[{"label": "Age", "value": "32"}])
    checked = message(
        2, "assistant", choices=two, rows=[{"label": "Age", "value": "32", "choice": "a"}]
    )
    question = message(3, "assistant", choices=two)
    assert [each.likely for each in shown([readback, checked, question])] == ["a", "b", ""]


@pytest.mark.parametrize(
    ("make", "raw", "href"),
    [
        (tel_href, "111 (option 2)", "tel:111"),
        (tel_href, "0300 123 6600", "tel:03001236600"),
        (tel_href, "", ""),
        (sms_href, "HANTS to 85258", "sms:85258?&body=HANTS"),
        (sms_href, "07384 466181 (text or WhatsApp, Mon-Fri 09:00-21:00)", "sms:07384466181"),
        (web_href, "https://www.example.org/a", "https://www.example.org/a"),
        (web_href, "javascript:alert(1)", ""),
    ],
)
def test_a_listings_ways_become_links_or_nothing(make: Any, raw: str, href: str) -> None:
    assert make(raw) == href


def test_the_pages_ask_for_words_that_stand_in_three_languages_and_leave_none() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    asked = {next(filter(None, found)) for found in ASKED.findall(text)} | BY_VALUE
    held = {key.removeprefix("utter_page_") for key in keys() if key.startswith("utter_page_")}
    assert asked == held
    for key in held:
        said = keys()[f"utter_page_{key}"]
        assert set(said) == set(NAMES)
        assert not said["pl"].reviewed
        assert not said["pa"].reviewed


def test_no_template_lets_markup_through() -> None:
    for path in ROOT.glob("*/web/templates/**/*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text(encoding="utf-8")), (
            path
        )
