"""How much money does word of mouth really move, and what does that depend on?

Each of a few policies is played twice with the same draws: once as it is, and once in a company where nobody joins, or
does not, for what others say or write (both the policy and its baseline). What is left of the effect came through
staying, waiting and costs; the difference came through word of mouth. Then two of the policies under every reading of
the evidence, and with fewer or more, closer or more scattered acquaintances, who retell nothing or much.

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt) and
prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import question
from question import Asked, Question, Size, Studies, gain, row, verdict

from sim import (
    Bundle,
    Empowerment,
    InviteComplaints,
    Policy,
    Promises,
    Rapport,
    Scenario,
    Study,
    Training,
    charts,
    evidence,
)
from sim.charts import Label
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.statistics import Interval, NearZeroError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROFIT, MARGIN = "profit_a_year", "margin_a_year"
"""Margin: what customers bring in over what is sold to them, before anything is paid for service."""
POLICIES: dict[str, Policy] = {
    "rapport": Rapport(),
    "promises": Promises(),
    "training": Training(),
    "inviting complaints": InviteComplaints(),
    "authority": Empowerment(),
}
HEADLINES = ("rapport", "promises")
NETWORKS: dict[str, dict[str, float]] = {
    "6 acquaintances": {"degree_mean": 6.0},
    "40 acquaintances": {"degree_mean": 40.0},
    "30 % nearby": {"degree_local": 0.3},
    "0.5 % retold": {"retell": 0.005},
}
QUICK_NETWORKS = ("0.5 % retold",)
CLOSED = ", nobody moved by others"
WAYS = {"through word of mouth": (1.0, -1.0), "in other ways": (0.0, 1.0)}
"""Weights of an effect with word of mouth open, and closed."""
OVER = {"readings": "readings of the evidence", "networks": "circles of acquaintances"}
AS_IT_IS = "as it is"
SHARE = Label("Margin: what of it comes through word of mouth", "% of the effect")
PER_CENT, HALF = 100.0, 0.5
HEAD, LINE = 2.2, 0.32  # inches of a chart of many lines: all but the lines, and each line


# -- what is run -------------------------------------------------------------------------------------------------


def policies(names: Sequence[str]) -> list[Bundle]:
    """Return the policies of these names."""
    return [Bundle((POLICIES[name],), name) for name in names]


def both(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """Return each company, and the same one in which nobody joins, or does not, for what others say."""
    return [
        world
        for scenario in scenarios
        for world in (scenario, scenario.override(channel_word_of_mouth=0.0).change(name=scenario.name + CLOSED))
    ]


def run_channels(asked: Asked) -> Study:
    """Run the policies with word of mouth and without."""
    names = HEADLINES if asked.quick else tuple(POLICIES)
    return asked.compare(both([asked.scenario]), policies(names))


def run_readings(asked: Asked) -> Study:
    """Run the headlines under the other readings."""
    others = [reading for reading in evidence.readings() if reading != asked.scenario.reading]
    read = [asked.scenario.change(reading=name, name=name) for name in (others[:1] if asked.quick else others)]
    return asked.compare(both(read), policies(HEADLINES))


def run_networks(asked: Asked) -> Study:
    """Run the headlines among people who know others, or more or fewer of them."""
    names = QUICK_NETWORKS if asked.quick else tuple(NETWORKS)
    worlds = [asked.scenario.override(**NETWORKS[name]).change(name=name) for name in names]
    return asked.compare(both(worlds), policies(HEADLINES))


# -- what went through whom --------------------------------------------------------------------------------------


def money(study: Study) -> pd.DataFrame:
    """Return profit and margin a year of every replication, as a study's frame."""
    keys = ["scenario", "policy", "replication", "period"]
    frame = study.replications[study.replications["period"] == "all"]
    wide = frame.pivot(index=keys, columns="measure", values="value")
    (years,) = set(_years(study))
    found = pd.DataFrame({PROFIT: wide[PROFIT], MARGIN: (wide["revenue"] - wide["goods"]) / years})
    return found.rename_axis(columns="measure").stack(future_stack=True).rename("value").reset_index()


