"""What the scripts that answer a question share: the command, the runs, the folder, and the words for numbers.

A script states a `Question`: which studies answer it, how they are put into words, and how they are drawn. ``main``
then reads the command line, runs the studies, saves the first into the folder and each other one into a folder of its
own inside, and writes ``answer.txt`` and ``charts/``. After Ctrl-C what is finished is saved and put into words; a
study that was not begun is missing from what the script is given.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sim import Scenario, Study, charts, measures
from sim.engines import ENGINES, Engine
from sim.outcomes.result import as_told, first_look
from sim.outcomes.results import check_folder
from sim.outcomes.saved import write_together
from sim.running.experiment import AnyPolicy, Observer, Running, compare
from sim.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from sim.charts import Figure

BETTER = {measure.name: measure.better for measure in measures.CATALOGUE.values()}
CHARTS, ANSWER = "charts", "answer.txt"
FOLLOWS = "staffing follows the load"
QUICK_WARM_UP = 0.5
STOPPED, REFUSED = 130, 2
PER_CENT, THREE_FIGURES = 100.0, ((100.0, 0), (1.0, 2), (0.0, 4))
SHARES, MONEY, SCORE = ("share", "probability"), "money", "score"


@dataclass(frozen=True)
class Size:
    """How much is run: paired replications, and measured years of each."""

    replications: int
    years: float


@dataclass(frozen=True)
class Asked:
    """What the command line asked for; ``own`` holds the options that only this script has."""

    scenario: Scenario
    replications: int
    engine: Engine
    workers: int | None
    quick: bool
    store: str | None = None
    cluster: str | None = None
    own: argparse.Namespace = field(default_factory=argparse.Namespace)

    def compare(
        self,
        scenarios: Scenario | Sequence[Scenario],
        policies: Sequence[AnyPolicy],
        *,
        readings: Sequence[str] = (),
        observe: Observer | None = None,
    ) -> Study:
        """Run policies against none, as `sim.compare`, with all the settings that were asked for."""
        return compare(
            scenarios, policies, replications=self.replications, readings=readings, observe=observe, **self.running
        )

    @property
    def running(self) -> Running:
        """Return how runs are done."""
        return {"engine": self.engine, "workers": self.workers, "store": self.store, "cluster": self.cluster}

    def following(self) -> Scenario:
        """Return the scenario with a number of agents that follows the load, in the baseline and from the start."""
        return self.scenario.override(staffing_follows=1.0).change(name=f"{self.scenario.name}, {FOLLOWS}")


Studies = Mapping[str, Study]


@dataclass(frozen=True)
class Question:
    """A question and how it is answered.

    Parameters
    ----------
    name : of the script and of its folder in ``studies/``.
    text : the question, for ``--help``.
    studies : what is run, by name; the first is the one that the folder is about.
    answer : puts the studies into words.
    draw : gives each chart with the name of its file.
    size, quick : of a full run, and of a first look.
    options : adds options of its own to the command.
    """

    name: str
    text: str
    studies: Mapping[str, Callable[[Asked], Study]]
    answer: Callable[[Asked, Studies], str]
    draw: Callable[[Asked, Studies], Iterable[tuple[str, Figure]]]
    size: Size
    quick: Size
    options: Callable[[argparse.ArgumentParser], object] = lambda parser: None

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Run, save and draw the studies, and write the answer; return the exit status."""
        try:
            chosen = self._parser().parse_args(arguments)
            asked = self._settle(chosen)
            check_folder(chosen.out, overwrite=True)
            found, whole = self._run(asked, chosen.out)
        except (ValueError, OSError) as error:
            sys.stderr.write(f"{self.name}: {error}\n")
            return REFUSED
        except KeyboardInterrupt:
            sys.stderr.write(f"{self.name}: stopped before one replication was finished; nothing is kept.\n")
            return STOPPED
        self._tell(asked, found, chosen.out)
        return 0 if whole else STOPPED

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=self.name, description=self.text, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        full, quick = self.size, self.quick
        add = parser.add_argument
        add("--quick", action="store_true", help="fewer and shorter runs: a first look, not a result")
        add("--scenario", default="default", help="a shipped name (default, small_company) or a TOML file")
        add("--replications", type=int, help=f"paired (default {full.replications}; quick {quick.replications})")
        add("--years", type=float, help=f"measured years (default {full.years:g}; quick {quick.years:g})")
        add("--seed", type=int, help="seed of the scenario (default its own)")
        add("--engine", choices=ENGINES, default="auto", help="results are the same (default auto)")
        add("--workers", type=int, help="threads or processes (default all CPUs)")
        add("--store", metavar="PATH", help="run store: what it holds is not run again; none for no store")
        add("--cluster", metavar="ADDRESS", help="Dask: local, or a scheduler such as tcp://host:8786")
        add("--out", type=Path, default=Path("studies") / self.name, help="folder of the study")
        self.options(parser)
        return parser

    def _settle(self, chosen: argparse.Namespace) -> Asked:
        """Return the scenario with its length and seed, and how it is run."""
        size = self.quick if chosen.quick else self.size
        scenario = Scenario.load(chosen.scenario)
        warm_up = QUICK_WARM_UP if chosen.quick else scenario.warm_up
        scenario = scenario.change(years=size.years if chosen.years is None else chosen.years, warm_up=warm_up)
        if chosen.seed is not None:
            scenario = scenario.change(seed=chosen.seed)
        replications = size.replications if chosen.replications is None else chosen.replications
        how = {name: getattr(chosen, name) for name in ("engine", "workers", "quick", "store", "cluster")}
        return Asked(scenario, replications, own=chosen, **how)

    def _run(self, asked: Asked, out: Path) -> tuple[dict[str, Study], bool]:
        """Run and save study after study; say whether all were finished."""
        found: dict[str, Study] = {}
        for name, study in self.studies.items():
            try:
                found[name] = study(asked)
            except KeyboardInterrupt:
                if not found:
                    raise
                return found, False
            found[name].save(out if len(found) == 1 else out / name, overwrite=True)
            about = found[name].manifest
            if about["finished"] < about["planned"]:
                return found, False
        return found, True

    def _tell(self, asked: Asked, found: Studies, out: Path) -> None:
        text = self.answer(asked, found)
        made = next(iter(found.values())).manifest
        if first_look(made):
            text += "\n\nThis is a first look with few replications: read the intervals, not the means."
        (out / ANSWER).write_text(text + "\n", "utf-8")
        drawn = charts.drawn(as_told(dict(self.draw(asked, found)), made))
        write_together(out / CHARTS, drawn, overwrite=True)
        sys.stdout.write(
            f"{text}\n\nThe study is in {out}: summary.csv, replications.parquet, manifest.json, charts/.\n"
        )


