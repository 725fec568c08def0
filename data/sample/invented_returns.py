"""Invented returns of one invented authority: the same children in a children in need census, SSDA903, Annex A and the
Standard Safeguarding Dataset, five years of each. No child, date or figure in them is real.

python data/sample/invented_returns.py FOLDER
"""

import csv
import sqlite3
import sys
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pandas as pd

YEARS = (2017, 2018, 2019, 2020, 2021)  # of returns: each from April of the year before to March
BEGIN, END = np.datetime64("2013-04-01"), np.datetime64("2021-03-31")  # begun early, so that stocks are in balance
AUTHORITY, NAME = "999", "Invented District"  # no authority has this code
REFERRALS_A_MONTH, AGAIN, NO_ACTION = 20, 0.22, 0.07
SOURCES = ["1A", "1B", "2A", "3A", "4", "6", "7", "8"]
NEEDS = ["N1", "N2", "N3", "N4", "N5", "N6", "N9"]
ABUSE = ["NEG", "EMO", "PHY", "SAB", "MUL"]
WORDS_OF_ABUSE = {
    "NEG": "a) Neglect",
    "EMO": "d) Emotional abuse",
    "PHY": "b) Physical abuse",
    "SAB": "c) Sexual abuse",
    "MUL": "e) Multiple",
}
NONE = np.datetime64("NaT")