def _years(study: Study) -> list[float]:
    """Measured years of the scenarios of a study, which are the same in all."""
    found = study.manifest["years"]
    return list(found.values()) if isinstance(found, Mapping) else [found]


def split(study: Study, scenario: str, names: Sequence[str]) -> pd.DataFrame:
    """Return each policy's effect through word of mouth and in other ways: contrasts called "policy, way"."""
    weights = {
        f"{name}, {way}": _effects(study.baseline, [name], {scenario: opened, scenario + CLOSED: shut})
        for name in names
        for way, (opened, shut) in WAYS.items()
    }
    return statistics.contrasts(money(study), weights)


def _effects(baseline: str, policies: Sequence[str], worlds: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Weights of the effects of policies, added up, and added up over companies with weights of their own."""
    used = {world: weight for world, weight in worlds.items() if weight}
    of_policies = {(world, policy): weight for world, weight in used.items() for policy in policies}
    return of_policies | {(world, baseline): -weight * len(policies) for world, weight in used.items()}


def share(study: Study, scenario: str, names: Sequence[str]) -> Interval:
    """Return the share of the margin that policies bring in which came through word of mouth (Fieller's interval).

    Raises
    ------
    NearZeroError : what they bring in together is too near zero to have a share.
    """
    worlds = {"whole": {scenario: 1.0}, "told": {scenario: 1.0, scenario + CLOSED: -1.0}}
    weights = {part: _effects(study.baseline, names, world) for part, world in worlds.items()}
    values = statistics.contrast_values(money(study), weights).xs(MARGIN, level="measure")
    what = f"what {question.listed(names)} brings in"
    return statistics.ratio_interval(list(values["told"]), list(values["whole"]), what=what)


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraph that a planner reads first; every number with its 95 % interval."""
    study, names = studies["channels"], _names(studies["channels"])
    sentences = [_money(study, asked.scenario.name, names), _joins(study, asked.scenario.name)]
    sentences += [_over(studies[key], what) for key, what in OVER.items() if key in studies]
    return " ".join([*sentences, f"All intervals are 95 %, from {question.length(asked)}."])


def _names(study: Study) -> list[str]:
    return [name for name in POLICIES if name in set(study.replications["policy"])]


def _percent(found: Interval) -> str:
    low, high = (question.amount(value, "share").removesuffix(" %") for value in (found.low, found.high))
    return f"{question.amount(found.mean, 'share')} ({low} to {high})"


def _shared(study: Study, scenario: str, names: Sequence[str]) -> str:
    try:
        return _percent(share(study, scenario, names))
    except NearZeroError:
        return "no share that can be told, what it brings in being too near zero"


def _money(study: Study, scenario: str, names: Sequence[str]) -> str:
    parts = split(study, scenario, names)
    through, others = WAYS
    said = [
        f"{name} {_shared(study, scenario, [name])}, which is "
        f"{gain(row(parts, f'{name}, {through}', PROFIT), PROFIT)} of profit a year {through} and "
        f"{gain(row(parts, f'{name}, {others}', PROFIT), PROFIT)} {others}"
        for name in names
    ]
    return (
        f"Of the margin that these policies together bring in, {_shared(study, scenario, names)} comes through word of "
        f"mouth, the rest through those who stay: {'; '.join(said)} (the cost of the programme among these)."
    )


def _joins(study: Study, scenario: str) -> str:
    frame = study.means()
    chosen = (frame["policy"] == study.baseline) & (frame["measure"] == "joined_by_wom") & (frame["period"] == "all")
    found = frame[chosen & (frame["scenario"] == scenario)].iloc[0]
    by_wom = Interval(int(found["n"]), found["mean"], found["se"], found["ci_low"], found["ci_high"])
    warning = ", more than half: results rest on what is assumed of listeners" if by_wom.mean > HALF else ""
    return f"As it is, {_percent(by_wom)} of those who join would not have joined without what they heard{warning}."


def shares(study: Study, name: str) -> dict[str, Interval]:
    """Return the share through word of mouth of one policy in each company of a study that has one."""
    found = {}
    for scenario in dict.fromkeys(study.replications["scenario"]):
        if not scenario.endswith(CLOSED):
            try:
                found[scenario] = share(study, scenario, [name])
            except NearZeroError:
                continue
    return found


def _over(study: Study, what: str) -> str:
    said = []
    for name in HEADLINES:
        found = shares(study, name)
        if not found:
            said.append(f"for {name} nothing that can be told")
            continue
        least, most = (choose(found, key=lambda world: found[world].mean) for choose in (min, max))
        said.append(f"for {name} from {_percent(found[least])} ({least}) to {_percent(found[most])} ({most})")
    return f"Over other {what} that share runs {question.listed(said)}."


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the charts of the deck from the study's frames."""
    study, source, own = studies["channels"], question.source(asked), asked.scenario.name
    names = _names(study)
    parts = split(study, own, names)
    table = question.lines(parts, {name: name for name in dict.fromkeys(parts["contrast"])}, PROFIT)
    figure, ax = charts.canvas(_size(table))
    title = _title(study, own, names)
    charts.effects(table, ax, about=CATALOGUE[PROFIT], against="as it is", title=title, source=source)
    yield "1-staying-and-word-of-mouth", figure
    for number, (key, what) in enumerate(OVER.items(), start=2):
        table = _variants(studies[key], study, own) if key in studies else pd.DataFrame()
        if len(table):
            figure, ax = charts.canvas(_size(table))
            title = f"{_spread(studies[key])}, over other {what}"
            charts.effects(table, ax, about=SHARE, against="nothing", title=title, source=source)
            yield f"{number}-{key}", figure


def _size(table: pd.DataFrame) -> tuple[float, float]:
    return charts.WIDE[0], max(charts.WIDE[1], HEAD + LINE * len(table))


def _variants(study: Study, channels: Study, own: str) -> pd.DataFrame:
    """Lines of the chart: each headline in the company as it is, then in the others."""
    rows = []
    for name in HEADLINES:
        as_it_is = shares(channels, name).get(own)
        found = {} if as_it_is is None else {AS_IT_IS: as_it_is}
        for variant, part in (found | shares(study, name)).items():
            figures = {"mean_difference": part.mean, "ci_low_difference": part.low, "ci_high_difference": part.high}
            shown = {column: value * PER_CENT for column, value in figures.items()}
            about = {"name": f"{name}, {variant}", "n": part.n, "confidence": statistics.DEFAULT_LEVEL}
            rows.append(about | shown)
    return pd.DataFrame(rows)


def _spread(study: Study) -> str:
    """Say over which range the means run."""
    found = [part.mean for name in HEADLINES for part in shares(study, name).values()]
    return f"Word of mouth carries {min(found) * PER_CENT:.0f} to {max(found):.0%} of what a policy brings in"


def _title(study: Study, own: str, names: Sequence[str]) -> str:
    try:
        found = share(study, own, names)
    except NearZeroError:
        return "What these policies bring in together is too near zero to say how it comes"
    less = {
        "mean_difference": found.mean - HALF,
        "ci_low_difference": found.low - HALF,
        "ci_high_difference": found.high - HALF,
    }
    words = ("the larger part", "the smaller part", "about half")
    return f"Word of mouth carries {verdict(pd.Series(less), words)} of what these policies bring in"


QUESTION = Question(
    name="word_of_mouth",
    text=__doc__,
    studies={"channels": run_channels, "readings": run_readings, "networks": run_networks},
    answer=answer,
    draw=draw,
    size=Size(replications=10, years=3),
    quick=Size(replications=4, years=1),
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
