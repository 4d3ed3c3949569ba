"""Options that verbs share, each declared once: its name, letter, default and sentence are the same in every verb.

A verb takes a single option by its type (``csv: Csv = False``), or a whole group by a parameter of a group's class
(``computing: Computing``); `add` spreads the groups into options and gathers what was given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from sim.inputs.policies import Change
    from sim.inputs.scenario import Scenario

ASK, COMPANY, EVIDENCE, CENTRE, UPKEEP = "Ask", "My company", "Evidence", "Contact centre", "Upkeep"
"""Panels of ``cxsim --help``."""
QUESTION, RUNS, OUTPUT = "Question", "Runs", "Output"
"""Panels of a verb's own ``--help``."""


def option(panel: str, *names: str, text: str, **more: Any) -> Any:
    """Declare an option: its panel, its names and its sentence."""
    return typer.Option(*names, help=_plain(text), rich_help_panel=panel, **more)


def question(*names: str, text: str, **more: Any) -> Any:
    """Declare an option that says what is asked."""
    return option(QUESTION, *names, text=text, **more)


def argument(metavar: str, text: str, **more: Any) -> Any:
    """Declare an argument."""
    return typer.Argument(metavar=metavar, help=_plain(text), **more)


def _plain(text: str) -> str:
    """Keep brackets, which Typer takes for markup."""
    return text.replace("[", "\\[")


SCENARIO_HELP = "A shipped scenario (default, small_company) or the path of a TOML file."
POLICY_HELP = (
    'A policy or bundle with its settings, such as "empowerment level=0.95", or several at once: '
    '"training + rapport". cxsim policies lists them.'
)

# -- the question ---------------------------------------------------------------------------------------------------

ScenarioName = Annotated[str, argument("SCENARIO", SCENARIO_HELP)]
Policies = Annotated[list[str] | None, question("--policy", "-p", metavar="POLICY", text=f"{POLICY_HELP} Repeatable.")]
OnePolicy = Annotated[str | None, question("--policy", "-p", metavar="POLICY", text=POLICY_HELP)]
Baseline = Annotated[
    str | None, question("--baseline", metavar="POLICY", text="Compare with this policy instead of with no policy.")
]
Sets = Annotated[
    list[str] | None,
    question(
        "--set", metavar="NAME=CHANGE",
        text='Change a plain number of the company or a parameter: agents=-2, price=+2%, "hours=Mon-Fri 8-20". '
        "A sign means a change, no sign the new value. Repeatable.",
    ),
]  # fmt: skip
Titled = Annotated[
    list[str] | None,
    question(
        "--option", metavar="TITLE: ...",
        text='Several changes together under a title: "cheap: agents=-2, callback=60%". Repeatable.',
    ),
]  # fmt: skip
OptionsFile = Annotated[
    Path | None,
    question(
        "--options-file", metavar="FILE",
        text="Options from a TOML file (a table for each) or a CSV or Excel sheet (a row for each, a column for each "
        "number).",
    ),
]  # fmt: skip
Responses = Annotated[
    list[str] | None,
    question(
        "--response", metavar="CAUSE:EFFECT=E",
        text="How something responds that the model does not link: wage:turnover=-0.5 means 0.5 % less turnover for a "
        "wage 1 % higher. Repeatable.",
    ),
]  # fmt: skip
MeasureName = Annotated[
    str, question("--measure", "-m", metavar="MEASURE", text="Measure to judge by; cxsim measures lists them.")
]
Measures = Annotated[
    list[str] | None,
    question("--measure", "-m", metavar="MEASURE", text="Only this measure; repeatable. cxsim measures lists them."),
]
Constraints = Annotated[
    list[str] | None,
    question(
        "--constraint", "-c", metavar="CONDITION",
        text='Condition that a policy has to meet, such as "service_level >= 80 %"; repeatable.',
    ),
]  # fmt: skip
Pareto = Annotated[
    list[str] | None,
    question(
        "--pareto", metavar="MEASURE",
        text="Measure to trade off against others, such as csat; cost:lower names the better side. Repeatable.",
    ),
]  # fmt: skip
LEVER = question(
    "--lever", "-l", metavar="LEVER",
    text='Policy with the range of a setting, such as "empowerment level=0:1"; "rapport chance=0:0.8:0.1" has steps of '
    '0.1, "recovery compensation=1:2 start=30" has another setting fixed. Repeatable.',
)  # fmt: skip
Levers = Annotated[list[str] | None, LEVER]
SomeLevers = Annotated[list[str], LEVER]
Confidence = Annotated[float, question("--confidence", text="Confidence of intervals and of the answer.")]
Parameters = Annotated[
    list[str] | None,
    question(
        "--parameter", metavar="NAME", text="Vary only this parameter; repeatable.", show_default="all uncertain ones"
    ),
]
Ranges = Annotated[
    list[str] | None,
    question(
        "--range", metavar="NAME=LOW:HIGH", text="Range of a parameter, in its unit, instead of its own; repeatable."
    ),
]
READING_HELP = "Reading of the evidence to run under, instead of the scenario's own."
Reading = Annotated[str | None, question("--reading", metavar="READING", text=READING_HELP)]
Readings = Annotated[
    list[str] | None,
    question("--reading", metavar="READING", text=f"{READING_HELP} Repeatable; all for every reading."),
]
OfStudy = Annotated[
    str | None, question("--scenario", metavar="NAME", text="Which scenario of a saved study that has several.")
]

