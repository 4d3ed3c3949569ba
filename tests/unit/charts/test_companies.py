"""Pictures of several companies show each figure once, and nothing lies on anything."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from sim import charts
from sim.charts import Label, companies

COMPANIES = ["itself", "as calibrated", "as shipped", "told more"]
POLICIES = ["training", "promises that are kept"]


def effects(count: int) -> pd.DataFrame:
    rows = [
        {"name": name, "company": company, "mean_difference": 1000.0 * (place - 2), "n": 4, "confidence": 0.95}
        for place, (name, company) in enumerate(product(POLICIES, COMPANIES[:count]))
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(
        ci_low_difference=frame["mean_difference"] - 400.0, ci_high_difference=frame["mean_difference"] + 500.0
    )


@pytest.mark.parametrize("count", [1, 3, 4])
def test_every_effect_is_named_and_no_text_lies_on_another(count: int) -> None:
    figure, ax = charts.canvas(companies.effects_size(len(POLICIES), count))
    shown = {"about": Label("Profit a year", "money/year", "higher"), "companies": COMPANIES, "against": "as it is"}
    assert companies.effects(effects(count), ax, title="Effects", source="nobody", **shown) is ax
    texts = [text.get_text() for text in ax.texts]
    assert sum(text.endswith("  itself") for text in texts) == len(POLICIES)
    assert "−2,000  itself" in texts
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in (*ax.texts, *ax.get_yticklabels()) if text.get_text()]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_what_nothing_tells_has_no_interval_and_what_is_found_is_said_with_the_truth() -> None:
    columns = ["name", "unit", "truth", "shipped", "value", "ci_low", "ci_high"]
    rows = [
        ("joining", "probability", 0.08, 0.06, 0.085, 0.07, 0.1), ("quitting", "per year", 0.5, 0.33, 0.2, 0.005, 1.9),
        ("promises", "probability", 0.72, 0.85, np.nan, np.nan, np.nan),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    figure, ax = charts.canvas(companies.recovery_size(len(table)))
    assert companies.recovery(table, ax, shipped="as shipped", found="as calibrated", level=0.95) is ax
    texts = [text.get_text() for text in ax.texts]
    assert "8.5 (7 to 10), in truth 8 %" in texts
    assert "in truth 72 %, nothing tells it" in texts
    low, high = ax.get_xlim()
    assert 1 / 4 < low < 1 < high < 4  # the widest interval goes on beyond it
    assert not [tick for tick in ax.get_xticklabels() if tick.get_text() == ""]
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
