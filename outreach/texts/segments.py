"""How many parts a text is sent in, counted by packing (3GPP TS 23.038 and 23.040).

In GSM-7 a character takes one septet, or two where it stands in the extension table, and those two
are never parted; one text holds 160, each part of a longer one 153. A text with any other character
goes as UCS-2: 70 units alone and 67 a part, where a character beyond the basic plane takes two.
"""

from __future__ import annotations

from collections.abc import Iterable

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
GSM7 = _BASIC | _EXTENDED
_SEPTETS = (160, 153)
_UNITS = (70, 67)
_LAST_OF_BASIC_PLANE = 0xFFFF
# Typographic characters that have a plain twin in GSM-7.
_TWINS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
        "…": "...",
        "•": "-",
        "·": "-",
    }
)


def segments(text: str) -> int:
    """In how many parts ``text`` leaves; 0 for an empty one."""
    size, (alone, part) = (_size, _SEPTETS) if is_gsm7(text) else (_units, _UNITS)
    sizes = list(map(size, text))
    return min(1, len(sizes)) if sum(sizes) <= alone else _parts(sizes, part)


def is_gsm7(text: str) -> bool:
    """Whether every character stands in the basic or the extension table."""
    return GSM7.issuperset(text)


def plain(text: str) -> str:
    """The text with typographic quotes, dashes and spaces as the plain ones that GSM-7 has."""
    return text.translate(_TWINS)


def _size(ch: str) -> int:
    return 2 if ch in _EXTENDED else 1


def _units(ch: str) -> int:
    return 2 if ord(ch) > _LAST_OF_BASIC_PLANE else 1


def _parts(sizes: Iterable[int], room: int) -> int:
    """Parts filled one after the other; what does not fit whole begins the next."""
    parts, left = 1, room
    for size in sizes:
        if size > left:
            parts, left = parts + 1, room
        left -= size
    return parts
