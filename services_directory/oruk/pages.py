"""The envelope of every list."""

from __future__ import annotations

from collections.abc import Sequence

from services_directory.oruk.taxonomy import Entity


def page_of(contents: Sequence[Entity], *, total: int, number: int, per_page: int) -> Entity:
    """One page of ``total`` items.

    No hits give one page that is the first, the last and empty: the only shape that every rule of
    Open Referral UK's pagination tests accepts. Past the end the page is empty and the last one,
    so that nobody walks on for ever.
    """
    pages = max(1, -(-total // per_page))
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
        "contents": list(contents),
    }
