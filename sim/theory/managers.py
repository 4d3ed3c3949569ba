"""Agents who need a manager's decision, by hold or by transfer, solved exactly as Markov chains.

Arrivals are Poisson; handling, decisions and patience are exponential; queues are first come first served.
Rates are per unit of time of the caller's choice; all times returned are in that unit. The cost grows with
agents x queue: a hundred thousand states take a second or two.
"""

import math
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.theory.arguments import require_count, require_positive, require_queue, require_share, require_stable
from sim.theory.figures import HoldFigures, QueueFigures, TransferFigures
from sim.theory.markov import FIRST_ROOM, Move, generator, settle, stationary
from sim.theory.queues import erlang_a, served_by_position, share_in_time


def hold_for_manager(
    arrival_rate: float,
    service_rate: float,
    agents: int,
    p_manager: float,
    managers: int,
    decision_rate: float,
    patience_rate: float = 0.0,
    target: float | None = None,
) -> HoldFigures:
    """Figures when agents keep the customer on the line and queue for a manager, first come first served.

    State: (customers in the system k, agents in the manager stage h <= min(k, n)). Rates:
    lambda to (k + 1, h); (min(k, n) - h) mu p to (k, h + 1);
    (min(k, n) - h) mu (1 - p) + (k - n)+ theta to (k - 1, h); min(h, m) nu to (k - 1, h - 1).
    The wait of the served and the service level follow a tagged customer.

    Parameters
    ----------
    arrival_rate : lambda, contacts per unit of time.
    service_rate : mu = 1 / mean handling time before the manager is asked.
    agents : n.
    p_manager : p, share of contacts that need a manager's decision.
    managers : m.
    decision_rate : nu = 1 / mean time of a decision, during which agent and manager are both taken.
    patience_rate : theta = 1 / mean patience in the agents' queue, finite; 0 for endless patience.
        Nobody abandons on hold.
    target : longest wait for an agent that counts as in time.

    Raises ValueError when nobody abandons and the agents, slowed by waiting for managers, cannot keep up.
    """
    where = "hold_for_manager"
    require_queue(where, arrival_rate, service_rate, agents, patience_rate, target)
    _require_managers(where, p_manager, managers, decision_rate)
    centre = _HoldCentre(arrival_rate, service_rate, agents, p_manager, managers, decision_rate, patience_rate)
    if patience_rate == 0:
        require_stable(where, arrival_rate / _hold_capacity(centre), "agents or managers")
    shares = settle(where, centre.solve, (agents + FIRST_ROOM, managers + FIRST_ROOM), (math.inf, agents + 1))
    return _hold_figures(centre, shares, target)


def hold_capacity(service_rate: float, agents: int, p_manager: float, managers: int, decision_rate: float) -> float:
    """Contacts that the agents of `hold_for_manager` finish per unit of time when customers never run out.

    With endless patience the arrival rate must stay below it. It holds for any distribution of handling times
    (machine repair: only the managers form a queue). Arguments as in `hold_for_manager`.

    >>> round(hold_capacity(1.0, 10, 0.0, 1, 1.0), 6)
    10.0
    """
    where = "hold_capacity"
    require_positive(where, "service_rate", service_rate)
    require_count(where, "agents", agents)
    _require_managers(where, p_manager, managers, decision_rate)
    return _hold_capacity(_HoldCentre(0.0, service_rate, agents, p_manager, managers, decision_rate, 0.0))


