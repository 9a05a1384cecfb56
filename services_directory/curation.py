"""How a listing changes: a draft beside the public copy, a second person's approval, a way back.

Each act takes the ``lock`` that its person saw, so that of two editors the second hears of the
first and nothing is lost; each is audited in its own transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from accounts.policy import roles_for
from accounts.staff import actor_of
from accounts.tables import Staff
from core.audit import record
from core.clock import now
from services_directory.assurance import GROUPS, METHODS, due, touched
from services_directory.checks.fields import check
from services_directory.checks.finding import Finding
from services_directory.checks.known import check_known
from services_directory.listing import COLUMNS
from services_directory.publishing import publish, refresh_dates, withdraw
from services_directory.tables import (
    DirectoryListing,
    Live,
    Revision,
    State,
    Verification,
)
from sites import NATIONAL

STAFF = "staff"
EDITS = roles_for("directory.edit")
OPEN = (State.draft.value, State.submitted.value)


class CurationError(Exception):
    """Something that the person can put right; the message is for them."""

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class StaleError(CurationError):
    """Somebody else changed the listing since this person opened it."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed this listing since you opened it. Your words are below:"
            " compare them with the listing as it is now, and save again."
        )


def listing_for(session: Session, staff: Staff, listing_id: str) -> DirectoryListing | None:
    """The listing, if this person's site looks after it; national ones belong to every site."""
    found = session.get(DirectoryListing, listing_id)
    return found if found and found.site in (staff.site, NATIONAL) else None


def working(session: Session, listing: DirectoryListing) -> Revision | None:
    """The version that is being written or waits for approval."""
    return _newest(session, listing, OPEN)


def published(session: Session, listing: DirectoryListing) -> Revision | None:
    """The version that is public."""
    return _newest(session, listing, (State.live.value,))


def history(session: Session, listing: DirectoryListing) -> list[Revision]:
    """Every version, newest first."""
    found = select(Revision).where(Revision.listing_id == listing.id).order_by(Revision.n.desc())
    return list(session.scalars(found))


def start(session: Session, staff: Staff, document: Mapping[str, str]) -> DirectoryListing:
    """A new listing of this person's site, as a draft that nobody else sees."""
    listing = DirectoryListing(
        id=str(uuid.uuid4()), site=staff.site, made_at=now(), changed_at=now()
    )
    session.add(listing)
    session.flush()
    _write(session, staff, listing, document)
    return listing


def write(
    session: Session,
    staff: Staff,
    listing: DirectoryListing,
    lock: int,
    document: Mapping[str, str],
) -> Revision:
    """Save the draft, which may be faulty still; the public copy stays as it is."""
    _touch(session, listing, lock)
    return _write(session, staff, listing, document)


def submit(
    session: Session,
    staff: Staff,
    listing: DirectoryListing,
    lock: int,
    *,
    reason: str,
    method: str,
) -> Revision:
    """Ask for approval; raises :class:`CurationError` for faults and for a missing reason.

    Who sends the draft of an import vouches for it: it is theirs from now on. A colleague's stays
    the colleague's, who could else approve their own words.
    """
    draft = working(session, listing)
    if draft is None or draft.state != State.draft.value:
        raise CurationError("There is no draft of this listing to send for approval.")
    found = [*check(draft.document), *check_known(draft.document)]
    faults = [each for each in found if each.severity == "error"]
    if faults:
        raise CurationError("Put these right before you send it for approval.", faults)
    if not reason.strip():
        raise CurationError("Say why you make this change.")
    if method not in METHODS:
        raise CurationError("Say how you know that it is right now.")
    _touch(session, listing, lock)
    draft.state, draft.reason, draft.method = State.submitted.value, reason.strip(), method
    if draft.source != STAFF:
        draft.author = staff.id
    record(session, actor_of(staff), "listing.submit", f"listing:{listing.id}")
    return draft


def approve(
    session: Session, staff: Staff, listing: DirectoryListing, lock: int, *, words: str = ""
) -> Revision:
    """Make the waiting version public. Never by its author: raises :class:`CurationError`."""
    waiting = _waiting(session, staff, listing)
    _touch(session, listing, lock)
    before = published(session, listing)
    if before is not None:
        before.state = State.replaced.value
    _decide(waiting, staff, State.live, words)
    session.flush()
    changed = touched(before.document if before else {}, waiting.document)
    if waiting.method:
        _confirm(session, waiting.author, listing, changed, waiting.method)
    listing.hidden, listing.merged_into = False, None
    publish(session, listing, waiting)
    record(session, actor_of(staff), "listing.approve", f"listing:{listing.id}")
    return waiting


