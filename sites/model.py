"""What ``site.yml`` may say: the shape of everything in which one site differs from another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.settings import settings

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Language = Literal["en", "pl", "pa"]
Sure = Literal["high", "medium", "low"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Data(BaseModel):
    """A part of a site: read once, changed by nobody, and a word that is no setting is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Contact(Data):
    """A way to a person, with whether anybody has confirmed that it answers."""

    name: str
    phone: str = ""
    email: str = ""
    confirmed: bool = False

    @property
    def reachable(self) -> bool:
        """Whether it says how to reach them at all."""
        return bool(self.phone or self.email)


class Person(Data):
    """Somebody who is told by e-mail, by a call of their system, or both."""

    name: str
    email: str = ""
    webhook: str = ""
    confirmed: bool = False

    @property
    def reachable(self) -> bool:
        """Whether it says how to reach them at all."""
        return bool(self.email or self.webhook)


class Alerts(Data):
    """Who is told when somebody may be in danger, and who is told if they do not answer in time.

    The coordinators of the site see every alert on their screen besides, and get an e-mail.
    """

    people: tuple[Person, ...] = ()
    escalate_after_minutes: int = Field(default=10, ge=1)
    escalate_to: tuple[Person, ...] = ()


class Answers(Data):
    """The hours in which a person of the team answers somebody who asks for one.

    ``within_hours`` counts in these hours alone, and a bank holiday has none of them.
    """

    days: tuple[Weekday, ...] = Field(default=("mon", "tue", "wed", "thu", "fri"), min_length=1)
    since: Clock = Field(default="09:00", alias="from")
    until: Clock = Field(default="17:00", alias="to")
    within_hours: int = Field(default=4, ge=1, le=40)
    confirmed: bool = False

    @model_validator(mode="after")
    def _has_hours(self) -> Self:
        if self.since >= self.until:
            raise ValueError("has to begin (from) before it ends (to), on one day")
        return self


class LocalLine(Data):
    """A number of this site that is added to the crisis answers of ``kinds``."""

    kinds: tuple[str, ...]
    name: str
    display: str
    hours: str
    source: str
    review_by: date
    confirmed: bool = False


class DeliverySite(Data):
    """A place or team of this site that runs workshops; listings and referrals may belong to it."""

    code: Code
    name: str
    area: str = ""
    venue: str = ""
    confirmed: bool = False


class Material(Data):
    """Workshop material in one language: who approved it, when, and where it is kept."""

    language: Language
    what: str
    approver: str = ""
    approved_on: date | None = None
    place: str = ""
    confirmed: bool = False


class DisposalName(Data):
    """What a disposal is called from a day on; without ``from`` the name is not in force."""

    name: str
    since: Literal["always"] | date | None = Field(default=None, alias="from")

    @property
    def first_day(self) -> date | None:
        """The first day on which it is in force, or None."""
        return date.min if self.since == "always" else self.since


class WhoAuthorises(Data):
    """The lowest rank that may decide, and who else may (Director's guidance: not below sergeant).

    An account of somebody authorised specially has "Specially authorised" for a rank.
    """

    lowest_rank: Literal["sergeant", "inspector", "chief inspector", "superintendent"] = "sergeant"
    specially_authorised: tuple[Annotated[str, Field(min_length=3)], ...] = ()


class Messages(Data):
    """The texts that this site sends of its own accord; nothing is on until the site says so.

    ``changes`` are told where days that were booked are moved or called off. ``signed`` is what a
    text ends with: a name that says nothing of what the service is.
    """

    reminders: bool = False
    changes: bool = False
    hello: bool = False
    check_in_after_days: tuple[Annotated[int, Field(ge=2, le=365)], ...] = ()
    follow_up: bool = False
    follow_up_after_days: int = Field(default=7, ge=2, le=28)
    signed: str = Field(default="", max_length=30)
    confirmed: bool = False


class HandOver(Data):
    """How an authorised referral leaves: called to ``url``, written to ``to``, or fetched.

    ``secret_env`` names the environment variable that holds the secret; the secret itself never
    stands in a file.
    """

    route: Literal["webhook", "email", "pull"]
    url: str = ""
    to: str = ""
    secret_env: str = Field(default="", pattern=r"^([A-Z][A-Z0-9_]*)?$")
    confirmed: bool = False


