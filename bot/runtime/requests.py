"""Reads by rule what an officer asks of a referral that is there: its status, its end, a step back.

A withdrawal ends something, so only these exact words ask for one, and a choice confirms it: in a
probe a learned intent took a plain answer for a cancellation.
"""

from __future__ import annotations

import re

from bot.runtime.text import fold

REFERENCE = "[reference]"
STATUS, WITHDRAW, BACK = "ask_status", "withdraw_referral", "go_back"

_WITHDRAW = re.compile(
    r"^(?:please |can you |can i |could you |i want to |i need to |id like to |need to |want to )*"
    r"(?:withdraw|cancel|pull|take back|retract) (?:the |my |a |this |that |sent )*"
    r"(?:cara )?(?:referral|reference|ref)?(?: number| no)?:? ?(?:\[reference\])?(?: please| pls)?$"
)
_STATUS = re.compile(
    r"\b(?:status|progress|update|news|outcome|decision|state|check|chase|look up|find)\b"
    r"|\bwhere (?:is|has|are|did)\b|\bwhat(?:s| is| has)? (?:happen|going on|become)\w*"
    r"|\bhas (?:it|that|this|the sergeant|sarge|anyone)\b|\bhow(?:s| is)\b"
    r"|\b(?:authorised|accepted|approved|decided|signed off|gone through)\b"
)
_DONE = (
    "authorised|accepted|approved|received|decided|signed off|gone through|looked at|been seen|seen"
)
_ABOUT_SENT = re.compile(
    r"\b(?:status|progress|update|news) (?:of|on|about|for) (?:my|the|that|a|last|our) "
    r"(?:last |sent |cara )*referral\b"
    rf"|\b(?:has|have|is|was|did)\b.{{1,40}}\breferral\b.{{0,20}}\b(?:{_DONE})\b"
    rf"|\b(?:{_DONE}|happen\w* (?:with|to)|heard about) (?:(?:my|the|that|our|last) )*"
    r"(?:referral|one (?:that )?(?:i|we) (?:sent|put in|submitted|did))\b"
)
_BACK = re.compile(
    r"^(?:can (?:we|i|you) |please |lets |just )*(?:go |take me |step |jump )?"
    r"back(?: a| one| to the)?(?: previous| last)?(?: step| question| one)?(?: please| pls)?$"
    r"|^(?:the )?(?:previous|last) question(?: again| please)*$|^undo(?: that| last)*$"
)


def read_request(text: str) -> str | None:
    """The intent that the words ask for, or None. ``text`` has its references masked."""
    said = " ".join(re.sub(r"[^\w\[\] ]", "", fold(text).replace("-", " ")).split())
    if _WITHDRAW.search(said):
        return WITHDRAW
    if _BACK.search(said):
        return BACK
    named = REFERENCE in said
    if said == REFERENCE or (named and _STATUS.search(said)) or _ABOUT_SENT.search(said):
        return STATUS
    return None
