"""GOV.UK Notify, by its own client: one template, whose only placeholder is ``((text))``.

Notify keeps our reference with each text and can be asked for it for seven days, so a text whose
answer never came is found there and is not sent twice.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import requests
from notifications_python_client.errors import APIError, HTTPError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient

from core.settings import settings
from outreach.texts.providers.base import Deadline, LaterError, RefusedError, failure
from outreach.texts.providers.notify_letters import carried

# It would log what Notify answers, and that may repeat what we sent.
logging.getLogger("notifications_python_client").setLevel(logging.ERROR)

ERRORS = frozenset(
    {"AuthError", "BadRequestError", "RateLimitError", "TooManyRequestsError", "ValidationError"}
)
# "Your message was not sent", says Notify of these: they are no reason not to send it.
_NEVER_LEFT = frozenset({"technical-failure", "validation-failed", "cancelled"})


class Notify:
    """Texts by GOV.UK Notify."""

    name = "notify"

    def send(self, to: str, text: str, reference: str, *, site: str, again: bool = False) -> str:
        """See :class:`~outreach.texts.providers.base.Provider`.

        The number it comes from is the service's own, or the one of ``CARA_NOTIFY_SENDER_ID``.
        """
        words, deadline = carried(text), Deadline()
        if again and (known := deadline.run(partial(_known, reference))):
            return known
        return deadline.run(partial(_posted, to, words, reference))


def _known(reference: str, seconds: float) -> str:
    """The id of a text of ours that is there already; "" where none is."""
    answer = _asked(seconds, "get_all_notifications", template_type="sms", reference=reference)
    if not isinstance(answer, dict) or not isinstance(answer.get("notifications"), list):
        raise LaterError("wrong_shape")
    left = (each for each in answer["notifications"] if each.get("status") not in _NEVER_LEFT)
    return next((_id_of(each) for each in left), "")


def _posted(to: str, text: str, reference: str, seconds: float) -> str:
    return _id_of(
        _asked(
            seconds,
            "send_sms_notification",
            phone_number=to,
            template_id=settings().notify_template_id,
            personalisation={"text": text},
            reference=reference,
            sms_sender_id=settings().notify_sender_id or None,
        )
    )


def _asked(seconds: float, method: str, **about: Any) -> Any:
    # Their client is not safe between threads, so each call has its own.
    client = NotificationsAPIClient(  # type: ignore[no-untyped-call]
        settings().notify_api_key, base_url=settings().notify_url, timeout=seconds
    )
    with client.request_session:
        try:
            return getattr(client, method)(**about)
        except InvalidResponse as error:
            raise LaterError("no_json") from error
        except HTTPError as error:
            raise _failure(error) from error


def _failure(error: APIError) -> LaterError | RefusedError:
    if error.response is None:
        slow = isinstance(error.__cause__ or error.__context__, requests.Timeout)
        return LaterError("timeout" if slow else "connection")
    return failure(error.status_code, _code(error.response))


def _code(response: requests.Response) -> str:
    """The kind of error, where it is one that Notify documents; else the status."""
    try:
        kind = response.json()["errors"][0]["error"]
    except (ValueError, LookupError, TypeError):
        kind = None
    return kind if isinstance(kind, str) and kind in ERRORS else str(response.status_code)


def _id_of(answer: Any) -> str:
    if not isinstance(answer, dict) or not isinstance(answer.get("id"), str) or not answer["id"]:
        raise LaterError("wrong_shape")
    return str(answer["id"])