class Invented:
    """The authority's children and what happened to them, table by table; `made` is what every return is written from."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)
        self.rows: dict[str, list[dict]] = {}
        self.children: list[dict] = []
        self.plans_of: dict[str, int] = {}
        self.busy_until: dict[str, np.datetime64] = {}
        for month in np.arange(BEGIN.astype("M8[M]"), END.astype("M8[M]") + 1):
            for _ in range(self.random.poisson(REFERRALS_A_MONTH)):
                self.refer(self.weekday(month.astype("M8[D]") + self.random.integers(0, 28)))
            for _ in range(self.random.poisson(REFERRALS_A_MONTH)):
                self.add(
                    "contacts",
                    child=self.child(month.astype("M8[D]"))["child"],
                    date=self.weekday(month.astype("M8[D]") + self.random.integers(0, 28)),
                    source="q) 6: Police",
                )
            for _ in range(self.random.poisson(6)):
                start = self.weekday(month.astype("M8[D]") + self.random.integers(0, 28))
                self.add(
                    "early_help",
                    child=self.child(month.astype("M8[D]"))["child"],
                    started=start,
                    ended=self.after(start, 90),
                )
        self.made = {name: pd.DataFrame(rows) for name, rows in self.rows.items()} | {
            "children": pd.DataFrame(self.children)
        }

    def add(self, table: str, **values: object) -> None:
        self.rows.setdefault(table, []).append(values)

    def weekday(self, day: np.datetime64) -> np.datetime64:
        return np.busday_offset(day.astype("M8[D]"), 0, roll="forward")

    def working(self, day: np.datetime64, low: int, high: int) -> np.datetime64:
        return np.busday_offset(day, self.random.integers(low, high + 1), roll="forward")

    def after(self, day: np.datetime64, mean: float) -> np.datetime64:
        """Return a day some time later; none where it has not come yet."""
        later = self.weekday(day + 1 + int(self.random.exponential(mean)))
        return later if later <= END else NONE

    def child(self, day: np.datetime64) -> dict:
        born = day - int(self.random.integers(30, 16 * 365))
        number = f"T{len(self.children) + 1:05d}"
        one = {
            "child": number,
            "born": born,
            "sex": self.random.choice(["M", "F"]),
            "ethnicity": self.random.choice(["WBRI", "AIND", "BCRB"]),
        }
        self.children.append(one)
        return one

    def refer(self, day: np.datetime64) -> None:
        """Add a referral and what followed: nothing, an assessment, an enquiry, a conference, a plan, care."""
        random = self.random
        free = [
            c
            for c in self.children[-600:]
            if (c["child"] in self.busy_until)
            and self.busy_until[c["child"]] < day
            and day - c["born"] < np.timedelta64(17 * 365, "D")
        ]
        one = free[random.integers(len(free))] if free and random.random() < AGAIN else self.child(day)
        child, key = one["child"], f"R{len(self.rows.get('referrals', [])) + 1}"
        no_action = random.random() < NO_ACTION
        self.add("contacts", child=child, date=day, source="a) 1A: Individual")
        ends, open_work = [day], False
        if not no_action:
            start = self.working(day, 0, 3)
            done = self.working(start, 20, 52)
            done = done if done <= END else NONE
            if start <= END:
                self.add("assessments", child=child, key=key, referral=day, started=start, authorised=done)
            ends.append(done)
            if random.random() < 0.3:
                began = self.working(day, 1, 12)
                held = self.working(began, 8, 18) if random.random() < 0.6 else NONE
                held = held if held <= END else NONE
                over = held if not np.isnat(held) else self.after(began, 12)
                ends.append(over)
                if began <= END:
                    self.add(
                        "section_47",
                        child=child,
                        key=key,
                        referral=day,
                        started=began,
                        due=np.busday_offset(began, 15),
                        completed=held,
                        ended=over,
                    )
                    if not np.isnat(held) and random.random() < 0.85:
                        ends.append(self.plan(child, key, day, held))
            if random.random() < 0.08 and (entered := self.working(day, 5, 60)) <= END:
                ends.append(self.care(one, entered))
            if random.random() < 0.3 and (began := self.working(day, 25, 40)) <= END:
                stop = self.after(began, 120)
                self.add("cin_plans", child=child, key=key, referral=day, started=began, ended=stop)
                ends.append(stop)
        open_work = any(np.isnat(e) for e in ends)
        closed = NONE if open_work else self.working(max(ends), 1, 8)
        closed = closed if closed <= END else NONE
        self.busy_until[child] = np.datetime64("2100-01-01") if np.isnat(closed) else closed
        before = [r for r in self.rows.get("referrals", []) if r["child"] == child]
        recent = sum(day - r["referral"] <= np.timedelta64(365, "D") for r in before)
        reason = "" if np.isnat(closed) else "RC8" if no_action or random.random() < 0.6 else "RC7"
        self.add(
            "referrals",
            child=child,
            key=key,
            referral=day,
            closed=closed,
            reason=reason,
            source=random.choice(SOURCES),
            need=random.choice(NEEDS),
            nfa=no_action,
            before=recent,
        )

    def plan(self, child: str, key: str, referral: np.datetime64, start: np.datetime64) -> np.datetime64:
        end, previous = self.after(start, 280), self.plans_of.get(child, 0)
        self.plans_of[child] = previous + 1
        category = self.random.choice(ABUSE, p=[0.45, 0.35, 0.1, 0.05, 0.05])
        self.add(
            "plans",
            child=child,
            key=key,
            referral=referral,
            started=start,
            ended=end,
            category=category,
            previous=previous,
        )
        last, step = end if not np.isnat(end) else END, 85
        review = start + step
        while review < last:
            self.add("plan_reviews", child=child, key=key, plan=start, date=self.weekday(review))
            review += 175
        visit = self.working(start, 5, 10)
        while visit < last:
            self.add("plan_visits", child=child, started=start, visited=visit)
            visit = self.working(visit, 8, 13)
        return end

    def care(self, one: dict, start: np.datetime64) -> np.datetime64:
        """Add a period of care: episodes that follow each other, with reviews, visits, checks and times missing."""
        random, child = self.random, one["child"]
        last = self.after(start, 600)
        adult = one["born"] + 18 * 365 + 4
        stop = min(d for d in (last, adult) if not np.isnat(d)) if not np.isnat(last) or adult <= END else NONE
        if not np.isnat(stop) and stop <= start:
            stop = start + 20 if start + 20 <= END else NONE
        until = END if np.isnat(stop) else stop
        moves = [
            start,
            *sorted({start + int(d) for d in random.integers(10, 900, random.poisson(2)) if start + int(d) < until}),
        ]
        legal = random.choice(["V2", "C1", "C2", "V4"], p=[0.5, 0.25, 0.2, 0.05])
        need = random.choice(["N1", "N3", "N5"])
        for i, (begin, end) in enumerate(pairwise([*moves, stop])):
            reason = "S" if i == 0 else random.choice(["P", "L", "B", "T"], p=[0.6, 0.2, 0.1, 0.1])
            ceased = "" if np.isnat(end) else "X1" if i < len(moves) - 1 else random.choice(["E4A", "E11", "E45", "E7"])
            place = random.choice(["U4", "U1", "K2", "P1", "H5"], p=[0.5, 0.2, 0.15, 0.1, 0.05])
            self.add(
                "episodes",
                child=child,
                started=begin,
                ended=end,
                reason=reason,
                ceased=ceased,
                legal=legal,
                need=need,
                place=place,
                provider="PR1",
                period=start,
            )
        for day, step in ((self.working(start, 10, 20), 0), (start + 110, 170)):
            while day < until:
                self.add(
                    "care_reviews",
                    child=child,
                    period=start,
                    date=self.weekday(day),
                    participation=random.choice(["PN1", "PN3", "PN0"]),
                )
                day = day + step if step else until
        for table, gap in (("care_visits", 38), ("health", 330)):
            day = start + int(random.integers(5, 20))
            while day < until:
                self.add(table, child=child, date=self.weekday(day), period=start)
                day = day + gap + int(random.integers(-5, 25))
        for _ in range(random.poisson(0.3)):
            away = start + int(random.integers(1, max(2, (until - start).astype(int))))
            if away < until:
                back = away + int(random.integers(1, 4))
                self.add(
                    "missing",
                    child=child,
                    started=away,
                    ended=back if back <= END else NONE,
                    kind=random.choice(["M", "A"], p=[0.8, 0.2]),
                )
        return stop


def window(year: int) -> tuple[np.datetime64, np.datetime64]:
    """Return the first and the last day of a return."""
    return np.datetime64(f"{year - 1}-04-01"), np.datetime64(f"{year}-03-31")


def open_in(table: pd.DataFrame, first: np.datetime64, last: np.datetime64, start: str, end: str) -> pd.DataFrame:
    """Return what was open on a day of the window, as it was known on its last day."""
    there = table[(table[start] <= last) & ~(table[end] < first)]
    return there.assign(**{end: there[end].mask(there[end] > last)})


def build(folder: Path, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Write all returns into `folder`, and give the tables from which they were made."""
    made = Invented(seed).made
    for part in ("cin", "ssda903", "ssda903_xml", "annex_a"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for year in YEARS:
        (folder / "cin" / f"cin-{year}.xml").write_text(census(made, year), encoding="utf-8")
        tables = ssda903(made, year)
        for name, table in tables.items():
            table.to_csv(folder / "ssda903" / f"{year}-{name}.csv", index=False, quoting=csv.QUOTE_MINIMAL)
        (folder / "ssda903_xml" / f"ssda903-{year}.xml").write_text(ssda903_xml(tables), encoding="utf-8")
        for last in (f"{year - 1}-09-30", f"{year}-03-31"):
            annex_a(made, np.datetime64(last), folder / "annex_a" / f"annex-a-{last}.xlsx")
    ssd(made, folder / "ssd.db")
    return made


def census(made: dict[str, pd.DataFrame], year: int) -> str:
    """Return a year's children in need census; the names of its elements follow the schema of the year."""
    first, last = window(year)
    born = made["children"].set_index("child")
    parts = {}
    for name, start, end in (
        ("assessments", "started", "authorised"),
        ("section_47", "started", "ended"),
        ("plans", "started", "ended"),
        ("cin_plans", "started", "ended"),
    ):
        there = open_in(made[name], first, last, start, end)
        if "completed" in there:
            there["completed"] = there["completed"].mask(there["completed"] > last)
        parts[name] = {k: rows.to_dict("records") for k, rows in there.groupby("key")}
    held = made["plan_reviews"]
    reviews = {
        k: rows.to_dict("records") for k, rows in held[(held["date"] >= first) & (held["date"] <= last)].groupby("key")
    }
    sex = "Sex" if year >= 2020 else "GenderCurrent"
    out = [
        '<?xml version="1.0" encoding="utf-8"?>', "<Message>",
        f"<Header><CollectionDetails><Collection>CIN</Collection><Year>{year}</Year><ReferenceDate>{year}-03-31</ReferenceDate></CollectionDetails>"
        f"<Source><SourceLevel>L</SourceLevel><LEA>{AUTHORITY}</LEA><SoftwareCode>Invented</SoftwareCode></Source></Header>", "<Children>",
    ]  # fmt: skip
    for child, rows in open_in(made["referrals"], first, last, "referral", "closed").groupby("child"):
        one = born.loc[child]
        out.append(
            "<Child><ChildIdentifiers>"
            + _elements(LAchildID=child, PersonBirthDate=one["born"], **{sex: one["sex"]})
            + "</ChildIdentifiers>"
        )
        out.append("<ChildCharacteristics>" + _elements(Ethnicity=one["ethnicity"]) + "</ChildCharacteristics>")
        for r in rows.to_dict("records"):
            closed = not pd.isna(r["closed"])
            out.append(
                "<CINdetails>"
                + _elements(
                    CINreferralDate=r["referral"],
                    ReferralSource=r["source"],
                    PrimaryNeedCode=r["need"],
                    CINclosureDate=r["closed"],
                    ReasonForClosure=r["reason"] if closed else "",
                    ReferralNFA="true" if r["nfa"] else "false",
                )
            )
            for a in parts["assessments"].get(r["key"], ()):
                out.append(
                    "<Assessments>"
                    + _elements(AssessmentActualStartDate=a["started"], AssessmentAuthorisationDate=a["authorised"])
                    + "<FactorsIdentifiedAtAssessment><AssessmentFactors>1A</AssessmentFactors><AssessmentFactors>2B</AssessmentFactors></FactorsIdentifiedAtAssessment></Assessments>"
                )
            for p in parts["cin_plans"].get(r["key"], ()):
                out.append(
                    "<CINPlanDates>"
                    + _elements(CINPlanStartDate=p["started"], CINPlanEndDate=p["ended"])
                    + "</CINPlanDates>"
                )
            for s in parts["section_47"].get(r["key"], ()):
                out.append(
                    "<Section47>"
                    + _elements(
                        S47ActualStartDate=s["started"],
                        InitialCPCtarget=s["due"],
                        DateOfInitialCPC=s["completed"],
                        ICPCnotRequired="false",
                    )
                    + "</Section47>"
                )
            for p in parts["plans"].get(r["key"], ()):
                dates = "".join(
                    _elements(CPPreviewDate=v["date"]) for v in reviews.get(r["key"], ()) if v["plan"] == p["started"]
                )
                out.append(
                    "<ChildProtectionPlans>"
                    + _elements(
                        CPPstartDate=p["started"],
                        CPPendDate=p["ended"],
                        InitialCategoryOfAbuse=p["category"],
                        LatestCategoryOfAbuse=p["category"],
                        NumberOfPreviousCPP=p["previous"],
                    )
                    + (f"<Reviews>{dates}</Reviews>" if dates else "")
                    + "</ChildProtectionPlans>"
                )
            out.append("</CINdetails>")
        out.append("</Child>")
    return "\n".join([*out, "</Children>", "</Message>", ""])


def _elements(**values: object) -> str:
    texts = {
        name: ""
        if pd.isna(v)
        else str(np.datetime64(v, "D"))
        if isinstance(v, np.datetime64 | pd.Timestamp)
        else str(v)
        for name, v in values.items()
    }
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in texts.items() if text)


