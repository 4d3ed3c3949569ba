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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import sim
from sim import charts, statistics
from sim.engines import ENGINES
from sim.experiment import money_limits
from sim.measures import CATALOGUE
from sim.policies import Empowerment, Rapport, Staffing, Training
from sim.results import Study, check_folder
from sim.scenario import Scenario

LEVELS = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)
QUICK_LEVELS = (0.0, 0.5, 0.95)
HEADLINE = 0.95
CLAIMED = 0.95
SERVICE = ("asa_s", "abandonment", "escalation_rate", "handoffs_per_case", "fcr", "csat", "nps", "retention_12m",
           "told_good", "told_bad", "agent_turnover", "profit_a_year")  # fmt: skip
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
Run = dict[str, Any]
BETTER = {measure.name: measure.better for measure in CATALOGUE.values()}


def policies(levels: Sequence[float], base: float) -> list[Empowerment]:
    """Return a policy for each level that is not the baseline's own."""
    return [Empowerment(level=level) for level in levels if level != base]


def run_study(scenario: Scenario, levels: Sequence[float], chosen: Run) -> Study:
    """Run every level against the scenario as it is."""
    base = float(scenario.value("empowerment"))  # type: ignore[arg-type]
    return sim.compare(scenario, policies(levels, base), **chosen)


def run_conditions(scenario: Scenario, level: float, chosen: Run, quick: bool) -> Study:
    """Run the headline level under other circumstances, which hold for its baseline too."""
    held = {
        "staffing follows the load": Staffing(follows=True),
        "trained agents": Training(),
        "little rapport": Rapport(chance=0.1),
        "much rapport": Rapport(chance=0.9),
    }
    names = list(held)[:1] if quick else list(held)
    variants = [scenario.under(held[name]).change(name=name) for name in names]
    return sim.compare(variants, policies([level], -1.0), **chosen)


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(study: Study, conditions: Study | None, scenario: Scenario, level: float) -> str:
    """Return the paragraphs that a planner reads first; every number with its 95 % interval."""
    rows = _rows(study, Empowerment(level=level).label)
    parts = [
        _headline(rows, scenario, level),
        _service(rows),
        _money(rows, study, scenario, level),
        _boss(rows, level),
        _separable(study),
    ]
    if conditions is not None:
        parts.append(_conditions(conditions, rows, level))
    if study.manifest["finished"] < 10:
        parts.append("This is a first look with few replications: read the intervals, not the means.")
    return "\n\n".join(parts)


def _rows(study: Study, policy: str, scenario: str | None = None) -> pd.DataFrame:
    frame = study.compare(better=BETTER)
    chosen = (frame["policy"] == policy) & (frame["period"] == "all")
    if scenario is not None:
        chosen &= frame["scenario"] == scenario
    return frame[chosen].set_index("measure")


def _change(rows: pd.DataFrame, measure: str) -> str:
    """Say a measure's change: from, to, difference and its interval, in its unit."""
    row, unit = rows.loc[measure], CATALOGUE[measure].unit
    factor, digits, sign = (100.0, 2, " points") if unit == "share" else (1.0, _digits(row["baseline_mean"]), "")
    before, after = row["baseline_mean"] * factor, row["mean"] * factor
    per_cent = " %" if unit == "share" else f" {unit}"
    return (
        f"{before:,.{digits}f} to {after:,.{digits}f}{per_cent} ({row['difference'] * factor:+,.{digits}f}{sign}, "
        f"{row['diff_low'] * factor:+,.{digits}f} to {row['diff_high'] * factor:+,.{digits}f})"
    )


def _years(scenario: Scenario) -> str:
    return f"{scenario.years:g} year" + ("" if scenario.years == 1.0 else "s")


def _digits(value: float) -> int:
    """Decimals that show about three figures of a number."""
    return 0 if abs(value) >= 100 else 2 if abs(value) >= 1 else 4


def _headline(rows: pd.DataFrame, scenario: Scenario, level: float) -> str:
    limit = next(iter(money_limits(scenario.under(Empowerment(level=level))).values()))["limit"]
    before = next(iter(money_limits(scenario).values()))["limit"]
    shown = [f"{amount:,.2f}" if isinstance(amount, float) else "without limit" for amount in (before, limit)]
    row = rows.loc["profit_a_year"]
    verdict = "raises" if row["diff_low"] > 0 else "lowers" if row["diff_high"] < 0 else "does not clearly change"
    return (
        f"Letting agents decide the {level:.0%} smallest of the cases that need authority, instead of "
        f"{float(scenario.value('empowerment')):.0%} (a limit of {shown[1]} instead of {shown[0]}), {verdict} profit: "  # type: ignore[arg-type]
        f"{_change(rows, 'profit_a_year')}. P(gain > 0) = {row['probability_gain']:.2f} with {int(row['n'])} paired "
        f"replications of {_years(scenario)}. All intervals are 95 %."
    )


