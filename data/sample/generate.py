"""Write the synthetic sample: ``python data/sample/generate.py [FOLDER]``, the same bytes every time."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # the generator is the data's companion, not part of the package

import english_borough  # noqa: E402
import welsh_county  # noqa: E402

SEED = 20210412


def main(folder: Path = HERE) -> None:
    """Write both authorities' files below `folder`."""
    welsh_county.build(Path(folder) / "county", SEED)
    english_borough.build(Path(folder) / "borough", SEED)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
