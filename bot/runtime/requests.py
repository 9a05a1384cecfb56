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

_WHO = r"(?:hes|shes|theyve|(?:he|she|they|the suspect|suspect|pic|dp|ip)(?: has| have| is| was)?)"
_REASONS = {
    "charged": rf"(?:{_WHO} )?(?:now |just )?(?:been |being |getting )?charged",
    "prosecuted": rf"(?:{_WHO} )?(?:now )?(?:being |getting |to be )?prosecuted|"
    r".*\b(?:to|for) court",
    "mistake": r"(?:it |this |that )?(?:was |is |sent )?(?:my |a |in |by )?(?:mistake|error)|"
    r"wrong (?:person|suspect|case|one|name)",
    "duplicate": r".*\b(?:twice|duplicate|already (?:referred|sent|in))",
    "moved": rf"(?:{_WHO} )?moved (?:away|house|area|out of .*)",
    "died": rf"(?:{_WHO} )?(?:died|dead|passed away)",
    "consent_withdrawn": rf"(?:{_WHO} )?(?:changed (?:his|her|their) mind|refus(?:ed|es|ing)|"
    r"(?:doesnt|does not|dont|wont|no longer) (?:want|agree|consent)s?|withdrawn consent)",
    "new_risk": r".*\b(?:new|more|higher|increased) risk|.*\brisk (?:has )?(?:gone|went|come) .*",
    "needs_met": rf"(?:{_WHO} )?(?:getting|gets|got|has) (?:the )?help elsewhere",
}
_WITHDRAW = re.compile(
    r"^(?:please |can you |can i |could you |i want to |i need to |id like to |need to |want to )*"
    r"(?:(?:withdraw|cancel|pull|take back|retract) (?:the |my |a |this |that |sent )*"
    r"(?:cara )?(?:referral|reference|ref)?(?: number| no)?:? ?(?:\[reference\])?"
    r"|(?:withdraw|pull|retract) (?:it|that one))(?: please| pls)?"
    r"(?P<why> (?:(?:because|as|since|cos|cause|its) )?(?P<reason>"
    + "|".join(rf"(?P<{code}>{words})" for code, words in _REASONS.items())
    + r")(?: .{0,60})?)?$"
)
_WAITING = re.compile(
    r"^(?:(?:is |have i got |do i have |have you got |got )(?:there )?)?"
    r"(?:anything|any ?one|what|whats|what is|something|"
    r"any (?:referrals?|drafts?|jobs?|questions?|work))"
    r"(?: else| new| do i have| have i got| is there| there| is)*"
    r" (?:waiting|outstanding|pending|to do|left to do|on my (?:list|plate|desk)|"
    r"in my (?:queue|tray|list|inbox)|needs? (?:my attention|me|doing)|open)"
    r"(?: (?:for|on) me| with me| from me| right now| now| today| at the moment)*$"
    r"|^(?:show |list |see |open |whats in |what is in )*(?:me )?(?:all )?(?:of )?my "
    r"(?:open |sent |own |current )?"
    r"(?:referrals|drafts|list|queue|tray|inbox|work)(?: please| pls)?$"
    r"|^what (?:do|must) i (?:still )?(?:need|have) to do(?: now| today)?$"
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
    return next((code for code in _REASONS if found and found[code]), None)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\[\] ]", "", fold(text).replace("-", " ")).split())
