"""What hearing does to a listener."""


def heard_after(heard: float, good: bool, up: float, down: float, weight: float) -> float:
    """Standing opinion (in [-1, 1]) after hearing good or bad: a saturating shift (East, Hammond and Lomax 2008).

    up, down: shift of a neutral listener; weight: strangers and people of habit count less.

    >>> heard_after(0.0, True, 0.2, 0.1, 1.0), heard_after(0.0, False, 0.2, 0.1, 0.5)
    (0.2, -0.05)
    """
    if good:
        return heard + up * weight * (1.0 - heard)
    return heard - down * weight * (1.0 + heard)


def heard_weight(habit: float, damping: float, stranger: bool, stranger_weight: float) -> float:
    """Weight of what is heard: damped by the listener's habit, less from a stranger.

    >>> heard_weight(1.0, 0.75, False, 0.3)
    0.25
    """
    weight = 1.0 - damping * habit
    return weight * stranger_weight if stranger else weight
