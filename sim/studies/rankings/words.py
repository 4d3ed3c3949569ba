"""The survival of a ranking in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sim.outcomes import measures
from sim.wording import counted, listed, lower

if TYPE_CHECKING:
    import pandas as pd

HOLDS, HOLDS_IN_NOISE, SWAPS_IN_NOISE, SWAPS, TIED = OUTCOMES = (
    "holds",
    "holds, not clearly",
    "swaps, not clearly",
    "swaps",
    "tied",
)
NAMED_PAIRS = 3
"""How many pairs a verdict names."""


def verdict(found: pd.DataFrame) -> str:
    """Say in a paragraph a scenario whether the ranking survives; `found` is the frame of `sim.rankings`."""
    return "\n\n".join(_paragraph(str(name), part) for name, part in found.groupby("scenario", sort=False))


def headline(found: pd.DataFrame) -> str:
    """Say in a sentence whether the ranking survives, in each scenario where there are several."""
    parts = list(found.groupby("scenario", sort=False))
    about = measures.CATALOGUE[found["measure"].iloc[0]]
    told = [f"{f'in {name}, ' if len(parts) > 1 else ''}{_answer(_by_outcome(part))}" for name, part in parts]
    readings = counted(found["reading"].nunique(), "reading")
    return f"Ranked by {lower(about.label)} under {readings}, {listed(told, between='; ')}"


def order(rows: pd.DataFrame) -> list[str]:
    """Policies by their means under one reading, best first: each beats as many as stand below it."""
    beaten = dict.fromkeys([*rows["ahead"], *rows["behind"]], 0)
    for _, row in rows.iterrows():
        beaten[row["ahead" if row["mean_lead"] >= 0 else "behind"]] += 1
    return sorted(beaten, key=lambda name: -beaten[name])


def _by_outcome(part: pd.DataFrame) -> dict[str, pd.DataFrame]:
    pairs = part.drop_duplicates(["ahead", "behind"])
    return {outcome: pairs[pairs["outcome"] == outcome] for outcome in OUTCOMES}


def _paragraph(scenario: str, part: pd.DataFrame) -> str:
    about = measures.CATALOGUE[part["measure"].iloc[0]]
    readings = list(dict.fromkeys(part["reading"]))
    by = _by_outcome(part)
    sentences = [
        f"{scenario}: ranked by {lower(about.label)} under {len(readings)} readings, {_answer(by)}.",
        _first_places(part, readings),
        _counts(by),
        *(_named(row, part) for _, row in by[SWAPS].head(NAMED_PAIRS).iterrows()),
        _advice(by, int(part["n"].min())),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _answer(by: Mapping[str, pd.DataFrame]) -> str:
    if len(by[SWAPS]):
        return "the ranking does not survive"
    if len(by[SWAPS_IN_NOISE]):
        return "no two policies swap clearly, but not every order is clear"
    if len(by[HOLDS_IN_NOISE]):
        return "the order of the means survives, though not all of it is clear"
    return "the ranking survives"


def _counts(by: Mapping[str, pd.DataFrame]) -> str:
    words = [
        (by[HOLDS], "in one clear order under every reading"),
        (by[HOLDS_IN_NOISE], "in one order of the means, not clear under every reading"),
        (by[SWAPS_IN_NOISE], f"in changing order within noise{_list(by[SWAPS_IN_NOISE])}"),
        (by[SWAPS], "in clearly different order"),
        (by[TIED], "tied"),
    ]
    told = "; ".join(f"{len(rows)} {text}" for rows, text in words if len(rows))
    return f"Of {counted(sum(map(len, by.values())), 'pair')}: {told}."


def _list(rows: pd.DataFrame) -> str:
    names = [f"{row['ahead']} and {row['behind']}" for _, row in rows.head(NAMED_PAIRS).iterrows()]
    more = len(rows) - len(names)
    return f" ({'; '.join(names)}{f'; {more} more' if more else ''})" if names else ""


def _named(pair: pd.Series, part: pd.DataFrame) -> str:
    rows = part[(part["ahead"] == pair["ahead"]) & (part["behind"] == pair["behind"]) & part["clear"]]
    better, worse = (", ".join(rows[way * rows["mean_lead"] > 0]["reading"]) for way in (1, -1))
    return f"{pair['ahead']} is clearly better than {pair['behind']} under {better}, and clearly worse under {worse}."


def _first_places(part: pd.DataFrame, readings: Sequence[str]) -> str:
    best = {reading: order(part[part["reading"] == reading])[0] for reading in readings}
    winners = list(dict.fromkeys(best.values()))
    if len(winners) == 1:
        return f"{winners[0]} comes first in the means under all of them."
    places = [f"{name} under {', '.join(r for r in readings if best[r] == name)}" for name in winners]
    return f"First in the means: {'; '.join(places)}."


def _advice(by: Mapping[str, pd.DataFrame], n: int) -> str:
    if n < 2:
        return "One replication has no interval, so nothing can be called clear; run ten."
    if len(by[SWAPS]):
        return "Between those that swap, the choice depends on which document one believes."
    if len(by[SWAPS_IN_NOISE]) or len(by[HOLDS_IN_NOISE]):
        return "More replications may tell the unclear ones apart."
    return ""
