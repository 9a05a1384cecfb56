"""The row of the evaluation extract: one referral without anything that says who it is about.

Every column carries what the code book says of it, so that neither can be without the other.
``codes`` names where the values of a coded column come from (see ``codebook``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_type_hints

Kind = Literal["text", "date", "yes/no", "whole number", "number", "codes"]

OFFICER, SYSTEM, PROVIDER = "the referring officer", "the system", "the provider"
AUTHORISER, POLICE, PERSON = "the authoriser", "the evaluator, from the police", "the participant"
NOT_SAID = "not said yet, or deleted once its time to be kept was over"
NOT_YET = "it has not happened"
NEVER = "never: it is always there"
NOT_COLLECTED = "the assistant does not collect it: empty until the evaluator joins it"
NO_CONSENT = "no research consent of this participant is recorded, or there was no conversation"


@dataclass(frozen=True)
class Column:
    """What the code book says of a column; ``since`` is the rules' version that brought it."""

    words: str
    source: str
    who: str
    missing: str
    codes: str = ""
    since: str = "1.0.0"


def _asked(words: str, criterion: str) -> Column:
    return Column(words, criterion, OFFICER, NOT_SAID, codes=f"criterion:{criterion}")


def _joined(words: str) -> Column:
    return Column(words, "none", POLICE, NOT_COLLECTED)


