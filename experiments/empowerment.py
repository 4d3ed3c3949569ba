"""What happens when agents may decide more cases without asking the manager?

Compares levels of the money ladder (0 %: every case that needs authority goes to the manager; 100 %: none does)
with the company as it is, 50 %, on common random numbers: waits, hand-offs, satisfaction, retention, word of
mouth, profit. Then asks what the answer depends on: trained agents, rapport, and whether the number of agents is
fixed or follows the load.

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt) and
prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd
import question
from question import FOLLOWS, Asked, Question, Size, Studies, change, gain, row, verdict

from sim import Empowerment, Rapport, Scenario, Study, Training, charts
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE
from sim.running.experiment import money_limits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVELS = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)
QUICK_LEVELS = (0.0, 0.5, 0.95)
HEADLINE = 0.95
CLAIMED = 0.95
POLICY = Empowerment(level=HEADLINE)
MONTHS = 12
SHOWN = (
    "asa_s",
    "escalation_rate",
    "handoffs_per_case",
    "csat",
    "retention_12m",
    "told_bad",
    "customers",
    "profit_a_year",
)
Rows = Mapping[str, pd.Series]


# -- what is run -------------------------------------------------------------------------------------------------


def levels(asked: Asked) -> list[float]:
    """Return the levels asked for, the one of the headline among them."""
    return sorted({*(asked.own.levels or (QUICK_LEVELS if asked.quick else LEVELS)), HEADLINE})


def base_level(scenario: Scenario) -> float:
    """Return the level of the company as it is."""
    return float(scenario.value("empowerment"))  # type: ignore[arg-type]


def run_levels(asked: Asked) -> Study:
    """Run every level against the scenario as it is."""
    base = base_level(asked.scenario)
    return asked.compare(asked.scenario, [Empowerment(level=x) for x in levels(asked) if x != base])


def run_conditions(asked: Asked) -> Study:
    """Run the headline level under other circumstances, which hold for its baseline too."""
    held = {"trained agents": Training(), "little rapport": Rapport(chance=0.1), "much rapport": Rapport(chance=0.9)}
    variants = [asked.following().change(name=FOLLOWS)]
    if not asked.quick:
        variants += [asked.scenario.under(policy).change(name=name) for name, policy in held.items()]
    return asked.compare(variants, [Empowerment(level=HEADLINE)])


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraphs that a planner reads first; every number with its 95 % interval."""
    frame = question.differences(studies["levels"])
    rows = {name: row(frame, POLICY.label, name) for name in dict.fromkeys(frame["measure"])}
    parts = [
        _headline(rows, asked),
        _service(rows),
        _money(rows, asked.scenario),
        _boss(rows),
        _separable(studies["levels"]),
    ]
    if "conditions" in studies:
        parts.append(_conditions(studies["conditions"], rows))
    return "\n\n".join(parts)


def _said(rows: Rows, measure: str) -> str:
    return change(rows[measure], measure)


def _headline(rows: Rows, asked: Asked) -> str:
    scenario = asked.scenario
    limits = [next(iter(money_limits(s).values()))["limit"] for s in (scenario, scenario.under(POLICY))]
    before, after = (f"{limit:,.2f}" if isinstance(limit, float) else "without limit" for limit in limits)
    profit = rows["profit_a_year"]
    effect = verdict(profit, ("raises", "lowers", "does not clearly change"))
    return (
        f"Letting agents decide the {HEADLINE:.0%} smallest of the cases that need authority, instead of "
        f"{base_level(scenario):.0%} (a limit of {after} instead of {before}), {effect} profit a year: "
        f"{_said(rows, 'profit_a_year')}. P(gain > 0) = {profit['probability_gain']:.2f} with "
        f"{question.length(asked)}. All intervals are 95 %."
    )


def _service(rows: Rows) -> str:
    return (
        f"Service: mean time to answer {_said(rows, 'asa_s')}; hand-offs per case {_said(rows, 'handoffs_per_case')}; "
        f"CSAT {_said(rows, 'csat')}; yearly retention {_said(rows, 'retention_12m')}; heard bad "
        f"{_said(rows, 'told_bad')}; heard good {_said(rows, 'told_good')}; agent turnover "
        f"{_said(rows, 'agent_turnover')}."
    )


def _money(rows: Rows, scenario: Scenario) -> str:
    launch, running = rows["launch"]["mean_difference"], rows["programmes"]["mean_difference"] / scenario.years
    kept = rows["profit_a_year"]
    monthly = [
        (kept[name] + launch / scenario.years) / MONTHS
        for name in ("mean_difference", "ci_low_difference", "ci_high_difference")
    ]
    if monthly[0] <= 0:
        back = "The gain before the launch is not above zero, so the launch is not paid back"
    else:
        worst = f"{launch / monthly[1]:.1f}" if monthly[1] > 0 else "never"
        back = f"It pays back its launch in {launch / monthly[0]:.1f} months ({launch / monthly[2]:.1f} to {worst})"
    return (
        f"Cost: {launch:,.0f} once and {running:,.0f} a year for the programme; compensation "
        f"{_said(rows, 'compensation')}. {back}."
    )


