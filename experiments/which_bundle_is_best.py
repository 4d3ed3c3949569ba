"""Which document's advice is best for profit, and which does nobody leave for another?

The five documents against each other and against doing nothing, by ranking and selection: the best by profit a year
with a 95 % probability of correct selection, and the frontier of retention against what running the programmes costs
(all costs together grow with sales too), on which no bundle keeps fewer customers and costs more than another. Staffing
follows the load, so that success is not punished by a fixed number of agents.

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt) and
the decision sheet (choose.csv and others), and prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import question
from question import Asked, Question, Size, Studies

from sim import Bundle, Study, charts
from sim.charts import choice as of_choice
from sim.inputs.policies import BUNDLES, together
from sim.outcomes.measures import CATALOGUE
from sim.studies import choose
from sim.studies.choose import Choice
from sim.studies.choose.pictures import frontier_title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

DOCUMENTS: dict[str, Bundle] = {
    "SMART": BUNDLES["smart"],
    "Ten keys": BUNDLES["ten-keys"],
    "Seven factors": BUNDLES["seven-factors"],
    "Ten rules": BUNDLES["ten-rules"],
    "Attitude": BUNDLES["attitude-document"],
}
PROFIT, UP, ACROSS = "profit_a_year", "retention_12m", "programmes"
TOGETHER = "Intervals hold for all of them together (Bonferroni)."
ZONE_SHARE = 0.01
"""Smallest difference in profit that matters, as a share of a year's profit as it is, unless another is given."""


# -- what is run -------------------------------------------------------------------------------------------------


def run_bundles(asked: Asked) -> Study:
    """Run each document's bundle where the number of agents follows the load."""
    return asked.compare(asked.following(), [together(bundle, title=name) for name, bundle in DOCUMENTS.items()])


def options(parser: argparse.ArgumentParser) -> None:
    """Add the indifference zone to the command."""
    text = f"smallest difference in profit a year that matters (default {ZONE_SHARE:.0%}% of it as it is)"
    parser.add_argument("--indifference", type=float, help=text)


def chosen(asked: Asked, study: Study) -> Choice:
    """Return the choice that the study's replications come to."""
    zone = asked.own.indifference
    if zone is None:
        summary = study.means().set_index(["policy", "period", "measure"])["mean"]
        zone = ZONE_SHARE * abs(float(summary[study.baseline, "all", PROFIT]))
    least = min(choose.FIRST, study.manifest["finished"])
    terms = choose.read_terms(PROFIT, zone, pareto=[UP, f"{ACROSS}:lower"], first=least)
    return choose.replay(study, terms)


# -- the answer in words and the charts --------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraphs that a planner reads first, and leave the decision sheet beside the study."""
    found = chosen(asked, studies["bundles"])
    found.save(asked.own.out, overwrite=True)
    return f"{found.text()}\n\nFrom {question.length(asked)}; {question.FOLLOWS}."


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the charts of the choice."""
    found, source = chosen(asked, studies["bundles"]), question.source(asked, f", {question.FOLLOWS}")
    figure, ax = charts.canvas()
    of_choice.rank_probabilities(
        found.ranks, ax, chosen=found.chosen, what="profit a year", title=found.headline, source=source
    )
    yield "1-places", figure
    figure, ax = charts.canvas()
    title = frontier_title(found.pareto, ACROSS, UP)
    of_choice.pareto(
        found.pareto, ax, across=ACROSS, up=UP, baseline=found.baseline, labels=CATALOGUE, title=title, source=source
    )
    yield "2-frontier", figure
    figure, ax = charts.canvas()
    rows = found.sheet.rename(
        columns={
            "policy": "name",
            "ci_low_simultaneous": "ci_low_difference",
            "ci_high_simultaneous": "ci_high_difference",
        }
    )
    rows = rows[rows["name"] != found.baseline].sort_values("mean_difference", ascending=False)
    charts.effects(
        rows, ax, about=CATALOGUE[PROFIT], against="as it is", title=_profit_title(rows), source=f"{source} {TOGETHER}"
    )
    yield "3-profit", figure


def _profit_title(rows: pd.DataFrame) -> str:
    """Say how many bundles pay, by intervals that hold together."""
    better = int((rows["ci_low_difference"] > 0).sum())
    return (
        f"{better or 'None'} of {len(rows)} documents clearly raise{'' if better else 's'} profit when all are compared"
    )


QUESTION = Question(
    name="which_bundle_is_best",
    text=__doc__,
    studies={"bundles": run_bundles},
    answer=answer,
    draw=draw,
    size=Size(replications=30, years=3),
    quick=Size(replications=4, years=1),
    options=options,
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
