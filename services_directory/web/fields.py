"""The fields of a listing as a coordinator meets them: labels, hints, choices, what was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from starlette.datastructures import FormData

from core.web import forms
from services_directory.checks.finding import Finding
from services_directory.listing import COLUMNS
from sites import all_sites

PLACE = "delivery_site"
LONGEST = 2_000
_SEPARATOR = "|"


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """``fields.yml``: groups of fields, and the words for codes on these pages."""
    path = Path(__file__).with_name("fields.yml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=1)
def labels() -> dict[str, str]:
    """The label of each field of the form."""
    return {name: field["label"] for name, field in _fields().items()}


def typed(form: FormData, before: Mapping[str, str]) -> dict[str, str]:
    """The document that the form makes of the one before; fields that the form lacks are kept."""
    document = {name: before.get(name, "") for name in COLUMNS}
    for name, field in _fields().items():
        if field.get("kind") == "choices":
            ticked = [str(each) for each in form.getlist(name) if each in _items(name, field, "")]
            # The order stays: the first need is the main one, and boxes have no order to say.
            held = [each for each in before.get(name, "").split(_SEPARATOR) if each in ticked]
            document[name] = _SEPARATOR.join(dict.fromkeys([*held, *ticked]))
        elif name in form:
            document[name] = " ".join(forms.said(form, name)[:LONGEST].split())
    return document


def shown(document: Mapping[str, str], findings: Sequence[Finding] = ()) -> list[dict[str, Any]]:
    """The groups with each field's value and what was found wrong with it, for the template.

    Where a site has no delivery sites, nothing is asked about them.
    """
    site = document.get("site", "")
    left_out = {""} if document.get(PLACE) or places_of(site) else {PLACE}
    return [
        {
            "title": group["title"],
            "fields": [
                _field(
                    name,
                    {**field, "items": _items(name, field, site)},
                    document.get(name, ""),
                    findings,
                )
                for name, field in group["fields"].items()
                if name not in left_out
            ],
        }
        for group in words()["groups"]
    ]


def said(name: str, value: str, site: str) -> str:
    """A value in words, of a listing of that site."""
    field = _fields()[name]
    items = _items(name, field, site)
    parts = value.split(_SEPARATOR) if field.get("kind") == "choices" else [value]
    return ", ".join(items.get(part, part) for part in parts if part)


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, str]]:
    """Field by field, what another version says otherwise."""
    site = after.get("site", "")
    return [
        {
            "label": label,
            "before": said(name, before.get(name, ""), site),
            "after": said(name, after.get(name, ""), site),
        }
        for name, label in labels().items()
        if before.get(name, "") != after.get(name, "")
    ]


@lru_cache(maxsize=1)
def _fields() -> dict[str, dict[str, Any]]:
    return {name: field for group in words()["groups"] for name, field in group["fields"].items()}


def _field(
    name: str, field: Mapping[str, Any], value: str, findings: Sequence[Finding]
) -> dict[str, Any]:
    errors = [each.words for each in findings if each.field == name and each.severity == "error"]
    chosen, items = value.split(_SEPARATOR), field["items"]
    if field.get("kind") == "choice" and value not in items:
        # What an import brought stays a choice, so that saving changes nothing by itself.
        items = {value: value or "Not said", **items}
    return {
        "name": name,
        "kind": field.get("kind", "text"),
        "label": field["label"],
        "hint": field.get("hint", ""),
        "value": value,
        "error": " ".join(errors),
        "items": [
            {
                "value": code,
                "text": text,
                "checked": code in chosen,
                "selected": code == value,
            }
            for code, text in items.items()
        ],
    }


def places_of(site: str) -> dict[str, str]:
    """The delivery sites of a site, each by its code; none for a site that is not known."""
    known = all_sites().get(site)
    return {
        each.code: each.name + ("" if each.confirmed else " (unconfirmed)")
        for each in (known.delivery_sites if known else ())
    }


def _items(name: str, field: Mapping[str, Any], site: str) -> dict[str, str]:
    if name == "needs":
        needs: dict[str, str] = words()["needs"]
        return needs
    items: dict[str, str] = field.get("items", {})
    return items | places_of(site) if name == PLACE else items
