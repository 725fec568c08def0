"""One measure of one area at one quarter, and what it would be if something were different."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from ..classes import NONE
from ..config import Catalogue, Event, Measure
from ..errors import Refused
from ..measuring import measure as measured_table
from ..periods import month_of, parse_quarter, quarter_code, quarter_of
from ..pipeline import Prepared
from ..recording import completeness, for_judging
from ..report.words import CODES
from ..schema import KEY
from ..shapes import FACT, Cleaned, two_columns
from ..spc import xmr
from ..verdict import Explanation, Verdict, expected_table, explain, judge
from .season import season_and_trend

DECIMALS = 2  # of what is compared: more would promise what no verdict keeps
RECORDED = ("completeness", "expected_final", "final_lower", "final_upper", "provisional")
BESIDE = ("denominator", "completeness", "comparator")  # what a verdict takes beside the series


@dataclass(frozen=True)
class Exploration:
    """One measure of one area at one quarter, in exact figures.

    Attributes
    ----------
    prepared : Prepared
        Every dataset of the configuration, read and cleaned.
    measure : Measure
    area : str
    quarter : pandas.Period
    as_at : datetime.date
        What was recorded later is left out.
    events : tuple of Event
        Registered for this measure.
    months : pandas.DataFrame
        Measured rows of this measure and area, with completeness and comparator.
    configuration : str
        The text that `starter` wrote where a file came without one; else empty.
    """

    prepared: Prepared
    measure: Measure
    area: str
    quarter: pd.Period
    as_at: dt.date
    events: tuple[Event, ...]
    months: pd.DataFrame
    configuration: str = ""

    @property
    def project(self) -> Catalogue:
        """The configuration."""
        return self.prepared.project

    @property
    def cleaned(self) -> Cleaned:
        """The records of the measure's dataset, with audit and quarantine."""
        return next(c for c in self.prepared.cleaned if c.dataset == self.measure.dataset)

    @property
    def sources(self) -> pd.DataFrame:
        """What came in: a row a file or sheet, by dataset."""
        tables = {c.dataset: c.sources for c in self.prepared.cleaned}
        return pd.concat(tables, names=["dataset"]).droplevel(1)[["file", "sheet", "rows_in", "sha256"]]

    @property
    def codes(self) -> pd.DataFrame:
        """What cleaning did: a row a dataset and code, with what the code means and what became of the rows."""
        papers = [
            paper.assign(dataset=c.dataset, then=then)
            for c in self.prepared.cleaned
            for paper, then in ((c.audit, "kept"), (c.quarantine, "set aside"))
        ]
        table = pd.concat([p[["dataset", "code", "then"]] for p in papers], ignore_index=True)
        counted = table.value_counts(sort=False).reset_index(name="times")
        return counted.assign(means=counted["code"].map(lambda code: CODES.get(code, ""))).set_index("dataset")

    @property
    def series(self) -> pd.Series:
        """The measure's figures on their months or weeks, those after the quarter left out."""
        return self._column("value")

    def _column(self, name: str) -> pd.Series:
        table = self.months.set_index(pd.PeriodIndex(self.months["period"]))[name].astype(float).sort_index()
        return table[quarter_of(table.index) <= self.quarter]

    @cached_property
    def verdict(self) -> Verdict:
        """Trend or short-term issue?"""
        return judge(self.series, **self._asked)

    @cached_property
    def explanation(self) -> Explanation:
        """What the verdict rests on."""
        return explain(self.series, **self._asked)

    @cached_property
    def questions(self) -> pd.DataFrame:
        """The questions of this quarter and the four before it, answered with all that came since.

        A row a quarter: question, probability, settled_from, said (the probability when it was asked).
        """
        end = self.quarter.asfreq("M", how="end")
        rows = {}
        for quarter in pd.period_range(self.quarter - 4, self.quarter, freq=self.quarter.freq):
            told = judge(self.series, **{**self._asked, "quarter": quarter}, through=end)
            said = [told.question, told.probability, told.settled_from, told.persists]
            rows[quarter_code(quarter)] = ["" if one is None else one for one in said]
        table = pd.DataFrame.from_dict(
            rows, orient="index", columns=["question", "probability", "settled_from", "said"]
        )
        return table.rename_axis("asked")

    def life(self, asked: pd.Period | str | None = None) -> pd.DataFrame:
        """Follow the question of one quarter, month by month.

        Parameters
        ----------
        asked : str or pandas.Period, optional
            The quarter that asks; default: the newest of `questions` of which something came, else this one.

        Returns
        -------
        pandas.DataFrame
            A row a month from the quarter's last on: question, probability, mean (of the months since; NaN before the
            first), and for the months of a look lasts_if, passed_if and half, as a mean of its months too.
        """
        if asked is None:
            open_ones = self.questions.index[self.questions["question"] != NONE][::-1]
            asked = next((q for q in open_ones if parse_quarter(q) < self.quarter), self.quarter)
        asked = parse_quarter(asked)
        start, end = asked.asfreq("M", how="end"), self.quarter.asfreq("M", how="end")
        values = self.series.groupby(month_of(self.series.index)).sum() if self.measure.kind.accrues else self.series
        rows = []
        for month in pd.period_range(start, min(end, start + FACT), freq="M"):
            told = judge(self.series, **{**self._asked, "quarter": asked}, through=month)
            since = values[(month_of(values.index) > start) & (month_of(values.index) <= month)]
            rows.append(
                {"month": month, "question": told.question, "probability": told.probability, "mean": since.mean()}
            )
        whole = pd.DataFrame(rows).set_index("month").reindex(pd.period_range(start, start + FACT, freq="M"))
        lines = told.settles.set_index("until")
        lines = lines.div(lines["months"] if self.measure.kind.accrues else 1, axis=0)
        return whole.join(lines[["lasts_if", "passed_if", "half"]])

    @property
    def _asked(self) -> dict:
        known = {name: self._column(name) for name in BESIDE if self.months[name].notna().any()}
        nation = self.months["nation"].iloc[0] or None
        return {
            "quarter": self.quarter,
            "kind": self.measure.type,
            "nation": nation,
            "events": self.events,
            **known,
        }

    @property
    def expected(self) -> pd.DataFrame:
        """The months with the range that was to be expected and the two futures: for `analysis.chart`."""
        return self.months.merge(expected_table(self.months, quarter=self.quarter), on=KEY, how="outer", validate="1:1")

    @cached_property
    def parts(self) -> pd.DataFrame:
        """Trend, season and remainder of the series."""
        return season_and_trend(self.series, kind=self.measure.type, nation=self.project.project.nation)

    @property
    def limits(self) -> pd.DataFrame:
        """The control chart's lines and labels, by the rules of Making Data Count."""
        improvement = None if self.measure.polarity == "none" else self.measure.polarity
        return xmr(self.series, improvement=improvement, target=self.target)

    @property
    def target(self) -> float | None:
        """The target in force at the quarter's end."""
        target = self.measure.target_on(self.quarter.end_time.date())
        return target.value if target else None

    @property
    def percent(self) -> bool:
        """Whether the figures are fractions that read as percentages."""
        return self.measure.kind.share

    def what_if(
        self,
        *,
        quarter: pd.Period | str | None = None,
        as_at: dt.date | None = None,
        event: dict | None = None,
        without: Iterable = (),
    ) -> "Exploration":
        """Return the same measure as it would be judged if something were different.

        Parameters
        ----------
        quarter : str or pandas.Period, optional
            Judge another quarter, on what was recorded by then.
        as_at : datetime.date, optional
            Use what was recorded up to this day.
        event : dict, optional
            date, title and effect ("recording", "definition" or "context") of an event that is not registered yet.
        without : iterable of str or pandas.Period
            Periods whose figures are left out.

        Returns
        -------
        Exploration
        """
        events = self.events
        if event:
            events = (*events, Event(**{**event, "date": pd.Timestamp(event["date"]).date()}))
        other = self
        if quarter is not None or as_at is not None:
            wanted = self.quarter if quarter is None else parse_quarter(quarter)
            other = look(
                self.prepared,
                self.measure,
                self.area,
                wanted,
                as_at=as_at,
                events=events,
                configuration=self.configuration,
            )
        months = other.months
        if without := list(without):
            dropped = {pd.Period(p, freq=months["period"].iloc[0].freqstr) for p in without}
            months = months.assign(value=months["value"].mask(months["period"].isin(dropped)))
        return replace(other, events=events, months=months)

    def _repr_html_(self) -> str:
        known = self.series.dropna()
        rows = {
            "Measure": f"{self.measure.title} ({self.measure.name})",
            "Other measures": ", ".join(m.name for m in self.project.measures if m != self.measure),
            "Area": self.area,
            "Quarter": quarter_code(self.quarter),
            "As at": self.as_at.isoformat(),
            "Figures": f"{len(known)}, from {known.index[0]} to {known.index[-1]}" if len(known) else "none",
            "Registered events": "; ".join(f"{e.date} {e.title} ({e.effect})" for e in self.events) or "none",
        }
        return two_columns(rows)


