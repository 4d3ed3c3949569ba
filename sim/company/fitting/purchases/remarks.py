"""What should be known of a fit of purchases, a sentence each."""

from __future__ import annotations

import math

from sim.company.fitting.clean import Clean
from sim.company.fitting.purchases.base import Base, tells_disposition
from sim.company.fitting.purchases.gaps import LOGNORMAL, Gaps
from sim.company.fitting.purchases.histories import Histories
from sim.company.fitting.purchases.law import Law
from sim.model.clock import YEAR_DAYS

FEWEST = 50
"""Customers who came back below which no law of repeat buying is fitted: four shapes would be told from noise."""
CLUSTERED = 1.25
"""CV of the gaps from which purchases come in clusters, as no law here has them: at random it is 1."""


def remarks(
    clean: Clean, of: Histories, gaps: Gaps, laws: tuple[Law, ...], base: Base | None, level: float
) -> tuple[str, ...]:
    """Say what should be known, in the order in which it matters."""
    found = [*_of_law(laws), *(_of_base(of, laws[0], base) if base else ()), *_of_gaps(gaps, bool(laws), level)]
    (unknown,) = of.counted(f"SELECT count(*) FROM {clean.table} WHERE customer IS NULL OR date IS NULL")
    if unknown:
        found.append(f"{unknown:,} purchases of {clean.kept:,} name no customer or date and are left out.")
    (priceless,) = of.counted("SELECT count(*) FROM {days} WHERE value IS NULL")
    if not clean.has("value"):
        found.append("No column says what was paid, so nothing is said of the average order.")
    elif priceless:
        found.append(f"The value of {priceless:,} purchases is not known; the average order is that of the others.")
    return tuple(found)


def of_newcomers(of: Histories, clean: Clean) -> tuple[str, ...]:
    """Say how many purchases after the end were made by customers who had not bought before it."""
    (bought,) = of.counted(
        f"SELECT count(DISTINCT (customer, date)) FROM {clean.table} "
        "WHERE date > $1 AND customer NOT IN (SELECT customer FROM {people})",
        of.end,
    )
    if not bought:
        return ()
    return (f"{bought:,} purchases after {of.end} are those of new customers, whom this forecast does not know.",)


def _of_law(laws: tuple[Law, ...]) -> list[str]:
    if not laws:
        return [f"Fewer than {FEWEST} customers bought on a second day, so no law of repeat buying is fitted."]
    best, plain = laws
    found = []
    if best is not plain:
        gain = best.log_likelihood - plain.log_likelihood
        found = [f"{best.name} is used: its log-likelihood is {gain:.1f} above that of BG/NBD."]
    if not best.peak.sound:
        found.append("The records do not settle the law's shapes, so nothing is derived from them.")
    if best.nobody_leaves:
        found.append("Nobody seems to leave, so nothing is said of yearly churn and the disposition.")
    return found


def _of_base(of: Histories, law: Law, base: Base) -> list[str]:
    n, share = base.customers.value, base.customers.value / of.customers
    found = [
        f"Customers are those who bought within {base.silence:.0f} days of {of.end} and have not left by {law.name}: "
        f"{n:,.0f}, which is {share:.0%} of the {of.customers:,} who ever bought."
    ]
    if math.isfinite(base.bought.value):
        found.append(
            f"Purchases a year are {base.purchases.value:.2f} of a customer who stays, and those by which new "
            "customers come."
        )
    else:
        found.append(
            f"Records of less than two years do not show who is new, so purchases a year are those of a customer who "
            f"stays, {base.purchases.value:.2f}: the gap between purchases is handed on, the plain number is not."
        )
    if of.length < YEAR_DAYS:
        found.append(
            f"The records cover {of.length} days: what is said of a year's leaving is carried beyond them, so yearly "
            "churn and the disposition are told but not handed on."
        )
        return found
    if not law.nobody_leaves and not tells_disposition(of, base):
        found.append(
            "It can hardly be seen how much customers differ in their chance to leave: no disposition is given."
        )
    found.append(
        "All leaving is in the yearly churn and the disposition, that after an issue too, and nobody who left and came "
        "back; the first purchase in the records counts as a customer's first of all."
    )
    return found


def _of_gaps(gaps: Gaps, law: bool, level: float) -> list[str]:
    if gaps.cv == 0:
        return ["All gaps of each customer are equal, as those of bills are: nothing is said of how regular they are."]
    if gaps.taken is None:
        return ["Too few customers have two gaps that differ to say how regular purchases are."]
    form = "lognormal" if gaps.taken.name == LOGNORMAL else "gamma"
    cv = gaps.taken.value
    found = [
        f"The CV of gaps is that of the {form} form, the likelier one; its range runs over the {level:.0%} intervals "
        "of all four estimators, as how one measures is less certain than what one measured."
    ]
    if law and cv > CLUSTERED:
        found.append(f"Purchases are more clustered than at random (CV {cv:.2f}, at random 1), as the laws have them.")
    return found
