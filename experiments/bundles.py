"""Which document's advice pays best for its cost, alone and together?

The five documents are five factors, each followed or not: all 32 combinations are played on the same draws. A lever
that several documents ask for is pulled once and paid once. Advice that nothing but the document backs is believed in
part and paid in full. Staffing follows the load, so that success is not punished by a fixed number of agents; the same
with a fixed number beside it.

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt) and
prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING

import pandas as pd
import question
from question import FOLLOWS, Asked, Question, Size, Studies, change, gain, row

from sim import Bundle, Study, charts
from sim.charts import Label
from sim.inputs.policies import BUNDLES, together
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.statistics import Interval, NearZeroError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOCUMENTS: dict[str, Bundle] = {
    "SMART": BUNDLES["smart"],
    "Ten keys": BUNDLES["ten-keys"],
    "Seven factors": BUNDLES["seven-factors"],
    "Ten rules": BUNDLES["ten-rules"],
    "Attitude": BUNDLES["attitude-document"],
}
PROFIT, AND = "profit_a_year", " + "
SPENT = ("programmes", "launch", "gestures", "rewards", "following_up", "fixing")
"""What is spent on the advice itself; wages and compensation are in the profit too, but are not chosen."""
ALL = AND.join(DOCUMENTS)
PER_SPENT = Label("profit for each unit of money spent on the programme", "money", "higher")
SHOWN = ("csat", "retention_12m", "joined", "asa_s", "agent_turnover", PROFIT)
BOARD, COLUMNS = (13.0, 8.2), 3  # of the chart of many panels: inches, panels a row
NAMED = 3
"""How many combinations are named that are not clearly worse than the best."""
Cells = dict[tuple[str, str], float]


# -- what is run -------------------------------------------------------------------------------------------------


def design() -> dict[tuple[bool, ...], Bundle]:
    """Return what is followed in each combination of the five documents, the empty one left out."""
    found = {}
    for followed in product((False, True), repeat=len(DOCUMENTS)):
        names = [name for name, yes in zip(DOCUMENTS, followed, strict=True) if yes]
        if names:
            found[followed] = together(*(DOCUMENTS[name] for name in names), title=AND.join(names))
    return found


def run_design(asked: Asked) -> Study:
    """Run every combination where the number of agents follows the load."""
    return asked.compare(asked.following(), list(design().values()))


def run_fixed(asked: Asked) -> Study:
    """Run each document, and all of them, with the number of agents as it is."""
    alone = [together(bundle, title=name) for name, bundle in DOCUMENTS.items()]
    return asked.compare(asked.scenario, [*alone, design()[(True,) * len(DOCUMENTS)]])


# -- effects of the design ---------------------------------------------------------------------------------------


def weights(study: Study) -> dict[str, dict[str, Cells]]:
    """Return the contrasts of the design by kind: of each document alone, last and on average, and of each pair.

    "alone": followed alone, against nothing. "last": added to the four others. "average": with it less without it, over
    all combinations of the others. "pairs": what two documents do together less what each does without the other, over
    all combinations of the other three (negative: they do the same work twice).
    """
    scenario = str(study.replications["scenario"].iloc[0])
    cells = {followed: (scenario, bundle.label) for followed, bundle in design().items()}
    cells[(False,) * len(DOCUMENTS)] = (scenario, study.baseline)
    nothing, everything = cells[(False,) * len(DOCUMENTS)], cells[(True,) * len(DOCUMENTS)]
    found: dict[str, dict[str, Cells]] = {"alone": {}, "last": {}, "average": {}, "pairs": {}}
    for place, name in enumerate(DOCUMENTS):
        without = tuple(other != place for other in range(len(DOCUMENTS)))
        found["alone"][name] = {(scenario, name): 1.0, nothing: -1.0}
        found["last"][name] = {everything: 1.0, cells[without]: -1.0}
        found["average"][name] = _signs(cells, (place,))
    for pair in combinations(range(len(DOCUMENTS)), 2):
        found["pairs"][AND.join(list(DOCUMENTS)[place] for place in pair)] = _signs(cells, pair)
    return found


def _signs(cells: Mapping[tuple[bool, ...], tuple[str, str]], places: Sequence[int]) -> Cells:
    """Signs of a factorial effect: + where an even number of the factors is left out, over the cells of one sign."""
    each = 2 ** len(places) / len(cells)
    return {cell: each * (-1.0) ** sum(not followed[place] for place in places) for followed, cell in cells.items()}


def effects(study: Study, kind: str) -> pd.DataFrame:
    """Return the contrasts of a kind, with intervals that hold together (Bonferroni over those of the kind)."""
    chosen = weights(study)[kind]
    level = 1 - (1 - statistics.DEFAULT_LEVEL) / len(chosen)
    return statistics.contrasts(study.replications, chosen, level)


def per_spent(study: Study, kind: str) -> dict[str, Interval]:
    """Return profit for each unit of money spent on each document's programme, with Fieller's interval.

    Profit is after that spending: 0 has just paid for itself. A document that adds no spending has no such ratio.
    """
    chosen = weights(study)[kind]
    frame = study.replications[study.replications["period"] == "all"]
    values = statistics.contrast_values(frame[frame["measure"].isin(["profit", *SPENT])], chosen)
    level = 1 - (1 - statistics.DEFAULT_LEVEL) / len(chosen)
    found = {}
    for name in chosen:
        wide = values[name].unstack("measure")
        spent = wide[list(SPENT)].sum(axis=1)
        try:
            found[name] = statistics.ratio_interval(list(wide["profit"]), list(spent), level, f"spending on {name}")
        except NearZeroError:
            continue
    return found


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraph that a planner reads first; every number with its 95 % interval."""
    study = studies["design"]
    frame = question.differences(study)
    sentences = [_alone(study), _per_spent(study), _all(frame, study), _pairs(study), _best(study)]
    closing = f"Intervals of documents and of pairs hold together at 95 %, from {question.length(asked)}; {FOLLOWS}."
    text = " ".join([*sentences, closing])
    return "\n\n".join([text, _fixed(studies["fixed"])] if "fixed" in studies else [text])