# -- the runs -------------------------------------------------------------------------------------------------------

Replications = Annotated[
    int | None,
    option(RUNS, "--replications", "-n", text="Independent replications.", show_default="what the method needs"),
]
Replication = Annotated[int, option(RUNS, "--replication", min=0, text="Number of the replication, from 0.")]
MaxReplications = Annotated[
    int | None, option(RUNS, "--max-replications", text="Maximum replications, at which an adaptive study stops.")
]
Years = Annotated[
    float | None, option(RUNS, "--years", text="Length of the measured period, instead of the scenario's own.")
]
Seed = Annotated[int | None, option(RUNS, "--seed", text="Seed of the random numbers, instead of the scenario's own.")]
EngineName = Annotated[
    str,
    option(
        RUNS, "--engine", metavar="ENGINE",
        text="readable, compiled, or auto for whichever finishes first. Results are the same.",
    ),
]  # fmt: skip
Workers = Annotated[
    int | None, option(RUNS, "--workers", text="Threads or processes that share the work.", show_default="all CPUs")
]
Store = Annotated[
    str | None,
    option(
        RUNS, "--store", metavar="PATH",
        text="File of the run store, from which finished runs are reused; none for no store.",
        show_default="in your data folder",
    ),
]  # fmt: skip
Cluster = Annotated[
    str | None,
    option(
        RUNS, "--cluster", metavar="ADDRESS",
        text="Run on Dask: local, or a scheduler such as tcp://host:8786. Results are the same.",
    ),
]  # fmt: skip
DryRun = Annotated[bool, option(RUNS, "--dry-run", text="Estimate runs, time and memory, then exit.")]
Progress = Annotated[bool, option(RUNS, "--progress", text="Show progress, also when not on a terminal.")]

# -- what is printed and saved --------------------------------------------------------------------------------------

Csv = Annotated[bool, option(OUTPUT, "--csv", text="Print CSV instead of tables.")]
AllMeasures = Annotated[bool, option(OUTPUT, "--all-measures", text="Print all measures instead of the main ones.")]
Out = Annotated[
    Path | None, option(OUTPUT, "--out", metavar="FOLDER", text="Save the result and its charts in this folder.")
]
Overwrite = Annotated[bool, option(OUTPUT, "--overwrite", text="Replace what an earlier command saved there.")]
Charts = Annotated[bool, option(OUTPUT, "--charts/--no-charts", text="Draw charts of what is saved.")]


@dataclass(frozen=True)
class Period:
    """What is simulated for how long, and with which random numbers."""

    years: Years = None
    seed: Seed = None

    def settings(self) -> dict[str, Any]:
        """Return them as the functions call them."""
        return {"years": self.years, "seed": self.seed}


@dataclass(frozen=True)
class WhatIf:
    """What a planner changes by name, beside the policies."""

    sets: Sets = None
    titled: Titled = None
    options_file: OptionsFile = None
    responses: Responses = None

    def each(self, scenario: Scenario) -> list[Change]:
        """Return every change as an option of its own."""
        from sim.inputs.changes import options, read_options, what_if
        from sim.inputs.links import read_responses

        given = read_responses(self.responses or ())
        found = [what_if(scenario, text, "", "--set", given) for text in self.sets or ()]
        found += [what_if(scenario, text, "", "--option", given) for text in self.titled or ()]
        if self.options_file is not None:
            found += options(scenario, read_options(self.options_file), str(self.options_file), given)
        self._check_responses(found, given)
        return found

    def together(self, scenario: Scenario) -> list[Change]:
        """Return all that is set as one change, and the options beside it."""
        return replace(self, sets=[", ".join(self.sets)] if self.sets else None).each(scenario)

    def _check_responses(self, found: list[Change], given: dict[tuple[str, str], float]) -> None:
        """Refuse a response to what nothing changes."""
        from sim.inputs.links import ResponseError, links

        changed = {name for one in found for name, _, _ in one.settings}
        for cause, effect in given:
            if cause not in changed:
                name = links()[cause].called
                raise ResponseError(f"--response {name}:{effect}: no option changes {name}; add --set {name}=+5%.")


