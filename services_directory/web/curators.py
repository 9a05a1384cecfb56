"""Who has the directory's pages, and what each of them is given."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from accounts.tables import Staff
from accounts.web.session import only
from core.web.pages import page
from sites import site_of

Curates = Annotated[Staff, Depends(only("directory.edit"))]


def curators_page(
    request: Request, staff: Staff, template: str, *, status: int = 200, **context: Any
) -> Response:
    """A page of somebody who looks after a site's directory."""
    site = site_of(staff.site)
    return page(request, template, status=status, staff=staff, site=site, **context)