def _ranked(frame: pd.DataFrame) -> list[pd.Series]:
    rows = frame[(frame["measure"] == PROFIT) & (frame["period"] == "all")]
    return [found for _, found in rows.sort_values("mean_difference", ascending=False).iterrows()]


def _alone(study: Study) -> str:
    last = effects(study, "last")
    said = [
        f"{found['contrast']} {gain(found, PROFIT)} alone and "
        f"{gain(row(last, found['contrast'], PROFIT), PROFIT)} added to the other four"
        for found in _ranked(effects(study, "alone"))
    ]
    return f"Following a document changes profit a year by: {'; '.join(said)}."


def _per_spent(study: Study) -> str:
    found = per_spent(study, "alone")
    order = sorted(found, key=lambda name: -found[name].mean)
    said = [f"{name} {found[name].mean:.2f} ({found[name].low:.2f} to {found[name].high:.2f})" for name in order]
    first, second = order[:2]
    clear = "clearly ahead of the next" if found[first].low > found[second].high else "not clearly ahead of the next"
    return (
        f"For each unit of money spent on the programme, and after it, comes back alone: {question.listed(said)}; "
        f"{first} gives most, {clear}."
    )


def _all(frame: pd.DataFrame, study: Study) -> str:
    added: Cells = {}
    for cells in weights(study)["alone"].values():
        added |= {cell: added.get(cell, 0.0) + weight for cell, weight in cells.items()}
    apart = row(statistics.contrasts(study.replications, {"apart": added}), "apart", PROFIT)
    return (
        f"All five together change it by {gain(row(frame, ALL, PROFIT), PROFIT)}, against {gain(apart, PROFIT)} if "
        "each added what it does alone, and retention from "
        f"{change(row(frame, ALL, 'retention_12m'), 'retention_12m')}."
    )


def _pairs(study: Study) -> str:
    rows = _ranked(effects(study, "pairs"))
    less = [found for found in rows if found["ci_high_difference"] < 0]
    more = [found for found in rows if found["ci_low_difference"] > 0]
    parts = [
        f"{len(group)} of {len(rows)} pairs {what} ({_most(group)} most: {gain(_extreme(group), PROFIT)})"
        for group, what in ((less, "clearly do less together than apart"), (more, "clearly do more"))
        if group
    ]
    unclear = len(rows) - len(less) - len(more)
    text = "; ".join([*parts, f"{unclear} show neither"] if unclear else parts)
    return f"{text} (a lever that two documents ask for is pulled and paid once)."


def _extreme(group: Sequence[pd.Series]) -> pd.Series:
    return max(group, key=lambda found: abs(found["mean_difference"]))


def _most(group: Sequence[pd.Series]) -> str:
    return str(_extreme(group)["contrast"])


def _best(study: Study) -> str:
    best, same = question.inseparable(study)
    names = [f"{name!r}" for name in same]
    tied = f", and cannot be told from {question.listed(names, most=NAMED)}" if same else ", clearly"
    return f"Of all {len(design()) + 1} combinations {best!r} earns most on the mean{tied}."


