"""A listing of the services directory as data, and whether it may be offered to a participant."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sites import NATIONAL

WHOLE_AREA = "*"
UNASSURED = "unassured"
UNASSURED_VERIFY = "unassured_verify"
CHECK_FIRST = "check_first"
# What a listing consists of, in the order of our CSV; every value is text, a list split by "|".
_COLUMNS = """
id organisation service_name needs crisis site area_covered phone text_sms email url url_basis
address postcode opening_hours cost eligibility age_min age_max gender how_to_access self_referral
languages status source source_year source_kind confidence notes covers
address_withheld modes delivery_site service_id organisation_id hsds
"""
COLUMNS = tuple(_COLUMNS.split())
# How we know it is nobody's business but the coordinators'.
INTERNAL = frozenset({"url_basis", "source", "source_year", "source_kind", "confidence", "notes"})
# Of a place that must not be found: everything from which it could be.
WITHHELD = frozenset({"address", "postcode"})
_SHOWN = frozenset({"", "no", "false", "0"})
# Every other status (closed, referral_only, waiting_list_closed, one not known yet) is a refusal.
OFFERED_STATUSES = frozenset({"active", "verify"})

_COMMUNITY = re.compile(
    r"\b(?:veterans?|sikh|muslim|polish|ukrainian|punjabi|older people|traveller)\b", re.I
)
_LANGUAGES = {
    r"\benglish\b": "en",
    r"\bpolish\b": "pl",
    r"\bpunjabi\b": "pa",
    r"\bukrainian\b": "uk",
    r"\burdu\b": "ur",
    r"\bbsl\b": "bfi",
    # ISO 639's code for several languages: the source names none, or offers interpreters.
    r"multilingual|community languages|interpret|others": "mul",
}


@dataclass(frozen=True)
class Listing:
    """One service of a site's directory, or a national one (site "national").

    ``audience`` is who it is for: "any", "men", "women" or "lgbt". ``covers`` holds lower-case
    place names, outward codes ("gu11"), starred postcode areas ("ta*"), or "*" for everywhere.
    ``assured_on`` is None until a coordinator has confirmed the listing: the oldest of the last
    confirmations of what must be right. After ``check_after`` it is shown with a warning, after
    ``hide_after`` no more. ``modes`` are how it helps, as far as known: "phone", "in_person",
    "online". ``rank`` (1 first, 0 none) and ``note`` are the searching site's own.
    ``delivery_site`` is the code of that one of its site's to which it belongs, "" for all.
    """

    id: str
    site: str
    organisation: str
    name: str
    needs: tuple[str, ...]
    crisis: bool
    area: str
    covers: frozenset[str]
    phone: str
    sms: str
    email: str
    url: str
    address: str
    postcode: str
    hours: str
    cost: str
    eligibility: str
    age_min: int | None
    age_max: int | None
    audience: str
    how_to_access: str
    self_referral: str
    languages: tuple[str, ...]
    status: str
    assured_on: date | None
    modes: frozenset[str] = frozenset()
    withheld: bool = False
    check_after: date | None = None
    hide_after: date | None = None
    rank: int = 0
    note: str = ""
    delivery_site: str = ""

    @property
    def national(self) -> bool:
        """Whether it serves every site."""
        return self.site == NATIONAL

    @property
    def reachable(self) -> bool:
        """Whether a card of it would hold any way to make contact."""
        return bool(self.phone or self.sms or self.email or self.url)

    @property
    def community(self) -> bool:
        """Whether its name or first words say that it is for one community, such as veterans."""
        return bool(_COMMUNITY.search(f"{self.organisation} {self.name}")) or bool(
            _COMMUNITY.match(self.eligibility)
        )

    @property
    def probation_only(self) -> bool:
        """Whether it is only for people on probation, which an out-of-court disposal is not."""
        return "probation" in f"{self.name} {self.eligibility} {self.how_to_access}".casefold()


def offerable(listing: Listing, *, demo: bool, on: date | None = None) -> bool:
    """Whether a participant may be shown this listing at all, ``on`` a day where dates count.

    Never one that is closed, full, or open only to referrals by professionals or probation, nor
    one that nobody could reach, nor one unconfirmed for too long. Outside demonstration mode only
    what a coordinator has assured.
    """
    if on and listing.hide_after and listing.hide_after < on:
        return False
    return offered(listing) and (demo or warning(listing) not in (UNASSURED, UNASSURED_VERIFY))


def offered(listing: Listing) -> bool:
    """The part of :func:`offerable` that neither the day nor the mode changes."""
    if listing.status not in OFFERED_STATUSES or not listing.reachable:
        return False
    return not listing.probation_only and listing.self_referral != "no"


def warning(listing: Listing, on: date | None = None) -> str:
    """The code of the warning that stands beside the listing wherever it shows, or ""."""
    if listing.status == "verify":
        return UNASSURED_VERIFY
    if listing.assured_on is None:
        return UNASSURED
    return CHECK_FIRST if on and listing.check_after and listing.check_after < on else ""


def withheld(document: Mapping[str, str]) -> bool:
    """Whether the address must not be found: whatever is said there but no keeps it secret."""
    return document.get("address_withheld", "").strip().casefold() not in _SHOWN


def public(document: Mapping[str, str]) -> dict[str, str]:
    """The part of a document that may leave the system; what is empty is left out."""
    unsaid = INTERNAL | (WITHHELD if withheld(document) else frozenset())
    return {
        name: document[name] for name in COLUMNS if name not in unsaid and document.get(name, "")
    }


def documents(path: Path) -> list[dict[str, str]]:
    """The rows of one of our own files, as documents with all columns."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as source:
        return [{name: row.get(name) or "" for name in COLUMNS} for row in csv.DictReader(source)]