def transfer_to_second_tier(
    arrival_rate: float,
    service_rate: float,
    agents: int,
    p_transfer: float,
    managers: int,
    decision_rate: float,
    patience_rate: float = 0.0,
    target: float | None = None,
) -> TransferFigures:
    """Figures when agents transfer a customer, who queues again for a manager, and are free at once.

    State: (k at the agents, j at the managers). Rates: lambda to (k + 1, j);
    min(k, n) mu p to (k - 1, j + 1); min(k, n) mu (1 - p) + (k - n)+ theta to (k - 1, j);
    min(j, m) nu to (k, j - 1).
    The agents' own queue is Erlang A; its transfers are Poisson only without abandonment, and then both tiers
    are Erlang C (Jackson 1957).

    Parameters
    ----------
    arrival_rate : lambda, contacts per unit of time.
    service_rate : mu = 1 / mean handling time with an agent.
    agents : n.
    p_transfer : p, share of contacts that are transferred.
    managers : m.
    decision_rate : nu = 1 / mean handling time with a manager.
    patience_rate : theta = 1 / mean patience in the agents' queue, finite; 0 for endless patience. Nobody
        abandons in the managers' queue.
    target : longest wait that counts as in time, in each tier's own queue.

    Raises ValueError when a tier without abandonment cannot keep up.
    """
    where = "transfer_to_second_tier"
    require_queue(where, arrival_rate, service_rate, agents, patience_rate, target)
    _require_managers(where, p_transfer, managers, decision_rate)
    first = erlang_a(arrival_rate, service_rate, agents, patience_rate, target)
    passed_on = arrival_rate * (1 - first.abandonment) * p_transfer
    require_stable(where, passed_on / (managers * decision_rate), "managers")

    def solve(room: int, second_room: int) -> NDArray:
        k, j = np.indices((room, second_room))
        busy = np.minimum(k, agents)
        leave = busy * service_rate * (1 - p_transfer) + (k - busy) * patience_rate
        moves = [
            Move(np.full(k.shape, arrival_rate), (1, 0)),
            Move(busy * service_rate * p_transfer, (-1, 1)),
            Move(leave, (-1, 0)),
            Move(np.minimum(j, managers) * decision_rate, (0, -1)),
        ]
        return stationary(moves, np.full(k.shape, True))

    shares = settle(where, solve, (agents + FIRST_ROOM, managers + FIRST_ROOM), (math.inf, math.inf))
    second = _second_tier(shares, agents, managers, decision_rate, passed_on, target)
    in_system = first.mean_in_system + second.mean_in_system
    return TransferFigures(
        first=first, second=second, mean_in_system=in_system, mean_time_in_system=in_system / arrival_rate
    )


class _HoldCentre(NamedTuple):
    """The arguments of `hold_for_manager`, and the rates that follow from them."""

    arrival_rate: float
    service_rate: float
    agents: int
    p_manager: float
    managers: int
    decision_rate: float
    patience_rate: float

    def ask(self, busy: NDArray, held: NDArray) -> NDArray:
        """Rate at which agents turn to the managers."""
        return (busy - held) * self.service_rate * self.p_manager

    def finish(self, busy: NDArray, held: NDArray) -> NDArray:
        """Rate at which agents finish without a manager."""
        return (busy - held) * self.service_rate * (1 - self.p_manager)

    def decide(self, held: NDArray) -> NDArray:
        """Rate of decisions, each of which frees an agent."""
        return np.minimum(held, self.managers) * self.decision_rate

    def solve(self, room: int, stages: int) -> NDArray:
        """Long-run shares of states (in system, in manager stage), array (room, stages)."""
        k, held = np.indices((room, stages))
        busy = np.minimum(k, self.agents)
        allowed = held <= busy
        moves = [
            Move(np.full(k.shape, self.arrival_rate), (1, 0)),
            Move(self.ask(busy, held), (0, 1)),
            Move(self.finish(busy, held) + (k - busy) * self.patience_rate, (-1, 0)),
            Move(self.decide(held), (-1, -1)),
        ]
        return stationary(moves, allowed)


def _hold_capacity(centre: _HoldCentre) -> float:
    """Contacts per unit of time that the agents finish when customers never run out (machine repair)."""
    held = np.arange(centre.agents + 1)
    busy = np.full(held.shape, centre.agents)
    up, down = centre.ask(busy, held), centre.decide(held)
    with np.errstate(divide="ignore"):
        logs = np.concatenate(([0.0], np.cumsum(np.log(up[:-1]) - np.log(down[1:]))))
    share = scipy.special.softmax(logs)
    return float(share @ (centre.finish(busy, held) + down))


