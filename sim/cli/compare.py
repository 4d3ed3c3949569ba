"""``cxsim compare``: what policies change, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import arguments, board, options, tables
from sim.cli.arguments import OptionError
from sim.cli.options import (
    AllMeasures,
    Baseline,
    Computing,
    Csv,
    DryRun,
    MaxReplications,
    Period,
    Policies,
    Readings,
    Replications,
    Saving,
    WhatIf,
    argument,
    question,
)
from sim.cli.run import Precision
from sim.wording import counted, lower

if TYPE_CHECKING:
    import pandas as pd

    from sim.inputs.policies import Bundle, Policy
    from sim.inputs.scenario import Scenario
    from sim.outcomes.results import Study
    from sim.studies.rankings import Rankings

Scenarios = Annotated[list[str], argument("SCENARIO...", options.SCENARIO_HELP)]
RankBy = Annotated[
    str | None,
    question("--rank-by", metavar="MEASURE", text="Measure to rank by, with --reading.", show_default="profit a year"),
]
Simultaneous = Annotated[
    bool, question("--simultaneous", text="Intervals that hold for all policies together, not each on its own.")
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, compare, panel=options.ASK, see="questions")


def compare(
    scenarios: Scenarios,
    *,
    policy: Policies = None,
    what_if: WhatIf,
    baseline: Baseline = None,
    reading: Readings = None,
    rank_by: RankBy = None,
    simultaneous: Simultaneous = False,
    precision: Precision = None,
    replications: Replications = None,
    max_replications: MaxReplications = None,
    period: Period,
    computing: Computing,
    dry_run: DryRun = False,
    saving: Saving,
    all_measures: AllMeasures = False,
    csv: Csv = False,
) -> int:
    """Compare policies with the baseline: what each changes, and how sure that is.

    Example: cxsim compare small_company --policy training --policy "empowerment level=0.95"

    Each --policy is compared on its own; the baseline always runs too. Under several readings of the evidence it also
    says whether the ranking of the policies survives.
    """
    from sim.outcomes.interrupted import kept
    from sim.running.experiment import Series
    from sim.studies.rankings import MEASURE, rankings

    companies, policies = _options(scenarios, arguments.policies(policy), what_if)
    readings = _readings(reading, rank_by)
    board.check_folder(saving)
    series = Series(
        companies, policies, baseline=arguments.maybe(baseline), readings=readings,
        **period.settings(), **computing.settings(),
    )  # fmt: skip
    if dry_run:
        return board.estimate(series, replications, precision, max_replications)
    study = kept(series.study, replications, precision, max_replications)
    found = _differences(study)
    tables.csv(found) if csv else _print(study, found, all_measures, simultaneous)
    _print_missing(policies, what_if)
    ranking = rankings(study, rank_by or MEASURE) if len(readings) > 1 else None
    if ranking is not None:
        _print_rankings(ranking, csv)
    status = board.finish(study, saving)
    if ranking is not None and saving.out is not None:
        ranking.save(saving.out, overwrite=True, charts=saving.charts)
    return status


def _options(
    names: list[str], policies: list[Policy | Bundle], what_if: WhatIf
) -> tuple[list[Scenario], list[Policy | Bundle]]:
    """Return the companies and what is compared in them; without any option, the first company against the others."""
    from sim.inputs.changes import difference

    companies = [arguments.scenario(name) for name in names]
    if what_if != WhatIf() and len(companies) > 1:
        raise OptionError("--set and --option change one company; give one SCENARIO with them.")
    options = [*policies, *what_if.each(companies[0])]
    if options:
        return companies, options
    if len(companies) < 2:
        raise OptionError(
            'there is nothing to compare; give --set agents=-2, --policy "empowerment level=0.95", or a second company.'
        )
    first, *others = companies
    return [first], [difference(first, other) for other in others]


def _readings(names: list[str] | None, rank_by: str | None) -> list[str]:
    """Return the readings to run under, checked together with the measure to rank by before a long run."""
    from sim.studies.rankings import MEASURE, ranked

    chosen = arguments.readings(names)
    if rank_by is not None and len(chosen) < 2:
        raise OptionError("--rank-by compares rankings under several readings; add --reading all.")
    ranked(rank_by or MEASURE)
    return chosen


def _differences(study: Study) -> pd.DataFrame:
    from sim.outcomes.measures import CATALOGUE

    return study.compare(better={name: measure.better for name, measure in CATALOGUE.items()})


def _print(study: Study, found: pd.DataFrame, all_measures: bool, simultaneous: bool) -> None:
    """Print the verdict on each option, the five rows that matter most for it (or all), and what they rest on."""
    table = found[found["period"] == "all"]
    limits = (
        ("ci_low_simultaneous", "ci_high_simultaneous") if simultaneous else ("ci_low_difference", "ci_high_difference")
    )
    interval = f"95 % interval{', all together' if simultaneous else ''}"
    for (scenario, policy), part in table.groupby(["scenario", "policy"], sort=False):
        rows = part.set_index("measure")
        print_option(study, (str(scenario), str(policy)), rows, limits, interval, all_measures)
    board.print_basis(study)
    if not all_measures:
        tables.note("--all-measures prints every measure instead of the five that tell most.")
    _print_family(table, simultaneous)


def _print_missing(options: Sequence[Policy | Bundle], what_if: WhatIf) -> None:
    """Say what the model does not link to what was changed."""
    from sim.inputs.links import missing, read_responses
    from sim.inputs.policies import Change

    parts = [part for option in options for part in option.parts if isinstance(part, Change)]
    changed = dict.fromkeys(name for part in parts for name, _, _ in part.settings)
    for sentence in missing(changed, read_responses(what_if.responses or ())):
        tables.remark(sentence)


def print_option(
    study: Study,
    cell: tuple[str, str],
    found: pd.DataFrame,
    limits: tuple[str, str],
    interval: str,
    all_measures: bool = False,
) -> None:
    """Print the verdict on an option and its rows."""
    from sim.outcomes.verdict import mattering, verdict

    columns = ("", study.baseline, "option", "difference", interval, "chance of a gain")
    shown = found if all_measures else found.loc[mattering(found)]
    tables.note(verdict(found, cell[1]))
    tables.show(
        f"{board.title(study, *cell)}, over {counted(study.manifest['years'], 'year')}",
        columns,
        [_difference_row(row, limits) for _, row in shown.iterrows()],
        columns[1:],
    )
    tables.note("")


def _difference_row(row: pd.Series, limits: tuple[str, str]) -> tuple[str, ...]:
    from sim.outcomes.measures import CATALOGUE

    about = CATALOGUE[str(row.name)]
    values = [tables.number(row[column], about.unit) for column in ("mean_baseline", "mean")]
    difference = tables.number(row["mean_difference"], about.unit, "+")
    interval = tables.span(row[limits[0]], row[limits[1]], about.unit, "+")
    chance = _chance(row["probability_gain"], row["mean_difference"]) if about.better != "none" else ""
    return (tables.label(about.label, about.unit), *values, difference, interval, chance)


def _print_family(table: pd.DataFrame, simultaneous: bool) -> None:
    """Print for how many policies an interval holds, and by which procedure."""
    count = int(table["comparisons"].max())
    if count < 2:
        return
    if simultaneous:
        tables.note(f"For each measure, the intervals hold for all {count} policies together (Bonferroni).")
    else:
        tables.note(
            f"Each interval is 95 % on its own; --simultaneous makes them hold for all {count} policies together "
            "(Bonferroni)."
        )


def _print_rankings(found: Rankings, csv: bool) -> None:
    """Print whether the ranking survives the readings; beside CSV, on standard error."""
    if csv:
        tables.remark(found.text())
        return
    for scenario, part in found.pairs.groupby("scenario", sort=False):
        _print_pairs(str(scenario), part)
    level = tables.number(found.pairs["confidence"].iloc[0], "share")
    tables.note(
        f"Smallest lead under any reading. Intervals are {level} each, so 95 % for all pairs and readings together."
    )
    tables.note("\n" + found.text())


def _print_pairs(scenario: str, part: pd.DataFrame) -> None:
    from sim.outcomes.measures import CATALOGUE

    about, first = CATALOGUE[part["measure"].iloc[0]], part["reading"].iloc[0]
    rows = []
    for _, pair in part.groupby(["ahead", "behind"], sort=False):
        least = pair.loc[pair["mean_lead"].idxmin()]
        lead = tables.number(least["mean_lead"], about.unit, "+")
        interval = tables.span(least["ci_low_lead"], least["ci_high_lead"], about.unit, "+")
        rows.append((least["ahead"], least["behind"], lead, interval, least["reading"], least["outcome"]))
    columns = (f"ahead ({first})", "behind", "smallest lead", "interval", "under", "its order")
    title = f"{scenario}: ranking by {lower(about.label)}"
    tables.show(title, columns, rows, right=columns[2:4], whole=("under", "its order"))


def _chance(gain: float, difference: float) -> str:
    return tables.UNDEFINED if difference == 0.0 else tables.number(gain, "share").replace(".0 %", " %")
