"""Check-fit plots of customers: words lie on the figure and over nothing else, and marks stand where the frames say."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim import charts
from sim.charts import customers as of_customers
from sim.company.fitting import cohorts, friends, pictures, purchases, surveys
from sim.company.fitting.cohorts.tables import Cohort
from sim.company.fitting.kind_fit import KindFit
from sim.company.fitting.purchases import ahead
from sim.company.fitting.surveys import problem
from sim.theory import bdw_survival
from tests.unit.charts.test_charts import assert_texts_lie_clear, box_of, texts_of, words_of
from tests.unit.company.made_customers import answers, buyers, clean, sales
from tests.unit.company.test_fit_friends import graph

TITLE = "A sentence that says what the reader should take home and is long enough to need two lines"
WORDS = {"title": TITLE, "source": "cxsim, made-up records.", "level": 0.95}
WEEKS = np.linspace(50, 80, 500)


@pytest.fixture(scope="module")
def parts() -> dict[str, KindFit]:
    """A fit of each kind, with few draws."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "DRAWS", 100)
        patch.setattr(problem, "DRAWS", 50)
        rng = np.random.default_rng(4)
        found = {}
        with clean("purchases", sales(buyers(rng, (1.2, 8.0, 0.8, 3.0), WEEKS), WEEKS)) as table:
            found["purchases"] = purchases.fit(table, until="2022-03-10")
        frame = pd.DataFrame(
            [(name, t, share, 900.0) for name, c in (("the first of them", 1.8), ("the second", 1.0))
             for t, share in enumerate(bdw_survival(0.6, 2.5, c, np.arange(11)))],
            columns=["cohort", "period", "alive", "start"],
        )  # fmt: skip
        with clean("cohorts", frame) as table:
            found["cohorts"] = cohorts.fit(table, until=6)
        with clean("surveys", answers(rng, 1200, (8.0, 0.75, 0.45))) as table:
            found["surveys"] = surveys.fit(table)
        with clean("friends", graph(800, 10.0, 0.9, 0.5)) as table:
            found["friends"] = friends.fit(table)
        return found


def drawn(parts: dict[str, KindFit], name: str) -> Figure:
    frames = parts[name.split()[0]].curves
    figure, ax = charts.canvas()
    draw: dict[str, Callable[[], object]] = {
        "purchases by cohort": lambda: of_customers.cohort_activity(frames["cohorts"], ax, **WORDS),
        "purchases held out": lambda: of_customers.purchases_held(frames["held"], ax, **WORDS),
        "purchases by number": lambda: of_customers.frequencies(frames["frequencies"], ax, law="MBG/NBD", **WORDS),
        "cohorts that survive": lambda: of_customers.survival(frames["survival"], ax, **WORDS),
        "surveys and the map": lambda: of_customers.nps_map(
            frames["nps_by_satisfaction"], frames["nps_map"], ax, **WORDS
        ),
        "surveys and a problem": lambda: of_customers.problem_effect(frames["problem"], ax, **WORDS),
        "friends by number": lambda: of_customers.degrees(
            frames["degrees"], ax, note=", sigma 0.9", title=TITLE, source=str(WORDS["source"])
        ),
    }
    assert draw[name]() is ax
    return figure