def from_document(document: Mapping[str, str]) -> Listing:
    """The listing that a document describes, not yet assured; raises ``ValueError`` for an age."""
    row = {name: document.get(name, "") for name in COLUMNS}
    cost = row["cost"].strip()
    return Listing(
        id=row["id"],
        site=row["site"],
        organisation=row["organisation"],
        name=row["service_name"],
        needs=_split(row["needs"]),
        crisis=row["crisis"] == "yes",
        area=row["area_covered"],
        covers=frozenset(part.casefold() for part in _split(row["covers"])),
        phone=row["phone"].strip(),
        sms=row["text_sms"].strip(),
        email=row["email"].strip(),
        url=row["url"].strip(),
        address=row["address"],
        postcode=row["postcode"].strip(),
        hours=row["opening_hours"].strip(),
        cost="" if cost == "unknown" else cost,
        eligibility=row["eligibility"],
        age_min=_number(row["age_min"]),
        age_max=_number(row["age_max"]),
        audience=_audience(row["gender"]),
        how_to_access=row["how_to_access"],
        self_referral=row["self_referral"],
        languages=_languages(row["languages"]),
        status=row["status"],
        assured_on=None,
        modes=frozenset(_split(row["modes"])),
        withheld=withheld(row),
        delivery_site=row["delivery_site"].strip(),
    )


def with_dates(
    listing: Listing, *, assured_on: date | None, check_after: date | None, hide_after: date | None
) -> Listing:
    """The listing with what is known of its confirmations."""
    return replace(listing, assured_on=assured_on, check_after=check_after, hide_after=hide_after)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _number(text: str) -> int | None:
    return int(text) if text.strip() else None


def _audience(gender: str) -> str:
    """Unknown counts as open to anyone: unknown is never treated as no."""
    said = gender.casefold()
    return next((who for who in ("lgbt", "women", "men") if said.startswith(who)), "any")


def _languages(text: str) -> tuple[str, ...]:
    said = text.casefold()
    return tuple(code for pattern, code in _LANGUAGES.items() if re.search(pattern, said))
