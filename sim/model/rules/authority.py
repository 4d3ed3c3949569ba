"""Who decides, and what it costs."""

from sim.model.clock import HUNDRED
from sim.model.rules.chance import HALF


def decides_alone(form: float, amount: float, limit: float, u: float, share: float) -> bool:
    """Whether the agent may decide: up to a money limit (form 0), or for a random share of cases (form 1).

    >>> decides_alone(0.0, 20.0, 25.0, 0.9, 0.1), decides_alone(1.0, 20.0, 25.0, 0.9, 0.1)
    (True, False)
    """
    if form == 0.0:
        return amount <= limit
    return u < share


def paid_by_agent(amount: float, mean: float, trained: float, untrained: float, training: float) -> float:
    """Money an agent grants where a manager would grant ``amount``.

    amount * (1 + g * amount / (amount + mean)) with g = trained + untrained * (1 - training): generosity is small on
    small amounts, g / 2 at an amount of mean size, and g on the largest.

    >>> paid_by_agent(10.0, 10.0, 0.2, 0.25, 1.0)
    11.0
    """
    g = trained + untrained * (1.0 - training)
    return amount * (1.0 + g * amount / (amount + mean))


def hundredths(amount: float) -> int:
    """Money as whole hundredths, rounded half up (amounts are never negative).

    >>> hundredths(12.345)
    1235
    """
    return int(amount * HUNDRED + HALF)
