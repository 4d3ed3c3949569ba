"""Files that somebody has damaged: mutations of scenarios, queues and companies, each run in a process of its own.

What may come of one is a result, or a sentence that says what is wrong. A traceback, another exit status, NaN in a
table, and more time or memory than a small run takes are faults.
"""

from __future__ import annotations

import io
import os
import re
import resource
import select
import signal
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import psutil
import tomli_w

import sim
from sim.cli import status
from sim.cli.codes import WRONG_INPUT
from sim.company.calibration.arithmetic import contradictions
from sim.company.calibration.sizing import start
from sim.company.numbers.company import EXAMPLES as COMPANIES
from sim.company.numbers.company import examples as companies
from sim.contact_centre.description import EXAMPLES as QUEUES
from sim.contact_centre.description import describe, read
from sim.contact_centre.description import examples as queues
from sim.contact_centre.replication import layout, run_hours
from sim.errors import InputError
from sim.inputs.parameters import load
from sim.inputs.policies import CATALOGUE
from sim.running.experiment import Series

SECONDS = 20.0
"""Time that a case may take: the slowest that is not mutated takes a tenth of it."""
MEMORY = 1_000_000_000
"""Bytes that a case may take besides what is loaded."""
ROOM = 100_000_000
"""A run that is said to need more memory (bytes) is not begun either; nor a queue of more contacts than these."""
CONTACTS = 20_000
FORESEEN = 2.0
"""A run that is said to take longer (s) is not begun: whoever asked for it has been told."""
NUMBERS = (
    0, 1, -1, 2, 0.5, -0.5, 1e-12, 1e-300, 5e-324, 1e6, 1e9, 1e12, 1e18, 1e300, 2**31, 2**63, 10**400,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
TEXTS = (
    "", " ", "nan", "inf", "1e400", "1e999 days", "1e9 days", "0 min", "-5 %", "500 %", "7 parsecs", "٣", "−5",
    "💥", "=1+1", "\t", "x" * 5000, "a/b", "default", "none", "../x.csv", "/dev/null", "\x00",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (True, False, [], {}, [[]], [1], [0] * 7, [1.0] * 48, {"regular": 1}, {"x": 0.5}, date.min)
BROKEN = ("[" * 3000, '"', "\\", "=", "[[", "\x00", "\ufeff", "9" * 5000, "a.b.c = 1\n", "\r", "é", "{", "1e", "'''")


def scenario(random: Random) -> dict[str, Any]:
    """Return a small scenario that runs for a week, with some parameters and a policy."""
    names = random.sample(sorted(load()), 5)
    shipped = {name: load()[name].value for name in names}
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in shipped.items()}
    small = {"market_size": 600, "employees": 2, "overhead": 1000}
    policies = [{"name": name} for name in random.sample(sorted(CATALOGUE), 1)]
    return {
        "name": "small", "reading": "smart-2010", "years": 0.02, "warm_up": 0, "seed": 1,
        "parameters": values | small, "ranges": {"churn_base": [0.1, 0.2]} if "churn_base" in load() else {},
        "policies": [each | {"start": 0} for each in policies],
    }  # fmt: skip


def queue(random: Random) -> dict[str, Any]:
    """Return a shipped queue for a few hours; some look for agents."""
    content = tomllib.loads((QUEUES / f"{random.choice(queues())}.toml").read_text("utf-8"))
    content |= {"replications": 2, "seed": 1}
    content |= {} if "trace" in content or "profile" in content else {"hours": 5, "warmup_hours": 1}
    if random.random() < 0.2 and isinstance(content["agents"], int):
        del content["agents"]
        content |= {"target": "80/20", "max_abandon": "5%"}
    if random.random() < 0.3:
        content["handling"] = random.choice(
            ("gamma mean 5 min cv 0.7", "hyperexponential mean 6 min cv 2", "deterministic 4 min")
        )
    return content


def company(random: Random) -> dict[str, Any]:
    """Return a shipped company, a hundredth of its size."""
    content = tomllib.loads((COMPANIES / f"{random.choice(companies())}.toml").read_text("utf-8"))
    numbers = content["numbers"]
    for name in ("customers", "contacts_a_day", "market_size"):
        if name in numbers:
            numbers[name] //= 100
    return content | {"parameters": {"heard_memory": 100}, "ranges": {"heard_memory": [50, 200]}}


KINDS: dict[str, Callable[[Random], dict[str, Any]]] = {"scenario": scenario, "queue": queue, "company": company}


# -- mutating --------------------------------------------------------------------------------------------------------


def mutated(kind: str, seed: int) -> tuple[str, str]:
    """Return the text of a mutated file and what was done to it."""
    random = Random(f"{kind} {seed}")
    content, done = KINDS[kind](random), []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        done.append(_change(random, content))
    text = tomli_w.dumps(content)
    if random.random() < 0.2:
        text, how = _broken(random, text)
        done.append(how)
    return text, "; ".join(done)


def _change(random: Random, content: dict[str, Any]) -> str:
    """Change one entry of a table, however deep; return what was done."""
    places = list(_places(content))
    table, key, where = random.choice(places)
    how = random.random()
    if how < 0.12:
        del table[key]
        return f"{where} dropped"
    if how < 0.2:
        other, name, there = random.choice(places)
        if key in _keys(table) and name in _keys(other):
            table[key] = _copy(other[name])
        return f"{where} = {there}"
    if how < 0.26 and isinstance(table, dict):
        table[random.choice(("x", "é", "", "a.b", "=x", str(key) + "s"))] = table.pop(key)
        return f"{where} renamed"
    if how < 0.3 and isinstance(table[key], list):
        table[key] = table[key] * random.choice((0, 2, 1000))
        return f"{where} repeated"
    value = _value(random, table[key])
    table[key] = value
    return f"{where} = {str(value)[:40]!r}"


def _value(random: Random, old: Any) -> Any:
    how = random.random()
    if how < 0.5:
        number = random.choice(NUMBERS)
        if isinstance(old, str) and re.search(r"\d", old) and random.random() < 0.7:
            return re.sub(r"\d+(\.\d+)?", str(number)[:420], old, count=1)
        return number
    if how < 0.6 and isinstance(old, int | float) and abs(old) < 2**63:
        return old * random.choice((10, 1000, 1e-3, -1))
    return _copy(random.choice(TEXTS if how < 0.8 else OTHERS))


def _places(content: Any, where: str = "") -> Any:
    for key in list(_keys(content)):
        there = f"{where}.{key}".strip(".")
        yield content, key, there
        if isinstance(content[key], dict | list) and len(content[key]) < 50:
            yield from _places(content[key], there)


def _keys(content: Any) -> Any:
    return content.keys() if isinstance(content, dict) else range(len(content))


def _copy(value: Any) -> Any:
    return tomllib.loads(tomli_w.dumps({"x": value}))["x"] if isinstance(value, dict | list) else value


def _broken(random: Random, text: str) -> tuple[str, str]:
    """Break the text itself: cut off, a line twice or gone, or signs where none belong."""
    lines, how, at = text.splitlines(keepends=True), random.randrange(5), random.randrange(len(text))
    line = random.randrange(len(lines))
    if how == 0:
        return text[:at], f"cut at {at}"
    if how == 1:
        return "".join([*lines[:line], lines[line], *lines[line:]]), f"line {line} twice"
    if how == 2:
        return "".join(lines[:line] + lines[line + 1 :]), f"without line {line}"
    if how == 3:
        return "".join(random.sample(lines, len(lines))), "lines shuffled"
    signs = random.choice(BROKEN)
    return text[:at] + signs + text[at:], f"{signs[:9]!r} at {at}"


# -- running ---------------------------------------------------------------------------------------------------------


def loaded(kind: str, path: Path) -> Any:
    """Read and check a file as the command does, without running it; return what can be run."""
    if kind == "scenario":
        found = sim.Scenario.load(path)
        found.resolve()
        return found
    if kind == "company":
        known = sim.Company.load(path)
        found = start(known).scenario
        contradictions(known, found)
        return found.change(years=0.02, warm_up=0)
    given, folder = read(path)
    return describe(given, folder, staffed="target" not in given)


def run(kind: str, path: Path) -> int:
    """Do with a file what the command does, for a few days; return the exit status."""
    if kind == "queue":
        if _contacts(path) > CONTACTS:
            return 0
        return status(["queue", str(path), "--engine", "readable", "--workers", "1"])
    try:
        scenario = loaded(kind, path)
        foreseen = Series([scenario], engine="readable", workers=1, store=None).foresee(1)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_INPUT
    if foreseen.seconds > FORESEEN or foreseen.memory > ROOM:
        return 0
    path.write_text(scenario.to_toml(), "utf-8")
    return status(["run", str(path), "-n", "2", "--engine", "readable", "--workers", "1", "--all-measures"])


MANY = 1e9
"""More replications than anything may take; a whole number of any length is none."""


def _contacts(path: Path) -> float:
    """Contacts of all replications of a queue; none of one that cannot be."""
    try:
        found = loaded("queue", path)
    except InputError:
        return 0.0
    times = read(path)[0].get("replications", 0)
    contacts = run_hours(layout(found)) * found.calls_per_hour
    return contacts * min(times, MANY) if isinstance(times, int | float) else contacts


def _child(kind: str, path: Path, pipe: int) -> None:
    """Run a case, write what is wrong of it to the pipe, and end the process."""
    mine = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (mine + MEMORY, mine + MEMORY))
    out, said = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(said):
            code = run(kind, path)
        wrong = _wrong(code, out.getvalue(), said.getvalue())
    except BaseException as error:  # noqa: BLE001
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        place = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else ""
        wrong = f"{type(error).__name__} at {place}: {str(error)[:200]}"
    os.write(pipe, wrong.encode("utf-8", "replace") or b"ok")
    os._exit(0)


