"""What an explanation is: the parts of an effect with their intervals, in a frame, in words, and in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pandas as pd

from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE, Measure
from sim.outcomes.result import Result, described
from sim.outcomes.statistics import Interval
from sim.studies.explain.channels import DIRECT, LABELS
from sim.wording import capital, change, counted, estimate, listed, lower, number

if TYPE_CHECKING:
    from sim.charts import Axes, Figure

COLUMNS = (
    "scenario", "policy", "baseline", "measure", "period", "channel", "label", "mean_baseline", "mean_difference",
    "ci_low_difference", "ci_high_difference", "se_difference", "n", "orders", "confidence",
)  # fmt: skip
HALF = 0.5
"""Share of an effect from which on it came mostly through one channel."""
DEFINITIONS = {
    "mean_baseline": "mean of the measure under the baseline",
    "mean_difference": "part of the policy's effect that came through the channel",
    "ci_low_difference": "lower end of its interval, Student t over replications",
    "ci_high_difference": "upper end of its interval",
    "se_difference": "its standard error",
    "n": "paired replications",
    "orders": "orders in which channels were opened, in each replication",
}


_FIGURES = ("mean_difference", "se_difference", "ci_low_difference", "ci_high_difference")


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Result):
    """A policy's effect on a measure, split by the channels that it works through.

    Parameters
    ----------
    effects : a row a part ("direct", then the channels) and one for their sum ("total"): columns scenario, policy,
        baseline, measure, period, channel, label, mean_baseline, mean_difference, ci_low_difference,
        ci_high_difference, se_difference (unit of the measure), n (replications), orders (in which channels were
        opened, in each replication) and confidence. The interval is Student t over replications.
    parts : the same parts in each replication, a row a replication, a column a part; direct and channels add up to
        total in every row, up to rounding in the last digits.
    manifest : scenario, policy, seed, versions and so on, as plain data.
    """

    kind: ClassVar[str] = "explain"
    renamed: ClassVar[Mapping[str, str]] = {"frame": "to_frame()", "summary": "text()"}

    effects: pd.DataFrame
    parts: pd.DataFrame
    manifest: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        parts: pd.DataFrame,
        baseline: pd.Series,
        manifest: Mapping[str, Any],
        level: float = statistics.DEFAULT_LEVEL,
    ) -> Self:
        """Put the parts of each replication together; ``baseline`` has the measure itself under the baseline."""
        about = {key: manifest[key] for key in ("policy", "baseline", "measure", "period", "orders")}
        about |= {"scenario": manifest["scenario"]["name"], "mean_baseline": float(baseline.mean())}
        rows = []
        for channel in parts.columns:
            found = statistics.mean_interval(parts[channel], level)
            figures = {"mean_difference": found.mean, "ci_low_difference": found.low, "ci_high_difference": found.high}
            figures |= {"se_difference": found.se, "n": found.n}
            rows.append({"channel": channel, "label": LABELS[channel]} | figures)
        effects = pd.DataFrame(rows).assign(**about, confidence=level)[list(COLUMNS)]
        return cls(effects, parts.rename_axis("replication"), manifest)

    def __repr__(self) -> str:
        about = self.manifest
        return f"Explanation({about['policy']!r}, {about['measure']!r}, {self.total.n} replications)"

    @property
    def headline(self) -> str:
        """By how much the policy changes the measure, and through which channel most of it came."""
        about, total = self.manifest, self.total
        told = change(lower(self._about.label), total.mean, total.low, total.high, self._about.unit)
        return f"{capital(about['policy'])} {told}{self._mostly()}"

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the effects, and the parts of each replication."""
        units = dict.fromkeys((name for name in COLUMNS if name.endswith(("baseline", "difference"))), self._about.unit)
        return {
            "effects": described(
                self.effects, {name: unit for name, unit in units.items() if name != "baseline"}, DEFINITIONS
            ),
            "parts": self.parts.reset_index(),
        }

    def figures(self) -> dict[str, Figure]:
        """Draw the bridge from the baseline to the policy."""
        from sim.studies.explain import pictures

        return pictures.figures(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the bridge from the baseline to the policy, by channel."""
        from sim.studies.explain import pictures

        return pictures.plot(self, ax)

    @property
    def total(self) -> Interval:
        """The whole effect, with its interval."""
        row = self.effects.iloc[-1]
        return Interval(int(row["n"]), *(float(row[name]) for name in _FIGURES))

    def text(self) -> str:
        """Say in plain words what came through which channel, the largest first."""
        sentences = (self._effect(), self._clear(), self._unclear(), self._none(), self.basis())
        return "\n".join(sentence for sentence in sentences if sentence)

    def basis(self) -> str:
        """Say what the intervals rest on."""
        about, count = self.manifest, self.total.n
        text = f"{counted(count, 'paired replication')} of {counted(about['years'], 'year')}, seed {about['seed']}; "
        if about["orders"] == about["of_orders"]:
            text += f"channels opened in each of {about['of_orders']:,} orders."
        else:
            text += (
                f"channels opened in {about['orders']:,} of {about['of_orders']:,} orders, drawn again in each "
                "replication: the intervals hold that error too."
            )
        left = [lower(LABELS[channel]) for channel in about["left_open"]]
        text += f" What came through {listed(left)} counts as direct." if left else ""
        return text + (" One replication has no interval." if count == 1 else "")

    # -- sentences ---------------------------------------------------------------------------------------------

    @property
    def _about(self) -> Measure:
        return CATALOGUE[self.manifest["measure"]]

    def _effect(self) -> str:
        about, total = self.manifest, self.total
        clear = "" if _is_clear(total.low, total.high) or total.n == 1 else ", which is not clear of zero"
        period = "" if about["period"] == "all" else f" in {about['period']}"
        base = number(self.effects["mean_baseline"].iloc[0], self._about.unit)
        return (
            f"{about['scenario']['name']}: {about['policy']} changes {lower(self._about.label)}{period} by "
            f"{self._amount(self.effects.iloc[-1])}{clear}, from {base} ({about['baseline']})."
        )

    def _clear(self) -> str:
        rows = [
            row
            for row in self._ordered()
            if _is_clear(row["ci_low_difference"], row["ci_high_difference"]) or self.total.n == 1
        ]
        told = [(self._amount(row), self._way(row)) for row in rows if row["mean_difference"]]
        whole = number(self.total.mean, self._about.unit, "+")
        if not told:
            return f"No part of the {whole} is clear of zero."
        (amount, way), *others = told
        return f"Of the {whole}, {listed([f'{amount} came {way}', *map(' '.join, others)])}."

    def _unclear(self) -> str:
        rows = [
            row
            for row in self._ordered()
            if row["se_difference"] > 0 and not _is_clear(row["ci_low_difference"], row["ci_high_difference"])
        ]
        told = [f"{self._amount(row)} {self._way(row)}" for row in rows]
        return f"Not clear of zero: {listed(told)}." if told else ""

    def _none(self) -> str:
        told = [
            self._way(row) for row in self._ordered() if row["mean_difference"] == 0 and not row["se_difference"] > 0
        ]
        return f"Nothing at all came {listed(told)}." if told else ""

    def _ordered(self) -> list[pd.Series]:
        parts = self.effects.iloc[:-1]
        return [
            parts.loc[place]
            for place in parts["mean_difference"].abs().sort_values(ascending=False, kind="stable").index
        ]

    def _amount(self, row: pd.Series) -> str:
        ends = (row["ci_low_difference"], row["ci_high_difference"])
        return estimate(row["mean_difference"], *ends, self._about.unit, "+")

    def _mostly(self) -> str:
        """Through what most of it came, where that is clear."""
        total, parts = self.total, self.effects.iloc[:-1]
        if not _is_clear(total.low, total.high):
            return ""
        clear = parts["ci_low_difference"] > 0 if total.mean > 0 else parts["ci_high_difference"] < 0
        if not clear.any():
            return ", through no channel in particular"
        most = parts.loc[parts["mean_difference"][clear].abs().idxmax()]
        return f", {'mostly' if most['mean_difference'] / total.mean > HALF else 'most of all'} {self._way(most)}"

    def _way(self, row: pd.Series) -> str:
        return "directly (costs, prices, work)" if row["channel"] == DIRECT else f"through {lower(row['label'])}"


def _is_clear(low: float, high: float) -> bool:
    return bool(low > 0 or high < 0)
