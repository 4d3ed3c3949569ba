"""Charts: everything written lies on the figure and over nothing else, and the baseline is there by name."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import sim
from sim import charts
from sim.charts import Label, overview
from sim.charts import choice as of_choice
from sim.charts.warm_up import warm_up as weeks_of
from sim.inputs.policies import BUNDLES
from sim.inputs.scenario import Scenario
from sim.outcomes import statistics
from sim.studies.choose import pictures as choices

ROOT = Path(__file__).parents[3]
BASELINE = "empowerment 50 %"
LEVELS = {f"empowerment {level} %": f"{level} %" for level in (0, 25, 50, 75, 95, 100)}
GAINS = dict(zip(LEVELS, (-1.0, -0.45, 0.0, 0.3, 0.42, 0.34), strict=True))
SIZES = {  # mean, spread between replications, effect of a gain of one, spread of pairs
    "service_level": (0.72, 0.010, 0.05, 0.004),
    "asa_s": (24.0, 2.0, -4.0, 0.6),
    "nps": (26.0, 0.6, 2.0, 0.4),
    "retention_12m": (0.73, 0.002, 0.004, 0.001),
    "told_bad": (148_000.0, 2_000.0, -4_000.0, 900.0),
    "occupancy": (0.725, 0.006, -0.02, 0.002),
    "revenue": (40e6, 3e5, 6e5, 1e5),
    "goods": (26e6, 2e5, 3e5, 6e4),
    "wages_agents": (8e5, 3e3, 0.0, 2e3),
    "compensation": (4e5, 5e3, 5e4, 4e3),
    "overhead": (8e6, 0.0, 0.0, 0.0),
}
PARTS = {"revenue": 1, "goods": -1, "wages_agents": -1, "compensation": -1, "overhead": -1}
LABELS = {
    "service_level": Label("Service level", "share", "higher"),
    "asa_s": Label("Average speed of answer", "s", "lower"),
    "nps": Label("NPS", "points", "higher"),
    "retention_12m": Label("Retention over 12 months", "share", "higher"),
    "told_bad": Label("Bad tells", "tells", "lower"),
    "occupancy": Label("Occupancy", "share"),
    "revenue": Label("Revenue", "money", "higher"),
    "goods": Label("Cost of goods", "money", "lower"),
    "wages_agents": Label("Agents' wages", "money", "lower"),
    "compensation": Label("Compensation", "money", "lower"),
    "overhead": Label("Overhead", "money", "lower"),
    "profit": Label("Profit", "money", "higher"),
}
SERVICE = ["service_level", "asa_s", "nps", "retention_12m", "told_bad", "occupancy"]
TITLE = "A sentence that says what the reader should take home and is long enough to need two lines"
SOURCE = "cxsim, small company, 3 years, seed 1, evidence reading smart-2010"
WORDS = {"title": TITLE, "source": SOURCE}


@cache
def replications_of(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    shared = {measure: rng.normal(size=count) for measure in SIZES}
    rows = []
    for policy, gain in GAINS.items():
        for replication in range(count):
            values = {}
            for measure, (mean, spread, effect, own) in SIZES.items():
                noise = own * rng.normal() if gain else 0.0
                values[measure] = mean + spread * shared[measure][replication] + effect * gain + noise
            values["profit"] = sum(sign * values[part] for part, sign in PARTS.items())
            rows += [("base", policy, replication, "all", *figure) for figure in values.items()]
    return pd.DataFrame(rows, columns=["scenario", "policy", "replication", "period", "measure", "value"])


@cache
def cohorts_of(count: int, months: int = 36) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    luck = rng.normal(0, 0.003, count)
    rows = [
        ("base", policy, replication, month, 25_000 * share, share)
        for policy, gain in GAINS.items()
        for replication in range(count)
        for month in range(months + 1)
        for share in [np.exp(-month / 60) + (luck[replication] + 0.006 * gain) * month / months]
    ]
    return pd.DataFrame(rows, columns=["scenario", "policy", "replication", "month", "at_risk", "stayed"])


def curves_of(count: int, months: int = 36) -> pd.DataFrame:
    return statistics.summarise_cohorts(cohorts_of(count, months))


@cache
def differences_of(count: int) -> pd.DataFrame:
    better = {measure: label.better for measure, label in LABELS.items()}
    return statistics.paired_differences(replications_of(count), BASELINE, better=better)


def bridge(count: int = 20, policy: str = "empowerment 95 %") -> Figure:
    figure, ax = charts.canvas()
    drawn = charts.effect_bridge(
        differences_of(count), ax, policy=policy, parts=PARTS, name="50 %", labels=LABELS, **WORDS
    )
    assert drawn is ax
    return figure


LIMITS = ("ci_low_simultaneous", "ci_high_simultaneous")
CAME = {"direct": -1_400.0, "wait": 3_900.0, "quality": 500.0, "promises": -10.0, "recovery": 1_500.0, "issues": 0.0}


@cache
def explained(count: int, sign: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(10)
    rows = []
    parts = pd.DataFrame({name: sign * mean * rng.normal(1, 0.1, count) for name, mean in CAME.items()})
    for name, values in parts.assign(total=parts.sum(axis=1)).items():
        found = statistics.mean_interval(values)
        figures = {"mean_difference": found.mean, "ci_low_difference": found.low, "ci_high_difference": found.high}
        figures |= {"se_difference": found.se}
        rows.append({"channel": name, "label": str(name).capitalize(), "n": count} | figures)
    about = {
        "policy": "empowerment 95 %",
        "baseline": BASELINE,
        "measure": "profit",
        "period": "all",
        "confidence": 0.95,
    }
    return pd.DataFrame(rows).assign(**about, mean_baseline=812_345.0, orders=5040)


def channels(count: int = 20, sign: int = 1) -> Figure:
    figure, ax = charts.canvas()
    assert charts.channel_bridge(explained(count, sign), ax, labels=LABELS, **WORDS) is ax
    return figure


def profit(count: int = 20, levels: dict[str, str] | None = LEVELS) -> Figure:
    figure, ax = charts.canvas()
    drawn = charts.profit_by_level(
        differences_of(count), ax, levels=levels, labels=LABELS, axis="share an agent may decide", **WORDS
    )
    assert drawn is ax
    return figure


def multiples(count: int = 20, levels: dict[str, str] | None = LEVELS) -> Figure:
    figure = charts.blank()
    summary = statistics.summarise(replications_of(count))
    shown = {"measures": SERVICE, "baseline": BASELINE, "levels": levels, "labels": LABELS}
    assert charts.small_multiples(summary, figure, columns=3, **shown, **WORDS) is figure
    return figure


def paired(count: int = 20, levels: dict[str, str] | None = LEVELS) -> Figure:
    figure = charts.blank()
    shown = {"measures": SERVICE, "levels": levels, "labels": LABELS}
    assert charts.paired_dots(differences_of(count), figure, columns=3, **shown, **WORDS) is figure
    return figure


def retention(count: int = 20, months: int = 36) -> Figure:
    figure, ax = charts.canvas((10, 6.4))
    assert charts.retention_curves(curves_of(count, months), ax, baseline=BASELINE, levels=LEVELS, **WORDS) is ax
    return figure


@cache
def courses_of(count: int, weeks: int) -> pd.DataFrame:
    """The differences of the year, grown over weeks."""
    base = replications_of(count)
    parts = []
    for week in range(1, weeks + 1):
        grown = base["value"].where(base["policy"] == BASELINE, base["value"] + week * 0.001)
        parts.append(base.assign(period=f"week {week}", value=grown))
    better = {measure: label.better for measure, label in LABELS.items()}
    return statistics.paired_differences(pd.concat(parts), BASELINE, better=better)


def course(count: int = 20, weeks: int = 30) -> Figure:
    figure, ax = charts.canvas()
    places = {f"week {week}": float(week) for week in range(1, weeks + 1)}
    shown = {"measure": "retention_12m", "periods": places, "levels": LEVELS, "labels": LABELS, "axis": "week"}
    assert charts.course(courses_of(count, weeks), ax, **shown, **WORDS) is ax
    return figure


def effects_of(count: int = 20) -> pd.DataFrame:
    rows = differences_of(count)
    rows = rows[rows["measure"] == "profit"].assign(name=rows["policy"].map(LEVELS))
    return pd.concat([rows.head(2), pd.DataFrame({"name": ["baseline, as it is"]}), rows.tail(3)])


def effects(count: int = 20, better: str = "higher") -> Figure:
    figure, ax = charts.canvas()
    about = Label("Profit", "money", better)
    assert charts.effects(effects_of(count), ax, about=about, against="baseline", **WORDS) is ax
    return figure


def places(chosen: str | None = "empowerment 95 %") -> Figure:
    figure, ax = charts.canvas()
    weights = np.exp(-np.abs(np.subtract.outer(range(6), [2, 0, 5, 1, 3, 4])) * 1.5)
    rows = [
        (policy, rank + 1, share)
        for policy, line in zip(LEVELS, weights / weights.sum(axis=1, keepdims=True), strict=True)
        for rank, share in enumerate(line)
    ]
    ranks = pd.DataFrame(rows, columns=["policy", "rank", "probability"])
    assert of_choice.rank_probabilities(ranks, ax, chosen=chosen, what="profit", **WORDS) is ax
    return figure


def frontier(near: float = 1.0) -> Figure:
    figure, ax = charts.canvas()
    rows = [
        (policy, "frontier" if place % 2 else "dominated, clearly", measure, near * value, *limits, 0.95)
        for place, policy in enumerate(LEVELS)
        for measure, value in (("retention_12m", 0.01 * place), ("overhead", 9_000.0 * (place + 2 * (place % 2))))
        for limits in [(near * value * 0.9 - 1e-4, near * value * 1.1 + 1e-4) if place else (0.0, 0.0)]
    ]
    frame = pd.DataFrame(rows, columns=["policy", "standing", "measure", "mean_difference", *LIMITS, "confidence"])
    first = next(iter(LEVELS))
    shown = {"across": "overhead", "up": "retention_12m", "baseline": first, "labels": LABELS}
    assert of_choice.pareto(frame, ax, **shown, **WORDS) is ax
    return figure


def warm_up(count: int = 20, cut: float = 175.0, own: float = 365.0, weeks: int = 150) -> Figure:
    figure, ax = charts.canvas()
    values = np.random.default_rng(3).normal(0.8, 0.01, size=(count, weeks)) + 0.1 * np.exp(-np.arange(weeks) / 10)
    frame = pd.DataFrame(
        [("base", "none", row, "all", f"{week:03}", value) for row, line in enumerate(values)
         for week, value in enumerate(line, 1)],
        columns=["scenario", "policy", "replication", "period", "measure", "value"],
    )  # fmt: skip
    table = statistics.summarise(frame).assign(week=range(1, weeks + 1)).assign(smoothed=lambda rows: rows["mean"])
    marks = {f"settled by MSER-5: {cut:.0f} days": cut, f"the scenario's warm-up: {own:.0f} days": own}
    assert weeks_of(table, ax, about=Label("Service level", "share"), marks=marks, **WORDS) is ax
    return figure


def shared(rows: int, columns: int) -> Figure:
    """Charts in subplots of Matplotlib's usual size, as `plt.subplots` makes them."""
    figure = Figure()
    drawn = [
        lambda ax: charts.profit_by_level(differences_of(20), ax, levels=LEVELS, labels=LABELS, **WORDS),
        lambda ax: charts.channel_bridge(explained(20), ax, labels=LABELS, **WORDS),
        lambda ax: charts.retention_curves(curves_of(20), ax, baseline=BASELINE, levels=LEVELS, **WORDS),
        lambda ax: charts.effects(effects_of(), ax, about=LABELS["profit"], against="baseline", **WORDS),
    ]
    for draw, ax in zip(drawn, figure.subplots(rows, columns).flat, strict=False):
        draw(ax)
    return figure


