"""What a request asked for, without whatever stands in its address: for logs and the audit."""

from __future__ import annotations

from starlette.types import Scope


def shape_of(scope: Scope) -> str:
    """The path of the route with its gaps ("/c/{token}"); a path of no route is not told."""
    path = getattr(scope.get("route"), "path", "")
    return str(path) or "(no page)"