def _uk(days: pd.Series) -> pd.Series:
    return days.dt.strftime("%d/%m/%Y").fillna("")


def ssda903(made: dict[str, pd.DataFrame], year: int) -> dict[str, pd.DataFrame]:
    """Return a year's SSDA903 tables as they are uploaded."""
    first, last = window(year)
    born = made["children"].set_index("child")
    e = open_in(made["episodes"], first, last, "started", "ended")
    e = e.assign(ceased=e["ceased"].where(e["ended"].notna(), ""))
    dob = _uk(born["born"])
    uasc = e["child"].drop_duplicates().iloc[::12]
    children = e["child"].drop_duplicates()
    r = made["care_reviews"]
    r = r[(r["date"] >= first) & (r["date"] <= last)]
    m = open_in(made["missing"], first, last, "started", "ended")
    adopted = e[e["ceased"] == "E11"]
    decided = adopted["ended"] - pd.Timedelta(days=200)
    return {
        "episodes": pd.DataFrame({"CHILD": e["child"], "DECOM": _uk(e["started"]), "RNE": e["reason"], "LS": e["legal"], "CIN": e["need"], "PLACE": e["place"], "PLACE_PROVIDER": e["provider"], "DEC": _uk(e["ended"]), "REC": e["ceased"], "REASON_PLACE_CHANGE": "", "HOME_POST": "", "PL_POST": "", "URN": ""}),
        "header": pd.DataFrame({"CHILD": children, "SEX": children.map(born["sex"]).map({"M": "1", "F": "2"}), "DOB": children.map(dob), "ETHNIC": children.map(born["ethnicity"]), "UPN": "", "MOTHER": "", "MC_DOB": ""}),
        "reviews": pd.DataFrame({"CHILD": r["child"], "DOB": r["child"].map(dob), "REVIEW": _uk(r["date"]), "REVIEW_CODE": r["participation"]}),
        "missing": pd.DataFrame({"CHILD": m["child"], "DOB": m["child"].map(dob), "MISSING": m["kind"], "MIS_START": _uk(m["started"]), "MIS_END": _uk(m["ended"])}),
        "uasc": pd.DataFrame({"CHILD": uasc, "SEX": "1", "DOB": uasc.map(dob), "DUC": _uk(uasc.map(born["born"]) + pd.Timedelta(days=18 * 365 + 5))}),
        "ad1": pd.DataFrame({"CHILD": adopted["child"], "DOB": adopted["child"].map(dob), "DATE_INT": _uk(decided), "DATE_MATCH": _uk(decided + pd.Timedelta(days=120)), "FOSTER_CARE": "0", "NB_ADOPTR": "2"}),
        "placed_for_adoption": pd.DataFrame({"CHILD": adopted["child"], "DOB": adopted["child"].map(dob), "DATE_PLACED": _uk(decided + pd.Timedelta(days=150)), "DATE_PLACED_CEASED": "", "REASON_PLACED_CEASED": ""}),
    }  # fmt: skip


