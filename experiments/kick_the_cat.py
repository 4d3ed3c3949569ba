"""Does stress feed on itself, until the agents' mood tips?

An angry customer strains an agent, a strained agent is less courteous, discourtesy makes customers angry, and strain
makes agents quit. Here the loop is pushed: by a month in which every contact is an angry one, by agents cut for a
while and for good, with and without a way to let off steam. How long does a bump last? Then the loop is made stronger,
to the ends of what is thought possible and beyond, and started from a year of nothing but anger and from a year without
any: if the two do not meet again, there are two states, and between them a point at which one tips into the other.

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt) and
prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import question
from question import Asked, Question, Size, Studies, change, effect, gain, row

from sim import Bundle, Policy, Scenario, Staffing, Study, Venting, charts, parameters
from sim.charts import Label
from sim.engines import History
from sim.inputs.policies import together
from sim.inputs.policies.policy import Base, Change
from sim.model import state
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ANGRY = ("angry_enquiry", "angry_request", "angry_minor", "angry_major")


@dataclass(frozen=True, kw_only=True)
class Mood(Policy):
    """Every contact is an angry one, or none; or back to as it was.

    Parameters
    ----------
    chance : that a first contact of any kind is an angry one.
    over : whether this is the end of it.
    """

    chance: float = 1.0
    over: bool = False

    name: ClassVar[str] = "mood"
    sentence: ClassVar[str] = "Customers are in another mood for a while."

    def changes(self, base: Base) -> list[Change]:
        """Move the chances to be angry there, or back from there."""
        way = -1.0 if self.over else 1.0
        return [(name, "add", way * (self.chance - base(name))) for name in ANGRY]


WEEK, MONTH, QUARTER, YEAR = 7, 28, 91, 365
BEFORE = 4 * WEEK
"""Days of the measured period before a bump."""
BUMP, QUARTER_CUT, YEAR_CUT, HALF_YEAR_CUT = "angry month", "1/4 cut, a quarter", "1/4 cut, a year", "1/2 cut, a year"
CUT_LITTLE, CUT, CUT_MUCH = "1/8 cut for good", "1/4 cut for good", "1/2 cut for good"
VENTING, VENTING_CUT = "venting", "1/4 cut, venting"
QUICK = (BUMP, CUT, VENTING)
CALM_YEAR, ANGRY_YEAR = "a year without anger", "a year of anger"
LOOP = ("stress_contact", "angry_discourtesy", "courtesy_stress", "stress_memory", "attitude_strain", "quit_slope")
"""What the loop's strength depends on; more of each is more of it."""
GAINS = ("stress_contact", "angry_discourtesy")
BEYOND, RUDE_BEYOND = (2.0, 4.0), (1.0, 4.0, 8.0, 16.0)
"""How many times the upper end of their ranges: what an angry contact adds to stress and discourtesy to anger, with
all else in the loop at its strongest; and discourtesy to anger, with all else as it is but what stress takes from
courtesy. A loop of which anger without a cause is the smaller part comes nearest to having two states."""
THOUGHT_POSSIBLE = LOW, OWN, HIGH, RUDE = "weakest", "as it is", "strongest thought possible", "rudeness alone, 1 x"
AFTER_WEEKS = (1, 2, 4)
"""Weeks after the angry month: the first, and so on."""
SHOWN_WEEKS = 52
STARTED_YEARS = 3.0
"""Years that it takes at least to see whether a first year is forgotten."""


# -- what is run -------------------------------------------------------------------------------------------------


def spell(chance: float, days: int, name: str, start: int = 0) -> Bundle:
    """Return a while in which first contacts are angry with this chance."""
    return together(Mood(chance=chance, start=start), Mood(chance=chance, over=True, start=start + days), title=name)


def cut(scenario: Scenario, share: float, name: str, days: int = 0) -> Bundle:
    """Return a cut of a share of the agents (one at least), for some days or for good."""
    agents = max(1.0, float(round(share * float(scenario.value("employees")))))  # type: ignore[arg-type]
    parts = [Staffing(employees=-agents, start=BEFORE)]
    if days:
        parts.append(Staffing(employees=agents, start=BEFORE + days))
    return together(*parts, title=name)