class Retention(Data):
    """How long referrals and contacts are kept once a case has ended, and what happens then.

    No days: those of ``docs/data.yml``. With ``review`` a person decides on each referral before
    anything of it is removed. ``confirmed``: the force's records manager has signed it.
    """

    then: Literal["review", "remove"] = "review"
    referral_days: int | None = Field(default=None, ge=30)
    contact_days: int | None = Field(default=None, ge=30)
    confirmed: bool = False


class Source(Data):
    """Where something that the file claims was read, and how sure that makes it."""

    claim: str
    source: str
    sure: Sure


class Site(Data):
    """What ``site.yml`` says, laid over ``_baseline/site.yml``.

    ``areas`` are the areas that the site serves, in words. ``route`` is who gets a referral first.

    ``words`` is what a sentence needs before this site may say it outside the demonstration:
    to be read by its authors, or by somebody qualified.

    ``centre`` is a postcode: of two towns with one name, the nearer counts.

    ``keep_unclear_messages`` is the site's consent that masked messages which were not understood
    are kept until its coordinator has read them; ``demonstration`` gives it there alone.

    ``links_for_outcomes``: the site's controllers agreed that an analyst of the force may name
    outcomes after the cases of a study (``cara evaluation links``).

    ``victim_contact`` is who tells the person harmed, ``breach_to`` where attendance and a
    breach go, by e-mail.
    """

    code: str
    name: str
    referral: bool
    referral_off_because: str = ""
    directory: bool
    provider: str
    route: Literal["provider", "ascend", "force_booking"]
    disposals: tuple[Code, ...] = Field(min_length=1)
    disposal_names: Mapping[Code, tuple[DisposalName, ...]] = {}
    languages: tuple[Language, ...]
    areas: tuple[str, ...] = ()
    delivery_sites: tuple[DeliverySite, ...] = ()
    materials: tuple[Material, ...] = ()
    centre: str
    reach_km: int = Field(gt=0)
    team: Contact
    out_of_hours: Contact | None = None
    who_authorises: WhoAuthorises = WhoAuthorises()
    hand_over: HandOver | None = None
    victim_contact: Person | None = None
    breach_to: Contact | None = None
    condition_weeks: int = Field(default=16, ge=6, le=20)
    condition_confirmed: bool = False
    reference_patterns: dict[str, str] = {}
    widget_origins: tuple[str, ...] = ()
    alerts: Alerts = Alerts()
    answers: Answers = Answers()
    crisis_lines: tuple[LocalLine, ...] = ()
    text_number: str = ""
    messages: Messages = Messages()
    words: Literal["authors", "qualified"] = "authors"
    keep_unclear_messages: Literal[True, False, "demonstration"] = False
    links_for_outcomes: bool = False
    retention: Retention = Retention()
    review_by: date | None = None
    sources: tuple[Source, ...] = ()

    @property
    def keeps_unclear(self) -> bool:
        """Whether messages that were not understood may be kept for a coordinator to read."""
        if self.keep_unclear_messages == "demonstration":
            return settings().demo
        return bool(self.keep_unclear_messages)

    @property
    def texting(self) -> Messages:
        """The texts that we begin here: in earnest only once a site confirmed them."""
        on = self.messages.confirmed or settings().demo
        return self.messages if on else Messages()

    def disposal_name(self, disposal: str, on: date) -> str:
        """What a disposal is called on a day; empty where no name of it is in force then."""
        in_force = [
            (name.first_day, name.name)
            for name in self.disposal_names.get(disposal, ())
            if name.first_day is not None and name.first_day <= on
        ]
        return max(in_force)[1] if in_force else ""

    def disposals_on(self, on: date) -> dict[str, str]:
        """The disposals of this site on a day, by code, with their names of that day."""
        named = {code: self.disposal_name(code, on) for code in self.disposals}
        return {code: name for code, name in named.items() if name}

    def delivery_site(self, code: str) -> DeliverySite | None:
        """The delivery site of that code, if this site has it."""
        return next((each for each in self.delivery_sites if each.code == code), None)

    @property
    def services_csv(self) -> Path:
        """The starter directory of this site."""
        return settings().sites_dir / self.code / "services.csv"

    @property
    def places_csv(self) -> Path:
        """Local names of places that a national gazetteer lacks."""
        return settings().sites_dir / self.code / "places.csv"