def _service(rows: pd.DataFrame) -> str:
    return (
        f"Service: mean time to answer {_change(rows, 'asa_s')}; hand-offs per case "
        f"{_change(rows, 'handoffs_per_case')}; "
        f"CSAT {_change(rows, 'csat')}; yearly retention {_change(rows, 'retention_12m')}; heard bad "
        f"{_change(rows, 'told_bad')}; heard good {_change(rows, 'told_good')}; agent turnover "
        f"{_change(rows, 'agent_turnover')}."
    )


def _money(rows: pd.DataFrame, study: Study, scenario: Scenario, level: float) -> str:
    launch, running = rows.loc["launch", "difference"], rows.loc["programmes", "difference"] / scenario.years
    kept = rows.loc["profit_a_year"]
    monthly = [(kept[name] + launch / scenario.years) / 12 for name in ("difference", "diff_low", "diff_high")]
    if monthly[0] <= 0:
        back = "The gain before the launch is not above zero, so the launch is not paid back"
    else:
        worst = f"{launch / monthly[1]:.1f}" if monthly[1] > 0 else "never"
        back = f"It pays back its launch in {launch / monthly[0]:.1f} months ({launch / monthly[2]:.1f} to {worst})"
    return (
        f"Cost: {launch:,.0f} once and {running:,.0f} a year for the programme; compensation "
        f"{_change(rows, 'compensation')}. {back}."
    )


def _boss(rows: pd.DataFrame, level: float) -> str:
    row, alone = rows.loc["decided_without_boss"], rows.loc["authority_decided_alone", "mean"]
    return (
        f"The advice that {CLAIMED:.0%} be decided without the boss: of ALL contacts {row['baseline_mean']:.1%} "
        f"already are settled without the manager, and {row['mean']:.1%} at the level of {level:.0%}; of the cases "
        f"that need authority agents then decide {alone:.1%}. Which of the two the advice means decides whether it "
        "asks for anything."
    )


def _separable(study: Study) -> str:
    """Say which levels cannot be told from the best one."""
    frame = study.replications[study.replications["measure"] == "profit_a_year"]
    means = frame[frame["period"] == "all"].groupby("policy")["value"].mean()
    best = str(means.idxmax())
    rows = statistics.paired_differences(frame, best)
    rows = rows[rows["period"] == "all"]
    same = rows[rows["diff_high"] >= 0]["policy"].tolist()
    names = {study.baseline: "the baseline"}
    if not same:
        return f"The best level on the mean is {names.get(best, best)}, and every other is clearly below it."
    listed = ", ".join(names.get(policy, policy) for policy in same)
    return f"The best on the mean is {names.get(best, best)}; this study cannot separate it from {listed}."


def _conditions(conditions: Study, rows: pd.DataFrame, level: float) -> str:
    lines = [f"What it depends on (change of profit a year at {level:.0%}, the circumstance in both):"]
    row = rows.loc["profit_a_year"]
    lines.append(f"  as it is: {row['difference']:+,.0f} ({row['diff_low']:+,.0f} to {row['diff_high']:+,.0f})")
    for name in dict.fromkeys(conditions.replications["scenario"]):
        row = _rows(conditions, Empowerment(level=level).label, name).loc["profit_a_year"]
        lines.append(f"  {name}: {row['difference']:+,.0f} ({row['diff_low']:+,.0f} to {row['diff_high']:+,.0f})")
    return "\n".join(lines)


# -- the charts --------------------------------------------------------------------------------------------------


def draw(study: Study, scenario: Scenario, levels: Sequence[float], level: float, folder: Path) -> None:
    """Draw the four charts of the deck from the study's frames."""
    base = float(scenario.value("empowerment"))  # type: ignore[arg-type]
    texts = {study.baseline if x == base else Empowerment(level=x).label: f"{x:.0%}" for x in sorted({*levels, base})}
    frame, policy = study.compare(better=BETTER), Empowerment(level=level).label
    about = f"{_years(scenario)}, reading {scenario.reading}, seed {scenario.seed}"
    source = f"cxsim, scenario {scenario.name}, {about}."
    shared = {"labels": CATALOGUE, "source": source}
    figure, ax = charts.canvas()
    charts.effect_bridge(
        frame, ax, policy=policy, name=f"{base:.0%}", title=_bridge_title(frame, policy, level), **shared
    )
    charts.save(figure, folder, "1-profit-bridge")
    figure, ax = charts.canvas()
    charts.profit_by_level(
        frame, ax, measure="profit_a_year", levels=texts, axis="share of authority cases that agents decide",
        title=_level_title(frame), **shared,
    )  # fmt: skip
    charts.save(figure, folder, "2-profit-by-level")
    figure = charts.blank()
    charts.small_multiples(
        study.summary(), figure, measures=SHOWN, baseline=study.baseline, levels=texts,
        axis="authority cases that agents decide", title=_service_title(frame, policy), **shared,
    )  # fmt: skip
    charts.save(figure, folder, "3-service-and-loyalty")
    figure, ax = charts.canvas()
    shown = {study.baseline: texts[study.baseline], policy: texts[policy]}
    charts.retention_curves(
        study.cohorts,
        ax,
        baseline=study.baseline,
        levels=shown,
        title=_retention_title(frame, policy),
        source=source,
    )
    charts.save(figure, folder, "4-retention")