def two_in_one() -> Figure:
    figure = Figure(figsize=(13, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    charts.profit_by_level(differences_of(20), left, levels=LEVELS, labels=LABELS, **WORDS)
    charts.retention_curves(curves_of(20), right, baseline=BASELINE, levels=LEVELS, **WORDS)
    return figure


ALL = {
    "bridge": bridge,
    "bridge of a loss": lambda: bridge(policy="empowerment 0 %"),
    "bridge, one replication": lambda: bridge(1),
    "channels": channels,
    "channels of a loss": lambda: channels(sign=-1),
    "channels, one replication": lambda: channels(1),
    "profit": profit,
    "profit, one replication": lambda: profit(1),
    "profit, policies by name": lambda: profit(levels=None),
    "multiples": multiples,
    "multiples, one replication": lambda: multiples(1),
    "multiples, policies by name": lambda: multiples(levels=None),
    "paired": paired,
    "paired, one replication": lambda: paired(1),
    "paired, policies by name": lambda: paired(levels=None),
    "retention": retention,
    "retention, one replication": lambda: retention(1),
    "retention of five months": lambda: retention(months=5),
    "shared, 1 x 2": lambda: shared(1, 2),
    "shared, 2 x 2": lambda: shared(2, 2),
    "course": course,
    "course of three weeks": lambda: course(weeks=3),
    "course, one replication": lambda: course(1, 5),
    "effects": effects,
    "effects, neither good nor bad": lambda: effects(better="none"),
    "effects, one replication": lambda: effects(1),
    "places": places,
    "frontier": frontier,
    "warm-up": warm_up,
    "warm-up of no days": lambda: warm_up(cut=0.0, own=0.0),
    "warm-up that ends late": lambda: warm_up(cut=1000.0, own=1050.0),
    "warm-up, one replication": lambda: warm_up(1),
    "two in one": two_in_one,
}


def texts_of(figure: Figure) -> list[Text]:
    """All texts that are drawn; ticks beyond the view are not."""
    figure.draw_without_rendering()
    texts = list(figure.texts)
    for ax in figure.axes:
        texts += [*ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label, *ticks_of(ax)]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def ticks_of(ax: Axes) -> Iterator[Text]:
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for label, place in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True):
            if low <= place <= high:
                yield label


def box_of(text: Text) -> Bbox:
    """Extent of the words alone, without the line that leads to them."""
    return Text.get_window_extent(text)


def words_of(figure: Figure) -> str:
    return " | ".join(text.get_text().replace("\n", " ") for text in texts_of(figure))


def assert_texts_lie_clear(figure: Figure) -> None:
    """All words lie on the figure, and none on others."""
    boxes = [(text.get_text(), box_of(text)) for text in texts_of(figure)]
    page = figure.bbox
    for text, box in boxes:
        inside = page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1
        assert inside, f"{text!r} leaves the figure"
    for (one, box), (other, beside) in combinations(boxes, 2):
        assert not box.padded(-1).overlaps(beside.padded(-1)), f"{one!r} lies on {other!r}"


@pytest.mark.parametrize("draw", ALL.values(), ids=ALL.keys())
def test_texts_lie_on_the_figure_and_never_on_each_other(draw: Callable[[], Figure]) -> None:
    figure = draw()
    assert_texts_lie_clear(figure)


@pytest.mark.parametrize("draw", [bridge, channels, profit, multiples, paired, retention, course, effects])
def test_words_say_title_unit_interval_replications_baseline_and_source(draw: Callable[[], Figure]) -> None:
    words = words_of(draw())
    for part in (TITLE, SOURCE, "95 % intervals", "20 ", "replications", "baseline"):
        assert part in words


@pytest.mark.parametrize(("draw", "flat"), [(profit, False), (paired, True), (course, False), (effects, True)])
def test_the_baseline_of_differences_is_a_dashed_line_at_zero(draw: Callable[[], Figure], flat: bool) -> None:
    for ax in draw().axes:
        lines = [line for line in ax.lines if line.get_linestyle() == "--"]
        places = [line.get_xdata() if flat else line.get_ydata() for line in lines]
        assert [list(place) for place in places] == [[0, 0]]


def test_a_warm_up_has_its_unit_its_interval_and_lines_at_its_days() -> None:
    figure = warm_up(cut=175.0, own=364.0)
    (ax,) = figure.axes
    assert [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2] == [52.0, 25.0]
    assert ax.get_ylabel() == "%"
    words = words_of(figure)
    for part in (TITLE, SOURCE, "95 % intervals, 20 replications", "settled by MSER-5: 175 days", "weeks"):
        assert part in words


def test_a_course_goes_through_its_differences() -> None:
    rows = courses_of(20, 3)
    rows = rows[(rows["measure"] == "retention_12m") & (rows["policy"] == "empowerment 95 %")]
    drawn = [line.get_ydata() for line in course(weeks=3).axes[0].lines]
    assert any(np.allclose(line, 100 * rows["mean_difference"]) for line in drawn if len(line) == len(rows))


def test_effects_stand_at_their_differences_in_order() -> None:
    (ax,) = effects().axes
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    wanted = effects_of()["mean_difference"].fillna(0.0) / 1000
    assert [line.get_xdata()[0] for line in dots] == pytest.approx(wanted.tolist())
    assert [text.get_text() for text in ax.get_yticklabels()] == effects_of()["name"].tolist()
    assert "Dark: better" in words_of(effects())
    assert "Dark: better" not in words_of(effects(better="none"))


def test_the_parts_of_profit_are_all_of_a_companys_accounts() -> None:
    tiny = Scenario.load("small_company").override(market_size=500).change(years=0.3, warm_up=0.0)
    frame = sim.run(tiny, BUNDLES["union"], replications=1, workers=1).replications
    found = frame[frame["period"] == "all"].set_index("measure")["value"]
    parts = {name: sign * found[name] for name, sign in charts.PROFIT_PARTS.items()}
    assert sum(parts.values()) == pytest.approx(found["profit"])
    assert min(abs(parts[name]) for name in ("gestures", "rewards", "following_up", "programmes")) > 0


def test_the_baseline_of_means_is_a_dashed_line_at_its_mean() -> None:
    means = statistics.summarise(replications_of(20)).set_index(["policy", "measure"])["mean"]
    for ax, measure in zip(multiples().axes, SERVICE, strict=True):
        scale = 100 if LABELS[measure].unit == "share" else 0.001 if measure == "told_bad" else 1
        (line,) = [line for line in ax.lines if line.get_linestyle() == "--"]
        assert line.get_ydata()[0] == pytest.approx(means[BASELINE, measure] * scale)


def test_the_baseline_of_retention_is_a_dashed_curve() -> None:
    (line,) = [line for line in retention().axes[0].lines if line.get_linestyle() == "--"]
    expected = cohorts_of(20).query("policy == @BASELINE").groupby("month")["stayed"].mean() * 100
    assert line.get_ydata() == pytest.approx(expected.to_numpy())


def test_the_bridge_runs_from_zero_to_the_difference_in_profit() -> None:
    rows = differences_of(20).query("policy == 'empowerment 95 %'").set_index("measure")
    ax = bridge().axes[0]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert len(bars) == len(PARTS)  # overhead does not differ and makes room for the total
    for (_, end), (start, _) in pairwise(bars[:-1]):
        assert start == pytest.approx(end)
    total = rows["mean_difference"]["profit"] / 1_000
    assert bars[0][0] == bars[-1][0] == 0
    assert bars[-2][1] == pytest.approx(total)
    assert bars[-1][1] == pytest.approx(total)
    assert "no difference in overhead" in words_of(bridge())


def test_every_step_of_the_bridge_carries_its_interval() -> None:
    rows = differences_of(20).query("policy == 'empowerment 95 %'").set_index("measure")
    ax = bridge().axes[0]
    whiskers = {float(line.get_ydata()[0]): line.get_xdata() for line in ax.lines if line.get_marker() == "|"}
    expected = rows.loc["profit", ["ci_low_difference", "ci_high_difference"]].to_numpy(dtype=float) / 1_000
    assert whiskers[len(PARTS) - 1] == pytest.approx(expected)
    goods = rows.loc["goods", ["ci_high_difference", "ci_low_difference"]].to_numpy(dtype=float)
    start = rows.loc["revenue", "mean_difference"]
    assert whiskers[1] == pytest.approx((start - goods) / 1_000)


def test_the_bridge_refuses_parts_that_are_not_all() -> None:
    _, ax = charts.canvas()
    with pytest.raises(ValueError, match="name every part of profit"):
        charts.effect_bridge(differences_of(5), ax, policy="empowerment 0 %", parts={"revenue": 1, "goods": -1})


def test_the_bridge_of_channels_runs_from_the_baseline_to_the_total() -> None:
    values = explained(20).set_index("channel")["mean_difference"]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in channels().axes[0].patches]
    assert len(bars) == len(CAME)  # nothing came through issues, and the total has a bar
    for (_, end), (start, _) in pairwise(bars[:-1]):
        assert start == pytest.approx(end)
    assert bars[0][0] == bars[-1][0] == 0
    assert bars[-2][1] == pytest.approx(values["total"])
    assert bars[-1][1] == pytest.approx(values["total"])
    words = words_of(channels())
    assert "nothing through issues" in words
    assert "the mean over 5,040 orders" in words
    assert "baseline empowerment 50 %: profit 812 thousand currency units" in words


