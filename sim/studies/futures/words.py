"""Many futures in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sim.studies.futures.box import quality
from sim.studies.futures.failure import FOUND, NONE, TOO_FEW, Failure
from sim.studies.futures.result import TIED
from sim.studies.futures.workbench import INSTALL
from sim.wording import PER_CENT, counted, lower, number, percent

if TYPE_CHECKING:
    from sim.studies.futures.result import Futures

CAVEAT = "A share of futures is a share of the ranges that were sampled, not a probability."


def summary(found: Futures) -> str:
    """Say who is best how often, who fails when, and what that rests on; a line each."""
    return "\n".join([*_policies(found), *_missing(found), _minimax(found), _told_apart(found), basis(found), CAVEAT])


def _policies(found: Futures) -> list[str]:
    shares = found.best_shares().set_index("policy")
    order = sorted(found.policies, key=lambda policy: -shares.loc[policy, "share"])
    return [f"{_best(policy, shares.loc[policy], found)}{_when(policy, found)}." for policy in order]


def _best(policy: str, row: pd.Series, found: Futures) -> str:
    by = f" by {lower(found.about.label)}"
    if not row["best"]:
        return f"{policy} is best{by} in no future (0 to {percent(row['high'])})"
    interval = f"({plain(row['low'])} to {plain(row['high'])})"
    return f"{policy} is best{by} in {percent(row['share'])} of futures {interval}, clearly in {percent(row['clear'])}"


def _when(policy: str, found: Futures) -> str:
    return f"; {failing(found.failures[policy])}" if policy in found.failures else ""


def _missing(found: Futures) -> list[str]:
    return [] if found.failures else [f"Failure conditions were not searched: that needs the EMA Workbench, {INSTALL}."]


def failing(failure: Failure) -> str:
    """Say how often a policy fails and when, as part of a sentence."""
    if not failure.failures:
        return f"it fails ({_broken(failure)}) in none of {failure.futures} (0 to {percent(failure.interval[1])})"
    low, high = failure.interval
    span = f"{plain(low)} to {plain(high)}; {percent(failure.unclear)} of all too close to call"
    return f"it fails ({_broken(failure)}) in {percent(failure.share)} ({span}), {_where(failure)}"


def _broken(failure: Failure) -> str:
    return " or ".join(one.broken for one in failure.conditions)


def _where(failure: Failure) -> str:
    if failure.verdict == TOO_FEW:
        few = "in which it does" if failure.failures * 2 < failure.futures else "in which it does not"
        return f"there are too few {few} to say when"
    if failure.verdict == NONE:
        return "no part of the ranges was found in which it fails clearly more often"
    first, *more = failure.boxes
    mostly = "mostly" if failure.verdict == FOUND else "more often, though that tells only part of it,"
    others = "".join(f", or when {box.text} ({quality(box)})" for box in more)
    return f"{mostly} when {first.text} ({quality(first)}){others}"


def _minimax(found: Futures) -> str:
    table = found.regret()
    least = table[table["minimax"]]
    names = " and ".join(least["policy"])
    amount = number(float(least["maximum"].iloc[0]), found.about.unit)
    unit = f" {found.about.unit}" if not found.about.unit.startswith(("money", "share")) else ""
    return f"Least to regret in the worst future: {names}, at most {amount}{unit} worse than the best there."


def _told_apart(found: Futures) -> str:
    shares = found.best_shares()
    tied = float(shares.loc[shares["policy"] == TIED, "share"].iloc[0])
    unclear = float(shares.loc[shares["policy"] != TIED, "unclear"].sum())
    text = f"In {percent(unclear)} of futures the replications do not tell the best policy from all others"
    return text + (f", and in {percent(tied)} several are exactly the same." if tied else ".")


def basis(found: Futures) -> str:
    """Say what the shares rest on."""
    made, total = found.manifest, len(found.futures)
    left = total - len(found.feasible)
    sampled = f"{len(found.design.uncertainties)} parameters"
    if found.design.levers:
        sampled += f", {len(found.design.levers)} settings of policies"
    if len(found.design.readings) > 1:
        sampled += f", {len(found.design.readings)} readings of the evidence"
    text = (
        f"{len(found.feasible)} of {total} futures over {sampled}; {counted(made['finished'], 'paired replication')} "
    )
    text += f"of {counted(made['years'], 'year')} in each, seed {made['seed']}."
    return text + (f" {left} could not be, and are not counted: {_reasons(found)}" if left else "")


def _reasons(found: Futures) -> str:
    first = found.infeasible.iloc[0]
    reason = str(first["why"]).removeprefix(f"scenario {first['future']}: ").partition(";")[0]
    return f"{first['future']} because {lower(reason).rstrip('.')}."


def plain(share: float) -> str:
    """Write a share in per cent without the sign."""
    return f"{share * PER_CENT:.0f}"
