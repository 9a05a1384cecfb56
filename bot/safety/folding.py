"""Letters: one plain spelling for what people type, disguise or paste, in any of our scripts."""

from __future__ import annotations

import re
import unicodedata

# Letters of other alphabets that pass for Latin ones, and Latin ones without a decomposition.
_CYRILLIC = "аa вb сc ԁd дd еe ёe гr һh нh іi їi иu јj кk ӏl лl мm оo пn рp ԛq ѕs тt уy ԝw хx зz яr"
_GREEK = "αa βb γy δd εe ηn ιi κk λl μu νv οo πn ρp σo ςc τt υu χx ωw"
_LATIN = "łl đd øo ıi ɑa ɡg ɩi"
_SMALL_CAPS = "ᴀa ʙb ᴄc ᴅd ᴇe ғf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz"
_LOOKALIKES = str.maketrans(
    {pair[0]: pair[1] for pair in " ".join((_CYRILLIC, _GREEK, _LATIN, _SMALL_CAPS)).split()}
    | dict.fromkeys("’‘`´ʼ′", "'")
    | dict.fromkeys("–—−‐", "-")
    # Gurmukhi spelling varies freely in the nasal sign, the doubling sign and the subscript dot.
    | {"ਂ": "ੰ", "ਁ": "ੰ", "ੱ": None, "਼": None, "।": "."}
)
_ENCLOSED = {ord("🇦") + n: chr(ord("a") + n) for n in range(26)} | {
    base + n: chr(ord("a") + n) for base in (0x1F150, 0x1F170) for n in range(26)
}
_COMBINING = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef\ud800-\udfff]"
)


def fold(text: str) -> str:
    """Lower case, no accents, no lookalikes, nothing invisible; Gurmukhi vowel signs stay.

    Never fails: lone surrogates and control characters simply disappear or become spaces.
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    visible = _INVISIBLE.sub("", text).translate(_ENCLOSED)
    composed = unicodedata.normalize("NFKC", visible).casefold()
    bare = _COMBINING.sub("", unicodedata.normalize("NFD", composed))
    return _INVISIBLE.sub("", bare.translate(_LOOKALIKES))
