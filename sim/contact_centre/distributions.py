"""How long things take, in a planner's words, such as ``"lognormal mean 6 min cv 1.2"``.

===================================================  ========================================================
``exponential mean 8 min``                           cv 1
``lognormal mean 6 min cv 1.2``                      cv is the standard deviation divided by the mean
``gamma mean 5 min cv 0.7``
``deterministic 4 min``                              always the same
``hyperexponential mean 6 min cv 2``                 two exponentials with balanced means; cv of 1 or more
``hyperexponential 30% mean 2 min else 8 min``       two exponentials, given one by one
``empirical FILE.csv``                               one number per row, in minutes; interpolated
``none``                                             no limit (patience only)
===================================================  ========================================================

Units: s, min, h, days.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.contact_centre.arguments import QueueError, number, share
from sim.contact_centre.tables import rows
from sim.model.clock import DAY, HOUR, MINUTE, SECOND
from sim.model.state import DETERMINISTIC, EXPONENTIAL, HYPEREXPONENTIAL, LOGNORMAL, NO_DISTRIBUTION, QUANTILE_TABLE
from sim.model.steps.bare import REACH

# A step of 0.009 in -ln(1 - u) is so fine that only the mean needs correcting.
KNOTS = 1 << 12
LEAST_CV, MOST_CV = 0.01, 100.0
"""Standard deviations, in means, that can be told from none and drawn with the right mean."""
MOST_MINUTES = 365 * DAY / MINUTE
"""The longest mean time: a year."""
UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), SECOND / MINUTE),
    **dict.fromkeys(("min", "minute", "minutes"), 1.0),
    **dict.fromkeys(("h", "hour", "hours"), HOUR / MINUTE),
    **dict.fromkeys(("d", "day", "days"), DAY / MINUTE),
}
NUMBER = r"(-?\d*\.?\d+(?:e[+-]?\d+)?)"
TIME = NUMBER + r"\s*([a-z]+)"
Survival = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Distribution:
    """Distribution of a duration; all times in minutes.

    ``kind`` and ``numbers`` are what sim/model/steps/bare.py reads; ``table`` holds the knots of a quantile table.
    """

    text: str
    kind: int
    numbers: tuple[float, ...] = ()
    mean: float = math.inf
    cv: float = 0.0
    table: tuple[float, ...] = ()

    def survival(self) -> Survival | None:
        """Share that lasts longer than a number of minutes, as a function; None for an empirical distribution."""
        if self.kind == LOGNORMAL:
            return _lognormal_survival(self.mean, self.cv)
        if self.kind == QUANTILE_TABLE and self.text.startswith("gamma"):
            shape = 1 / (self.cv * self.cv)
            return lambda wait: scipy.special.gammaincc(shape, wait / (self.mean / shape))
        return None


NONE = Distribution("none", NO_DISTRIBUTION)


def distribution(name: str, text: object, folder: Path | None = None) -> Distribution:
    """Read a distribution from a planner's words.

    Parameters
    ----------
    name : the argument, for the error message.
    text : see the top of this file.
    folder : where a relative FILE.csv is looked for; the current folder when None.

    >>> distribution("handling", "lognormal mean 90 s cv 1.2").mean
    1.5
    """
    if isinstance(text, Distribution):
        return text
    if not isinstance(text, str) or not text.split():
        raise QueueError(f'{name} is {text!r}; give text such as "exponential mean 8 min".')
    law, _, rest = text.strip().partition(" ")
    if law.lower() == "empirical":
        return _empirical(name, text, rest.strip(), folder or Path())
    if law.lower() not in FORMS:
        raise QueueError(f'{name} is "{text}": there is no distribution "{law}"; give one of {", ".join(LAWS)}.')
    example, forms = FORMS[law.lower()]
    for pattern, build in forms:
        found = re.fullmatch(pattern, rest.strip().lower())
        if found:
            return build(name, text.strip(), *found.groups())
    raise QueueError(f'{name} is "{text}", which cannot be read; write it like "{example}" (s, min, h or days).')


def _minutes(name: str, text: str, amount: str, unit: str, *, least: float | None = None) -> float:
    if unit not in UNITS:
        raise QueueError(f'{name} is "{text}": "{unit}" is not a unit of time; write s, min, h or days.')
    bounds = {"above": 0.0} if least is None else {"least": least}
    found = number(f'{name} "{text}": its time', amount, **bounds) * UNITS[unit]
    if found > MOST_MINUTES:
        never = '; for callers who never hang up, write "none"' if name.endswith("patience") else ""
        raise QueueError(f'{name} is "{text}", more than a year; give a shorter time{never}.')
    return found


def _cv(name: str, text: str, amount: str, least: float | None = None) -> float:
    bounds = {"above": 0.0} if least is None else {"least": least}
    found = number(f'{name} "{text}": its cv', amount, **bounds)
    if not LEAST_CV <= found <= MOST_CV:
        raise QueueError(
            f'{name} is "{text}": its cv must be {LEAST_CV:g} to {MOST_CV:g}; write "deterministic" for less.'
        )
    return found


def _none(name: str, text: str) -> Distribution:
    return NONE


def _exponential(name: str, text: str, amount: str, unit: str) -> Distribution:
    mean = _minutes(name, text, amount, unit)
    return Distribution(text, EXPONENTIAL, (mean,), mean, 1.0)


def _deterministic(name: str, text: str, amount: str, unit: str) -> Distribution:
    mean = _minutes(name, text, amount, unit, least=0.0)
    return Distribution(text, DETERMINISTIC, (mean,), mean)


def _lognormal(name: str, text: str, amount: str, unit: str, cv: str) -> Distribution:
    mean, spread = _minutes(name, text, amount, unit), _cv(name, text, cv)
    return Distribution(text, LOGNORMAL, (mean, spread), mean, spread)


def _gamma(name: str, text: str, amount: str, unit: str, cv: str) -> Distribution:
    mean, spread = _minutes(name, text, amount, unit), _cv(name, text, cv)
    shape = 1 / (spread * spread)
    x = np.linspace(0, REACH, KNOTS)
    quantiles = scipy.special.gammainccinv(shape, np.exp(-x))
    return Distribution("gamma" + text[len("gamma") :], QUANTILE_TABLE, (), mean, spread, _scaled(quantiles, mean))


def _lognormal_survival(mean: float, cv: float) -> Survival:
    s2 = math.log1p(cv * cv)
    median, sigma = mean * math.exp(-s2 / 2), math.sqrt(s2)

    def survival(wait: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(divide="ignore"):  # everybody outlasts a wait of 0, whose logarithm is -inf
            return scipy.special.ndtr(-np.log(wait / median) / sigma)

    return survival


def _balanced(name: str, text: str, amount: str, unit: str, cv: str) -> Distribution:
    """Two exponentials that bring the same work; the share (1 + sqrt((cv² - 1) / (cv² + 1))) / 2 is short."""
    mean, spread = _minutes(name, text, amount, unit), _cv(name, text, cv, least=1.0)
    square = spread * spread
    short = (1 + math.sqrt((square - 1) / (square + 1))) / 2
    return Distribution(text, HYPEREXPONENTIAL, (short, mean / (2 * short), mean / (2 * (1 - short))), mean, spread)


def _mixture(name: str, text: str, percent: str, *times: str) -> Distribution:
    first = share(f'{name} "{text}": its share', f"{percent}%")
    if not 0 < first < 1:
        raise QueueError(f'{name} is "{text}": its share must lie between 0% and 100%; otherwise write "exponential".')
    means = (_minutes(name, text, *times[:2]), _minutes(name, text, *times[2:]))
    mean = first * means[0] + (1 - first) * means[1]
    square = 2 * (first * means[0] ** 2 + (1 - first) * means[1] ** 2)
    return Distribution(text, HYPEREXPONENTIAL, (first, *means), mean, math.sqrt(square / mean**2 - 1))


def _empirical(name: str, text: str, file: str, folder: Path) -> Distribution:
    if not file:
        raise QueueError(f'{name} is "{text}"; name its file: "empirical handling_times.csv".')
    values = np.sort(_column(name, folder / file))
    if values[-1] <= 0:
        raise QueueError(f"{name}: every time in {folder / file} is 0; at least one must be above 0.")
    # The k-th of n values lies at (k - 1/2) / n: straight lines between keep the mean of the values.
    places = (np.arange(len(values)) + 0.5) / len(values)
    quantiles = np.interp(-np.expm1(-np.linspace(0, REACH, KNOTS)), places, values)
    mean = float(values.mean())
    return Distribution(text, QUANTILE_TABLE, (), mean, float(values.std() / mean), _scaled(quantiles, mean))


def _column(name: str, path: Path) -> NDArray[np.float64]:
    """Read one number per row; a first row of words is a heading."""
    found = rows(name, path, "a CSV file with one number per row")
    if found and not re.fullmatch(NUMBER, found[0][1][0].lower()):
        found = found[1:]
    values = [number(f"{name}: {path}, line {line}", row[0], least=0.0) for line, row in found]
    if not values:
        raise QueueError(f"{name}: {path} contains no number; give one time in minutes per row.")
    return np.array(values)


def _scaled(quantiles: NDArray[np.float64], mean: float) -> tuple[float, ...]:
    """Scale the knots so that draws from the table (straight lines between knots) have exactly this mean."""
    x = np.linspace(0, REACH, KNOTS)
    step = x[1]
    weight = np.exp(-x[:-1])
    level, slope = -math.expm1(-step), (-math.expm1(-step) - step * math.exp(-step)) / step
    own = float(weight @ (quantiles[:-1] * level + np.diff(quantiles) * slope))
    return tuple((quantiles * (mean / own)).tolist())


Form = tuple[str, Callable[..., Distribution]]
FORMS: dict[str, tuple[str, tuple[Form, ...]]] = {
    "exponential": ("exponential mean 8 min", ((f"mean {TIME}", _exponential),)),
    "lognormal": ("lognormal mean 6 min cv 1.2", ((f"mean {TIME} cv {NUMBER}", _lognormal),)),
    "gamma": ("gamma mean 5 min cv 0.7", ((f"mean {TIME} cv {NUMBER}", _gamma),)),
    "deterministic": ("deterministic 4 min", ((f"(?:mean )?{TIME}", _deterministic),)),
    "hyperexponential": (
        'hyperexponential mean 6 min cv 2" or "hyperexponential 30% mean 2 min else 8 min',
        (
            (f"mean {TIME} cv {NUMBER}", _balanced),
            (rf"{NUMBER}\s*% (?:mean )?{TIME} else (?:mean )?{TIME}", _mixture),
        ),
    ),
    "none": ("none", (("", _none),)),
}
LAWS = (*FORMS, "empirical")
