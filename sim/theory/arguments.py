"""Argument checks that the closed forms share: an error says what is wrong, where, and how to fix it."""

import math


def require_positive(where: str, name: str, value: float) -> None:
    """Raise ValueError unless `value` is finite and above 0."""
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{where}: {name} is {value!r}; give a finite number above 0")


def require_not_negative(where: str, name: str, value: float) -> None:
    """Raise ValueError unless `value` is finite and 0 or more."""
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{where}: {name} is {value!r}; give a finite number of 0 or more")


def require_share(where: str, name: str, value: float) -> None:
    """Raise ValueError unless `value` is a share from 0 to 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{where}: {name} is {value!r}; give a share between 0 and 1 (5 % is 0.05)")


def require_count(where: str, name: str, value: int, least: int = 1) -> None:
    """Raise ValueError unless `value` is a whole number of at least `least`."""
    if int(value) != value or value < least:
        raise ValueError(f"{where}: {name} is {value!r}; give a whole number of at least {least}")


def require_stable(where: str, load: float, what: str) -> None:
    """Raise ValueError when a queue without abandonment is offered as much work as it can do, or more.

    Parameters
    ----------
    where : the public function.
    load : offered work / capacity; it must stay below 1.
    what : who is overloaded, and so whom to add.
    """
    if not load < 1:
        raise ValueError(
            f"{where}: the load is {load:.4g} times the capacity of the {what}, so the queue grows without limit; "
            f"add {what}, lower the arrival rate, or give customers a patience"
        )


def require_queue(
    where: str,
    arrival_rate: float,
    service_rate: float,
    agents: int,
    patience_rate: float,
    target: float | None,
) -> None:
    """Check the arguments that all queues have."""
    require_positive(where, "arrival_rate", arrival_rate)
    require_positive(where, "service_rate", service_rate)
    require_count(where, "agents", agents)
    require_not_negative(where, "patience_rate", patience_rate)
    if target is not None:
        require_not_negative(where, "target", target)
