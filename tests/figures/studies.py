"""The studies behind the figures: the command of each, what is kept of it, and whether it is of the present model."""

from __future__ import annotations

import hashlib
import json
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from sim import Scenario
from sim.outcomes.origin import made_here
from sim.outcomes.verdict import FAMILIES

SAVED = Path(__file__).parent / "saved"
MANIFEST = ("cxsim", "versions", "model", "seed", "years", "planned", "finished", "created")
"""What is kept of a study's manifest."""
DIGITS = 9
"""Significant digits of a parameter that count: more may differ from machine to machine."""


@dataclass(frozen=True)
class Kept:
    """A study, the command that makes it, and the part of its tables that the pages need.

    Parameters
    ----------
    command : with ``{out}`` for its folder; a script of experiments/ runs in this Python, cxsim as a module.
    scenario : shipped company that it runs.
    tables : file of the study's folder by the name under which it is kept.
    manifest : file that says how it was made.
    measures : of the rows that are kept; all unless given.
    """

    command: str
    scenario: str
    tables: dict[str, str]
    manifest: str = "manifest.json"
    measures: tuple[str, ...] = ()


STUDIES = {
    "question": Kept(
        'cxsim compare small_company --policy training --policy "empowerment level=0.95" '
        '--policy "empowerment level=0.95 + training" --replications 10 --out {out}',
        "small_company",
        {"question": "summary.csv"},
        measures=("profit_a_year", "return_on_sales", *(name for family in FAMILIES for name in family)),
    ),
    "empowerment": Kept(
        "experiments/empowerment.py --out {out}",
        "default",
        {"empowerment": "summary.csv", "empowerment-conditions": "conditions/summary.csv"},
        measures=("profit_a_year", "retention_12m", "handoffs_per_case", "asa_s"),
    ),
    "readings": Kept(
        "cxsim compare default --policy rapport --reading all --replications 8 --years 3 --out {out}",
        "default",
        {"readings": "summary.csv"},
        measures=("told_good", "told_bad", "joined_by_wom", "profit_a_year"),
    ),
    "audit": Kept("experiments/audit.py --out {out}", "default", {"audit": "audit.csv"}, "audit.json"),
}


def repeat(name: str, out: Path) -> None:
    """Run a study into its folder below `out`."""
    words = shlex.split(STUDIES[name].command.format(out=shlex.quote(str(out / name))))
    start = ["-m", "sim", *words[1:]] if words[0] == "cxsim" else words
    subprocess.run([sys.executable, *start], check=True)


def keep(name: str, out: Path) -> None:
    """Keep of a study's folder what the pages need, and how it was made."""
    study = STUDIES[name]
    SAVED.mkdir(exist_ok=True)
    for kept, file in study.tables.items():
        frame = pd.read_csv(out / name / file)
        if study.measures:
            frame = frame[frame["measure"].isin(study.measures) & (frame["period"] == "all")]
        frame.to_csv(SAVED / f"{kept}.csv", index=False, lineterminator="\n")
    made = json.loads((out / name / study.manifest).read_text("utf-8"))
    about = {"command": study.command.format(out=f"studies/{name}"), "parameters": parameters(study.scenario)}
    about |= {key: made[key] for key in MANIFEST if key in made}
    (SAVED / f"{name}.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def table(name: str) -> pd.DataFrame:
    """Return a table that was kept."""
    return pd.read_csv(SAVED / f"{name}.csv")


def manifest(name: str) -> dict[str, Any]:
    """Return how a study that was kept was made."""
    return dict(json.loads((SAVED / f"{name}.json").read_text("utf-8")))


def stale() -> Iterator[str]:
    """Name the results that another model made, or another shipped company.

    The digest of the model is one of its bytecode, so results of another Python are not looked at.
    """
    for name, study in STUDIES.items():
        made = manifest(name)
        if made["parameters"] != parameters(study.scenario):
            yield f"saved/{name}: the parameters of {study.scenario} have changed; {_again(name)}"
        if comparable(made) and made["model"] != made_here()["model"]:
            yield f"saved/{name}: the model has changed; {_again(name)}"


def comparable(made: dict[str, Any]) -> bool:
    """Whether results come from the Python that runs here: 3.11, say, whichever of its releases."""
    here = platform.python_version_tuple()[:2]
    return tuple(made["versions"]["python"].split(".")[:2]) == here


def _again(name: str) -> str:
    return f"run python -m tests.figures --run {name}"


@cache
def parameters(scenario: str) -> str:
    """Return a digest of all parameters of a shipped company."""
    values = Scenario.load(scenario).resolve().base.ravel()
    return hashlib.sha256(" ".join(f"{value:.{DIGITS}g}" for value in values).encode()).hexdigest()
