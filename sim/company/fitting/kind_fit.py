"""What the fit of one kind of record gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from sim.company.fitting.estimate import Estimate


@dataclass(frozen=True, eq=False)
class Holdout:
    """A forecast beside what happened.

    Parameters
    ----------
    course : columns grain ("hour", "day", "week", "month", "total" or "period"), start (timestamp of its beginning, or
        the period's number), measure, actual (NaN where nothing is known), mean, pi_low, pi_high (band of the level),
        and one column a naive forecast, called by its name in words.
    errors : columns grain, measure, method ("forecast" or the name of a naive one), n, mae (mean absolute error, unit
        of the measure), bias (mean of forecast - actual), covered (share of the actual figures in the band; NaN for
        naive ones).
    """

    course: pd.DataFrame
    errors: pd.DataFrame


@dataclass(frozen=True, eq=False)
class KindFit:
    """Estimates of one kind of record, and what follows from them.

    Parameters
    ----------
    kind : as in `sim.company.fitting.clean.Clean`.
    estimates : every fitted number.
    numbers : plain numbers of the company by key, as `cxsim calibrate` takes them; numbers or text with a unit.
    parameters : overrides of a scenario: a number in the unit, a tuple for a profile, or a table by segment.
    ranges : interval of those overrides that are single numbers.
    curves : frames for the check-fit plots, by name.
    holdout : the forecast, when a date was given until which the records are fitted.
    remarks : what should be known of the fit, a sentence each.
    """

    kind: str
    estimates: tuple[Estimate, ...]
    numbers: Mapping[str, float | str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    curves: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    holdout: Holdout | None = None
    remarks: tuple[str, ...] = ()