# -- figures of a study --------------------------------------------------------------------------------------------


def differences(study: Study) -> pd.DataFrame:
    """Paired differences of all measures from the baseline, with gains counted the way that each measure says."""
    return study.compare(better=BETTER)


def row(
    frame: pd.DataFrame, policy: str, measure: str, *, scenario: str | None = None, period: str = "all"
) -> pd.Series:
    """Return the one row of a policy, or of a contrast, and a measure in a frame of differences.

    Raises
    ------
    ValueError : there is none, or several scenarios have one.
    """
    name = "policy" if "policy" in frame else "contrast"
    chosen = (frame[name] == policy) & (frame["measure"] == measure) & (frame["period"] == period)
    if scenario is not None:
        chosen &= frame["scenario"] == scenario
    if chosen.sum() != 1:
        raise ValueError(f"{int(chosen.sum())} rows have {name} {policy!r}, {measure!r}, {period!r}; name one")
    return frame[chosen].iloc[0]


def inseparable(
    study: Study,
    measure: str = "profit_a_year",
    *,
    among: Sequence[str] | None = None,
    scenario: str | None = None,
) -> tuple[str, list[str]]:
    """Return the policy with the best mean, and those that this study cannot tell from it.

    Holm's correction over the policies keeps the familywise error; the baseline counts as one of them.

    Parameters
    ----------
    among : only these policies; all of them unless given.
    scenario : in this one, of a study of several.
    """
    from sim.outcomes import statistics

    frame = study.replications[(study.replications["measure"] == measure) & (study.replications["period"] == "all")]
    frame = frame if scenario is None else frame[frame["scenario"] == scenario]
    frame = frame if among is None else frame[frame["policy"].isin(list(among))]
    means = frame.groupby("policy", sort=False)["value"].mean()
    best = str(means.idxmin() if BETTER[measure] == "lower" else means.idxmax())
    rows = statistics.paired_differences(frame, best)
    return best, rows[~(rows["p_holm"] < 1 - statistics.DEFAULT_LEVEL)]["policy"].tolist()


