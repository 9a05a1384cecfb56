"""Which of the three languages a text is written in, by script and by clear words."""

from __future__ import annotations

import re

_GURMUKHI = re.compile(r"[\u0a00-\u0a7f]")
_LETTERS = re.compile(r"[^\W\d_]+")
_POLISH_LETTERS = re.compile(r"[ąćęłńóśźż]", re.IGNORECASE)
_CLEAR = {
    "pl": frozenset(
        "nie mam jest sie się jestem mnie moja moj mój potrzebuje potrzebuję pomocy pomoc chce chcę "
        "czy jak co dla od do na ale juz już bardzo gdzie mieszkam mieszkac pije piję zona żona moze "
        "może tylko kiedy przez bo za po w z o i prosze proszę dziekuje dziękuję tak dzien dzień "
        "dobry cos coś ktos ktoś nic wszystko problem rozmawiac pracy praca spac spać alkohol".split()
    ),
    "pa": frozenset(
        "main mai mainu mera meri mere nu da di de te ton vich vicho hai haan han nahi nahin hun ki "
        "kiven kithe tusi tuhadi mada madad chahidi chahida karo karda kardi peenda peendi sharab "
        "nasha nashe ghar gharwali bahut bohot koi kuch sat sri akal ji kal raat neend aundi lagda "
        "reha rehi ho gaya gayi si oh eh mundey kudi paise karz kam".split()
    ),
    "en": frozenset(
        "the i am is my me you a an and to of in for with have has it not on im i'm need want help "
        "do can cant can't what who where how about this that was were been be no yes any some from "
        "drink drinking drugs he she they her his just feel like get got out up at as so if".split()
    ),
}


def language_of(text: str) -> str:
    """``en``, ``pl``, ``pa`` or ``other``; short words that several languages share decide little."""
    if _GURMUKHI.search(text):
        return "pa"
    words = [word.casefold() for word in _LETTERS.findall(text.replace("'", ""))]
    if not words:
        return "other"
    counts = {code: sum(word in known for word in words) for code, known in _CLEAR.items()}
    if _POLISH_LETTERS.search(text):
        counts["pl"] += 2
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    latin = all(ord(ch) < 0x250 for word in words for ch in word)
    if counts[best] == 0:
        return "en" if latin and len(words) <= 3 else "other"
    return best
