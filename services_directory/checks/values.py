"""Fields with few possible values: ages, needs, status, languages, cost, the source's year
and the delivery site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from core.clock import today
from services_directory.checks.finding import Finding, error, warning
from services_directory.words import NEED_LABELS
from sites import all_sites

OLDEST_AGE = 120
# No page about a service that still runs was on the web before this.
FIRST_YEAR = 1995
# ``listing.OFFERED_STATUSES`` and the refusals that the listings use.
STATUSES = frozenset({"active", "verify", "referral_only", "waiting_list_closed", "closed", "held"})
# What a Census of England and Wales, or an interpreters' service, calls a language.
_LANGUAGE_NAMES = """
    english welsh cymraeg gaelic irish scots polish punjabi panjabi urdu ukrainian bengali
    sylheti gujarati hindi arabic romanian bulgarian russian portuguese spanish italian french
    german dutch greek turkish kurdish sorani kurmanji farsi persian dari pashto tamil telugu
    malayalam sinhala nepali somali tigrinya amharic oromo yoruba igbo hausa twi akan swahili
    shona zulu lingala krio mandarin cantonese chinese vietnamese thai tagalog filipino japanese
    korean lithuanian latvian estonian slovak czech slovenian hungarian albanian serbian croatian
    bosnian macedonian armenian georgian hebrew yiddish romani mirpuri pahari potwari kashmiri
    marathi konkani burmese khmer mongolian uzbek azeri tibetan bsl makaton bfi mul
"""
_LANGUAGES = frozenset(_LANGUAGE_NAMES.split())
_SEVERAL = re.compile(r"multilingual|languages?\b|interpret|translat|\bothers?\b", re.I)
_CODE = re.compile(
    r"(?:en|cy|pl|pa|ur|uk|bn|gu|hi|ar|ro|bg|ru|pt|es|it|fr|de|nl|el|tr|ku|fa|ps|ta|te|ml|si|ne|so"
    r"|ti|am|yo|ig|ha|sw|sn|zh|yue|vi|th|tl|ja|ko|lt|lv|et|sk|cs|sl|hu|sq|sr|hr|bs|mk|hy|ka|he)"
)
_PARTS = re.compile(r"[|,;/]|\band\b")
_BARE_SUM = re.compile(r"\d+(?:\.\d\d)?")
_FREEPHONE = re.compile(r"0800|0808")
_UNDATED = re.compile(r"\b(?:undated|unknown|no date)\b", re.I)


def check_values(document: Mapping[str, str], *, on: date | None = None) -> list[Finding]:
    """What is wrong with these fields; ``on`` is the day that counts as today."""
    return [
        *_ages(document),
        *_needs(document.get("needs", "")),
        *_status(document.get("status", "")),
        *_languages(document.get("languages", "")),
        *_cost(document),
        *_year(document.get("source_year", ""), on or today()),
        *_delivery_site(document),
    ]


def _ages(document: Mapping[str, str]) -> Iterator[Finding]:
    known: dict[str, int] = {}
    for field in ("age_min", "age_max"):
        text = document.get(field, "").strip()
        if not text:
            continue
        if not re.fullmatch(r"\d{1,4}", text, re.A):
            yield error("age_number", field, f"“{text}” is not an age in whole years.")
        elif int(text) > OLDEST_AGE:
            yield error("age_range", field, f"{text} is older than anybody: no age is over 120.")
        else:
            known[field] = int(text)
    if len(known) > 1 and known["age_min"] > known["age_max"]:
        words = f"The lowest age, {known['age_min']}, is above the highest, {known['age_max']}."
        yield error("age_order", "age_min", words)


def _needs(text: str) -> Iterator[Finding]:
    needs = [part.strip() for part in text.split("|") if part.strip()]
    if not needs:
        yield warning("need_missing", "needs", "No need is given: nobody will find the listing.")
    for need in needs:
        if need not in NEED_LABELS:
            yield error("need_unknown", "needs", f"“{need}” is not one of the needs.")


def _status(text: str) -> Iterator[Finding]:
    if text.strip() not in STATUSES:
        said = f"“{text.strip()}” is not a status" if text.strip() else "No status is given"
        yield error("status_unknown", "status", f"{said}: choose one of the list.")


def _languages(text: str) -> Iterator[Finding]:
    for part in _PARTS.split(text):
        said = part.strip().casefold()
        known = said in _LANGUAGES or _CODE.fullmatch(said) or _SEVERAL.search(said)
        if said and not known and not set(re.findall(r"\w+", said)) & _LANGUAGES:
            yield warning("language_unknown", "languages", f"“{part.strip()}” is no language.")


def _cost(document: Mapping[str, str]) -> Iterator[Finding]:
    cost = document.get("cost", "").strip()
    if _BARE_SUM.fullmatch(cost):
        words = f"“{cost}” does not say what is paid: write for example £{cost} a session, or free."
        yield warning("cost_bare", "cost", words)
    charged = re.search(r"\bstandard rate\b|\bcall charges?\b|\blocal rate\b", cost, re.I)
    if charged and _FREEPHONE.match(re.sub(r"\D", "", document.get("phone", ""))):
        words = "Calls to 0800 and 0808 numbers are free from every telephone."
        yield warning("cost_freephone", "cost", words)


def _delivery_site(document: Mapping[str, str]) -> Iterator[Finding]:
    code, site = (
        document.get("delivery_site", "").strip(),
        all_sites().get(document.get("site", "")),
    )
    if code and site and site.delivery_site(code) is None:
        known = ", ".join(each.code for each in site.delivery_sites) or "none"
        words = f"“{code}” is no delivery site of {site.name}, which has {known}."
        yield error("delivery_site_unknown", "delivery_site", words)
    elif code and not site:
        words = "Only a listing of a site can belong to a delivery site."
        yield error("delivery_site_unknown", "delivery_site", words)


def _year(text: str, on: date) -> Iterator[Finding]:
    said = text.strip()
    if not said:
        return
    years = [int(year) for year in re.findall(r"(?<!\d)\d{4}(?!\d)", said)]
    if not years and not _UNDATED.search(said):
        yield error("year_missing", "source_year", f"“{said}” holds no year of four digits.")
    for year in years:
        if not FIRST_YEAR <= year <= on.year:
            words = f"The source cannot be from {year:04}: give the year of the page."
            yield error("year_impossible", "source_year", words)
