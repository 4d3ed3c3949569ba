"""A search in plain words: what a planner reads first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.outcomes.measures import CATALOGUE
from sim.outcomes.statistics import mean_interval
from sim.studies.choose.feasibility import BROKEN, KEPT, UNCLEAR
from sim.studies.choose.pareto import FRONTIER, SURE
from sim.studies.levers import ROUNDING
from sim.studies.search.terms import RANDOM, TPE, Terms
from sim.wording import MONEY, PER_CENT, SHARES, capital, change, counted, listed, lower, number, span

if TYPE_CHECKING:
    import pandas as pd

    from sim.studies.levers import Space

EDGE = 0.02
"""A level so near to an end of its range (as a share of it) may want to lie beyond."""
DIGITS = 3
LIMITS = ("mean_difference", "ci_low_difference", "ci_high_difference")
BASELINE = "baseline"
"""What the baseline is called on a frontier."""
SAMPLED = {TPE: "sampler: TPE", RANDOM: "drawn at random"}


def text(found: Any) -> str:
    """Return the answer: what is best, how sure that is, what the search had expected, and what it rests on."""
    if found.checked.empty:
        paragraphs = [_unchecked(found)]
    elif found.frontier is not None:
        paragraphs = [_front(found)]
    else:
        paragraphs = [_answer(found), _curse(found), _others(found)]
    return "\n\n".join(one for one in [*paragraphs, _basis(found)] if one)


def headline(found: Any) -> str:
    """Say in one sentence what was found."""
    row = found.best
    if found.frontier is not None:
        count = len(_on(found))
        where = f"of {counted(found.checked['trial'].nunique(), 'setting')} checked"
        if not count:
            return f"None {where} is as good as the baseline in both {_label(found)}"
        return f"{capital(str(count))} {where} are not beaten by another in both {_label(found)}"
    if row is None:
        return f"None of {counted(len(found.trials), 'setting')} tried was chosen"
    about = found.terms.about
    mean, low, high = (float(row[name]) for name in LIMITS)
    told = change(lower(about.label), mean, low, high, about.unit)
    return f"The best of {counted(len(found.trials), 'setting')} tried, {levels(row, found.space)}, {told}"


def gain(values: NDArray[np.float64], terms: Terms) -> str:
    """Write a mean and half its interval, in the unit of the measure."""
    found, unit = mean_interval(values), terms.about.unit
    return f"{number(found.mean, unit, '+')} ± {number((found.high - found.low) / 2, unit)}"


def levels(row: pd.Series, space: Space) -> str:
    """Write the levels of a point: policy, setting and level."""
    told = [f"{lever.policy} {lever.setting} {row[lever.name]:.{DIGITS}g}" for lever in space.levers]
    return ", ".join(told)


def _answer(found: Any) -> str:
    row, terms = found.best, found.terms
    if row is None:
        return (
            f"None of the {len(found.checked)} best settings keeps the bounds ({', '.join(terms.bounds)}) on fresh "
            "replications, so none is chosen; ask for less, or search with more replications."
        )
    about = terms.about
    verdict = _verdict(row, about.better)
    return (
        f"Best found: {levels(row, found.space)}. It changes {lower(about.label)} by {_interval(row)} against the "
        f"baseline, on {int(row['n'])} fresh replications (seed {row['seed']}) that neither the search nor the choice "
        f"had seen{verdict}. {_cost(found, row)}{_edges(found, row)}"
    )


def _verdict(row: pd.Series, better: str) -> str:
    if row["ci_low_difference"] > 0 if better == "lower" else row["ci_high_difference"] < 0:
        return "; that is worse than the baseline, so keep the baseline"
    return (
        ""
        if row["ci_low_difference"] > 0 or row["ci_high_difference"] < 0
        else "; that is not clear of no change at all"
    )


def _cost(found: Any, row: pd.Series) -> str:
    terms = found.terms
    spent = f"Its policies cost {number(row['cost'], 'money')} a year more than the baseline's"
    if terms.budget is not None:
        spent += f", of {number(terms.budget, 'money')} allowed"
    kept = {KEPT: "", UNCLEAR: "; it is not clear whether it keeps the bounds", BROKEN: "; it breaks a bound"}
    others = [told for told in terms.bounds if not told.startswith("cost of policies")]
    bounds = f"; bounds kept: {', '.join(others)}" if others and row["bounds"] == KEPT else kept[row["bounds"]]
    return f"{spent}{bounds}."


def _edges(found: Any, row: pd.Series) -> str:
    """Name the levers that stand at an end of their range."""
    told = []
    for lever in found.space.levers:
        share = (row[lever.name] - lever.low) / (lever.high - lever.low)
        if min(share, 1 - share) <= EDGE:
            told.append(f"{lever.name} at the {'upper' if share > EDGE else 'lower'} end of its range")
    return f" {listed(told)}: a wider range, where there is one, may hold a better one." if told else ""


def _curse(found: Any) -> str:
    """Say what the search had expected of its favourite, and of the choice."""
    row, first = found.best, found.checked.iloc[0]
    if row is None:
        return ""
    whose = "this setting" if first["trial"] == row["trial"] else f"its own favourite, trial {int(first['trial'])},"
    excess = first["optimism"]
    words = "too good" if excess > 0 else "too bad"
    return (
        f"The search had expected {whose} to be worth {_amount(first['expected'], first['measure'])}, from "
        f"{int(first['n_expected'])} replications; on fresh ones it is worth "
        f"{_amount(first['mean_difference'], first['measure'])}, so that was "
        f"{_size(abs(excess), first['measure'])} {words}. The best of many noisy figures is to be expected to be too "
        "good: quote the fresh figure."
    )


def _others(found: Any) -> str:
    """Say which of the best few cannot be told from the choice."""
    if found.best is None or len(found.checked) < 2:
        return ""
    same = found.tied
    if not same:
        return f"It is clearly better than each of the other {len(found.checked) - 1} that were checked."
    rows = found.checked[found.checked["trial"].isin(same)]
    told = [
        f"{levels(row, found.space)} ({_amount(row['mean_difference'], row['measure'])})" for _, row in rows.iterrows()
    ]
    return f"Not clearly worse on these replications: {listed(told, between='; ')}."


def _front(found: Any) -> str:
    frame = found.frontier
    assert frame is not None
    where = (
        f"{counted(found.checked['trial'].nunique(), 'setting')} checked on {found.terms.check} fresh replications "
        f"(seed {found.checked['seed'].iloc[0]})"
    )
    points = [_point(found, name, frame[frame["policy"] == name]) for name in _on(found)]
    if not points:
        return f"Of {where}, none is left: another, or the baseline, is at least as good in both {_label(found)}."
    baseline = "The baseline is on the frontier too" if _baseline_on(found) else "The baseline is not on the frontier"
    return (
        f"Of {where}, these are the ones that no other is better than in both {_label(found)}: {'; '.join(points)}. "
        f"{baseline}. Intervals hold for all of them together. Which of them to choose is a matter of what matters "
        "more, not of statistics."
    )


def _on(found: Any) -> list[str]:
    """Names of the points on the frontier."""
    frame = found.frontier
    assert frame is not None
    names = frame.loc[frame["standing"].isin([SURE, FRONTIER]), "policy"]
    return [name for name in dict.fromkeys(names) if name != BASELINE]


def _baseline_on(found: Any) -> bool:
    frame = found.frontier
    assert frame is not None
    return bool(frame.loc[frame["policy"] == BASELINE, "standing"].isin([SURE, FRONTIER]).any())


def _point(found: Any, name: str, rows: pd.DataFrame) -> str:
    said = [f"{lower(CATALOGUE[row['measure']].label)} {_interval(row, 'simultaneous')}" for _, row in rows.iterrows()]
    match = found.checked[found.checked["trial"].map("trial {}".format) == name]
    return f"{levels(match.iloc[0], found.space)} ({', '.join(said)})"


def _unchecked(found: Any) -> str:
    row = found.favourite
    if row is None:
        bounds = ", ".join(found.terms.bounds)
        return f"None of the {len(found.trials)} settings tried keeps the bounds ({bounds}) on its mean."
    return (
        "Not finished: it was stopped before the best were checked on fresh replications. So far "
        f"{levels(row, found.space)} comes first, by {_amount(row['mean_difference'], found.terms.measure)} from "
        f"{int(row['n'])} replications: too good to be quoted, because it is the best of many noisy figures."
    )


def _basis(found: Any) -> str:
    about, terms = found.manifest, found.terms
    refused = int((found.trials["refused"] != "").sum())
    cannot = f" ({refused} of them cannot be run)" if refused else ""
    return (
        f"From {counted(len(found.trials), 'setting')}{cannot} of {counted(len(found.space.levers), 'lever')} "
        f"({SAMPLED[terms.sampler]}), in pairs with the baseline: {terms.replications} replications each and up to "
        f"{int(found.trials['n'].max())} for the best, seed {about['seed']}, {counted(about['years'], 'year')}. "
        f"{terms.confidence * PER_CENT:g} % intervals."
    )


def _label(found: Any) -> str:
    return listed([lower(CATALOGUE[goal.measure].label) for goal in found.terms.goals])


def _interval(row: pd.Series, of: str = "difference") -> str:
    unit = CATALOGUE[row["measure"]].unit
    ends = span(row[f"ci_low_{of}"], row[f"ci_high_{of}"], unit, "+")
    return f"{_amount(row['mean_difference'], row['measure'])} ({ends})"


def _amount(value: float, measure: str) -> str:
    unit = CATALOGUE[measure].unit
    return number(0.0 if abs(value) < ROUNDING else value, unit, "+") + _unit(unit)


def _size(value: float, measure: str) -> str:
    return _amount(value, measure).removeprefix("+")


def _unit(unit: str) -> str:
    return "" if unit in (*SHARES, *MONEY) else f" {unit}"
