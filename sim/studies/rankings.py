"""Whether the ranking of policies survives the readings of the evidence.

Where documents disagree, an answer that holds under one reading only is an answer about the reading. Every pair of
policies, the baseline included, is compared under every reading by paired differences; the intervals are corrected
for their number, so that a swap called clear is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.errors import InputError
from sim.outcomes import measures, statistics

if TYPE_CHECKING:
    import pandas as pd

    from sim.outcomes.measures import Measure
    from sim.outcomes.results import Study

MEASURE = "profit_a_year"
"""What policies are ranked by unless another measure is named."""
HOLDS, HOLDS_IN_NOISE, SWAPS_IN_NOISE, SWAPS, TIED = OUTCOMES = (
    "holds",
    "holds, not clearly",
    "swaps, not clearly",
    "swaps",
    "tied",
)
NAMED_PAIRS = 3
"""How many pairs a verdict names."""
COLUMNS = [
    "scenario", "measure", "ahead", "behind", "reading", "n", "lead", "low", "high", "p_value", "confidence", "clear",
    "outcome",
]  # fmt: skip


class RankingError(InputError):
    """A study or measure that gives no ranking to compare: the message says why and how to put it right."""


def survival(study: Study, measure: str = MEASURE, *, level: float = statistics.DEFAULT_LEVEL) -> pd.DataFrame:
    """Compare every pair of policies under every reading.

    Parameters
    ----------
    study : at least two policies (the baseline counts) of a scenario under at least two readings, as
        ``sim.compare(..., readings="all")`` returns it.
    measure : what policies are ranked by, over the whole measured period; one with a better side.
    level : confidence of all intervals of a scenario together. Each is a Student t interval of the paired difference
        at Bonferroni's level for pairs x readings.

    Returns
    -------
    One row a scenario, pair and reading: `ahead` (the better of the pair by its mean under the first reading),
    `behind`, `reading`, `n` (pairs of replications), `lead` (by how much `ahead` is better under this reading, unit of
    the measure; negative where the order is turned round), `low`, `high`, `p_value` (uncorrected), `confidence` (of
    the single interval), `clear` (the interval excludes zero) and `outcome`, the same in all rows of a pair:

    ==================  =============================================================================
    holds               the same order under every reading, each time clear
    holds, not clearly  the same order in the means of every reading, not clear under some
    swaps, not clearly  the order of the means changes, but is not clear both ways: within noise
    swaps               clear one way under one reading, and clear the other way under another
    tied                no difference under any reading
    ==================  =============================================================================

    Raises
    ------
    RankingError : an unknown measure or one without a better side, fewer than two policies or readings, or figures
        that are undefined.
    """
    import pandas as pd

    sign = -1.0 if ranked(measure).better == "lower" else 1.0
    parts = [_scenario(study, base, names, measure, sign, level) for base, names in readings_of(study).items()]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


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


def verdict(found: pd.DataFrame) -> str:
    """Say in a paragraph of plain words whether the ranking survives; `found` is what `survival` returns.

    One paragraph a scenario, apart by blank lines.
    """
    return "\n\n".join(_paragraph(str(name), part) for name, part in found.groupby("scenario", sort=False))


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
        lead=way * found["mean_difference"],
        low=ends[:, 0],
        high=ends[:, 1],
        clear=(ends[:, 0] > 0) | (ends[:, 1] < 0),
        outcome="",
    )


def _judged(pair: pd.DataFrame) -> pd.DataFrame:
    """Say of one pair, a row a reading, what becomes of its order."""
    up, down = pair["lead"] > 0, pair["lead"] < 0
    if up.any() and down.any():
        both = (up & pair["clear"]).any() and (down & pair["clear"]).any()
        return pair.assign(outcome=SWAPS if both else SWAPS_IN_NOISE)
    if not (up.any() or down.any()):
        return pair.assign(outcome=TIED)
    return pair.assign(outcome=HOLDS if pair["clear"].all() else HOLDS_IN_NOISE)


# In words


def _paragraph(scenario: str, part: pd.DataFrame) -> str:
    about = measures.CATALOGUE[part["measure"].iloc[0]]
    readings = list(dict.fromkeys(part["reading"]))
    pairs = part.drop_duplicates(["ahead", "behind"])
    by = {outcome: pairs[pairs["outcome"] == outcome] for outcome in OUTCOMES}
    sentences = [
        f"{scenario}: ranked by {about.label.lower()} under {len(readings)} readings, {_answer(by)}",
        _first_places(part, readings),
        _counts(by, len(pairs)),
        *(_named(row, part) for _, row in by[SWAPS].head(NAMED_PAIRS).iterrows()),
        _advice(by, int(part["n"].min())),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _answer(by: Mapping[str, pd.DataFrame]) -> str:
    if len(by[SWAPS]):
        return "the ranking does not survive."
    if len(by[SWAPS_IN_NOISE]):
        return "no two policies swap clearly, but not every order is shown."
    if len(by[HOLDS_IN_NOISE]):
        return "the order of the means survives, though not all of it is clear."
    return "the ranking survives."


def _counts(by: Mapping[str, pd.DataFrame], pairs: int) -> str:
    words = [
        (by[HOLDS], "in one clear order under every reading"),
        (by[HOLDS_IN_NOISE], "in one order of the means, not clear under every reading"),
        (by[SWAPS_IN_NOISE], f"in changing order within noise{_list(by[SWAPS_IN_NOISE])}"),
        (by[SWAPS], "in clearly different order"),
        (by[TIED], "tied"),
    ]
    told = "; ".join(f"{len(rows)} {text}" for rows, text in words if len(rows))
    return f"Of {pairs} pair{'s' if pairs != 1 else ''}: {told}."


def _list(rows: pd.DataFrame) -> str:
    names = [f"{row['ahead']} and {row['behind']}" for _, row in rows.head(NAMED_PAIRS).iterrows()]
    more = len(rows) - len(names)
    return f" ({'; '.join(names)}{f'; {more} more' if more else ''})" if names else ""


def _named(pair: pd.Series, part: pd.DataFrame) -> str:
    rows = part[(part["ahead"] == pair["ahead"]) & (part["behind"] == pair["behind"]) & part["clear"]]
    better, worse = (", ".join(rows[way * rows["lead"] > 0]["reading"]) for way in (1, -1))
    return f"{pair['ahead']} is clearly better than {pair['behind']} under {better}, and clearly worse under {worse}."


def _first_places(part: pd.DataFrame, readings: Sequence[str]) -> str:
    best = {reading: _order(part[part["reading"] == reading])[0] for reading in readings}
    winners = list(dict.fromkeys(best.values()))
    if len(winners) == 1:
        return f"{winners[0]} comes first in the means under all of them."
    places = [f"{name} under {', '.join(r for r in readings if best[r] == name)}" for name in winners]
    return f"First in the means: {'; '.join(places)}."


def _order(rows: pd.DataFrame) -> list[str]:
    """Policies by their means under one reading, best first: each beats as many as stand below it."""
    beaten = dict.fromkeys([*rows["ahead"], *rows["behind"]], 0)
    for _, row in rows.iterrows():
        beaten[row["ahead" if row["lead"] >= 0 else "behind"]] += 1
    return sorted(beaten, key=lambda name: -beaten[name])


def _advice(by: Mapping[str, pd.DataFrame], n: int) -> str:
    if n < 2:
        return "One replication has no interval, so nothing can be called clear; run ten."
    if len(by[SWAPS]):
        return "Between those that swap, the choice depends on which document one believes."
    if len(by[SWAPS_IN_NOISE]) or len(by[HOLDS_IN_NOISE]):
        return "More replications may tell the unclear ones apart."
    return ""