def reject(
    session: Session, staff: Staff, listing: DirectoryListing, lock: int, *, words: str
) -> Revision:
    """Give the waiting version back to its author as a draft, with what has to change."""
    waiting = _waiting(session, staff, listing)
    if not words.strip():
        raise CurationError("Say what has to change.")
    _touch(session, listing, lock)
    _decide(waiting, staff, State.draft, words)
    record(session, actor_of(staff), "listing.reject", f"listing:{listing.id}")
    return waiting


def discard(session: Session, staff: Staff, listing: DirectoryListing, lock: int) -> None:
    """Throw the draft away; it stays in the history."""
    draft = working(session, listing)
    _touch(session, listing, lock)
    if draft is not None:
        _decide(draft, staff, State.discarded, "")
    record(session, actor_of(staff), "listing.discard", f"listing:{listing.id}")


def go_back_to(
    session: Session, staff: Staff, listing: DirectoryListing, lock: int, *, n: int
) -> Revision:
    """A draft with the words of version ``n``, to be approved like any other change."""
    found = session.scalar(
        select(Revision).where(Revision.listing_id == listing.id, Revision.n == n)
    )
    if found is None:
        raise CurationError(f"This listing has no version {n}.")
    _touch(session, listing, lock)
    return _write(session, staff, listing, found.document)


def hide(
    session: Session, staff: Staff, listing: DirectoryListing, lock: int, *, reason: str
) -> None:
    """Take it out of every search at once: a wrong listing does harm while it waits."""
    if not reason.strip():
        raise CurationError("Say why it is hidden.")
    _touch(session, listing, lock)
    listing.hidden = True
    withdraw(session, listing)
    _note_hiding(session, staff, listing, reason)
    record(session, actor_of(staff), "listing.hide", f"listing:{listing.id}")


def _note_hiding(session: Session, staff: Staff, listing: DirectoryListing, reason: str) -> None:
    """A line of the history, with who and why; the words are those that were public."""
    version = published(session, listing) or working(session, listing)
    session.add(
        Revision(
            listing_id=listing.id,
            n=_next(session, listing),
            document=version.document if version else {},
            state=State.hidden.value,
            source=STAFF,
            author=staff.id,
            reason=reason.strip(),
            written_at=now(),
        )
    )
    session.flush()


def show_again(session: Session, staff: Staff, listing: DirectoryListing, lock: int) -> None:
    """Make the last approved version public again."""
    _touch(session, listing, lock)
    listing.hidden, listing.merged_into = False, None
    version = published(session, listing)
    if version is not None:
        publish(session, listing, version)
    record(session, actor_of(staff), "listing.show", f"listing:{listing.id}")


def merge(
    session: Session, staff: Staff, keep: DirectoryListing, gone: DirectoryListing, *, reason: str
) -> None:
    """Two listings are one service: ``gone`` leaves the directory and points to ``keep``."""
    if keep.id == gone.id:
        raise CurationError("These are the same listing.")
    hide(session, staff, gone, gone.lock, reason=reason)
    gone.merged_into = keep.id
    record(session, actor_of(staff), "listing.merge", f"listing:{keep.id}")


def confirm(
    session: Session,
    staff: Staff,
    listing: DirectoryListing,
    groups: Sequence[str],
    method: str,
) -> None:
    """Still right: each of ``groups`` was looked at today, by ``method``."""
    if method not in METHODS:
        raise CurationError("Say how you checked it.")
    unknown = set(groups) - set(GROUPS)
    if unknown or not groups:
        raise CurationError("Choose what you checked.")
    _confirm(session, staff.id, listing, groups, method)
    refresh_dates(session, listing.id)
    record(session, actor_of(staff), "listing.confirm", f"listing:{listing.id}")


def confirmations(session: Session, listing: DirectoryListing) -> dict[str, Verification]:
    """The last confirmation of each group of fields."""
    found = select(Verification).where(Verification.listing_id == listing.id)
    return {row.field_group: row for row in session.scalars(found.order_by(Verification.at))}


