"""What was found: in frames, in words and in files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.inputs.policies import Bundle
from sim.outcomes.saved import check_files, write_together
from sim.outcomes.statistics import mean_interval
from sim.studies.choose.feasibility import BROKEN
from sim.studies.choose.figures import Figures
from sim.studies.choose.pareto import frontier
from sim.studies.levers import Space
from sim.studies.search import words
from sim.studies.search.check import Check, checked_frame
from sim.studies.search.loop import Loop
from sim.studies.search.pairs import Pairs
from sim.studies.search.stages import Trial, keeps
from sim.studies.search.terms import Terms

TRIALS, CHECKED, FRONTIER, MANIFEST, ANSWER = (
    "search-trials.csv", "search-checked.csv", "search-frontier.csv", "search.json", "search.txt",
)  # fmt: skip
FILES = (TRIALS, CHECKED, FRONTIER, MANIFEST, ANSWER)


@dataclass(frozen=True, eq=False, repr=False)
class Finding:
    """The best levels of some levers.

    Parameters
    ----------
    space, terms : what was searched, and how.
    trials : a row a point that was tried, in order: trial, a column a lever, stage (from 0, -1 where it cannot be
        run), n (replications), difference, low, high (as the search believed, from these replications: too good for
        the best of them), the same of the second goal with ``pareto_`` before, cost (of the policies a year more than
        the baseline's), kept (whether bounds are kept on the mean), refused (why it cannot be run), and leader,
        leader_mean_difference, leader_low, leader_high: who led after this trial, and what was believed of it then.
    checked : the best few on fresh replications, see `sim.studies.search.check.checked_frame`; empty after Ctrl-C, or
        when no trial keeps the bounds.
    frontier : of two goals on the fresh replications, see `sim.studies.choose.pareto.frontier`; None with one goal.
    tied : numbers of checked trials whose paired difference from the choice is not clear of zero.
    manifest : scenario, levers, seeds, versions and so on, as plain data.
    """

    space: Space
    terms: Terms
    trials: pd.DataFrame
    checked: pd.DataFrame
    frontier: pd.DataFrame | None
    tied: tuple[int, ...]
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        row = self.best
        what = "nothing chosen" if row is None else words.levels(row, self.space)
        return f"Finding({what}; {len(self.trials)} trials by {self.terms.measure})"

    @property
    def best(self) -> pd.Series | None:
        """Row of the choice in `checked`; None when none was made."""
        rows = self.checked[self.checked["chosen"]] if len(self.checked) else self.checked
        return rows.iloc[0] if len(rows) else None

    @property
    def favourite(self) -> pd.Series | None:
        """Row in `trials` of who led at the end of the search, by its own figures; None for nobody."""
        last = self.trials["leader"].iloc[-1]
        return None if np.isnan(last) else self.trials[self.trials["trial"] == last].iloc[0]

    @property
    def levels(self) -> dict[str, float] | None:
        """The levels chosen, by lever."""
        row = self.best
        return None if row is None else {name: float(row[name]) for name in self.space.names}

    @property
    def policy(self) -> Bundle | None:
        """The policies at the levels chosen, for `sim.compare` and others."""
        return None if self.levels is None else self.space.policy(self.levels)

    @property
    def stopped(self) -> bool:
        """Whether the user stopped it."""
        return bool(self.manifest["stopped"])

    def text(self) -> str:
        """Say in plain words what is best, how sure that is, and what the search had believed."""
        return words.text(self)

    def title(self) -> str:
        """Say in one sentence what was found."""
        return words.title(self)

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write trials, what was checked, the frontier, the answer and how it was made into a folder; return its path.

        Raises
        ------
        FileExistsError : when there is a search already, unless ``overwrite`` is true.
        """
        folder = check_folder(folder, overwrite)
        files = self._files()
        write_together(folder, files, overwrite)
        for name in set(FILES) - set(files):  # of the search that is replaced
            (folder / name).unlink(missing_ok=True)
        return folder

    def _files(self) -> dict[str, str]:
        frames = {TRIALS: self.trials, CHECKED: self.checked}
        frames |= {FRONTIER: self.frontier} if self.frontier is not None else {}
        texts = {name: frame.to_csv(index=False, lineterminator="\n") for name, frame in frames.items()}
        made = json.dumps(dict(self.manifest), indent=1, ensure_ascii=False) + "\n"
        return texts | {ANSWER: self.text() + "\n", MANIFEST: made}


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Check that a search can be saved in ``folder``, before it is made; errors as `Finding.save`."""
    return check_files(folder, FILES, overwrite)


def finding(loop: Loop, check: Check | None, seed: int, manifest: Mapping[str, Any]) -> Finding:
    """Put together what a search came to; ``seed`` is that of the check."""
    space, terms = loop.space, loop.terms
    checked = pd.DataFrame() if check is None else checked_frame(check, space, terms, seed)
    front = None if check is None or len(terms.goals) == 1 else _frontier(check, terms)
    tied = () if check is None or check.chosen is None else _tied(check, terms)
    told = dict(manifest) | {"stopped": loop.stopped, "finished": len(loop.trials)}
    return Finding(space, terms, _trials_frame(loop), checked, front, tied, told)


def _trials_frame(loop: Loop) -> pd.DataFrame:
    rows = [_trial(trial, loop.terms) for trial in loop.trials]
    return pd.DataFrame(rows).join(pd.DataFrame(_leads(loop)))


def _trial(trial: Trial, terms: Terms) -> dict[str, Any]:
    about: dict[str, Any] = {"trial": trial.number, **trial.point, "stage": trial.stage}
    for place, prefix in enumerate(["", "pareto_"][: len(terms.goals)]):
        about |= {f"{prefix}{name}": value for name, value in _believed(trial.pairs, terms, place).items()}
    cost = np.nan if trial.pairs is None else float(terms.cost(trial.pairs).mean())
    return about | {
        "n": 0 if trial.pairs is None else len(trial.pairs),
        "cost": cost,
        "kept": keeps(trial, terms),
        "refused": trial.why,
    }


def _believed(pairs: Pairs | None, terms: Terms, place: int) -> dict[str, float]:
    if pairs is None:
        return dict.fromkeys(("mean_difference", "low", "high"), np.nan)
    found = mean_interval(terms.goals[place].sign * terms.gains(pairs)[place], terms.confidence)
    return {"mean_difference": found.mean, "low": found.low, "high": found.high}


def _leads(loop: Loop) -> list[dict[str, float]]:
    """Who led after each trial, with what was believed of it then."""
    rows: list[dict[str, float]] = []
    nobody = dict.fromkeys(("leader", "leader_mean_difference", "leader_low", "leader_high"), np.nan)
    for lead in loop.leads:
        about = nobody
        if lead.leader is not None:
            pairs = loop.trials[lead.leader].pairs
            assert pairs is not None
            believed = _believed(pairs.first(lead.replications), loop.terms, 0)
            about = {"leader": float(lead.leader)} | {f"leader_{name}": value for name, value in believed.items()}
        rows += [about] * (lead.after - len(rows))
    return [*rows, *[rows[-1] if rows else nobody] * (len(loop.trials) - len(rows))]


def _frontier(check: Check, terms: Terms) -> pd.DataFrame:
    """Weigh the goals on the reporting half, the baseline among the points."""
    labels = (words.BASELINE, *(f"trial {trial.number}" for trial in check.trials))
    base = check.reporting[0]
    values = {
        goal.measure: np.column_stack(
            [
                base.level(goal.measure) - base.difference(goal.measure),
                *(p.level(goal.measure) for p in check.reporting),
            ]
        )
        for goal in terms.goals
    }
    found = Figures(labels, values, np.full(len(labels), len(base)))
    able = [0, *(place + 1 for place, said in enumerate(check.words) if said != BROKEN)]
    return frontier(found, terms.goals, able, terms.confidence)


def _tied(check: Check, terms: Terms) -> tuple[int, ...]:
    """Return who cannot be told from the choice: paired differences that hold for all of them together."""
    assert check.chosen is not None
    mine, many = terms.gains(check.reporting[check.chosen])[0], max(1, len(check.trials) - 1)
    found = []
    for place, (trial, pairs) in enumerate(zip(check.trials, check.reporting, strict=True)):
        lead = mine - terms.gains(pairs)[0]
        if place != check.chosen and not mean_interval(lead, 1 - (1 - terms.confidence) / many).low > 0:
            found.append(trial.number)
    return tuple(found)
