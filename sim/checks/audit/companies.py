"""The companies that are set beside each other: as it is, service first, service neglected, and small changes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

from sim.inputs.parameters import load
from sim.inputs.policies import Bundle, Empowerment, Policy, Pricing, bundle
from sim.inputs.policies.policy import Base, How

STORIES = ("good", "bad")


@dataclass(frozen=True, kw_only=True)
class Alteration(Policy):
    """Parameters that are altered for the audit alone: no lever of a planner's, and without a cost of its own.

    Parameters
    ----------
    title : what it is called.
    altered : (parameter, how, value) for each.
    """

    title: str
    altered: tuple[tuple[str, How, float], ...]

    name: ClassVar[str] = "alteration"
    sentence: ClassVar[str] = "Some parameters are altered, to see what depends on them."

    def changes(self, base: Base) -> list[tuple[str, How, float]]:
        """Return the alterations as they are."""
        return list(self.altered)

    @property
    def label(self) -> str:
        """The title."""
        return self.title


@cache
def settings() -> dict[str, Any]:
    """Return what companies.toml states."""
    return tomllib.loads((files("sim.checks.audit") / "companies.toml").read_text("utf-8"))


def source_figure(name: str) -> float:
    """Return a published figure that stands behind a claim."""
    return next(float(entry["value"]) for entry in settings()["source_figure"] if entry["name"] == name)


def service_first(strength: float = 1.0) -> Bundle:
    """Return the company that does everything the documents ask (the union of their bundles), at a strength."""
    return bundle("union", strength=strength)


def service_sold() -> Bundle:
    """Return the company that does everything, and asks a premium for it."""
    return service_first() + Pricing()


def service_neglected(strength: float = 1.0) -> Alteration:
    """Return the company that does nothing the documents ask, at a strength; see companies.toml."""
    about, known = settings()["neglected"], load()
    ends = [(name, known[name].low) for name in about["low"]] + [(name, known[name].high) for name in about["high"]]
    altered: list[tuple[str, How, float]] = [(name, "set", float(end or 0.0)) for name, end in ends]
    altered.append(("employees", "multiply", float(about["staff_share"])))
    return Alteration(title=about["title"], altered=tuple(altered), strength=strength)


def fewer_issues() -> Alteration:
    """Return the company with fewer service issues, by the share that companies.toml states."""
    about = settings()["fewer_issues"]
    left = 1.0 - float(about["cut"])
    altered: list[tuple[str, How, float]] = [(name, "multiply", left) for name in about["causes"]]
    return Alteration(title=about["title"], altered=tuple(altered))


def untold(kind: str) -> Alteration:
    """Return the company whose good (bad) stories are told to nobody."""
    about = settings()["untold"]
    return Alteration(title=f"{kind} stories untold", altered=tuple((name, "set", 0.0) for name in about[kind]))


def levels() -> list[Empowerment]:
    """Return the levels of empowerment that are tried."""
    return [Empowerment(level=level) for level in settings()["empowerment"]["levels"]]
