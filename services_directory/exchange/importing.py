"""Rows of a source against the directory: what is new, changed, the same or refused, and drafts.

Everything is found out first, and only then written, in one transaction: an import is whole or
not at all, and other people's writes wait only for the writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.audit import SYSTEM, record
from core.clock import now
from services_directory.checks.finding import Finding, error, warning
from services_directory.curation import OPEN, import_draft
from services_directory.exchange import echoes
from services_directory.exchange.faults import Row, Source
from services_directory.exchange.judging import cleaned, faults_of, says_no_more, unstorable
from services_directory.exchange.timetable import shifts_in
from services_directory.listing import COLUMNS, WITHHELD, withheld
from services_directory.publishing import AT_ONCE
from services_directory.tables import DirectoryListing, Revision, State

IMPORT = "import"
Kind = Literal["new", "changed", "same", "refused"]
Done = Callable[[int], object]
# What two rows may differ in and still say the same.
_NAMES_OF_IT = frozenset({"id", "service_id", "organisation_id", "hsds"})
# Of a place that must not be found no export says these: what others wrote may name it.
UNSAID = WITHHELD | {"hsds"}


class Change(NamedTuple):
    """One field of a listing, as it was and as the source has it."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Outcome:
    """What becomes of one row."""

    number: int
    id: str
    name: str
    kind: Kind
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass
class Plan:
    """What an import would do; ``documents`` are those to be written, by id.

    ``absent`` are the ids of listings of the same sites that the source does not have: they are
    said and stay.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    documents: dict[str, dict[str, str]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def ids(self, *kinds: Kind) -> list[str]:
        """The ids of the rows with one of these outcomes."""
        return [each.id for each in self.outcomes if each.kind in kinds]

    def count(self, kind: Kind) -> int:
        """How many rows have this outcome."""
        return len(self.ids(kind))


@dataclass(frozen=True)
class _Held:
    site: str
    document: Mapping[str, str]


def planned(
    session: Session, source: Source, *, site: str = "", done: Done = lambda _count: None
) -> Plan:
    """What the rows of a source come to; nothing is written.

    ``site`` is the site of rows that name none, and no row may name another; without it each row
    has to name its own.
    """
    ids = list(dict.fromkeys(row.document.get("id", "") for row in source.rows))
    held = _held(session, ids)
    echo = {} if source.own else echoes.of(session, ids)
    judge = _Judge(held, echo, site, own=source.own)
    plan = Plan(notes=list(source.notes))
    for row in source.rows:
        outcome, document = judge.outcome(row)
        plan.outcomes.append(outcome)
        if outcome.kind in ("new", "changed"):
            plan.documents[outcome.id] = document
        done(1)
    plan.absent = _absent(session, judge.sites, set(ids))
    if note := shifts_in(each for outcome in plan.outcomes for each in outcome.findings):
        plan.notes.append(note)
    return plan


def carry_out(
    session: Session, plan: Plan, *, author: str = IMPORT, done: Done = lambda _count: None
) -> None:
    """Write the drafts; the same outcome as ``curation.import_draft`` row by row, for many."""
    new = plan.ids("new")
    # Somebody may have made one of them since the plan.
    taken = set(_held(session, new))
    fresh = [each for each in new if each not in taken]
    for some in batches(fresh, AT_ONCE):
        _insert(session, [plan.documents[each] for each in some], author)
        done(len(some))
    for each in taken:
        import_draft(session, author, plan.documents[each])
        done(1)
    for some in batches(plan.ids("changed"), AT_ONCE):
        _change(session, [plan.documents[each] for each in some], author)
        done(len(some))
    record(session, SYSTEM, "directory.import", f"directory:{len(plan.documents)}")


def batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The ids in parts, as many as one statement may name."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


class _Judge:
    """Judges the rows of one source, one after the other."""

    def __init__(
        self,
        held: Mapping[str, _Held],
        echo: Mapping[str, Mapping[str, str]],
        site: str,
        *,
        own: bool,
    ) -> None:
        self._held, self._echo, self._site, self._own = held, echo, site, own
        self._rows: dict[str, int] = {}
        self._contents: dict[tuple[str, ...], tuple[int, str]] = {}
        self.sites: set[str] = {site} if site else set()

    def outcome(self, row: Row) -> tuple[Outcome, dict[str, str]]:
        document = cleaned(row.document)
        held = self._held.get(document.get("id", ""))
        before = held.document if held else {}
        merged = self._merged(document, before)
        findings = [*row.findings, *self._of_site(merged, held), *self._repeated(row, merged)]
        bad = unstorable(merged)
        findings += bad or faults_of(merged, own=self._own)
        changes = _changes(before, merged) if held else ()
        kind: Kind = "changed" if changes else "same"
        if not before:
            kind = "new"
        if kind != "same" and any(each.severity == "error" for each in findings):
            kind = "refused"
        unlike = tuple(_once(findings))
        name = merged["service_name"]
        return Outcome(row.number, merged["id"], name, kind, unlike, changes), merged

    def _merged(self, document: dict[str, str], before: Mapping[str, str]) -> dict[str, str]:
        """The row over what the directory holds, which stands where the row says nothing new."""
        echo = self._echo.get(document.get("id", ""), {})
        said = {
            name: value
            for name, value in document.items()
            if name not in echo or not says_no_more(value, echo[name])
        }
        secret = withheld({**before, **said})
        if secret:
            # What is withheld never leaves with an export, so its absence says nothing.
            said = {n: v for n, v in said.items() if n not in UNSAID or v}
        merged = {name: said.get(name, before.get(name, "")) for name in COLUMNS}
        merged["site"] = said.get("site") or self._site or before.get("site", "")
        return merged

    def _of_site(self, merged: Mapping[str, str], held: _Held | None) -> Iterator[Finding]:
        site = merged["site"]
        self.sites |= {site} - {""}
        if not site:
            yield error("site_missing", "site", "It names no site: say which with --site.")
        elif self._site and site != self._site:
            words = f"It belongs to “{site}” and not to “{self._site}”."
            yield error("site_other", "site", words)
        elif held and held.site != site:
            words = f"There is a listing of this id already, which belongs to “{held.site}”."
            yield error("site_other", "id", words)

    def _repeated(self, row: Row, merged: Mapping[str, str]) -> Iterator[Finding]:
        listing_id = merged["id"]
        content = tuple(merged[name] for name in COLUMNS if name not in _NAMES_OF_IT)
        first = self._rows.setdefault(listing_id, row.number)
        number, other = self._contents.setdefault(content, (row.number, listing_id))
        again = first != row.number or number != row.number
        if listing_id and again and first != row.number:
            yield error("id_repeated", "id", f"Row {first} has this id already.")
        elif other != listing_id:
            words = f"It says the same as row {number} under another id ({other})."
            known = listing_id in self._held
            yield (warning if known else error)("row_repeated", "id", words)


def _held(session: Session, ids: Iterable[str]) -> dict[str, _Held]:
    """What the directory holds of these: of each the version that is at work, else the public."""
    found: dict[str, _Held] = {}
    for some in batches([each for each in ids if each], AT_ONCE):
        listings = select(DirectoryListing.id, DirectoryListing.site)
        for listing_id, site in session.execute(listings.where(DirectoryListing.id.in_(some))):
            found[listing_id] = _Held(site, {})
        versions = (
            select(Revision.listing_id, Revision.state, Revision.document)
            .where(Revision.listing_id.in_(some), Revision.state.in_((*OPEN, State.live.value)))
            .order_by(Revision.n)
        )
        at_work: set[str] = set()
        for listing_id, state, document in session.execute(versions):
            if state in OPEN or listing_id not in at_work:
                found[listing_id] = _Held(found[listing_id].site, document)
            if state in OPEN:
                at_work.add(listing_id)
    return found


def _changes(before: Mapping[str, str], merged: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(name, before.get(name, ""), merged[name])
        for name in COLUMNS
        if before.get(name, "") != merged[name]
    )


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    seen: set[Finding] = set()
    for each in findings:
        if each not in seen:
            seen.add(each)
            yield each


def _absent(session: Session, sites: set[str], given: set[str]) -> list[str]:
    states = (*OPEN, State.live.value)
    asked = (
        select(DirectoryListing.id)
        .join(Revision, Revision.listing_id == DirectoryListing.id)
        .where(
            DirectoryListing.site.in_(sites),
            DirectoryListing.merged_into.is_(None),
            Revision.state.in_(states),
        )
        .distinct()
    )
    return sorted(set(session.scalars(asked)) - given)


def _insert(session: Session, documents: Sequence[Mapping[str, str]], author: str) -> None:
    moment = now()
    session.execute(
        insert(DirectoryListing),
        [
            {
                "id": each["id"],
                "site": each["site"],
                "lock": 1,
                "hidden": False,
                "made_at": moment,
                "changed_at": moment,
            }
            for each in documents
        ],
    )
    session.execute(
        insert(Revision),
        [
            {
                "listing_id": each["id"],
                "n": 1,
                "document": dict(each),
                "state": State.draft.value,
                "source": IMPORT,
                "author": author,
                "reason": "",
                "method": "",
                "decision": "",
                "written_at": moment,
            }
            for each in documents
        ],
    )


def _change(session: Session, documents: Sequence[Mapping[str, str]], author: str) -> None:
    """The draft of each listing with these words; see ``curation._draft``."""
    ids = [each["id"] for each in documents]
    listings = session.scalars(select(DirectoryListing).where(DirectoryListing.id.in_(ids)))
    moment = now()
    for listing in listings:
        listing.changed_at = moment
    versions: dict[str, list[Revision]] = {}
    known = select(Revision).where(Revision.listing_id.in_(ids)).order_by(Revision.n)
    for version in session.scalars(known):
        versions.setdefault(version.listing_id, []).append(version)
    for document in documents:
        draft = _draft_of(session, document["id"], versions.get(document["id"], []), author)
        draft.document, draft.state, draft.written_at = (
            dict(document),
            State.draft.value,
            moment,
        )
    session.flush()
    # Thousands of documents need not stay in memory to the end.
    session.expunge_all()


def _draft_of(
    session: Session, listing_id: str, versions: Sequence[Revision], author: str
) -> Revision:
    """The author's own open draft, or a new one in the place of whoever's is open."""
    at_work = next((each for each in reversed(versions) if each.state in OPEN), None)
    if at_work and at_work.author == author:
        return at_work
    if at_work:
        at_work.state = State.replaced.value
    highest = versions[-1].n if versions else 0
    draft = Revision(
        listing_id=listing_id,
        n=highest + 1,
        author=author,
        source=IMPORT,
    )
    session.add(draft)
    return draft