def pushes(asked: Asked) -> list[Bundle]:
    """Return the ways in which the loop is pushed."""
    scenario = asked.scenario
    every = [
        spell(1.0, MONTH, BUMP, start=BEFORE),
        cut(scenario, 1 / 4, QUARTER_CUT, QUARTER),
        cut(scenario, 1 / 4, YEAR_CUT, YEAR),
        cut(scenario, 1 / 2, HALF_YEAR_CUT, YEAR),
        cut(scenario, 1 / 8, CUT_LITTLE),
        cut(scenario, 1 / 4, CUT),
        cut(scenario, 1 / 2, CUT_MUCH),
        together(Venting(), title=VENTING),
        together(cut(scenario, 1 / 4, CUT), Venting(), title=VENTING_CUT),
    ]
    return [policy for policy in every if not asked.quick or policy.title in QUICK]


def weekly_stress(history: History) -> pd.DataFrame:
    """Return the mean stress of agents by week of the measured period, called "week 1" and so on."""
    first = history.resolved.scenario.first_day
    days = history.state.board_f[state.DAY_STRESS, first : history.resolved.scenario.days]
    weeks = days[: len(days) // WEEK * WEEK].reshape(-1, WEEK).mean(axis=1)
    names = [f"week {number}" for number in range(1, len(weeks) + 1)]
    return pd.DataFrame({"period": names, "measure": "stress", "value": weeks})


def run_pushes(asked: Asked) -> Study:
    """Push the loop in every way."""
    return asked.compare(asked.scenario, pushes(asked), observe=weekly_stress)


def gains(asked: Asked) -> dict[str, Scenario]:
    """Return the company with a weaker and stronger loop, by name: the ends of the ranges, and beyond."""
    known, scenario = parameters.load(), asked.scenario
    low = {name: float(known[name].low) for name in LOOP}  # type: ignore[arg-type]
    high = {name: float(known[name].high) for name in LOOP}  # type: ignore[arg-type]
    found = {LOW: scenario.override(**low), OWN: scenario, HIGH: scenario.override(**high)}
    for times in BEYOND:
        found[f"{times:g} x the strongest"] = scenario.override(**high | {name: times * high[name] for name in GAINS})
    for times in RUDE_BEYOND:
        rude = {"angry_discourtesy": times * high["angry_discourtesy"], "courtesy_stress": high["courtesy_stress"]}
        found[f"rudeness alone, {times:g} x"] = scenario.override(**rude)
    names = [OWN, HIGH, list(found)[-1]] if asked.quick else list(found)
    return {name: found[name].change(name=name) for name in names}


def run_gains(asked: Asked) -> Study:
    """Start each company from a year of anger and from a year without any."""
    starts = [spell(0.0, YEAR, CALM_YEAR), spell(1.0, YEAR, ANGRY_YEAR)]
    years = max(asked.scenario.years, STARTED_YEARS)
    return asked.compare([world.change(years=years) for world in gains(asked).values()], starts)


def run_following(asked: Asked) -> Study:
    """Run venting where the number of agents follows the load (which undoes a cut)."""
    return asked.compare(asked.following(), [together(Venting(), title=VENTING)])


# -- what is left of a push --------------------------------------------------------------------------------------


def left(study: Study, scenario: str, pair: tuple[str, str], first: str, later: str) -> Interval:
    """Return the share of a difference in stress between two policies in a period that is left in a later one."""
    weights = {"apart": {(scenario, pair[0]): 1.0, (scenario, pair[1]): -1.0}}
    frame = study.replications[study.replications["measure"] == "stress"]
    values = statistics.contrast_values(frame, weights)["apart"].unstack("period")
    return statistics.ratio_interval(list(values[later]), list(values[first]), what="the difference in stress")


def left_after(study: Study, weeks: int) -> Interval:
    """Return the share of the angry month's rise that is left some weeks after its last week."""
    scenario, last = str(study.replications["scenario"].iloc[0]), (BEFORE + MONTH) // WEEK
    return left(study, scenario, (BUMP, study.baseline), f"week {last}", f"week {last + weeks}")


def weeks_seen(frame: pd.DataFrame, policy: str, end: int) -> int | None:
    """Return for how many weeks after its end a push is clear of zero; None when it is so in the last one measured."""
    chosen = (frame["policy"] == policy) & (frame["measure"] == "stress") & frame["period"].str.startswith("week")
    rows = frame[chosen].assign(week=frame["period"].str.removeprefix("week ").where(chosen).dropna().astype(int))
    after = rows[rows["week"] > end // WEEK].sort_values("week")
    still = (after["ci_low_difference"] > 0).to_numpy()
    return None if still.all() else int(np.argmin(still))


def gap(study: Study) -> pd.DataFrame:
    """Return what is left between an angry and a calm start in the last year, by company: rows of `charts.effects`."""
    names, last = list(dict.fromkeys(study.replications["scenario"])), f"year {_years(study)}"
    weights = {name: {(name, ANGRY_YEAR): 1.0, (name, CALM_YEAR): -1.0} for name in names}
    frame = study.replications[study.replications["measure"] == "stress"]
    found = statistics.contrasts(frame, weights, 1 - (1 - statistics.DEFAULT_LEVEL) / len(names))
    found = found[found["period"] == last].set_index("contrast").reindex(names)
    return found.assign(name=names).reset_index(drop=True)


def left_of_gap(study: Study, name: str) -> Interval:
    """Return the share of the gap of the first year that is left in the last."""
    return left(study, name, (ANGRY_YEAR, CALM_YEAR), "year 1", f"year {_years(study)}")


def _years(study: Study) -> int:
    years = study.manifest["years"]
    return int(years if isinstance(years, float | int) else min(years.values()))


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraph that a planner reads first; every number with its 95 % interval."""
    study = studies["pushes"]
    frame = question.differences(study)
    sentences = [_bump(study, frame), _cuts(frame), _venting(frame)]
    if "gains" in studies:
        sentences.append(_tipping(studies["gains"]))
    text = " ".join([*sentences, f"All intervals are 95 %, from {question.length(asked)}."])
    return "\n\n".join([text, _following(studies["following"])] if "following" in studies else [text])


def _bump(study: Study, frame: pd.DataFrame) -> str:
    last = (BEFORE + MONTH) // WEEK
    rise = row(frame, BUMP, "stress", period=f"week {last}")
    seen = weeks_seen(frame, BUMP, BEFORE + MONTH)
    until = "to the end of the run" if seen is None else f"for {seen} weeks"
    parts = [f"{_percent(left_after(study, weeks))} in week {weeks}" for weeks in AFTER_WEEKS]
    return (
        f"A month in which every contact is an angry one lifts the agents' stress from {rise['mean_baseline']:.2f} by "
        f"{gain(rise, 'stress')} in its last week; of that is left {question.listed(parts)} after it, and it can be "
        f"told from nothing {until}."
    )


def _percent(found: Interval) -> str:
    low, high = (f"{value:.0%}".removesuffix("%") for value in (found.low, found.high))
    return f"{found.mean:.0%} ({low} to {high})"


def _cuts(frame: pd.DataFrame) -> str:
    known = [name for name in (CUT_LITTLE, CUT, CUT_MUCH) if name in set(frame["policy"])]
    last = _last_year(frame)
    said = [
        f"{name}: stress {gain(row(frame, name, 'stress', period=last), 'stress')}, turnover "
        f"{gain(row(frame, name, 'agent_turnover', period=last), 'agent_turnover')}"
        for name in known
    ]
    back = [name for name in (YEAR_CUT, HALF_YEAR_CUT) if name in set(frame["policy"]) and last != "year 1"]
    undone = [f"{name}: {gain(row(frame, name, 'stress', period=last), 'stress')}" for name in back]
    came = f"; once the agents are back the stress of the last year is another by {'; '.join(undone)}" if undone else ""
    return f"Cuts, in the last year: {'; '.join(said)}{came}."


def _last_year(frame: pd.DataFrame) -> str:
    years = [period for period in dict.fromkeys(frame["period"]) if period.startswith("year")]
    return years[-1] if years else "all"


def _venting(frame: pd.DataFrame) -> str:
    profit, stress = row(frame, VENTING, "profit_a_year"), row(frame, VENTING, "stress")
    return (
        f"A way to let off steam changes stress from {change(stress, 'stress')}, turnover from "
        f"{change(row(frame, VENTING, 'agent_turnover'), 'agent_turnover')}, and {effect(profit, 'profit_a_year')}."
    )


def tips(study: Study) -> list[str]:
    """Return the companies in which the last year still tells an angry start from a calm one."""
    table = gap(study)
    return table[table["ci_low_difference"] > 0]["name"].tolist()


def _tipping(study: Study) -> str:
    levels = study.means().set_index(["scenario", "policy", "measure", "period"])["mean"]
    last = f"year {_years(study)}"
    settled = {name: levels[name, study.baseline, "stress", last] for name in dict.fromkeys(gap(study)["name"])}
    said = [
        f"{found['name']}: {settled[found['name']]:.2f}, apart by {gain(found, 'stress')}"
        for _, found in gap(study).iterrows()
    ]
    tipping = tips(study)
    inside = [name for name in tipping if name in THOUGHT_POSSIBLE]
    if inside:
        text = f"Within what is thought possible the start is not forgotten ({_left(study, inside)})"
    elif tipping:
        text = (
            "Within what is thought possible there is no tipping point, because the start is forgotten; far beyond it "
            f"the start is still seen in {last} ({_left(study, tipping)})"
        )
    else:
        text = "There is no tipping point, neither within what is thought possible nor as far beyond it as was tried"
    return (
        f"{text}. Where stress settles, and how far a year of nothing but anger and one without any leave it apart in "
        f"{last} (intervals that hold together): {'; '.join(said)}. In the company as it is the "
        f"start in anger changes the number of customers at the end by {_fewer(study, last)}."
    )


def _fewer(study: Study, period: str) -> str:
    """Say by how many customers the company as it is differs after an angry start from after a calm one."""
    weights = {OWN: {(OWN, ANGRY_YEAR): 1.0, (OWN, CALM_YEAR): -1.0}}
    found = statistics.contrasts(study.replications, weights)
    return gain(row(found, OWN, "customers_end", period=period), "customers_end")


def _left(study: Study, names: Sequence[str]) -> str:
    """Say what share of the gap of the first year is left."""
    return question.listed([f"{name}: {_percent(left_of_gap(study, name))} of the gap is left" for name in names])


def _following(study: Study) -> str:
    found = row(question.differences(study), VENTING, "profit_a_year")
    return f"Where staffing follows the load, venting changes profit a year by {gain(found, 'profit_a_year')}."


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the charts of the deck from the study's frames."""
    study, source = studies["pushes"], question.source(asked)
    frame = question.differences(study)
    weeks = [period for period in dict.fromkeys(frame["period"]) if period.startswith("week")][:SHOWN_WEEKS]
    periods = {period: float(number) for number, period in enumerate(weeks, start=1)}
    shown = [name for name in (BUMP, QUARTER_CUT, CUT, VENTING_CUT) if name in set(frame["policy"])]
    figure, ax = charts.canvas()
    charts.course(
        frame, ax, measure="stress", periods=periods, levels=_texts(study, shown), labels=CATALOGUE, axis="week",
        title=_bump_title(study), source=source,
    )  # fmt: skip
    yield "1-stress-by-week", figure
    figure, ax = charts.canvas()
    names = [name for name in dict.fromkeys(frame["policy"]) if name != BUMP]
    table = question.lines(frame, {name: name for name in names}, "stress")
    charts.effects(table, ax, about=CATALOGUE["stress"], against="as it is", title=_cut_title(frame), source=source)
    yield "2-stress-by-push", figure
    if "gains" in studies:
        figure, ax = charts.canvas()
        about = Label("stress in the last year of starting from anger instead of calm", "score", "lower")
        title = _tip_title(studies["gains"])
        charts.effects(
            gap(studies["gains"]), ax, about=about, against="the start is forgotten", title=title, source=source
        )
        yield "3-tipping", figure


def _texts(study: Study, names: Sequence[str]) -> dict[str, str]:
    return {study.baseline: "as it is"} | {name: name for name in names}


def _bump_title(study: Study) -> str:
    left = left_after(study, AFTER_WEEKS[1])
    return f"Of the stress of an angry month {max(0.0, left.mean):.0%} is left two weeks later"


def _cut_title(frame: pd.DataFrame) -> str:
    words = ("strains", "relieves", "neither clearly strains nor relieves")
    return f"A quarter of the agents less {question.verdict(row(frame, CUT, 'stress'), words)} those who stay"


def _tip_title(study: Study) -> str:
    tipping = tips(study)
    if not tipping:
        return "Stress forgets where it started: no tipping point, even far beyond what is thought possible"
    inside = [name for name in tipping if name in THOUGHT_POSSIBLE]
    return (
        "Stress remembers where it started, within what is thought possible"
        if inside
        else "Stress remembers where it started only when the loop is far stronger than thought possible"
    )


QUESTION = Question(
    name="kick_the_cat",
    text=__doc__,
    studies={"pushes": run_pushes, "gains": run_gains, "following": run_following},
    answer=answer,
    draw=draw,
    size=Size(replications=10, years=3),
    quick=Size(replications=3, years=1),
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