def _verdict(frame: pd.DataFrame, policy: str, measure: str, words: tuple[str, str, str]) -> str:
    """Choose words for clearly up, clearly down, and not separable."""
    chosen = (frame["policy"] == policy) & (frame["period"] == "all") & (frame["measure"] == measure)
    row = frame[chosen].iloc[0]
    return words[0] if row["diff_low"] > 0 else words[1] if row["diff_high"] < 0 else words[2]


def _bridge_title(frame: pd.DataFrame, policy: str, level: float) -> str:
    words = ("earns more", "earns less", "earns about the same")
    verdict = _verdict(frame, policy, "profit", words)
    return f"With {level:.0%} of authority cases decided by agents the company {verdict}"


def _level_title(frame: pd.DataFrame) -> str:
    rows = frame[(frame["period"] == "all") & (frame["measure"] == "profit_a_year")]
    better, worse = rows[rows["diff_low"] > 0], rows[rows["diff_high"] < 0]
    if len(better):
        return "Some levels of empowerment clearly beat the company as it is"
    return (
        "No level clearly beats the company as it is"
        if len(worse)
        else "No level can be told from the company as it is"
    )


def _service_title(frame: pd.DataFrame, policy: str) -> str:
    handoffs = _verdict(frame, policy, "handoffs_per_case", ("more", "fewer", "as many"))
    waits = _verdict(frame, policy, "asa_s", ("longer", "shorter", "unchanged"))
    return f"More authority for agents: {handoffs} hand-offs, {waits} waits"


def _retention_title(frame: pd.DataFrame, policy: str) -> str:
    words = ("stay longer", "leave sooner", "stay as long, as far as this study can tell")
    return f"With more authority for agents customers {_verdict(frame, policy, 'retention_12m', words)}"


# -- the command -------------------------------------------------------------------------------------------------


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="0, 50 and 95 %% only, one year, few replications: under a minute",
    )
    parser.add_argument("--scenario", default="default", help="a shipped name (default, small_company) or a TOML file")
    parser.add_argument("--levels", type=float, nargs="+", help="levels of the money ladder, 0 to 1")
    parser.add_argument("--replications", type=int, help="paired replications (default 20; quick 5)")
    parser.add_argument("--years", type=float, help="measured years (default 3; quick 1)")
    parser.add_argument("--seed", type=int, help="seed of the scenario (default its own)")
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="results are the same (default auto)")
    parser.add_argument("--workers", type=int, help="threads or processes (default all CPUs)")
    parser.add_argument("--out", type=Path, default=Path("studies/empowerment"), help="folder of the study")
    return parser.parse_args(arguments)


def settle(chosen: argparse.Namespace) -> tuple[Scenario, list[float], int]:
    """Return the scenario, the levels and the number of replications that were asked for."""
    scenario = Scenario.load(chosen.scenario)
    years = chosen.years if chosen.years is not None else (1.0 if chosen.quick else 3.0)
    scenario = scenario.change(years=years, warm_up=0.5 if chosen.quick else scenario.warm_up)
    if chosen.seed is not None:
        scenario = scenario.change(seed=chosen.seed)
    levels = sorted({*(chosen.levels or (QUICK_LEVELS if chosen.quick else LEVELS)), HEADLINE})
    policies(levels, -1.0)
    replications = chosen.replications if chosen.replications is not None else (5 if chosen.quick else 20)
    return scenario, levels, replications


def how(chosen: argparse.Namespace, replications: int) -> Run:
    """Return how the studies are run, as `sim.compare` calls it."""
    return {"replications": replications, "engine": chosen.engine, "workers": chosen.workers}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study, save it, draw it, and print the answer; return the exit status."""
    chosen = options(arguments)
    try:
        scenario, levels, replications = settle(chosen)
        check_folder(chosen.out, overwrite=True)
        study = run_study(scenario, levels, how(chosen, replications))
    except (ValueError, OSError) as error:
        print(f"empowerment: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "empowerment: stopped before one replication of every level was finished; nothing is kept.",
            file=sys.stderr,
        )
        return 130
    study.save(chosen.out, overwrite=True)
    conditions = None
    if study.manifest["finished"] == replications:
        conditions = try_conditions(scenario, replications, chosen)
    text = answer(study, conditions, scenario, HEADLINE)
    (chosen.out / "answer.txt").write_text(text + "\n", "utf-8")
    draw(study, scenario, levels, HEADLINE, chosen.out / "charts")
    print(text)
    print(f"\nThe study is in {chosen.out}: summary.csv, replications.parquet, manifest.json, charts/.")
    return 0 if conditions is not None else 130


def try_conditions(scenario: Scenario, replications: int, chosen: argparse.Namespace) -> Study | None:
    """Run and save the second study, or nothing when it is stopped before it has a result."""
    try:
        conditions = run_conditions(scenario, HEADLINE, how(chosen, replications), chosen.quick)
    except KeyboardInterrupt:
        return None
    conditions.save(chosen.out / "conditions", overwrite=True)
    return conditions


if __name__ == "__main__":
    sys.exit(main())
