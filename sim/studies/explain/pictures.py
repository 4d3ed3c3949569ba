"""The picture of an explanation: an effect, split by the channels that it came through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.outcomes.measures import CATALOGUE
from sim.outcomes.result import as_told, source_line
from sim.outcomes.sentences import BASELINE, NO_POLICY
from sim.studies.explain.channels import DIRECT
from sim.wording import capital, lower

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Figure

HALF = 0.5
"""Share of an effect from which on it came mostly through one channel."""


def figures(found: Any) -> dict[str, Figure]:
    """Draw the chart of a `sim.Explanation`, by the name of its file."""
    figure, ax = charts.canvas()
    frame, made = found.frame, found.manifest
    name = NO_POLICY if made["baseline"] == BASELINE else ""
    charts.channel_bridge(frame, ax, labels=CATALOGUE, name=name, title=reason(frame), source=source_line(made))
    return as_told({"explain": figure}, made)


def reason(frame: pd.DataFrame) -> str:
    """Return what an explanation comes down to, in a sentence.

    Parameters
    ----------
    frame : as in `sim.explain`.
    """
    *_, total = (row for _, row in frame.iterrows())
    policy, what = capital(total["policy"]), lower(CATALOGUE[total["measure"]].label)
    if not (total["low"] > 0 or total["high"] < 0):
        return f"{policy} has no clear effect on {what}"
    up = total["value"] > 0
    parts = frame.iloc[:-1]
    clear = parts[parts["low"] > 0] if up else parts[parts["high"] < 0]
    effect = f"{policy} {'raises' if up else 'lowers'} {what}"
    if not len(clear):
        return f"{effect}, through no channel in particular"
    most = clear.loc[clear["value"].abs().idxmax()]
    way = "directly, by costs, prices and work" if most["channel"] == DIRECT else f"through {lower(most['label'])}"
    return f"{effect}, {'mostly' if most['value'] / total['value'] > HALF else 'most of all'} {way}"
