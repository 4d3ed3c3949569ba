"""Whether the ranking of policies survives the readings of the evidence.

Where documents disagree, an answer that holds under one reading only is an answer about the reading. Every pair of
policies, the baseline included, is compared under every reading by paired differences; the intervals are corrected
for their number, so that a swap called clear is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import InputError, arguments
from sim.outcomes import measures, statistics
from sim.outcomes.results import Study
from sim.studies.rankings.result import COLUMNS, Rankings
from sim.studies.rankings.words import HOLDS, HOLDS_IN_NOISE, SWAPS, SWAPS_IN_NOISE, TIED

if TYPE_CHECKING:
    import pandas as pd

    from sim.outcomes.measures import Measure

__all__ = ["MEASURE", "RankingError", "Rankings", "ranked", "rankings"]

MEASURE = "profit_a_year"
"""What policies are ranked by unless another measure is named."""


class RankingError(InputError):
    """A study or measure that gives no ranking to compare: the message says why and how to put it right."""


@arguments("sim.rankings")
def rankings(study: Study | str | Path, measure: str = MEASURE, *, level: float = statistics.DEFAULT_LEVEL) -> Rankings:
    """Say whether the ranking of policies survives the readings of the evidence: every pair under every reading.

    Parameters
    ----------
    study : at least two policies (the baseline counts) of a scenario under at least two readings, as
        ``sim.compare(..., readings="all")`` returns it; or the folder that it was saved in.
    measure : what policies are ranked by, over the whole measured period; one with a better side.
    level : confidence of all intervals of a scenario together. Each is a Student t interval of the paired difference
        at Bonferroni's level for pairs x readings.

    Raises
    ------
    RankingError : an unknown measure or one without a better side, fewer than two policies or readings, or figures
        that are undefined.

    Examples
    --------
    >>> sim.rankings(study, "retention_12m").headline  # doctest: +SKIP
    'Ranked by customers kept a year under 5 readings, the ranking survives'
    """
    import pandas as pd

    held = study if isinstance(study, Study) else Study.load(study)
    sign = -1.0 if ranked(measure).better == "lower" else 1.0
    parts = [_scenario(held, base, names, measure, sign, level) for base, names in readings_of(held).items()]
    pairs = pd.concat(parts, ignore_index=True)[COLUMNS]
    return Rankings(pairs, dict(held.manifest) | {"measure": measure, "level": level})


def ranked(measure: str) -> Measure:
    """Return the measure to rank by.

    Raises
    ------
    RankingError : there is no such measure, or neither more nor less of it is better.
    """
    able = [name for name, about in measures.CATALOGUE.items() if about.better != "none"]
    if measure not in measures.CATALOGUE:
        raise RankingError(f"there is no measure {measure!r} to rank by; give one of {', '.join(able)}.")
    if measure not in able:
        raise RankingError(f"neither more nor less of {measure} is better; rank by one of {', '.join(able)}.")
    return measures.CATALOGUE[measure]


def readings_of(study: Study) -> dict[str, dict[str, str]]:
    """Return reading -> name of the scenario in the study, for each scenario that was run under several readings.

    Raises
    ------
    RankingError : no scenario was.
    """
    held = study.manifest["scenario"]
    tables: Mapping[str, Any] = {held["name"]: held} if isinstance(held.get("reading"), str) else held
    found: dict[str, dict[str, str]] = {}
    for name, about in tables.items():
        found.setdefault(name.removesuffix(f", {about['reading']}"), {})[about["reading"]] = name
    several = {base: names for base, names in found.items() if len(names) > 1}
    if not several:
        raise RankingError('no scenario was run under several readings; compare with readings="all".')
    return several


def _scenario(
    study: Study, base: str, names: Mapping[str, str], measure: str, sign: float, level: float
) -> pd.DataFrame:
    import pandas as pd

    frame = _figures(study, names, measure)
    policies = list(dict.fromkeys(frame["policy"]))
    if len(policies) < 2:
        raise RankingError(f"{base}: there is one policy, {policies[0]!r}; a ranking needs another to compare with.")
    tests = len(names) * len(policies) * (len(policies) - 1) / 2
    found = _all_pairs(frame, policies, 1.0 - (1.0 - level) / tests)
    if found["mean_difference"].isna().any():
        raise RankingError(f"{base}: {measure} is undefined in every replication of some policy; rank by another.")
    of_scenario = {name: reading for reading, name in names.items()}
    found = found.assign(reading=found["scenario"].map(of_scenario), scenario=base)
    return pd.concat([_judged(pair) for _, pair in _oriented(found, sign).groupby(["ahead", "behind"], sort=False)])


def _figures(study: Study, names: Mapping[str, str], measure: str) -> pd.DataFrame:
    frame = study.replications
    chosen = frame[frame["scenario"].isin(list(names.values())) & (frame["period"] == "all")]
    if measure not in set(chosen["measure"]):
        raise RankingError(f"this study has no {measure}; it has {', '.join(dict.fromkeys(chosen['measure']))}.")
    return chosen[chosen["measure"] == measure]


def _all_pairs(frame: pd.DataFrame, policies: Sequence[str], level: float) -> pd.DataFrame:
    """Paired differences of each policy from each of those before it."""
    import pandas as pd

    later = [(first, list(policies[place:])) for place, first in enumerate(policies[:-1])]
    return pd.concat(
        [statistics.paired_differences(frame[frame["policy"].isin(rest)], first, level) for first, rest in later],
        ignore_index=True,
    )


def _oriented(found: pd.DataFrame, sign: float) -> pd.DataFrame:
    """Turn every pair so that the one that is better under the first reading comes first."""
    import numpy as np

    gain = sign * found["mean_difference"]
    under_first = gain.groupby([found["baseline"], found["policy"]], sort=False).transform("first")
    turned = under_first > 0
    way = sign * np.where(turned, 1.0, -1.0)
    ends = np.sort(np.column_stack([way * found["ci_low_difference"], way * found["ci_high_difference"]]), axis=1)
    return found.assign(
        ahead=found["policy"].where(turned, found["baseline"]),
        behind=found["baseline"].where(turned, found["policy"]),
        mean_lead=way * found["mean_difference"],
        ci_low_lead=ends[:, 0],
        ci_high_lead=ends[:, 1],
        clear=(ends[:, 0] > 0) | (ends[:, 1] < 0),
        outcome="",
    )


def _judged(pair: pd.DataFrame) -> pd.DataFrame:
    """Say of one pair, a row a reading, what becomes of its order."""
    up, down = pair["mean_lead"] > 0, pair["mean_lead"] < 0
    if up.any() and down.any():
        both = (up & pair["clear"]).any() and (down & pair["clear"]).any()
        return pair.assign(outcome=SWAPS if both else SWAPS_IN_NOISE)
    if not (up.any() or down.any()):
        return pair.assign(outcome=TIED)
    return pair.assign(outcome=HOLDS if pair["clear"].all() else HOLDS_IN_NOISE)
