"""An overlay in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sim.company.overlay.bands import needed, reached
from sim.company.overlay.chance import Chances
from sim.wording import PER_CENT, capital, counted, listed, number

ABOVE, BELOW, DIFFERS, IN_LINE, NOT_JUDGED = (
    "runs above", "runs below", "differs more than chance", "in line", "not judged",
)  # fmt: skip


def whole(found: Any) -> str:
    """Say how many measures differ from their projection, and how many figures lie in the band."""
    measures, differ = found.measures, int((~found.measures["verdict"].isin([IN_LINE, NOT_JUDGED])).sum())
    verb = "differs" if differ < 2 else "differ"
    inside, every = int(measures["inside"].sum()), int(measures["periods"].sum())
    return (
        f"{capital(str(differ or 'None'))} of {counted(len(measures), 'measure')} {verb} from the projection by more "
        f"than chance; {inside} of {counted(every, 'figure')} inside the {percent(found.manifest['band_level'])} band"
    )


def verdict(mean_error: float, corrected: Chances, level: float) -> str:
    """Say what the corrected tests of a measure come to; see `sim.company.overlay.result.Overlay`."""
    most = 1.0 - level
    if np.isnan(corrected.level):
        return NOT_JUDGED
    if corrected.level <= most:
        return ABOVE if mean_error > 0 else BELOW
    return DIFFERS if min(_known(corrected.drift), _known(corrected.scatter)) <= most else IN_LINE


def _known(p_value: float) -> float:
    return 1.0 if np.isnan(p_value) else p_value


def sentence(row: pd.Series, about: Mapping[str, Any]) -> str:
    """Say what a row of `Overlay.measures` says, without a full stop."""
    inside = f"{row['inside']} of {counted(row['periods'], row['by'])} inside the {percent(about['band_level'])} band"
    said = headline(row, about["level"])
    if row["verdict"] == NOT_JUDGED:
        return f"{said}; {inside}"
    error = number(row["mean_error"], row["unit"], "+")
    chance = number(row["by_chance"], row["unit"], "+").removeprefix("+")
    return f"{said} ({error}; chance alone: ±{chance}); {inside}"


def headline(row: pd.Series, level: float) -> str:
    """Say what a measure comes to, short enough for the title of its chart."""
    actual, projected = (number(row[name], row["unit"]) for name in ("actual", "projected"))
    means = f"{actual} on average where {projected} was projected"
    said = {
        IN_LINE: f"in line with the projection, {means}",
        NOT_JUDGED: NOT_JUDGED,
        DIFFERS: f"{DIFFERS}, {_how(row, 1.0 - level)}, {means}",
    }
    return f"{row['label']}: {said.get(row['verdict'], row['verdict'] + ' the projection, ' + means)}"


def _how(row: pd.Series, most: float) -> str:
    """Say in what a course differs whose mean does not."""
    by, said = row["by"], []
    if _known(row["p_drift"]) <= most:
        said.append(f"the error {'rises' if row['drift'] > 0 else 'falls'} from {by} to {by}")
    if _known(row["p_scatter"]) <= most:
        said.append(f"single {by}s stray further than chance takes them")
    return listed(said) if said else ""


def percent(share: float) -> str:
    """Write a level: "95 %"; with a decimal where it has one.

    >>> percent(0.95), percent(0.995), percent(9 / 11)
    ('95 %', '99.5 %', '81.8 %')
    """
    return f"{share * PER_CENT:.1f}".removesuffix(".0") + " %"


def notes(table: pd.DataFrame, about: Mapping[str, Any]) -> list[str]:
    """Say what the band and the verdicts mean."""
    count, level, found = about["replications"], about["level"], []
    if count < needed(level):
        found.append(
            f"{count} replications are too few for a band of {percent(level)}: it is their range, in which a next one "
            f"lies in {percent(reached(level, count))} of all cases; {needed(level)} give the band asked for."
        )
    found.append(
        f"The bands hold what chance does to one company in {count} simulated futures under these assumptions; that an "
        "assumption may be wrong is not in them, and is what a clear difference is a sign of. What chance alone makes "
        f"of a mean error is told for each measure by itself, and holds in {percent(level)} of all cases."
    )
    tests = int(table[["p_level", "p_drift", "p_scatter"]].notna().sum().sum())
    if tests:
        found.append(
            f"Verdicts are corrected for {tests} tests of {len(table)} measures (Holm): of companies that are in truth "
            f"as projected, at most about {percent(1.0 - level)} would be called different in anything at all."
        )
    return found
