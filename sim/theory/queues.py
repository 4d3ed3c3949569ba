"""Queues with a formula: Erlang B, C and A, one agent with any handling time, and priorities.

Rates are per unit of time of the caller's choice; all times returned are in that unit.
Each class is served first come, first served.
"""

import math
from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.theory.arguments import (
    require_count,
    require_not_negative,
    require_positive,
    require_queue,
    require_stable,
)
from sim.theory.figures import PriorityFigures, QueueFigures

# Terms this far (in natural logarithm) below the largest cannot change a double.
NEGLIGIBLE_LOG = 45.0
# First and last length of the list of queue states; the last is far past any real centre.
FIRST_LENGTH, LAST_LENGTH = 1 << 10, 1 << 24


def erlang_b(agents: int, load: float) -> float:
    """Share of arrivals blocked when nobody waits (Erlang B).

    B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)): stable for any number of agents.

    Parameters
    ----------
    agents : number of agents, 0 or more.
    load : a = arrival rate x mean handling time, in erlangs, 0 or more.

    Source: Erlang 1917; the recursion in Cooper 1981, Introduction to Queueing Theory.

    >>> round(erlang_b(10, 7.0), 4)
    0.0787
    """
    require_count("erlang_b", "agents", agents, least=0)
    require_not_negative("erlang_b", "load", load)
    blocked = 1.0
    for busy in range(1, agents + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked


def erlang_c(arrival_rate: float, service_rate: float, agents: int, target: float | None = None) -> QueueFigures:
    """Figures of the queue in which everybody waits until served (Erlang C, M/M/n).

    P(wait) = B / (1 - r (1 - B)) with r = arrival_rate / (agents x service_rate), B = Erlang B;
    E[wait] = P(wait) / s with the spare capacity s = agents x service_rate - arrival_rate;
    P(wait <= T) = 1 - P(wait) exp(-s T).

    Parameters
    ----------
    arrival_rate : contacts per unit of time.
    service_rate : 1 / mean handling time.
    agents : number of agents.
    target : T, the longest wait that counts as in time; None leaves the service level out.

    Raises ValueError when the load reaches the agents' capacity. Source: Erlang 1917.

    >>> round(erlang_c(100, 20, 6, target=1 / 180).p_wait, 4)
    0.5875
    """
    require_queue("erlang_c", arrival_rate, service_rate, agents, 0.0, target)
    load = arrival_rate / service_rate
    occupancy = load / agents
    require_stable("erlang_c", occupancy, "agents")
    blocked = erlang_b(agents, load)
    p_wait = blocked / (1 - occupancy * (1 - blocked))
    spare = agents * service_rate - arrival_rate
    wait = p_wait / spare
    level = None if target is None else 1 - p_wait * math.exp(-spare * target)
    return queue_figures(arrival_rate, service_rate, agents, p_wait, wait, wait, 0.0, level)


def erlang_a(
    arrival_rate: float, service_rate: float, agents: int, patience_rate: float, target: float | None = None
) -> QueueFigures:
    """Figures of the queue with exponential patience (Erlang A, M/M/n+M).

    Birth and death: with k in the system the death rate is min(k, n) mu + (k - n)+ theta, and
    P(abandon) = theta E[queue] / lambda. A customer who arrives behind j others is served, if patience lasts,
    after a sum of exponentials of rates n mu + i theta, i = 0..j: see `served_by_position`.

    Parameters
    ----------
    arrival_rate : lambda, contacts per unit of time.
    service_rate : mu = 1 / mean handling time.
    agents : n.
    patience_rate : theta = 1 / mean patience; 0 is Erlang C, infinity is Erlang B.
    target : the longest wait that counts as in time; the service level is P(served within target | offered).

    Source: Palm 1946; Garnett, Mandelbaum & Reiman 2002, Manufacturing & Service Operations Management 4(3).

    >>> round(100 * erlang_a(48, 1, 50, 1 / 2).abandonment, 1)
    3.1
    """
    finite_rate = 0.0 if patience_rate == math.inf else patience_rate
    require_queue("erlang_a", arrival_rate, service_rate, agents, finite_rate, target)
    if patience_rate == 0:
        return erlang_c(arrival_rate, service_rate, agents, target)
    if math.isinf(patience_rate):
        return _nobody_waits(arrival_rate, service_rate, agents, target)
    shares = _queue_shares(arrival_rate, service_rate, agents, patience_rate)
    position = np.arange(len(shares))
    mean_queue = float(shares @ position)
    served, wait, in_time = served_by_position(position, agents * service_rate, patience_rate, target)
    p_wait = float(shares.sum())
    abandonment = patience_rate * mean_queue / arrival_rate
    asa = float(shares @ (served * wait)) / (1 - abandonment)
    level = None if in_time is None else share_in_time(p_wait, float(shares @ in_time))
    return queue_figures(arrival_rate, service_rate, agents, p_wait, mean_queue / arrival_rate, asa, abandonment, level)


def served_by_position(
    position: NDArray, capacity: float, patience_rate: float, target: float | None = None
) -> tuple[NDArray, NDArray, NDArray | None]:
    """Chance of service, and wait, of a customer who joins behind `position` others while all agents are busy.

    The offered wait V is a sum of exponentials of rates capacity + i theta, i = 0..j, the spacings of an
    ordered sample, so that exp(-theta V) is Beta(c, j + 1) with c = capacity / theta. Hence
    P(served) = c / (c + j + 1), E[V | served] = sum over i = 1..j+1 of 1 / (capacity + i theta) and
    P(served within T) = P(served) I(1 - exp(-theta T); j + 1, c + 1), I the regularised incomplete beta.
    With endless patience V is a sum of j + 1 exponentials of rate `capacity`.

    Parameters
    ----------
    position : j, array of any length m, from 0.
    capacity : agents x service rate.
    patience_rate : theta, finite, 0 for endless patience.
    target : T, or None.

    Returns
    -------
    Arrays of length m: P(served), E[wait | served], P(served within target) or None.

    Source: the waits of Palm 1957 and Riordan 1962, Stochastic Service Systems, restated.
    """
    step = np.arange(1, int(position.max(initial=0)) + 2)
    wait = np.cumsum(1 / (capacity + patience_rate * step))[position]
    served = capacity / (capacity + patience_rate * (position + 1))
    if target is None:
        return served, wait, None
    if patience_rate == 0:
        return served, wait, scipy.special.gammainc(position + 1, capacity * target)
    lost_by_target = -math.expm1(-patience_rate * target)
    return served, wait, served * scipy.special.betainc(position + 1, capacity / patience_rate + 1, lost_by_target)


def mg1(arrival_rate: float, mean_handling: float, squared_cv: float) -> QueueFigures:
    """Figures of one agent with any distribution of handling times and endless patience (M/G/1, Pollaczek & Khinchine).

    E[wait] = r / (1 - r) x mean_handling x (1 + squared_cv) / 2 with r = arrival_rate x mean_handling.

    Parameters
    ----------
    arrival_rate : contacts per unit of time.
    mean_handling : mean handling time.
    squared_cv : variance of the handling time / its squared mean: 0 constant, 1 exponential.

    The service level is None: it depends on the whole distribution of handling times.
    Raises ValueError when r reaches 1.
    """
    require_positive("mg1", "arrival_rate", arrival_rate)
    require_positive("mg1", "mean_handling", mean_handling)
    require_not_negative("mg1", "squared_cv", squared_cv)
    occupancy = arrival_rate * mean_handling
    require_stable("mg1", occupancy, "agents")
    wait = occupancy / (1 - occupancy) * mean_handling * (1 + squared_cv) / 2
    return queue_figures(arrival_rate, 1 / mean_handling, 1, occupancy, wait, wait, 0.0, None)


def mg1_priorities(
    arrival_rates: Sequence[float], mean_handlings: Sequence[float], squared_cvs: Sequence[float]
) -> PriorityFigures:
    """Mean wait of each class with one agent and non-preemptive priorities (Cobham).

    E[wait of class k] = W0 / ((1 - s(k-1)) (1 - s(k))) with W0 = sum over all classes of
    arrival_rate x E[handling^2] / 2 and s(k) = load of classes 1..k.

    Parameters
    ----------
    arrival_rates, mean_handlings, squared_cvs : one number per class, the most urgent first; units as in `mg1`.

    Source: Cobham 1954, Operations Research 2(1). Raises ValueError when the total load reaches 1.
    """
    rates, means, cvs = _classes("mg1_priorities", arrival_rates, mean_handlings, squared_cvs)
    loads = rates * means
    require_stable("mg1_priorities", float(loads.sum()), "agents")
    residual = float((loads * means * (1 + cvs)).sum()) / 2
    return _priority_figures(residual, loads, rates, p_wait=float(loads.sum()))


def mmn_priorities(arrival_rates: Sequence[float], service_rate: float, agents: int) -> PriorityFigures:
    """Mean wait of each class with n agents, non-preemptive priorities and the same exponential handling time.

    E[wait of class k] = C / (n mu) / ((1 - s(k-1)) (1 - s(k))) with C = Erlang C of all classes and
    s(k) = load of classes 1..k as a share of the n agents.

    Parameters
    ----------
    arrival_rates : contacts per unit of time, one number per class, the most urgent first.
    service_rate : mu, the same for all classes.
    agents : n.

    Source: Cobham 1954; Davis 1966; Kella & Yechiali 1985. Raises ValueError when the load reaches capacity.
    """
    rates = np.asarray(arrival_rates, dtype=float)
    for rate in rates:
        require_positive("mmn_priorities", "arrival_rates", float(rate))
    p_wait = erlang_c(float(rates.sum()), service_rate, agents).p_wait
    capacity = agents * service_rate
    return _priority_figures(p_wait / capacity, rates / capacity, rates, p_wait)


def queue_figures(
    arrival_rate: float,
    service_rate: float,
    agents: int,
    p_wait: float,
    wait: float,
    asa: float,
    abandonment: float,
    level: float | None,
) -> QueueFigures:
    """Complete the figures by Little's law; `level` is the service level."""
    queue = arrival_rate * wait
    busy = arrival_rate * (1 - abandonment) / service_rate
    return QueueFigures(
        p_wait=p_wait,
        mean_wait=wait,
        asa=asa,
        abandonment=abandonment,
        service_level=level,
        mean_queue=queue,
        occupancy=busy / agents,
        mean_in_system=queue + busy,
        mean_time_in_system=(queue + busy) / arrival_rate,
    )


def share_in_time(p_wait: float, waited_in_time: float) -> float:
    """Share served within the target: those who need not wait and those who wait shorter."""
    return min(1.0, max(0.0, 1 - p_wait + waited_in_time))


def _nobody_waits(arrival_rate: float, service_rate: float, agents: int, target: float | None) -> QueueFigures:
    blocked = erlang_b(agents, arrival_rate / service_rate)
    level = None if target is None else 1 - blocked
    return queue_figures(arrival_rate, service_rate, agents, blocked, 0.0, 0.0, blocked, level)


def _queue_shares(arrival_rate: float, service_rate: float, agents: int, patience_rate: float) -> NDArray:
    """P(all agents busy and j waiting), j = 0, 1, ... until the terms vanish.

    Weights are relative to the state "all busy, none waiting" and kept as logarithms: 1 / B is the weight of
    that state and all below, which overflows for large idle centres; those of the queue do for crowded ones.
    """
    logs = _queue_logs(arrival_rate, agents * service_rate, patience_rate)
    top = float(logs.max())
    blocked = erlang_b(agents, arrival_rate / service_rate)
    below = math.inf if blocked == 0 else math.exp(-top) / blocked
    weights = np.exp(logs - top)
    return weights / (below + weights[1:].sum())


def _queue_logs(arrival_rate: float, capacity: float, patience_rate: float) -> NDArray:
    """Logarithm of P(j waiting) / P(none waiting, all busy), until it is negligible."""
    length = FIRST_LENGTH
    while length <= LAST_LENGTH:
        steps = math.log(arrival_rate) - np.log(capacity + patience_rate * np.arange(1, length))
        logs = np.concatenate(([0.0], np.cumsum(steps)))
        if steps[-1] < 0 and logs[-1] < logs.max() - NEGLIGIBLE_LOG:
            return logs
        length *= 2
    raise ValueError(
        f"erlang_a: the queue holds more than {LAST_LENGTH} customers at patience_rate {patience_rate!r} and "
        "this load; give shorter patience, more agents or fewer arrivals"
    )


def _classes(where: str, *columns: Sequence[float]) -> tuple[NDArray, NDArray, NDArray]:
    rates, means, cvs = (np.asarray(column, dtype=float) for column in columns)
    if not rates.shape == means.shape == cvs.shape or rates.ndim != 1 or rates.size == 0:
        raise ValueError(f"{where}: the lists are empty or differ in length; give one number per class in each")
    for name, column in (("arrival_rates", rates), ("mean_handlings", means)):
        for value in column:
            require_positive(where, name, float(value))
    for value in cvs:
        require_not_negative(where, "squared_cvs", float(value))
    return rates, means, cvs


def _priority_figures(residual: float, loads: NDArray, rates: NDArray, p_wait: float) -> PriorityFigures:
    urgent = np.concatenate(([0.0], np.cumsum(loads)))
    waits = residual / ((1 - urgent[:-1]) * (1 - urgent[1:]))
    return PriorityFigures(
        p_wait=p_wait,
        mean_waits=tuple(float(wait) for wait in waits),
        mean_wait=float(rates @ waits / rates.sum()),
        occupancy=float(loads.sum()),
    )
