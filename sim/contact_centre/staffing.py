"""The fewest agents that meet a target, found by simulation, starting from a formula's answer."""

import math
import re
from collections.abc import Callable
from dataclasses import replace

from sim import theory
from sim.contact_centre.arguments import QueueError, number
from sim.contact_centre.centre import MOST_AGENTS, Centre, check_load, offered_load
from sim.contact_centre.result import QueueResult, Staffing, met
from sim.model.clock import HUNDRED, MINUTE, SECOND

TARGET = re.compile(r"\s*([\d.]+)\s*%?\s*/\s*([\d.]+)\s*s?\s*")
# Steps of one near the estimate, then doubling; and the number of steps after which the search gives up.
DOUBLING_FROM = 3
MOST_STEPS = 24

Simulate = Callable[[Centre], QueueResult]


def read_target(text: object) -> tuple[float, float]:
    """Read ``"80/20"``: the share (0-1) and the seconds.

    >>> read_target("80/20")
    (0.8, 20.0)
    """
    found = TARGET.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise QueueError(f'target is {text!r}; write percent and seconds, such as "80/20" for 80 % within 20 s.')
    share, seconds = (
        number("target, its percentage", found.group(1)) / HUNDRED,
        number("target", found.group(2)),
    )
    if not 0 < share < 1:
        raise QueueError(f'target is {text!r}; its percentage must lie between 0 and 100, such as "80/20".')
    return share, seconds


def fewest_agents(
    centre: Centre, share: float, seconds: float, max_abandon: float | None, simulate: Simulate
) -> QueueResult:
    """Return the result with the fewest agents that meet the target; its ``staffing`` has one agent fewer and more too.

    Parameters
    ----------
    centre : its number of agents is ignored.
    share, seconds : at least this share answered within this many seconds, averaged over replications.
    max_abandon : the largest share that may abandon, or None.
    simulate : runs a centre; the same random numbers every time.
    """
    results: dict[int, QueueResult] = {}

    def good(agents: int) -> bool:
        if not stable(centre.with_agents(agents)):
            return False
        if agents not in results:
            results[agents] = simulate(centre.with_agents(agents))
        return met(results[agents], share, max_abandon)

    least = _search(good, max(estimate(centre, share, seconds, max_abandon), 1))
    good(least + 1)
    if least > 1:
        good(least - 1)
    shown = {agents: found for agents, found in results.items() if abs(agents - least) <= 1}
    staffing = Staffing(share, seconds, max_abandon, least, shown)
    return replace(results[least], staffing=staffing)


def stable(centre: Centre) -> bool:
    """Whether the queues of a centre stay finite."""
    try:
        check_load(centre)
    except QueueError:
        return False
    return True


def estimate(centre: Centre, share: float, seconds: float, max_abandon: float | None) -> int:
    """Fewest agents by Erlang A or C at mean rate, handling and patience, from which the search starts."""
    rate = sum(centre.rates())
    load = offered_load(centre)
    patience = min(kind.patience.mean for kind in centre.classes)
    patience_rate = 0.0 if math.isinf(patience) else math.inf if patience == 0 else 1 / patience
    target = seconds * SECOND / MINUTE
    agents = max(1, math.floor(load) + 1 if patience_rate == 0 else 1)
    while True:
        found = theory.erlang_a(rate, rate / load, agents, patience_rate, target)
        enough = (found.service_level or 0.0) >= share
        if enough and (max_abandon is None or found.abandonment <= max_abandon):
            return agents
        if agents >= MOST_AGENTS:
            raise QueueError(f"not even {MOST_AGENTS:,} agents meet the target; give fewer calls or a lower target.")
        agents += 1


def _search(good: Callable[[int], bool], start: int) -> int:
    """Smallest number that is good, if all larger ones are: gallop from ``start``, then bisect."""
    low, high = _bracket(good, start)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if good(middle) else (middle, high)
    return high


def _bracket(good: Callable[[int], bool], start: int) -> tuple[int, int]:
    """Return a number that is not good (or 0) and one that is."""
    up = not good(start)
    low, high, step = start, start, 1
    for tries in range(MOST_STEPS):
        if up:
            low, high = high, high + step
            if good(high):
                return low, high
        else:
            low, high = max(low - step, 0), low
            if low == 0 or not good(low):
                return low, high
        step *= 2 if tries >= DOUBLING_FROM else 1
    raise QueueError(f"no number of agents up to {high} meets the target; give a lower target or a higher max_abandon.")
