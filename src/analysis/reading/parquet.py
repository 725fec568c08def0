"""Parquet -> a grid. Read by arrow alone: nothing in a file's metadata is unpickled."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import Refused
from .archive import MAX_UNPACKED
from .grid import MAX_ROWS, Grid, column_texts, text_frame


def read_parquet(name: str, data: bytes) -> Grid:
    """Read a Parquet file.

    Raises
    ------
    Refused
        ``CORRUPT_FILE``, ``DECOMPRESSION_LIMIT``.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        meta = file.metadata
        if (
            meta.num_rows > MAX_ROWS
            or sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)) > MAX_UNPACKED
        ):
            raise Refused(
                f"{name} unpacks to more than any extract holds, so it was not opened. Write it in parts.",
                code="DECOMPRESSION_LIMIT",
            )
        table = file.read()
    except (pa.ArrowException, OSError, ValueError, NotImplementedError):
        raise Refused(
            f"{name} cannot be read as Parquet: it is damaged. Write it again.", code="CORRUPT_FILE"
        ) from None
    columns = [_text(column) for column in table.columns]
    frame = pd.DataFrame(dict(enumerate(columns))) if columns else text_frame([])
    return Grid(name, list(table.column_names), frame, np.arange(1, table.num_rows + 1), header_line=0)


def _text(column: pa.ChunkedArray) -> pd.Series:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_large_string(kind) or pa.types.is_string(kind):
        column = pc.fill_null(column.cast(pa.large_string()), "")
        return pd.Series(pd.array(column, dtype="str"))
    if pa.types.is_nested(kind):  # no cell of a table; where it is named, the column reads as empty
        return pd.Series("", index=range(len(column)), dtype="str")
    if pa.types.is_timestamp(kind):  # nanoseconds are no Python time
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    return pd.Series(column_texts(column.to_pylist()), dtype="str")
