"""What the protection is told of which counts count which case, held against the tables that a page shows."""

import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from analysis import pipeline
from analysis.disclosure import LARGEST
from analysis.disclosure.atoms import atoms_of
from analysis.disclosure.cells import counts_of, one_cell_for_a_stock
from analysis.kinds import KINDS
from analysis.periods import numbered
from analysis.schema import part_name

sys.path.insert(0, str(ROOT / "data/sample"))
import invented_returns

RETURNS = """\
[project]
name = "Invented District"
nation = "england"
standard = "core"
as_at = 2021-03-31
[[return]]
preset = "cin-census"
path = "cin/*.xml"
[[return]]
preset = "ssda903"
path = "ssda903/*.csv"
[[measure]]
name = "children_in_need"
[[measure]]
name = "months_to_match"
[[measure]]
name = "days_on_plan"
title = "Mean days on a plan"
dataset = "cin_census_on_plan"
type = "stock_mean"
length = { from = "started", unit = "days" }
"""


@pytest.fixture(scope="module")
def prepared_returns(tmp_path_factory):
    folder = tmp_path_factory.mktemp("returns")
    invented_returns.build(folder, seed=3)
    (folder / "measures.toml").write_text(RETURNS, encoding="utf-8")
    return pipeline.prepare(folder / "measures.toml")


@pytest.mark.parametrize("source", ["prepared", "prepared_borough", "prepared_returns"])
def test_every_count_of_cases_in_the_tables_is_the_sum_of_the_cases_that_are_said_to_be_counted(source, request):
    prepared = request.getfixturevalue(source)
    project, quarter = prepared.project, pipeline.newest_quarter(prepared)
    measured = pipeline.measured(prepared, quarter, project.as_at(quarter, newest=prepared.newest))
    cells = one_cell_for_a_stock(counts_of(measured.months, measured.quarters, LARGEST))
    parts = measured.parts.join(numbered(measured.parts["period"])[["grain", "n"]])
    parts["part"] = [part_name(*row) for row in zip(parts["role"], parts["part"], parts["grain"], strict=True)]
    cells = pd.concat([cells, parts[["measure", "area", "grain", "n", "part", "value"]]], ignore_index=True)
    of_cases = {m.name for m in project.measures if project.dataset(m.dataset).kind == "cases"}
    cells = cells[cells["measure"].isin(of_cases)]
    counted = np.zeros(len(cells))
    for one in measured.cases:
        if (atoms := atoms_of(one, cells, project.project.name, LARGEST)) is not None:
            page = atoms.cells >= 0
            at = cells.index.get_indexer(atoms.cells[page])
            counted[at] += (atoms.matrix @ atoms.cases)[page]
    wrong = cells[counted != cells["value"].to_numpy()].assign(counted=counted[counted != cells["value"].to_numpy()])
    assert wrong.empty, wrong[["measure", "area", "grain", "n", "part", "value", "counted"]].head(20).to_string()
    kinds = {m.kind.name for m in project.measures if m.name in set(cells["measure"])}
    assert len(cells) > 1000 and kinds == {"prepared_returns": set(KINDS) - {"value"}}.get(source, kinds)
