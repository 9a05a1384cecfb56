"""How a site works, for its own people: disposals and their names, material, places, contacts.

Everything stands in ``site.yml``; what nobody has confirmed says so.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from accounts.tables import Staff
from accounts.web.session import only
from core.clock import today
from core.web.pages import page
from referrals.rule_set import rule_set_of
from sites import Contact, Person, Site, site_of

router = APIRouter()
Works = Annotated[Staff, Depends(only("site.read"))]
LANGUAGES = {"en": "English", "pl": "Polish", "pa": "Punjabi"}
ROUTES = {
    "provider": "The provider gets the referral",
    "ascend": "The referral goes to ASCEND, which assesses needs and supports",
    "force_booking": "The force books the workshops",
}
HAND_OVERS = {
    "webhook": "Posted to the provider's system",
    "email": "By e-mail, as a link",
    "pull": "The provider's system fetches it",
}


@router.get("/site")
def site_page(request: Request, staff: Works) -> Response:
    """The site of the person who is signed in; the operator and the evaluator have none."""
    site = site_of(staff.site)
    return page(
        request,
        "site_shown.html",
        staff=staff,
        site=site,
        route=ROUTES[site.route],
        hand_overs=HAND_OVERS,
        rules=rule_set_of(site.code).name,
        disposals=_disposals(site, today()),
        languages=[LANGUAGES[code] for code in site.languages],
        language_names=LANGUAGES,
        contacts=_contacts(site),
    )


def _disposals(site: Site, on: date) -> list[tuple[str, list[tuple[str, date]]]]:
    """Each disposal as it is called today, with the names that are to come and their days."""
    return [
        (
            name,
            sorted(
                (
                    (later.name, later.first_day)
                    for later in site.disposal_names.get(code, ())
                    if later.first_day and later.first_day > on
                ),
                key=lambda each: each[1],
            ),
        )
        for code, name in site.disposals_on(on).items()
    ]


def _contacts(site: Site) -> list[tuple[str, Contact | Person | None]]:
    return [
        ("Team", site.team),
        ("Outside hours", site.out_of_hours),
        ("Who speaks with the person harmed", site.victim_contact),
        ("Where attendance and a breach go", site.breach_to),
    ]
