"""Bytes -> UTF-8 text, by evidence; a byte that fits no story marks its record, never the whole file."""

import codecs
import re
from typing import Any

from ..errors import Refused

# Bytes that Windows text in English or Welsh does not hold: undefined in cp1252, or letters of other languages that
# mostly stand there because a UTF-8 character was cut in two.
UNLIKELY_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d\xc2\xc3\xd0\xd7\xde\xf0\xf7\xfe\xff]")
UTF16_SHARE = 0.3  # of NUL bytes at odd or even places: text of one byte a character holds none
BROKEN = re.compile("[\uf780-\uf7ff]")  # where `_mark` puts an undecodable byte: the private use area, U+F700 + byte


def _mark(error: Any) -> tuple[str, int]:
    return "".join(chr(0xF700 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("trend-or-spike.mark", _mark)


def unmark(text: str) -> str:
    """Return text with the marked bytes as Windows would show them."""
    return BROKEN.sub(lambda m: bytes([ord(m[0]) - 0xF700]).decode("cp1252", "replace"), text)


def decode(name: str, data: bytes) -> tuple[bytes, list[str]]:
    """Return UTF-8 bytes without a byte order mark, and the codes of what was done.

    Bytes that fit neither UTF-8 nor Windows text are marked (`BROKEN`), so that their records can be set aside.

    Raises
    ------
    Refused
        ``ENCODING_UNKNOWN``.
    """
    notes = []
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise _unknown(name)
    if utf16 := _utf16(data):
        try:
            data = data.decode(utf16).encode("utf-8")
        except UnicodeDecodeError:
            raise _unknown(name) from None
        notes.append("ENCODING_UTF16")
    stripped = data
    while stripped.startswith(codecs.BOM_UTF8):
        stripped = stripped[len(codecs.BOM_UTF8) :]
    if len(stripped) < len(data) and not utf16:
        notes.append("BOM_STRIPPED")
    signed, data = len(stripped) < len(data) and not utf16, stripped
    if data.isascii():
        return data, notes
    try:
        data.decode("utf-8")
        return data, notes
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "trend-or-spike.mark")
    strange = b"".join(bytes([ord(c) - 0xF700]) for c in set(BROKEN.findall(text)))
    other = any(ord(c) > 127 and not "\uf780" <= c <= "\uf7ff" for c in set(text))
    if signed or other or UNLIKELY_CP1252.search(strange):
        return text.encode("utf-8"), [*notes, "ENCODING_MIXED"]
    return data.decode("cp1252").encode("utf-8"), [*notes, "ENCODING_CP1252"]


def _utf16(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = data[:65_536]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > UTF16_SHARE * len(sample) / 2 and even < odd / 10:
        return "utf-16-le"
    return "utf-16-be" if even > UTF16_SHARE * len(sample) / 2 and odd < even / 10 else ""


def _unknown(name: str) -> Refused:
    return Refused(
        f'{name} is neither UTF-8 nor Windows text. Save it as "CSV UTF-8" and try again.', code="ENCODING_UNKNOWN"
    )