def ssda903_xml(tables: dict[str, pd.DataFrame]) -> str:
    """Return the same year as one XML file."""
    of = {name: {c: rows.to_dict("records") for c, rows in table.groupby("CHILD")} for name, table in tables.items()}
    out = ['<?xml version="1.0" encoding="utf-8"?>', "<EXPSSDA903>"]

    def inside(row: dict, *leave: str) -> str:
        return _elements(**{{"CHILD": "CHILDID", "PLACE": "PL"}.get(k, k): v for k, v in row.items() if k not in leave})

    for child, (header,) in of["header"].items():
        out.append("<CHILD><HEADER>" + inside(header))
        unaccompanied = of["uasc"].get(child, ())
        out.append(
            "<UASC>1</UASC>" + inside(unaccompanied[0], "CHILD", "SEX", "DOB") if unaccompanied else "<UASC>0</UASC>"
        )
        for table, tag in (("reviews", "AREVIEW"), ("missing", "AMISSING"), ("placed_for_adoption", "AD_PLACED")):
            out += [f"<{tag}>" + inside(row, "CHILD", "DOB") + f"</{tag}>" for row in of[table].get(child, ())]
        out += [f"<AD1>{inside(row, 'CHILD', 'DOB')}</AD1>" for row in of["ad1"].get(child, ())]
        out.append("</HEADER>")
        out += ["<EPISODE>" + inside(row, "CHILD") + "</EPISODE>" for row in of["episodes"].get(child, ())]
        out.append("</CHILD>")
    return "\n".join([*out, "</EXPSSDA903>", ""])


