"""Rows of a frame that a chart shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from sim.charts.labels import Levels

FRONTIER_FROM = 3
"""Points from which on those that nothing dominates are called, and drawn as, a frontier."""


def one_scenario(frame: pd.DataFrame, scenario: str | None) -> pd.DataFrame:
    """Return the rows of one scenario."""
    names = list(frame["scenario"].unique())
    if scenario is None and len(names) == 1:
        return frame
    if scenario not in names:
        raise ValueError(f"a chart shows one scenario, asked for {scenario!r}; scenario= one of {names}")
    return frame[frame["scenario"] == scenario]


def select(
    frame: pd.DataFrame,
    period: str,
    scenario: str | None,
    measures: Sequence[str],
    policies: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Rows of one scenario and period with these measures; says what is missing rather than draw less."""
    frame = one_scenario(frame, scenario)
    for column, wanted in (("period", [period]), ("measure", measures), ("policy", policies)):
        if wanted is not None:
            missing = [name for name in wanted if name not in set(frame[column])]
            if missing:
                raise ValueError(f"the frame has no {column} {missing}; it has {sorted(set(frame[column]))}")
            frame = frame[frame[column].isin(list(wanted))]
    return frame


def level_texts(levels: Levels | None, policies: Iterable[str], baseline: str) -> dict[str, str]:
    """Policy -> text in the order drawn; without `levels` the baseline comes first."""
    known = list(dict.fromkeys(policies))
    if baseline not in known:
        raise ValueError(f"the frame has no baseline {baseline!r}; its policies are {known}")
    if levels is None:
        return {policy: policy for policy in dict.fromkeys([baseline, *known])}
    missing = [policy for policy in levels if policy not in known]
    if missing or baseline not in levels:
        raise ValueError(
            f"levels must hold the baseline {baseline!r} and policies of the frame only; "
            f"not in the frame: {missing}; the frame has {known}"
        )
    return {policy: str(text) for policy, text in levels.items()}
