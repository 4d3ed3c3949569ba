"""What a number of a calibrated company comes to: matched, within chance of it, or missed."""

MATCHED, CHANCE, MISSED = "matched", "within chance", "missed"


def judge(off: float, tolerance: float, within: bool) -> str:
    """Judge a number.

    Parameters
    ----------
    off : what the model misses it by, as a share of it.
    tolerance : the share that it may be off.
    within : whether the interval of the model holds it.

    >>> judge(0.02, 0.05, within=False), judge(-0.2, 0.05, within=True)
    ('matched', 'within chance')
    """
    return MATCHED if abs(off) <= tolerance else CHANCE if within else MISSED
