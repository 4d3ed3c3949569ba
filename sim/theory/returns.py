"""Customers who come back, solved exactly: redials after abandonment, returns of unresolved contacts.

Arrivals are Poisson; handling, patience and delays are exponential. Those who are away and will come back are
"in orbit". Rates are per unit of time of the caller's choice; all times returned are in that unit.
The cost grows with queue x orbit: a hundred thousand states take a second or two.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.theory.arguments import require_positive, require_queue, require_share, require_stable
from sim.theory.figures import OrbitFigures
from sim.theory.markov import FIRST_ROOM, Move, settle, stationary
from sim.theory.queues import erlang_c, served_by_position, share_in_time


def redial(
    arrival_rate: float,
    service_rate: float,
    agents: int,
    patience_rate: float,
    p_redial: float,
    redial_rate: float,
    target: float | None = None,
) -> OrbitFigures:
    """Figures of Erlang A when a share of those who abandon redial after an exponential delay.

    State: (k in the system, r away). Rates: lambda to (k + 1, r); r delta to (k + 1, r - 1);
    min(k, n) mu + (k - n)+ theta (1 - p) to (k - 1, r); (k - n)+ theta p to (k - 1, r + 1).
    Returning customers do not see the long-run shares of states: P(wait) weights each state by its rate of
    contacts, lambda + r delta.

    Parameters
    ----------
    arrival_rate : lambda, first contacts per unit of time.
    service_rate : mu = 1 / mean handling time.
    agents : n.
    patience_rate : theta = 1 / mean patience, above 0.
    p_redial : p, chance that a customer who abandons redials, each time.
    redial_rate : delta = 1 / mean delay before redialling.
    target : longest wait that counts as in time; the service level is over contacts, not issues.

    Source: Falin & Templeton 1997, Retrial Queues; with abandonment Mandelbaum, Massey, Reiman, Stolyar &
    Rider 2002, Telecommunication Systems 21.
    """
    where = "redial"
    require_queue(where, arrival_rate, service_rate, agents, patience_rate, target)
    require_positive(where, "patience_rate", patience_rate)
    require_share(where, "p_redial", p_redial)
    require_positive(where, "redial_rate", redial_rate)
    if p_redial == 1:
        require_stable(where, arrival_rate / (agents * service_rate), "agents")
    orbit = _Orbit(arrival_rate, service_rate, agents, patience_rate, p_redial, 0.0, redial_rate)
    return _orbit_figures(where, orbit, target)


def return_of_unresolved(
    arrival_rate: float,
    service_rate: float,
    agents: int,
    p_return: float,
    return_rate: float,
    patience_rate: float = 0.0,
    target: float | None = None,
) -> OrbitFigures:
    """Figures when a share of those served come back, unresolved, after an exponential delay.

    With endless patience the network has product form: the queue is Erlang C at arrival_rate / (1 - p), the
    orbit is Poisson with mean arrival_rate p / (1 - p) / delta, and returning contacts see the same queue
    (Jackson 1957). With abandonment (for good) a chain as in `redial` is solved, with min(k, n) mu p
    leading to (k - 1, r + 1).

    Parameters
    ----------
    arrival_rate : first contacts per unit of time.
    service_rate : 1 / mean handling time.
    agents : number of agents.
    p_return : p, chance that a contact leaves the issue unresolved and the customer comes back, below 1.
    return_rate : delta = 1 / mean delay before coming back.
    patience_rate : 1 / mean patience; 0 for endless patience.
    target : longest wait that counts as in time.
    """
    where = "return_of_unresolved"
    require_queue(where, arrival_rate, service_rate, agents, patience_rate, target)
    require_share(where, "p_return", p_return)
    require_positive(where, "return_rate", return_rate)
    if p_return == 1:
        raise ValueError(f"{where}: p_return is 1, so no issue ever ends; give a share below 1")
    if patience_rate > 0:
        orbit = _Orbit(arrival_rate, service_rate, agents, patience_rate, 0.0, p_return, return_rate)
        return _orbit_figures(where, orbit, target)
    contacts = arrival_rate / (1 - p_return)
    queue = erlang_c(contacts, service_rate, agents, target)
    away = contacts * p_return / return_rate
    return OrbitFigures(**vars(queue), mean_orbit=away, contacts_per_issue=1 / (1 - p_return), p_lost=0.0)


class _Orbit(NamedTuple):
    """A centre with abandonment in which those who abandon, or those served, come back with a fixed chance."""

    arrival_rate: float
    service_rate: float
    agents: int
    patience_rate: float
    p_redial: float
    p_return: float
    delay_rate: float

    def solve(self, room: int, orbit_room: int) -> NDArray:
        """Long-run shares of states (in system, away), array (room, orbit_room)."""
        k, away = np.indices((room, orbit_room))
        busy = np.minimum(k, self.agents)
        served, lost = busy * self.service_rate, (k - busy) * self.patience_rate
        comes_back = served * self.p_return + lost * self.p_redial
        moves = [
            Move(np.full(k.shape, self.arrival_rate), (1, 0)),
            Move(away * self.delay_rate, (1, -1)),
            Move(comes_back, (-1, 1)),
            Move(served + lost - comes_back, (-1, 0)),
        ]
        return stationary(moves, np.full(k.shape, True))


def _orbit_figures(where: str, orbit: _Orbit, target: float | None) -> OrbitFigures:
    shares = settle(where, orbit.solve, (orbit.agents + FIRST_ROOM, FIRST_ROOM), (math.inf, math.inf))
    k, away = np.indices(shares.shape)
    busy = np.minimum(k, orbit.agents)
    queue, taken, mean_orbit = (float((shares * count).sum()) for count in (k - busy, busy, away))
    contacts = orbit.arrival_rate + orbit.delay_rate * mean_orbit
    # A contact, first or not, meets the states in proportion to the rate of contacts in them.
    met = (shares * (orbit.arrival_rate + orbit.delay_rate * away)).sum(axis=1)[orbit.agents :] / contacts
    capacity = orbit.agents * orbit.service_rate
    served, wait, in_time = served_by_position(np.arange(len(met)), capacity, orbit.patience_rate, target)
    p_wait, abandonment = float(met.sum()), orbit.patience_rate * queue / contacts
    return OrbitFigures(
        p_wait=p_wait,
        mean_wait=queue / contacts,
        asa=float(met @ (served * wait)) / (1 - abandonment),
        abandonment=abandonment,
        service_level=None if in_time is None else share_in_time(p_wait, float(met @ in_time)),
        mean_queue=queue,
        occupancy=taken / orbit.agents,
        mean_in_system=queue + taken,
        mean_time_in_system=(queue + taken) / contacts,
        mean_orbit=mean_orbit,
        contacts_per_issue=contacts / orbit.arrival_rate,
        p_lost=abandonment * contacts * (1 - orbit.p_redial) / orbit.arrival_rate,
    )
