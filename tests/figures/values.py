"""What the templates' fields stand for: figures of the saved results, of the evidence, and of earlier runs."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from sim.cli.compare import print_option
from sim.inputs import evidence
from sim.outcomes.measures import CATALOGUE
from tests.figures import public, studies

EARLIER = Path(__file__).parent / "earlier.toml"
PER_CENT, HUNDREDS = 100, -2
BOTH = "empowerment 95% + training"
LEVELS = {"0 %": "empowerment 0%", "25 %": "empowerment 25%", "75 %": "empowerment 75%", "95 %": "empowerment 95%"}
LEVELS |= {"100 %": "empowerment 100%"}
HEADLINE = LEVELS["95 %"]
MEASURES = {"profit": "profit_a_year", "retention": "retention_12m", "handoffs": "handoffs_per_case", "answer": "asa_s"}
FEWER = re.compile(r"worth ([\d.]+) a customer, ([\d.]+)% of revenue; the published sum would take ([\d,]+) customers")
MILLION = 1e6
SCALE = {"retention_12m": PER_CENT, "handoffs_per_case": PER_CENT}
DIGITS = {"profit_a_year": 0, "retention_12m": 2, "handoffs_per_case": 2, "asa_s": 1}


class Change(NamedTuple):
    """A paired difference and its interval; money in hundreds."""

    mean: float
    low: float
    high: float


class Told(NamedTuple):
    """People told of good and of bad, how often good is heard for one bad, and per cent who join because of it."""

    good: float
    bad: float
    heard: float
    joins: float


@cache
def all_values() -> dict[str, Any]:
    """Return the fields that a template may name."""
    return {
        "question": question(),
        "empowerment": empowerment(),
        "evidence": claims(),
        "readings": readings(),
        "audit": audit(),
        "earlier": tomllib.loads(EARLIER.read_text("utf-8")),
        "names": public.table(),
    }


def question() -> str:
    """Return the verdict and the rows that the README's command prints of its last policy, as it prints them."""
    rows = studies.table("question").query("policy == @BOTH").set_index("measure")
    lower = [CATALOGUE[name].better == "lower" for name in rows.index]  # what is saved takes more for a gain
    rows["probability_gain"] = rows["probability_gain"].where(~np.array(lower), 1 - rows["probability_gain"])
    study = SimpleNamespace(baseline="baseline", manifest=studies.manifest("question"))
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setenv("COLUMNS", "100")
        print_option(study, ("small_company", BOTH), rows, ("ci_low_difference", "ci_high_difference"), "95 % interval")
    return "\n".join(line.rstrip() for line in printed.getvalue().strip().splitlines())


def empowerment() -> dict[str, Any]:
    """Return changes at 95 %, by circumstance too, and the rows of the table of all levels."""
    main, other = studies.table("empowerment"), studies.table("empowerment-conditions").query("policy == @HEADLINE")
    at = {name: _change(main, HEADLINE, measure) for name, measure in MEASURES.items()}
    levels = main.set_index(["policy", "measure"])["mean_baseline"]
    under = {name: _change(rows, HEADLINE, "profit_a_year") for name, rows in other.groupby("scenario")}
    made = studies.manifest("empowerment")
    return {
        **at,
        "baseline": round(levels[HEADLINE, "profit_a_year"], -3),
        "rows": "\n".join(_level(main, name, policy) for name, policy in LEVELS.items()),
        "under": under,
        "made": made,
    }


def _change(rows: pd.DataFrame, policy: str, measure: str) -> Change:
    found = rows[(rows["policy"] == policy) & (rows["measure"] == measure)].iloc[0]
    scaled = [found[f"{name}_difference"] * SCALE.get(measure, 1) for name in ("mean", "ci_low", "ci_high")]
    return Change(*(round(value, HUNDREDS) for value in scaled) if measure == "profit_a_year" else scaled)


def _level(rows: pd.DataFrame, name: str, policy: str) -> str:
    cells = [_cell(_change(rows, policy, measure), DIGITS[measure]) for measure in MEASURES.values()]
    return f"| {' | '.join([name, *cells])} |"


def _cell(change: Change, digits: int) -> str:
    mean, low, high = (f"{value:+,.{digits}f}" for value in change)
    return f"{mean} ({low} to {high})"


def claims() -> dict[str, Any]:
    """Return how many numbers and statements the documents have, and their grades."""
    every = list(evidence.claims().values())
    graded: dict[str, Counter[str]] = {
        kind: Counter(each.grade for each in every if each.nature == kind) for kind in ("statistic", "principle")
    }
    return {
        "documents": len(evidence.documents()),
        "numbers": len(evidence.numbers()),
        "statements": len(every),
        **{kind: {"all": count.total(), **{grade: count[grade] for grade in "ABCD"}} for kind, count in graded.items()},
    }


def readings() -> dict[str, Any]:
    """Return what comes out of each reading without policies, and how many times as much `special` earns."""
    rows = studies.table("readings").query("policy == 'baseline'")
    means = rows.pivot_table(index="scenario", columns="measure", values="mean")
    found = {name: means.loc[f"default, {name}"] for name in evidence.readings()}
    earns = found["special"]["profit_a_year"] / found["smart-2010"]["profit_a_year"]
    return {
        **{name: _reading(name, row) for name, row in found.items()},
        "earns": earns,
        "made": studies.manifest("readings"),
    }


def _reading(name: str, row: pd.Series) -> Told:
    about = evidence.readings()[name]
    heard, joins = row["told_good"] / row["told_bad"], row["joined_by_wom"] * PER_CENT
    return Told(about.good.mean, about.bad.mean, heard, joins)


def audit() -> dict[str, Any]:
    """Return the figures of each claim by what they are of, shares in per cent, and how many have each verdict."""
    rows = studies.table("audit")
    claims = {claim: {_key(row): _shown(row) for _, row in part.iterrows()} for claim, part in rows.groupby("claim")}
    counts = {"all": len(rows), "claims": rows["claim"].nunique(), **Counter(rows["verdict"])}
    return {
        **claims,
        "count": counts,
        "worth": _worth(claims["smart-2010-fewer-issues"]),
        "fewer": _fewer_issues(rows),
        "turnover": _lower(next(iter(claims["attitude-2016-turnover"].values()))),
        "made": studies.manifest("audit"),
    }


def _worth(found: dict[str, Change]) -> dict[str, Change]:
    """Return what fewer issues are worth: one per cent in hundreds, its mean in thousands; one point in millions."""
    one, point = found.values()
    low, high = (round(value, HUNDREDS) for value in one[1:])
    return {"one": Change(round(one.mean, -3), low, high), "point": Change(*(value / MILLION for value in point))}


def _lower(found: Change) -> Change:
    return Change(-found.mean, -found.high, -found.low)


def _key(row: pd.Series) -> str:
    return str(row["figure"]).replace(": ", " ")  # a field's name has no colon


def _shown(row: pd.Series) -> Change:
    scale = PER_CENT if row["unit"] == "share" else 1
    return Change(*(row[name] * scale for name in ("mean", "ci_low", "ci_high")))


def _fewer_issues(rows: pd.DataFrame) -> dict[str, Any]:
    """Return what fewer issues are worth a customer and of revenue, and the customers that the published sum takes."""
    said = [FEWER.search(str(why)) for why in rows.loc[rows["claim"] == "smart-2010-fewer-issues", "why"]]
    per_cent, point = (found.groups() for found in said if found)
    large, small = (float(words[2].replace(",", "")) for words in (per_cent, point))
    return {"customer": per_cent[0], "revenue": per_cent[1], "large": large / MILLION, "small": round(small, -4)}
