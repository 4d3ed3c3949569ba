"""What an overlay is: the projection with what really happened on it, in frames, in words and in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sim.company.overlay import words
from sim.outcomes.result import Result, described
from sim.outcomes.results import about

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

DEFINITIONS = {
    "projected": "mean of the projection over the periods with an actual figure",
    "actual": "mean of the actual figures",
    "mean_error": "actual less projected",
    "by_chance": "half-width of what chance alone makes of the mean error",
    "drift": "of the error, in the measure's unit a period",
    "share_inside": "share of the periods whose actual figure lies in the band",
    "ci_low_inside": "lower end of its interval (Wilson)",
    "ci_high_inside": "upper end of its interval",
    "pi_low": "lower end of the band: a next replication lies in it with the probability asked for",
    "pi_high": "upper end of the band",
    "p_level": "probability that chance alone gives so large a mean error, corrected by Holm for all tests",
    "p_drift": "likewise of the drift",
    "p_scatter": "likewise of the scatter",
}


@dataclass(frozen=True, eq=False, repr=False)
class Overlay(Result):
    """What really happened, laid over what a study has projected.

    Attributes
    ----------
    periods : a row a measure and period of the projection, whether something is known of it or not: measure, by
        ("month"
        or "year"), place (from 0), period ("2026-03", "year 1"), n (replications in which it is defined), mean with
        ci_low and ci_high (Student's t), pi_low_50, pi_high_50, pi_low_80, pi_high_80 and pi_low, pi_high (between
        which a next replication lies with probability 50 %, 80 % and the level asked for: see
        `sim.company.overlay.bands`), mean_baseline (NaN when the policy is the baseline itself), actual, error
        (actual less mean), inside (whether it lies in the band; missing where there is no actual) and standing (share
        of the replications below it).
    measures : a row a measure: measure, label, unit, by, periods (with an actual), inside (how many lie in the band),
        share_inside with ci_low_inside, ci_high_inside (Wilson's interval, which takes periods for independent: those
        of one company hang together, so it is rather too narrow), projected and actual (means over these periods),
        mean_error, by_chance (half-width of what chance alone makes of it), drift (of the error, unit of the measure
        a period), p_level, p_drift, p_scatter (probability that chance alone makes a company differ so much,
        corrected by Holm for all tests of all measures) and

        =========================  ============================================================================
        verdict                    when, at the level asked for
        =========================  ============================================================================
        runs above, runs below     the mean error differs more than chance
        differs more than chance   not the mean error, but its drift or its scatter does
        in line                    none of them does
        not judged                 there are fewer than three replications, or no period that all of them define
        =========================  ============================================================================
    remarks : how the actuals were read, where that is not plain; a sentence each.
    manifest : how it was made: the study's own manifest, the start, the policy, the level.
    """

    kind: ClassVar[str] = "overlay"
    renamed: ClassVar[Mapping[str, str]] = {"table": "to_frame()", "frame": "periods", "summary": "text()"}

    measures: pd.DataFrame
    periods: pd.DataFrame
    remarks: tuple[str, ...]
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Overlay({', '.join(f'{row.measure}: {row.verdict}' for row in self.measures.itertuples())})"

    @property
    def headline(self) -> str:
        """How many measures differ from the projection more than chance explains."""
        return words.whole(self)

    def text(self) -> str:
        """Say a sentence a measure, how actuals were read, and what the band and the verdicts mean."""
        sentences = [f"{words.sentence(row, self.manifest)}." for _, row in self.measures.iterrows()]
        return "\n".join([*sentences, *self.remarks, *words.notes(self.measures, self.manifest)])

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return a row a measure, and a row a measure and period."""
        units, definitions = about(self.measures["measure"])
        parts = {"measures": self.measures, "periods": self.periods}
        shares = dict.fromkeys(("share_inside", "ci_low_inside", "ci_high_inside"), "share")
        return {
            name: described(
                frame,
                units | {one: unit for one, unit in shares.items() if one in frame},
                definitions | {one: text for one, text in DEFINITIONS.items() if one in frame},
            )
            for name, frame in parts.items()
        }

    def figures(self) -> dict[str, Figure]:
        """Draw all measures at a glance, and each by itself."""
        from sim.company.overlay import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first measure that differs from its projection, or else the first."""
        from sim.company.overlay import pictures

        return pictures.plot(self, ax)
