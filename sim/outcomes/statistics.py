"""Means with intervals, and paired differences from a baseline.

Functions of tidy frames with one row a figure and columns ``scenario, policy, replication, period, measure,
value`` (see `sim.outcomes.results`). All intervals are Student t over independent replications. Policies of one
scenario share their random numbers, so replication r of a policy is compared with replication r of the
baseline: the noise that both have in common cancels, and the interval of the difference is much narrower than
two separate intervals suggest.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy

from sim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_LEVEL = 0.95
"""Confidence of an interval unless the caller asks for another."""

NEAR_ZERO_SE = 4
"""A mean this many standard errors from zero, or nearer, is too close to zero to divide by."""

SHOWN_IN_ERROR = 3
"""How many offending rows an error message quotes."""

CORRECTIONS = {
    "holm": "Holm",
    "bonferroni": "Bonferroni",
    "simes-hochberg": "Simes-Hochberg",
    "hochberg": "Simes-Hochberg",
    "fdr_bh": "Benjamini-Hochberg (false discovery rate)",
}
"""Corrections of p values for the number of comparisons, as statsmodels calls them, and in words."""
METHODS = {"hochberg": "simes-hochberg"}
"""Names of ours that statsmodels knows by another."""
DEFAULT_CORRECTION = "holm"

KEYS = ["scenario", "replication", "period", "measure"]
GROUP = ["scenario", "policy", "period", "measure"]
COHORT_KEYS = ["scenario", "replication", "month"]
COHORT_GROUP = ["scenario", "policy", "month"]


class UnpairedError(InputError):
    """A policy and the baseline do not hold the same replications, so their difference is undefined."""


class CorrectionError(InputError):
    """A correction for many comparisons that there is not."""


class NearZeroError(InputError):
    """A relative difference was asked for whose denominator is not clear of zero."""


class Interval(NamedTuple):
    """A mean with its t interval: number of values, mean, standard error, limits (unit of the values)."""

    n: int
    mean: float
    se: float
    low: float
    high: float


def mean_interval(values: Iterable[float], level: float = DEFAULT_LEVEL) -> Interval:
    """Mean of independent values with its Student t interval.

    Parameters
    ----------
    values : one number a replication, in any unit; all must be finite.
    level : confidence, between 0 and 1.

    Returns
    -------
    Interval. With one value `se`, `low` and `high` are NaN; when all values are equal the interval is that
    value.

    Examples
    --------
    >>> mean_interval([1.0, 2.0, 3.0]).mean
    2.0
    """
    numbers = np.asarray(list(values), dtype=float)
    if numbers.size == 0 or not np.isfinite(numbers).all():
        raise ValueError(
            f"mean_interval needs finite numbers, got {numbers.size} values of which "
            f"{int((~np.isfinite(numbers)).sum())} are not finite; leave out the undefined ones"
        )
    n, mean = numbers.size, float(numbers.mean())
    if n > 1 and np.ptp(numbers) == 0:
        return Interval(n, float(numbers[0]), 0.0, float(numbers[0]), float(numbers[0]))
    se = float(numbers.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    half = float(_t_quantile(level, n)) * se
    return Interval(n, mean, se, mean - half, mean + half)


class Intervals(NamedTuple):
    """Many means with their intervals: an array of each, as in `Interval`; ``n`` is whole."""

    n: np.ndarray
    mean: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray


def mean_intervals(values: np.ndarray, level: float = DEFAULT_LEVEL) -> Intervals:
    """Means along the last axis, one number a replication, each as `mean_interval` gives it of those that are finite.

    Parameters
    ----------
    values : array (..., replications), in any unit.
    level : confidence, between 0 and 1.

    Returns
    -------
    Intervals, arrays (...); where no value is finite ``n`` is 0 and the others are NaN.

    Examples
    --------
    >>> mean_intervals(np.array([[1.0, 2.0, 3.0], [1.0, np.nan, 1.0]])).mean.tolist()
    [2.0, 1.0]
    """
    rows = np.ascontiguousarray(values, dtype=float).reshape(-1, values.shape[-1])
    found = np.full((len(Intervals._fields), len(rows)), np.nan)
    whole = np.isfinite(rows).all(axis=1)
    found[:, whole] = _of_whole(rows[whole], level)
    found[0, ~whole] = np.isfinite(rows[~whole]).sum(axis=1)
    for place in np.flatnonzero(~whole & (found[0] > 0)):
        found[:, place] = mean_interval(rows[place][np.isfinite(rows[place])], level)
    n, *others = (column.reshape(values.shape[:-1]) for column in found)
    return Intervals(n.astype(int), *others)


def _of_whole(rows: np.ndarray, level: float) -> np.ndarray:
    """Return n, mean, se, low and high of rows of finite numbers, an array (5, rows)."""
    n, mean = rows.shape[1], rows.mean(axis=1)
    se = rows.std(axis=1, ddof=1) / np.sqrt(n) if n > 1 else np.full(len(rows), np.nan)
    half = float(_t_quantile(level, n)) * se
    equal = (np.ptp(rows, axis=1) == 0) & (n > 1)
    mean, se, half = np.where(equal, rows[:, 0], mean), np.where(equal, 0.0, se), np.where(equal, 0.0, half)
    return np.stack([np.full(len(rows), float(n)), mean, se, mean - half, mean + half])


def summarise(frame: pd.DataFrame, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
    """Mean and interval of every measure.

    Parameters
    ----------
    frame : columns scenario, policy, replication, period, measure, value.

    Returns
    -------
    One row per scenario, policy, period and measure, in order of first appearance, with `n` (replications
    with a value), `undefined` (replications without one, e.g. satisfaction when nobody was asked), `mean`,
    `se`, `ci_low`, `ci_high` (unit of the measure) and `confidence`.
    """
    _check(frame, KEYS)
    return _summary(frame, GROUP, "value", level)


def summarise_cohorts(cohorts: pd.DataFrame, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
    """Retention curve of every policy: mean share that never left, by month, with its interval.

    Parameters
    ----------
    cohorts : columns scenario, policy, replication, month, at_risk (customers), stayed (share).

    Returns
    -------
    The columns of `summarise` with `month` for period and measure, and `at_risk`: mean number of customers at
    risk.
    """
    _check(cohorts, COHORT_KEYS, "stayed")
    at_risk = cohorts.groupby(COHORT_GROUP, sort=False, observed=True)["at_risk"].mean().rename("at_risk")
    return _summary(cohorts, COHORT_GROUP, "stayed", level).join(at_risk, on=COHORT_GROUP)


def paired_differences(
    frame: pd.DataFrame,
    baseline: str,
    level: float = DEFAULT_LEVEL,
    better: Mapping[str, str] | None = None,
    correction: str = DEFAULT_CORRECTION,
) -> pd.DataFrame:
    """Difference of every policy from the baseline, replication by replication.

    Parameters
    ----------
    frame : columns scenario, policy, replication, period, measure, value.
    baseline : name of the policy to compare with, inside each scenario.
    better : measure -> "higher", "lower" or "none"; says which way a gain is. Without an entry higher is a
        gain.
    correction : of the p values for many comparisons, see `adjusted`. The simultaneous intervals are
        Bonferroni's with any of them: they hold whatever the policies have in common, as they do with
        common random numbers.

    Returns
    -------
    One row per scenario, policy (without the baseline), period and measure:
    `baseline` (its name), `mean_baseline`, `mean`, `mean_difference` (mean - mean_baseline),
    `ci_low_difference`, `ci_high_difference`, `se_difference`, `n` (pairs), `undefined` (pairs with a missing value),
    `p_value` (two-sided t), `p_holm` (Holm's correction over the policies compared in one scenario, period and
    measure), `p_adjusted` (by `correction`, over the same), `comparisons` (how many those are), `ci_low_simultaneous`,
    `ci_high_simultaneous` (limits that hold for all of them together at `confidence`: each is a t interval of
    1 - (1 - level) / comparisons), `correction` (both in words), `probability_gain` (share of the t
    distribution of the true difference that lies on the better side of zero; zero when no replication
    differs), `variance_ratio` (variance of a difference of unpaired replications over that of paired ones:
    how many times fewer replications pairing needs) and `confidence`.

    Raises
    ------
    UnpairedError
        When the baseline is absent or a replication has no partner.
    """
    return _differences(frame, baseline, KEYS, "value", level, better or {}, correction)


def contrasts(
    frame: pd.DataFrame,
    weights: Mapping[str, Mapping[tuple[str, str], float]],
    level: float = DEFAULT_LEVEL,
    correction: str = DEFAULT_CORRECTION,
) -> pd.DataFrame:
    """Weighted sums over scenarios and policies, replication by replication, such as the effects of a factorial design.

    Parameters
    ----------
    frame : columns scenario, policy, replication, period, measure, value.
    weights : name of a contrast -> weight of each (scenario, policy) in it; those not named have none.
    level : confidence of each interval, and of the simultaneous ones together.
    correction : as in `paired_differences`, over the contrasts of a period and measure.

    Returns
    -------
    One row per contrast, period and measure: `contrast`, `period`, `measure`, `n` (replications), `undefined` (those
    with a missing value), `mean_difference`, `ci_low_difference`, `ci_high_difference`, `se_difference`, `p_value`
    (two-sided t), `p_holm`, `p_adjusted`, `comparisons`, `ci_low_simultaneous`, `ci_high_simultaneous`, `correction`
    (as in `paired_differences`), `probability_gain` (as for more being better) and `confidence`.

    Raises
    ------
    ValueError : a contrast names a scenario and policy that the frame does not hold.
    UnpairedError : they do not hold the same replications.

    Examples
    --------
    >>> import pandas as pd
    >>> about = {"scenario": "base", "replication": [0, 1], "period": "all", "measure": "profit"}
    >>> a = pd.DataFrame({"policy": "a", "value": [5.0, 6.0]} | about)
    >>> b = pd.DataFrame({"policy": "b", "value": [1.0, 4.0]} | about)
    >>> found = contrasts(pd.concat([a, b]), {"a - b": {("base", "a"): 1.0, ("base", "b"): -1.0}})
    >>> float(found["mean_difference"].iloc[0])
    3.0
    """
    values = contrast_values(frame, weights).rename_axis(columns="contrast").stack(future_stack=True)
    grouped = values.groupby(["contrast", "period", "measure"], sort=False)
    found = _t_intervals(_moments(grouped), level)
    found = _as_differences(found)
    return _with_family(_with_tests(found.reset_index(), {}), level, correction).assign(confidence=level)


def contrast_values(frame: pd.DataFrame, weights: Mapping[str, Mapping[tuple[str, str], float]]) -> pd.DataFrame:
    """Each contrast in each replication; parameters and errors as `contrasts`.

    Returns
    -------
    One row per replication, period and measure (its index), one column a contrast.
    """
    import pandas as pd

    _check(frame, KEYS)
    return pd.DataFrame({name: _weighted(frame, name, parts) for name, parts in weights.items()})


def _weighted(frame: pd.DataFrame, name: str, parts: Mapping[tuple[str, str], float]) -> pd.Series:
    """Weighted sum by replication, period and measure; undefined where any of its figures is."""
    cells = frame.set_index(["scenario", "policy"])
    known = dict.fromkeys(cells.index)
    absent = [cell for cell in parts if cell not in known]
    if absent:
        has = f"which the frame does not hold; it has {_quote(known)}"
        raise ValueError(f"contrast {name!r} names {_quote(absent)}, {has}")
    rows = cells[cells.index.isin(list(parts))]
    weighted = rows["value"] * rows.index.map(dict(parts)).to_numpy(dtype=float)
    grouped = rows.assign(value=weighted).groupby(["replication", "period", "measure"], sort=False)["value"]
    if (grouped.size() != len(parts)).any():
        raise UnpairedError(f"contrast {name!r}: a replication is missing under some of its policies; finish it first")
    return grouped.sum(min_count=len(parts))


def ratio_interval(
    changes: Sequence[float],
    reference: Sequence[float],
    level: float = DEFAULT_LEVEL,
    what: str = "the denominator",
) -> Interval:
    """Mean of `changes` over mean of `reference`, such as a policy's change as a share of the baseline's mean.

    The two are pairs, of the same length and unit. The interval is Fieller's, so it excludes zero exactly when that of
    the changes does; `se` is the first-order standard error of the ratio. With one pair the interval is NaN. Source:
    E. C. Fieller (1954), J. R. Stat. Soc. B 16, 175-185.

    Raises
    ------
    NearZeroError
        When the mean of `reference` is nearer to zero than four of its standard errors (or than the t quantile, with
        very few replications): a percentage of such a number says nothing. Report the difference instead.
    """
    top, bottom = mean_interval(changes, level), mean_interval(reference, level)
    if top.n != bottom.n:
        raise ValueError(f"ratio_interval needs pairs, got {top.n} changes and {bottom.n} references")
    quantile = float(_t_quantile(level, top.n))
    _refuse_near_zero(bottom, quantile, what)
    ratio = top.mean / bottom.mean
    if top.n == 1:
        return Interval(1, ratio, np.nan, np.nan, np.nan)
    covariance = np.cov(changes, reference) / top.n
    low, high = _fieller(top.mean, bottom.mean, covariance, quantile)
    residual = covariance[0, 0] - 2 * ratio * covariance[0, 1] + ratio * ratio * covariance[1, 1]
    return Interval(top.n, ratio, float(np.sqrt(max(residual, 0)) / abs(bottom.mean)), low, high)


def adjusted(p_values: Sequence[float], correction: str = DEFAULT_CORRECTION) -> np.ndarray:
    """P values corrected for how many they are, in the order given; by statsmodels' ``multipletests``.

    A NaN stays NaN and is not counted.

    Parameters
    ----------
    correction : "bonferroni" and "holm" (never larger) keep the chance of any false alarm below the level, whatever
        the comparisons have in common. "simes-hochberg" (or "hochberg") does so for comparisons that are independent
        or depend on each other positively; "fdr_bh" keeps the expected share of false alarms among what is called
        significant, not the chance of any.

    Raises
    ------
    CorrectionError : there is no such correction.

    Examples
    --------
    >>> [float(p) for p in adjusted([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    >>> [float(p) for p in adjusted([0.01, 0.04, 0.03], "bonferroni")]
    [0.03, 0.12, 0.09]
    """
    method = check_correction(correction)
    given = np.asarray(p_values, dtype=float)
    known = ~np.isnan(given)
    if known.sum() < 2:  # nothing to correct for, and no library to wait for
        return given.copy()
    from statsmodels.stats.multitest import multipletests

    found = np.full(given.shape, np.nan)
    with _uncollected():
        found[known] = multipletests(given[known], method=method)[1]
    return found


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's step-down correction: `adjusted` with "holm".

    Source: S. Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> [float(p) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    return adjusted(p_values, "holm")


def check_correction(correction: str) -> str:
    """Return what statsmodels calls a correction.

    Raises
    ------
    CorrectionError : there is no such correction.
    """
    if correction not in CORRECTIONS:
        raise CorrectionError(f"there is no correction {correction!r}; give one of {', '.join(CORRECTIONS)}")
    return METHODS.get(correction, correction)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the garbage collection of all objects that multipletests asks for: 0.08 s a call, 0.00001 s without."""
    if gc.get_freeze_count():  # somebody else's, which thawing would undo
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _summary(frame: pd.DataFrame, by: list[str], column: str, level: float) -> pd.DataFrame:
    grouped = frame.groupby(by, sort=False, observed=True)[column]
    return _t_intervals(_moments(grouped), level).assign(confidence=level).reset_index()


def _moments(grouped: pd.api.typing.SeriesGroupBy) -> pd.DataFrame:
    """Columns n, undefined, mean, se; equal values have an se of exactly zero: pandas updates its moments."""
    table = grouped.agg(["size", "count", "mean", "std"])
    undefined, se = table["size"] - table["count"], table["std"] / np.sqrt(table["count"].clip(lower=1))
    return table.assign(n=table["count"], undefined=undefined, se=se)[["n", "undefined", "mean", "se"]]


def _t_intervals(moments: pd.DataFrame, level: float) -> pd.DataFrame:
    half = _t_quantile(level, moments["n"].to_numpy()) * moments["se"]
    return moments.assign(ci_low=moments["mean"] - half, ci_high=moments["mean"] + half)


def _t_quantile(level: float, n: int | np.ndarray, each: np.ndarray | None = None) -> np.ndarray:
    """Half-width of t intervals in standard errors at `level`, or at the level `each` has in a family of that level."""
    if not 0 < level < 1:
        raise ValueError(f"the confidence level must lie between 0 and 1, got {level}; 0.95 means 95 %")
    return -scipy.special.stdtrit(np.asarray(n) - 1, (1 - (level if each is None else each)) / 2)


def _differences(
    frame: pd.DataFrame,
    baseline: str,
    keys: list[str],
    column: str,
    level: float,
    better: Mapping[str, str],
    correction: str,
) -> pd.DataFrame:
    pairs = _pairs(frame, baseline, keys, column)
    by = ["scenario", "policy", *(name for name in keys if name not in ("scenario", "replication"))]
    grouped = pairs.groupby(by, sort=False, observed=True)
    table = _t_intervals(_moments(grouped["mean_difference"]), level)
    table = _as_differences(table)
    table.insert(0, "baseline", baseline)
    table.insert(1, "mean_baseline", grouped["reference"].mean())
    table.insert(2, "mean", grouped["value"].mean())
    table = _with_family(_with_tests(table.reset_index(), better), level, correction)
    spread = grouped[["value", "reference", "mean_difference"]].var().reset_index()
    table["variance_ratio"] = _variance_ratio(spread)
    return table.assign(confidence=level)


def _as_differences(table: pd.DataFrame) -> pd.DataFrame:
    """Name the columns of means as those of differences."""
    names = ("mean", "ci_low", "ci_high", "se")
    return table.rename(columns={name: f"{name}_difference" for name in names})


def _with_tests(table: pd.DataFrame, better: Mapping[str, str]) -> pd.DataFrame:
    """Add p_value, probability_gain; without variance a difference is certain; zero is no gain."""
    difference, se = table["mean_difference"].to_numpy(), table["se_difference"].to_numpy()
    certain = np.copysign(np.inf, difference)
    t = np.divide(difference, se, out=np.where(difference == 0, 0.0, certain), where=se != 0)
    lower = table["measure"].map(better).eq("lower").to_numpy() if "measure" in table else False
    gain = np.where(lower, -t, t)
    freedom = table["n"].to_numpy() - 1
    probability = np.where(se == 0, (gain > 0).astype(float), scipy.special.stdtr(freedom, gain))
    p_value = np.where(se == 0, (t == 0).astype(float), 2 * scipy.special.stdtr(freedom, -np.abs(t)))
    return table.assign(p_value=p_value, probability_gain=probability)


def _with_family(table: pd.DataFrame, level: float, correction: str) -> pd.DataFrame:
    """Add what holds for all comparisons of a family together: adjusted p values, simultaneous intervals."""
    check_correction(correction)
    names = [name for name in ("scenario", "period", "measure", "month") if name in table]
    family = table.groupby(names, sort=False)["p_value"]
    holm_p = family.transform(lambda group: holm(group.to_numpy()))
    same = check_correction(correction) == "holm"
    other = holm_p if same else family.transform(lambda group: adjusted(group.to_numpy(), correction))
    count = family.transform("count").astype(int)
    level_each = 1 - (1 - level) / count.clip(lower=1).to_numpy()
    half = _t_quantile(level, table["n"].to_numpy(), level_each) * table["se_difference"]
    return table.assign(
        p_holm=holm_p,
        p_adjusted=other,
        comparisons=count,
        ci_low_simultaneous=table["mean_difference"] - half,
        ci_high_simultaneous=table["mean_difference"] + half,
        correction=[in_words(correction, number) for number in count],
    )


def in_words(correction: str, comparisons: int) -> str:
    """Name the procedures and over how many comparisons they go.

    >>> in_words("holm", 5)
    'p Holm, intervals Bonferroni, over 5 comparisons'
    """
    if comparisons < 2:
        return "none: one comparison" if comparisons else "none"
    return f"p {CORRECTIONS[correction]}, intervals Bonferroni, over {comparisons} comparisons"


def _variance_ratio(spread: pd.DataFrame) -> pd.Series:
    """Variance unpaired over paired; infinite when all pairs differ by the same, NaN when nothing varies."""
    unpaired, paired = spread["value"] + spread["reference"], spread["mean_difference"]
    return (unpaired / paired.where(paired > 0)).where(paired != 0, np.where(unpaired > 0, np.inf, np.nan))


def _pairs(frame: pd.DataFrame, baseline: str, keys: list[str], column: str) -> pd.DataFrame:
    """Rows of the other policies with columns `value`, `reference` (the baseline's) and `mean_difference`."""
    _check(frame, keys, column)
    frame = frame[["policy", *keys, column]].rename(columns={column: "value"})
    if baseline not in set(frame["policy"]):
        raise UnpairedError(
            f"no policy is called {baseline!r}, so there is no baseline to compare with; "
            f"policies of this frame: {_quote(frame['policy'].unique())}"
        )
    reference = frame[frame["policy"] == baseline].drop(columns="policy").rename(columns={"value": "reference"})
    other = frame[frame["policy"] != baseline]
    _refuse_unpaired(other, reference, baseline, keys)
    pairs = other.merge(reference, on=keys, how="left")
    undefined = pairs["value"].isna() | pairs["reference"].isna()
    pairs[["value", "reference"]] = pairs[["value", "reference"]].mask(undefined)
    return pairs.assign(mean_difference=pairs["value"] - pairs["reference"])


def _refuse_unpaired(other: pd.DataFrame, reference: pd.DataFrame, baseline: str, keys: list[str]) -> None:
    lonely = _absent(other, reference, keys)
    if len(lonely):
        raise UnpairedError(
            f"{len(lonely)} figures have no partner in the baseline {baseline!r}, first "
            f"{_rows(lonely, ['policy', *keys])}; run the baseline for the same replications"
        )
    expected = reference.merge(other[["scenario", "policy"]].drop_duplicates(), on="scenario")
    absent = _absent(expected, other, ["policy", *keys])
    if len(absent):
        raise UnpairedError(
            f"{len(absent)} figures of the baseline {baseline!r} have no partner in a policy, first "
            f"{_rows(absent, ['policy', *keys])}; finish the missing replications or leave them out "
            "of both"
        )


def _absent(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    joined = left.merge(right[keys], on=keys, how="left", indicator="found")
    return joined[joined["found"] == "left_only"]


def _check(frame: pd.DataFrame, keys: list[str], column: str = "value") -> None:
    missing = [name for name in ["policy", *keys, column] if name not in frame.columns]
    if missing:
        raise ValueError(f"the frame lacks the columns {_quote(missing)}; it has {_quote(frame.columns)}")
    twice = frame[frame.duplicated(["policy", *keys])]
    if len(twice):
        raise ValueError(
            f"{len(twice)} figures appear twice in the frame, first {_rows(twice, ['policy', *keys])}; "
            "each replication may be recorded once"
        )


def clear_of_zero(bottom: Interval, level: float, what: str) -> float:
    """Return a mean that may be divided by.

    Raises
    ------
    NearZeroError : when it is nearer to zero than four of its standard errors, or than the t quantile.
    """
    _refuse_near_zero(bottom, float(_t_quantile(level, bottom.n)), what)
    return bottom.mean


def _refuse_near_zero(bottom: Interval, quantile: float, what: str) -> None:
    if bottom.mean == 0 or abs(bottom.mean) < max(NEAR_ZERO_SE, quantile) * bottom.se:
        raise NearZeroError(
            f"{what} is {bottom.mean:.6g} with standard error {bottom.se:.3g}: too near zero to divide by. "
            "Report the difference itself, or run more replications"
        )


def _fieller(top: float, bottom: float, covariance: np.ndarray, quantile: float) -> tuple[float, float]:
    """Limits r with (top - r bottom)² = quantile² var(top - r bottom), the roots of a r² - 2 b r + c."""
    square = quantile**2
    a = bottom**2 - square * covariance[1, 1]
    b = top * bottom - square * covariance[0, 1]
    c = top**2 - square * covariance[0, 0]
    root = np.sqrt(max(b**2 - a * c, 0))
    return float((b - root) / a), float((b + root) / a)


def _rows(frame: pd.DataFrame, columns: list[str]) -> str:
    shown = frame[columns].head(SHOWN_IN_ERROR).to_dict("records")
    return "; ".join(", ".join(f"{key} {value}" for key, value in row.items()) for row in shown)


def _quote(names: Iterable[object]) -> str:
    return ", ".join(repr(str(name)) for name in names) or "none"
