"""Many futures in plain words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sim.studies.futures.comparison import TIED
from sim.studies.futures.failure import failing, plain
from sim.studies.futures.workbench import INSTALL
from sim.wording import capital, counted, listed, lower, number, percent

CAVEAT = "A share of futures is a share of the ranges that were sampled, not a probability."


def headline(found: Any) -> str:
    """Say which policy is best most often, and how sure that share is."""
    shares = found.best_shares()
    first, many = shares.loc[shares["share"].idxmax()], counted(len(found.feasible), "future")
    if first["policy"] == TIED:
        return f"Several policies are exactly the same in {percent(first['share'])} of {many}"
    name, ends = capital(str(first["policy"])), f"{plain(first['ci_low'])} to {plain(first['ci_high'])}"
    return f"{name} is best by {lower(found.about.label)} in {percent(first['share'])} ({ends}) of {many}"


def text(found: Any) -> str:
    """Say who is best how often, who fails when, and what that rests on; a line each."""
    return "\n".join([*_policies(found), *_missing(found), _minimax(found), _told_apart(found), basis(found), CAVEAT])


def _policies(found: Any) -> list[str]:
    shares = found.best_shares().set_index("policy")
    order = sorted(found.policies, key=lambda policy: -shares.loc[policy, "share"])
    return [f"{_best(policy, shares.loc[policy], found)}{_when(policy, found)}." for policy in order]


def _best(policy: str, row: pd.Series, found: Any) -> str:
    by = f" by {lower(found.about.label)}"
    if not row["best"]:
        return f"{policy} is best{by} in no future (0 to {percent(row['ci_high'])})"
    interval = f"({plain(row['ci_low'])} to {plain(row['ci_high'])})"
    return f"{policy} is best{by} in {percent(row['share'])} of futures {interval}, clearly in {percent(row['clear'])}"


def _when(policy: str, found: Any) -> str:
    return f"; {failing(found.failures[policy])}" if policy in found.failures else ""


def _missing(found: Any) -> list[str]:
    return [] if found.failures else [f"Failure conditions were not searched: that needs the EMA Workbench, {INSTALL}."]


def _minimax(found: Any) -> str:
    table = found.regret()
    least = table[table["minimax"]]
    names = listed(list(least["policy"]))
    amount = number(float(least["maximum"].iloc[0]), found.about.unit)
    unit = f" {found.about.unit}" if not found.about.unit.startswith(("money", "share")) else ""
    return f"Least to regret in the worst future: {names}, at most {amount}{unit} worse than the best there."


def _told_apart(found: Any) -> str:
    shares = found.best_shares()
    tied = float(shares.loc[shares["policy"] == TIED, "share"].iloc[0])
    unclear = float(shares.loc[shares["policy"] != TIED, "unclear"].sum())
    text = f"In {percent(unclear)} of futures the replications do not tell the best policy from all others"
    return text + (f", and in {percent(tied)} several are exactly the same." if tied else ".")


def basis(found: Any) -> str:
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


def _reasons(found: Any) -> str:
    first = found.infeasible.iloc[0]
    reason = str(first["why"]).removeprefix(f"scenario {first['future']}: ").partition(";")[0]
    return f"{first['future']} because {lower(reason).rstrip('.')}."