def annex_a(made: dict[str, pd.DataFrame], last: np.datetime64, path: Path) -> None:
    """Write an Annex A workbook as it stands on a day: front sheet, a title row above the headings, codes with words."""
    first = (last.astype("M8[M]") - 5).astype("M8[D]")
    born = made["children"].set_index("child")["born"]
    contacts = made["contacts"][(made["contacts"]["date"] >= first) & (made["contacts"]["date"] <= last)]
    early = open_in(made["early_help"], first, last, "started", "ended")
    referrals = made["referrals"][(made["referrals"]["referral"] >= first) & (made["referrals"]["referral"] <= last)]
    assessments = open_in(made["assessments"], first, last, "started", "authorised")
    enquiries = open_in(made["section_47"], first, last, "started", "ended")
    enquiries = enquiries.assign(completed=enquiries["completed"].mask(enquiries["completed"] > last))
    need = open_in(made["referrals"][~made["referrals"]["nfa"]], first, last, "referral", "closed")
    plans = open_in(made["plans"], first, last, "started", "ended")
    visits = made["plan_visits"][made["plan_visits"]["visited"] <= last].groupby(["child", "started"])["visited"].max()
    known = made["episodes"][made["episodes"]["started"] <= last]
    care = known.assign(ended=known["ended"].mask(known["ended"] > last)).sort_values("started")
    place = care[care["reason"].isin(["S", "P", "B"])]
    recent = place[~(place["ended"] < last - 365)].groupby("child").size()
    care = (
        care.groupby(["child", "period"])
        .agg(
            ended=("ended", lambda d: d.iloc[-1]),
            ceased=("ceased", "last"),
            legal=("legal", "last"),
            need=("need", "last"),
            place=("place", "last"),
            placed=("started", "last"),
        )
        .reset_index()
    )
    care = open_in(care, first, last, "period", "ended")
    newest = {
        n: made[n][made[n]["date"] <= last].groupby("child")["date"].max()
        for n in ("care_reviews", "care_visits", "health")
    }
    left = made["episodes"][made["episodes"]["ceased"].str.startswith("E") & (made["episodes"]["ended"] <= last)]
    left = left.assign(age=(last - left["child"].map(born)) / np.timedelta64(365, "D"))
    left = left[left["age"].between(17, 22)].drop_duplicates("child").reset_index(drop=True)
    seen = pd.Series(last - (left.index.to_numpy() * 7 % 90).astype("timedelta64[D]"), left.index)
    in_work, housed = (left.index.to_series() % n for n in (3, 7))
    lists = {
        1: ("Contacts", {"Child Unique ID": contacts["child"], "Date of Contact": contacts["date"], "Contact Source": contacts["source"]}),
        2: ("Early Help Assessments", {"Child Unique ID": early["child"], "Assessment start date": early["started"], "Assessment completion date": early["ended"], "Organisation completing assessment": "School"}),
        3: ("Referrals", {"Child Unique ID": referrals["child"], "Date of referral": referrals["referral"], "Referral Source": "q) " + referrals["source"] + ": invented", "Referral NFA?": referrals["nfa"].map({True: "a) Yes", False: "b) No"}), "Number of Referrals in Last 12 Months": referrals["before"], "Allocated Team": "Team One"}),
        4: ("Assessments", {"Child Unique ID": assessments["child"], "Continuous Assessment Start Date": assessments["started"], "Continuous Assessment Date of Authorisation": assessments["authorised"], "Allocated Team": "Team One"}),
        5: ("Section 47 Enquiries and ICPC", {"Child Unique ID": enquiries["child"], "Strategy discussion initiating Section 47 Enquiry Start Date": enquiries["started"], "Was an Initial Child Protection Conference deemed unnecessary?": "b) No", "Date of Initial Child Protection Conference": enquiries["completed"], "Allocated Team": "Team One"}),
        6: ("Children in Need", {"Child Unique ID": need["child"], "CIN Start Date": need["referral"], "Primary Need Code": need["need"] + " - invented words", "CIN Closure Date": need["closed"], "Reason for Closure": need["reason"].where(need["closed"].notna(), ""), "Case Status": "a) Open", "Allocated Team": "Team One"}),
        7: ("Child Protection", {"Child Unique ID": plans["child"], "Child Protection Plan Start Date": plans["started"], "Latest Category of Abuse": plans["category"].map(WORDS_OF_ABUSE), "Date of the Last Statutory Visit": [visits.get(k, NONE) for k in zip(plans["child"], plans["started"], strict=True)], "Child Protection Plan End Date": plans["ended"], "Number of Previous Child Protection Plans": plans["previous"], "Allocated Team": "Team One"}),
        8: ("Children in Care", {"Child Unique ID": care["child"], "Date Started to be Looked After": care["period"], "Child's Category of Need": care["need"] + " - invented words", "Child's Legal Status": care["legal"] + " - invented words", "Date of Latest Statutory Review": care["child"].map(newest["care_reviews"]), "Date of Last Social Work Visit": care["child"].map(newest["care_visits"]), "Date of Last Health Assessment": care["child"].map(newest["health"]), "Date of Last Dental Check": care["child"].map(newest["health"]) - pd.Timedelta(days=20), "Number of Placements in the Last 12 months": care["child"].map(recent).fillna(0).astype(int), "Date Ceased to be Looked After": care["ended"], "Reason Ceased to be Looked After": care["ceased"].where(care["ended"].notna(), ""), "Placement Type": care["place"] + " - invented words", "Allocated Team": "Team One"}),
        9: ("Leaving Care Services", {"Child Unique ID": left["child"], "LA in Touch": "YES - invented words", "Latest Date of Contact": seen, "Latest Pathway Plan Review Date": seen, "Type of Accommodation": "U - invented words", "Suitability of Accommodation": housed.map(lambda n: "b) Unsuitable" if n == 0 else "a) Suitable"), "Activity Status": in_work.map({0: "F1 - invented words", 1: "F2 - invented words", 2: "G4 - invented words"}), "Eligibility Category": "a) Relevant child"}),
    }  # fmt: skip
    book = openpyxl.Workbook(write_only=True)
    front = book.create_sheet("Front_Sheet")
    front.append(["Invented data of an invented authority: no child is real"])
    for number, (title, columns) in lists.items():
        sheet = book.create_sheet(f"List_{number}")
        sheet.append([f"List {number}: {title}"])
        table = pd.DataFrame(columns)
        table.insert(1, "Date of Birth", table["Child Unique ID"].map(born))
        sheet.append(list(table))
        for row in table.astype(object).where(table.notna(), None).itertuples(index=False, name=None):
            sheet.append([v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for v in row])
    book.save(path)


