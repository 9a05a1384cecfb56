"""The fields that a booking needs, in the order in which they are asked.

Each is typed into a question card that posts to the application (design D2b), or chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import phonenumbers

Kind = Literal["text", "tel", "date", "choice", "many", "staff"]
Given = Mapping[str, str | None]


def _always(_given: Given) -> bool:
    return True


@dataclass(frozen=True)
class Field:
    """One thing to know: ``needed`` says whether it applies, given what is known so far: fields and
    criteria by name, and :data:`OVERRIDE`.

    ``about`` is the field that it was answered for: a new mobile number asks anew who uses it.
    """

    name: str
    label: str
    question: str
    kind: Kind
    hint: str = ""
    optional: bool = False
    options: tuple[tuple[str, str], ...] = ()
    needed: Callable[[Given], bool] = _always
    about: str = ""

    def words_for(self, value: str) -> str:
        """The value as a person reads it."""
        if self.kind == "date":
            day = date.fromisoformat(value)
            return f"{day.day} {day:%B %Y}"
        if self.kind == "tel":
            number = phonenumbers.parse(value, "GB")
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        labels = dict(self.options)
        return ", ".join(labels.get(part, part) for part in value.split("|"))


def _has_mobile(given: Given) -> bool:
    return bool(given.get("mobile"))


def _private_mobile(given: Given) -> bool:
    return _has_mobile(given) and given.get("phone_is_private") == "private"


def _may_text(given: Given) -> bool:
    return _private_mobile(given) and given.get("text_consent") == "yes"


def _domestic_assault(given: Given) -> bool:
    return given.get("B04_offence") == "common_assault"


def _overridden(given: Given) -> bool:
    return given.get(OVERRIDE) == "yes"


# Not a field, and known beside them: that the case goes to the authoriser although a criterion
# excludes it, as its site allows (design D4).
OVERRIDE = "override"
NO_NAMES = "Do not name the victim or any child here."
CONSENT_WORDS = (
    "Is it all right to text you about when and where to come? You can say no, and nothing else "
    "changes. You can stop the texts at any time."
)
NEEDS = (
    ("alcohol", "Drinking"),
    ("drugs", "Drugs"),
    ("mental_health", "Mental health"),
    ("trauma", "Trauma"),
    ("relationships", "Relationships"),
    ("housing", "Housing"),
    ("money", "Money"),
    ("gambling", "Gambling"),
    ("parenting", "Being a parent"),
    ("work", "Work"),
    ("health", "Physical health"),
)

FIELDS: tuple[Field, ...] = (
    Field("crime_reference", "Crime reference", "What is the crime reference?", "text"),
    Field("custody_reference", "Custody number", "What is the custody number?", "text"),
    Field(
        "offence_date", "Date of offence", "When did it happen?", "date", "For example, 27 3 2026"
    ),
    Field(
        "first_statement_on",
        "First statement",
        "When was the first statement or video interview about it?",
        "date",
        "It decides the last day to prosecute a domestic common assault. For example, 27 3 2026",
        optional=True,
        needed=_domestic_assault,
    ),
    Field(
        "risk_tool",
        "Risk tool",
        "Which risk tool was used?",
        "choice",
        options=(("dash", "DASH"), ("dara", "DARA")),
    ),
    Field(
        "officer_phone",
        "Your telephone number",
        "Which number can the provider ring you on?",
        "tel",
        optional=True,
    ),
    Field(
        "officer_in_case",
        "Officer in the case",
        "If you are not the officer in the case, who is?",
        "text",
        "Name and collar number",
        optional=True,
    ),
    Field("full_name", "Full name", "What is the full name of the person referred?", "text"),
    Field(
        "date_of_birth",
        "Date of birth",
        "What is their date of birth?",
        "date",
        "For example, 14 9 1991",
    ),
    Field(
        "postcode_district",
        "Postcode district",
        "What is the first part of their postcode?",
        "text",
        "For example, SO14. Only the first part is kept.",
    ),
    Field(
        "living_with_victim_now",
        "Lives with the victim",
        "Do they live with the victim now?",
        "choice",
        options=(("yes", "Yes"), ("no", "No"), ("not_known", "Not known")),
    ),
    Field(
        "mobile",
        "Mobile number",
        "What is their mobile number?",
        "tel",
        "A UK mobile number, like 07700 900 982",
        optional=True,
    ),
    Field(
        "phone_is_private",
        "Who uses the phone",
        "Ask them: does anybody else use or look at this phone?",
        "choice",
        options=(
            ("private", "Only they use it"),
            ("shared", "It is shared"),
            ("not_known", "Not known"),
        ),
        needed=_has_mobile,
        about="mobile",
    ),
    Field(
        "text_consent",
        "Agrees to texts about bookings",
        f"Ask them: “{CONSENT_WORDS}”",
        "choice",
        options=(("yes", "Yes, they agree"), ("no", "No")),
        needed=_private_mobile,
        about="phone_is_private",
    ),
    Field(
        "ok_hours",
        "Best time for texts",
        "What time of day suits them for a text?",
        "choice",
        options=(
            ("day", "Any time, 9am to 8pm"),
            ("morning", "Mornings"),
            ("afternoon", "Afternoons"),
            ("evening", "Evenings until 8pm"),
        ),
        needed=_may_text,
        about="text_consent",
    ),
    Field(
        "second_contact",
        "Second contact",
        "Is there another number or e-mail address for them? Never the victim's.",
        "text",
        optional=True,
    ),
    Field(
        "interpreter_language",
        "Interpreter",
        "Do they need an interpreter?",
        "choice",
        options=(
            ("none", "No"),
            ("pl", "Polish"),
            ("pa", "Punjabi"),
            ("other", "Another language"),
        ),
    ),
    Field(
        "access_needs",
        "Reading and access needs",
        "Is there anything they need help with, such as reading, hearing or moving about?",
        "text",
        NO_NAMES,
        optional=True,
    ),
    Field(
        "when_unavailable",
        "Times they cannot come",
        "When can they not come, for example because of work or caring?",
        "text",
        NO_NAMES,
        optional=True,
    ),
    Field(
        "support_needs_seen",
        "Support needs seen",
        "Which needs have you seen that they may want help with later?",
        "many",
        "Choose all that apply",
        optional=True,
        options=NEEDS,
    ),
    Field(
        "override_reason",
        "Why all the same",
        "It does not meet every criterion. Why should a sergeant or above look at it all the same?",
        "text",
        NO_NAMES,
        needed=_overridden,
    ),
    Field(
        "authoriser",
        "Authoriser",
        "Who will decide on it? It has to be a sergeant or above, and not you.",
        "staff",
    ),
)

BY_NAME = {field.name: field for field in FIELDS}
SEARCHED = ("crime_reference", "custody_reference", "full_name", "date_of_birth")


def answered_for(name: str) -> list[str]:
    """The fields whose answers stand or fall with the answer of ``name``, one after the other."""
    direct = [field.name for field in FIELDS if field.about == name]
    return [each for found in direct for each in (found, *answered_for(found))]
