"""Night, whatever the hour of the day: processes for which London's clock stands at three."""

from __future__ import annotations

import os
import struct
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

THREE = timedelta(hours=3)
DAY = timedelta(days=1)


def night_in_london(folder: Path) -> dict[str, str]:
    """Settings by which Python finds a zone Europe/London in which it is three at night now."""
    now = datetime.now(UTC)
    today = timedelta(hours=now.hour, minutes=now.minute, seconds=now.second)
    offset = (THREE - today + DAY / 2) % DAY - DAY / 2
    zone = folder / "Europe" / "London"
    zone.parent.mkdir(parents=True)
    zone.write_bytes(_tzif(int(offset.total_seconds())))
    return {"PYTHONTZPATH": os.pathsep.join([str(folder), *zoneinfo.TZPATH])}


def _tzif(offset: int) -> bytes:
    """A zone file (RFC 8536, version 1) with one offset and no changes."""
    name = b"NIGHT\0"
    header = struct.pack(">4s16x6l", b"TZif", 0, 0, 0, 0, 1, len(name))
    return header + struct.pack(">lbB", offset, 0, 0) + name