def ssd(made: dict[str, pd.DataFrame], path: Path) -> None:
    """Write the tables of the Standard Safeguarding Dataset to SQLite: everything since the first return began."""
    first = window(YEARS[0])[0]
    path.unlink(missing_ok=True)
    since = {}
    for name, start, end in (
        ("referrals", "referral", "closed"),
        ("assessments", "started", "authorised"),
        ("section_47", "started", "ended"),
        ("plans", "started", "ended"),
        ("cin_plans", "started", "ended"),
        ("early_help", "started", "ended"),
        ("missing", "started", "ended"),
        ("episodes", "started", "ended"),
    ):
        since[name] = open_in(made[name], first, END, start, end)
    for name in ("contacts", "care_reviews", "care_visits", "health", "plan_reviews"):
        since[name] = made[name][made[name]["date"] >= first]
    visits = made["plan_visits"][made["plan_visits"]["visited"] >= first]
    c, r, a, s, p, e = (since[n] for n in ("contacts", "referrals", "assessments", "section_47", "plans", "episodes"))
    care_id = e["child"] + "-" + e["period"].astype(str)
    placed = e[e["reason"].isin(["S", "P", "B"])]
    reviews = since["care_reviews"]
    tables = {
        "ssd_person": {"pers_person_id": made["children"]["child"], "pers_dob": made["children"]["born"], "pers_sex": made["children"]["sex"], "pers_ethnicity": made["children"]["ethnicity"]},
        "ssd_contacts": {"cont_person_id": c["child"], "cont_contact_date": c["date"], "cont_contact_source_desc": c["source"]},
        "ssd_early_help_episodes": {"earl_person_id": since["early_help"]["child"], "earl_episode_start_date": since["early_help"]["started"], "earl_episode_end_date": since["early_help"]["ended"]},
        "ssd_cin_episodes": {"cine_referral_id": r["key"], "cine_person_id": r["child"], "cine_referral_date": r["referral"], "cine_cin_primary_need_code": r["need"], "cine_referral_source_desc": r["source"], "cine_referral_nfa": r["nfa"].map({True: "Y", False: "N"}), "cine_close_reason": r["reason"], "cine_close_date": r["closed"]},
        "ssd_cin_assessments": {"cina_person_id": a["child"], "cina_referral_id": a["key"], "cina_assessment_start_date": a["started"], "cina_assessment_auth_date": a["authorised"]},
        "ssd_s47_enquiry": {"s47e_s47_enquiry_id": s["child"] + "-" + s["key"], "s47e_referral_id": s["key"], "s47e_person_id": s["child"], "s47e_s47_start_date": s["started"], "s47e_s47_end_date": s["ended"]},
        "ssd_initial_cp_conference": {"icpc_s47_enquiry_id": s["child"] + "-" + s["key"], "icpc_person_id": s["child"], "icpc_icpc_transfer_in": "N", "icpc_icpc_target_date": s["due"], "icpc_icpc_date": s["completed"]},
        "ssd_cp_plans": {"cppl_cp_plan_id": p["child"] + "-" + p["key"], "cppl_referral_id": p["key"], "cppl_person_id": p["child"], "cppl_cp_plan_start_date": p["started"], "cppl_cp_plan_end_date": p["ended"], "cppl_cp_plan_ola": "N", "cppl_cp_plan_latest_category": p["category"]},
        "ssd_cin_plans": {"cinp_person_id": since["cin_plans"]["child"], "cinp_referral_id": since["cin_plans"]["key"], "cinp_cin_plan_start_date": since["cin_plans"]["started"], "cinp_cin_plan_end_date": since["cin_plans"]["ended"]},
        "ssd_cp_visits": {"cppv_person_id": visits["child"], "cppv_cp_visit_date": visits["visited"]},
        "ssd_cp_reviews": {"cppr_person_id": since["plan_reviews"]["child"], "cppr_cp_review_due": since["plan_reviews"]["date"], "cppr_cp_review_date": since["plan_reviews"]["date"]},
        "ssd_cla_episodes": {"clae_person_id": e["child"], "clae_cla_episode_start_date": e["started"], "clae_cla_episode_start_reason": e["reason"], "clae_cla_primary_need_code": e["need"], "clae_cla_episode_ceased_date": e["ended"], "clae_cla_episode_ceased_reason": e["ceased"], "clae_cla_id": care_id, "clae_entered_care_date": e["period"]},
        "ssd_legal_status": {"lega_person_id": e["child"], "lega_legal_status": e["legal"], "lega_legal_status_start_date": e["started"], "lega_legal_status_end_date": e["ended"]},
        "ssd_cla_placement": {"clap_person_id": placed["child"], "clap_cla_id": care_id[placed.index], "clap_cla_placement_start_date": placed["started"], "clap_cla_placement_end_date": placed["ended"], "clap_cla_placement_type": placed["place"], "clap_cla_placement_provider": placed["provider"]},
        "ssd_cla_reviews": {"clar_cla_id": reviews["child"] + "-" + reviews["period"].astype(str), "clar_cla_review_date": reviews["date"], "clar_cla_review_due_date": reviews["date"], "clar_cla_review_cancelled": "N"},
        "ssd_cla_visits": {"clav_person_id": since["care_visits"]["child"], "clav_cla_visit_date": since["care_visits"]["date"]},
        "ssd_cla_health": {"clah_person_id": since["health"]["child"], "clah_health_check_date": since["health"]["date"], "clah_health_check_type": "Health Assessment", "clah_health_check_status": "Completed"},
        "ssd_missing": {"miss_person_id": since["missing"]["child"], "miss_missing_episode_start_date": since["missing"]["started"], "miss_missing_episode_end_date": since["missing"]["ended"], "miss_missing_episode_type": since["missing"]["kind"]},
    }  # fmt: skip
    with sqlite3.connect(path) as database:
        for name, columns in tables.items():
            table = pd.DataFrame(columns)
            for column in table.select_dtypes("datetime"):
                table[column] = table[column].dt.strftime("%Y-%m-%d")
            table.to_sql(name, database, index=False)
    database.close()


if __name__ == "__main__":
    build(Path(sys.argv[1]))