def import_draft(
    session: Session, author: str, document: Mapping[str, str], *, source: str = "import"
) -> str:
    """Take up one imported document: "new", "changed" or "same"; never public by itself.

    The same document again changes nothing, whether it is public by now or still a draft.
    """
    listing = session.get(DirectoryListing, document["id"])
    if listing is None:
        listing = DirectoryListing(
            id=document["id"], site=document["site"], made_at=now(), changed_at=now()
        )
        session.add(listing)
        session.flush()
        _draft(session, listing, document, author=author, source=source)
        return "new"
    known = working(session, listing) or published(session, listing)
    if known is not None and _same(known.document, document):
        return "same"
    _touch(session, listing, listing.lock)
    _draft(session, listing, document, author=author, source=source)
    return "changed"


def _write(
    session: Session, staff: Staff, listing: DirectoryListing, document: Mapping[str, str]
) -> Revision:
    record(session, actor_of(staff), "listing.write", f"listing:{listing.id}")
    return _draft(session, listing, document, author=staff.id, source=STAFF)


def _draft(
    session: Session,
    listing: DirectoryListing,
    document: Mapping[str, str],
    *,
    author: str,
    source: str,
) -> Revision:
    """The open draft with these words; a version that waits for approval is a draft again."""
    clean = {name: document.get(name, "").strip() for name in COLUMNS}
    clean |= {"id": listing.id, "site": listing.site}
    draft = working(session, listing)
    if draft is None or draft.author != author:
        if draft is not None:
            draft.state = State.replaced.value
        draft = Revision(
            listing_id=listing.id, n=_next(session, listing), author=author, source=source
        )
        session.add(draft)
    draft.document, draft.state, draft.written_at = clean, State.draft.value, now()
    session.flush()
    return draft


def _next(session: Session, listing: DirectoryListing) -> int:
    highest = select(func.max(Revision.n)).where(Revision.listing_id == listing.id)
    return (session.scalar(highest) or 0) + 1


def _waiting(session: Session, staff: Staff, listing: DirectoryListing) -> Revision:
    waiting = working(session, listing)
    if waiting is None or waiting.state != State.submitted.value:
        raise CurationError("Nothing of this listing waits for approval.")
    live = published(session, listing)
    wrote = select(Revision.author).where(
        Revision.listing_id == listing.id,
        Revision.n > (live.n if live else 0),
        Revision.state.not_in((State.discarded.value, State.hidden.value)),
    )
    # A colleague's last touch does not make the rest of it somebody else's.
    if staff.id in session.scalars(wrote).all():
        raise CurationError("You wrote some of this change, so somebody else has to approve it.")
    return waiting


def _decide(version: Revision, staff: Staff, state: State, words: str) -> None:
    version.state, version.decision = state.value, words.strip()
    version.decided_by, version.decided_at = staff.id, now()


def _confirm(
    session: Session, by: str, listing: DirectoryListing, groups: Sequence[str], method: str
) -> None:
    moment = now()
    session.add_all(
        Verification(
            listing_id=listing.id,
            field_group=group,
            method=method,
            by=by,
            at=moment,
            due=due(group, moment.date()),
        )
        for group in groups
    )
    session.flush()


def _touch(session: Session, listing: DirectoryListing, lock: int) -> None:
    """Claim the listing for this change; raises :class:`StaleError` when it has moved on."""
    if listing.lock != lock:
        raise StaleError
    listing.changed_at = now()
    try:
        session.flush()
    except StaleDataError:
        raise StaleError from None


def _newest(session: Session, listing: DirectoryListing, states: Sequence[str]) -> Revision | None:
    return session.scalar(
        select(Revision)
        .where(Revision.listing_id == listing.id, Revision.state.in_(states))
        .order_by(Revision.n.desc())
        .limit(1)
    )


def _same(held: Mapping[str, str], document: Mapping[str, str]) -> bool:
    return all(held.get(name, "") == document.get(name, "").strip() for name in COLUMNS)


def is_public(session: Session, listing: DirectoryListing) -> bool:
    """Whether a search can find it."""
    found = session.scalar(select(Live.number).where(Live.listing_id == listing.id))
    return found is not None
