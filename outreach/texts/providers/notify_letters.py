"""The letters of the alphabet that GOV.UK Notify carries: GSM-7, accented vowels, and no others.

It writes other accented letters plainly (ą as a) and puts "?" for everything else, Gurmukhi whole
(``SanitiseSMS`` of alphagov/notifications-utils).
"""

from __future__ import annotations

import unicodedata

from outreach.texts.providers.base import RefusedError
from outreach.texts.segments import GSM7

_WELSH = "àèìòùẁỳÀÈÌÒÙẀỲáéíóúẃýÁÉÍÓÚẂÝäëïöüẅÿÄËÏÖÜẄŸâêîôûŵŷÂÊÎÔÛŴŶ"
_WRITTEN_PLAINLY = "–—…‘’“”\u180e\u200b\u200c\u200d\u2060\ufeff\u00a0\t"
# Notify has no form feed.
_CARRIED = (GSM7 - {"\f"}) | frozenset(_WELSH + _WRITTEN_PLAINLY)
# Polish on a telephone without Polish letters; Notify has no plain letter for these two.
_PLAIN = str.maketrans({"ł": "l", "Ł": "L"})


def carried(text: str) -> str:
    """The text as it is handed to Notify, which keeps it readable in English and in Polish.

    Punjabi arrives as question marks with the numbers among them. Where there are numbers, as in
    every answer to danger, that is better than silence; a text without any says nothing at all,
    and :class:`RefusedError` is raised.
    """
    plain = unicodedata.normalize("NFC", text).translate(_PLAIN)
    lost = any(not _arrives(letter) for letter in plain)
    if lost and not any(letter.isascii() and letter.isdigit() for letter in plain):
        raise RefusedError("letters")
    return plain


def _arrives(letter: str) -> bool:
    if letter in _CARRIED:
        return True
    made_of = unicodedata.decomposition(letter)
    return bool(made_of) and "<" not in made_of and chr(int(made_of.split()[0], 16)) in _CARRIED
