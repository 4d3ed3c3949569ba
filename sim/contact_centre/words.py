"""A contact centre in words: headline, text, caveats, and the answer to a search for agents."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import sim.model.state as s
from sim.contact_centre.figures import ABOUT
from sim.model.clock import HUNDRED
from sim.outcomes.statistics import mean_interval
from sim.wording import UNDEFINED, capital, counted, estimate, listed, lower, number

if TYPE_CHECKING:
    from sim.contact_centre.rows import Row

TREND_LEVEL = 0.99
"""Confidence at which a difference between the halves of the measured hours counts as a trend."""
TREND_REPLICATIONS = 3
"""With fewer replications a trend cannot be told from chance."""
BESIDE = ("service_level", "abandonment", "mean_wait", "occupancy")
"""Measures for which the text gives theory."""


def headline(found: Any) -> str:
    """Say the service level with its interval; after a search, the fewest agents."""
    row, title = found.row("service_level"), capital(found.centre.title)
    if not math.isfinite(row.mean):
        return f"{title}: no contact ended in {counted(found.layout.hours, 'hour')} with {agents(found)}"
    level = amount(row)
    if found.staffing is None:
        who = f"{agents(found)} {'answers' if found.centre.agents == (1,) else 'answer'}"
        calls = f"{found.centre.calls_per_hour:.4g} calls an hour"
        return f"{title}: {who} {level} of {calls} {_in_time(found)}"
    return f"{title}: {_fewest(found.staffing)}; {level} are answered in time"


def text(found: Any) -> str:
    """Say what came out, how long the run was, and what to bear in mind, one paragraph each."""
    told = [f"{headline(found)}.", _waits(found), _theory(found), _classes(found)]
    told.append(_unsure(found.staffing) if found.staffing else "")
    told += [layout(found), *(f"Note: {note}" for note in notes(found))]
    return "\n".join(one for one in told if one)


def source(found: Any, line: str) -> str:
    """Put the centre and the length of its run into a source line."""
    run = f"{counted(found.replications, 'replication')} of {found.layout.hours:g} h"
    return line.replace("cxsim", f"cxsim, {found.centre.title}, {run}", 1)


def agents(found: Any) -> str:
    """Say how many agents are on duty."""
    of = found.centre.agents
    return counted(of[0], "agent") if len(set(of)) == 1 else f"{min(of)} to {max(of)} agents"


def layout(found: Any) -> str:
    """Say how long the run was, with the queue by tenth of the run to judge the warm-up by."""
    tenths = [f"{tenth.mean_queue:.2f}{'' if tenth.measured == 1 else '*'}" for tenth in found.tenths()]
    return (
        f"{counted(found.replications, 'replication')} of {found.layout.hours:g} h after a warm-up of "
        f"{found.layout.warmup_hours:g} h, seed {found.seed}. Mean queue by tenth of the run "
        f"(* includes warm-up): {', '.join(tenths)}."
    )


def staffing(found: Any) -> str:
    """Say the answer to a search, and how certain it is."""
    return " ".join(one for one in (f"{_fewest(found)}.", _unsure(found)) if one)


def notes(found: Any) -> list[str]:
    """Return what a reader should bear in mind, in sentences."""
    return [note for note in (_alone(found), _alike(found), trend(found), _unfinished(found)) if note]


def amount(row: Row) -> str:
    """Write a figure with its unit and its interval."""
    unit = ABOUT[row.measure].unit
    told = estimate(row.mean, row.ci_low, row.ci_high, unit)
    if unit == "share" or told == UNDEFINED:
        return told
    mean, *interval = told.split(" ", 1)
    return " ".join([mean, unit, *interval])


def by_class(found: Any) -> str:
    """Return the service level of each class, the most urgent first."""
    of = {name: {row.measure: row for row in rows} for name, rows in found.class_rows().items()}
    return ", ".join(f"{name} {amount(rows['service_level'])}" for name, rows in of.items())


# -- what came out -----------------------------------------------------------------------------------------------------


def _fewest(found: Any) -> str:
    if found.agents == 1:
        return f"1 agent is enough to meet {_goal(found)}"
    return f"{found.agents} agents are the fewest that meet {_goal(found)}"


def _unsure(found: Any) -> str:
    """Say for which numbers of agents these replications cannot decide."""
    unsure = [str(row.agents) for row in found.rows() if row.straddles]
    if not unsure:
        return ""
    return (
        f"With {listed(unsure, 'or')} agents the interval straddles the target; run more replications or hours to be "
        "sure."
    )


def _goal(found: Any) -> str:
    goal = f"{found.share * HUNDRED:g} % {_in_time(found.results[found.agents])}"
    return goal if found.max_abandon is None else f"{goal} and at most {found.max_abandon * HUNDRED:g} % abandoning"


def _in_time(found: Any) -> str:
    seconds = sorted({kind.target_seconds for kind in found.centre.classes})
    if len(seconds) == 1:
        return f"within {seconds[0]:g} s"
    return f"within {listed([f'{each:g}' for each in seconds], 'or')} s (by class)"


def _waits(found: Any) -> str:
    rows = {name: found.row(name) for name in ("mean_wait", "asa_s", "abandonment", "occupancy")}
    if not math.isfinite(rows["mean_wait"].mean):
        return ""
    told = {name: amount(row) for name, row in rows.items()}
    busy = f"; agents are busy {told['occupancy']} of the time" if told["occupancy"] != UNDEFINED else ""
    return (
        f"Contacts wait {told['mean_wait']} on average, answered ones {told['asa_s']}; "
        f"{told['abandonment']} abandon{busy}."
    )


def _theory(found: Any) -> str:
    known = [name for name in BESIDE if name in found.theory.values]
    if not known:
        return ""
    told = [f"{lower(ABOUT[name].label)} {_alone_with_unit(name, found.theory.values[name])}" for name in known]
    return f"Theory ({found.theory.name}) gives {listed(told)}."


def _alone_with_unit(name: str, value: float) -> str:
    unit = ABOUT[name].unit
    return number(value, unit) if unit == "share" else f"{number(value, unit)} {unit}"


def _classes(found: Any) -> str:
    if len(found.centre.classes) == 1:
        return ""
    return f"Service level by class: {by_class(found)}."


# -- what to bear in mind ---------------------------------------------------------------------------------------------


def _alone(found: Any) -> str:
    return "" if found.replications > 1 else "One replication has no interval; run two or more."


def _alike(found: Any) -> str:
    board = found.ledger.board
    if found.replications == 1 or not (board == board[:1]).all():
        return ""
    return "All replications are the same: nothing here is left to chance, so the intervals have no width."


def trend(found: Any) -> str:
    """Say by how much the number in the centre still moves within the measured hours; nothing where it does not."""
    plan = found.layout
    half = (plan.first + plan.last) // 2
    if not found.centre.steady or found.replications < TREND_REPLICATIONS or half == plan.first:
        return ""
    early, late = (
        found.ledger.window(plan, *ends).level(s.IN_SYSTEM) for ends in ((plan.first, half), (half, plan.last))
    )
    moved = mean_interval(np.subtract(late, early), TREND_LEVEL)
    if moved.low <= 0 <= moved.high:
        return ""
    return (
        f"The mean number in the centre still moves by {moved.mean:+.3g} from the first to the second half of the "
        "measured hours; use a longer warm-up (warmup_hours) and more hours."
    )


def _unfinished(found: Any) -> str:
    window = found.ledger.window(found.layout, found.layout.first, found.layout.last)
    offered, answered, abandoned = (int(window.total(row).sum()) for row in (s.OFFERED, s.ANSWERED, s.ABANDONED))
    waiting = offered - answered - abandoned
    if not waiting:
        return ""
    return f"{waiting:,} of {offered:,} contacts still waiting at the end are left out of all shares and means."