def test_the_bridge_of_channels_refuses_parts_that_are_not_all() -> None:
    _, ax = charts.canvas()
    with pytest.raises(ValueError, match="add up to"):
        charts.channel_bridge(explained(5).query("channel != 'wait'"), ax)


def test_numbers_beside_dots_are_the_differences() -> None:
    rows = differences_of(20).query("measure == 'profit'").set_index("policy")
    words = words_of(profit())
    assert f"−{abs(rows['mean_difference']['empowerment 0 %']) / 1_000:.0f} " in words
    assert f"+{rows['mean_difference']['empowerment 95 %'] / 1_000:.0f} " in words
    assert "thousand currency units" in words


def test_dots_say_by_their_shade_what_is_better() -> None:
    ax = paired().axes[SERVICE.index("asa_s")]
    shades = [line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "o"]
    worse, better = charts.WORSE, charts.BETTER
    assert shades == [worse, worse, charts.PAPER, better, better, better]


def test_nothing_is_called_clear_without_an_interval() -> None:
    for ax in paired(1).axes:
        shades = {line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "o"}
        assert shades == {charts.GRID, charts.PAPER}
    assert "no interval" in words_of(paired(1))


def test_the_shades_survive_grey_print() -> None:
    def lightness(colour: str) -> float:
        return float(np.dot(mpl.colors.to_rgb(colour), [0.299, 0.587, 0.114]))

    shades = sorted(map(lightness, (charts.BETTER, charts.WORSE, charts.GRID, charts.PAPER)))
    assert min(np.diff(shades)) > 0.1