def _told(words: str) -> Column:
    return Column(words, "the chat after the workshops", PERSON, NO_CONSENT, codes="needs")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One referral, whatever became of it: nobody is dropped (intention to treat)."""

    case_id: Annotated[
        str,
        Column(
            "pseudonym: the same in each extract of one study, another in every other study",
            "a keyed hash; the key stays with the site",
            SYSTEM,
            NEVER,
        ),
    ]
    site: Annotated[str, Column("code of the site", "site.yml", SYSTEM, NEVER)]
    force: Annotated[str, Column("the area of the force", "site.yml", SYSTEM, NEVER)]
    delivery_site: Annotated[
        str | None,
        Column(
            "delivery site",
            "site.yml",
            PROVIDER,
            "the site has none, or none is chosen",
            codes="delivery_site",
        ),
    ] = None
    referral_date: Annotated[
        date,
        Column(
            "day on which it was sent, or begun where it never was", "the record", SYSTEM, NEVER
        ),
    ]
    t0_date: Annotated[
        date,
        Column(
            "day from which outcomes are counted: the day of the referral, one rule for everybody",
            "the record",
            SYSTEM,
            NEVER,
        ),
    ]
    status: Annotated[
        str, Column("where it stands", "the transition table", SYSTEM, NEVER, codes="status")
    ]
    status_date: Annotated[date, Column("day since when", "the record", SYSTEM, NEVER)]
    closed_by: Annotated[
        str | None,
        Column("what closed it", "the transition table", SYSTEM, "it is open", codes="closing"),
    ] = None
    closed_reason: Annotated[
        str | None,
        Column(
            "the coded reason for that",
            "the transition table",
            SYSTEM,
            "it is open, or what closed it asks for no reason",
            codes="reason",
        ),
    ] = None
    rule_set: Annotated[
        str, Column("the criteria under which it was assessed", "the record", SYSTEM, NEVER)
    ]
    eligibility_result: Annotated[
        str | None,
        Column(
            "what the criteria say; a sergeant or above decides",
            "the criteria",
            SYSTEM,
            "not assessed: it never left the draft",
            codes="outcome",
        ),
    ] = None
    failed_criteria: Annotated[
        tuple[str, ...] | None,
        Column(
            "the criteria that the case did not meet",
            "the criteria",
            OFFICER,
            "not assessed: it never left the draft",
            codes="criteria",
        ),
    ] = None
    officer_override: Annotated[
        bool, Column("went on although a criterion was not met", "the record", OFFICER, NEVER)
    ]
    disposal: Annotated[
        str | None,
        Column(
            "proposed disposal",
            "B23_disposal, or the only one of the site",
            OFFICER,
            NOT_SAID,
            codes="disposal",
        ),
    ] = None
    authorised_date: Annotated[
        date | None,
        Column(
            "day on which a sergeant or above authorised it",
            "Director's guidance on conditional cautioning",
            AUTHORISER,
            NOT_YET,
        ),
    ] = None
    accepted_date: Annotated[
        date | None,
        Column("day on which the provider accepted it", "the record", PROVIDER, NOT_YET),
    ] = None
    caution_date: Annotated[
        date | None,
        Column(
            "day on which the conditional caution was given",
            "Criminal Justice Act 2003, section 23",
            OFFICER,
            NOT_YET,
        ),
    ] = None
    condition_end: Annotated[
        date | None,
        Column(
            "last day of the condition, from the day given and the site's weeks",
            "site.yml",
            SYSTEM,
            "the conditional caution has not been given",
        ),
    ] = None
    offence: Annotated[str | None, _asked("kind of offence", "B04_offence")] = None
    offence_code: Annotated[str | None, _joined("Home Office or CJS code of the offence")] = None
    offence_date: Annotated[
        date | None, Column("day of the offence", "the referral form", OFFICER, NOT_SAID)
    ] = None
    chi_index_offence: Annotated[
        float | None, _joined("harm of the offence in days, by the index")
    ] = None
    risk_tool: Annotated[
        str | None,
        Column("risk tool", "the referral form", OFFICER, NOT_SAID, codes="field:risk_tool"),
    ] = None
    risk_grade: Annotated[str | None, _asked("final risk grade", "B06_risk")] = None
    dv_relationship: Annotated[
        str | None, _asked("what they are to the victim", "B05_relationship")
    ] = None
    off_age_band: Annotated[
        str | None,
        Column(
            "age on the day of the offence, as a band",
            "the referral form",
            OFFICER,
            NOT_SAID,
            codes="age_band",
        ),
    ] = None
    off_sex: Annotated[str | None, _asked("workshop group as the officer chose it", "B16_sex")] = (
        None
    )
    off_ethnicity: Annotated[str | None, _joined("self-defined ethnicity")] = None
    off_language: Annotated[
        str | None,
        Column(
            "language of the workshop",
            "the referral form, else B17_language",
            OFFICER,
            NOT_SAID,
            codes="language",
        ),
    ] = None
    victim_age_band: Annotated[str | None, _joined("age of the victim, as a band")] = None
    victim_sex: Annotated[str | None, _joined("sex of the victim")] = None
    cohabiting: Annotated[
        str | None,
        Column(
            "lives with the victim at the time of referral",
            "the referral form",
            OFFICER,
            NOT_SAID,
            codes="field:living_with_victim_now",
        ),
    ] = None
    children_in_household: Annotated[
        str | None,
        _asked("whether children were there or a child is at risk; no count", "B20_children"),
    ] = None
    prior_da_or_violence: Annotated[
        str | None,
        _asked("conviction or caution of abuse or violence in the site's lookback", "B08_history"),
    ] = None
    prior_incidents: Annotated[
        str | None, _asked("earlier domestic abuse incidents without conviction", "B08b_incidents")
    ] = None
    prior_any_12m: Annotated[int | None, _joined("offences in the 12 months before t0")] = None
    prior_any_24m: Annotated[int | None, _joined("offences in the 24 months before t0")] = None
    prior_da_12m: Annotated[
        int | None, _joined("domestic abuse offences in the 12 months before t0")
    ] = None
    prior_da_24m: Annotated[
        int | None, _joined("domestic abuse offences in the 24 months before t0")
    ] = None
    prior_chi: Annotated[
        float | None, _joined("harm in the 24 months before t0 in days, by the index")
    ] = None
    assign_arm: Annotated[str | None, _joined("arm of a trial, or comparison group")] = None
    ws_a_booked: Annotated[
        date | None,
        Column("day on which the workshops were last booked", "the record", PROVIDER, NOT_YET),
    ] = None
    ws_a_attended: Annotated[
        date | None,
        Column(
            "day on which attendance of workshop A was last recorded",
            "the record",
            PROVIDER,
            NOT_YET,
        ),
    ] = None
    ws_b_booked: Annotated[
        date | None,
        Column(
            "the same as for A: one booking is for both workshops", "the record", PROVIDER, NOT_YET
        ),
    ] = None
    ws_b_attended: Annotated[
        date | None,
        Column(
            "day on which attendance of workshop B was recorded", "the record", PROVIDER, NOT_YET
        ),
    ] = None
    missed: Annotated[int, Column("how many workshops were missed", "the record", PROVIDER, NEVER)]
    completed: Annotated[bool, Column("attended both workshops", "the record", PROVIDER, NEVER)]
    breach: Annotated[
        bool, Column("went back to the police as a breach", "the record", PROVIDER, NEVER)
    ]
    breach_outcome: Annotated[str | None, _joined("what the police did about a breach")] = None
    support_needs_seen: Annotated[
        tuple[str, ...] | None,
        Column(
            "needs that the officer saw; no word of the participant",
            "the referral form",
            OFFICER,
            "the officer named none",
            codes="needs",
        ),
    ] = None
    participant_consent: Annotated[
        bool,
        Column(
            "whether the participant's research consent is recorded",
            "the consent record",
            PERSON,
            NEVER,
        ),
    ]
    needs_codes: Annotated[tuple[str, ...] | None, _told("needs that the participant spoke of")] = (
        None
    )
    signposted_codes: Annotated[
        tuple[str, ...] | None, _told("needs for which a service was shown")
    ] = None
    engaged_codes: Annotated[
        tuple[str, ...] | None, _told("needs for which they said they went")
    ] = None
    lsoa: Annotated[
        str | None, _joined("small area of the home, only if the participant agreed")
    ] = None


_KINDS: Mapping[Any, Kind] = MappingProxyType(
    {str: "text", date: "date", bool: "yes/no", int: "whole number", float: "number"}
)


def _kind(hint: Any) -> Kind:
    parts = [part for part in getattr(hint, "__args__", (hint,)) if part is not type(None)]
    return _KINDS.get(parts[0], "codes")


_HINTS = get_type_hints(Row, include_extras=True)
BOOK: Mapping[str, Column] = MappingProxyType(
    {name: hint.__metadata__[0] for name, hint in _HINTS.items()}
)
KINDS: Mapping[str, Kind] = MappingProxyType(
    {name: _kind(hint.__origin__) for name, hint in _HINTS.items()}
)
COLUMNS = tuple(BOOK)
REQUIRED = tuple(name for name, column in BOOK.items() if column.missing == NEVER)
JOINED = tuple(name for name, column in BOOK.items() if column.missing == NOT_COLLECTED)
