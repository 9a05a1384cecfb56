"""JSON of ORUK and HSDS: one service, a list, a page of a list, or one service on each line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from services_directory.exchange.faults import MOST_ROWS, ExchangeError
from services_directory.exchange.reading import Entity
from services_directory.exchange.texts import decoded, too_many_rows

# A list or object of Python takes sixty bytes where JSON takes two: these bound the memory. A
# directory of 20,000 services has a tenth of them.
MOST_BRACKETS = 3_000_000
MOST_COMMAS = 6_000_000
LONGEST_INTEGER = 18
_LISTS = ("contents", "services", "items")


def services_in(data: bytes, name: str) -> list[Entity]:
    """The services of a file or an answer; raises :class:`ExchangeError` for what is no list."""
    return listed(parsed(data, name), name)


def parsed(data: bytes, name: str) -> Any:
    """The JSON, or a list of the JSON of each line; raises :class:`ExchangeError`."""
    text = decoded(data, name)
    if text.lstrip()[:1] == "<":
        raise ExchangeError("not_json", f"{name} is a web page or XML, and no JSON.")
    if text.count("{") + text.count("[") > MOST_BRACKETS or text.count(",") > MOST_COMMAS:
        raise ExchangeError("too_large", f"{name} holds more values than can be read at once.")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and _is_whole(lines[0]):
        return [_loaded(line, name, number) for number, line in enumerate(lines, 1)]
    return _loaded(text, name, 0)


def listed(document: Any, name: str) -> list[Entity]:
    """The services that a JSON document holds."""
    found = document
    if isinstance(document, Mapping):
        found = next((document[key] for key in _LISTS if isinstance(document.get(key), list)), None)
        if found is None and "name" in document:
            found = [document]
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        message = f"{name} holds no service and no list of services of ORUK or HSDS."
        raise ExchangeError("not_services", message)
    if len(found) > MOST_ROWS:
        raise too_many_rows(name)
    return found


def _is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _loaded(text: str, name: str, line: int) -> Any:
    where = f"{name}, line {line}" if line else name
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        message = f"{where} is nested deeper than any service: it cannot be read."
        raise ExchangeError("too_deep", message) from None
    except _NumberError as error:
        raise ExchangeError("number", f"{where}: {error}.") from None
    except json.JSONDecodeError as error:
        at = f"line {line or error.lineno}, character {error.colno}"
        raise ExchangeError("not_json", f"{name} is no JSON: {at}: {error.msg}.") from None


class _NumberError(Exception):
    """A number that is none, or that no computer holds."""


def _no_number(said: str) -> Any:
    raise _NumberError(f"{said} is no number in JSON")


def _finite(said: str) -> float:
    value = float(said)
    if not math.isfinite(value):
        raise _NumberError(f"the number {said[:20]} is too large")
    return value


def _whole(said: str) -> int:
    if len(said) > LONGEST_INTEGER:
        raise _NumberError(f"a number of {len(said)} digits is too large")
    return int(said)