def test_numbers_at_risk_stand_under_their_months() -> None:
    figure = retention()
    ax = figure.axes[0]
    at_risk = statistics.summarise_cohorts(cohorts_of(20)).set_index(["policy", "month"])["at_risk"]
    figure.draw_without_rendering()
    for month in (0, 12, 36):
        number = f"{at_risk[BASELINE, month]:,.0f}"
        middles = [box_of(text).x0 + box_of(text).width / 2 for text in ax.texts if text.get_text() == number]
        assert ax.transData.transform((month, 0))[0] == pytest.approx(middles[0], abs=2)


def test_months_are_labelled_where_there_are_data() -> None:
    cohorts = curves_of(3)
    _, ax = charts.canvas()
    charts.retention_curves(cohorts[cohorts["month"] % 12 == 0], ax, baseline=BASELINE)
    assert ax.get_xticks().tolist() == [0, 12, 24, 36]


@pytest.mark.parametrize("draw", [bridge, multiples, retention])
def test_the_same_chart_gives_the_same_files(draw: Callable[[], Figure], tmp_path: Path) -> None:
    first = charts.save(draw(), tmp_path / "one", "chart")
    second = charts.save(draw(), tmp_path / "two", "chart")
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
    svg = first[1].read_text()
    assert "<dc:date>" not in svg
    assert "All rights" not in svg
    assert "replications" in svg  # words are words, not outlines


