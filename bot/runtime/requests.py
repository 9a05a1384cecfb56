"""Reads by rule what an officer asks of referrals that are there: status, end, list, a step back.

A withdrawal ends something, so only these exact words ask for one, and a choice confirms it: in a
probe a learned intent took a plain answer for a cancellation. Words beside them may say why, which
only puts that reason first among the choices.
"""

from __future__ import annotations

import re

from bot.runtime.text import fold

REFERENCE = "[reference]"
STATUS, WITHDRAW, BACK, WAITING = "ask_status", "withdraw_referral", "go_back", "ask_waiting"

_WHO = r"(?:(?:hes|shes|theyve|he|she|they|the suspect|suspect|pic|dp)(?: has| have| is| was)? )?"
_REASONS = {
    "charged": rf"{_WHO}(?:now |just )?(?:been |being |getting )?charged",
    "prosecuted": rf"{_WHO}(?:now )?(?:being |getting |to be )?prosecuted"
    r"|(?:its |it is |he is |hes |shes )?(?:now )?going to court",
    "mistake": r"(?:it |this |that )?(?:was |is |sent )?(?:my |a |in |by )?(?:mistake|error)"
    r"|wrong (?:person|suspect|case|one|name)",
    "duplicate": r"(?:it was |its |its a |it is a |i )?"
    r"(?:sent (?:it )?twice|duplicate|already sent)",
    "moved": rf"{_WHO}moved (?:away|house|area|out of (?:the )?(?:area|county|force))",
    "died": rf"{_WHO}(?:died|passed away)",
    "consent_withdrawn": rf"{_WHO}(?:changed (?:his|her|their) mind|withdrawn consent"
    r"|(?:doesnt|does not|wont|no longer) (?:want|agree|consent)s?)",
    "new_risk": r"(?:theres |there is )?(?:a )?new risk|(?:the )?risk has gone up",
    "needs_met": rf"{_WHO}(?:getting|gets|got) (?:the )?help elsewhere",
}
_MORE = r"(?: (?:with|for|to|by|today|now|yesterday|this morning|last night)\b.{0,40})?"
_NOT = re.compile(r"\b(?:no|not|never|nobody|isnt|wasnt|hasnt|unless|until|victim|before)\b")
_WITHDRAW = re.compile(
    r"^(?:please |can you |can i |could you |i want to |i need to |id like to |need to |want to )*"
    r"(?:(?:withdraw|cancel|pull|take back|retract) (?:the |my |a |this |that |sent )*"
    r"(?:cara )?(?:referral|reference|ref)?(?: number| no)?:? ?(?:\[reference\])?"
    r"|(?:withdraw|pull|retract) (?:it|that one))(?: please| pls)?"
    r"(?P<why> (?:(?:because|as|since|cos|cause) )?(?:"
    + "|".join(rf"(?P<{code}>{words})" for code, words in _REASONS.items())
    + rf"){_MORE})?$"
)
_ASKED = r"(?:is there |are there |have i got |do i have |got )?"
_THING = r"(?:anything|something|any (?:referrals?|drafts?|jobs?|work)|whats|what is|what)"
_WAITING = re.compile(
    rf"^{_ASKED}{_THING}(?: else)? (?:waiting|outstanding)(?: (?:for|on|with) me)?(?: now| today)?$"
    rf"|^{_ASKED}{_THING}(?: else)? (?:pending|open|left|to do) (?:for|on|with) me(?: now| today)?$"
    r"|^(?:show|list|see|open)(?: me)? my (?:open |sent |own )?(?:referrals|drafts|list|queue)"
    r"(?: please)?$"
    r"|^my (?:open |sent |own )?(?:referrals|drafts)$"
    r"|^whats (?:on my (?:list|plate|desk)|in my (?:queue|tray|inbox))$"
    r"|^who(?:s| is) waiting (?:for|on) me$"
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
    said = _plain(text)
    if _WITHDRAW.search(said):
        return WITHDRAW
    if _WAITING.search(said):
        return WAITING
    if _BACK.search(said):
        return BACK
    named = REFERENCE in said
    if said == REFERENCE or (named and _STATUS.search(said)) or _ABOUT_SENT.search(said):
        return STATUS
    return None


def read_reason(text: str) -> str | None:
    """Why a withdrawal is asked for, as a code of the table, where the words say so."""
    found = _WITHDRAW.search(_plain(text))
    if found is None or _NOT.search(found["why"] or ""):
        return None
    return next((code for code in _REASONS if found[code]), None)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\[\] ]", "", fold(text).replace("-", " ")).split())
