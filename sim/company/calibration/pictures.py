"""The picture of a calibration: how well the company matches its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import charts
from sim.charts import calibration as matches
from sim.company.calibration.verdict import MATCHED
from sim.wording import percent

if TYPE_CHECKING:
    from sim.charts import Figure


def figures(found: Any) -> dict[str, Figure]:
    """Draw the numbers of a `sim.Calibration`, asked and as fitted, by the name of the file."""
    figure, ax = charts.canvas(matches.size(len(found.numbers)))
    made = found.manifest
    source = (
        f"cxsim, {found.company.name}, calibrated; seed {made['seed']}, other random numbers than were used to solve."
    )
    title = headline(found)
    matches.asked_and_fitted(found.numbers, ax, tolerance=made["tolerance"], title=title, source=source)
    return {"asked-and-fitted": figure}


def headline(found: Any) -> str:
    """Say how many numbers are met."""
    met, every = int((found.numbers["verdict"] == MATCHED).sum()), len(found.numbers)
    how_many = f"all {every}" if met == every else f"{met} of {every}"
    within = percent(found.manifest["tolerance"])
    return f"The model meets {how_many} numbers of {found.company.name} to within {within}"
