"""A return in XML -> its tables. The file is streamed; each record keeps what it takes from the records around it.

Nothing but elements and text is accepted: declarations of types and entities are refused as in a workbook.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

import numpy as np

from ..config.presets import Preset, tables_of
from ..errors import Refused
from .grid import MAX_FIELD, MAX_ROWS, Grid, text_frame

CHUNK = 1 << 20
MAX_DEPTH = 24  # elements within elements; the deepest element of a census stands in the eighth
MAX_NAMES = 1_000  # different elements; the schemas have about a hundred
FILES_KEPT = 12  # parsed files, so that the tables of ten years are read from one pass each
HEADER = "Header"  # the element that says whose census it is, and of which year
CUT = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
CARRIED = frozenset({"child", "born", "referral", "plan_started"})  # roles that a record takes from those around it
IN_CSV = {"CHILD": "CHILDID", "PLACE": "PL"}  # columns of SSDA903 in CSV, and their elements
SEVERAL = "; "  # between the values of an element that a record holds several times
_PARSED: OrderedDict[tuple[str, str], "Parsed"] = OrderedDict()


@dataclass
class Parsed:
    """The tables of one file, and the year and the authority that it names."""

    tables: dict[str, Grid]
    year: str = ""
    authority: str = ""


@dataclass(slots=True)
class _Record:
    around: "_Record | None"
    line: int
    values: dict[str, str] = field(default_factory=dict)

    def value(self, names: tuple[str, ...], carried: bool) -> str:
        """Return an element's text, of this record or, where it is carried, the nearest one around it that has it."""
        record: _Record | None = self
        while record is not None:
            for name in names:
                if name in record.values:
                    return record.values[name]
            record = record.around if carried else None
        return ""


class _Rows:
    """The rows of one table while they are gathered, a list a column."""

    def __init__(self, layout: Preset):
        self.layout = layout
        self.headings: dict[str, tuple[tuple[str, ...], bool]] = {}
        for role, heading in layout.columns.items():
            names = [heading, *layout.aliases.get(role, ()), *filter(None, [IN_CSV.get(heading)])]
            self.headings.setdefault(heading, (tuple(names), role in CARRIED))
        self.columns: list[list[str]] = [[] for _ in self.headings]
        self.lines: list[int] = []

    def add(self, record: _Record) -> None:
        """Add a record, unless the table takes only records that hold one of certain elements."""
        when = self.layout.when
        if when and all(record.values.get(name, "") in ("", "0") for name in when):
            return
        for column, (names, carried) in zip(self.columns, self.headings.values(), strict=True):
            column.append(record.value(names, carried))
        self.lines.append(record.line)


def parse_return(name: str, data: bytes, preset: str) -> Parsed:
    """Return the tables of a census or of an SSDA903 return.

    Parameters
    ----------
    name : str
        The file's, for messages.
    data : bytes
    preset : str
        ``cin-census`` or ``ssda903``.

    Raises
    ------
    Refused
        ``XML_FORBIDDEN`` for declarations, entities and nesting that no return has, ``TRUNCATED_FILE``, ``CORRUPT_FILE``,
        ``FIELD_TOO_LONG``, ``DECOMPRESSION_LIMIT``, ``NOT_TABULAR`` when it is another document.
    """
    key = (hashlib.sha256(data).hexdigest(), preset)
    if key not in _PARSED:
        _PARSED[key] = _Reader(name, preset).read(data)
        while len(_PARSED) > FILES_KEPT:
            _PARSED.popitem(last=False)
    _PARSED.move_to_end(key)
    return _PARSED[key]


