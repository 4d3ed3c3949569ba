"""One at a time: each parameter at either end of its range, all others as they are in the scenario.

A bar reaches from what is explained at the low end to what is explained at the high end, as differences from the
middle (the scenario as it is), replication by replication in pairs: under common random numbers a parameter that
changes nothing has a bar of exactly zero. What parameters do together does not show here; Morris and Sobol show it.

Whether the sign of an effect turns within a range is decided by the intervals of the effect itself, at the ends and in
the middle, with Holm's correction over all of them. Where it turns is interpolated on the straight line between two
of these points, with Fieller's interval for the place where that line is zero: it does not know whether the effect
follows a straight line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sim.inputs.uncertainties import Range
from sim.outcomes import statistics
from sim.studies.sensitivity.design import Design, traced
from sim.studies.sensitivity.model import Model, Point
from sim.studies.sensitivity.subject import SensitivityError

if TYPE_CHECKING:
    import pandas as pd

MIDDLE, LOW, HIGH = "middle", "low", "high"
ENDS = {LOW: 0.0, HIGH: 1.0}
NOTHING = "nothing"
ABOUT = {"scenario": "", "period": "all", "measure": ""}
YES, PERHAPS, OPEN = "yes", "perhaps", "open"
"""Whether the sign turns: clearly; on the means only; on none, but a sign is not clear."""


@dataclass(frozen=True)
class Tornado:
    """One at a time."""

    name: ClassVar[str] = "tornado"
    replications: ClassVar[int] = 10

    def design(self, found: Sequence[Range], model: Model) -> Design:
        """Return the middle and both ends of each range; an end that is the middle is not run twice.

        Raises
        ------
        SensitivityError : the scenario itself cannot be run.
        """
        points: dict[str, Point] = {MIDDLE: {}}
        for one in found:
            points |= {_end(one, end): {one.name: one.at(share)} for end, share in ENDS.items() if not _same(one, end)}
        refused = model.infeasible(points)
        if MIDDLE in refused:
            raise SensitivityError(f"the scenario itself cannot be run: {refused[MIDDLE]}")
        kept = {name: point for name, point in points.items() if name not in refused}
        return Design(
            found, kept, infeasible=traced(model, {name: (points[name], why) for name, why in refused.items()})
        )

    def analyse(self, design: Design, values: pd.DataFrame) -> pd.DataFrame:
        """Return the bars, the longest first.

        Returns
        -------
        Two rows a parameter, its low and its high end: rank (1: longest bar), parameter, unit, end, setting (value of
        the parameter there), middle (its value in the scenario), mean with ci_low and ci_high (of what is explained
        there), mean_difference from the middle with ci_low_difference, ci_high_difference, se and p_value, p_holm
        (over all ends), sign_holm (Holm's p of the value's being zero), swing (from the lowest to the highest of both
        ends and the middle), n (replications) and confidence. An end that cannot be has no numbers.
        """
        import pandas as pd

        known = _compared(values)
        rows = [_row(one, end, known) for one in design.found for end in ENDS]
        frame = pd.DataFrame(rows)
        reach = frame.groupby("parameter", sort=False)["mean_difference"].agg(
            lambda d: max(d.max(), 0) - min(d.min(), 0)
        )
        frame["swing"] = frame["parameter"].map(reach)
        order = reach.sort_values(ascending=False, kind="stable").index
        frame.insert(0, "rank", frame["parameter"].map({name: place + 1 for place, name in enumerate(order)}))
        return frame.sort_values("rank", kind="stable").reset_index(drop=True)

    def turns(self, design: Design, values: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
        """Return where the sign of what is explained turns, and where that cannot be excluded.

        Returns
        -------
        A row a place (or a parameter, where there is none): rank, parameter, unit, turns ("yes": clearly; "perhaps":
        on the means; "open": an interval holds zero), from_setting and to_setting (between which values of the
        parameter), break_even (interpolated, in the parameter's unit) with ci_low_break_even and ci_high_break_even.
        Parameters with one clear sign are left out.
        """
        import pandas as pd

        columns = [
            "rank", "parameter", "unit", "turns", "from_setting", "to_setting", "break_even", "ci_low_break_even",
            "ci_high_break_even",
        ]  # fmt: skip
        middle = _compared(values).loc[MIDDLE]
        rows = [row for one in design.found for row in _turns(one, values, frame, middle)]
        found = pd.DataFrame(rows, columns=columns)
        return found.sort_values("rank", kind="stable").reset_index(drop=True)


def _end(one: Range, end: str) -> str:
    return f"{one.name} {end}"


def _same(one: Range, end: str) -> bool:
    return one.at(ENDS[end]) == one.value


def _compared(values: pd.DataFrame) -> pd.DataFrame:
    """Return each point's level, and its difference from the middle, with intervals and tests."""
    long = values.rename_axis("policy").melt(var_name="replication", ignore_index=False).reset_index()
    long = long.assign(**ABOUT)
    nothing = long[long["policy"] == MIDDLE].assign(policy=NOTHING, value=0.0)
    level = _differences(long, nothing, NOTHING).add_prefix("value_")
    if len(values) == 1:
        return level
    return level.join(_differences(long, None, MIDDLE))


def _differences(long: pd.DataFrame, more: pd.DataFrame | None, baseline: str) -> pd.DataFrame:
    import pandas as pd

    frame = long if more is None else pd.concat([long, more])
    return statistics.paired_differences(frame, baseline).set_index("policy")


def _row(one: Range, end: str, known: pd.DataFrame) -> dict[str, object]:
    about = {"parameter": one.name, "unit": one.unit, "end": end, "setting": one.at(ENDS[end]), "middle": one.value}
    name = MIDDLE if _same(one, end) else _end(one, end)
    found = known.reindex([name]).iloc[0]
    figures = {
        "mean": found["value_mean_difference"],
        "ci_low": found["value_ci_low_difference"],
        "ci_high": found["value_ci_high_difference"],
        **{
            key: found.get(key, np.nan)
            for key in (
                "mean_difference",
                "ci_low_difference",
                "ci_high_difference",
                "se_difference",
                "p_value",
                "p_holm",
            )
        },
        "sign_holm": found["value_p_holm"],
        "n": known["value_n"].iloc[0],
        "confidence": statistics.DEFAULT_LEVEL,
    }
    if name == MIDDLE:  # the end is the middle: nothing changes
        figures |= {
            "mean_difference": 0.0,
            "ci_low_difference": 0.0,
            "ci_high_difference": 0.0,
            "se_difference": 0.0,
            "p_value": 1.0,
            "p_holm": 1.0,
        }
    return about | figures


def _turns(one: Range, values: pd.DataFrame, frame: pd.DataFrame, middle: pd.Series) -> Iterator[dict[str, object]]:
    """Give the places where a parameter turns the sign, or one row that says that it might."""
    rows = frame[frame["parameter"] == one.name]
    means = [*rows["mean"], middle["value_mean_difference"]]
    tested = [*rows["sign_holm"], middle["value_p_holm"]]
    signs = {
        np.sign(mean) if p < 1 - statistics.DEFAULT_LEVEL else 0.0  # one replication has no p, so no clear sign
        for mean, p in zip(means, tested, strict=True)
        if np.isfinite(mean)
    }
    about = {"rank": rows["rank"].iloc[0], "parameter": one.name, "unit": one.unit}
    places = list(_crossings(one, values))
    if places:
        kind = YES if {1.0, -1.0} <= signs else PERHAPS
        yield from (about | {"turns": kind} | place for place in places)
    elif 0.0 in signs:
        yield about | {"turns": OPEN}


def _crossings(one: Range, values: pd.DataFrame) -> Iterator[dict[str, float]]:
    """Give the places between the low end, the middle and the high end where the mean passes zero."""
    line = [(one.at(0.0), _end(one, LOW)), (one.value, MIDDLE), (one.at(1.0), _end(one, HIGH))]
    known = sorted((setting, name) for setting, name in line if name in values.index)
    for (start, first), (stop, last) in pairwise(known):
        before, after = values.loc[first].to_numpy(), values.loc[last].to_numpy()
        if before.mean() * after.mean() < 0:
            yield {"from_setting": start, "to_setting": stop} | _zero(start, stop, before, after)


def _zero(start: float, stop: float, before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    """Return where the straight line from ``before`` to ``after`` is zero, with Fieller's interval."""
    names = ("break_even", "ci_low_break_even", "ci_high_break_even")
    share = before.mean() / (before.mean() - after.mean())
    try:
        found = statistics.ratio_interval(list(before), list(before - after), what="the change between the points")
        shares = (share, found.low, found.high)
    except statistics.NearZeroError:
        shares = (share, np.nan, np.nan)
    return {name: start + part * (stop - start) for name, part in zip(names, shares, strict=True)}
