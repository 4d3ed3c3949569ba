"""Build a contact centre from a planner's words (arguments, options or a TOML file) and name every mistake."""

import math
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from sim.contact_centre.arguments import QueueError, number, share, whole
from sim.contact_centre.arrivals import WEEK, Arrivals, Stream, Trace, read_trace, weekly
from sim.contact_centre.centre import MOST_AGENTS, Centre, ContactClass, check_load, check_size, offered_load, warm_up
from sim.contact_centre.distributions import Distribution, distribution
from sim.contact_centre.tables import rows
from sim.errors import toml
from sim.model.clock import DAY, HALF_HOURS, HOUR, HOUR_MINUTES, HUNDRED, WEEK_DAYS
from sim.model.state import NO_DISTRIBUTION
from sim.model.steps.bare import SLOT_MINUTES

DEFAULT_TARGET_SECONDS = 20.0
"""By default a contact answered within this many seconds is in time: 80/20 is the usual target."""
DEFAULT_HOURS = 100.0
"""Measured hours in each replication when nothing changes with the time of the week; otherwise a week."""

OF_A_CLASS = (
    "handling",
    "patience",
    "needs_manager",
    "manager_handling",
    "redial",
    "redial_delay",
    "return",
    "return_delay",
    "target_seconds",
    "short_abandon_seconds",
)
OF_A_CENTRE = (
    "title",
    "agents",
    "calls_per_hour",
    "profile",
    "trace",
    "managers",
    "escalation",
    "hours",
    "warmup_hours",
    "classes",
)
OF_A_RUN = ("replications", "seed", "target", "max_abandon")
ESCALATIONS = ("hold", "transfer")
EXAMPLES = resources.files("sim.inputs.scenarios") / "queues"


def read(file: str | Path) -> tuple[dict[str, Any], Path]:
    """Read a TOML file, or a shipped example by its name; return what it says, and its folder."""
    path = find(file)
    try:
        return toml(path.read_text(encoding="utf-8"), str(path), error=QueueError), path.parent
    except UnicodeDecodeError as error:
        raise QueueError(f"{path}: not text in UTF-8 (at byte {error.start}); save it as such.") from error


def examples() -> list[str]:
    """Names of the shipped examples."""
    return sorted(entry.name.removesuffix(".toml") for entry in EXAMPLES.iterdir() if entry.name.endswith(".toml"))


def find(file: str | Path) -> Path:
    """Return the path of a file, or of the shipped example with this name."""
    path = Path(file)
    shipped = Path(str(EXAMPLES / f"{str(file).removesuffix('.toml')}.toml"))
    for candidate in (path, shipped):
        if candidate.is_file():
            return candidate
    raise QueueError(f"there is no file {path}; give the path of a TOML file, or an example: {', '.join(examples())}.")


def describe(given: Mapping[str, Any], folder: Path, *, staffed: bool = True) -> Centre:
    """Build the centre that a mapping of arguments describes, and refuse what cannot be simulated.

    Parameters
    ----------
    given : values by name (the arguments of ``sim.queue``; ``return`` without underscore).
    folder : where relative files are looked for.
    staffed : False to search for the number of agents: then as many as the work needs, whatever is given.
    """
    _known("the queue", given, (*OF_A_CLASS, *OF_A_CENTRE, *OF_A_RUN))
    _complete(given, staffed)
    classes = _classes(given, folder)
    arrivals = _arrivals(given, folder, classes)
    agents = _agents(given["agents"], folder) if staffed else (1,)
    centre = Centre(
        title=str(given.get("title", "contact centre")),
        arrivals=arrivals,
        classes=classes,
        agents=agents,
        managers=whole("managers", given.get("managers", 0), 0),
        by_transfer=_escalation(given) == "transfer",
        **_hours(given, arrivals, len(agents) > 1, classes),
    )
    if not staffed:
        centre = centre.with_agents(math.floor(min(offered_load(centre), MOST_AGENTS)) + 1)
    _check_servers(centre)
    _check_managers_exist(centre)
    _check_length(centre)
    check_load(centre)
    check_size(centre)
    return centre


def _check_servers(centre: Centre) -> None:
    for name, most in (("agents", max(centre.agents)), ("managers", centre.managers)):
        if most > MOST_AGENTS:
            raise QueueError(f"{name} is {most:,}; give at most {MOST_AGENTS:,}.")


