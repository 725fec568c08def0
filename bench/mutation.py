"""How many faults put into the verdict, the control chart and the protection of small numbers do their tests find?

python bench/mutation.py [MUTANTS]

mutmut makes thousands of copies of these parts with one fault each. A third of the MUTANTS (300) is drawn from each part,
always the same ones as long as the code is the same, and the tests named in pyproject.toml run against each. Ends in an
error when they find fewer than ENOUGH of those drawn; a fault that only made them too slow does not count as found.
Needs Linux or a Mac.
"""

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from mutmut import __main__ as mutmut
from mutmut.mutation.data import SourceFileMutationData

PARTS = ("analysis.verdict.", "analysis.spc.", "analysis.disclosure.")
ENOUGH = 0.80
SEED = 1
STATES = ("killed", "survived", "timeout", "no tests")


def generate() -> list[str]:
    """Return the names of all mutants, written to `mutants/` anew."""
    shutil.rmtree("mutants", ignore_errors=True)
    Path("mutants").mkdir()
    with mutmut.CatchOutput():
        mutmut.copy_src_dir()
        mutmut.copy_also_copy_files()
        mutmut.setup_source_paths()
        mutmut.create_mutants(1)
    names = []
    for path in mutmut.walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        names += data.exit_code_by_key
    return sorted(names)


def draw(names: list[str], count: int) -> list[str]:
    """Return some of each part's mutants, the same ones every time."""
    drawn = []
    for part in PARTS:
        mine = [name for name in names if name.startswith(part)]
        drawn += random.Random(SEED).sample(mine, min(count // len(PARTS), len(mine)))
    return drawn


def judged(names: list[str]) -> dict[str, str]:
    """Run the tests against each and return what became of it."""
    command = [sys.executable, "-m", "mutmut"]
    subprocess.run([*command, "run", "--max-children", "1", *names], check=True)
    found = subprocess.run([*command, "results", "--all", "true"], check=True, capture_output=True, text=True).stdout
    states = dict(line.strip().rsplit(": ", 1) for line in found.splitlines())
    return {name: states[name] for name in names}


def main() -> None:
    os.chdir(Path(__file__).parents[1])
    names = generate()
    states = judged(draw(names, int(sys.argv[1]) if len(sys.argv) > 1 else 300))
    for name, state in states.items():
        if state != "killed":
            print(f"{state}: {name}")
    print(f"\n{'module':32}{'drawn':>8}" + "".join(f"{state:>10}" for state in (*STATES, "other")))
    for module in sorted({name.rpartition(".")[0] for name in states}):
        print(_row(module, Counter(s for name, s in states.items() if name.rpartition(".")[0] == module)))
    for part in PARTS:
        became = Counter(state for name, state in states.items() if name.startswith(part))
        exist = sum(name.startswith(part) for name in names)
        print(_row(part.rstrip("."), became) + f"{_found(became):>8.0%}, of {exist} that exist")
    every = Counter(states.values())
    print(_row("all", every) + f"{_found(every):>8.0%}")
    if _found(every) < ENOUGH:
        sys.exit(f"Fewer than {ENOUGH:.0%} were found.")


def _found(became: Counter) -> float:
    return became["killed"] / became.total()


def _row(name: str, became: Counter) -> str:
    counts = [became[state] for state in STATES]
    return f"{name:32}{became.total():>8}" + "".join(f"{n:>10}" for n in (*counts, became.total() - sum(counts)))


if __name__ == "__main__":
    main()
