"""The parameters of the lists, in an address or in the body of a POST: the same names and bounds.

What is left empty counts as not given, and what is unknown is passed over.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator

from services_directory.places import Place, resolve_postcode
from sites import NATIONAL, all_sites

MOST_PER_PAGE = 500
# Far beyond any directory, and within the integers of both engines when multiplied.
LAST_PAGE = 1_000_000
OLDEST = 130
# Further than across Great Britain, in metres.
FURTHEST_M = 1_500_000
LONGEST_SEARCH = 400
Day = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
_CLOCK = r"^(?:[01]\d|2[0-3]):[0-5]\d$"


class Paged(BaseModel):
    """What every list takes."""

    search: str = Field("", max_length=LONGEST_SEARCH, description="Words to look for.")
    page: int = Field(1, ge=1, le=LAST_PAGE, description="Number of the page, from 1.")
    per_page: int = Field(50, ge=1, le=MOST_PER_PAGE, description="Items on a page.")
    format: Literal["json", "ndjson"] = Field(
        "json", description="ndjson streams everything, one item a line, without pages."
    )

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if value not in ("", None)}

    @property
    def first(self) -> int:
        """How many items come before the page."""
        return (self.page - 1) * self.per_page


class TermsAsked(Paged):
    """What the list of taxonomy terms takes besides."""

    taxonomy_id: UUID | None = Field(None, description="Only terms of this taxonomy.")
    parent_id: UUID | None = Field(None, description="Only terms under this one.")


class Asked(Paged):
    """What the lists of services, of services at locations and of organisations take.

    An organisation is found where one of its services is. ``proximity`` is in metres, the ages in
    years, the times by the clocks of London.
    """

    taxonomy_term_id: UUID | None = Field(None, description="Services with this term.")
    taxonomy_id: UUID | None = Field(None, description="Services with any term of this taxonomy.")
    organization_id: UUID | None = Field(None, description="Services of this organisation.")
    modified_after: datetime | None = Field(
        None,
        description="Changed at or after this moment, in UTC where it names no zone; services "
        "removed since are listed too, with deleted set.",
    )
    minimal: bool = Field(False, description="Only ids and dates of change, all on one page.")
    full: bool = Field(False, description="Everything nested, as for a single item.")
    minimum_age: int | None = Field(
        None, ge=0, le=OLDEST, description="For people of this age or some age above it."
    )
    maximum_age: int | None = Field(
        None, ge=0, le=OLDEST, description="For people of this age or some age below it."
    )
    day: Day | None = Field(None, description="Open on this day, or perhaps: hours not known.")
    start_time: str | None = Field(
        None, pattern=_CLOCK, description="Open at some time from this, HH:MM."
    )
    end_time: str | None = Field(
        None, pattern=_CLOCK, description="Open at some time until this, HH:MM."
    )
    postcode: str | None = Field(
        None, max_length=12, description="A postcode of Great Britain that is served."
    )
    proximity: int | None = Field(
        None, ge=0, le=FURTHEST_M, description="Metres from the postcode; asks for places there."
    )
    site: str | None = Field(None, max_length=40, description="Services of this site alone.")

    @field_validator("modified_after", mode="before")
    @classmethod
    def _zone_unspoiled(cls, value: Any) -> Any:
        """A plus sign that nobody escaped arrives as a blank."""
        if not isinstance(value, str):
            raise ValueError("Input should be a date and time in ISO 8601")
        return re.sub(r" (\d\d:?\d\d)$", r"+\1", value) if "T" in value else value

    @field_validator("modified_after")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        if value is None or value.tzinfo is None:
            return value and value.replace(tzinfo=UTC)
        try:
            return value.astimezone(UTC)
        except OverflowError:
            raise ValueError("Input should be within the years 1 and 9999") from None

    @field_validator("site")
    @classmethod
    def _known_site(cls, value: str | None) -> str | None:
        if value and value != NATIONAL and value not in all_sites():
            raise ValueError("There is no such site")
        return value

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.postcode and self.place is None:
            raise ValueError("postcode: there is none such in Great Britain that is known here")
        if self.proximity is not None and not self.postcode:
            raise ValueError("proximity: it needs a postcode")
        return self

    @property
    def place(self) -> Place | None:
        """Where the postcode is; it is looked up here and told to nobody."""
        return resolve_postcode(self.postcode) if self.postcode else None


class OrganizationsAsked(Asked):
    """What the list of organisations takes besides."""

    full_service: bool = Field(False, description="Every service of it in full.")
