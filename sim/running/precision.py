"""How many replications: until the half-width that somebody asked for is reached.

What is looked at is the paired difference of each policy from the baseline (the level itself where there is no policy
to compare), on the first 10, 20, 40 … replications: contiguous prefixes of fixed sizes, so that the answer does not
depend on who finished first. The study ends at the first look at which every target holds for every policy, and its
intervals are the ordinary ones of that look. Ending when an interval happens to be narrow costs a little coverage: for
normal differences 95 % intervals cover 93.6 % at the worst (a target that is met after 20 to 40 replications), 94.5 %
and more beyond 100 (tests/unit/test_precision.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE, no_measure

MEASURE = "profit_a_year"
"""What a bare number or share is about."""
FLOOR, CEILING = 10, 640
GROWTH = 2
"""Each look has this many times the replications of the one before."""
PER_CENT, POINTS = "%", "points"
IN_HUNDREDTHS = 100.0
SHARES = ("share", "probability", "share a year")
WRITTEN = re.compile(r"(?:(?P<measure>\w+)\s*=)?\s*(?P<amount>.+)")

Values = Callable[[str, str, str], NDArray[np.float64]]
"""Figures of a scenario, policy and measure, a number a replication from 0; NaN where undefined."""


class PrecisionError(InputError):
    """A precision that cannot be asked for: the message says why and how to put it right."""


@dataclass(frozen=True)
class Target:
    """Half-width that the interval of a measure shall have.

    Parameters
    ----------
    measure : one of `sim.measures`.
    half_width : in the measure's unit, or as a share of the baseline's mean (0.02 is two per cent).
    relative : which of the two.
    observed : whether an observer may note measures of any name.
    """

    measure: str
    half_width: float
    relative: bool = False
    observed: bool = False

    def __post_init__(self) -> None:
        if self.measure not in CATALOGUE and not self.observed:
            raise PrecisionError(f"precision: {no_measure(self.measure)}")
        if not 0.0 < self.half_width < np.inf:
            raise PrecisionError(
                f"precision of {self.measure}: {self.half_width:g} is not a half-width; give a number above 0."
            )


@dataclass(frozen=True)
class Look:
    """One interval at one look.

    Parameters
    ----------
    replications : that were looked at: the first so many.
    scenario, policy, measure : whose interval; of the difference from the baseline, or of the baseline's own level.
    half_width, wanted : in the measure's unit; NaN half-width when fewer than two replications define it.
    reached : whether it is narrow enough.
    """

    replications: int
    scenario: str
    policy: str
    measure: str
    half_width: float
    wanted: float
    reached: bool


@dataclass(frozen=True)
class Precision:
    """When a study knows enough.

    Parameters
    ----------
    targets : all of them are to hold at once.
    floor, ceiling : minimum and maximum of replications.
    level : confidence of each interval.
    """

    targets: tuple[Target, ...]
    floor: int = FLOOR
    ceiling: int = CEILING
    level: float = statistics.DEFAULT_LEVEL

    def __post_init__(self) -> None:
        if not self.targets:
            raise PrecisionError(f"precision: there is no target; give one, such as {MEASURE}=10000.")
        if not (type(self.floor) is type(self.ceiling) is int and 2 <= self.floor <= self.ceiling):
            raise PrecisionError(
                f"precision: from {self.floor} to {self.ceiling} replications; give whole numbers, at least 2, and a "
                "ceiling that is no lower."
            )
        names = [target.measure for target in self.targets]
        if len(set(names)) < len(names):
            raise PrecisionError(f"precision: a measure appears twice in {', '.join(names)}; keep one target of each.")

    def sizes(self) -> Iterator[int]:
        """Yield how many replications are looked at, time after time."""
        size = self.floor
        while size < self.ceiling:
            yield size
            size *= GROWTH
        yield self.ceiling

    def looks(self, values: Values, scenarios: Sequence[str], policies: Sequence[str], replications: int) -> list[Look]:
        """Look at the first replications.

        Parameters
        ----------
        policies : labels, the baseline first.

        Raises
        ------
        NearZeroError : for a relative target when the baseline's mean is not clear of zero.
        PrecisionError : for a measure that no replication of the baseline defines: no number of them would do.
        """
        return [
            self._look(target, values, scenario, policies[0], policy, replications)
            for scenario in scenarios
            for policy in policies[1:] or policies
            for target in self.targets
        ]

    def _look(self, target: Target, values: Values, scenario: str, baseline: str, policy: str, n: int) -> Look:
        reference = values(scenario, baseline, target.measure)[:n]
        of = reference if policy == baseline else values(scenario, policy, target.measure)[:n] - reference
        of, reference = of[~np.isnan(of)], reference[~np.isnan(reference)]
        if not len(reference):
            raise PrecisionError(
                f"precision of {target.measure}: none of {n} replications of {scenario!r} ({baseline}) has a value of "
                "it (there is nothing to count, or it needs a longer run); choose another measure, or more years."
            )
        wanted = target.half_width
        if target.relative:
            what = f"precision of {target.measure}: its mean in {scenario!r} ({baseline})"
            wanted *= abs(statistics.clear_of_zero(statistics.mean_interval(reference, self.level), self.level, what))
        found = statistics.mean_interval(of, self.level) if len(of) > 1 else None
        half = float("nan") if found is None else (found.high - found.low) / 2
        return Look(n, scenario, policy, target.measure, half, wanted, bool(half <= wanted))

    def told(self, looks: Sequence[Look]) -> dict[str, Any]:
        """Return how it went as plain data, for a manifest."""
        last = [look for look in looks if look.replications == looks[-1].replications] if looks else []
        return {
            "targets": [asdict(target) for target in self.targets],
            "floor": self.floor,
            "ceiling": self.ceiling,
            "confidence": self.level,
            "looks": [asdict(look) | {"half_width": _plain(look.half_width)} for look in looks],
            "reached": bool(last) and all(look.reached for look in last),
        }


def precision(
    given: Mapping[str, float | str] | Sequence[str] | str,
    floor: int = FLOOR,
    ceiling: int = CEILING,
    *,
    observed: bool = False,
) -> Precision:
    """Read a precision: {"profit_a_year": 50_000, "retention_12m": "0.2 points"}, or texts as on a command line.

    >>> precision({"profit_a_year": 50_000}).targets
    (Target(measure='profit_a_year', half_width=50000.0, relative=False, observed=False),)
    >>> precision("2%").targets
    (Target(measure='profit_a_year', half_width=0.02, relative=True, observed=False),)
    >>> precision("retention_12m = 0.5 points").targets
    (Target(measure='retention_12m', half_width=0.005, relative=False, observed=False),)

    With ``observed``, any name is a measure.

    Raises
    ------
    PrecisionError : for what cannot be read.
    """
    if isinstance(given, Mapping):
        found = [_target(measure, amount, observed) for measure, amount in given.items()]
    else:
        found = [_written(text, observed) for text in ([given] if isinstance(given, str) else given)]
    return Precision(tuple(found), floor, ceiling)


def _written(text: str, observed: bool) -> Target:
    read = WRITTEN.fullmatch(text.strip())
    if read is None:
        raise PrecisionError(
            f"precision: cannot read {text!r}; write MEASURE=AMOUNT, such as profit_a_year=10000, or 2%."
        )
    return _target(read["measure"] or MEASURE, read["amount"].strip(), observed)


def _target(measure: str, amount: float | str, observed: bool) -> Target:
    """Read an amount: a number in the measure's unit, "2%" of the baseline's mean, or "0.5 points" of a share."""
    text = str(amount).strip()
    relative, points = text.endswith(PER_CENT), text.endswith(POINTS)
    number = _number(measure, text.removesuffix(PER_CENT).removesuffix(POINTS).strip(), text)
    unit = CATALOGUE[measure].unit if measure in CATALOGUE else ""
    if points and unit and unit not in SHARES:
        raise PrecisionError(
            f"precision of {measure}: it is counted in {unit}, not in points; give a number in {unit}."
        )
    return Target(measure, number / IN_HUNDREDTHS if relative or points else number, relative, observed)


def _number(measure: str, text: str, whole: str) -> float:
    try:
        return float(text.replace("_", ""))
    except ValueError as error:
        raise PrecisionError(
            f"precision of {measure}: cannot read {whole!r}; give a number, a percentage of the baseline's mean (2%), "
            "or points of a share (0.5 points)."
        ) from error


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value
