"""Which run is which: a digest of all that decides its figures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields

import numpy as np

from sim.inputs.scenario import Resolved, Scenario
from sim.running.store.model import generation

SHOWN = 12
"""Hexadecimal digits of a key that are shown, and enough to name a cell."""

NOT_IN_IT = ("name", "ranges", "policies")
"""Settings of a scenario that are no part of the key."""


@dataclass(frozen=True)
class Key:
    """What identifies a cell, and what it is called in a list."""

    cell: str
    generation: str
    scenario: str
    policy: str
    settings: Scenario


def key_of(scenario: str, policy: str, settings: Scenario, of: str | None = None) -> Key:
    """Return the key of a scenario under its policies.

    Parameters
    ----------
    scenario, policy : what they are called, for a list; no part of the key itself.
    of : the generation, when it is known.
    """
    of = generation() if of is None else of
    resolved = settings.resolve()
    found = hashlib.sha256(f"{of}\n{_content(settings, resolved)}\n".encode())
    for day, table in ((-1, resolved.base), *resolved.phases):
        found.update(f"{day} {table.shape} {table.dtype.str}\n".encode())
        found.update(np.ascontiguousarray(table).tobytes())
    return Key(found.hexdigest(), of, scenario, policy, settings)


def _content(settings: Scenario, resolved: Resolved) -> str:
    """Text for the settings: names and ranges decide nothing, and what policies change is in the tables.

    The order of segments decides who belongs to which, and which of them is patient.
    """
    content = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name not in NOT_IN_IT}
    content["parameters"] = dict(settings.parameters)
    plain = {"years": float(settings.years), "warm_up": float(settings.warm_up), "fresh": bool(settings.fresh)}
    about = {"segments": resolved.segments, "days": settings.days, "first_day": settings.first_day}
    return json.dumps(content | plain | about, sort_keys=True)
