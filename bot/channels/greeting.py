"""The first words of a conversation, which need no Rasa."""

from __future__ import annotations

from sqlalchemy.orm import Session

from accounts.tables import Staff
from bot.channels.facts import public_greeting
from bot.channels.render import Body, choice, text_body
from bot.conversations import Conversation
from bot.speech import Choice
from core.clock import LONDON
from referrals import record
from referrals.tables import Referral
from sites import Site, site_of


def greeting(session: Session, conversation: Conversation, staff: Staff | None) -> list[Body]:
    """Who I am, what is kept and who sees it, and how to begin."""
    language = conversation.language
    site = site_of(conversation.site)
    if conversation.audience == "public":
        return [*public_greeting(), *_kept(site, "participant", "en")]
    if conversation.audience != "officer":
        return _participant(site, language)
    bodies = [text_body("utter_officer_welcome", language), *_kept(site, "officer", language)]
    if not site.referral:
        off = text_body("utter_officer_site_off", language, reason=site.referral_off_because)
        return [*bodies, off]
    left = record.drafts(session, staff) if staff else []
    resume = [_resume_choice(draft) for draft in left]
    start = choice("utter_label_start", "start_referral", new=True)
    about = choice("utter_label_about_cara", "ask_about_cara")
    return [*bodies, text_body("utter_officer_begin", language, *resume, start, about)]


def _resume_choice(draft: Referral) -> Choice:
    """A draft by what its officer may remember of it, and nobody else can read from it."""
    begun = draft.created_at.astimezone(LONDON)
    told = {
        "when": f"{begun.day} {begun:%B}, {begun:%H:%M}",
        "answers": len(record.known(draft).answers),
    }
    return choice("utter_label_resume", "start_referral", values=told, draft=draft.id)


def welcome_by_text(conversation: Conversation) -> list[Body]:
    """The same for somebody who texts, after their first message: what is kept and who sees it.

    A locked telephone may show it to anybody, so it says less of what this is for.
    """
    language, site = conversation.language, site_of(conversation.site)
    kept = _kept(site, "participant", language)
    return [text_body("utter_text_welcome", language), *kept]


def _kept(site: Site, who: str, language: str) -> list[Body]:
    """That somebody may read what is not understood, where the site has agreed to that."""
    return [text_body(f"utter_unclear_kept_{who}", language)] if site.keeps_unclear else []


def _participant(site: Site, language: str) -> list[Body]:
    from_needs = [
        choice(f"utter_need_{code}", "find_help", needs=[code])
        for code in ("alcohol", "drugs", "mental_health", "trauma")
    ]
    person = choice("utter_label_person", "talk_to_person")
    welcome = text_body("utter_participant_welcome", language)
    unread = [text_body("utter_unreviewed", language)] if welcome.get("unreviewed") else []
    more = choice("utter_label_other_need", "find_help", ask=True)
    kept = _kept(site, "participant", language)
    asked = text_body("utter_ask_needs", language, *from_needs, more, person)
    return [welcome, *kept, *unread, asked]
