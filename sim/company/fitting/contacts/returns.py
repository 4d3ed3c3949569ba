"""Coming back: how many of those who gave up call again soon, and how many of those who were served come back.

Only contacts whose customer is known tell. Where customers are known at random, or only when they wait, a call that
follows may leave no name: the share that is seen is a lower bound, and is corrected by the chance that a contact of
that hour leaves one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from sim.company.fitting.clean import Clean
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.intervals import BUNDLES, MOST_GROUPS, Figure, measure, median_interval, ratio
from sim.model.clock import MINUTE_SECONDS

SOON_S = 3600
"""Seconds within which a call again counts as a redial."""
KNOWN_SHARE = 0.05
"""A type of contact with fewer known customers than this share does not ask for them."""
FEWEST = 50
"""Contacts with a known customer below which nothing is said."""
REPEAT_DAYS = 7
"""Days within which another contact of a customer who was served is a repeat, unless the caller says otherwise."""
DAY_S = 86_400
LN2 = float(np.log(2))
NEXT = "next_contacts"


@dataclass(frozen=True, eq=False)
class Followed:
    """What follows the contacts of known customers: a table in the database.

    Parameters
    ----------
    connection : where the table `NEXT` is: customer, arrival, ended (when it left the queue), outcome, gap (seconds
        from then to the next contact of the same customer, NULL when none follows), chance (that a contact of the hour
        of that next one leaves a name), bundle (a group of whole customers).
    """

    connection: Any

    def sums(self, where: str, *columns: str) -> NDArray[np.float64]:
        """Sums (bundles, columns) of SQL expressions over the contacts that fulfil a condition."""
        sums = ", ".join(f"sum(({column})::double)" for column in columns)
        rows = self.connection.execute(
            f"select {sums} from {NEXT} where {where} group by bundle order by bundle"
        ).fetchall()
        return np.array(rows, dtype=float).reshape(-1, len(columns))


def followed(clean: Clean, of: str = "true") -> Followed:
    """Find the next contact of the same customer after each one.

    Parameters
    ----------
    clean : contacts with customers.
    of : condition (SQL) of the contacts that are followed; all count as coming back.
    """
    customers = clean.connection.execute(f"select count(distinct customer) from {clean.table}").fetchall()[0][0]
    bundle = "customer" if customers <= MOST_GROUPS else f"customer % {BUNDLES}"
    following = "lead(arrival) over (partition by customer order by arrival, row)"
    clean.connection.execute(
        f"create or replace temp table {NEXT} as with known as (select *, {following} as following, "
        f"arrival + to_microseconds(round(coalesce(wait, 0) * 1e6)::bigint) as ended from {clean.table} "
        "where customer is not null), hours as (select date_trunc('hour', arrival) as hour, "
        f"avg((customer is not null)::double) as chance from {clean.table} where {_asked(clean)} group by 1) "
        "select customer, arrival, ended, outcome, epoch(following) - epoch(ended) as gap, "
        f"coalesce(chance, 1) as chance, {bundle} as bundle from known left join hours "
        f"on hour = date_trunc('hour', following) where {of}"
    )
    return Followed(clean.connection)


def _asked(clean: Clean) -> str:
    """SQL: whether a contact is of a type that asks for the customer."""
    if not clean.has("type"):
        return "true"
    return (
        f"coalesce(type, '') in (select coalesce(type, '') from {clean.table} group by 1 "
        f"having avg((customer is not null)::double) >= {KNOWN_SHARE})"
    )


# -- after giving up -------------------------------------------------------------------------------------------------


SOON = f"coalesce(gap >= 0 and gap < {SOON_S}, false)"
WEIGHT = f"(case when {SOON} then 1 / greatest(chance, 1e-3) else 0 end)"
GAVE_UP, SERVED = "outcome = 'abandoned'", "outcome = 'answered'"


def redials(found: Followed, level: float) -> list[Estimate]:
    """Coming back within the hour after giving up, against the same after being served; whole customers are drawn."""
    n = _count(found, GAVE_UP)
    if n < FEWEST:
        return []
    seen = share(found, GAVE_UP, SOON, "redial_share_seen", "own contact within the hour; lower bound", level)
    fair = share(found, GAVE_UP, WEIGHT, "redial_share", "corrected for contacts that leave no name", level)
    rows = [
        seen,
        replace(fair, parameter="redial_probability"),
        share(found, SERVED, SOON, "recall_share_served_seen", "the same after service", level),
        share(found, SERVED, WEIGHT, "recall_share_served", "the same after service, corrected", level),
        excess(found, SOON, "redial_excess_seen", level),
        excess(found, WEIGHT, "redial_excess", level),
    ]
    return [*rows, *delays(found, level)]


def share(found: Followed, where: str, column: str, name: str, note: str, level: float) -> Estimate:
    """Mean of a column over the contacts that fulfil a condition."""
    sums = found.sums(where, column, "1")
    return Estimate("redial", name, "", int(sums[:, 1].sum()), *measure(sums, ratio, level), "share", note)


def excess(found: Followed, column: str, name: str, level: float) -> Estimate:
    """Coming back because of giving up: the difference to those who were served."""
    sums = found.sums("true", f"case when {GAVE_UP} then {column} end", f"case when {GAVE_UP} then 1 end",
                      f"case when {SERVED} then {column} end", f"case when {SERVED} then 1 end")  # fmt: skip
    sums = np.nan_to_num(sums)

    def difference(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        return ratio(totals[..., :2]) - ratio(totals[..., 2:])

    n = int(sums[:, 1].sum())
    return Estimate("redial", name, "", n, *measure(sums, difference, level), "share", "gave up minus served")


def delays(found: Followed, level: float) -> list[Estimate]:
    """Median delay of redials within the hour, and the mean of the exponential that has it."""
    rows = found.connection.execute(
        f"select gap from {NEXT} where {GAVE_UP} and {SOON} order by hash(customer, arrival) limit {MOST_DELAYS}"
    ).fetchall()
    delay = np.array(rows, dtype=float).ravel() / MINUTE_SECONDS
    if len(delay) < 2:
        return []
    median = Figure(float(np.median(delay)), *median_interval(delay, level))
    off = scipy.stats.kstest(delay, "expon", (0, median.value / LN2)).statistic
    mean = Figure(*(one / LN2 for one in median))
    note = f"KS exponential {off:.3f}"
    return [
        Estimate("redial", "redial_delay_median", "", len(delay), *median, "min", f"from giving up; {note}"),
        Estimate(
            "redial",
            "redial_delay",
            "",
            len(delay),
            *mean,
            "min",
            f"exponential of this median; {note}",
            "redial_delay",
        ),
    ]


MOST_DELAYS = 100_000
"""Delays that are looked at, a sample of more."""


def _count(found: Followed, where: str) -> int:
    return int(found.connection.execute(f"select count(*) from {NEXT} where {where}").fetchall()[0][0])


# -- after being served ----------------------------------------------------------------------------------------------


def repeats(found: Followed, days: int, level: float) -> list[Estimate]:
    """Coming back after being served, and how many would not have, had they not been there before.

    Customers contact a company for other reasons too. Let P be the share of contacts that another one of the customer
    follows within n days, and Q the share that one follows in the n days after these. If what brings customers back
    soon has passed by then, 1 - P = (1 - r)(1 - Q), r being the share that comes back because of the first contact;
    1 - r is a proxy of first-contact resolution. Contacts that 2 n days follow in the records are counted.
    """
    sums = _followed_twice(found, days)
    if not len(sums) or sums[:, 2].sum() < FEWEST:
        return []
    n = int(sums[:, 2].sum())

    def unprompted(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        return (1 - totals[..., 0] / totals[..., 2]) / (1 - totals[..., 1] / totals[..., 2])

    again = measure(sums[:, [0, 2]], ratio, level)
    later = measure(sums[:, [1, 2]], ratio, level)
    first = Figure(*(min(one, 1.0) for one in measure(sums, unprompted, level)))
    key, proxy = f"{days} days", "a proxy: not back within these days, beyond those who come anyway"
    return [
        Estimate("repeats", "repeat_share", key, n, *again, "share", "another contact within these days"),
        Estimate("repeats", "repeat_share_later", key, n, *later, "share", "another one in as many days after these"),
        Estimate("repeats", "first_contact_resolution", key, n, *first, "share", proxy),
    ]


def _followed_twice(found: Followed, days: int) -> NDArray[np.float64]:
    """By bundle: served contacts followed by another within so many days, in as many after these, and all of them."""
    rows = found.connection.execute(
        f"select sum((gap is not null and gap >= 0 and gap < {days * DAY_S})::double), "
        f"sum((after.arrival is not null and after.arrival < ended + interval {2 * days} days)::double), "
        f"count(*)::double from (select * from {NEXT} where {SERVED} and ended <= (select max(arrival) from {NEXT}) - "
        f"interval {2 * days} days) as one asof left join (select customer, arrival from {NEXT}) as after "
        f"on one.customer = after.customer and after.arrival >= one.ended + interval {days} days group by bundle "
        "order by bundle"
    ).fetchall()
    return np.array(rows, dtype=float).reshape(-1, 3)
