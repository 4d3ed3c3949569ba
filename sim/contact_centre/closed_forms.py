"""What queueing theory (sim/theory) says about a centre, where it has an exact answer."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from sim import theory
from sim.contact_centre.centre import Centre, ContactClass
from sim.contact_centre.distributions import Distribution
from sim.model.clock import HOUR_MINUTES, MINUTE_SECONDS
from sim.model.state import DETERMINISTIC, EXPONENTIAL, HYPEREXPONENTIAL, NO_DISTRIBUTION

IN_MINUTES = {"mean_wait": "mean_wait", "asa": "asa_s", "mean_time_in_system": "mean_time_in_system"}
"""Times of `sim.theory`, here in minutes, and the figures in seconds that they belong to."""
# Chains of two counts are solved up to this many agents, or agents x customers away: beyond that, simulating is
# faster.
MOST_CHAIN_AGENTS = 200
MOST_CHAIN_STATES = 20_000


@dataclass(frozen=True)
class ClosedForm:
    """Name of the model, its figures (as in sim/contact_centre/figures.py), and mean waits by class in seconds."""

    name: str = ""
    values: dict[str, float] = field(default_factory=dict)
    class_waits: tuple[float, ...] = ()


NOTHING = ClosedForm()


def closed_form(centre: Centre) -> ClosedForm:
    """Return the exact solution of a centre, or an empty form where there is none."""
    if not centre.steady or min(centre.agents) == 0:
        return NOTHING
    if len(centre.classes) > 1:
        return _priorities(centre)
    kind = centre.classes[0]
    if kind.short_abandon_seconds > 0:
        return NOTHING
    features = [kind.needs_manager > 0, kind.redial > 0, kind.return_ > 0]
    find = (_plain, _managers, _orbit)[0 if not any(features) else 1 if features[0] else 2]
    if sum(features) > 1:
        return NOTHING
    try:
        return find(centre, kind)
    except (ValueError, ArithmeticError):
        # The chain is too long, or its solution is too inexact to show.
        return NOTHING


def _rates(centre: Centre, kind: ContactClass) -> tuple[float, float, int]:
    return centre.calls_per_hour / HOUR_MINUTES, 1 / kind.handling.mean, centre.agents[0]


def _patience_rate(law: Distribution) -> float | None:
    """Rate of exponential patience, 0 for endless, infinite for none at all; None for any other distribution."""
    if law.kind == NO_DISTRIBUTION:
        return 0.0
    if law.mean == 0:
        return math.inf
    return 1 / law.mean if law.kind == EXPONENTIAL else None


def _plain(centre: Centre, kind: ContactClass) -> ClosedForm:
    arrivals, service, agents = _rates(centre, kind)
    target, patience = kind.target_seconds / MINUTE_SECONDS, _patience_rate(kind.patience)
    if kind.handling.kind != EXPONENTIAL and patience != math.inf:
        if agents == 1 and patience == 0:
            square = kind.handling.cv**2
            return _form("M/G/1", centre, theory.mg1(arrivals, kind.handling.mean, square))
        return NOTHING
    if patience is None:
        survival = _survival(kind.patience)
        if survival is None:
            return NOTHING
        return _form("M/M/n+G", centre, theory.mmn_g(arrivals, service, agents, survival, target))
    name = "Erlang C" if patience == 0 else "Erlang B" if patience == math.inf else "Erlang A"
    return _form(name, centre, theory.erlang_a(arrivals, service, agents, patience, target))


def _survival(law: Distribution) -> Callable[..., Any] | None:
    if law.kind == DETERMINISTIC:
        return theory.deterministic_patience(law.mean)
    if law.kind == HYPEREXPONENTIAL:
        share, first, second = law.numbers
        return theory.hyperexponential_patience([share, 1 - share], [first, second])
    return law.survival()


def _managers(centre: Centre, kind: ContactClass) -> ClosedForm:
    patience = _patience_rate(kind.patience)
    laws = (kind.handling.kind, kind.manager_handling.kind)
    if laws != (EXPONENTIAL, EXPONENTIAL) or patience in (None, math.inf) or centre.agents[0] > MOST_CHAIN_AGENTS:
        return NOTHING
    arrivals, service, agents = _rates(centre, kind)
    stage = (kind.needs_manager, centre.managers, 1 / kind.manager_handling.mean)
    target = kind.target_seconds / MINUTE_SECONDS
    if centre.by_transfer:
        both = theory.transfer_to_second_tier(arrivals, service, agents, *stage, patience, target)
        second = {"manager_occupancy": both.second.occupancy, "manager_queue": both.second.mean_queue}
        time = both.mean_time_in_system * MINUTE_SECONDS
        whole = {"mean_in_system": both.mean_in_system, "mean_time_in_system": time, "agents_on_hold": 0.0}
        return _form("Erlang A and a second tier", centre, both.first, second | whole)
    held = theory.hold_for_manager(arrivals, service, agents, *stage, patience, target)
    more = {"agents_on_hold": held.agents_on_hold, "manager_queue": held.agents_on_hold}
    return _form("hold for a manager", centre, held, more)


def _orbit(centre: Centre, kind: ContactClass) -> ClosedForm:
    patience = _patience_rate(kind.patience)
    delay = kind.redial_delay if kind.redial > 0 else kind.return_delay
    if kind.handling.kind != EXPONENTIAL or delay.kind != EXPONENTIAL or patience in (None, math.inf):
        return NOTHING
    arrivals, service, agents = _rates(centre, kind)
    target = kind.target_seconds / MINUTE_SECONDS
    if patience > 0 and agents * _away(centre, kind, patience) > MOST_CHAIN_STATES:
        return NOTHING
    if kind.redial > 0:
        found = theory.redial(arrivals, service, agents, patience, kind.redial, 1 / delay.mean, target)
        orbits = {"redial_orbit": found.mean_orbit, "return_orbit": 0.0}
        return _form("Erlang A with redials", centre, found, orbits)
    found = theory.return_of_unresolved(arrivals, service, agents, kind.return_, 1 / delay.mean, patience, target)
    return _form("returns", centre, found, {"redial_orbit": 0.0, "return_orbit": found.mean_orbit})


def _away(centre: Centre, kind: ContactClass, patience: float) -> float:
    """Estimate how many customers are away and will come back, by Erlang A for first contacts."""
    arrivals, service, agents = _rates(centre, kind)
    lost = theory.erlang_a(arrivals, service, agents, patience).abandonment
    again, delay = kind.return_ * (1 - lost), kind.return_delay.mean
    if kind.redial > 0:
        again, delay = kind.redial * lost, kind.redial_delay.mean
    return arrivals * again / (1 - again) * delay


def _form(name: str, centre: Centre, found: theory.QueueFigures, more: dict[str, float] | None = None) -> ClosedForm:
    values = {key: value for key, value in asdict(found).items() if value is not None and np.isfinite(value)}
    for own, here in IN_MINUTES.items():
        if own in values:
            values[here] = values.pop(own) * MINUTE_SECONDS
    plain = {"contacts_per_issue": 1.0, "redial_orbit": 0.0, "return_orbit": 0.0}
    values = plain | values | (more or {})
    values["offered"] = centre.calls_per_hour * centre.hours * values["contacts_per_issue"]
    return ClosedForm(name, values)


def _priorities(centre: Centre) -> ClosedForm:
    """Non-preemptive priorities with endless patience (Cobham): one agent, or the same exponential handling for all."""
    classes, rates = centre.classes, centre.rates()
    extras = any(kind.needs_manager + kind.redial + kind.return_ > 0 for kind in classes)
    if extras or any(kind.patience.kind != NO_DISTRIBUTION for kind in classes):
        return NOTHING
    means, agents = [kind.handling.mean for kind in classes], centre.agents[0]
    if agents == 1:
        found = theory.mg1_priorities(rates, means, [kind.handling.cv**2 for kind in classes])
    elif len({kind.handling.numbers for kind in classes}) == 1 and classes[0].handling.kind == EXPONENTIAL:
        if any(kind.handling.kind != EXPONENTIAL for kind in classes):
            return NOTHING
        found = theory.mmn_priorities(rates, 1 / means[0], agents)
    else:
        return NOTHING
    wait, queue = found.mean_wait * MINUTE_SECONDS, found.mean_wait * sum(rates)
    values = {
        "offered": centre.calls_per_hour * centre.hours,
        "p_wait": found.p_wait,
        "abandonment": 0.0,
        "mean_wait": wait,
        "asa_s": wait,
        "mean_queue": queue,
        "occupancy": found.occupancy,
    }
    return ClosedForm("priorities (Cobham)", values, tuple(one * MINUTE_SECONDS for one in found.mean_waits))
