"""Pages from templates: every package keeps its own under ``web/templates``, all autoescaped."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
)
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from core.settings import ROOT, settings
from core.web import forms
from core.web.security import nonce_of


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Our templates and GOV.UK's components."""
    folders: list[BaseLoader] = [
        FileSystemLoader(folder) for folder in sorted(ROOT.glob("*/web/templates"))
    ]
    govuk = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    return Environment(
        loader=ChoiceLoader([*folders, govuk]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    request: Request, template: str, *, status: int = 200, cookies: bool = True, **context: Any
) -> HTMLResponse:
    """One page or fragment; with ``cookies`` its forms may post back to us."""
    held = forms.cookie_of(request) if cookies else ""
    token = forms.token_for(held) if cookies else ""
    hidden = Markup('<input type="hidden" name="{}" value="{}">').format(forms.FIELD, token)
    context |= {
        "nonce": nonce_of(request),
        "demo": settings().demo,
        "csrf": hidden if cookies else "",
    }
    response = HTMLResponse(templates().get_template(template).render(context), status)
    if cookies and request.cookies.get(forms.COOKIE) != held:
        forms.set_cookie(response, forms.COOKIE, held)
    return response
