"""In how many parts a text leaves, against every way of parting it; how long ones are parted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.packing import fit
from outreach.texts.segments import is_gsm7, plain, segments

# What 3GPP TS 23.038 has, written down a second time and in its order.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
gsm = st.text(st.sampled_from(BASIC + EXTENSION * 8), max_size=700)
other = st.text(st.sampled_from("aąੳ😀👩‍🦰\ud83d"), max_size=300)


def parted(sizes: list[int], room: int) -> int:
    """The fewest parts, by trying for each beginning every last part that holds."""
    fewest = [0]
    for end in range(1, len(sizes) + 1):
        weight, best = 0, end
        for start in range(end - 1, -1, -1):
            weight += sizes[start]
            if weight > room:
                break
            best = min(best, fewest[start] + 1)
        fewest.append(best)
    return fewest[-1]


def by_hand(text: str) -> int:
    if all(ch in BASIC + EXTENSION for ch in text):
        sizes, alone, part = [2 if ch in EXTENSION else 1 for ch in text], 160, 153
    else:
        sizes = [len(ch.encode("utf-16-le", "surrogatepass")) // 2 for ch in text]
        alone, part = 70, 67
    if not text:
        return 0
    return 1 if sum(sizes) <= alone else parted(sizes, part)


@given(st.one_of(gsm, other, st.text(max_size=200)))
@settings(max_examples=300, database=None)
def test_it_is_counted_as_packing_by_hand_does(text: str) -> None:
    assert segments(text) == by_hand(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("a" * 151 + "€" + "a" * 152, 2),
        ("ą" * 70, 1),
        ("ą" * 71, 2),
        ("ą" + "a" * 133, 2),
        ("😀" * 35, 1),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
        ("`", 1),
    ],
)
def test_where_the_borders_are(text: str, count: int) -> None:
    assert segments(text) == count


def test_every_character_of_both_tables_is_gsm7_and_counts_as_it_says() -> None:
    assert len(BASIC) == len(set(BASIC)) == 127, "the 128th is the escape"
    assert (segments(BASIC + "a" * 33), segments(BASIC + "a" * 34)) == (1, 2)
    assert (segments(EXTENSION * 8), segments(EXTENSION * 8 + "a")) == (1, 2)


@pytest.mark.parametrize("ch", ["ą", "`", "“", "’", "–", "…", "\t", "😀", "ਮ", "\u00a0", "ç"])
def test_what_is_in_no_table_is_no_gsm7(ch: str) -> None:
    assert not is_gsm7(ch)


def test_typographic_signs_that_have_a_plain_twin_become_it() -> None:
    assert plain("“Yes” ‘no’ – it’s…\u00a0now") == "\"Yes\" 'no' - it's... now"
    assert plain("dość ਮਦਦ 😀") == "dość ਮਦਦ 😀"


@given(st.lists(st.one_of(gsm, other, st.text(max_size=1_700)), max_size=3))
@settings(max_examples=200, database=None)
def test_parted_texts_take_three_segments_and_lose_nothing_but_spaces(texts: list[str]) -> None:
    parts = fit(texts)
    assert max(map(segments, parts), default=0) <= 3
    assert "".join("".join(parts).split()) == "".join("".join(texts).split())


def test_a_long_text_is_parted_at_lines_then_sentences_then_words() -> None:
    line, sentence = "word " * 79 + "end.", "Short one. " * 41
    assert fit([f"{line}\n{line}"]) == [line, line]
    assert all(part.endswith("one.") for part in fit([sentence.strip() * 2]))
    assert all(part.endswith("word") for part in fit([("word " * 300).strip()]))
    assert list(map(len, fit(["x" * 1_000]))) == [459, 459, 82]
