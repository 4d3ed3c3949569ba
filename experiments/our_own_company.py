"""Can planners trust decisions from a model calibrated on their own records?

A company of which everything is known, as it is made up, leaves a year of records with faults in them. What
`sim.fit` reads in these, and what its manager knows besides, goes into `sim.calibrate`, as a real company's would. Then
the same policies are tried in the company itself, in the one as calibrated, and in the shipped one, which a planner
would have taken otherwise; and in one that was calibrated with more told, of what no record tells. Do they choose the
same policy, what does choosing by another company cost, and by how much are the effects of policies missed?

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt), with
the fit in fit/ and the calibrated companies in recovered/ and told/, and prints the answer. ``--quick`` is a first
look, not a result, and leaves the one with more told out. It needs `pip install "cxsim[records]"`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import question
import scipy
from question import Asked, Question, Size, Studies, gain, listed, row, verdict

import sim
from sim import Empowerment, Promises, Scenario, Study, Training, charts, engines, wording
from sim.charts import calibration as matches
from sim.charts import companies as beside
from sim.company.calibration import TOLERANCE, Calibration, steady_state
from sim.company.calibration.verdict import MISSED
from sim.company.numbers import Company, numbers
from sim.inputs import uncertainties
from sim.inputs.policies import BUNDLES, together
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.saved import write_together
from sim.outcomes.statistics import DEFAULT_LEVEL, Interval, NearZeroError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.company.fitting import Fit


@dataclass(frozen=True)
class Difference:
    """How the company itself differs from the shipped one.

    Parameters
    ----------
    moves : parameters.
    factor : on their shipped values, in all segments.
    told : what tells it; empty when no record and no manager does.
    mind : why it may be missed all the same.
    """

    moves: tuple[str, ...]
    factor: float
    told: str
    mind: str = ""


BOOKS = "the books"
DIFFERENCES = {
    "joining": Difference(
        ("join_probability",),
        1.4,
        "customers",
        "who could join, the size of the market, is filled in as nobody gave it",
    ),
    "time between purchases": Difference(("purchase_gap_mean",), 0.75, "purchases"),
    "things that go wrong": Difference(
        ("issue_ambient",), 1.6, "complaints", "complaints tell all causes together, which are moved alike"
    ),
    "handling time": Difference(
        ("handling_enquiry", "handling_request", "handling_minor", "handling_major"), 1.25, "contacts"
    ),
    "patience": Difference(("patience_mean",), 0.6, "contacts", "records see nobody wait longer than the waits are"),
    "solving": Difference(("solve_enquiry", "solve_issue"), 0.8, "first-contact resolution"),
    "quitting": Difference(("quit_rate",), 1.7, "turnover"),
    "agents": Difference(("employees",), 5 / 3, BOOKS),
    "wage": Difference(("wage_agent",), 0.85, BOOKS),
    "margin": Difference(("gross_margin",), 1.15, BOOKS),
    "promises that are kept": Difference(("promise_kept",), 0.85, ""),
    "wrong decisions of the untrained": Difference(("wrong_untrained",), 1.5, ""),
}
GIVEN = ("agents", "wage", "gross_margin", "managers")
"""Numbers that a manager reads off the books as they are."""
COUNTED = ("return_on_sales", "yearly_churn", "staff_turnover", "complaints", "first_contact_resolution")
"""Numbers that a manager knows from last year."""
PROGRAMMES = "programmes"
"""Parameters of this subject are prices of programmes: whoever considers one has them quoted."""

FOUND_OUT = (
    "promise_kept", "wrong_untrained", "issue_ambient", "issue_misunderstanding", "delivery_broken", "cause_excess",
)  # fmt: skip
"""What somebody finds out who looks: promises kept, decisions gone wrong, and complaints by what caused them."""
BOOKED, BOOKED_YEARS = ("staff_turnover",), 4.0
"""Numbers of which the last year alone tells little, and years of the books that are read then."""
LOOKED_AT = (
    "how many promises are kept and untrained decisions go wrong, what complaints were about, the size of the market, "
    "and the quits of four years"
)

ITSELF, CALIBRATED, SHIPPED, TOLD = "itself", "as calibrated", "as shipped", "told more"
COMPANIES = (ITSELF, CALIBRATED, SHIPPED, TOLD)
POLICIES = {
    "empowerment 95 %": Empowerment(level=0.95),
    "training": Training(),
    "promises": Promises(),
    "empowerment and training": together(Empowerment(level=0.95), Training()),
    "SMART": BUNDLES["smart"],
}
QUICK_POLICIES = ("empowerment 95 %", "training")
PROFIT, RETENTION = "profit_a_year", "retention_12m"
LEVELS = ("customers", "contacts_a_day", RETENTION, PROFIT)
RECORDED, DIRT = 1.0, 0.01
"""Years of records, and the share of their rows that is spoilt."""
QUICK_RECORDED, QUICK_TOLERANCE = 0.5, 0.15
SETTLING = {"years": 4.0, "warm_up": 2.0}
RECOVERED, FIT, COMPANY, RECOVERY = "recovered", "fit", "company.toml", "recovery.csv"
TOLD_MORE = "told"
PER_CENT = 100.0


# -- what is run -------------------------------------------------------------------------------------------------


def own_company(shipped: Scenario, engine: engines.Engine = "auto") -> Scenario:
    """Return the company itself, which has been there for long: it starts where it settles."""
    values = {name: each.factor * _value(shipped, name) for each in DIFFERENCES.values() for name in each.moves}
    changed = uncertainties.at(shipped, values | {"employees": round(values["employees"])}, ITSELF)
    shown = steady_state.observed(engines.run(changed.change(**SETTLING), engine=engine))
    return changed.override(**steady_state.ratios(changed, shown))


def fitted(asked: Asked, truth: Scenario) -> Fit:
    """Leave the records of a year in a temporary folder, and fit them."""
    with tempfile.TemporaryDirectory(prefix="cxsim-") as folder:
        made = sim.records(truth, Path(folder) / "records", years=_recorded(asked), dirt=DIRT, engine=asked.engine)
        files = sorted(made.folder / f"{name}.csv" for name in made.rows)
        return sim.fit(*files, name=CALIBRATED, like=asked.own.scenario)


def known(asked: Asked, truth: Scenario, fit: Fit) -> Company:
    """Return the company as its records tell it, with what its manager knows from the books and from last year."""
    told = Company.from_toml(fit.to_toml())
    books = {key: truth.value(str(numbers()[key].sets)) for key in GIVEN}
    prices = {name: truth.value(name) for name, one in sim.parameters.load().items() if one.subject == PROGRAMMES}
    counted = _counted(asked, truth, COUNTED, 1.0)
    return replace(told, numbers={**told.numbers, **counted, **books}, parameters={**told.parameters, **prices})


def told_more(asked: Asked, truth: Scenario, company: Company) -> Company:
    """Return the company with what somebody finds out who looks for it."""
    counted = _counted(asked, truth, BOOKED, BOOKED_YEARS) | {"market_size": truth.value("market_size")}
    parameters = {name: truth.value(name) for name in FOUND_OUT}
    return replace(company, numbers={**company.numbers, **counted}, parameters={**company.parameters, **parameters})


def _counted(asked: Asked, truth: Scenario, keys: Sequence[str], years: float) -> dict[str, float]:
    """Return numbers as a company would count them over some years, but those that chance makes impossible."""
    run = sim.run(truth, replications=1, years=years, **asked.running).replications
    figures = run[run["period"] == "all"].set_index("measure")["value"]
    found = {key: float(numbers()[key].of(figures[numbers()[key].realised])) for key in keys}
    return {key: value for key, value in found.items() if value >= float(numbers()[key].least or value)}


def run_companies(asked: Asked) -> Study:
    """Calibrate a company from the records of the one itself, and run the policies in both and in the shipped one."""
    truth = own_company(asked.scenario, asked.engine)
    fit = fitted(asked, truth)
    companies = {RECOVERED: known(asked, truth, fit)}
    if not asked.quick:
        companies[TOLD_MORE] = told_more(asked, truth, companies[RECOVERED])
    made = {folder: _calibrated(asked, company) for folder, company in companies.items()}
    length = {"years": asked.scenario.years, "warm_up": asked.scenario.warm_up}
    scenarios = [
        one.scenario.change(name=name, **length) for one, name in zip(made.values(), (CALIBRATED, TOLD), strict=False)
    ]
    names = QUICK_POLICIES if asked.quick else tuple(POLICIES)
    policies = [together(POLICIES[name], title=name) for name in names]
    study = asked.compare([truth, *scenarios, asked.scenario.change(name=SHIPPED)], policies)
    study.save(asked.own.out, overwrite=True)  # only a study's folder takes what is kept beside it
    fit.save(asked.own.out / FIT, overwrite=True)
    for folder, one in made.items():
        _keep(asked.own.out / folder, one, recovered(asked.scenario, truth, one))
    return study


def _calibrated(asked: Asked, company: Company) -> Calibration:
    settings = {"tolerance": _tolerance(asked), "seed": asked.scenario.seed}
    return sim.calibrate(company, anyway=True, **settings, **asked.running)


def options(parser: argparse.ArgumentParser) -> None:
    """Begin with the small company, and add what is recorded and how closely it is met to the command."""
    parser.set_defaults(scenario="small_company")
    text = f"years of records (default {RECORDED:g}; quick {QUICK_RECORDED:g})"
    parser.add_argument("--recorded", type=float, metavar="YEARS", help=text)


def _recorded(asked: Asked) -> float:
    usual = QUICK_RECORDED if asked.quick else RECORDED
    return usual if asked.own.recorded is None else float(asked.own.recorded)


def _tolerance(asked: Asked) -> float:
    return QUICK_TOLERANCE if asked.quick else TOLERANCE


def _value(scenario: Scenario, name: str) -> float:
    return float(np.atleast_1d(scenario.value(name))[0])


def _keep(folder: Path, made: Calibration, table: pd.DataFrame) -> None:
    """Save a calibration, what it was made from, and how near it came."""
    made.save(folder, overwrite=True)
    texts = {COMPANY: made.company.to_toml(), RECOVERY: table.to_csv(index=False, lineterminator="\n")}
    write_together(folder, texts, overwrite=True)


def recovered(shipped: Scenario, truth: Scenario, made: Calibration) -> pd.DataFrame:
    """Return a row a difference that nobody knows as it is: what was found of its first parameter, and the truth.

    Columns name (the difference), parameter, unit, truth, shipped, value, ci_low, ci_high; NaN where nothing tells it.
    """
    unseen = {name: each.moves[0] for name, each in DIFFERENCES.items() if each.told != BOOKS}
    rows = [
        {"name": name, "parameter": parameter, "unit": sim.parameters.load()[parameter].unit}
        | {"truth": _value(truth, parameter), "shipped": _value(shipped, parameter)}
        | (_found(made, parameter) if DIFFERENCES[name].told else {})
        for name, parameter in unseen.items()
    ]
    columns = ["name", "parameter", "unit", "truth", "shipped", "value", "ci_low", "ci_high"]
    return pd.DataFrame(rows).reindex(columns=columns)


def _found(made: Calibration, parameter: str) -> dict[str, float]:
    """Return what was solved for a parameter, or what the records themselves tell of it."""
    low, high = made.scenario.ranges[parameter]
    return {"value": _value(made.scenario, parameter), "ci_low": low, "ci_high": high}


# -- how near the others come ------------------------------------------------------------------------------------


def values(study: Study, company: str, policy: str, measure: str) -> np.ndarray:
    """Return a measure of the whole period in each replication."""
    frame = study.replications
    chosen = (frame["scenario"] == company) & (frame["policy"] == policy)
    chosen &= (frame["measure"] == measure) & (frame["period"] == "all")
    return frame[chosen].sort_values("replication")["value"].to_numpy()


def effect(study: Study, company: str, policy: str, measure: str) -> np.ndarray:
    """Return what a policy changes in a company, in each replication."""
    return values(study, company, policy, measure) - values(study, company, study.baseline, measure)


def miss(study: Study, company: str, policy: str, measure: str) -> pd.Series:
    """Return by how much an effect in a company differs from that in the one itself, as a row of differences.

    The companies are taken for independent, with variances of their own (Welch).
    """
    other, own = (effect(study, of, policy, measure) for of in (company, ITSELF))
    low, high = scipy.stats.ttest_ind(other, own, equal_var=False).confidence_interval(DEFAULT_LEVEL)
    return pd.Series(
        {"mean_difference": other.mean() - own.mean(), "ci_low_difference": low, "ci_high_difference": high}
    )


def cost_of_choosing(study: Study, chosen: str, best: str) -> pd.Series:
    """Return what a policy earns in the company itself above the one that is best there, as a row of differences."""
    found = statistics.mean_interval(values(study, ITSELF, chosen, PROFIT) - values(study, ITSELF, best, PROFIT))
    return pd.Series({"mean_difference": found.mean, "ci_low_difference": found.low, "ci_high_difference": found.high})


def left(study: Study, measure: str, policy: str | None = None) -> Interval:
    """Return how much is left of the gap between the shipped company and the one itself, once it is calibrated.

    0: nothing; 1: all; below 0: it went too far. Of a level, or of the effect of a policy (Fieller's interval).

    Raises
    ------
    NearZeroError : there is next to no gap.
    """
    own, near, far = (
        values(study, company, study.baseline, measure) if policy is None else effect(study, company, policy, measure)
        for company in (ITSELF, CALIBRATED, SHIPPED)
    )
    return statistics.ratio_interval(list(near - own), list(far - own), what=f"the gap in {measure!r}")


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraphs that a planner reads first; every number with its 95 % interval."""
    study, folder = studies["companies"], asked.own.out / RECOVERED
    table = pd.read_csv(folder / RECOVERY)
    parts = [
        _choices(study),
        _effects(study, PROFIT),
        _effects(study, RETENTION),
        _levels(study),
        _met(sim.load(folder, "calibrate").to_frame(), table),
        _untold(study, table, Scenario.load(folder / "scenario.toml")),
        _bounds(asked),
    ]
    return "\n\n".join(parts)


def _names(study: Study) -> list[str]:
    return [name for name in POLICIES if name in set(study.replications["policy"])]


def _others(study: Study) -> list[str]:
    """Return the companies that stand for the one itself."""
    return [company for company in COMPANIES[1:] if company in set(study.replications["scenario"])]


def _choices(study: Study) -> str:
    companies = [ITSELF, *_others(study)]
    found = {company: question.inseparable(study, PROFIT, scenario=company) for company in companies}
    said = [_choice(study, company, *found[company]) for company in companies]
    costs = [_cost(study, company, found[company][0], found[ITSELF][0]) for company in companies[1:]]
    return f"Best by profit a year is {'; '.join(said)}. {' '.join(costs)}"


def _choice(study: Study, company: str, best: str, near: list[str]) -> str:
    known_as = {name: _called(study, name) for name in (best, *near)}
    also = f" (not told from {listed([known_as[name] for name in near])})" if near else ""
    return f"in the company {company} {known_as[best]}{also}"


def _called(study: Study, policy: str) -> str:
    return "to do nothing" if policy == study.baseline else policy


def _cost(study: Study, company: str, chosen: str, best: str) -> str:
    who = f"Who chooses by the company {company}"
    if chosen == best:
        return f"{who} chooses the best."
    found = cost_of_choosing(study, chosen, best)
    words = (" gains", " loses", " loses nothing that can be told")
    return f"{who}{verdict(found, words)} by it in the company itself: {gain(found, PROFIT)} a year."


def _effects(study: Study, measure: str) -> str:
    """Say each effect in each company, and how many of them agree with that in the company itself."""
    names, frame = _names(study), question.differences(study)
    lines = [f"  {name}: {_in_each(study, frame, name, measure)}" for name in names]
    counts = [f"{company} {_agreement(study, frame, company, measure)}" for company in _others(study)]
    what = wording.lower(CATALOGUE[measure].label)
    head = f"Of {len(names)} effects on {what}, {'; '.join(counts)}."
    return "\n".join([head, *lines])


def _agreement(study: Study, frame: pd.DataFrame, company: str, measure: str) -> str:
    names = _names(study)
    agree = sum(_agrees(study, company, name, measure) for name in names)
    same = sum(_same_way(frame, company, name, measure) for name in names)
    return f"{agree} agree within chance and {same} have the same direction"


def _in_each(study: Study, frame: pd.DataFrame, name: str, measure: str) -> str:
    others = [
        f"{company} {gain(row(frame, name, measure, scenario=company), measure)}, "
        f"off by {gain(miss(study, company, name, measure), measure)}"
        for company in _others(study)
    ]
    return "; ".join([f"{ITSELF} {gain(row(frame, name, measure, scenario=ITSELF), measure)}", *others])


def _agrees(study: Study, company: str, name: str, measure: str) -> bool:
    found = miss(study, company, name, measure)
    return bool(found["ci_low_difference"] <= 0.0 <= found["ci_high_difference"])


def _same_way(frame: pd.DataFrame, company: str, name: str, measure: str) -> bool:
    """Whether an effect is clearly up, clearly down or neither in both companies."""
    ways = {verdict(row(frame, name, measure, scenario=of), ("up", "down", "unclear")) for of in (ITSELF, company)}
    return len(ways) == 1


def _levels(study: Study) -> str:
    frame = study.means()
    said = [_level(study, frame, measure) for measure in LEVELS]
    closed = [f"{name} {_closed(study, PROFIT, name)}" for name in _names(study)]
    return (
        f"Of the gap between the company as shipped and the one itself, calibration closes: {'; '.join(said)}. Of the "
        f"gap in what the policies do to profit: {'; '.join(closed)}. Above 100 % it goes too far, below 0 % away."
    )


def _level(study: Study, frame: pd.DataFrame, measure: str) -> str:
    about = CATALOGUE[measure]
    chosen = frame[(frame["policy"] == study.baseline) & (frame["measure"] == measure) & (frame["period"] == "all")]
    rows = chosen.set_index("scenario").loc[[ITSELF, *_others(study)]]
    means = [
        f"{question.amount(one['mean'], about.unit)} ({wording.span(one['ci_low'], one['ci_high'], about.unit)}) {name}"
        for name, one in rows.iterrows()
    ]
    return f"{wording.lower(about.label)} {_closed(study, measure)}, being {listed(means)}"


def _closed(study: Study, measure: str, policy: str | None = None) -> str:
    """Say how much of a gap is closed: above 100 % it goes too far."""
    try:
        found = left(study, measure, policy)
    except NearZeroError:
        return "none, there being none that can be told"
    closed, low, high = (PER_CENT * (1.0 - part) for part in (found.mean, found.high, found.low))
    return f"{closed:.0f} % ({low:.0f} to {high:.0f})"


def _met(met: pd.DataFrame, table: pd.DataFrame) -> str:
    missed = met[met["verdict"] == MISSED]["label"].map(wording.lower).tolist()
    told = table.dropna(subset="value")
    outside = [_parameter(one) for one in _rows(told[~_inside(told)])]
    beyond = f", not in those of {'; nor of '.join(outside)}" if outside else ""
    return (
        f"The calibration meets {len(met) - len(missed)} of {len(met)} numbers"
        f"{f', not {listed(missed)}' if missed else ''}. Of {len(told)} differences that can be found, the truth "
        f"lies within the intervals of {len(told) - len(outside)}{beyond}."
    )


def _inside(told: pd.DataFrame) -> pd.Series:
    """Whether the truth lies within the interval of a parameter."""
    return (told["ci_low"] <= told["truth"]) & (told["truth"] <= told["ci_high"])


def _parameter(found: Mapping[str, Any]) -> str:
    ends = f"{found['ci_low']:.4g} to {found['ci_high']:.4g}"
    mind = DIFFERENCES[found["name"]].mind
    text = f"{found['parameter']} {found['value']:.4g} ({ends}), in truth {found['truth']:.4g} {found['unit']}"
    return f"{text} ({mind})" if mind else text


def _untold(study: Study, table: pd.DataFrame, made: Scenario) -> str:
    untold = table[table["value"].isna()]
    said = [
        f"{one['parameter']} ({one['shipped']:.3g} as shipped, {one['truth']:.3g} in truth)" for one in _rows(untold)
    ]
    assumed = [one.name for one in uncertainties.ranges(made) if one.name not in made.ranges]
    text = (
        f"No record and no plain number tells {listed(said)}, so the calibrated company has them as they ship, as it "
        f"has {len(assumed)} other parameters that keep their assumption and their range; nor what complaints were "
        "about, so all causes are moved alike for their number. Where effects part, look there: cxsim sensitivity says "
        "which parameters decide, cxsim futures whether the choice survives them."
    )
    if TOLD not in _others(study):
        return text
    agreement = _agreement(study, question.differences(study), TOLD, PROFIT)
    return (
        f"{text} The company told more was told, besides, {LOOKED_AT}: of its effects on profit {agreement}. So look "
        "for these before a decision hangs on them."
    )


def _bounds(asked: Asked) -> str:
    years, spoilt = _recorded(asked), f"{DIRT * PER_CENT:g} %"
    return (
        f"Intervals are of 95 % and of the simulation alone, from {question.length(asked)}, the companies taken for "
        f"independent. What was learned is from {years:g} year{'' if years == 1.0 else 's'} of records, {spoilt} of "
        "their rows spoilt: another year would have told something else. And this company is one of the model's own; a "
        "real one differs from it in more than its numbers."
    )


def _rows(frame: pd.DataFrame) -> list[Mapping[str, Any]]:
    return frame.to_dict("records")


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the charts of the effects, of the parameters, and of the numbers."""
    study, folder, source = studies["companies"], asked.own.out / RECOVERED, question.source(asked)
    for name, measure in (("1-profit", PROFIT), ("2-retention", RETENTION)):
        table, companies = effects_table(study, measure), [ITSELF, *_others(study)]
        figure, ax = charts.canvas(beside.effects_size(table["name"].nunique(), len(companies)))
        title, about = _effects_title(study, measure), CATALOGUE[measure]
        beside.effects(table, ax, about=about, companies=companies, against="as it is", title=title, source=source)
        yield name, figure
    table = pd.read_csv(folder / RECOVERY)
    figure, ax = charts.canvas(beside.recovery_size(len(table)))
    beside.recovery(
        table, ax, shipped=SHIPPED, found=CALIBRATED, level=DEFAULT_LEVEL, title=_recovery_title(table), source=source
    )
    yield "3-parameters", figure
    met = sim.load(folder, "calibrate").to_frame()
    figure, ax = charts.canvas(matches.size(len(met)))
    title = f"The calibrated company meets {int((met['verdict'] != MISSED).sum())} of {len(met)} numbers"
    matches.targets(met, ax, tolerance=_tolerance(asked), title=title, source=source)
    yield "4-targets", figure


def effects_table(study: Study, measure: str) -> pd.DataFrame:
    """Return each effect in each company, policy by policy."""
    frame = question.differences(study)
    rows = [
        row(frame, name, measure, scenario=company).to_dict() | {"name": name, "company": company}
        for name in _names(study)
        for company in (ITSELF, *_others(study))
    ]
    return pd.DataFrame(rows)


def _effects_title(study: Study, measure: str) -> str:
    names = _names(study)
    others = [
        f"{sum(_agrees(study, company, name, measure) for name in names)} {company}" for company in _others(study)
    ]
    what = "profit" if measure == PROFIT else "retention"
    return f"Effects on {what} that agree with the truth, of {len(names)}: {listed(others)}"


def _recovery_title(table: pd.DataFrame) -> str:
    told = table.dropna(subset="value")
    inside = int(_inside(told).sum())
    return f"Records and plain numbers tell {inside} of {len(table)} hidden differences within their intervals"


QUESTION = Question(
    name="our_own_company",
    text=__doc__,
    studies={"companies": run_companies},
    answer=answer,
    draw=draw,
    size=Size(replications=40, years=3),
    quick=Size(replications=4, years=1),
    options=options,
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