class _Reader:
    """One pass over a file. `rows` of a child wait until its element ends, since a record may name the child late."""

    def __init__(self, name: str, preset: str):
        self.name = name
        self.tables = {t: _Rows(layout) for t, layout in tables_of(preset).items() if layout.element}
        self.of_element: dict[str, list[_Rows]] = {}
        for rows in self.tables.values():
            self.of_element.setdefault(rows.layout.element, []).append(rows)
        self.wanted = {n for rows in self.tables.values() for names, _ in rows.headings.values() for n in names}
        self.wanted |= {n for rows in self.tables.values() for n in rows.layout.when}
        self.record: _Record | None = None
        self.waiting: list[tuple[_Rows, _Record]] = []
        self.depth, self.names, self.text = 0, dict[str, str](), list[str]()
        self.leaf, self.in_header, self.facts = False, False, dict[str, str]()
        self.count, self.texts = 0, dict[str, str]()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        for handler in (
            "StartDoctypeDeclHandler",
            "EntityDeclHandler",
            "UnparsedEntityDeclHandler",
            "NotationDeclHandler",
            "ExternalEntityRefHandler",
        ):
            setattr(self.parser, handler, self.refuse_declaration)

    def read(self, data: bytes) -> Parsed:
        try:
            for at in range(0, len(data), CHUNK):
                self.parser.Parse(data[at : at + CHUNK], False)
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self.damaged(error) from None
        if not self.count:
            raise Refused(
                f"{self.name} is no {' or '.join(sorted(self.of_element))} document: it holds no such element. Give the file as it "
                "was uploaded to the department.",
                code="NOT_TABULAR",
            )
        grids = {table: self.grid(table, rows) for table, rows in self.tables.items()}
        return Parsed(grids, self.facts.get("Year", ""), self.facts.get("LEA", ""))

    def grid(self, table: str, rows: _Rows) -> Grid:
        frame = text_frame(rows.columns)
        grid = Grid(self.name, list(rows.headings), frame, np.array(rows.lines, dtype="int64"), table, header_line=0)
        grid.notes += [
            (0, "", "COLUMN_RENAMED", other, heading)
            for heading, (names, _) in rows.headings.items()
            for other in names[1:]
            if other in self.names.values()
        ]
        return grid

    def damaged(self, error: expat.ExpatError) -> Refused:
        if error.code in CUT:
            return Refused(
                f"{self.name} ends in the middle, on line {error.lineno}: it was cut short. Save or copy it again.",
                code="TRUNCATED_FILE",
            )
        return Refused(
            f"{self.name} is no well-formed XML from line {error.lineno} on. Make it again in the case system.",
            code="CORRUPT_FILE",
        )

    def refuse_declaration(self, *_: Any) -> None:
        raise Refused(
            f"{self.name} declares types or entities, which no return does, so it was not read. Make it again in the case system.",
            code="XML_FORBIDDEN",
        )

    def start(self, tag: str, attributes: dict) -> None:
        self.depth += 1
        name = self.names.get(tag) or self.named(tag)
        if self.depth > MAX_DEPTH:
            raise Refused(
                f"{self.name} holds elements within elements deeper than any return, so it was not read.",
                code="XML_FORBIDDEN",
            )
        self.text.clear()
        self.leaf = True
        if name in self.of_element:
            self.record = _Record(self.record, self.parser.CurrentLineNumber)
            self.count += 1
            if self.count > MAX_ROWS:
                raise Refused(f"{self.name} holds more records than any return.", code="DECOMPRESSION_LIMIT")
        elif name == HEADER:
            self.in_header = self.record is None

    def named(self, tag: str) -> str:
        local = tag.rpartition(":")[2]
        self.names[tag] = local
        if len(self.names) > MAX_NAMES:
            raise Refused(f"{self.name} holds more kinds of element than any return.", code="XML_FORBIDDEN")
        return local

    def characters(self, text: str) -> None:
        if self.leaf:
            self.text.append(text)

    def end(self, tag: str) -> None:
        self.depth -= 1
        name, leaf, self.leaf = self.names[tag], self.leaf, False
        if name in self.of_element:
            self.close(name, leaf)
        elif leaf and self.record is not None and name in self.wanted:
            self.keep(name)
        elif leaf and self.in_header:
            self.facts.setdefault(name, "".join(self.text).strip()[:MAX_FIELD])
        elif name == HEADER:
            self.in_header = False

    def keep(self, name: str) -> None:
        """Keep an element's text in the record; equal texts, such as dates, are kept once."""
        text = "".join(self.text).strip()
        if len(text) > MAX_FIELD:
            raise Refused(
                f"{self.name}, line {self.parser.CurrentLineNumber}: the text of an element is longer than any cell.",
                code="FIELD_TOO_LONG",
            )
        if not text:
            return
        text = self.texts.setdefault(text, text)
        values = self.record.values
        values[name] = f"{values[name]}{SEVERAL}{text}" if name in values else text

    def close(self, name: str, leaf: bool) -> None:
        record = self.record
        assert record is not None  # it was begun where its element was
        if leaf:  # a record that is a single value
            self.keep(name)
        self.waiting += [(rows, record) for rows in self.of_element[name]]
        self.record = record.around
        if self.record is None:
            for rows, one in self.waiting:
                rows.add(one)
            self.waiting.clear()
