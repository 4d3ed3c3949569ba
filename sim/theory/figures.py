"""What a closed form returns: small frozen records whose fields are named like the measures."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """Long-run figures of one queue. Times are in the unit in which the caller gave the rates.

    Attributes
    ----------
    p_wait : share of arrivals that find every agent busy.
    mean_wait : mean time in the queue over all arrivals, including those who abandon and those who need not wait.
    asa : the same over those who are served; NaN where there is no formula.
    abandonment : share of arrivals that abandon.
    service_level : share of arrivals that are served within the target; None without a target.
    mean_queue : mean number waiting.
    occupancy : mean share of agents that are busy.
    mean_in_system : mean number waiting or with an agent.
    mean_time_in_system : mean time from arrival to departure over all arrivals, including those who abandon.
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
    p_wait : share of arrivals, of any class, that find every agent busy.
    mean_waits : mean time in the queue, one number per class.
    mean_wait : the same over all arrivals.
    occupancy : mean share of agents that are busy.
    """

    p_wait: float
    mean_waits: tuple[float, ...]
    mean_wait: float
    occupancy: float


@dataclass(frozen=True, kw_only=True)
class HoldFigures(QueueFigures):
    """Figures when agents hold the line and wait for a manager; `occupancy` counts an agent on hold as busy.

    Attributes
    ----------
    manager_occupancy : mean share of managers who are deciding.
    agents_on_hold : mean number of agents who wait for a free manager (not those with one).
    """

    manager_occupancy: float
    agents_on_hold: float


@dataclass(frozen=True, kw_only=True)
class TransferFigures:
    """Figures when customers are transferred to a second tier and queue again there.

    Attributes
    ----------
    first : the agents' queue; its rates and shares are per arrival from outside.
    second : the managers' queue; its rates and shares are per transferred customer.
    mean_in_system : mean number in both tiers.
    mean_time_in_system : mean time in both tiers together, per arrival from outside, including those who abandon.
    """

    first: QueueFigures
    second: QueueFigures
    mean_in_system: float
    mean_time_in_system: float


@dataclass(frozen=True, kw_only=True)
class OrbitFigures(QueueFigures):
    """Figures when some customers come back later. Shares and times are per contact; times leave out the time away.

    Attributes
    ----------
    mean_orbit : mean number of customers who are away and will come back.
    contacts_per_issue : contacts / first contacts.
    p_lost : share of issues whose customer abandons for good.
    """

    mean_orbit: float
    contacts_per_issue: float
    p_lost: float


@dataclass(frozen=True, kw_only=True)
class CascadeFigures:
    """How far a story spreads from one random person on a large random graph.

    Attributes
    ----------
    reproduction : mean number of people to whom each person reached passes the story on; above 1 a cascade can
        be global.
    mean_small_outbreak : mean number of people, the first included, that a story reaches when it stays small.
    p_global : chance that the story reaches a fixed share of all people.
    share_reached : that share, given that it does.
    """

    reproduction: float
    mean_small_outbreak: float
    p_global: float
    share_reached: float
