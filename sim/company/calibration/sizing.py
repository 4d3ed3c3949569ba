"""The company before anything is solved: what is known is set, what goes with its size is scaled, gaps are filled."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from sim.company.numbers import Company, numbers
from sim.engines.start.steady_state import mixture, settle_rates
from sim.inputs.parameters import load
from sim.inputs.scenario import Scenario
from sim.model.clock import HOUR_SECONDS, WEEK_DAYS, YEAR_DAYS
from sim.wording import quantity

DIGITS = 5
"""Significant digits of what is worked out: more than anything here is known to, and short enough to read."""
PROGRAMMES = "programmes"
SATURDAY, SUNDAY = 5, 6
Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Filled:
    """Something that nobody gave, and what was taken for it.

    Parameters
    ----------
    what : in words. value : with its unit. why : where it comes from.
    """

    what: str
    value: str
    why: str


@dataclass(frozen=True)
class Start:
    """A company of which everything is set but what must be solved.

    Parameters
    ----------
    scenario : with the parameters that are known, and their ranges.
    filled : what nobody gave.
    """

    scenario: Scenario
    filled: tuple[Filled, ...]


def start(company: Company) -> Start:
    """Return a company as far as it follows from its numbers without any simulation."""
    base, like = company.basis(), Scenario.load(company.like)
    values, filled = company.values(), []
    known = _known(values)
    for name, value, entry in (*_market(values, like), *_staff(company, values, like)):
        if name not in known and name not in company.parameters:
            known[name] = value
            filled.append(entry)
    hours, entries = _hours(company, base)
    scaled, scaled_ranges = _scaled(values, known, like, company)
    scenario = base.override(**known, **hours, **scaled)
    certain = {name: (value, value) for name, value in known.items() if load()[name].low is not None}
    return Start(scenario.change(ranges={**scenario.ranges, **certain, **scaled_ranges}), (*filled, *entries))


def rounded(value: float) -> float:
    """Return a value with the digits that are written."""
    return float(f"{value:.{DIGITS}g}")


def _known(values: dict[str, float]) -> dict[str, float]:
    """Parameters that plain numbers set as they are."""
    return {str(numbers()[key].sets): value for key, value in values.items() if numbers()[key].sets is not None}


Entry = tuple[str, float, Filled]


def _market(values: dict[str, float], like: Scenario) -> list[Entry]:
    """People in the market: as many for a customer as in the company that it is like."""
    share = _share(like)
    market = float(round(values["customers"] / share, -2))
    why = f"as many for a customer as in the {like.name} company ({1.0 / share:.2g})"
    return [("market_size", market, Filled("People in the market", quantity(market, "people"), why))]


def _staff(company: Company, values: dict[str, float], like: Scenario) -> list[Entry]:
    """Agents by the work there is, and managers by the agents, where nobody gave them."""
    agents = values.get("agents") or float(company.parameters.get("employees", 0)) or _agents(company, values, like)
    managers = max(1.0, float(round(agents * _number(like, "managers") / _number(like, "employees"))))
    one_for = _number(like, "employees") / max(1.0, _number(like, "managers"))
    return [
        ("employees", agents, Filled("Agents", quantity(agents, "agents"), "for the work there is, as busy as usual")),
        ("managers", managers, Filled("Managers", quantity(managers, "count"), f"one for {one_for:g} agents")),
    ]


def _agents(company: Company, values: dict[str, float], like: Scenario) -> float:
    """Agents for whom the work there is makes the usual pressure, or in proportion to purchases."""
    if "contacts_a_day" in values and "handling_time" in values:
        opens, closes = company.hours or (_list(like, "open_hour"), _list(like, "close_hour"))
        days = sum(late > early for early, late in zip(opens, closes, strict=True))
        work = values["contacts_a_day"] * days * values["handling_time"] / HOUR_SECONDS
        shrinkage = values.get("shrinkage", _number(like, "shrinkage"))
        paid = _number(like, "week_hours") * (1.0 - shrinkage) * _number(like, "pressure_reference")
        return max(1.0, float(round(work / paid)))
    ratio = values["customers"] * _purchases(values, like) / (_customers(like) * _purchases({}, like))
    return max(1.0, float(round(ratio * _number(like, "employees"))))


def _hours(company: Company, base: Scenario) -> tuple[dict[str, list[float]], list[Filled]]:
    """Opening hours, and weights of weekdays on which the company that it is like is closed."""
    if company.hours is None:
        return {}, []
    opens, closes = company.hours
    found = {"open_hour": list(opens), "close_hour": list(closes)}
    weights = list(_list(base, "weekday_weight"))
    if closes[SUNDAY] > opens[SUNDAY] and weights[SUNDAY] == 0.0:
        weights[SUNDAY] = weights[SATURDAY]
        entry = Filled("Contacts on a Sunday", "as on a Saturday", "the shipped week is closed on Sundays")
        return found | {"weekday_weight": weights}, [entry]
    return found, []


# -- what goes with size and price ---------------------------------------------------------------------------------


def _scaled(
    values: dict[str, float], known: dict[str, float], like: Scenario, company: Company
) -> tuple[dict[str, float], Ranges]:
    """Parameters that go with size or price, and their ranges, which do too."""
    found: dict[str, float] = {}
    ranges: Ranges = {}
    for driver, factor in _drivers(values, known, like).items():
        for name in _scale_names(driver) if factor != 1.0 else ():
            if name in company.parameters:
                continue
            parameter, value = load()[name], _number(like, name)
            found[name] = rounded(value * factor)
            if parameter.low is not None and parameter.high is not None and parameter.low <= value <= parameter.high:
                ranges[name] = rounded(parameter.low * factor), rounded(parameter.high * factor)
    return found, ranges


def _drivers(values: dict[str, float], known: dict[str, float], like: Scenario) -> dict[str, float]:
    """How many times as large as in the company that it is like."""
    price = known.get("price", _number(like, "price")) / _number(like, "price")
    wage = known.get("wage_agent", _number(like, "wage_agent")) / _number(like, "wage_agent")
    agents = known.get("employees", _number(like, "employees")) / _number(like, "employees")
    purchases = values["customers"] * _purchases(values, like) / (_customers(like) * _purchases({}, like))
    return {"order_value": price, "wage": wage, "wage_bill": wage * agents, "revenue": purchases * price}


@cache
def _scale_names(driver: str) -> tuple[str, ...]:
    entry = tomllib.loads((files("sim.company.calibration") / "scaling.toml").read_text("utf-8"))[driver]
    ends = tuple(entry["endings"])
    by_ending = [name for name, p in load().items() if p.subject == PROGRAMMES and ends and name.endswith(ends)]
    return (*entry["parameters"], *by_ending)


def _customers(like: Scenario) -> float:
    return _share(like) * _number(like, "market_size")


def _purchases(values: dict[str, float], like: Scenario) -> float:
    return values.get("purchases_a_year", YEAR_DAYS / _number(like, "purchase_gap_mean"))


@cache
def _share_of(toml: str) -> float:
    scenario = Scenario.from_toml(toml)
    params = scenario.resolve().base
    return mixture(params, settle_rates(params, scenario))[0]


def _share(like: Scenario) -> float:
    """Share of the market that are customers, where a company settles."""
    return _share_of(like.to_toml())


def _number(scenario: Scenario, name: str) -> float:
    value = scenario.value(name)
    return value[0] if isinstance(value, tuple) else value


def _list(scenario: Scenario, name: str) -> Any:
    return np.broadcast_to(np.asarray(scenario.value(name), dtype=float), (WEEK_DAYS,)).tolist()
