"""What is done beyond settling a matter, and what it is worth to the customer."""

from sim.model.rules.chance import clipped


def closer(score: float, share: float) -> float:
    """Score that goes a share of the way to the best: score + share * (1 - score).

    >>> closer(0.5, 0.5)
    0.75
    """
    return score + share * (1.0 - score)


def owed(amount: float, level: float, claims: float, argued: float) -> float:
    """Compensation of an issue, of what is usual: amount * level * claims * (1 - argued).

    level: how generous recovery is; claims: more than 1 once a mistake was admitted; argued: share that is withheld
    from somebody with whom one argued.

    >>> owed(40.0, 1.0, 1.0, 0.0), owed(40.0, 1.5, 1.0, 0.5)
    (40.0, 30.0)
    """
    return amount * level * claims * (1.0 - argued)


def fairness(share: float) -> float:
    """What compensation is worth against what is usual: 2 share / (1 + share) - 1, from -1 for none towards 1 for much.

    share: compensation over what is usual. Twice as much is not twice as fair (distributive justice: Tax, Brown and
    Chandrashekaran 1998; Orsingher, Valentini and de Angelis 2010).

    >>> fairness(0.0), fairness(1.0), fairness(3.0)
    (-1.0, 0.0, 0.5)
    """
    return (share + share) / (1.0 + share) - 1.0


def premium_paid(price: float, premium: float, goodwill: float, start: float) -> float:
    """Price that somebody pays: price * (1 + premium * share), the share rising from 0 at ``start`` to 1 at goodwill 1.

    >>> premium_paid(90.0, 0.0, 0.9, 0.5), premium_paid(100.0, 0.5, 0.75, 0.5)
    (90.0, 125.0)
    """
    if goodwill <= start:
        return price
    return price * (1.0 + premium * clipped((goodwill - start) / (1.0 - start)))
