"""How a process of this package begins: what must be settled before anything large is imported."""

import os
import sys
from pathlib import Path

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1") | {
    "JE_ARROW_MALLOC_CONF": "background_thread:false"  # pyarrow's, which starts with its import
}


def lighten() -> None:
    """Spare this process a second: beside JupyterLab, nbformat's checks compile grammars for addresses no notebook has."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # as if it were not installed


def stay_single() -> None:
    """Let the libraries below numpy start no threads: their matrices here are small, and a process with threads cannot fork."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)


def can_fork() -> bool:
    """Say whether a forked child is safe here: elsewhere the libraries below numpy do not outlive a fork."""
    return sys.platform == "linux"


def has_one_thread() -> bool:
    """Say whether this process can fork now: a lock that another thread holds would stay locked in the child."""
    return can_fork() and len(list(Path("/proc/self/task").iterdir())) == 1
