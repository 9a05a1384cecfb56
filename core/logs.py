"""How every process of ours logs: one line each, and nothing in it that tells of a person.

Named by ``logging.yml``. A message is written by us; an error's own words are not, so of an error
only its kind and the places in the code are told. Libraries speak from warnings up.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from logging.config import dictConfig
from pathlib import Path
from types import TracebackType

import yaml

from core.occasion import occasion
from core.settings import settings

CONFIGURED_BY = Path(__file__).with_name("logging.yml")


def set_up() -> None:
    """Log as ``logging.yml`` says; uvicorn reads the same file itself."""
    dictConfig(yaml.safe_load(CONFIGURED_BY.read_text(encoding="utf-8")))


class Lines(logging.Formatter):
    """A line of text, or of JSON where ``CARA_LOG_FORMAT`` is ``json``; times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record."""
        fields = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "name": record.name,
            "source": occasion().source if occasion().reference else "",
            "request": occasion().reference,
            "message": record.getMessage(),
            "error": self.formatException(record.exc_info) if record.exc_info else "",
        }
        if settings().log_format == "json":
            return json.dumps({name: value for name, value in fields.items() if value})
        return " ".join(value for value in fields.values() if value).replace("\n", " ")

    def formatException(  # noqa: N802 - the name is that of the library
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Its kind and where it happened, without the words, which may hold what somebody typed."""
        kind, _, trace = ei
        places = [
            f"{Path(each.filename).name}:{each.lineno}" for each in traceback.extract_tb(trace)
        ]
        return " ".join([kind.__name__ if kind else "", *places])
