"""The line with which a person signs that a commentary was read for small numbers: it is checked, and not published."""

import re

SIGNED = re.compile(
    r"^[ \t]*(?:Read for small numbers by|Darllenwyd am rifau bach gan)[ \t]+(?P<name>[^\d\s][^\n]*?),[ \t]*\d[^\n]*\d{4}\.?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
SIGN = "Read for small numbers by NAME, DATE"
