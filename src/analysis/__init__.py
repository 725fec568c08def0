"""Is this rise in demand a trend, or a short-term issue?

project  = analysis.load("measures.toml")
table    = analysis.read(project.dataset("contacts"))
cleaned  = analysis.clean(table, project.dataset("contacts"))
measured = analysis.measure(cleaned, project)
verdict  = analysis.judge(series, quarter="2020-21Q4")
limits   = analysis.xmr(series)
figure   = analysis.chart(measured, measure="contacts", quarter="2020-21Q4")
"""

from importlib import import_module
from typing import Any

from .errors import nearest

_ON_FIRST_USE = {  # they are slow to import
    "read": "reading",
    "clean": "cleaning",
    "measure": "measuring",
    "load": "config",
    "judge": "verdict",
    "judge_table": "verdict",
    "explain": "verdict",
    "expected_table": "verdict",
    "xmr": "spc",
    "adjust_for_season": "spc",
    "propose_rebase": "spc",
    "chart": "report.charts",
    "open_case": "pipeline",
    "assess": "report.assessment",
    "exploring": "",
}
__all__ = list(_ON_FIRST_USE)


def __getattr__(name: str) -> Any:
    if name in _ON_FIRST_USE:
        module = _ON_FIRST_USE[name]
        return getattr(import_module(f".{module}", __name__), name) if module else import_module(f".{name}", __name__)
    raise AttributeError(f"module 'analysis' has no attribute '{name}'.{nearest(name, __all__)}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__doc__", "__name__", "__file__", "__path__", "__all__"])
