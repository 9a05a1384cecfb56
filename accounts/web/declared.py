"""The policy that each route names: an act of staff, or a way in without an account.

A dependency carries the name, so that a route and what guards it are declared in one place. The
application refuses to start with a route that names none, or two (:func:`refuse_undeclared`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeVar

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from accounts.policy import matrix

Guard = TypeVar("Guard", bound=Callable[..., Any])
_NAME = "__policy__"


class UndeclaredError(Exception):
    """A route that does not say who may use it; the message is for whoever wrote it."""


def naming(policy: str, guard: Guard) -> Guard:
    """Let ``guard`` say which policy it is of; raises ``KeyError`` for one not in the matrix."""
    if policy not in {**matrix().acts, **matrix().ways}:
        raise KeyError(policy)
    setattr(guard, _NAME, policy)
    return guard


def way(policy: str) -> Any:
    """For a route, or a router, that looks itself who is there, or lets in everybody.

    Most are a way in without an account; raises ``KeyError`` for a policy not in the matrix.
    """

    async def named() -> None:
        return

    return Depends(naming(policy, named))


def policies_of(route: APIRoute) -> list[str]:
    """What a route names: exactly one, if it is to be reached at all."""
    return sorted(set(_named_in(route.dependant)))


def every_route(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, those of included routers too; a mount is one."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from every_route(included.routes)


def refuse_undeclared(routes: Iterable[BaseRoute], mounted: Collection[str]) -> None:
    """Raise :class:`UndeclaredError` for a route that names no policy, or several.

    ``mounted``: the paths of applications of their own that are open to everybody.
    """
    for route in every_route(routes):
        path = getattr(route, "path", "")
        if isinstance(route, APIRoute):
            found = policies_of(route)
            if len(found) != 1:
                named = ", ".join(found) or "none"
                raise UndeclaredError(
                    f"{sorted(route.methods or ())} {path} has to name one policy of "
                    f"accounts/matrix.yml, and names {named}: see docs/how-to/roles.md."
                )
        elif path not in mounted:
            raise UndeclaredError(f"{path} is no route that can name a policy.")


def _named_in(dependant: Dependant) -> Iterator[str]:
    """The names on the way down, each hiding those of what it is made of itself."""
    for each in dependant.dependencies:
        name = getattr(each.call, _NAME, None)
        if name is None:
            yield from _named_in(each)
        else:
            yield name
