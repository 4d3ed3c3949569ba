"""What carries the documents' claims in the model, and which claims nothing carries.

A claim names its carriers: parameters, rows derived from them, policies and their bundles, readings of the evidence,
measures. A name that the model does not have is a principle that no planner can pull, or a figure that no run shows.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from sim.inputs import evidence
from sim.inputs.parameters import load
from sim.inputs.policies import BUNDLES, CATALOGUE
from sim.model import columns
from sim.outcomes import measures

if TYPE_CHECKING:
    import pandas as pd


def known() -> dict[str, tuple[str, ...]]:
    """Return the name of everything that can carry a claim, with what is called so: a policy may be named as its lever.

    >>> known()["rapport"], known()["told_good"], known()["stay_reference"]
    (('policy', 'parameter'), ('measure',), ('derived row',))
    """
    found: dict[str, tuple[str, ...]] = {}
    for kind, names in (
        ("policy", CATALOGUE),
        ("bundle", BUNDLES),
        ("parameter", load()),
        ("derived row", columns.DERIVED),
        ("reading", evidence.readings()),
        ("measure", measures.CATALOGUE),
    ):
        for name in names:
            found[name] = (*found.get(name, ()), kind)
    return found


def unused() -> pd.DataFrame:
    """Return the claims with a carrier that the model does not have: one row each, none when all is well.

    Columns: `id`, `document`, `role`, `carried` ("no" when none of the carriers exists, else "in part"), `missing`
    (the names that nothing has), `near` (names of the model like those). Claims that are context have no carriers and
    are never in the table.
    """
    import pandas as pd

    claims, names = evidence.claims(), list(known())
    rows = []
    for key, absent in evidence.missing_carriers(claims, names).items():
        claim = claims[key]
        near = [name for one in absent for name in get_close_matches(one, names, n=1)]
        carried = "no" if len(absent) == len(claim.carried_by) else "in part"
        rows.append((key, claim.document, claim.role, carried, ", ".join(absent), ", ".join(near)))
    return pd.DataFrame(rows, columns=["id", "document", "role", "carried", "missing", "near"])
