"""The picture of an audit: the figures of the documents beside what the model shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.outcomes.result import as_told
from sim.wording import counted

if TYPE_CHECKING:
    from sim.charts import Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw the picture of a `sim.Audit`, by the name of its file."""
    figure, ax = charts.claims_canvas(len(found.table))
    made = found.manifest
    source = (
        f"cxsim, scenario {made['baseline']}, reading {made['reading']}, {counted(made['years'], 'year')}, "
        f"seed {made['seed']}."
    )
    charts.claims_beside_model(found.table, ax, title=headline(found), source=source)
    return as_told({"audit": figure}, made)


def headline(found: Any) -> str:
    """Return how many of the figures came out, in a sentence."""
    counts = found.table["verdict"].value_counts()
    tried = len(found.table) - int(counts.get("not testable", 0))
    return f"Of {tried} figures of the documents that the model can answer, it reproduces {counts.get('reproduced', 0)}"
