"""Contradictions that arithmetic shows, before anything is run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.company.numbers import Company
from sim.inputs.numbers.knobs import knobs
from sim.inputs.scenario import Scenario
from sim.model.clock import HOUR_SECONDS, WEEK_DAYS, YEAR_DAYS

PAID_TIME = "paid_time"
"""The knob of shrinkage: its lower end is the least that is believable."""


def contradictions(company: Company, scenario: Scenario) -> list[str]:
    """Return a sentence for each contradiction among the numbers of a company.

    Parameters
    ----------
    scenario : the company as far as it is known (`sim.company.calibration.sizing.start`).
    """
    return [*_answered_and_lost(company), *_hours_and_agents(company, scenario), *_matters(company, scenario)]


def told(company: Company, key: str) -> str:
    """Return a number as its file has it, for a sentence."""
    value = company.numbers[key]
    return f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value:,}"


def per_cent(share: float) -> str:
    """Write a share in whole per cent.

    >>> per_cent(0.123)
    '12 %'
    """
    return f"{share:.0%}".replace("%", " %")


def _answered_and_lost(company: Company) -> Iterator[str]:
    values = company.values()
    level, lost = values.get("service_level"), values.get("abandonment")
    if level is not None and lost is not None and level + lost > 1.0:
        yield (
            f"{told(company, 'service_level')} and {told(company, 'abandonment')} add up to {per_cent(level + lost)}: "
            "they are shares of the offered contacts, and nobody is both answered and lost; correct one of them."
        )


def _hours_and_agents(company: Company, scenario: Scenario) -> Iterator[str]:
    """Agents who cannot be there as long as the centre is open, or have not the time for the contacts."""
    open_hours = _open_hours(scenario)
    least = company.values().get("shrinkage", knobs()[PAID_TIME].low)
    agents, week = _number(scenario, "employees"), _number(scenario, "week_hours")
    hours = agents * week * (1.0 - least)
    share = f"{per_cent(1.0 - least)} of them spent on contacts at the most"
    shown = f"{agents:g} agents with {week:g} hours a week, {share}, have {hours:,.0f} hours"
    if hours < open_hours.sum():
        yield (
            f"{shown}, and the centre is open for {open_hours.sum():,.0f} hours a week, so nobody would be there at "
            f"times; give more agents, or shorter opening_hours{_of('opening_hours', company)}."
        )
        return
    work = _work_hours(company, open_hours)
    if work is not None and work > hours:
        parts = ", ".join(told(company, key) for key in ("contacts_a_day", "handling_time"))
        needed = np.ceil(work / (week * (1.0 - least)))
        yield (
            f"{parts} take {work:,.0f} hours a week, and {shown}: the work cannot be done; it would take {needed:,.0f} "
            f"agents who are never free, or {per_cent(hours / work)} of the contacts, or of the time for each."
        )


def _work_hours(company: Company, open_hours: NDArray[np.float64]) -> float | None:
    """Hours a week that answered contacts take, or None when it is not known."""
    values = company.values()
    if "contacts_a_day" not in values or "handling_time" not in values:
        return None
    answered = 1.0 - values.get("abandonment", 0.0)
    days = np.count_nonzero(open_hours)
    return float(values["contacts_a_day"] * days * answered * values["handling_time"] / HOUR_SECONDS)


def _matters(company: Company, scenario: Scenario) -> Iterator[str]:
    """More contacts than purchases can bring about: there is one matter a purchase at the most."""
    values = company.values()
    if "contacts_a_day" not in values:
        return
    days = np.count_nonzero(_open_hours(scenario)) * YEAR_DAYS / WEEK_DAYS
    purchases = values["customers"] * values.get("purchases_a_year", YEAR_DAYS / _number(scenario, "purchase_gap_mean"))
    contacts = values["contacts_a_day"] * days / purchases
    settled, lost = values.get("first_contact_resolution", 0.5), values.get("abandonment", 0.0)
    most = 1.0 / (settled * (1.0 - lost))
    if contacts > most:
        yield (
            f"{told(company, 'contacts_a_day')} are {contacts:.1f} contacts for each purchase, and the model has one "
            f"matter a purchase at the most, which takes up to {most:.1f} contacts; count purchases_a_year"
            f"{_of('purchases_a_year', company)} more finely (the bills of a subscription, the months of an account), "
            "or correct the contacts."
        )


def _of(key: str, company: Company) -> str:
    return f" ({company.numbers[key]})" if key in company.numbers else ""


def _open_hours(scenario: Scenario) -> NDArray[np.float64]:
    """Hours for which the centre is open, by weekday: (7,)."""
    opens, closes = (np.array(scenario.value(name), dtype=float) for name in ("open_hour", "close_hour"))
    return closes - opens


def _number(scenario: Scenario, name: str) -> float:
    value = scenario.value(name)
    return value[0] if isinstance(value, tuple) else value
