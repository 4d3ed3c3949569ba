"""Options that several verbs share, and how a policy is written on a command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sim.inputs.policies import Bundle, Policy

SCENARIO_HELP = "A shipped scenario (default, small_company) or the path of a TOML file."
POLICY_HELP = (
    'A policy or bundle with its settings: "empowerment level=0.95", or several at once: "training + rapport". '
    "cxsim policies lists them."
)

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help=SCENARIO_HELP)]
Replications = Annotated[int, typer.Option("--replications", "-n", help="Independent repetitions.")]
Replication = Annotated[int, typer.Option(min=0, help="Which repetition, from 0.")]
Years = Annotated[float | None, typer.Option(help="Length of the measured period, instead of the scenario's.")]
Seed = Annotated[int | None, typer.Option(help="Seed, instead of the scenario's.")]
EngineName = Annotated[
    str, typer.Option("--engine", help="readable, compiled, or auto for the one that answers sooner; same results.")
]
Workers = Annotated[int | None, typer.Option(help="Threads or processes; all CPUs unless given.")]
Store = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="PATH", help="Run store: what it holds is not run again; none for no store. See cxsim runs."
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="ADDRESS", help="Dask: local, or a scheduler such as tcp://host:8786; same results."
    ),
]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Save the study and its charts there.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the study that is in FOLDER.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Say how far it is, also when not on a terminal.")]


def settings(
    replications: int | None,
    years: float | None,
    seed: int | None,
    engine: str,
    workers: int | None,
    verbose: bool,
    **more: Any,
) -> dict[str, Any]:
    """Return settings that verbs share, and more that some have, as the functions that run something call them."""
    about = {"replications": replications, "years": years, "seed": seed}
    return about | running(engine, workers, verbose, **more)


def running(engine: str, workers: int | None, verbose: bool, **more: Any) -> dict[str, Any]:
    """Return how runs are done, as `sim.running.runner.Running` calls it."""
    return {"engine": engine, "workers": workers, "progress": True if verbose else None, **more}


def check_folder(folder: Path | None, overwrite: bool, check: Callable[[Path, bool], object] | None = None) -> None:
    """Say before a long run that its result could not be saved, and what to add to the command.

    Parameters
    ----------
    folder : where it is to be saved; None when it is not.
    check : what refuses a folder, and says how to call the function that saves; that of a study unless given.

    Raises
    ------
    FileExistsError, OSError : of the check.
    """
    from sim.outcomes import results

    if folder is None:
        return
    try:
        (check or results.check_folder)(folder, overwrite)
    except FileExistsError as error:
        raise FileExistsError(str(error).replace("save with overwrite=True", "add --overwrite")) from error


def policy(text: str) -> Policy | Bundle:
    """Read a policy or bundle as written on the command line: NAME SETTING=VALUE ..., joined by "+".

    >>> policy("empowerment level=0.9 + training").label
    'empowerment 90% + training'
    >>> policy("ten-keys strength=0.5").label
    'Ten keys x0.5'

    Raises
    ------
    PolicyError : unknown name or setting, or text that is no policy.
    """
    from sim.inputs.policies.written import read_policy

    return read_policy(text, f'--policy "{text}"')