def _complete(given: Mapping[str, Any], staffed: bool) -> None:
    missing = [] if "calls_per_hour" in given or "trace" in given else ["calls_per_hour"]
    missing += ["agents"] if staffed and "agents" not in given else []
    missing += [] if "handling" in given or _in_classes(given, "handling") else ["handling"]
    if missing:
        raise QueueError(
            f"{', '.join(missing)} not given; a queue needs calls_per_hour, agents (or target) and handling, "
            'such as calls_per_hour = 100, agents = 12, handling = "lognormal mean 6 min cv 1.2".'
        )


def _check_length(centre: Centre) -> None:
    """Refuse a list of agents that neither repeats by day or week nor covers the run."""
    slots = (centre.warmup_hours + centre.hours) * HOUR_MINUTES / SLOT_MINUTES
    if len(centre.agents) not in (1, HALF_HOURS, WEEK) and len(centre.agents) < slots:
        raise QueueError(
            f"agents has {len(centre.agents)} numbers: give 1, {HALF_HOURS} (half-hours of a day), {WEEK} "
            f"(of a week) or one for each half-hour of the run ({math.ceil(slots)})."
        )


def _in_classes(given: Mapping[str, Any], name: str) -> bool:
    classes = given.get("classes")
    return isinstance(classes, list | tuple) and all(isinstance(one, Mapping) and name in one for one in classes)


