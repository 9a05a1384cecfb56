"""Packed files, looked over before anything reads them: how large they unfold, and their XML."""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.parsers import expat

from services_directory.exchange.faults import ExchangeError

# Bytes unfolded, in all. A spreadsheet of 20,000 listings unfolds to about 40 MB.
MOST_UNFOLDED = 200_000_000
MOST_MEMBERS = 1_000
# Real text packs to a tenth; a large member that packs to less than this hides something.
MOST_RATIO = 250
_SMALL = 2_000_000
_CHUNK = 1 << 20
_XML = (".xml", ".rels", ".vml")


class _DoctypeError(Exception):
    """The document declares entities, or could."""


def opened(data: bytes, name: str, *, most: int = MOST_UNFOLDED) -> zipfile.ZipFile:
    """The archive, every member of it unfolded once and found harmless.

    Raises :class:`ExchangeError` for what is no archive, for one that unfolds to more than
    ``most`` bytes or is packed beyond reason (a "zip bomb"), and for XML with a DOCTYPE, by
    which entities are declared that unfold without end.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        _declared(archive, name, most)
        left = most
        for member in archive.infolist():
            left -= _unfolded(archive, member, left, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise ExchangeError("archive", f"{name} is damaged, or no packed file at all.") from error
    except RuntimeError as error:
        message = f"{name} is packed in a way, or with a password, that we do not read."
        raise ExchangeError("archive", message) from error
    return archive


def _declared(archive: zipfile.ZipFile, name: str, most: int) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise ExchangeError("archive", f"{name} holds more than {MOST_MEMBERS:,} files.")
    if sum(member.file_size for member in members) > most:
        raise _bomb(name)
    for member in members:
        packed = max(1, member.compress_size)
        if member.file_size > _SMALL and member.file_size / packed > MOST_RATIO:
            raise _bomb(name)


def _unfolded(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, name: str) -> int:
    """How many bytes the member really has; what is declared need not be so."""
    parser = _parser() if member.filename.casefold().endswith(_XML) else None
    count = 0
    try:
        with archive.open(member) as source:
            while chunk := source.read(_CHUNK):
                count += len(chunk)
                if count > left:
                    raise _bomb(name)
                if parser:
                    parser.Parse(chunk, False)
        if parser:
            parser.Parse(b"", True)
    except _DoctypeError:
        message = f"{name} declares XML entities ({member.filename}), which no spreadsheet needs."
        raise ExchangeError("xml_entities", message) from None
    except expat.ExpatError as error:
        raise ExchangeError("archive", f"{name} is damaged: {member.filename}.") from error
    return count


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_declaration: object) -> None:
    raise _DoctypeError


def _bomb(name: str) -> ExchangeError:
    message = f"{name} would unfold to more than we read, or is packed beyond reason (zip bomb)."
    return ExchangeError("zip_bomb", message)