def look(
    prepared: Prepared,
    measure: Measure,
    area: str,
    quarter: pd.Period,
    *,
    as_at: dt.date | None = None,
    events: tuple[Event, ...] | None = None,
    configuration: str = "",
) -> Exploration:
    """Measure what was recorded up to a day, and open it; `events` are those registered where none are given."""
    project = prepared.project
    as_at = project.as_at(quarter, newest=prepared.newest, asked=as_at)
    if events is None:
        events = tuple(project.events_for(measure.name))
    table = measured_table(prepared.cleaned, project, as_at=as_at, population=prepared.population)
    rows = table[(table["measure"] == measure.name) & (table["area"] == area)]
    if not (quarter_of(pd.PeriodIndex(rows["period"])) == quarter).any():
        raise Refused(
            f"The measure '{measure.name}' has no figure for {area} in {quarter_code(quarter)}.", code="NO_DATA"
        )
    changed = [e.date for e in events if e.effect == "recording" and e.date <= as_at]
    told = completeness(
        next(c.records for c in prepared.cleaned if c.dataset == measure.dataset),
        measure,
        project.dataset(measure.dataset),
        as_at=as_at,
        whole=project.project.name,
        changed=max(changed, default=None),
    )
    told = told.assign(completeness=for_judging(told))[[*KEY, *RECORDED]]
    rows = rows.astype({"period": object}).merge(told.astype({"period": object}), on=KEY, how="left", validate="1:1")
    months = rows.assign(period=pd.PeriodIndex(rows["period"]))
    return Exploration(prepared, measure, area, quarter, as_at, events, months, configuration)


def compare(here: Exploration, what_ifs: dict[str, dict]) -> pd.DataFrame:
    """Return what would be said, and how sure one would be, if something were different.

    Parameters
    ----------
    here : Exploration
    what_ifs : dict
        Name: what `Exploration.what_if` takes.

    Returns
    -------
    pandas.DataFrame
        call, the five probabilities, persists, change and onset; the first row as it is, then one a name.
    """
    rows = {}
    for name, given in {"as it is": {}, **what_ifs}.items():
        verdict = here.what_if(**given).verdict if given else here.verdict
        numbers = {**verdict.probabilities, "persists": verdict.persists, "change": verdict.change}
        told = {n: round(x, DECIMALS) for n, x in numbers.items()}
        rows[name] = {"call": verdict.call, **told, "onset": "" if verdict.onset is None else str(verdict.onset)}
    return pd.DataFrame.from_dict(rows, orient="index")