def lines(frame: pd.DataFrame, texts: Mapping[str, str], measure: str) -> pd.DataFrame:
    """Return the rows of `charts.effects`: one for each policy of `texts`, in their order, with its text as name.

    A policy that the differences of the frame do not hold is the baseline, whose row has no numbers.
    """
    name = "policy" if "policy" in frame else "contrast"
    chosen = frame[(frame["measure"] == measure) & (frame["period"] == "all")].set_index(name).reindex(list(texts))
    counts = {column: chosen[column].dropna().iloc[0] for column in ("n", "confidence")}
    return chosen.fillna(counts).assign(name=list(texts.values()))


# -- words ---------------------------------------------------------------------------------------------------------


def amount(value: float, unit: str, *, signed: bool = False) -> str:
    """Say a number with about three figures: a share in per cent, a difference of shares in points.

    >>> amount(0.7349, "share"), amount(0.02, "share", signed=True), amount(-1234.5, "money/year", signed=True)
    ('73.49 %', '+2.00 points', '-1,234')
    """
    shown = value * PER_CENT if unit in SHARES else value
    suffix = (" points" if signed else " %") if unit in SHARES else ""
    return f"{_number(shown, _digits(shown, unit), signed)}{suffix}"


def gain(found: pd.Series, measure: str, *, unit: str | None = None) -> str:
    """Say a difference and its interval: "+0.87 points (+0.75 to +1.00)"."""
    unit = measures.CATALOGUE[measure].unit if unit is None else unit
    middle, low, high, suffix = _difference(found, unit)
    return f"{middle}{suffix} ({low} to {high})"


def change(found: pd.Series, measure: str) -> str:
    """Say a measure's change: "73.29 to 74.17 % (+0.87 points, +0.75 to +1.00)"."""
    unit = measures.CATALOGUE[measure].unit
    before, after = amount(found["mean_baseline"], unit).removesuffix(" %"), amount(found["mean"], unit)
    middle, low, high, suffix = _difference(found, unit)
    plain = "" if unit in SHARES else _after(unit)
    return f"{before} to {after}{plain} ({middle}{suffix if unit in SHARES else ''}, {low} to {high})"


def effect(found: pd.Series, measure: str) -> str:
    """Say what happens to a measure: "raises yearly retention: +0.87 points (+0.75 to +1.00)"."""
    label = measures.CATALOGUE[measure].label
    name = label if label[1:2].isupper() else label[:1].lower() + label[1:]
    return f"{verdict(found, ('raises', 'lowers', 'does not clearly change'))} {name}: {gain(found, measure)}"


def verdict(found: pd.Series, words: tuple[str, str, str]) -> str:
    """Choose words for clearly up, clearly down, and not separable."""
    return words[0] if found["ci_low_difference"] > 0 else words[1] if found["ci_high_difference"] < 0 else words[2]


def listed(names: Sequence[str], most: int | None = None) -> str:
    """Say several names in a row; only the first of them, and how many others, when there are more than `most`.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a", "b", "c", "d"], most=2)
    ('a', 'a, b and c', 'a, b and 2 others')
    """
    if most is not None and len(names) > most:
        names = [*names[:most], f"{len(names) - most} others"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def length(asked: Asked) -> str:
    """Say what was run."""
    years = asked.scenario.years
    return f"{counted(asked.replications, 'paired replication')} of {counted(years, 'year')}"


def source(asked: Asked, more: str = "") -> str:
    """Say where a chart's numbers come from."""
    scenario = asked.scenario
    about = f"{counted(scenario.years, 'year')}, reading {scenario.reading}, seed {scenario.seed}"
    return f"cxsim, scenario {scenario.name}{more}, {about}."


def _difference(found: pd.Series, unit: str) -> tuple[str, str, str, str]:
    """Difference, its limits, and the unit that follows the first."""
    values = [
        found[name] * (PER_CENT if unit in SHARES else 1.0)
        for name in ("mean_difference", "ci_low_difference", "ci_high_difference")
    ]
    digits = _digits(values[0], unit)
    middle, low, high = (_number(value, digits, True) for value in values)
    return middle, low, high, " points" if unit in SHARES else _after(unit)


def _after(unit: str) -> str:
    """Return what follows a number: nothing after an amount of money or a score."""
    return "" if unit.startswith(MONEY) or unit == SCORE else f" {unit}"


def _number(value: float, digits: int, signed: bool) -> str:
    return f"{value:{'+' if signed else ''},.{digits}f}"


def _digits(value: float, unit: str) -> int:
    """Decimals that show about three figures of a number; two of per cent and points."""
    return 2 if unit in SHARES else next(digits for least, digits in THREE_FIGURES if not abs(value) < least)
