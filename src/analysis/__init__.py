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

# these three share their module's name, so the function must be bound after the module
from .clean import clean
from .measure import measure
from .read import read

_ON_FIRST_USE = {
    "load": "catalogue",
    "judge": "verdict",
    "judge_table": "verdict",
    "expected_table": "verdict",
    "xmr": "spc",
    "adjust_for_season": "spc",
    "propose_rebase": "spc",
    "chart": "charts",
    "open_case": "pipeline",
    "weigh": "weighing",
}  # charts and the engine are slow to import
__all__ = ["clean", "measure", "read", *_ON_FIRST_USE]


def __getattr__(name: str):
    if name in _ON_FIRST_USE:
        return getattr(import_module(f".{_ON_FIRST_USE[name]}", __name__), name)
    raise AttributeError(f"module 'analysis' has no attribute '{name}'")


def __dir__():
    return __all__
