"""A listing of the services directory as data, and whether it may be offered to a participant."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from sites import NATIONAL, folder, site_of

WHOLE_AREA = "*"
UNASSURED = "unassured"
UNASSURED_VERIFY = "unassured_verify"
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
    ``assured_on`` is None until a coordinator has confirmed the listing.
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


def offerable(listing: Listing, *, demo: bool) -> bool:
    """Whether a participant may be shown this listing at all.

    Never one that is closed, full, or open only to referrals by professionals or probation, nor
    one that nobody could reach. Outside demonstration mode only what a coordinator has assured.
    """
    if listing.status not in OFFERED_STATUSES or not listing.reachable:
        return False
    if listing.probation_only or listing.self_referral == "no":
        return False
    return demo or not warning(listing)


def warning(listing: Listing) -> str:
    """The code of the warning that stands beside the listing wherever it shows, or ""."""
    if listing.status == "verify":
        return UNASSURED_VERIFY
    return "" if listing.assured_on else UNASSURED


@lru_cache(maxsize=64)
def load(site: str) -> tuple[Listing, ...]:
    """The listings of ``site`` and the national ones, as the files had them at first reading.

    A site without a file of its own has the national listings only. Raises ``UnknownSiteError``.
    """
    return read(site_of(site).services_csv) + read(folder() / f"_{NATIONAL}" / "services.csv")


@lru_cache(maxsize=64)
def read(path: Path) -> tuple[Listing, ...]:
    """The listings of one file, none where there is no file."""
    if not path.exists():
        return ()
    with path.open(newline="", encoding="utf-8") as source:
        return tuple(_listing(row) for row in csv.DictReader(source))


def _listing(row: Mapping[str, str]) -> Listing:
    cost = row["cost"].strip()
    assured_on = row.get("assured_on", "")
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
        assured_on=date.fromisoformat(assured_on) if assured_on else None,
    )


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