def _fixed(study: Study) -> str:
    frame = question.differences(study)
    said = [f"{name} {gain(row(frame, name, PROFIT), PROFIT)}" for name in (*DOCUMENTS, ALL)]
    return f"With a fixed number of agents profit a year changes by: {question.listed(said)}."


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the charts of the deck from the study's frames."""
    study, source = studies["design"], question.source(asked, f", {FOLLOWS}")
    about = CATALOGUE[PROFIT]
    figure, ax = charts.canvas()
    charts.effects(
        _alone_and_last(study),
        ax,
        about=about,
        against="without the document",
        title=_alone_title(study),
        source=source,
    )
    yield "1-alone-and-last", figure
    figure, ax = charts.canvas()
    charts.effects(
        _spent_table(study), ax, about=PER_SPENT, against="just paid", title=_spent_title(study), source=source
    )
    yield "2-for-each-unit-spent", figure
    figure, ax = charts.canvas()
    pairs = effects(study, "pairs")
    order = {str(found["contrast"]): str(found["contrast"]) for found in _ranked(pairs)}
    table = question.lines(pairs, order, PROFIT)
    charts.effects(table, ax, about=about, against="as much as apart", title=_pairs_title(study), source=source)
    yield "3-pairs", figure
    figure, frame = charts.blank(BOARD), question.differences(study)
    texts = {study.baseline: "no document"} | {name: name for name in DOCUMENTS} | {ALL: "all five"}
    charts.paired_dots(
        frame, figure, measures=SHOWN, levels=texts, labels=CATALOGUE, columns=COLUMNS, title=_board_title(frame),
        source=source,
    )  # fmt: skip
    yield "4-what-documents-do", figure
    figure, ax = charts.canvas()
    title = (
        f"What all five documents together do to profit: {question.amount(_all_profit(frame), 'money', signed=True)}"
    )
    charts.effect_bridge(frame, ax, policy=ALL, name="no document", labels=CATALOGUE, title=title, source=source)
    yield "5-all-five", figure


def _all_profit(frame: pd.DataFrame) -> float:
    return float(row(frame, ALL, "profit")["mean_difference"])


def _alone_and_last(study: Study) -> pd.DataFrame:
    """Lines of the chart: each document alone and last, the best alone first."""
    kinds = {"alone": effects(study, "alone"), "last of five": effects(study, "last")}
    order = [str(found["contrast"]) for found in _ranked(kinds["alone"])]
    rows = [question.lines(frame, {name: f"{name}, {kind}"}, PROFIT) for name in order for kind, frame in kinds.items()]
    return pd.concat(rows, ignore_index=True)


def _spent_table(study: Study) -> pd.DataFrame:
    rows = [
        {
            "name": f"{name}, {kind}",
            "mean_difference": found.mean,
            "ci_low_difference": found.low,
            "ci_high_difference": found.high,
            "n": found.n,
        }
        for kind in ("alone", "average")
        for name, found in per_spent(study, kind).items()
    ]
    return pd.DataFrame(rows).assign(confidence=1 - (1 - statistics.DEFAULT_LEVEL) / len(DOCUMENTS))


def _alone_title(study: Study) -> str:
    rows = _ranked(effects(study, "alone"))
    paying = [str(found["contrast"]) for found in rows if found["ci_low_difference"] > 0]
    if not paying:
        return "No document's advice clearly pays alone"
    return f"{len(paying)} of {len(rows)} documents clearly pay alone, {paying[0]} most on the mean"


def _spent_title(study: Study) -> str:
    found = per_spent(study, "alone")
    best = max(found, key=lambda name: found[name].mean)
    return f"For each unit of money spent, {best} returns most: {found[best].mean:.2f} after the spending"


def _pairs_title(study: Study) -> str:
    rows = _ranked(effects(study, "pairs"))
    less = sum(found["ci_high_difference"] < 0 for found in rows)
    return f"{less} of {len(rows)} pairs of documents clearly do less together than apart"


def _board_title(frame: pd.DataFrame) -> str:
    words = ("more customers stay", "fewer customers stay", "about as many customers stay")
    return f"With all five documents followed {question.verdict(row(frame, ALL, 'retention_12m'), words)}"


QUESTION = Question(
    name="bundles",
    text=__doc__,
    studies={"design": run_design, "fixed": run_fixed},
    answer=answer,
    draw=draw,
    size=Size(replications=10, years=3),
    quick=Size(replications=3, years=1),
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
