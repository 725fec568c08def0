"""One report to be made: what it is made from, and the versions of what makes it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """What one report may take: seconds of the clock, and megabytes beyond what its process begins with."""

    seconds: int = 300
    megabytes: int = 2048


@dataclass(frozen=True)
class Job:
    """One report to be made, plain enough to be sent to another machine that shares the outputs folder.

    Attributes
    ----------
    quarter, area, profile, as_at, name : str
    outputs, slices, notebook : str
        Paths.
    documents : dict
        What people wrote, by the name it has beside the slice: the configuration, the commentary.
    inputs : dict
        Hashes of the files that were read.
    key : str
        Hash of everything that the page is made from.
    limits : Limits
    papers : tuple of str
        Files that are made from the page afterwards: it leads to them.
    alone : bool
        No other report is made with it.
    """

    quarter: str
    area: str
    profile: str
    as_at: str
    name: str
    outputs: str
    slices: str
    notebook: str
    documents: dict[str, bytes] = field(repr=False)
    inputs: dict[str, str] = field(repr=False)
    key: str
    limits: Limits = Limits()
    papers: tuple[str, ...] = ()
    alone: bool = False
