"""Sharing an effect among the channels that it passes through.

``values`` says what the effect v(S) is when only a coalition S of channels is open. Opening the channels one after the
other, in some order, gives each of them v(S and it) - v(S), S being what was open before. A channel's share is the mean
of that over all orders, its Shapley value: the shares and v(none open) add up to v(all open), exactly; a channel that
never changes anything has no share, and two that always do the same have the same share. With few orders in place of
all, it still adds up, and the shares are right on average.

Sources: L. S. Shapley (1953), A value for n-person games, in Contributions to the Theory of Games II; J. Castro,
D. Gómez and J. Tejada (2009), Computers & Operations Research 36, 1726-1730 (sampled orders); R. Mitchell, J. Cooper,
E. Frank and G. Holmes (2022), Journal of Machine Learning Research 23, 1-46 (an order together with its reverse).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np

Coalition = frozenset[str]
Order = tuple[str, ...]
Values = Mapping[Coalition, float]

NAME = b"orders of an explanation"
"""Name of the stream that orders are drawn from."""


def coalitions(channels: Sequence[str]) -> list[Coalition]:
    """Return every set of open channels, from none to all.

    >>> [sorted(coalition) for coalition in coalitions(["wait", "staff"])]
    [[], ['wait'], ['staff'], ['staff', 'wait']]
    """
    return [frozenset(some) for size in range(len(channels) + 1) for some in combinations(channels, size)]


def met(orders: Iterable[Order]) -> list[Coalition]:
    """Return the coalitions met while channels are opened in these orders, each once."""
    return list(dict.fromkeys(frozenset(order[:k]) for order in orders for k in range(len(order) + 1)))


def draw_orders(channels: Sequence[str], count: int, seed: int, replication: int) -> list[Order]:
    """Draw so many orders for a replication, each followed by its reverse, whose errors tend to cancel its own."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, replication, *NAME]))
    orders: list[Order] = []
    while len(orders) < count:
        order = tuple(channels[k] for k in rng.permutation(len(channels)))
        orders += [order, order[::-1]]
    return orders[:count]


def shares(channels: Sequence[str], values: Values, orders: Sequence[Order] = ()) -> dict[str, float]:
    """Return each channel's share, in the unit of the values.

    Parameters
    ----------
    values : the effect of every coalition, or of those that `met` names when orders are given.
    orders : opened in these only; in all of them unless given.

    >>> values = {c: float(len(c) == 2) for c in coalitions(["wait", "staff"])}
    >>> shares(["wait", "staff"], values)
    {'wait': 0.5, 'staff': 0.5}
    """
    if orders:
        return {channel: math.fsum(_gain(channel, o, values) for o in orders) / len(orders) for channel in channels}
    return {channel: math.fsum(_weighted_gains(channel, channels, values)) for channel in channels}


def _gain(channel: str, order: Order, values: Values) -> float:
    before = order[: order.index(channel)]
    return values[frozenset((*before, channel))] - values[frozenset(before)]


def _weighted_gains(channel: str, channels: Sequence[str], values: Values) -> Iterable[float]:
    """Yield a channel's gain on top of each coalition of the others, times the share of orders that begin so."""
    others = [other for other in channels if other != channel]
    for before in coalitions(others):
        ways = len(channels) * math.comb(len(others), len(before))
        yield (values[before | {channel}] - values[before]) / ways
