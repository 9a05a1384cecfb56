"""Everything that `cara site check` finds: each fault alone in a site that is otherwise ready."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from referrals.checking import findings_of_criteria
from sites import all_sites, criteria_documents
from sites.checking import Severity, findings_of_shape, findings_of_site
from sites.model import Site

TODAY = date(2026, 11, 28)
ENVIRON = {"CARA_HAND_OVER_CUMBRIA": "between us"}
TRIED = {"name": "Ash Fenwick", "phone": "0121 496 0001", "confirmed": True}
READY: dict[str, Any] = {
    "name": "Cumbria",
    "referral": True,
    "directory": True,
    "provider": "The Fells Trust",
    "route": "provider",
    "disposals": ["conditional_caution"],
    "disposal_names": {"conditional_caution": [{"name": "conditional caution", "from": "always"}]},
    "languages": ["en", "pl"],
    "areas": ["Carlisle", "Kendal"],
    "delivery_sites": [
        {"code": "north", "name": "North", "area": "Carlisle", "confirmed": True},
        {"code": "south", "name": "South", "area": "Kendal", "confirmed": True},
    ],
    "materials": [
        {
            "language": "pl",
            "what": "Workbook",
            "approver": "Ren Halloway",
            "approved_on": date(2026, 6, 1),
            "place": "The provider's library",
            "confirmed": True,
        }
    ],
    "centre": "CA3 8QG",
    "reach_km": 60,
    "team": {**TRIED},
    "out_of_hours": {**TRIED},
    "answers": {"days": ["mon", "sat"], "from": "10:00", "to": "16:00", "confirmed": True},
    "hand_over": {
        "route": "webhook",
        "url": "https://fells.example/referrals",
        "secret_env": "CARA_HAND_OVER_CUMBRIA",
        "confirmed": True,
    },
    "victim_contact": {"name": "Care", "email": "care@fells.example", "confirmed": True},
    "breach_to": {**TRIED, "email": "breach@force.example"},
    "reference_patterns": {"crime_reference": "[0-9]{6}"},
    "review_by": date(2027, 5, 31),
    "sources": [{"claim": "all of it", "source": "The force's letter", "sure": "high"}],
}
OWN: dict[str, Any] = {"version": "1.0.0", "overrides": {}}
ERROR, WARNING = Severity.error, Severity.warning


def with_changes(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The document with settings by dotted path; None takes a setting away."""
    changed = deepcopy(document)
    for path, value in changes.items():
        *above, last = path.split(".")
        part: Any = changed
        for step in above:
            part = part[int(step)] if step.isdigit() else part[step]
        if value is None:
            del part[last]
        else:
            part[last] = value
    return changed


def of_site(environ: dict[str, str] = ENVIRON, **changes: Any) -> list[tuple[Severity, str]]:
    """What is found in the ready site after these changes."""
    document = with_changes(READY, {path.replace("__", "."): new for path, new in changes.items()})
    found = findings_of_site(Site(code="cumbria", **document), TODAY, environ)
    return [(each.severity, str(each)) for each in found]


def of_criteria(
    own: dict[str, Any], disposals: tuple[str, ...] = ("conditional_caution",)
) -> list[tuple[Severity, str]]:
    """What is found in the criteria of the ready site."""
    site = Site(code="cumbria", **READY | {"disposals": disposals})
    found = findings_of_criteria(site, criteria_documents("hampshire")[0], OWN | own)
    return [(each.severity, str(each)) for each in found]


def override(name: str, **said: Any) -> dict[str, Any]:
    """A site whose one override says this, from a source."""
    return {"overrides": {name: {"source": "The force's policy", **said}}}


def test_there_is_nothing_to_say_of_a_site_that_is_ready() -> None:
    assert (of_site(), of_criteria({})) == ([], [])


