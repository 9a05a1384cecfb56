"""Signing in at the force: there, and back with a code that one browser may spend once.

What belongs to a way there and back is a row for ten minutes; the browser carries nothing of it but
the secret of its forms, which it had before.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from limits.errors import StorageError
from sqlalchemy import delete
from starlette.exceptions import HTTPException

from accounts import force
from accounts.sessions import confirm
from accounts.staff import hash_of
from accounts.tables import SignInRequest
from accounts.web import attempts, proving, session
from accounts.web.declared import way
from accounts.web.provider import NotBelievedError, Provider, ProviderAwayError, Trip, provider
from accounts.web.sign_in import SignInRefusedError, after, enter, form_page
from accounts.wording import said
from core.audit import Actor, record
from core.clock import now
from core.database import transaction
from core.settings import settings
from core.web import forms
from core.web.pages import page

router = APIRouter(prefix="/sign-in/force", dependencies=[way("public")])

LASTS = timedelta(minutes=10)
# What a provider may send back: longer is no code of anybody's.
Sent = Annotated[str, Query(max_length=4_000)]


@router.post("")
def set_out(request: Request, form: forms.OwnForm) -> Response:
    """Remember who goes, and show the way there.

    A page and no redirect, because a form of ours may lead only to us (form-action); the page goes
    on by itself.
    """
    if not settings().oidc_issuer:
        raise HTTPException(404)
    wanted, anew = after(forms.said(form, "next")), bool(forms.said(form, "again"))
    try:
        if not attempts.may_set_out(proving.address_of(request)):
            raise SignInRefusedError(429, said("sign_in", "away"))
        found, trip = provider(), Trip(*(secrets.token_urlsafe(32) for _ in range(3)))
    except StorageError:
        return _refused(request, SignInRefusedError(503, said("sign_in", "away")), wanted)
    except ProviderAwayError:
        return _refused(request, SignInRefusedError(503, said("force", "away")), wanted)
    except SignInRefusedError as refused:
        return _refused(request, refused, wanted)
    _remember(request, trip, wanted, anew=anew)
    shown = page(request, "to_force.html", address=found.way_there(trip, again=anew))
    return _opener_kept(shown, wanted)


@router.get("/return")
def come_back(
    request: Request, state: Sent = "", code: Sent = "", error: Sent = "", iss: Sent = ""
) -> Response:
    """Spend the way, then the code; whoever it names is signed in, or has shown who they are."""
    way = _spent(request, state)
    wanted = way.after if way else ""
    try:
        if way is None or iss not in ("", settings().oidc_issuer):
            raise SignInRefusedError(422, said("sign_in", "spent"))
        if error or not code:
            raise SignInRefusedError(422, said("force", "refused"))
        response = _let_in(request, way, provider(), code)
    except ProviderAwayError:
        return _refused(request, SignInRefusedError(503, said("force", "away")), wanted)
    except NotBelievedError:
        return _refused(request, SignInRefusedError(422, said("force", "not_believed")), wanted)
    except force.ForceError as told:
        return _refused(request, SignInRefusedError(403, str(told)), wanted)
    except SignInRefusedError as refused:
        return _refused(request, refused, wanted)
    return _opener_kept(response, wanted)


def _let_in(request: Request, way: SignInRequest, found: Provider, code: str) -> Response:
    claims = found.claims(code, Trip("", way.nonce, way.verifier))
    if way.session_hash:
        return _confirmed(way, claims)
    with transaction() as database:
        staff = force.take_on(database, claims)
    return enter(request, staff).leads(RedirectResponse(way.after, 303))


def _confirmed(way: SignInRequest, claims: dict[str, object]) -> Response:
    """The same person, who showed it since they set out: the provider says when (``auth_time``)."""
    shown_at = claims.get("auth_time")
    if not isinstance(shown_at, int | float) or shown_at < way.started_at.timestamp() - 60:
        raise NotBelievedError
    with transaction() as database:
        staff = force.known(database, claims)
        if staff is None or not confirm(database, way.session_hash or "", staff):
            raise force.ForceError(said("force", "other_person"))
    return RedirectResponse(way.after, 303)


def _remember(request: Request, trip: Trip, wanted: str, *, anew: bool) -> None:
    held = request.cookies.get(session.COOKIE, "")
    with transaction() as database:
        database.add(
            SignInRequest(
                state_hash=hash_of(trip.state),
                browser=hash_of(forms.cookie_of(request)),
                nonce=trip.nonce,
                verifier=trip.verifier,
                after=wanted,
                session_hash=hash_of(held) if anew else None,
                started_at=now(),
                ends_at=now() + LASTS,
            )
        )


def _spent(request: Request, state: str) -> SignInRequest | None:
    """The way of this state, which is gone with that; only the browser that set out has it."""
    with transaction() as database:
        way = database.get(SignInRequest, hash_of(state))
        if way is None or way.browser != hash_of(forms.cookie_of(request)) or way.ends_at <= now():
            return None
        taken = delete(SignInRequest).where(SignInRequest.state_hash == way.state_hash)
        return way if database.scalar(taken.returning(SignInRequest.state_hash)) else None


def _refused(request: Request, refused: SignInRefusedError, wanted: str) -> Response:
    """Say why, and put it on record where somebody had set out; a made-up state writes nothing."""
    if wanted:
        with transaction() as database:
            actor = Actor("visitor", "unknown")
            record(database, actor, "staff.sign_in.force", "staff:unknown", refused=True)
    return form_page(request, "/sign-in", refused=refused, after=after(wanted))


def _opener_kept(response: Response, wanted: str) -> Response:
    """In the widget's window the page that opened it stays known, so that it can be handed over."""
    if wanted.startswith("/widget/"):
        response.headers["cross-origin-opener-policy"] = "unsafe-none"
    return response