def test_save_writes_both_files_and_nothing_else(tmp_path: Path) -> None:
    png, svg = charts.save(profit(), tmp_path / "charts", "profit")
    assert sorted(path.name for path in (tmp_path / "charts").iterdir()) == ["profit.png", "profit.svg"]
    assert png.read_bytes().startswith(b"\x89PNG")
    assert int.from_bytes(png.read_bytes()[16:20], "big") == 10 * charts.DPI
    assert svg.read_text().lstrip().startswith("<?xml")


@pytest.mark.parametrize("name", ["", "a/b", "../up"])
def test_save_takes_a_plain_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        charts.save(charts.blank(), tmp_path, name)


def test_style_stays_inside() -> None:
    before = dict(mpl.rcParams)
    profit()
    assert dict(mpl.rcParams) == before


def test_charts_do_not_load_pyplot() -> None:
    code = "import sys, sim.charts; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_results_do_not_load_matplotlib() -> None:
    code = "import sys, sim.outcomes.results; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_frames_are_not_changed() -> None:
    frame, cohorts = differences_of(3), curves_of(3)
    kept, kept_cohorts = frame.copy(), cohorts.copy()
    charts.profit_by_level(frame, charts.canvas()[1])
    charts.retention_curves(cohorts, charts.canvas()[1], baseline=BASELINE)
    pd.testing.assert_frame_equal(frame, kept)
    pd.testing.assert_frame_equal(cohorts, kept_cohorts)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"measure": "profits"}, "no measure"),
        ({"period": "year 9"}, "no period"),
        ({"scenario": "other"}, "one scenario"),
        ({"levels": {"empowerment 0 %": "0 %"}}, "must hold the baseline"),
        ({"levels": {BASELINE: "50 %", "empowerment 1 %": "1 %"}}, "not in the frame"),
    ],
)
def test_what_is_missing_is_named(asked: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        charts.profit_by_level(differences_of(2), charts.canvas()[1], **asked)  # type: ignore[arg-type]


def test_two_scenarios_need_a_choice() -> None:
    frame = differences_of(2)
    both = pd.concat([frame, frame.assign(scenario="busy")])
    with pytest.raises(ValueError, match="one scenario"):
        charts.profit_by_level(both, charts.canvas()[1])
    charts.profit_by_level(both, charts.canvas()[1], scenario="busy")


def test_an_unknown_baseline_is_named() -> None:
    with pytest.raises(ValueError, match="no baseline 'today'"):
        charts.retention_curves(curves_of(2), charts.canvas()[1], baseline="today")


def test_a_notebook_shows_the_axes_that_a_chart_returns() -> None:
    figure, ax = charts.canvas()
    drawn = charts.profit_by_level(differences_of(3), ax, **WORDS)
    assert drawn._repr_png_()[:4] == b"\x89PNG"
    assert drawn._repr_png_() == figure._repr_png_()


def test_pictures_of_a_page_share_no_id_and_are_described() -> None:
    ns, ids = "{http://www.w3.org/2000/svg}", []
    for count, name in ((3, ""), (3, "again"), (20, "")):
        figure, ax = charts.canvas()
        charts.profit_by_level(differences_of(count), ax, **WORDS)
        text = charts.svg(figure, "More & less pays", name)
        tree = ElementTree.fromstring(text)
        ids += [part.get("id") for part in tree.iter() if part.get("id")]
        assert set(re.findall(r"(?:url\(|href=\")#([^\")]+)", text)) <= set(ids)
        (title, told) = (tree.find(f"{ns}{name}") for name in ("title", "desc"))
        assert title.text == "More & less pays"
        assert re.search(f"95 % intervals.*{SOURCE}", told.text)
        assert tree.get("aria-labelledby").split() == [title.get("id"), told.get("id")]
    assert len(ids) == len(set(ids))


def test_another_title_leaves_the_other_words() -> None:
    figure = bridge()
    before = words_of(figure)
    charts.entitle(figure, "First look")
    assert words_of(figure) == before.replace(TITLE, "First look")
    assert_texts_lie_clear(figure)


@pytest.mark.parametrize("module", sorted((ROOT / "sim" / "charts").glob("*.py")), ids=lambda path: path.stem)
def test_chart_modules_use_only_public_names_of_each_other(module: Path) -> None:
    found = re.findall(r"^from sim\.charts\S* import ([^#]*?)$(?!\n    )", module.read_text("utf-8"), re.MULTILINE)
    assert not [name for names in found for name in re.findall(r"\b_\w+", names)]


def glance(count: int = 20) -> Figure:
    own = replications_of(count).query("policy == @BASELINE")
    figure, ax = charts.canvas(overview.size(len(SERVICE)))
    assert overview.overview(statistics.summarise(own), ax, measures=SERVICE, labels=LABELS, **WORDS) is ax
    return figure


@pytest.mark.parametrize("count", [1, 20])
def test_a_company_alone_is_shown_with_its_figures(count: int) -> None:
    figure = glance(count)
    assert_texts_lie_clear(figure)
    means = replications_of(count).query("policy == @BASELINE").groupby("measure")["value"].mean()
    (ax,) = figure.axes
    assert [bar.get_width() for bar in ax.patches] == pytest.approx(
        [100 * means[name] for name in SERVICE if LABELS[name].unit == "share"]
    )
    assert f"{means['service_level']:.1%}".replace("%", " %") in texts_of_axes(ax)
    assert f"{means['told_bad']:,.0f}" in texts_of_axes(ax)
    assert ax.get_xlim() == (0, 100)


def texts_of_axes(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_an_axis_of_shares_ends_at_the_whole() -> None:
    rows = pd.DataFrame({"policy": [BASELINE, "other"], "mean": [0.97, 0.9], "ci_low": [0.7, 0.8]})
    rows = rows.assign(ci_high=[1.24, 1.0], scenario="base", period="all", measure="csat", n=3, confidence=0.95)
    figure = charts.blank()
    about = {"csat": Label("CSAT", "share", "higher")}
    charts.small_multiples(rows, figure, measures=["csat"], baseline=BASELINE, labels=about)
    assert figure.axes[0].get_ylim()[1] == 100


@pytest.mark.parametrize(("count", "joined"), [(2, False), (3, True)])
def test_two_points_make_no_frontier(count: int, joined: bool) -> None:
    points = [("baseline", 0.0, 0.0), ("a", 1.0, 1.0), ("b", 2.0, 0.5)]
    rows = [
        (name, "frontier" if place >= 3 - count else "dominated, clearly", measure, value, value - 0.1, value + 0.1)
        for place, (name, *values) in enumerate(points)
        for measure, value in zip(("nps", "profit"), values, strict=True)
    ]
    columns = ["policy", "standing", "measure", "mean_difference", *LIMITS]
    frame = pd.DataFrame(rows, columns=columns).assign(confidence=0.95)
    figure, ax = charts.canvas()
    of_choice.pareto(frame, ax, across="nps", up="profit", baseline="baseline", labels=LABELS)
    assert ("frontier" in words_of(figure)) is joined
    assert any(line.get_linestyle() == ":" for line in ax.lines) is joined
    title = choices.frontier_title(frame, "nps", "profit")
    assert title == (
        "3 of 3 policies are on the frontier of profit and NPS"
        if joined
        else "No policy is better in profit and NPS together than a or b"
    )


def test_a_measure_without_a_value_is_drawn_as_unknown() -> None:
    columns = [name for name in differences_of(3) if name.startswith(("mean", "ci_", "se_"))]
    frame = differences_of(3).copy()
    frame.loc[frame["measure"] == "nps", columns] = np.nan
    figure = charts.blank()
    charts.paired_dots(frame, figure, measures=["nps", "asa_s"], labels=LABELS)
    assert "points; baseline –" in words_of(figure)