@pytest.mark.parametrize(
    ("changes", "severity", "told"),
    [
        ({"hand_over": None}, ERROR, "hand_over: is missing while referral is on"),
        (
            {"hand_over__url": "http://fells.example"},
            ERROR,
            "hand_over.url: has to begin with http",
        ),
        ({"hand_over__secret_env": ""}, ERROR, "hand_over.secret_env: has to name the variable"),
        (
            {"hand_over__secret_env": "CARA_OTHER"},
            ERROR,
            "hand_over.secret_env: names CARA_OTHER, which is not set here",
        ),
        ({"hand_over__confirmed": False}, ERROR, "hand_over: has not been confirmed"),
        (
            {"hand_over": {"route": "email", "to": "nobody", "confirmed": True}},
            ERROR,
            "hand_over.to: has to be an e-mail address",
        ),
        ({"victim_contact": None}, ERROR, "victim_contact: is missing while referral is on"),
        ({"victim_contact__email": ""}, ERROR, "victim_contact: does not say how to reach them"),
        ({"victim_contact__confirmed": False}, ERROR, "victim_contact: has not been confirmed"),
        ({"breach_to": None}, ERROR, "breach_to: is missing while referral is on"),
        ({"breach_to__email": ""}, ERROR, "breach_to.email: is missing"),
        ({"breach_to__confirmed": False}, ERROR, "breach_to: has not been confirmed"),
        ({"referral_off_because": "Later."}, ERROR, "referral: is on, yet"),
        ({"referral": False}, ERROR, "referral_off_because: is missing"),
        ({"languages": ["pl"]}, ERROR, "languages: lacks en"),
        (
            {"disposals": ["conditional_caution", "community_caution"]},
            ERROR,
            "disposals: community_caution has no name that is in force",
        ),
        (
            {"disposals": ["conditional_caution", "conditional_caution"]},
            ERROR,
            "disposals: conditional_caution stands there twice",
        ),
        (
            {
                "disposal_names__conditional_caution": [
                    {"name": "conditional caution", "from": "always"},
                    {"name": "another name", "from": "always"},
                ]
            },
            ERROR,
            "disposal_names.conditional_caution: has two names that are in force from always",
        ),
        ({"delivery_sites__1__code": "north"}, ERROR, "delivery_sites: north stands there twice"),
        ({"delivery_sites__1__area": "Leeds"}, ERROR, "delivery_sites: south: Leeds is none of"),
        ({"languages": ["en", "pa"]}, ERROR, "materials (pl): is in a language that is none of"),
        (
            {"reference_patterns__crime_reference": "["},
            ERROR,
            "reference_patterns.crime_reference:",
        ),
        (
            {"reference_patterns": {"house_number": "[0-9]"}},
            ERROR,
            "reference_patterns.house_number: is none of the references",
        ),
        ({"provider": "FILL IN: who"}, ERROR, "provider: is not filled in yet: who"),
        (
            {"areas": ["FILL IN: an area"], "delivery_sites": []},
            ERROR,
            "areas[1]: is not filled in",
        ),
        ({"team__phone": ""}, WARNING, "team: has no number"),
        ({"team__confirmed": False}, WARNING, "team: has not been confirmed"),
        ({"out_of_hours": None}, WARNING, "out_of_hours: has no number"),
        ({"answers": None}, WARNING, "answers: is missing"),
        ({"answers__confirmed": False}, WARNING, "answers: has not been confirmed"),
        (
            {"delivery_sites__0__confirmed": False},
            WARNING,
            "delivery_sites: north (North) has not been confirmed",
        ),
        ({"materials__0__approver": ""}, WARNING, "materials (pl): does not say who approved it"),
        ({"materials__0__confirmed": False}, WARNING, "materials (pl): has not been confirmed"),
        ({"review_by": None}, WARNING, "review_by: is missing"),
        ({"review_by": date(2026, 11, 27)}, WARNING, "review_by: was 2026-11-27"),
        ({"sources": None}, WARNING, "sources: is empty"),
        ({"sources__0__sure": "low"}, WARNING, "sources: only a weak source for: all of it"),
    ],
)
def test_each_fault_of_a_site_is_named_alone_and_as_grave_as_it_is(
    changes: dict[str, Any], severity: Severity, told: str
) -> None:
    ((how_grave, words),) = of_site(**changes)
    assert words.startswith(told)
    assert how_grave is severity


def test_the_day_of_a_review_is_not_past_yet() -> None:
    assert of_site(review_by=TODAY) == []


