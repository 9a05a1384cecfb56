"""The wires of Rasa as it is told them: by numbers, since nobody answers it for a name (0023).

Names are looked up here, before Rasa starts and outside its walls. Set-up reads this too, so
standard library only.
"""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from cli.house import Trouble

POSTGRESQL = 5432


def by_number(url: str) -> str:
    """The same URL with the address of its host in place of a name."""
    asked = urlsplit(url)
    host = _address(asked.hostname or "", url)
    shown = f"[{host}]" if ":" in host else host
    port = f":{asked.port}" if asked.port else ""
    return urlunsplit(asked._replace(netloc=f"{shown}{port}"))


def tracker(url: str, file: Path) -> str:
    """Where Rasa keeps its tracker, as Rasa reads it: a database of its own, else ``file``.

    A name stays beside the number, so that a certificate can be held against it. Raises
    ``Trouble`` where ``url`` is no address of PostgreSQL, or the name of ``file`` looks like one.
    """
    if not url:
        if "postgresql" in str(file):
            raise Trouble(f"Rasa takes {file} for a server by its name. Choose another DATA_DIR.")
        return f"sqlite:///{file}"
    asked = urlsplit(url)
    if asked.scheme.partition("+")[0] not in ("postgresql", "postgres") or not asked.hostname:
        raise Trouble("CARA_TRACKER_URL has to begin with postgresql:// and name a host.")
    query = {name: values[-1] for name, values in parse_qs(asked.query).items()}
    # Whatever else libpq may be told, it goes to this one address.
    query["hostaddr"] = _address(asked.hostname, "CARA_TRACKER_URL")
    before = asked.netloc.rpartition("@")[0]
    host = f"[{asked.hostname}]" if ":" in asked.hostname else asked.hostname
    netloc = f"{before}@{host}" if before else host
    return urlunsplit(
        (
            "postgresql+psycopg2",
            f"{netloc}:{asked.port or POSTGRESQL}",
            asked.path,
            urlencode(query),
            "",
        )
    )


def _address(host: str, where: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Trouble(
            f"The host of {where} is not known here: {host or 'none is named'}."
        ) from error
    # Of several, version 4 first: the filter of a private network is most often written for it.
    return str(min(found, key=lambda each: each[0] != socket.AF_INET)[4][0])
