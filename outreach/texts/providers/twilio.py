"""Twilio, by its own library; a text comes from its site's number.

Twilio keeps no reference of ours and knows no key of idempotency for texts (its error 20500 says
so). What was tried before is looked for among the texts to that number by its words: that finds a
text whose answer never came, unless Twilio is slower to list it than we are to try again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import requests
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

# Its library loads this only when it is first used, which takes 0.4 s and more of a text's time:
# the text then leaves after we have given it up, and again when it is tried again.
from twilio.rest.api.v2010.account.message import MessageList

from core.clock import now
from core.settings import settings
from outreach.texts.contacts import number_of
from outreach.texts.providers.base import Deadline, LaterError, RefusedError, failure
from sites import all_sites

RECEIPTS = "/texts/twilio/receipt"
# As long as a text is tried again (decision 0016): one with the same words before that is
# another text.
LOOK_BACK = timedelta(hours=4)
_NEVER_LEFT = frozenset({"failed", "undelivered", "canceled"})

# It would log the numbers that it asks about.
_quiet = logging.getLogger("cara.texts.twilio")
_quiet.setLevel(logging.ERROR)

Answer = TypeVar("Answer")


class Twilio:
    """Texts by Twilio."""

    name = "twilio"

    def send(self, to: str, text: str, reference: str, *, site: str, again: bool = False) -> str:
        """See :class:`~outreach.texts.providers.base.Provider`; ``reference`` stays with us."""
        sender, deadline = _number(site), Deadline()
        if again and (known := deadline.run(partial(_known, to, sender, text))):
            return known
        return deadline.run(partial(_posted, to, sender, text))


def _number(site: str) -> str:
    known = all_sites().get(site)
    number = number_of(known.text_number) if known else None
    if number is None:
        raise LaterError("no_number")
    return number


def _known(to: str, sender: str, text: str, seconds: float) -> str:
    """The id of the newest text with these words that is there already; "" where none is."""
    found = _asked(lambda texts: texts.list(to=to, from_=sender, limit=50), seconds)
    earliest = now() - LOOK_BACK
    for each in found:
        fresh = each.date_created is not None and each.date_created >= earliest
        same = (each.body or "").strip() == text.strip()
        if fresh and same and each.sid and each.status not in _NEVER_LEFT:
            return str(each.sid)
    return ""


def _posted(to: str, sender: str, text: str, seconds: float) -> str:
    about = {"to": to, "from_": sender, "body": text}
    if settings().public_url:
        about["status_callback"] = settings().public_url.rstrip("/") + RECEIPTS
    made = _asked(lambda texts: texts.create(**about), seconds)
    if not isinstance(made.sid, str) or not made.sid:
        raise LaterError("wrong_shape")
    return made.sid


def _asked(ask: Callable[[MessageList], Answer], seconds: float) -> Answer:
    http = TwilioHttpClient(pool_connections=False, timeout=seconds, logger=_quiet)
    client = Client(settings().twilio_account, settings().twilio_token, http_client=http)
    client.api.base_url = settings().twilio_url
    try:
        return ask(client.messages)
    except (TwilioRestException, TwilioServiceException) as error:
        raise _failure(error) from error
    except requests.Timeout as error:
        raise LaterError("timeout") from error
    except requests.ConnectionError as error:
        raise LaterError("connection") from error
    except ValueError as error:
        raise LaterError("no_json") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise LaterError("wrong_shape") from error


def _failure(error: TwilioRestException | TwilioServiceException) -> LaterError | RefusedError:
    code = str(error.code) if isinstance(error.code, int) else str(error.status)
    return failure(error.status, code)
