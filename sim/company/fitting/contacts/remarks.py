"""What should be known of a fit of contacts, in sentences: days left out, and what the records do not tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sim.company.fitting.clean import Clean
from sim.company.fitting.contacts.calendar import Calendar
from sim.company.fitting.contacts.returns import FEWEST
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.intervals import rates
from sim.model.clock import HOUR_MINUTES
from sim.wording import WEEKDAYS

SHOWN_DATES = 10
"""Holidays that a remark names."""


def about_days(found: Calendar, fewest: int) -> Iterator[str]:
    """Holidays that were left out, and short days of different kinds; with fewer days than ``fewest``, that alone."""
    if len(found.counts) < fewest:
        yield f"The records cover fewer than {fewest} days: too few for the shape of a week."
        return
    if found.holidays:
        names = [f"{day:%Y-%m-%d}" for day in found.holidays[:SHOWN_DATES]]
        more = f" and {len(found.holidays) - SHOWN_DATES} more" if len(found.holidays) > SHOWN_DATES else ""
        yield (
            "Days with far fewer contacts than their weekday usually has are taken for holidays and left out of the "
            f"shapes: {', '.join(names)}{more}."
        )
    if found.partial:
        names = [f"{day:%Y-%m-%d}" for day in found.partial]
        yield f"The records begin or end in the middle of {' and '.join(names)}: left out of the shapes."
    if len(found.short) > 1:
        names = [WEEKDAYS[day] for day in found.short]
        yield f"{' and '.join(names)} are short days; the profile of a short day is that of the busiest of them."
    if not found.short:
        yield "All open days are full ones, so the profile of a short day stays as shipped."


def unknown(clean: Clean, estimates: Iterable[Estimate]) -> Iterator[str]:
    """What the records do not tell, and which column would."""
    subjects = {one.subject for one in estimates}
    if not clean.has("service"):
        yield "Handling times are not known; map a column with --map service=COLUMN."
    elif "handling" not in subjects:
        yield "Handling times are not known: no contact that was answered has one."
    if "patience" not in subjects:
        yield _no_patience(clean)
    if not clean.has("customer"):
        yield "Redials and repeats are not known; map the customer with --map customer=COLUMN."
    elif "redial" not in subjects:
        yield f"Redials are not known: fewer than {FEWEST} contacts of known customers gave up."
    if not clean.has("agent"):
        yield "Agents by half-hour are not known; map who answered with --map agent=COLUMN."
    else:
        yield (
            "Agents by half-hour are inferred: with a contact, or free while nobody waits; where there is little to "
            "do, an agent who is free for long is not seen."
        )
    if clean.has("service") and not clean.has("wrap"):
        yield (
            "Whether the time with an agent holds the wrap-up is not known; a column of its own is added by --map "
            "wrap=COLUMN."
        )


def _no_patience(clean: Clean) -> str:
    """Say why patience is not known, and what can be said all the same."""
    row = clean.connection.execute(
        f"select count(*), coalesce(sum(wait), 0) / 60, count(*) filter (outcome = 'abandoned') from {clean.table} "
        "where wait > 0 or outcome = 'abandoned'"
    ).fetchone()
    waited, minutes, gave_up = row or (0, 0.0, 0)
    if not waited:
        return "Patience is not known: no wait is; map a column with --map wait=COLUMN."
    if gave_up:
        return "Patience is not known: the waits of those who gave up are not; map a column with --map wait=COLUMN."
    import numpy as np

    most = float(rates(np.array([0.0]), np.array([minutes]), 0.95)[2][0])
    told = "Nobody gave up, so patience is not known"
    if most > 1:  # that it is not less than a minute says nothing
        return f"{told}."
    hours = minutes / HOUR_MINUTES
    return f"{told}; with {hours:,.1f} hours of waiting it can hardly be less than {1 / most:,.0f} min on average."
