"""Terms of other taxonomies as needs: by our own ids and codes, else by the words of a name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services_directory.checks.finding import Finding, warning
from services_directory.exchange.reading import Entity, many, one, text
from services_directory.oruk.taxonomy import need_of
from services_directory.words import NEED_LABELS

# Names of terms in the taxonomies of councils (the LGA's service types, Open Eligibility) and of
# the NHS. Perpetrators stand before victims: "domestic abuse perpetrators" is not for victims.
_WORDS = {
    "da_perpetrator": r"perpetrat|abusive behaviou?r|behaviou?r change|chang\w+ behaviou?r",
    "da_victim": r"domestic (?:abuse|violence)|victim|survivor|\brefuge\b|coercive",
    "alcohol": r"\balcohol|\bdrinking\b|substance",
    "drugs": r"\bdrugs?\b|substance|addiction|needle exchange",
    "trauma": r"trauma|\bptsd\b|bereave|sexual (?:abuse|violence|assault)",
    "mental_health": r"mental (?:health|illness|wellbeing)|counsell|anxiety|depress|psycholog"
    r"|suicid|talking therap",
    "relationships": r"relationship|couples?\b|mediation",
    "housing": r"hous(?:e|ing)|homeless|accommodation|tenan|hostel",
    "money": r"\bdebt|\bmoney\b|benefits advice|financ|food ?bank|budget",
    "gambling": r"gambl",
    "parenting": r"parent|famil(?:y|ies) support|fathers?\b|mothers?\b|\bdads?\b",
    "work": r"employ|\bjobs?\b|training|careers?\b|apprentice|volunteer",
    "health": r"\bhealth\b|smoking|sexual health|\bgp\b|dentist",
}
_PATTERNS = {need: re.compile(words, re.I) for need, words in _WORDS.items()}
_LONGEST = 80
_MOST_NAMED = 10


def needs_of(service: Entity) -> tuple[str, list[Finding]]:
    """The needs of a service by its terms, split by "|", and a warning for the terms not known."""
    named = [*many(service.get("attributes")), *many(service.get("service_taxonomies"))]
    terms = [one(each.get("taxonomy_term")) or {"name": each.get("label")} for each in named]
    needs: list[str] = []
    unknown: list[str] = []
    for term in terms:
        found = _needs(term)
        needs += found
        if not found and (said := text(term.get("name")) or text(term.get("code"))):
            unknown.append(said[:_LONGEST])
    return "|".join(dict.fromkeys(needs)), _said(unknown)


def _needs(term: Entity) -> list[str]:
    code, name = text(term.get("code")), text(term.get("name"))
    if ours := need_of(text(term.get("id"))):
        return [ours]
    for said in (code, name.casefold().replace(" ", "_")):
        if said in NEED_LABELS:
            return [said]
    found = [need for need, pattern in _PATTERNS.items() if pattern.search(name)]
    # A term that names a kind of health is not about health at large, nor is a perpetrators' one
    # for victims.
    if len(found) > 1 and "health" in found:
        found.remove("health")
    return [need for need in found if need != "da_victim" or "da_perpetrator" not in found]


def _said(unknown: Iterable[str]) -> list[Finding]:
    names = list(dict.fromkeys(unknown))
    if not names:
        return []
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    words = f"Needs not known: {', '.join(names[:_MOST_NAMED])}{more}."
    return [warning("needs_not_known", "needs", words)]