NAMES = [
    "purchases by cohort", "purchases held out", "purchases by number", "cohorts that survive", "surveys and the map",
    "surveys and a problem", "friends by number",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_words_lie_on_the_figure_and_on_nothing_else_and_say_source_and_interval(parts, name):
    figure = drawn(parts, name)
    assert_texts_lie_clear(figure)
    words = " | ".join(text.get_text().replace("\n", " ") for text in texts_of(figure))
    assert TITLE in words
    assert str(WORDS["source"]) in words
    assert ("95 %" in words) == (name != "friends by number")


def test_the_course_of_purchases_ends_where_the_frame_does(parts):
    held = parts["purchases"].curves["held"]
    (ax,) = drawn(parts, "purchases held out").axes
    ends = {float(np.asarray(line.get_ydata())[-1]) for line in ax.lines}
    for name in ("actual", "mean", ahead.BEFORE, ahead.OWN_RATE):
        assert held[name].iloc[-1] in ends
    assert "what happened" in words_of(drawn(parts, "purchases held out"))


def test_periods_that_are_held_out_have_open_dots_and_the_forecasting_law_is_thick(parts):
    frame = parts["cohorts"].curves["survival"]
    (ax,) = drawn(parts, "cohorts that survive").axes
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    closed, held = dots[0], dots[1]
    assert len(closed.get_xdata()) == 7
    assert list(held.get_xdata()) == [7, 8, 9, 10]
    assert held.get_markerfacecolor() == charts.PAPER
    thick = max(line.get_linewidth() for line in ax.lines if line.get_marker() != "o")
    lines = [line for line in ax.lines if line.get_marker() != "o"]
    bold = [line for line in lines if line.get_linewidth() == thick]
    for line, (_, rows) in zip(bold, frame.groupby("cohort", sort=False), strict=True):
        assert line.get_ydata() == pytest.approx(100 * rows[rows["law"].iloc[0].lower()])
    assert "Open dots: held out" in words_of(drawn(parts, "cohorts that survive"))


def test_numbers_at_risk_stand_below_their_periods(parts):
    figure = drawn(parts, "cohorts that survive")
    (ax,) = figure.axes
    rows = parts["cohorts"].curves["survival"]
    left = rows[(rows["cohort"] == "the second") & (rows["period"] == 4)]["at_risk"].iloc[0]
    figure.draw_without_rendering()
    (text,) = [text for text in ax.texts if text.get_text() == f"{left:,.0f}"]
    box = box_of(text)
    assert ax.transData.transform((4, 0))[0] == pytest.approx(box.x0 + box.width / 2, abs=2)


def test_the_effect_of_a_problem_is_drawn_in_points_and_told_in_scores(parts):
    frame = parts["surveys"].curves["problem"].set_index("what")
    figure = drawn(parts, "surveys and a problem")
    (ax,) = figure.axes
    dots = [float(np.asarray(line.get_xdata())[0]) for line in ax.lines if line.get_marker() == "o"]
    wanted = frame["mean_difference"][["NPS, beyond the map", "NPS, by the map", "NPS, as seen"]]
    assert dots == pytest.approx(wanted.tolist())
    assert f"Satisfaction (0-1): {frame['mean_difference']['satisfaction']:+.3f}" in words_of(figure)
    (zero,) = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert list(zero.get_xdata()) == [0, 0]


def test_each_kind_has_its_figures_in_the_pictures(parts):
    files = pd.DataFrame({"kind": list(parts), "files": "made-up.csv"})
    found = SimpleNamespace(parts=parts, read=files, manifest={"level": 0.95})
    figures = pictures.figures(found)
    assert list(figures) == [
        "purchases-cohorts", "purchases-frequencies", "purchases-forecast", "cohorts-survival", "surveys-nps",
        "surveys-problem", "friends-degrees",
    ]  # fmt: skip
    assert "The forecast of purchases misses by" in words_of(figures["purchases-forecast"])
    assert "points, " in words_of(figures["surveys-problem"])
    for figure in figures.values():
        assert "cxsim, made-up.csv." in words_of(figure)


def test_what_could_not_be_fitted_is_left_out_of_the_pictures(parts):
    bare = {"surveys": KindFit("surveys", ()), "friends": KindFit("friends", ())}
    once = pd.DataFrame({"customer": range(60), "date": pd.date_range("2021-01-01", periods=60)})
    with clean("purchases", once) as table:
        bare["purchases"] = purchases.fit(table)
    files = pd.DataFrame({"kind": list(bare), "files": "made-up.csv"})
    found = SimpleNamespace(parts=bare, read=files, manifest={"level": 0.95})
    assert list(pictures.figures(found)) == ["purchases-cohorts"]


def test_a_cohort_is_what_its_table_says():
    cohort = Cohort("a", 1000.0, np.array([1.0, 0.8, 0.5]))
    assert cohort.lost(1).tolist() == pytest.approx([200, 800])
    assert Cohort("b", np.nan, cohort.share).lost(2).tolist() == pytest.approx([0.2, 0.3, 0.5])


def test_frames_name_the_ends_of_intervals_and_bands_as_every_frame_of_the_project_does(parts):
    frames = {f"{kind} {name}": frame for kind, part in parts.items() for name, frame in part.curves.items()}
    frames |= {f"{kind} forecast": part.holdout.course for kind, part in parts.items() if part.holdout is not None}
    ends = {column for frame in frames.values() for column in frame if "low" in column or "high" in column}
    assert ends >= {"ci_low", "ci_high", "pi_low", "pi_high", "ci_low_nps", "ci_high_difference"}
    assert all(column.startswith(("ci_low", "ci_high", "pi_low", "pi_high")) for column in ends)
