"""Routes that one address may ask for only so often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends
from starlette.requests import Request

from core.limiting import Limit, household, spend


def caller(request: Request) -> str:
    """Where a request comes from; behind the proxy the address that the proxy names."""
    return household(request.client.host if request.client else "")


def limited(limit: Limit | Callable[[], Limit]) -> Any:
    """A dependency that counts each request; raises what :func:`core.limiting.spend` raises."""

    def counted(request: Request) -> None:
        spend(limit if isinstance(limit, Limit) else limit(), caller(request))

    return Depends(counted)
