"""A contact centre without customers' memory: what comes in, who answers, and what happens to a contact."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from sim import theory
from sim.contact_centre.arguments import QueueError
from sim.contact_centre.arrivals import WEEK, Arrivals, Stream, Trace
from sim.contact_centre.distributions import NONE, Distribution
from sim.model.clock import HALF_HOURS, HOUR_MINUTES
from sim.model.state import EXPONENTIAL, NO_DISTRIBUTION
from sim.model.steps.bare import SLOT_MINUTES

# How a run is laid out by default.
WARM_UP_SHARE = 0.1
"""Length of the warm-up as a share of the measured hours."""
WARM_UP_TIMES = 10.0
"""The run warms up, and goes on after the measured hours, for at least this many mean contact times."""
MOST_AGENTS = 100_000
"""On duty at once: more than the largest companies have in all their centres."""
MOST_HOURS = 100_000.0
"""Hours of a run, with warm-up and the end of what has begun: eleven years."""
MOST_CONTACTS = 1e9
"""Contacts of a replication, which take hours to simulate."""
ORBIT_TIMES = 5.0
"""The run also warms up for at least this many mean delays of those who redial or return."""


@dataclass(frozen=True, kw_only=True)
class ContactClass:
    """Contacts of one priority.

    Shares lie between 0 and 1; ``share`` is the class's share of arrivals. Contacts answered within
    ``target_seconds`` count as in time; calls abandoned sooner than ``short_abandon_seconds`` are excluded from the
    service level.
    """

    name: str
    share: float
    handling: Distribution
    patience: Distribution = NONE
    needs_manager: float = 0.0
    manager_handling: Distribution = NONE
    redial: float = 0.0
    redial_delay: Distribution = NONE
    return_: float = 0.0
    return_delay: Distribution = NONE
    target_seconds: float
    short_abandon_seconds: float

    @property
    def abandons(self) -> bool:
        """Whether unanswered contacts of this class are lost in the end."""
        return self.patience.kind != NO_DISTRIBUTION and self.redial < 1

    @property
    def answers_per_issue(self) -> float:
        """Mean number of answered contacts per issue when nobody abandons."""
        return 1 / (1 - self.return_)

    @property
    def manager_minutes(self) -> float:
        """Mean manager minutes per answered contact."""
        return self.needs_manager * self.manager_handling.mean if self.needs_manager > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Centre:
    """A contact centre and the hours to simulate.

    Parameters
    ----------
    classes : the most urgent first; an agent takes the next of the most urgent, and never interrupts a
        contact.
    agents : on duty by half-hour from Monday 00:00: one number (constant), 48 (every day), 336 (every week),
        or one for every half-hour of the run (the last one stays).
    by_transfer : a contact that needs a manager is transferred and queues again; otherwise the agent holds the
        line.
    warmup_hours, hours : hours to warm up, which are not measured, and hours to measure.
    """

    title: str
    arrivals: Arrivals
    classes: tuple[ContactClass, ...]
    agents: tuple[int, ...]
    managers: int
    by_transfer: bool
    warmup_hours: float
    hours: float

    @property
    def steady(self) -> bool:
        """Whether nothing but chance changes with time."""
        return len(self.agents) == 1 and isinstance(self.arrivals, Stream) and not self.arrivals.weights

    @property
    def mean_agents(self) -> float:
        """Mean number of agents on duty."""
        return sum(self.agents) / len(self.agents)

    @property
    def calls_per_hour(self) -> float:
        """First contacts an hour, mean."""
        return self.arrivals.calls_per_hour

    @property
    def contact_minutes(self) -> float:
        """Mean minutes with agent and manager, for the class that takes longest."""
        return max(kind.handling.mean + kind.manager_minutes for kind in self.classes)

    def with_agents(self, agents: int) -> Self:
        """Return the same centre with this many agents at all times."""
        return replace(self, agents=(agents,))

    def rates(self) -> list[float]:
        """First contacts a minute, by class."""
        if isinstance(self.arrivals, Trace) and self.arrivals.classes:
            counts = [self.arrivals.classes.count(k) for k in range(len(self.classes))]
            shares = [count / len(self.arrivals.minutes) for count in counts]
        else:
            shares = [kind.share for kind in self.classes]
        return [share * self.calls_per_hour / HOUR_MINUTES for share in shares]

    def shifts(self, minutes: int) -> list[tuple[float, int]]:
        """Agents on duty as (minute, number), for each change within this many minutes."""
        length = len(self.agents)
        found: list[tuple[float, int]] = []
        for k in range(math.ceil(minutes / SLOT_MINUTES)):
            cyclic = length in (1, HALF_HOURS, WEEK)
            agents = self.agents[k % length if cyclic else min(k, length - 1)]
            if not found or found[-1][1] != agents:
                found.append((k * SLOT_MINUTES, agents))
        return found


def warm_up(hours: float, classes: Sequence[ContactClass]) -> float:
    """Hours of warm-up, enough for queues and orbits to fill."""
    contact = max(kind.handling.mean + kind.manager_minutes for kind in classes)
    orbits = [kind.redial_delay.mean for kind in classes if kind.redial > 0]
    orbits += [kind.return_delay.mean for kind in classes if kind.return_ > 0]
    filled = max([WARM_UP_TIMES * contact, *(ORBIT_TIMES * delay for delay in orbits)]) / HOUR_MINUTES
    return float(math.ceil(max(WARM_UP_SHARE * hours, filled)))


def check_load(centre: Centre) -> None:
    """Refuse a centre whose queue would grow without limit, and say the load, what is needed, and the fix."""
    if max(centre.agents) == 0 and not all(kind.abandons for kind in centre.classes):
        raise QueueError(
            "agents is 0 and callers would wait for ever; give at least one agent, or give every class a patience "
            '(such as patience = "exponential mean 8 min").'
        )
    if isinstance(centre.arrivals, Stream):
        _check_agents(centre)
        _check_managers(centre)
        _check_holding(centre)


def check_size(centre: Centre) -> None:
    """Refuse a run that would not end in a day or not fit into memory, and say what makes it so long."""
    patience = max((kind.patience.mean for kind in centre.classes if kind.abandons), default=0.0)
    ending = WARM_UP_TIMES * (centre.contact_minutes + patience) / HOUR_MINUTES
    hours = centre.warmup_hours + centre.hours + ending
    if hours > MOST_HOURS:
        raise QueueError(
            f"the run would take {hours:.3g} hours (warmup_hours {centre.warmup_hours:.3g}, hours {centre.hours:.3g}, "
            f"and {ending:.3g} until the last contacts have ended); give at most {MOST_HOURS:,.0f}, or shorter times."
        )
    contacts = hours * centre.calls_per_hour * max(kind.answers_per_issue for kind in centre.classes)
    if contacts > MOST_CONTACTS:
        raise QueueError(
            f"the run would have {contacts:.3g} contacts ({centre.calls_per_hour:.3g} calls_per_hour in {hours:.3g} "
            f"hours); give fewer calls or hours, for at most {MOST_CONTACTS:.0e}."
        )


def lasting_load(centre: Centre) -> float:
    """Agents kept busy by classes that never abandon (erlangs), including time on hold for managers and returns."""
    return sum(
        rate * kind.answers_per_issue * _agent_minutes(centre, kind)
        for rate, kind in zip(centre.rates(), centre.classes, strict=True)
        if not kind.abandons
    )


def offered_load(centre: Centre) -> float:
    """Agents that all classes would keep busy if nobody abandoned (erlangs)."""
    return sum(
        rate * kind.answers_per_issue * _agent_minutes(centre, kind)
        for rate, kind in zip(centre.rates(), centre.classes, strict=True)
    )


def _agent_minutes(centre: Centre, kind: ContactClass) -> float:
    return kind.handling.mean + (0.0 if centre.by_transfer else kind.manager_minutes)


def _check_agents(centre: Centre) -> None:
    load = lasting_load(centre)
    if 0 < load < centre.mean_agents or load == 0:
        return
    raise QueueError(
        f"the queue would grow without limit: contacts bring work for {load:.4g} agents at all times (including "
        "returns and time with a manager on the line), nobody abandons for good, and "
        f"{centre.mean_agents:.4g} agents are on duty; give at least {math.floor(load) + 1} agents, fewer "
        'calls, or a patience (such as patience = "exponential mean 8 min").'
    )


def _check_managers(centre: Centre) -> None:
    load = sum(
        rate * kind.answers_per_issue * kind.manager_minutes
        for rate, kind in zip(centre.rates(), centre.classes, strict=True)
        if centre.by_transfer or not kind.abandons
    )
    # Agents transfer no more than they can handle, whatever is offered.
    offered = offered_load(centre)
    if centre.by_transfer and offered > centre.mean_agents:
        load *= centre.mean_agents / offered
    if load == 0 or load < centre.managers:
        return
    raise QueueError(
        f"the queue for the managers would grow without limit: contacts bring work for {load:.4g} managers "
        f"at all times, nobody abandons there, and there are {centre.managers}; give at least "
        f"{math.floor(load) + 1} managers, or lower needs_manager or manager_handling."
    )


def _check_holding(centre: Centre) -> None:
    """Refuse agents who cannot keep up because they wait for too few managers with customers on the line."""
    kind = centre.classes[0]
    alone = len(centre.classes) == 1 and len(centre.agents) == 1 and not kind.abandons and not centre.by_transfer
    if not alone or kind.needs_manager == 0 or kind.manager_handling.kind != EXPONENTIAL:
        return
    stage = (kind.needs_manager, centre.managers, 1 / kind.manager_handling.mean)
    arriving = centre.calls_per_hour / HOUR_MINUTES * kind.answers_per_issue
    agents = centre.agents[0]
    if arriving < theory.hold_capacity(1 / kind.handling.mean, agents, *stage):
        return
    needed = agents
    while arriving >= theory.hold_capacity(1 / kind.handling.mean, needed, *stage):
        needed += 1
    raise QueueError(
        f"the queue would grow without limit: {agents} agents could do the work, but not while they wait for "
        f"{centre.managers} managers with customers on the line; give at least {needed} agents, more "
        'managers, escalation = "transfer", or a patience.'
    )
