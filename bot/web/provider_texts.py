"""Where providers of texts call us: a text that came in, and what became of one that we sent.

Whoever calls proves who it is first: GOV.UK Notify by the token that it was given, Twilio by a
signature over the address and the form. What is answered leaves by the outbox, not in the reply.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from twilio.request_validator import RequestValidator

from accounts.web.declared import way
from bot.channels.incoming import LONGEST, ChatError
from bot.channels.texts import Inbound, site_texted, take_text
from bot.web.api import Bearer
from bot.web.limits import barred
from core.database import transaction
from core.limiting import TEXTS
from core.settings import settings
from outreach.texts import contacts, receipts
from outreach.texts.delivery import Outcome

router = APIRouter(prefix="/texts", dependencies=[way("provider_signature")])

NOTIFY, TWILIO = "notify", "twilio"
# What a provider says of a text, as we keep it; what is not here is a step on the way.
NOTIFY_OUTCOMES: Mapping[str, Outcome] = {
    "delivered": "delivered",
    "permanent-failure": "permanent",
    "temporary-failure": "temporary",
    "technical-failure": "technical",
}
TWILIO_OUTCOMES: Mapping[str, Outcome] = {
    "delivered": "delivered",
    "undelivered": "technical",
    "failed": "technical",
}
# Why Twilio failed, where its number says more than that it did (twilio.com/docs/api/errors).
TWILIO_CAUSES: Mapping[str, Outcome] = {
    "21610": "permanent",  # they told Twilio to stop
    "21614": "permanent",  # no mobile
    "30001": "temporary",  # the queue was full
    "30003": "temporary",  # the telephone is off or away
    "30004": "permanent",  # the network blocks it
    "30005": "permanent",  # nobody has the number
    "30006": "permanent",  # a landline
    "30007": "permanent",  # taken for spam
    "30036": "temporary",  # too old when its turn came
}
NOTHING_TO_SAY = "<Response/>"
# Two texts of one telephone at a time: the other one is being answered (seconds).
PAUSES = (0.2, 0.4, 0.8)


class NotifyText(BaseModel):
    """A text as GOV.UK Notify reports it; when it came is not asked."""

    id: str = Field(min_length=1, max_length=200)
    sender: str = Field(alias="source_number", max_length=40)
    to: str = Field(alias="destination_number", max_length=40)
    text: str = Field(alias="message")


class NotifyReceipt(BaseModel):
    """What GOV.UK Notify says became of a text."""

    id: str = Field(min_length=1, max_length=80)
    status: str = Field(max_length=40)


def from_notify(token: Bearer) -> None:
    """Refuse whoever does not have the token that Notify was given; with none set, everybody."""
    expected = settings().notify_callback_token.encode()
    if not expected or not hmac.compare_digest(token.encode(), expected):
        raise HTTPException(401)


async def from_twilio(request: Request) -> dict[str, str]:
    """The form that Twilio signed; refuses any other, and all where no secret is set."""
    async with request.form(max_files=0) as form:
        asked = f"?{request.url.query}" if request.url.query else ""
        base = settings().public_url.rstrip("/") or str(request.base_url).rstrip("/")
        signature = request.headers.get("x-twilio-signature", "")
        validator = RequestValidator(settings().twilio_token)
        address = f"{base}{request.url.path}{asked}"
        if not settings().twilio_token or not validator.validate(address, form, signature):
            raise HTTPException(401)
        return {name: str(value) for name, value in form.items()}


FromTwilio = Annotated[dict[str, str], Depends(from_twilio)]


@router.post("/notify/inbound", dependencies=[Depends(from_notify)])
def notify_inbound(received: NotifyText) -> Response:
    """A text has come in by GOV.UK Notify."""
    _take(Inbound(NOTIFY, received.id, received.sender, received.to, received.text))
    return Response()


@router.post("/notify/receipt", dependencies=[Depends(from_notify)])
def notify_receipt(received: NotifyReceipt) -> Response:
    """GOV.UK Notify knows what became of a text."""
    _settle(NOTIFY, received.id, NOTIFY_OUTCOMES.get(received.status))
    return Response()


@router.post("/twilio/inbound")
def twilio_inbound(form: FromTwilio) -> Response:
    """A text has come in by Twilio; who told Twilio itself to stop has told us."""
    text_id, sender, to, text = _said(form, "MessageSid", "From", "To", "Body")
    _take(Inbound(TWILIO, text_id[:200], sender[:40], to[:40], text))
    if form.get("OptOutType") == "STOP":
        _stop(sender, to)
    return Response(NOTHING_TO_SAY, media_type="text/xml")


@router.post("/twilio/receipt")
def twilio_receipt(form: FromTwilio) -> Response:
    """Twilio knows what became of a text, or how far it has come."""
    text_id, status = _said(form, "MessageSid", "MessageStatus")
    outcome = TWILIO_OUTCOMES.get(status)
    if outcome and outcome != "delivered":
        outcome = TWILIO_CAUSES.get(form.get("ErrorCode", ""), outcome)
    _settle(TWILIO, text_id, outcome)
    return Response()


def _said(form: Mapping[str, str], *names: str) -> list[str]:
    """The fields; a text may be empty, and nothing else may."""
    if any(name not in form or not (form[name] or name == "Body") for name in names):
        raise HTTPException(400)
    return [form[name] for name in names]


def _take(inbound: Inbound) -> None:
    """Answer it, once; a copy of it gets no second answer."""
    over = barred(TEXTS, inbound.sender, inbound.to)
    whole = inbound.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    cut = Inbound(inbound.provider, inbound.id, inbound.sender, inbound.to, whole[: LONGEST + 1])
    for pause in PAUSES:
        try:
            take_text(cut, over)
        except ChatError as error:
            if error.code != "at_once":
                raise
            time.sleep(pause)
        else:
            return
    take_text(cut, over)


def _stop(sender: str, to: str) -> None:
    """Twilio stops texts for words that are no STOP of ours; START is heard by ours alone."""
    site, phone = site_texted(to), contacts.number_of(sender)
    if site is not None and phone is not None:
        with transaction() as session:
            contacts.stop(session, site.code, phone)


def _settle(provider: str, text_id: str, outcome: Outcome | None) -> None:
    if outcome is None:
        return
    with transaction() as session:
        receipts.take(session, provider, text_id, outcome)
