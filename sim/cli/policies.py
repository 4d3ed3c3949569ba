"""``cxsim policies``: the policies that a planner can choose, and the documents' bundles of them."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, tables
from sim.cli.options import Csv, argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

    from sim.inputs.policies import Bundle, Policy
    from sim.inputs.scenario import Resolved

Name = Annotated[str | None, argument("[NAME]", "Show this policy or bundle in full.")]
TO = "\N{RIGHTWARDS ARROW}"
MARK = "*"
"""Marks the policies of a bundle that are discounted."""
NO_COST = "none of its own"


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, policies, panel=options.EVIDENCE, see="policies")


def policies(name: Name = None, *, csv: Csv = False) -> None:
    """List policies and bundles: what each does, changes and costs; or show one in full.

    Example: cxsim policies empowerment
    """
    if name is not None:
        _show_one(name, csv)
        return
    frame = policy_frame()
    if csv:
        tables.csv(frame)
        return
    for family, rows in frame.groupby("family", sort=False):
        shown = [(row["name"], row["sentence"], row["changes"], _cost_lines(row)) for _, row in rows.iterrows()]
        tables.show(str(family), ["policy", "what it does", "what it changes", "cost"], shown, whole=["policy", "cost"])
        tables.note("")
    bundles = bundle_frame()
    shown = [(row["name"], row["title"], row["parts"], _cost_lines(row)) for _, row in bundles.iterrows()]
    tables.show("Bundles", ["bundle", "title", "policies in it", "cost"], shown, whole=["bundle", "cost"])
    tables.note(
        f"{MARK} discounted: only advice supports it, so it has only the share bundle_strength of its effect, at full "
        "cost. Costs are those of the default company. cxsim policies NAME shows one in full."
    )


def policy_frame() -> pd.DataFrame:
    """Return one row a policy with its default settings: what it says, changes, costs and rests on.

    Columns: family, name, sentence, settings, changes (parameter, from and to), cost_once and cost_a_year (money, of
    the default company), claims, bundles.
    """
    import pandas as pd

    from sim.inputs.policies import FAMILIES

    return pd.DataFrame([_policy_row(family, kind()) for family, kinds in FAMILIES.items() for kind in kinds])


def bundle_frame() -> pd.DataFrame:
    """Return one row a bundle: name, title, parts, cost_once and cost_a_year (money, of the default company)."""
    import pandas as pd

    from sim.inputs.policies import BUNDLES

    return pd.DataFrame(
        [
            {"name": name, "title": bundle.title, "parts": ", ".join(_marked(part) for part in bundle.parts)}
            | _costs(_resolved(bundle))
            for name, bundle in BUNDLES.items()
        ]
    )


def _policy_row(family: str, policy: Policy) -> dict[str, Any]:
    from sim.inputs.policies import BUNDLES

    resolved = _resolved(policy)
    return {
        "family": family,
        "name": policy.name,
        "sentence": policy.sentence,
        "settings": ", ".join(f"{field.name}={getattr(policy, field.name)}" for field in fields(policy)),
        "changes": ", ".join(f"{name} {before} {TO} {after}" for name, before, after in _changes(resolved)),
        **_costs(resolved),
        "claims": ", ".join(policy.claims),
        "bundles": ", ".join(name for name, bundle in BUNDLES.items() if type(policy) in map(type, bundle.parts)),
    }


def _resolved(policy: Policy | Bundle) -> Resolved:
    from sim.inputs.scenario import Scenario

    return Scenario().under(policy).resolve()


def _changes(resolved: Resolved) -> list[tuple[str, str, str]]:
    """Parameters other than costs, with their values before and after (by segment where these differ)."""
    from sim.inputs.policies import COSTS
    from sim.model import columns

    last = resolved.phases[-1][1]
    names = dict.fromkeys(row.parameter for row in resolved.rows if row.parameter not in COSTS)
    return [(name, _values(resolved.base[columns.row(name)]), _values(last[columns.row(name)])) for name in names]


def _values(row: np.ndarray) -> str:
    return " / ".join(dict.fromkeys(f"{value:.4g}" for value in row))


def _costs(resolved: Resolved) -> dict[str, float]:
    """Money once, and a year with the agents of the scenario."""
    from sim.model import columns

    before, after = resolved.base[:, 0], resolved.phases[-1][1][:, 0]
    more = {name: float(after[columns.row(name)] - before[columns.row(name)]) for name in
            ("launch_cost", "programme_cost", "programme_cost_agent")}  # fmt: skip
    a_year = more["programme_cost"] + more["programme_cost_agent"] * before[columns.EMPLOYEES]
    return {"cost_once": more["launch_cost"], "cost_a_year": float(a_year)}


def _cost_lines(row: pd.Series) -> str:
    parts = [f"{row[name]:,.0f} {words}" for name, words in (("cost_once", "once"), ("cost_a_year", "a year"))
             if row[name] > 0.0]  # fmt: skip
    return "\n".join(parts) or NO_COST


def _marked(part: Policy) -> str:
    return part.name + (MARK if part.discounted else "")


# -- one in full ------------------------------------------------------------------------------------------------


def _show_one(name: str, csv: bool) -> None:
    from sim.inputs.policies import BUNDLES, policy_from_dict

    found = policy_from_dict({"name": name}, "cxsim policies")
    frame = bundle_frame() if name in BUNDLES else policy_frame()
    row = frame.set_index("name", drop=False).loc[name]
    if csv:
        tables.csv(row.to_frame().T)
    elif name in BUNDLES:
        _show_bundle(name, found, row)
    else:
        _show_policy(found, row)


def _show_bundle(name: str, bundle: Bundle | Policy, row: pd.Series) -> None:
    tables.note(f"{name}: {row['title']}. Cost: {_cost_line(row)}.\n")
    rows = [(_marked(part), part.sentence) for part in bundle.parts]
    tables.show("Policies in it", ["policy", "what it does"], rows, whole=["policy"])
    _show_changes(_resolved(bundle))
    tables.note(f"{MARK} discounted: it has only the share bundle_strength of its effect.")


def _show_policy(policy: Policy | Bundle, row: pd.Series) -> None:
    from sim.inputs import evidence

    (part,) = policy.parts
    tables.note(f"{part.name}: {part.sentence}\n")
    meanings = _meanings(type(part))
    settings = [
        (field.name, "" if getattr(part, field.name) is None else getattr(part, field.name), meanings[field.name])
        for field in sorted(fields(part), key=lambda field: field.name in _shared())
    ]
    tables.show("Settings", ["setting", "default", "meaning"], settings, whole=["setting"])
    _show_changes(_resolved(part))
    known = evidence.claims()
    claims = [(claim, known[claim].grade, known[claim].text) for claim in part.claims]
    tables.show("Claims behind it", ["claim", "grade", "text"], claims, whole=["claim"])
    tables.note(f"Cost for the default company: {_cost_line(row)}. Part of: {row['bundles'] or 'no bundle'}.")


def _cost_line(row: pd.Series) -> str:
    return _cost_lines(row).replace("\n", ", ")


def _show_changes(resolved: Resolved) -> None:
    from sim.inputs.parameters import load

    known = load()
    rows = [(name, before, after, known[name].unit, known[name].note) for name, before, after in _changes(resolved)]
    tables.show("What it changes", ["parameter", "from", "to", "unit", "note"], rows, whole=["parameter"])


def _shared() -> Sequence[str]:
    from sim.inputs.policies import Policy

    return [field.name for field in fields(Policy)]


def _meanings(kind: type[Policy]) -> dict[str, str]:
    """What each setting means, from the docstrings of the policy and of all policies."""
    from sim.inputs.policies import Policy

    return _described(Policy) | _described(kind)


def _described(kind: type) -> dict[str, str]:
    """Read "name : meaning" from a docstring; names may be several, further lines are indented."""
    meanings: dict[str, str] = {}
    names: list[str] = []
    for line in (inspect.getdoc(kind) or "").replace("``", "").splitlines():
        head, colon, text = line.partition(" : ")
        if colon and not line.startswith(" "):
            names = head.split(", ")
            meanings |= dict.fromkeys(names, text)
        elif line.startswith(" "):
            meanings |= {name: f"{meanings[name]} {line.strip()}" for name in names}
    return meanings
