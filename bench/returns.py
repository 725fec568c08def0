"""How fast and how large the reading of a large return is: a census of 100,000 children in XML, and an SSDA903 set in CSV.

python bench/returns.py

Each return is read and cleaned, all its tables, in a process of its own; the files are made up, by another process.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

CHILDREN = 100_000
CONFIG = """\
[project]
name = "Testshire"
nation = "england"

[[return]]
preset = "{preset}"
path = "{path}"
tables = {tables}

"""
MEASURE = '[[measure]]\nname = "{0}"\ntitle = "{0}"\ndataset = "{0}"\ntype = "flow"\ndate = "{1}"\n'
RETURNS = {
    "cin-census": (
        "census.xml",
        {
            "referrals": "started",
            "assessments": "started",
            "section_47": "started",
            "on_plan": "started",
            "plan_reviews": "date",
        },
    ),
    "ssda903": ("2021-*.csv", {"episodes": "started", "reviews": "date"}),
}


def days(random: np.random.Generator, count: int, first: str = "2020-04-01") -> np.ndarray:
    return np.datetime64(first) + random.integers(0, 340, count).astype("timedelta64[D]")


def write(folder: Path) -> None:
    random = np.random.default_rng(1)
    starts, plans = days(random, 2 * CHILDREN), random.random(2 * CHILDREN) < 0.15
    with (folder / "census.xml").open("w", encoding="utf-8") as out:
        out.write("<Message><Header><CollectionDetails><Year>2021</Year></CollectionDetails></Header><Children>\n")
        for child in range(CHILDREN):
            out.write(
                f"<Child><ChildIdentifiers><LAchildID>T{child:06d}</LAchildID><PersonBirthDate>2010-01-01</PersonBirthDate>"
                "<Sex>F</Sex></ChildIdentifiers><ChildCharacteristics><Ethnicity>WBRI</Ethnicity></ChildCharacteristics>\n"
            )
            for at in (2 * child, 2 * child + 1)[: 1 + child % 3 // 2]:
                day, later = starts[at], starts[at] + 20
                out.write(
                    f"<CINdetails><CINreferralDate>{day}</CINreferralDate><ReferralSource>1A</ReferralSource>"
                    f"<PrimaryNeedCode>N1</PrimaryNeedCode><CINclosureDate>{later}</CINclosureDate>"
                    "<ReasonForClosure>RC8</ReasonForClosure><ReferralNFA>false</ReferralNFA>\n<Assessments>"
                    f"<AssessmentActualStartDate>{day}</AssessmentActualStartDate><AssessmentAuthorisationDate>{later}"
                    "</AssessmentAuthorisationDate><FactorsIdentifiedAtAssessment><AssessmentFactors>1A</AssessmentFactors>"
                    "<AssessmentFactors>2B</AssessmentFactors></FactorsIdentifiedAtAssessment></Assessments>\n"
                )
                if plans[at]:
                    out.write(
                        f"<Section47><S47ActualStartDate>{day}</S47ActualStartDate><DateOfInitialCPC>{later}</DateOfInitialCPC>"
                        f"</Section47><ChildProtectionPlans><CPPstartDate>{later}</CPPstartDate><LatestCategoryOfAbuse>NEG"
                        f"</LatestCategoryOfAbuse><NumberOfPreviousCPP>0</NumberOfPreviousCPP><Reviews><CPPreviewDate>"
                        f"{later}</CPPreviewDate></Reviews></ChildProtectionPlans>\n"
                    )
                out.write("</CINdetails>\n")
            out.write("</Child>\n")
        out.write("</Children></Message>\n")
    rows = 3 * CHILDREN
    child = np.repeat([f"T{n:06d}" for n in range(CHILDREN)], 3)
    first = pd.Series(days(random, rows)).dt.strftime("%d/%m/%Y")
    episodes = {
        "CHILD": child,
        "DECOM": first,
        "RNE": "S",
        "LS": "C2",
        "CIN": "N1",
        "PLACE": "U4",
        "DEC": "",
        "REC": "",
    }
    pd.DataFrame(episodes).to_csv(folder / "2021-episodes.csv", index=False)
    reviews = {"CHILD": child, "DOB": "01/01/2010", "REVIEW": first, "REVIEW_CODE": "PN1"}
    pd.DataFrame(reviews).to_csv(folder / "2021-reviews.csv", index=False)
    for preset, (path, tables) in RETURNS.items():
        name = preset.replace("-", "_")
        measures = "\n".join(MEASURE.format(f"{name}_{table}", date) for table, date in tables.items())
        text = CONFIG.format(preset=preset, path=path, tables=json.dumps(list(tables))) + measures
        (folder / f"{preset}.toml").write_text(text, encoding="utf-8")


def one_side(preset: str, folder: Path) -> None:
    """Print the time, the rows and the peak memory of reading and cleaning a return, as JSON."""
    import analysis

    began = time.perf_counter()
    project = analysis.load(folder / f"{preset}.toml")
    rows = sum(len(analysis.clean(analysis.read(d), d).records) for d in project.datasets)
    seconds = time.perf_counter() - began
    print(
        json.dumps({"seconds": seconds, "rows": rows, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
    )


def run(arguments: list[str]) -> bytes:
    """Run a side in a process of its own."""
    return subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True).stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        run(["write", name])
        for preset, (path, _) in RETURNS.items():
            size = sum(f.stat().st_size for f in Path(name).glob(path)) / 1e6
            told = json.loads(run([preset, name]))
            print(
                f"{preset}: {told['rows']:,} rows of {size:,.0f} MB in {told['seconds']:.0f} s, peak {told['mb']:,.0f} MB"
            )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        one_side(sys.argv[1], Path(sys.argv[2]))