def _hold_figures(centre: _HoldCentre, shares: NDArray, target: float | None) -> HoldFigures:
    k, held = np.indices(shares.shape)
    busy = np.minimum(k, centre.agents)
    queue, taken = float((shares * (k - busy)).sum()), float((shares * busy).sum())
    deciding = float((shares * np.minimum(held, centre.managers)).sum())
    # Poisson arrivals see the long-run shares; row j of `met` is an arrival that finds j waiting.
    met = shares[centre.agents :]
    waited, in_time = _tagged(centre, met.shape, target)
    wait, p_wait = queue / centre.arrival_rate, float(met.sum())
    abandonment = centre.patience_rate * wait
    return HoldFigures(
        p_wait=p_wait,
        mean_wait=wait,
        asa=float((met * waited).sum()) / (1 - abandonment),
        abandonment=abandonment,
        service_level=None if in_time is None else share_in_time(p_wait, float((met * in_time).sum())),
        mean_queue=queue,
        occupancy=taken / centre.agents,
        mean_in_system=queue + taken,
        mean_time_in_system=(queue + taken) / centre.arrival_rate,
        manager_occupancy=deciding / centre.managers,
        agents_on_hold=float((shares * held).sum()) - deciding,
    )


def _tagged(centre: _HoldCentre, room: tuple[int, ...], target: float | None) -> tuple[NDArray, NDArray | None]:
    """E[wait; served] and P(served within target) of a customer who joins behind j, with h agents held.

    With A the generator of (j, h) until served or gone and s the rates into service: P(served) = -A^-1 s,
    E[wait; served] = A^-2 s, P(served within T) = P(served) - exp(A T) P(served). Arrays of shape `room`.
    """
    ahead, held = np.indices(room)
    busy = np.full(ahead.shape, centre.agents)
    finish, decide = centre.finish(busy, held), centre.decide(held)
    moves = [
        Move(centre.ask(busy, held), (0, 1)),
        Move(finish + ahead * centre.patience_rate, (-1, 0)),
        Move(decide, (-1, -1)),
    ]
    rates = generator(moves, np.full(ahead.shape, True))
    into_service = np.where(ahead == 0, finish + decide, 0.0).ravel()
    off = scipy.sparse.diags_array(into_service + centre.patience_rate)
    rates = (rates - off).tocsc()
    factors = scipy.sparse.linalg.splu(rates)
    served = -factors.solve(into_service)
    waited = -factors.solve(served)
    in_time = None
    if target is not None:
        in_time = (served - scipy.sparse.linalg.expm_multiply(rates * target, served)).reshape(ahead.shape)
    return waited.reshape(ahead.shape), in_time


def _second_tier(
    shares: NDArray, agents: int, managers: int, decision_rate: float, passed_on: float, target: float | None
) -> QueueFigures:
    """Figures per transferred customer; each state has the weight of its rate of transfers."""
    k, j = np.indices(shares.shape)
    met = (shares * np.minimum(k, agents)).sum(axis=0)
    met = met / met.sum() if passed_on > 0 else shares.sum(axis=0)
    waiting = met[managers:]
    _, wait_at, in_time = served_by_position(np.arange(len(waiting)), managers * decision_rate, 0.0, target)
    wait, p_wait = float(waiting @ wait_at), float(waiting.sum())
    queue, busy = (
        float((shares * np.maximum(j - managers, 0)).sum()),
        float((shares * np.minimum(j, managers)).sum()),
    )
    return QueueFigures(
        p_wait=p_wait,
        mean_wait=wait,
        asa=wait,
        abandonment=0.0,
        service_level=None if in_time is None else share_in_time(p_wait, float(waiting @ in_time)),
        mean_queue=queue,
        occupancy=busy / managers,
        mean_in_system=queue + busy,
        mean_time_in_system=wait + 1 / decision_rate,
    )


def _require_managers(where: str, share: float, managers: int, decision_rate: float) -> None:
    require_share(where, "the share that needs a manager", share)
    require_count(where, "managers", managers)
    require_positive(where, "decision_rate", decision_rate)
