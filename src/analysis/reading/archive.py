"""What a workbook is allowed to be before anything parses it: limits on size, ratio and XML."""

import io
import re
import zipfile
import zlib
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from ..errors import Refused

MAX_UNPACKED = 2_000_000_000  # bytes; a full sheet of a million rows and twenty columns is below it
MAX_RATIO = 50  # unpacked to packed; sheets of real extracts stay below 25, bombs reach 1000
FREE_SIZE = 5_000_000  # bytes of one part that are harmless at any ratio
PROLOG = 65_536  # bytes in which the first element of an XML part must begin
CHUNK = 1 << 20
ROOT = re.compile(rb"<(?![?!])")
FORBIDDEN = re.compile(rb"<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)


def open_archive(name: str, data: bytes) -> zipfile.ZipFile:
    """Open a workbook's container once every part of it is known to be harmless.

    Raises
    ------
    Refused
        ``CORRUPT_FILE``, ``DECOMPRESSION_LIMIT``, ``XML_FORBIDDEN``, ``ENCRYPTED_OR_LEGACY``.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise Refused(
                f"{name} is protected by a password. Save it without one and try again.", code="ENCRYPTED_OR_LEGACY"
            )
        _check_sizes(name, data, parts)
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                _check_prolog(name, archive, part)
        return archive
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, KeyError, RuntimeError):
        raise corrupt(name) from None


def corrupt(name: str) -> Refused:
    """Return the refusal of a workbook that cannot be opened."""
    return Refused(
        f"{name} cannot be opened as a workbook: it is damaged or was cut short. Open it in Excel, save it again, "
        "and try again.",
        code="CORRUPT_FILE",
    )


def _check_sizes(name: str, data: bytes, parts: list[zipfile.ZipInfo]) -> None:
    packed = sum(p.compress_size for p in parts)
    if (
        sum(p.file_size for p in parts) > MAX_UNPACKED
        or packed > len(data)  # parts that overlap unpack to more than they say
        or any(p.file_size > FREE_SIZE and p.file_size > MAX_RATIO * p.compress_size for p in parts)
    ):
        raise Refused(
            f"{name} unpacks to far more than a workbook of its size holds, so it was not opened. Save the sheet as "
            "CSV, or in a new workbook.",
            code="DECOMPRESSION_LIMIT",
        )


def _check_prolog(name: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse declarations of entities and types: they stand before the first element, or nowhere."""
    with archive.open(part) as stream:
        start = stream.read(PROLOG)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start[:4].count(0):
        start = start.decode("utf-16", "ignore").encode()
    root = ROOT.search(re.sub(rb"<!--.*?-->", b"", start, flags=re.DOTALL))
    if FORBIDDEN.search(start) or (start.strip() and not root):
        raise Refused(
            f"{name} holds XML declarations that no spreadsheet program writes, so it was not opened. "
            "Save the sheet as CSV, or in a new workbook.",
            code="XML_FORBIDDEN",
        )


def parse_part(name: str, archive: zipfile.ZipFile, part: str) -> Any:
    """Return the root of a small XML part, or None where there is no such part."""
    try:
        return ElementTree.fromstring(archive.read(part))
    except KeyError:
        return None
    except DefusedXmlException:
        raise Refused(f"{name} holds XML that is not allowed.", code="XML_FORBIDDEN") from None
    except (ElementTree.ParseError, zipfile.BadZipFile, zlib.error, EOFError):
        raise corrupt(name) from None


def unpack(name: str, archive: zipfile.ZipFile, part: str) -> bytes:
    """Return one part whole; a part that is longer than its directory says is refused."""
    info, pieces, size = archive.getinfo(part), [], 0
    try:
        with archive.open(info) as stream:
            while piece := stream.read(CHUNK):
                size += len(piece)
                pieces.append(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise corrupt(name) from None
    if size != info.file_size:
        raise corrupt(name)
    return b"".join(pieces)
