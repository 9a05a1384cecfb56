"""The evaluator's page: the extract of the own site, and its code book, to download."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from accounts.tables import Staff
from accounts.web.session import only
from core.clock import today
from core.database import transaction
from core.web import forms
from core.web.pages import page
from outreach.texts import signposting
from referrals.evaluation import codebook, extract, files, reading
from referrals.evaluation.case import Talk
from referrals.evaluation.files import Form
from referrals.evaluation.pseudonym import STUDY, StudyError
from referrals.rule_set import rule_set_of
from sites import site_of

router = APIRouter(prefix="/evaluation")
Evaluates = Annotated[Staff, Depends(only("evaluation.extract"))]
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "md": "text/markdown; charset=utf-8",
}
_IN_MEMORY = 8_000_000
_PIECE = 65_536


@router.get("")
def evaluation(request: Request, staff: Evaluates) -> Response:
    """What can be had; for every other role there is no such page (404)."""
    return _page(request, staff, STUDY)


@router.post("/extract")
def download(request: Request, staff: Evaluates, form: forms.OwnForm) -> Response:
    """The extract as a file, once it is whole and its audit row is kept."""
    study, asked = forms.said(form, "study").strip(), forms.said(form, "format")
    chosen = next((each for each in files.FORMS if each == asked), None)
    if chosen is None:
        raise HTTPException(400)
    try:
        held = _held(staff, study, chosen)
    except StudyError as error:
        return _page(request, staff, study, fault=str(error))
    named = f"cara-{staff.site}-{study}-{today():%Y-%m-%d}.{chosen}"
    return StreamingResponse(_pieces(held), media_type=TYPES[chosen], headers=_saved_as(named))


@router.get("/code-book.{form}")
def code_book(staff: Evaluates, form: str) -> Response:
    """The code book of the own site, for people (md) or machines (csv)."""
    if form not in ("md", "csv"):
        raise HTTPException(404)
    rules = rule_set_of(staff.site)
    book = codebook.code_book(rules, site_of(staff.site))
    text = codebook.as_csv(book) if form == "csv" else codebook.as_markdown(book, rules)
    named = f"cara-code-book-{staff.site}.{form}"
    return Response(text, media_type=TYPES[form], headers=_saved_as(named))


def told(session: Session, ids: Collection[str]) -> Mapping[str, Talk]:
    """What participants told us who agreed to research, for the extract."""
    return {case: Talk(**vars(each)) for case, each in signposting.told(session, ids).items()}


def _held(staff: Staff, study: str, form: Form) -> IO[bytes]:
    held: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed once it is sent
    try:
        with transaction() as session:
            extract.extract(
                session, staff, site=staff.site, study=study, form=form, out=held, told=told
            )
    except BaseException:
        held.close()
        raise
    held.seek(0)
    return held


def _pieces(held: IO[bytes]) -> Iterator[bytes]:
    with held:
        while piece := held.read(_PIECE):
            yield piece


def _saved_as(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


def _page(request: Request, staff: Staff, study: str, fault: str = "") -> Response:
    site = site_of(staff.site)
    with transaction() as session:
        count = reading.count(session, site, staff)
    return page(
        request,
        "evaluation.html",
        status=422 if fault else 200,
        staff=staff,
        site=site,
        study=study,
        count=count,
        fault=fault,
    )
