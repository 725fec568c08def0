"""A query -> a grid. The address comes from the environment, values are bound, rows arrive in chunks."""

import hashlib
import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..config import Dataset
from ..errors import Refused
from .grid import MAX_ROWS, Grid, column_texts, text_frame

CHUNK = 50_000  # rows fetched at a time
BOUND = "as_at"  # the one value that a statement may ask for


def read_query(dataset: Dataset) -> Grid:
    """Read a dataset's statement.

    Raises
    ------
    Refused
        ``INPUT_UNAVAILABLE``, ``INPUT_CHANGED`` when fewer rows arrive than the database counted, ``NO_ROWS``,
        ``UNKNOWN_PARAMETER`` for a bound name other than ``:as_at``.
    """
    import sqlalchemy as sa

    address = os.environ.get(dataset.url_env or "")
    if not address:
        raise Refused(
            f"Dataset '{dataset.name}': the environment variable {dataset.url_env} is not set. "
            "It holds the address of the database.",
            code="INPUT_UNAVAILABLE",
        )
    if dataset.sql is None:
        return _grid(dataset, *_ask(dataset, lambda engine: _whole_table(engine, dataset)))
    statement = dataset.sql.strip().rstrip(";")
    if not re.match(r"(?is)^(select|with)\b", re.sub(r"(?s)^(\s|--[^\n]*\n|/\*.*?\*/)*", "", statement)):
        raise Refused(f"Dataset '{dataset.name}': `sql` begins with select or with.", code="INVALID_PARAMETER")
    query = sa.text(statement)
    names = set(query._bindparams)
    if names - {BOUND}:
        raise Refused(
            f"Dataset '{dataset.name}': `sql` asks for a value other than :{BOUND}, the only one that is bound.",
            code="UNKNOWN_PARAMETER",
        )
    if BOUND in names:
        if dataset.as_at is None:
            raise Refused(
                f"Dataset '{dataset.name}': `sql` asks for :{BOUND}, so [project] needs `as_at`.",
                code="INVALID_PARAMETER",
            )
        query = query.bindparams(**{BOUND: dataset.as_at})
    counted, header, rows = _ask(
        dataset, lambda engine: (_count(engine, statement, query, dataset), *_fetch(engine, query))
    )
    return _grid(dataset, counted, header, rows)


def _ask(dataset: Dataset, question: Callable[[Any], tuple]) -> tuple:
    """Return what a database answers, or a refusal that holds nothing of its address."""
    import sqlalchemy as sa

    try:
        engine = sa.create_engine(os.environ[str(dataset.url_env)])
        try:
            return question(engine)
        finally:
            engine.dispose()
    # a driver's own errors come through where SQLAlchemy does not wrap them, and any message may hold the address
    except Exception as error:
        if isinstance(error, Refused):
            raise
        raise Refused(
            f"Dataset '{dataset.name}': the database did not answer the query ({type(error).__name__}). "
            f"Check {dataset.url_env}, the driver and {'`sql`' if dataset.sql else '`database_schema`'}.",
            code="INPUT_UNAVAILABLE",
        ) from None


def _whole_table(engine: Any, dataset: Dataset) -> tuple[int | None, list[str], list[tuple]]:
    """Return the count, the columns and the rows of a table of a preset; of its columns only those that are read."""
    import sqlalchemy as sa

    layout, own_schema = dataset.layout, dataset.database_schema
    try:
        there = {
            c["name"].casefold(): c["name"] for c in sa.inspect(engine).get_columns(layout.table, schema=own_schema)
        }
    except sa.exc.NoSuchTableError:
        raise Refused(
            f"Dataset '{dataset.name}': the database has no table {layout.table}"
            f"{f' in the schema {own_schema}' if own_schema else ''}. Correct `database_schema`, or leave the table out of `tables`.",
            code="MISSING_TABLE",
        ) from None
    read = [r for r in dataset.columns if r not in dataset.unread_roles]
    names = {n for r in read for n in (dataset.columns[r], *dataset.other_headings.get(r, ()))}
    table = sa.table(layout.table, *map(sa.column, there.values()), schema=own_schema)
    chosen = [table.c[there[n.casefold()]] for n in sorted(names) if n.casefold() in there]
    query = sa.select(*chosen)
    if layout.join and layout.join["column"].casefold() not in there:
        join = layout.join
        other = sa.table(join["table"], sa.column(join["other"]), sa.column(join["column"]), schema=own_schema)
        one = sa.select(other.c[join["other"]], other.c[join["column"]]).distinct().subquery()
        own = table.c[there[join["own"].casefold()]]
        query = sa.select(*chosen, one.c[join["column"]]).join_from(table, one, own == one.c[join["other"]])
    header, rows = _fetch(engine, query)
    with engine.connect() as connection:
        counted = connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar()
    return int(counted), header, rows


def _grid(dataset: Dataset, counted: int | None, header: list[str], rows: list[tuple]) -> Grid:
    if counted is not None and len(rows) < counted:
        raise Refused(
            f"Dataset '{dataset.name}': the database counted {counted} rows and gave {len(rows)}. Try again.",
            code="INPUT_CHANGED",
        )
    if not rows:
        raise Refused(f"Dataset '{dataset.name}': the query gives no rows.", code="NO_ROWS")
    columns = [column_texts(column) for column in zip(*rows, strict=True)]
    digest = hashlib.sha256("\x1e".join(map("\x1f".join, [header, *columns])).encode("utf-8", "replace")).hexdigest()
    lines = np.arange(1, len(rows) + 1)
    return Grid(f"query of {dataset.name}", header, text_frame(columns), lines, sha256=digest, header_line=0)


def _count(engine: Any, statement: str, query: Any, dataset: Dataset) -> int | None:
    """Return how many rows the database says there are, or None where it will not count this statement."""
    import sqlalchemy as sa

    counting = sa.text(f"select count(*) from ({statement}) counted")
    if BOUND in query._bindparams:
        counting = counting.bindparams(**{BOUND: dataset.as_at})
    try:
        with engine.connect() as connection:
            return int(connection.execute(counting).scalar())
    except sa.exc.DBAPIError:  # such as SQL Server, which orders nothing in a subquery
        return None


def _fetch(engine: Any, query: Any) -> tuple[list[str], list[tuple]]:
    rows: list[tuple] = []
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True, yield_per=CHUNK).execute(query)
        header = [str(k) for k in result.keys()]  # noqa: SIM118 - a result is no dict
        for chunk in result.partitions():
            rows += map(tuple, chunk)
            if len(rows) > MAX_ROWS:
                raise Refused("The query gives more rows than any extract holds.", code="DECOMPRESSION_LIMIT")
    return header, rows