@dataclass(frozen=True)
class Here:
    """How runs are done on this machine."""

    engine: EngineName = "auto"
    workers: Workers = None
    progress: Progress = False

    def settings(self) -> dict[str, Any]:
        """Return them as the functions call them."""
        return {"engine": self.engine, "workers": self.workers, "progress": shown(self.progress)}


@dataclass(frozen=True)
class Computing:
    """How runs are done, here or on a cluster, and where finished ones are kept."""

    engine: EngineName = "auto"
    workers: Workers = None
    store: Store = None
    cluster: Cluster = None
    progress: Progress = False

    def settings(self) -> dict[str, Any]:
        """Return them as the functions call them."""
        where = {"store": self.store, "cluster": self.cluster}
        return {"engine": self.engine, "workers": self.workers, "progress": shown(self.progress), **where}


@dataclass(frozen=True)
class Saving:
    """Whether and where the result is saved."""

    out: Out = None
    overwrite: Overwrite = False
    charts: Charts = True


def shown(progress: bool) -> bool | None:
    """Return how much progress is shown: always, or on a terminal only."""
    return True if progress else None


def given(**settings: Any) -> dict[str, Any]:
    """Return the settings that were given: where one was not, the function's own default stands.

    >>> given(replications=None, level=0.9)
    {'level': 0.9}
    """
    return {name: value for name, value in settings.items() if value is not None}


# -- verbs ----------------------------------------------------------------------------------------------------------

Verb = Callable[..., int | None]


def add(app: typer.Typer, verb: Verb, *, panel: str | None = None, see: str = "", name: str | None = None) -> None:
    """Add a verb to the command, with its groups spread into options; ``see`` is the page of the manual about it."""
    epilog = f"See: cxsim manual {see}" if see else None
    called = name or verb.__name__.rstrip("_").replace("_", "-")
    told = "\n\n".join(" ".join(part.split()) for part in inspect.getdoc(verb).split("\n\n"))  # type: ignore[union-attr]
    app.command(called, help=_plain(told), rich_help_panel=panel, epilog=epilog)(_spread(_stoppable(verb)))


def _spread(verb: Verb) -> Verb:
    """Return a verb with an option for each field of its groups."""
    hints = get_type_hints(verb, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    found: list[inspect.Parameter] = []
    for name, one in inspect.signature(verb).parameters.items():
        found += _members(groups[name]) if name in groups else [one.replace(annotation=hints[name])]

    @wraps(verb)
    def gathered(**values: Any) -> int | None:
        held = {name: kind(**{one.name: values.pop(one.name) for one in fields(kind)}) for name, kind in groups.items()}
        return verb(**values, **held)

    kept = inspect.Parameter.KEYWORD_ONLY
    gathered.__signature__ = inspect.Signature([one.replace(kind=kept) for one in found])  # type: ignore[attr-defined]
    gathered.__annotations__ = {one.name: one.annotation for one in found}
    del gathered.__wrapped__  # whose signature would be read instead
    return gathered


def _members(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)

    def member(one: Field[Any]) -> inspect.Parameter:
        kind = inspect.Parameter.KEYWORD_ONLY
        return inspect.Parameter(one.name, kind, default=one.default, annotation=hints[one.name])

    return [member(one) for one in fields(group)]


def _stoppable(verb: Verb) -> Verb:
    """Let a verb that is stopped say what is kept."""

    @wraps(verb)
    def stoppable(**values: Any) -> int | None:
        try:
            return verb(**values)
        except KeyboardInterrupt as stop:
            if stop.args:
                raise
            raise KeyboardInterrupt(_kept(values)) from None

    return stoppable


def _kept(values: dict[str, Any]) -> str:
    """Say what is left of a verb that was stopped before it could write or print anything."""
    from sim.running.store import place_of

    stores = [one.store for one in values.values() if isinstance(one, Computing)]
    if not stores or place_of(stores[0])[0] is None:
        return "stopped; nothing was written."
    return "stopped; nothing was written. Finished runs are in the run store: the same command continues from them."
