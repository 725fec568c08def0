"""Write docs/licences.md: the licence of every package that a report needs. `make licences` after a change of the lock."""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

HEAD = """# Licences

What a report needs at run time (on Linux), found from the package's own requirements, and under which licence it comes. All of them
allow use, change and passing on; the project itself is under the [MIT licence](https://opensource.org/license/mit). Made by
`make licences`; a test holds the list to what is installed.

| package | version | licence |
|---|---|---|
"""


def needed(package: str = "trend-or-spike") -> set[str]:
    """Return the names of everything that a package needs here, without its extras."""
    found, waiting = set(), [(package, "")]
    while waiting:
        name, extra = waiting.pop()
        try:
            wanted = [Requirement(r) for r in requires(name) or []]
        except PackageNotFoundError:  # only named for another system
            continue
        for one in wanted:
            key = re.sub(r"[-_.]+", "-", one.name).lower()
            if (one.marker is None or one.marker.evaluate({"extra": extra})) and key not in found:
                found.add(key)
                waiting += [(one.name, e) for e in ("", *one.extras)]
    return found


def main() -> None:
    """Write the page."""
    told = subprocess.run(
        [Path(sys.executable).with_name("pip-licenses"), "--format=json", "--from=mixed", "--with-system"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {re.sub(r"[-_.]+", "-", r["Name"]).lower(): r for r in json.loads(told.stdout)}
    lines = [f"| {n} | {rows[n]['Version']} | {rows[n]['License']} |" for n in sorted(needed() & set(rows))]
    Path(__file__).with_suffix(".md").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
