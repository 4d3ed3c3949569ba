"""What a purchase is worth: everything that a customer pays on one day."""

from __future__ import annotations

from dataclasses import replace

from sim.company.fitting.estimate import Estimate
from sim.company.fitting.purchases.histories import Histories
from sim.company.fitting.totals import Totals, add_up, figure, ratio, root, square_spread, square_variation

SUBJECT = "purchases"


def fit_orders(of: Histories, level: float) -> tuple[Estimate, ...]:
    """Fit mean and spread of the value of a purchase; intervals over customers. Empty when no value is known."""
    totals = add_up(of.connection, of.people, ("orders", "paid", "paid_squares"), "orders > 0")
    if not totals.n:
        return ()
    n, mean = int(totals.sums[0]), Totals(totals.n, totals.sums[[1, 0]], totals.products[1::-1, 1::-1])
    note = f"{totals.n} customers; what one pays on one day counts as one purchase"
    average = Estimate(SUBJECT, "average_order", "", n, *figure(ratio, mean, level), "money", note)
    return (
        replace(average, parameter="price" if average.value > 0 else ""),
        Estimate(SUBJECT, "order_spread", "", n, *root(figure(square_spread, totals, level)), "money", note),
        Estimate(SUBJECT, "order_cv", "", n, *root(figure(square_variation, totals, level)), "ratio", note),
    )
