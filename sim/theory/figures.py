"""What a closed form returns: small frozen records with the same field names as the engines' measures."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """Long-run figures of one queue. Times are in the caller's unit, the one in which the rates were given.

    Attributes
    ----------
    p_wait : share of arrivals that find every agent taken.
    mean_wait : mean time in the queue over all arrivals, also those who abandon or need not wait.
    asa : the same over those who are served; NaN where no formula is at hand.
    abandonment : share of arrivals that abandon.
    service_level : share of arrivals that are served within the target; None when no target was given.
    mean_queue : mean number waiting.
    occupancy : mean share of agents that are taken.
    mean_in_system : mean number waiting or with an agent.
    mean_time_in_system : mean time from arrival to leaving over all arrivals, abandoners included.
    """

    p_wait: float
    mean_wait: float
    asa: float
    abandonment: float
    service_level: float | None
    mean_queue: float
    occupancy: float
    mean_in_system: float
    mean_time_in_system: float


@dataclass(frozen=True, kw_only=True)
class PriorityFigures:
    """Long-run figures of a queue with non-preemptive priorities, the most urgent class first.

    Attributes
    ----------
    p_wait : share of arrivals, of any class, that find every agent taken.
    mean_waits : mean time in the queue of each class, one number a class.
    mean_wait : the same over all arrivals.
    occupancy : mean share of agents that are taken.
    """

    p_wait: float
    mean_waits: tuple[float, ...]
    mean_wait: float
    occupancy: float


@dataclass(frozen=True, kw_only=True)
class HoldFigures(QueueFigures):
    """Figures when agents hold the line and wait for a manager; `occupancy` counts an agent on hold as taken.

    Attributes
    ----------
    manager_occupancy : mean share of managers that are deciding.
    mean_on_hold : mean number of agents that wait for a manager to be free (not those being attended to).
    """

    manager_occupancy: float
    mean_on_hold: float


@dataclass(frozen=True, kw_only=True)
class TransferFigures:
    """Figures when customers are passed on to a second tier and queue there again.

    Attributes
    ----------
    first : the agents' queue; its rates and shares are per arrival from outside.
    second : the managers' queue; its rates and shares are per customer passed on.
    mean_in_system : mean number in both tiers.
    mean_time_in_system : mean time in both tiers together, per arrival from outside, abandoners included.
    """

    first: QueueFigures
    second: QueueFigures
    mean_in_system: float
    mean_time_in_system: float


@dataclass(frozen=True, kw_only=True)
class OrbitFigures(QueueFigures):
    """Figures when some customers come back later. Shares and times are per contact, without the time away.

    Attributes
    ----------
    mean_orbit : mean number of customers who are away and will come back.
    contacts_per_issue : contacts divided by first contacts.
    p_lost : share of issues that end with an abandonment for good.
    """

    mean_orbit: float
    contacts_per_issue: float
    p_lost: float


@dataclass(frozen=True, kw_only=True)
class CascadeFigures:
    """How far one random teller's story goes on a large random graph.

    Attributes
    ----------
    reproduction : mean number of further people reached by one who was reached; above 1 a cascade can be
        global.
    mean_small_outbreak : mean number of people reached, the first included, by a story that stays small.
    p_global : chance that the story reaches a fixed share of everybody.
    share_reached : that share, given that it does.
    """

    reproduction: float
    mean_small_outbreak: float
    p_global: float
    share_reached: float
