"""The file of a fitted company: plain numbers, parameters and ranges, each with where it came from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import tomli_w

from sim.company.fitting.estimate import plain
from sim.company.fitting.labels import called
from sim.wording import UNDEFINED, span

if TYPE_CHECKING:
    import pandas as pd


HEAD = """\
# A company as its records say, for cxsim calibrate. What stands here was fitted; what is missing is taken from the
# company that it is like. Add what else you know: cxsim new shows every number that is understood.
"""
NEEDED = """# How many customers there are is in none of these records, and is needed:
# customers =
"""
UNSEEN = """# How many agents there are cannot be told from these records. Give it, or it is guessed from the work.
# agents =
"""
SOURCES = {
    "handling_time": ("handling_mean", "wrap_mean"),
    "agents": ("agents_on_payroll",),
    "purchases_a_year": ("purchases_with_first",),
    "yearly_churn": ("yearly_leaving",),
}
"""Estimates behind plain numbers that are called otherwise."""
PROXIES = ("first_contact_resolution",)
"""Plain numbers of which records hold a proxy only: they are written down, but not in force."""
NOTES = {"yearly_churn": "rather more than this, as who comes back is not seen to leave"}
"""What else should be known of a plain number."""
SHORT = ".6g"
"""How a number below one is written."""
WIDTH = 116
"""Characters of a line of a long list."""


def company_toml(fit: Any) -> str:
    """Return the text of the file."""
    told = fit.manifest
    parts = [HEAD, tomli_w.dumps({"name": told["name"], "like": told["like"]}), "\n[numbers]\n"]
    parts += [] if "customers" in fit.numbers else [NEEDED]
    parts += [] if "agents" in fit.numbers else [UNSEEN]
    parts += [_line(key, value, _of_number(key, fit)) for key, value in fit.numbers.items()]
    parts += [_proxy(row, fit) for _, row in fit.estimates[fit.estimates["name"].isin(PROXIES)].iterrows()]
    if fit.parameters:
        parts += ["\n[parameters]\n", *_parameters(fit)]
    if fit.ranges:
        parts.append(f"\n[ranges]  # {100 * told['level']:g} % intervals of what is a single number\n")
        parts += [_line(key, ends) for key, ends in fit.ranges.items()]
    return "".join(parts)


def _parameters(fit: Any) -> Iterator[str]:
    for key, value in fit.parameters.items():
        yield f"# {_of_parameter(key, fit)}\n"
        yield _line(key, value)


def _line(key: str, value: Any, comment: str = "") -> str:
    """Write one entry; a long list takes as many lines as it needs."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{name} = {_text(of)}" for name, of in value.items())
        return f"{key} = {{ {inside} }}\n"
    if isinstance(value, Sequence) and not isinstance(value, str):
        texts = ", ".join(_text(of) for of in value)
        text = f"{key} = [{texts}]\n"
        return (
            text
            if len(text) <= WIDTH
            else f"{key} = [\n{textwrap.indent(textwrap.fill(texts, WIDTH - 4), '    ')},\n]\n"
        )
    return f"{key} = {_text(value)}{f'  # {comment}' if comment else ''}\n"


def _text(value: object) -> str:
    if isinstance(value, float):
        value = plain(value) if abs(value) >= 1 else float(format(value, SHORT))
    return tomli_w.dumps({"x": value}).removeprefix("x = ").strip()


def _proxy(row: pd.Series, fit: Any) -> str:
    """Write an estimate that only stands in for a number: as a remark."""
    value = _line(row["name"], plain(row["mean"]), _interval(row, fit))
    return f"# Not in force: {row['goodness']}. Take the # away if nothing better is known.\n# {value}"


def _of_number(key: str, fit: Any) -> str:
    rows = fit.estimates[fit.estimates["name"].isin(SOURCES.get(key, (key,)))]
    told = [_interval(rows.iloc[0], fit)] if len(rows) else []
    return "; ".join([*told, *([NOTES[key]] if key in NOTES else [])])


def _of_parameter(key: str, fit: Any) -> str:
    rows = fit.estimates[fit.estimates["parameter"] == key]
    if not len(rows):
        return key
    row = rows.iloc[0]
    label = called(row["name"]) or row["name"].replace("_", " ")
    if len(rows) > 1:
        return f"{label}; n = {rows['n'].max():,}"
    return f"{label}: {_interval(row, fit)}{'; ' + row['goodness'] if row['goodness'] else ''}"


def _interval(row: pd.Series, fit: Any) -> str:
    """Say the interval of an estimate, in its own unit, and from how many records it is."""
    text = span(row["ci_low"], row["ci_high"], row["unit"])
    if text == UNDEFINED:
        return f"n = {row['n']:,}"
    unit = (
        " %"
        if row["unit"] == "share"
        else ""
        if row["unit"] in ("ratio", "agents", "contacts/day")
        else f" {row['unit']}"
    )
    return f"{100 * fit.manifest['level']:g} % interval {text}{unit}; n = {row['n']:,}"