def _wrong(code: int, out: str, said: str) -> str:
    if code not in (0, WRONG_INPUT):
        return f"status {code}: {said[:300]}"
    if code == WRONG_INPUT and not said.strip():
        return "refused without a sentence"
    found = re.search(r"^.*\S {2,}(?:nan|-?inf)(?!\S).*$", out, re.IGNORECASE | re.MULTILINE)
    return f"not a number: {found[0]}" if found else ""


def fault(kind: str, text: str, folder: Path) -> str:
    """Run a text in a process of its own; return what is wrong of it, or nothing."""
    path = folder / f"{kind}.toml"
    path.write_text(text, "utf-8")
    for name in ("recorded_calls.csv",):
        (folder / name).write_bytes((QUEUES / name).read_bytes())
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.chdir(folder)
        _child(kind, path, write)
    os.close(write)
    ready, _, _ = select.select([read], [], [], SECONDS)
    answer = os.read(read, 2000).decode("utf-8", "replace") if ready else f"took more than {SECONDS:g} s"
    os.close(read)
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "" if answer == "ok" else answer or "the process died"


def search(kinds: list[str], first: int, count: int) -> Iterator[tuple[str, int, str, str]]:
    """Yield the faults of these mutations: kind, number, what was done, what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            for seed in range(first, first + count):
                text, done = mutated(kind, seed)
                wrong = fault(kind, text, Path(folder))
                if wrong:
                    yield kind, seed, done, wrong


if __name__ == "__main__":
    counted: Counter[str] = Counter()
    for one in search(sys.argv[1].split(","), int(sys.argv[2]), int(sys.argv[3])):
        sys.stdout.write(" | ".join(map(str, one)) + "\n")
        sys.stdout.flush()
        counted[re.sub(r"\d+", "#", one[3])[:80]] += 1
    sys.stdout.write(f"{counted.most_common()} {counted.total()}\n")
