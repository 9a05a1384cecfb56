"""What keeps a whole file from being read, and the limits over which nothing is read at all."""

from __future__ import annotations

from dataclasses import dataclass, field

from services_directory.checks.finding import Finding

# Bytes of a file as it is given: ten times a site's directory of 20,000 listings.
MOST_BYTES = 50_000_000
MOST_ROWS = 100_000
# Characters of one field; people read a listing on a telephone, and ``hsds`` holds what is over.
LONGEST_FIELD = 5_000
LONGEST_EXTRA = 20_000


class ExchangeError(Exception):
    """A file or feed is refused whole; ``code`` is for programs, the message for a coordinator."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Row:
    """One listing as its source has it; ``number`` counts as the source does.

    ``document`` has the columns of which the source can say something, and no others: what it
    cannot say stays as the directory has it.
    """

    number: int
    document: dict[str, str]
    findings: tuple[Finding, ...] = ()


@dataclass
class Source:
    """All rows of a source, and what is to be said of it as a whole.

    ``own`` is whether it has our own columns: then a listing without a need is a slip, whereas
    others sort their services by terms that we may not know.
    """

    rows: list[Row]
    own: bool
    notes: list[str] = field(default_factory=list)
