"""What was found: in a frame, in words, and in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sim.outcomes.measures import Measure, named
from sim.outcomes.result import Result, described
from sim.studies.sensitivity import words
from sim.studies.sensitivity.design import Design
from sim.studies.sensitivity.words import TOP

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

DEFINITIONS = {
    "setting": "value of the parameter at this end of its range, in its own unit",
    "mean": "what is explained, at this end",
    "mean_difference": "its difference from the scenario's own numbers, paired",
    "swing": "from the lowest to the highest of both ends and the middle",
    "p_holm": "p value, corrected for all comparisons (Holm)",
    "sign_holm": "p value of its being zero, corrected likewise",
    "mu_star": "mean of the absolute elementary effects, over the full range",
    "noise_limit": "mu_star that replication noise alone exceeds once in twenty",
    "mu": "mean of the elementary effects",
    "sigma": "spread of the elementary effects: how much they depend on other parameters",
    "share": "share of the variance: S1 by itself, ST with all it does together, S2 of a pair",
    "noise": "what replication noise alone would give",
    "n": "replications",
}
IN_UNIT = (
    "mean", "ci_low", "ci_high", "mean_difference", "ci_low_difference", "ci_high_difference", "se_difference", "swing",
    "mu_star", "ci_low_mu_star", "ci_high_mu_star", "noise_limit", "mu", "ci_low_mu", "ci_high_mu", "sigma",
    "sigma_noise",
)  # fmt: skip
"""Columns in the unit of the measure, unless the method explains shares of its variance."""


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Result):
    """Which parameters decide a measure, or what a policy changes of it.

    Parameters
    ----------
    effects : a row a bar, a parameter or an index; the columns are those of `Tornado.analyse`, `Morris.analyse` or
        `Sobol.analyse`, in the unit of the measure (indices of Sobol: shares of its variance).
    turns : where the sign of what is explained turns, see `Tornado.turns`; empty for other methods.
    values : what was explained at every point (row) in every replication (column).
    design : the points.
    manifest : scenario, policy, seed, versions, ranges, number of runs and so on, as plain data.
    """

    kind: ClassVar[str] = "sensitivity"
    renamed: ClassVar[Mapping[str, str]] = {"frame": "to_frame()", "title": "headline"}

    effects: pd.DataFrame
    turns: pd.DataFrame
    values: pd.DataFrame
    design: Design
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        about, policy = self.manifest, self.manifest["policy"]
        of = about["measure"] if policy is None else f"{policy!r} on {about['measure']}"
        return f"Sensitivity({about['method']} of {of}, {len(self.design.found)} parameters, {about['runs']} runs)"

    @property
    def infeasible(self) -> pd.DataFrame:
        """Points that cannot be: columns point, parameters (that contradict each other there) and why."""
        rows = [(one.point, ", ".join(one.parameters), one.why) for one in self.design.infeasible]
        return pd.DataFrame(rows, columns=["point", "parameters", "why"])

    @property
    def about(self) -> Measure:
        """The measure."""
        return named(self.manifest["measure"])

    @property
    def headline(self) -> str:
        """What decides most, in one sentence."""
        return words.headline(self)

    def text(self) -> str:
        """Say in plain words what decides, how sure that is, and what it rests on."""
        return words.text(self)

    def top(self, count: int = TOP) -> pd.DataFrame:
        """Return the rows of the parameters that matter most."""
        return self.effects[self.effects["rank"] <= count]

    def points(self) -> pd.DataFrame:
        """Return the points: values of the parameters, then the mean of what is explained."""
        return self.design.settings.assign(mean=self.values.mean(axis=1))

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the effects, the turns of a tornado, every point with its replications, and what cannot be."""
        sobol = self.manifest["method"] == "sobol"
        shares = ("share", "ci_low", "ci_high", "noise")
        units = dict.fromkeys(shares, "share") if sobol else dict.fromkeys((*IN_UNIT, "noise"), self.about.unit)
        known = [name for name in self.effects if name in units]
        told = {name: text for name, text in DEFINITIONS.items() if name in self.effects}
        found = {"effects": described(self.effects, {name: units[name] for name in known}, told)}
        points = self.design.settings.join(self.values.add_prefix("replication_")).rename_axis("point").reset_index()
        more = {"turns": self.turns, "points": points, "infeasible": self.infeasible}
        return found | {name: frame for name, frame in more.items() if len(frame)}

    def figures(self, top: int | None = None) -> dict[str, Figure]:
        """Draw the parameters that matter most; ``top`` says how many, 15 unless the manifest says otherwise."""
        from sim.studies.sensitivity import pictures

        return pictures.figures(self, top)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the parameters that matter most."""
        from sim.studies.sensitivity import pictures

        return pictures.plot(self, ax)