def _known(where: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    unknown = [name for name in given if name not in names]
    if unknown:
        raise QueueError(f"{where} has no setting {', '.join(unknown)}; it has {', '.join(names)}.")


def _escalation(given: Mapping[str, Any]) -> str:
    how = given.get("escalation", ESCALATIONS[0])
    if how not in ESCALATIONS:
        raise QueueError(f"escalation is {how!r}; give {' or '.join(ESCALATIONS)}.")
    return str(how)


def _check_managers_exist(centre: Centre) -> None:
    if centre.managers == 0 and any(kind.needs_manager > 0 for kind in centre.classes):
        raise QueueError("needs_manager is above 0 but managers is 0; give at least one manager, or needs_manager = 0.")


# -- classes ----------------------------------------------------------------------------------------


def _classes(given: Mapping[str, Any], folder: Path) -> tuple[ContactClass, ...]:
    common = {name: given[name] for name in OF_A_CLASS if name in given}
    described = given.get("classes")
    if described is None:
        return (_class("", {**common, "name": "all", "share": 1}, folder),)
    if not isinstance(described, Sequence) or not described or not all(isinstance(one, Mapping) for one in described):
        raise QueueError("classes is not a list of tables; write [[classes]] with name and share, most urgent first.")
    found = []
    for k, one in enumerate(described):
        where = f"classes[{k}]"
        _known(where, one, ("name", "share", *OF_A_CLASS))
        if "name" not in one or ("share" not in one and "trace" not in given):
            raise QueueError(f"{where} lacks a name or a share; every class needs both.")
        found.append(_class(f"class {one['name']!r}: ", {"share": 0, **common, **one}, folder))
    total = sum(kind.share for kind in found)
    if "trace" not in given and abs(total - 1) * HUNDRED * HUNDRED > 1:
        raise QueueError(f"the shares of the classes add to {total:g}; make them add to 1 (100%).")
    if len({kind.name for kind in found}) < len(found):
        raise QueueError("two classes have the same name; rename one.")
    return tuple(found)


def _class(where: str, given: Mapping[str, Any], folder: Path) -> ContactClass:
    def law(name: str, least: float) -> Distribution:
        found = distribution(where + name, given.get(name, "none"), folder)
        if name != "patience" and name in given and found.kind == NO_DISTRIBUTION:
            raise QueueError(f'{where}{name} is "none"; only patience can be unlimited.')
        if found.mean <= 0 and least > 0:
            raise QueueError(f"{where}{name} is always 0; give a time above 0.")
        return found

    def chance(name: str, law_name: str, example: str) -> float:
        found = share(where + name, given.get(name, 0))
        if found > 0 and law_name not in given:
            raise QueueError(f'{where}{name} is {found:g} but {law_name} is not given; write {law_name} = "{example}".')
        return found

    kind = ContactClass(
        name=str(given["name"]),
        share=share(f"{where}share", given["share"]),
        handling=law("handling", 1),
        patience=law("patience", 0),
        needs_manager=chance("needs_manager", "manager_handling", "exponential mean 4 min"),
        manager_handling=law("manager_handling", 1),
        redial=chance("redial", "redial_delay", "exponential mean 10 min"),
        redial_delay=law("redial_delay", 0),
        return_=chance("return", "return_delay", "exponential mean 1 day"),
        return_delay=law("return_delay", 0),
        target_seconds=number(f"{where}target_seconds", given.get("target_seconds", DEFAULT_TARGET_SECONDS), least=0.0),
        short_abandon_seconds=number(f"{where}short_abandon_seconds", given.get("short_abandon_seconds", 0), least=0.0),
    )
    return _checked(where, kind)


def _checked(where: str, kind: ContactClass) -> ContactClass:
    if kind.return_ >= 1:
        raise QueueError(f"{where}return is 1: no issue would ever be resolved; give a share below 1.")
    if kind.redial > 0 and kind.patience.kind == NO_DISTRIBUTION:
        raise QueueError(f"{where}redial is {kind.redial:g} but nobody abandons; give a patience, or leave redial out.")
    if kind.redial >= 1 and kind.redial_delay.mean + kind.patience.mean == 0:
        raise QueueError(f"{where}callers without patience redial at once, for ever; give redial_delay a time above 0.")
    return kind


# -- arrivals, agents, hours ------------------------------------------------------------------------


def _arrivals(given: Mapping[str, Any], folder: Path, classes: tuple[ContactClass, ...]) -> Arrivals:
    if "trace" in given:
        clash = [name for name in ("calls_per_hour", "profile") if name in given]
        if clash:
            raise QueueError(
                f"trace and {', '.join(clash)} are both given; a trace has its own arrivals, so leave one of them out."
            )
        trace = read_trace(folder / str(given["trace"]), [kind.name for kind in classes])
        if len(classes) > 1 and not trace.classes and abs(sum(kind.share for kind in classes) - 1) * HUNDRED > 1:
            raise QueueError(
                "the trace has no column class and the shares of the classes do not add to 1; give one or the other."
            )
        return trace
    rate = number("calls_per_hour", given["calls_per_hour"], above=0.0)
    profile = given.get("profile")
    return Stream(rate) if profile is None else Stream(rate, weekly("profile", _numbers("profile", profile, folder)))


def _agents(given: object, folder: Path) -> tuple[int, ...]:
    """One number, a list by half-hour, or the path of a CSV file with one row per half-hour."""
    if isinstance(given, str) and given.lower().endswith(".csv"):
        given = _numbers("agents", given, folder)
    if isinstance(given, str) or not isinstance(given, Sequence):
        return (whole("agents", given, 0),)
    if not given:
        raise QueueError("agents is an empty list; give one number, or one per half-hour of a day, a week or the run.")
    return tuple(whole(f"agents[{k}]", one, 0) for k, one in enumerate(given))


def _numbers(name: str, given: object, folder: Path) -> Sequence[object]:
    """Return a list as it is, or the last column of a CSV file with a heading."""
    if not isinstance(given, str):
        if isinstance(given, Sequence):
            return given
        raise QueueError(f"{name} is {given!r}; give a list of numbers, or the path of a CSV file.")
    return [row[-1] for _, row in rows(name, folder / given, "a CSV file with a heading and one number per row")[1:]]


def _hours(
    given: Mapping[str, Any], arrivals: Arrivals, by_half_hour: bool, classes: tuple[ContactClass, ...]
) -> dict[str, float]:
    """Hours to warm up and to measure: all of a trace, and a whole week where anything varies by half-hour."""
    warm = number("warmup_hours", given["warmup_hours"], least=0.0) if "warmup_hours" in given else None
    if isinstance(arrivals, Trace):
        warm = warm or 0.0
        usual = max(arrivals.hours - warm, 1.0)
    else:
        a_week = WEEK_DAYS * DAY / HOUR
        usual = a_week if by_half_hour or arrivals.weights else DEFAULT_HOURS
    hours = number("hours", given["hours"], above=0.0) if "hours" in given else usual
    return {"warmup_hours": warm_up(hours, classes) if warm is None else warm, "hours": hours}