def _boss(rows: Rows) -> str:
    all_contacts, alone = rows["decided_without_boss"], rows["authority_decided_alone"]["mean"]
    return (
        f"The advice that {CLAIMED:.0%} be decided without the boss: of ALL contacts "
        f"{all_contacts['mean_baseline']:.1%} already are settled without the manager, and {all_contacts['mean']:.1%} "
        f"at the level of {HEADLINE:.0%}; of the cases that need authority agents then decide {alone:.1%}. Which of "
        "the two the advice means decides whether it asks for anything."
    )


def _separable(study: Study) -> str:
    """Say which levels are not clearly worse than the best one."""
    best, others = question.inseparable(study)
    best, same = _name(study, best), [_name(study, policy) for policy in others]
    if not same:
        return f"The best level on the mean is {best}, and every other is clearly below it."
    return f"The best on the mean is {best}; this study cannot separate it from {question.listed(same)}."


def _name(study: Study, policy: str) -> str:
    return "the baseline" if policy == study.baseline else policy


def _conditions(conditions: Study, rows: Rows) -> str:
    frame = question.differences(conditions)
    found = {"as it is": rows["profit_a_year"]}
    for name in dict.fromkeys(frame["scenario"]):
        found[name] = row(frame, POLICY.label, "profit_a_year", scenario=name)
    lines = [f"What it depends on (change of profit a year at {HEADLINE:.0%}, the circumstance in both):"]
    return "\n".join(lines + [f"  {name}: {gain(each, 'profit_a_year')}" for name, each in found.items()])


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the four charts of the deck from the study's frames."""
    study, base = studies["levels"], base_level(asked.scenario)
    frame = question.differences(study)
    texts = {study.baseline if x == base else Empowerment(level=x).label: f"{x:.0%}" for x in _shown(asked, base)}
    source = question.source(asked)
    shared = {"labels": CATALOGUE, "source": source}
    figure, ax = charts.canvas()
    title = _bridge_title(frame)
    charts.effect_bridge(frame, ax, policy=POLICY.label, name=f"{base:.0%}", title=title, **shared)
    yield "1-profit-bridge", figure
    figure, ax = charts.canvas()
    charts.profit_by_level(
        frame, ax, measure="profit_a_year", levels=texts, axis="share of authority cases that agents decide",
        title=_level_title(frame), **shared,
    )  # fmt: skip
    yield "2-profit-by-level", figure
    figure = charts.blank()
    charts.small_multiples(
        study.means(), figure, measures=SHOWN, baseline=study.baseline, levels=texts,
        axis="authority cases that agents decide", title=_service_title(frame), **shared,
    )  # fmt: skip
    yield "3-service-and-loyalty", figure
    figure, ax = charts.canvas()
    curves = {name: texts[name] for name in (study.baseline, POLICY.label)}
    title = _retention_title(frame)
    stayed = statistics.summarise_cohorts(study.cohorts)
    charts.retention_curves(stayed, ax, baseline=study.baseline, levels=curves, title=title, source=source)
    yield "4-retention", figure


def _shown(asked: Asked, base: float) -> list[float]:
    return sorted({*levels(asked), base})


def _bridge_title(frame: pd.DataFrame) -> str:
    words = ("earns more", "earns less", "earns about the same")
    found = verdict(row(frame, POLICY.label, "profit"), words)
    return f"With {HEADLINE:.0%} of authority cases decided by agents the company {found}"


def _level_title(frame: pd.DataFrame) -> str:
    rows = frame[(frame["period"] == "all") & (frame["measure"] == "profit_a_year")]
    if (rows["ci_low_difference"] > 0).any():
        return "Some levels of empowerment clearly beat the company as it is"
    if (rows["ci_high_difference"] < 0).any():
        return "No level clearly beats the company as it is"
    return "No level can be told from the company as it is"


def _service_title(frame: pd.DataFrame) -> str:
    handoffs = verdict(row(frame, POLICY.label, "handoffs_per_case"), ("more", "fewer", "as many"))
    waits = verdict(row(frame, POLICY.label, "asa_s"), ("longer", "shorter", "unchanged"))
    return f"More authority for agents: {handoffs} hand-offs, {waits} waits"


def _retention_title(frame: pd.DataFrame) -> str:
    words = ("stay longer", "leave sooner", "stay as long, as far as this study can tell")
    return f"With more authority for agents customers {verdict(row(frame, POLICY.label, 'retention_12m'), words)}"


# -- the command -------------------------------------------------------------------------------------------------


def options(parser: argparse.ArgumentParser) -> None:
    """Add the levels to the command."""
    parser.add_argument("--levels", type=float, nargs="+", help="levels of the money ladder, 0 to 1")


QUESTION = Question(
    name="empowerment",
    text=__doc__,
    studies={"levels": run_levels, "conditions": run_conditions},
    answer=answer,
    draw=draw,
    size=Size(replications=20, years=3),
    quick=Size(replications=5, years=1),
    options=options,
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
