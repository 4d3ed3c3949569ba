"""What do promises cost, and what do they earn?

Compares promising less than can be kept, as much, and far more, without and with capacity set aside to keep promises,
and with customers told in advance when one will be broken: what is expected, what is kept, how satisfied customers
are, whom the promises draw at first and whom they lose later, and profit year by year.

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt) and
prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import question
from question import Asked, Question, Size, Studies, change, effect, gain, row, verdict

from sim import Bundle, Promises, Study, charts
from sim.charts import Label
from sim.engines import History
from sim.model import state
from sim.outcomes.measures import CATALOGUE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOLD = 0.8
UNDER, UNDER_KEPT = "under", "under, capacity"
KEPT, TOLD_ALONE, ADVISED = "honest, capacity", "honest, told", "honest, capacity, told"
OVER, OVER_TOLD, OVER_KEPT = "over", "over, told", "over, capacity"
SETTINGS: dict[str, tuple[str, float, bool]] = {
    UNDER: ("under", 0.0, False),
    UNDER_KEPT: ("under", 1.0, False),
    TOLD_ALONE: ("honest", 0.0, True),
    KEPT: ("honest", 1.0, False),
    ADVISED: ("honest", 1.0, True),
    OVER: ("over", 0.0, False),
    OVER_TOLD: ("over", 0.0, True),
    OVER_KEPT: ("over", 1.0, False),
}
QUICK = (UNDER, ADVISED, OVER, OVER_KEPT)
AS_IT_IS = "honest (as it is)"

EXPECTED = "expected"
LABELS = CATALOGUE | {EXPECTED: Label("Expected of a purchase", "score")}
SHOWN = (EXPECTED, "promises_kept", "csat", "joined", "retention_12m", "profit_a_year")
PARTS = (KEPT, TOLD_ALONE)
BOARD, COLUMNS = (13.0, 8.2), 3  # of the chart of many panels: inches, panels a row
CURVES = (UNDER, ADVISED, OVER, OVER_KEPT)


# -- what is run -------------------------------------------------------------------------------------------------


def policies(asked: Asked) -> dict[str, Bundle]:
    """Return the ways to promise, by name; the chance to be told in advance is the company's own unless raised."""
    own = float(asked.scenario.value("promise_told"))  # type: ignore[arg-type]
    names = QUICK if asked.quick else tuple(SETTINGS)
    return {name: _policy(name, own) for name in names}


def _policy(name: str, own: float) -> Bundle:
    level, capacity, told = SETTINGS[name]
    return Bundle((Promises(level=level, capacity=capacity, told=TOLD if told else own),), name)


def expectations(history: History) -> pd.DataFrame:
    """Return what customers expect of an ordinary purchase at the end (score, mean)."""
    people = history.state
    customers = people.status[state.STANDING] == state.CUSTOMER
    expected = float(np.mean(people.person[state.EXPECT_PURCHASE, customers]))
    return pd.DataFrame({"period": ["all"], "measure": [EXPECTED], "value": [expected]})


def run_levels(asked: Asked) -> Study:
    """Run every way to promise against the company as it is."""
    return asked.compare(asked.scenario, list(policies(asked).values()), observe=expectations)