def test_a_local_crisis_number_past_its_review_is_named() -> None:
    line = {"kinds": ["suicide"], "name": "A line", "display": "01632 960 001", "hours": "always"}
    told = of_site(crisis_lines=[line | {"source": "x", "review_by": date(2026, 1, 1)}])
    assert told == [(WARNING, "crisis_lines: A line was to be tried again by 2026-01-01")]


def test_a_site_that_takes_no_referrals_needs_nowhere_to_send_them() -> None:
    missing = {"hand_over": None, "victim_contact": None, "breach_to": None}
    assert of_site(referral=False, referral_off_because="Later.", **missing) == []


def test_a_site_with_everything_off_serves_nobody() -> None:
    told = of_site(referral=False, referral_off_because="Later.", directory=False)
    assert told == [(WARNING, "directory: is off and so is referral: this site serves nobody")]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"condition_weeks": 21}, "condition_weeks: is 21, and may be 20 at most"),
        ({"condition_weeks": 5}, "condition_weeks: is 5, and has to be 6 or more"),
        ({"centre": None}, "centre: is missing"),
        ({"refferal": True}, "refferal: is no setting: is it a slip of the pen?"),
        ({"languages": ["en", "fr"]}, "languages[2]: is 'fr', and has to be 'en', 'pl' or 'pa'"),
        ({"route": "post"}, "route: is 'post', and has to be 'provider', 'ascend' or 'force_book"),
        ({"name": False}, "name: is False, and has to be text (yes and no go in quotes)"),
        ({"answers.from": "16:00"}, "answers: has to begin (from) before it ends (to), on one day"),
        ({"answers.to": 1020}, "answers.to: is 1020, and has to be text"),
        ({"answers.days": ["monday"]}, "answers.days[1]: is 'monday', and has to be 'mon', "),
        ({"hand_over.secret_env": "s3cret!"}, "hand_over.secret_env: cannot be read"),
        ({"delivery_sites.0.code": "North West"}, "delivery_sites[1].code: cannot be read"),
        (
            {"who_authorises": {"lowest_rank": "constable"}},
            "who_authorises.lowest_rank: is 'constable', and has to be 'sergeant', ",
        ),
        (
            {"disposal_names.conditional_caution.0.from": "soon"},
            "disposal_names.conditional_caution[1].from.",
        ),
    ],
)
def test_what_is_no_setting_of_a_site_is_refused_in_plain_words(
    changes: dict[str, Any], told: str
) -> None:
    found = findings_of_shape("cumbria", with_changes(READY, changes))
    assert str(found[0]).startswith(told)
    assert {each.severity for each in found} == {ERROR}


@pytest.mark.parametrize(
    ("own", "severity", "told"),
    [
        (override("B99_moon"), ERROR, "criteria.B99_moon: there is no such criterion"),
        (
            override("B06_risk", answers={"fair": {"effect": "ok"}}),
            ERROR,
            "criteria.B06_risk: there is no such answer: fair",
        ),
        (
            override("B06_risk", source="", answers={"medium": {"effect": "hold"}}),
            ERROR,
            "criteria.B06_risk: has no source",
        ),
        (
            override("B06_risk", answers={"medium": {"effect": "ineligible"}}),
            ERROR,
            "criteria.B06_risk: medium excludes, and does not say what to do instead",
        ),
        (override("B22_authority", asked="chat"), ERROR, "criteria.B22_authority: is for the auth"),
        (override("B06_risk", sure="low"), WARNING, "criteria.B06_risk: rests on a weak source"),
        (
            override("B18_fit", override="authoriser"),
            WARNING,
            "criteria.B18_fit: there is nothing to override",
        ),
        (
            override("B06_risk", override="officer"),
            ERROR,
            "criteria.overrides.B06_risk.override: is 'officer', and has to be 'authoriser'",
        ),
        (
            override("B06_risk", answers={"medium": {"effect": "maybe"}}),
            ERROR,
            "criteria.overrides.B06_risk.answers.medium.effect: is 'maybe', and has to be",
        ),
        (
            override("B06_risk", colour="red"),
            ERROR,
            "criteria.overrides.B06_risk.colour: is no setting",
        ),
        ({"version": "new"}, ERROR, "criteria.version: cannot be read"),
        ({"lookback_months": 0}, ERROR, "criteria.lookback_months: is 0, and has to be 1 or more"),
        (
            {"prosecution_limits": {"murder": "none"}},
            ERROR,
            "criteria.prosecution_limits.murder: there is no such offence",
        ),
        (
            override(
                "B23_disposal", asked="chat", answers={"community_resolution": {"effect": "ok"}}
            ),
            ERROR,
            "disposals: B23_disposal lets community_resolution pass, and the site does not offer",
        ),
        (
            override("B06_risk", why="FILL IN: why"),
            ERROR,
            "criteria.overrides.B06_risk.why: is not filled in yet: why",
        ),
    ],
)
def test_each_fault_of_the_criteria_is_named_alone_and_as_grave_as_it_is(
    own: dict[str, Any], severity: Severity, told: str
) -> None:
    ((how_grave, words),) = of_criteria(own)
    assert words.startswith(told)
    assert how_grave is severity


