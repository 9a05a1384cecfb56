"""A person's own account: second factor, password, and the sessions that they have open."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from limits.errors import StorageError
from markupsafe import Markup
from starlette.exceptions import HTTPException

from accounts import changing, second
from accounts import sessions as kept
from accounts.staff import AccountError, actor_of, set_password
from accounts.tables import Staff
from accounts.web import again, attempts, proving, session, shown
from accounts.web.declared import way
from accounts.web.sign_in import SECOND_FACTOR, enter
from accounts.wording import said
from core.database import transaction
from core.tokens import TokenError, sign, verify
from core.web import forms
from core.web.pages import page
from sites import site_of

router = APIRouter()

# How long the QR code of one page may be taken on.
PAGE_LASTS = timedelta(minutes=15)
PURPOSE = "second factor"


@router.get("/account")
def account_page(
    request: Request, staff: session.SignedIn, done: Annotated[str, Query()] = ""
) -> Response:
    """Who one is here, what is set up, and where one is signed in."""
    with transaction() as database:
        open_ones = shown.rows(kept.own(database, staff))
        mine = kept.handle_of(database, request.cookies.get(session.COOKIE))
    return page(
        request,
        "account.html",
        staff=staff,
        site=site_of(staff.site),
        sessions=open_ones,
        mine=mine,
        second_factor=second.set_up(staff),
        done=done,
    )


@router.get("/account/second-factor")
def second_factor_page(request: Request, staff: session.Enrolling) -> Response:
    """A QR code for the authenticator app; nothing is kept until the app has shown a code."""
    if second.set_up(staff) and not again.is_fresh(request):
        return _first_again(SECOND_FACTOR)
    return _offered(request, staff, second.new_secret())


@router.post("/account/second-factor")
def set_up(request: Request, staff: session.Enrolling, form: forms.OwnForm) -> Response:
    """Take the app on where it shows a right code, and show the recovery codes this once."""
    if second.set_up(staff) and not again.is_fresh(request):
        return _first_again(SECOND_FACTOR)
    secret = _secret_of(staff, forms.said(form, "offer"))
    try:
        barred = attempts.codes_barred(staff.id)
        with transaction() as database:
            typed = "" if barred else forms.said(form, "code")
            codes = second.enrol(database, staff, secret, typed) if secret else None
            if codes:
                kept.end_all(database, staff, actor_of(staff), but=_secret_here(request))
        if not codes:
            attempts.count_code(staff.id)
    except StorageError:
        return _offered(request, staff, secret, said("sign_in", "away"), 503)
    if not codes:
        return _offered(request, staff, secret or second.new_secret(), said("code", "wrong"), 422)
    told = page(request, "recovery_codes.html", staff=staff, codes=codes)
    # Whoever had a session for this page alone is let in now, under a new secret.
    with transaction() as database:
        taken_on = database.get_one(Staff, staff.id)
    return enter(request, taken_on).leads(told)


@router.post("/account/recovery-codes")
def new_codes(request: Request, staff: session.SignedIn, form: forms.OwnForm) -> Response:
    """Ten new ones in place of those before."""
    if not second.set_up(staff):
        raise HTTPException(404)
    if not again.is_fresh(request):
        return _first_again("/account")
    with transaction() as database:
        codes = second.new_recovery_codes(database, staff)
    return page(request, "recovery_codes.html", staff=staff, codes=codes)


@router.get("/account/password")
def password_page(request: Request, staff: session.SignedIn) -> Response:
    """Choose another password."""
    _refuse_without_password(staff)
    if not again.is_fresh(request):
        return _first_again("/account/password")
    return page(request, "new_password.html", staff=staff)


@router.post("/account/password")
def change_password(request: Request, staff: session.SignedIn, form: forms.OwnForm) -> Response:
    """Take it, and end every other session of this person."""
    _refuse_without_password(staff)
    if not again.is_fresh(request):
        return _first_again("/account/password")
    try:
        with transaction() as database:
            set_password(database, staff, forms.said(form, "password"))
            kept.end_all(database, staff, actor_of(staff), but=_secret_here(request))
    except AccountError as error:
        return page(request, "new_password.html", status=422, staff=staff, problem=str(error))
    return RedirectResponse("/account?done=password", 303)


@router.get("/set-password", dependencies=[way("public")])
def set_password_page(request: Request) -> Response:
    """For somebody whom an operator has given a code."""
    return page(request, "set_password.html")


@router.post("/set-password", dependencies=[way("public")])
def set_by_code(request: Request, form: forms.OwnForm) -> Response:
    """Set a password by that code; tries are counted as those of signing in are."""
    username, address = forms.said(form, "username"), proving.address_of(request)
    code = forms.said(form, "code")
    try:
        typed = "" if attempts.barred(username, address) else code
        with transaction() as database:
            password = forms.said(form, "password")
            staff = changing.set_by_code(database, username, typed, password)
        if staff is None:
            attempts.count_miss(username, address)
    except StorageError:
        return _not_set(request, form, said("sign_in", "away"), 503)
    except AccountError as error:
        return _not_set(request, form, str(error), 422)
    if staff is None:
        return _not_set(request, form, said("code", "set_password"), 422)
    return RedirectResponse("/sign-in?done=password", 303)


def _not_set(request: Request, form: forms.OwnForm, problem: str, status: int) -> Response:
    username = forms.said(form, "username")
    return page(request, "set_password.html", status=status, problem=problem, username=username)


def _offered(
    request: Request, staff: Staff, secret: str, problem: str = "", status: int = 200
) -> Response:
    """The page with a secret; a signed offer in its form keeps it for the answer."""
    offered: dict[str, Any] = {}
    if staff.force_id:
        raise HTTPException(404)
    if not staff.demonstration:
        offer = sign(PURPOSE, {"staff": staff.id, "secret": secret}, lasts=PAGE_LASTS)
        picture = _picture(second.address_of(staff, secret))
        offered = {"picture": picture, "offer": offer, "secret": _in_groups(secret)}
    needed = second.needed(staff) and not second.set_up(staff)
    who = None if needed else staff
    return page(
        request,
        "second_factor.html",
        status=status,
        staff=who,
        problem=problem,
        demonstration=staff.demonstration,
        **offered,
    )


def _picture(address: str) -> Markup:
    """The QR code as a drawing in the page: attributes alone, which the policy of pages allows."""
    drawn = segno.make(address).svg_inline(scale=5, border=2, svgclass="app-qr", light="#fff")
    return Markup(drawn)  # noqa: S704 - made by segno of squares


def _secret_of(staff: Staff, offer: str) -> str:
    try:
        claims = verify(PURPOSE, offer)
    except TokenError:
        return ""
    return str(claims["secret"]) if claims.get("staff") == staff.id else ""


def _in_groups(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _first_again(wanted: str) -> Response:
    return RedirectResponse(f"/sign-in/again?next={wanted}", 303)


def _refuse_without_password(staff: Staff) -> None:
    if staff.force_id or staff.demonstration:
        raise HTTPException(404)


def _secret_here(request: Request) -> str:
    return request.cookies.get(session.COOKIE, "")