def run_following(asked: Asked) -> Study:
    """Run the headlines where the number of agents follows the load."""
    return asked.compare(asked.following(), [policies(asked)[name] for name in (ADVISED, OVER)])


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraph that a planner reads first; every number with its 95 % interval."""
    frame = question.differences(studies["levels"])
    sentences = [_over(frame, asked), _saved(frame), _kept(frame), _under(frame), _best(studies["levels"])]
    text = " ".join([*sentences, f"All intervals are 95 %, from {question.length(asked)}."])
    return "\n\n".join([text, _following(studies["following"])] if "following" in studies else [text])


def _over(frame: pd.DataFrame, asked: Asked) -> str:
    said = {measure: change(row(frame, OVER, measure), measure) for measure in ("promises_kept", "csat")}
    expected = gain(row(frame, OVER, EXPECTED), EXPECTED, unit="score")
    ends = [f"year {year}" for year in sorted({1, int(asked.scenario.years)}) if year >= 1]
    years = "".join(f"; in {end} {_in_a_year(frame, end)}" for end in ends if asked.scenario.years >= 1)
    return (
        f"Promising far more than can be kept {effect(row(frame, OVER, 'profit_a_year'), 'profit_a_year')}. What is "
        f"expected of a purchase moves by {expected}, promises kept from {said['promises_kept']}, CSAT from "
        f"{said['csat']}{years}."
    )


def _in_a_year(frame: pd.DataFrame, period: str) -> str:
    parts = {"joins": "joined", "retention": "retention_12m", "profit": "profit"}
    return question.listed(
        [f"{name} {gain(row(frame, OVER, measure, period=period), measure)}" for name, measure in parts.items()]
    )


def _saved(frame: pd.DataFrame) -> str:
    found = row(frame, OVER_KEPT, "profit_a_year")
    saved = verdict(found, ("turns that into a gain", "does not save it", "brings it back to about nothing"))
    return (
        f"Capacity to keep what was overpromised {saved}: {gain(found, 'profit_a_year')} a year, with promises kept "
        f"{change(row(frame, OVER_KEPT, 'promises_kept'), 'promises_kept')}."
    )


def _kept(frame: pd.DataFrame) -> str:
    profit, kept = row(frame, ADVISED, "profit_a_year"), row(frame, ADVISED, "promises_kept")
    parts = [f"{name} {gain(row(frame, name, 'profit_a_year'), 'profit_a_year')}" for name in _known(frame, PARTS)]
    alone = f"; one by one: {question.listed(parts)}" if parts else ""
    return (
        f"The advice, to promise what can be kept, set capacity aside and call first, "
        f"{effect(profit, 'profit_a_year')}, its programme paid, with promises kept "
        f"{change(kept, 'promises_kept')} and retention "
        f"{change(row(frame, ADVISED, 'retention_12m'), 'retention_12m')}{alone}."
    )


def _known(frame: pd.DataFrame, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in set(frame["policy"])]


def _under(frame: pd.DataFrame) -> str:
    profit, joins = row(frame, UNDER, "profit_a_year"), gain(row(frame, UNDER, "joined"), "joined")
    return (
        f"Promising less than can be kept, and no more than that, {effect(profit, 'profit_a_year')} "
        f"(joins {joins} in all, retention {gain(row(frame, UNDER, 'retention_12m'), 'retention_12m')})."
    )


def _best(study: Study) -> str:
    best, same = question.inseparable(study)
    tied = f"; this study cannot separate it from {question.listed(same)}" if same else ", clearly above every other"
    return f"Best on the mean is '{best}'{tied}."


def _following(study: Study) -> str:
    frame = question.differences(study)
    said = [f"{name} {gain(row(frame, name, 'profit_a_year'), 'profit_a_year')}" for name in (ADVISED, OVER)]
    return f"Where staffing follows the load, profit a year changes by: {question.listed(said)}."


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the charts of the deck from the study's frames."""
    study = studies["levels"]
    frame = question.differences(study)
    texts = _texts(study)
    shared = {"labels": LABELS, "source": question.source(asked)}
    figure, ax = charts.canvas()
    table, about = question.lines(frame, texts, "profit_a_year"), CATALOGUE["profit_a_year"]
    title, source = _profit_title(frame), question.source(asked)
    charts.effects(table, ax, about=about, against=f"baseline: {AS_IT_IS}", title=title, source=source)
    yield "1-profit", figure
    figure = charts.blank(BOARD)
    title = _board_title(frame)
    charts.paired_dots(frame, figure, measures=SHOWN, levels=texts, columns=COLUMNS, title=title, **shared)
    yield "2-what-promises-do", figure
    if asked.scenario.years >= 2:
        yield from _courses(frame, asked, texts, shared)


def _courses(
    frame: pd.DataFrame, asked: Asked, texts: dict[str, str], shared: dict[str, object]
) -> Iterator[tuple[str, Figure]]:
    periods = {f"year {year + 1}": year + 1.0 for year in range(int(asked.scenario.years))}
    shown = {name: text for name, text in texts.items() if name in (*CURVES, frame["baseline"].iloc[0])}
    for number, measure, what in ((3, "joined", "joins"), (4, "customers_end", "customers"), (5, "profit", "profit")):
        figure, ax = charts.canvas()
        title = _course_title(frame, measure, list(periods))
        charts.course(frame, ax, measure=measure, periods=periods, levels=shown, axis="year", title=title, **shared)  # type: ignore[arg-type]
        yield f"{number}-{what}-by-year", figure


def _texts(study: Study) -> dict[str, str]:
    """Ways to promise from less to more, the company as it is between."""
    known = set(study.replications["policy"])
    order = [UNDER, UNDER_KEPT, study.baseline, TOLD_ALONE, KEPT, ADVISED, OVER, OVER_TOLD, OVER_KEPT]
    return {name: AS_IT_IS if name == study.baseline else name for name in order if name in known}


def _profit_title(frame: pd.DataFrame) -> str:
    kept = verdict(row(frame, ADVISED, "profit_a_year"), ("pays", "costs money", "neither pays nor costs clearly"))
    over = verdict(row(frame, OVER, "profit_a_year"), ("pays", "costs money", "shows no clear effect"))
    return f"To promise honestly and set capacity aside {kept}; to overpromise {over}"


def _board_title(frame: pd.DataFrame) -> str:
    words = ("up", "down", "unchanged")
    kept = verdict(row(frame, OVER, "promises_kept"), words)
    csat = verdict(row(frame, OVER, "csat"), words)
    return (
        f"Overpromising: expectations {verdict(row(frame, OVER, EXPECTED), words)}, promises kept {kept}, CSAT {csat}"
    )


def _course_title(frame: pd.DataFrame, measure: str, periods: list[str]) -> str:
    words = ("more", "less", "about the same") if measure == "profit" else ("more", "fewer", "about as many")
    first, last = (verdict(row(frame, OVER, measure, period=period), words) for period in (periods[0], periods[-1]))
    what = {"joined": "people join", "customers_end": "customers are there", "profit": "is earned"}[measure]
    if first == last:
        return f"Overpromising: {first} {what}, in the first year as in the last"
    return f"Overpromising: {first} {what} in the first year, {last} in the last"


QUESTION = Question(
    name="promises",
    text=__doc__,
    studies={"levels": run_levels, "following": run_following},
    answer=answer,
    draw=draw,
    size=Size(replications=12, years=5),
    quick=Size(replications=4, years=2),
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
