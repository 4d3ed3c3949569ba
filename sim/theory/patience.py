"""The queue with any distribution of patience, M/M/n+G, by one stable integral."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from sim.theory.arguments import require_not_negative, require_queue
from sim.theory.figures import QueueFigures
from sim.theory.queues import NEGLIGIBLE_LOG, erlang_b, queue_figures, share_in_time

Survival = Callable[[NDArray], NDArray]

# Degree of the polynomial on a panel, and how small its last coefficients are on a panel that is fine enough.
DEGREE, RESOLVED = 16, 1e-13
# A panel this narrow, relative to its position, contains a jump of the survival function and is not split further.
NARROWEST = 1e-14

_POINTS = -np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)
_TO_SERIES = np.linalg.inv(chebyshev.chebvander(_POINTS, DEGREE))
# Row i integrates the interpolated function from -1 to point i.
_INTEGRAL = chebyshev.chebvander(_POINTS, DEGREE + 1) @ chebyshev.chebint(np.eye(DEGREE + 1), lbnd=-1) @ _TO_SERIES


def deterministic_patience(duration: float) -> Survival:
    """Survival function of customers who all hang up after exactly `duration`."""
    require_not_negative("deterministic_patience", "duration", duration)
    return lambda wait: np.where(wait < duration, 1.0, 0.0)


def hyperexponential_patience(shares: Sequence[float], means: Sequence[float]) -> Survival:
    """Survival function of a mix of exponentials: sum of share x exp(-wait / mean); the shares add to 1."""
    weights, rates = np.asarray(shares, dtype=float), 1 / np.asarray(means, dtype=float)
    if weights.shape != rates.shape or not math.isclose(float(weights.sum()), 1):
        raise ValueError(
            "hyperexponential_patience: give one mean for each share, and shares that add to 1; "
            f"got {list(shares)!r} and {list(means)!r}"
        )
    return lambda wait: np.exp(-np.multiply.outer(wait, rates)) @ weights


def mmn_g(
    arrival_rate: float, service_rate: float, agents: int, survival: Survival, target: float | None = None
) -> QueueFigures:
    """Figures of the queue with any distribution of patience (M/M/n+G).

    With H(x) = integral of survival over 0..x, e(x) = exp(lambda H(x) - n mu x), J = integral of e and
    E = 1 / ErlangB(n - 1), the offered wait has density v(x) = lambda e(x) / (E + lambda J) and
    P(wait) = integral of v; P(abandon) = integral of (1 - survival) v; E[wait] = integral of H v;
    P(served within T) = 1 - P(wait) + integral of survival x v over 0..T.
    All terms are positive, so none cancels (in the usual form 1 + (lambda - n mu) J does, when few abandon).

    Parameters
    ----------
    arrival_rate : lambda, contacts per unit of time.
    service_rate : mu = 1 / mean handling time.
    agents : n.
    survival : P(patience > x) for an array of waits x, infinity included; it never rises. Jumps are
        located, at some cost each.
    target : T, the longest wait that counts as in time.

    Raises ValueError when those who never abandon overload the agents by themselves.
    Source: Zeltyn & Mandelbaum 2005, Queueing Systems 51, 361-402; Baccelli & Hebuterne 1981.
    """
    require_queue("mmn_g", arrival_rate, service_rate, agents, 0.0, target)
    _require_enough_abandon(arrival_rate, agents * service_rate, survival)
    panels = list(_panels(arrival_rate, agents * service_rate, survival, target or 0.0))
    wait, width, alive, borne, logs = (np.concatenate(column) for column in zip(*panels, strict=True))
    top = float(logs.max())
    blocked = erlang_b(agents - 1, arrival_rate / service_rate)
    idle = math.inf if blocked == 0 else math.exp(-top) / blocked / arrival_rate
    mass = np.exp(logs - top) * width
    mass = mass / (idle + mass.sum())
    p_wait, abandonment = float(mass.sum()), float(mass @ (1 - alive))
    asa = float(mass @ (wait * alive)) / (1 - abandonment)
    level = None
    if target is not None:
        # By panel, not by point: the last point of a panel may round to just past the target.
        early = np.concatenate([np.full(DEGREE + 1, panel.wait[0] < target) for panel in panels])
        level = share_in_time(p_wait, float(mass @ (alive * early)))
    return queue_figures(arrival_rate, service_rate, agents, p_wait, float(mass @ borne), asa, abandonment, level)


class _Panel(NamedTuple):
    """One stretch of waits, DEGREE + 1 points: wait, weight, survival, H = its integral from 0, and ln e."""

    wait: NDArray
    weight: NDArray
    alive: NDArray
    borne: NDArray
    logs: NDArray


def _require_enough_abandon(arrival_rate: float, capacity: float, survival: Survival) -> None:
    forever = float(survival(np.array([math.inf]))[0])
    if not arrival_rate * forever < capacity:
        raise ValueError(
            f"mmn_g: a share {forever!r} never abandons and alone brings as much work as the agents can do; add "
            "agents, lower the arrival rate, or give a survival function that falls further"
        )


def _panels(arrival_rate: float, capacity: float, survival: Survival, target: float) -> Iterator[_Panel]:
    """Cover the waits that matter by panels that resolve both the survival function and e(x).

    ln e is concave because survival never rises: once it has fallen far below its top the rest is negligible.
    """
    start, borne, log, top, width = 0.0, 0.0, 0.0, 0.0, 1 / capacity
    while True:
        # A panel ends at the target, so that the service level needs no interpolation.
        stretch = min(width, target - start) if start < target else width
        panel = _panel(start, stretch, arrival_rate, capacity, survival)
        if not _resolved(panel) and stretch > NARROWEST * (start + 1 / capacity):
            width = stretch / 2
            continue
        panel = panel._replace(borne=borne + panel.borne, logs=log + panel.logs)
        yield panel
        start = target if stretch == target - start else start + stretch
        borne, log, width = float(panel.borne[-1]), float(panel.logs[-1]), 2 * stretch
        top = max(top, float(panel.logs.max()))
        if arrival_rate * panel.alive[-1] < capacity and log < top - NEGLIGIBLE_LOG:
            return


def _panel(start: float, width: float, arrival_rate: float, capacity: float, survival: Survival) -> _Panel:
    """One panel with H and ln e counted from its own start, which keeps their last digits."""
    half = width / 2
    wait = start + half * (_POINTS + 1)
    alive = np.asarray(survival(wait), dtype=float)
    integral = half * _INTEGRAL
    return _Panel(wait, integral[-1], alive, integral @ alive, integral @ (arrival_rate * alive - capacity))


def _resolved(panel: _Panel) -> bool:
    # A large fall within one panel would underflow to a flat function that looks resolved: refuse it first.
    if np.ptp(panel.logs) > NEGLIGIBLE_LOG:
        return False
    density = np.exp(panel.logs - panel.logs.max())
    series = _TO_SERIES @ np.column_stack((panel.alive, density))
    return bool(np.abs(series[-2:]).max() < RESOLVED)