@pytest.mark.parametrize(
    ("name", "code", "softer"),
    [
        ("B01_age", "no", "supervisor"),
        ("B02_admission", "partial", "ok"),
        ("B02_admission", "no", "hold"),
        ("B03_evidence", "waiting", "supervisor"),
        ("B14_consent", "wants_advice", "ok"),
    ],
)
def test_no_site_softens_what_stands_in_the_statute(name: str, code: str, softer: str) -> None:
    told = of_criteria(override(name, answers={code: {"effect": softer}}))
    assert told == [(ERROR, f"criteria.{name}: stands in the statute: {code} may not be softened")]


@pytest.mark.parametrize("name", ["B01_age", "B02_admission", "B03_evidence", "B14_consent"])
def test_nor_lets_it_be_overridden_or_leaves_it_out(name: str) -> None:
    assert of_criteria(override(name, override="authoriser")) == [
        (ERROR, f"criteria.{name}: stands in the statute: nobody may override it")
    ]
    assert of_criteria(override(name, asked="no")) == [
        (ERROR, f"criteria.{name}: stands in the statute: an officer has to be asked")
    ]


def test_a_site_may_be_stricter_than_the_statute_and_softer_elsewhere() -> None:
    stricter = {"partial": {"effect": "ineligible", "instead": "Charge."}}
    assert of_criteria(override("B02_admission", answers=stricter)) == []
    norfolk = {"does_not_support": {"effect": "supervisor"}}
    assert of_criteria(override("B12_victim_view", answers=norfolk)) == []
    assert of_criteria(override("B06_risk", override="authoriser")) == []


@pytest.mark.parametrize(
    ("disposals", "told"),
    [
        (
            ("conditional_caution", "community_resolution"),
            ["disposals: no rule asks which one it is: B23_disposal is not asked here"],
        ),
        (
            ("conditional_caution", "fixed_penalty"),
            [
                "disposals: no rule asks for fixed_penalty (see B23_disposal)",
                "disposals: no rule asks which one it is: B23_disposal is not asked here",
            ],
        ),
    ],
)
def test_a_disposal_that_no_rule_asks_for_is_a_contradiction(
    disposals: tuple[str, ...], told: list[str]
) -> None:
    assert of_criteria({}, disposals) == [(ERROR, each) for each in told]


@pytest.mark.parametrize("source", ["", None])
def test_a_published_criterion_without_a_source_is_unsourced(source: str | None) -> None:
    baseline = deepcopy(criteria_documents("hampshire")[0])
    baseline["criteria"][5]["source"] = source
    found = findings_of_criteria(Site(code="cumbria", **READY), baseline, OWN)
    assert [str(each) for each in found] == [
        "criteria.B06_risk: its basis is published, and it has no source"
    ]


@pytest.mark.parametrize("site", sorted(all_sites()))
def test_of_the_sites_that_ship_only_what_a_force_has_to_agree_is_wrong(site: str) -> None:
    known = all_sites()[site]
    wrong = [
        str(each).split(":")[0]
        for each in findings_of_site(known, TODAY, {})
        if each.severity is ERROR
    ]
    assert wrong == (["hand_over", "victim_contact", "breach_to"] if known.referral else [])
    assert findings_of_criteria(known, *criteria_documents(site)) == []
