"""Compiled code answers for what is in memory now, or not at all: the cache on disk, its keys, and who is refused."""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

import numba
import numpy as np
import pytest
from numba.extending import register_jitable

import sim
from sim.contact_centre.description import describe
from sim.contact_centre.replication import engine_for
from sim.engines import EngineError, choice, inventory, readable, run
from sim.engines.compiled import cache, kernels
from sim.inputs.scenario import Scenario
from sim.model.clock import DAY, YEAR_DAYS
from sim.model.rules import chance, loyalty
from sim.model.steps import cases, contacts

ROOT = Path(__file__).resolve().parents[2]
SIGNATURE = "float64(float64)"
NAME = f"toy-{'0' * 64}"
SEASON = cache.KEPT_DAYS * cache.DAY_SECONDS
TINY = Scenario.load("small_company").override(market_size=300, issue_ambient=0.3).change(years=0.2, warm_up=0.0)

# -- a toy model: a rule in one file, a kernel that calls it in another ---------------------------------------------

RULE = "def rule(x):\n    return {factor} * x\n"
KERNEL = "from toy_rule import rule\n\n\ndef kernel(x):\n    return rule(x) + 0.5\n"
# Prints what comes out of the kernel, and how often this process has compiled.
PROGRAMME = """
import hashlib, sys
import numba, toy_kernel, toy_rule
from numba.extending import register_jitable
from sim.engines import inventory
from sim.engines.compiled import cache

found = hashlib.sha256()
for module in (toy_rule, toy_kernel):
    inventory.add(found, module)
name = "toy-" + (found.hexdigest() if KEYED else "0" * 64)
register_jitable(toy_rule.rule)
dispatcher = numba.njit(toy_kernel.kernel)
compiled, compile = [], cache._compile
def counted(*arguments):
    compiled.append(arguments)
    compile(*arguments)
cache._compile = counted
BEFORE
cache.load_or_compile(name, dispatcher, "float64(float64)")
print(dispatcher(1.0), len(compiled))
"""


@pytest.fixture(autouse=True)
def auto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let "auto" choose here, whatever the whole suite is run on."""
    monkeypatch.delenv(choice.DEFAULT, raising=False)


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A folder with the toy model in it, and "kept" for what is compiled."""
    write_rule(tmp_path, 2.0)
    (tmp_path / "toy_kernel.py").write_text(KERNEL)
    return tmp_path


def write_rule(folder: Path, factor: float) -> None:
    (folder / "toy_rule.py").write_text(RULE.format(factor=factor))


def start(folder: Path, keyed: bool = True, before: str = "") -> subprocess.Popen[str]:
    """Start a fresh process that runs the toy model."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAMME.replace("KEYED", str(keyed)).replace("BEFORE", before)],
        env=environment(folder), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def environment(folder: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join((str(folder), str(ROOT)))
    # A rule that is rewritten within a second may look like the old one to Python's own cache of byte code.
    return os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", cache.FOLDER: str(folder / "kept"), **more}


def ends(process: subprocess.Popen[str]) -> tuple[float, int]:
    """Wait for a process; return the toy model's answer, and how often it was compiled."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    answer, compiled = out.split()
    assert err.count("compiling the model (toy)") == int(compiled)
    return float(answer), int(compiled)


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "kept").glob("*.kernel"))


def test_a_process_loads_what_another_has_compiled_and_a_changed_rule_gives_its_own_answer(toy):
    assert ends(start(toy)) == (2.5, 1)
    (first,) = kept(toy)
    written = first.stat().st_mtime_ns
    assert ends(start(toy)) == (2.5, 0)
    assert kept(toy) == [first]
    assert first.stat().st_mtime_ns == written
    write_rule(toy, 3.0)
    assert ends(start(toy)) == (3.5, 1)
    assert len(kept(toy)) == 2
    write_rule(toy, 2.0)
    assert ends(start(toy)) == (2.5, 0)


def test_with_a_key_that_does_not_change_the_old_answer_comes_back(toy):
    """What the digest is for: without it the test above fails."""
    assert ends(start(toy, keyed=False)) == (2.5, 1)
    write_rule(toy, 3.0)
    assert ends(start(toy, keyed=False)) == (2.5, 0)


def test_of_two_processes_at_once_one_compiles_and_the_other_loads(toy):
    meet = """
import os, pathlib, time
me, other = {names}
pathlib.Path({folder!r}, me).touch()
while not pathlib.Path({folder!r}, other).exists():
    time.sleep(0.01)
def slow(*arguments):
    time.sleep(1.0)
    counted(*arguments)
cache._compile = slow
"""
    names = [("one", "two"), ("two", "one")]
    both = [start(toy, before=meet.format(names=pair, folder=str(toy))) for pair in names]
    answers = [ends(process) for process in both]
    assert [answer for answer, _ in answers] == [2.5, 2.5]
    assert sorted(compiled for _, compiled in answers) == [0, 1]
    assert len(kept(toy)) == 1


@pytest.mark.parametrize("dies", ["write_bytes", "replace"])
def test_what_a_process_that_dies_half_way_leaves_is_not_loaded(toy, dies):
    half = """
import os, pathlib
write = pathlib.Path.write_bytes
def write_bytes(path, kept):
    write(path, kept[: len(kept) // 2])
    os._exit(9)
def replace(path, file):
    os._exit(9)
pathlib.Path.{dies} = {dies}
"""
    died = start(toy, before=half.format(dies=dies))
    died.communicate()
    assert died.returncode == 9
    assert kept(toy) == []
    assert len(list((toy / "kept").glob("*.part"))) == 1
    assert ends(start(toy)) == (2.5, 1)


# -- files that are damaged, old, or cannot be written --------------------------------------------------------------


@register_jitable
def rule(x):
    return 2.0 * x


def load_or_compile() -> float:
    """Answer of the toy model here, from the cache or compiled."""

    def kernel(x):
        return rule(x) + 0.5

    dispatcher = numba.njit(kernel)
    cache.load_or_compile(NAME, dispatcher, SIGNATURE)
    assert list(dispatcher.overloads) == [(numba.float64,)]
    return dispatcher(1.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of kernels."""
    place = tmp_path / "kept"
    set_folder(monkeypatch, place)
    return place


def set_folder(monkeypatch: pytest.MonkeyPatch, place: Path | str) -> None:
    monkeypatch.setenv(cache.FOLDER, str(place))
    monkeypatch.setattr(cache, "_said", set())


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_kernel_is_compiled_once_and_loaded_without_a_word(folder, capsys):
    assert load_or_compile() == 2.5
    assert [line.split()[1] for line in said(capsys)] == ["compiling", "compiled"]
    assert load_or_compile() == 2.5
    assert said(capsys) == []


@pytest.mark.parametrize("damage", ["cut short", "a flipped byte", "empty", "a flipped byte of the checksum"])
def test_a_damaged_file_is_noticed_and_made_anew(folder, capsys, damage):
    load_or_compile()
    file = folder / f"{NAME}.kernel"
    whole = file.read_bytes()
    middle = len(whole) // 2
    flipped = bytes([whole[middle] ^ 1])
    file.write_bytes(
        {
            "cut short": whole[:middle],
            "a flipped byte": whole[:middle] + flipped + whole[middle + 1 :],
            "empty": b"",
            "a flipped byte of the checksum": bytes([whole[0] ^ 1]) + whole[1:],
        }[damage]
    )
    said(capsys)
    assert load_or_compile() == 2.5
    lines = said(capsys)
    assert [line for line in lines if "is damaged" in line] == [
        f"cxsim: the compiled model {file} is damaged, or was not made here; it is compiled again."
    ]
    assert len(lines) == 3
    assert load_or_compile() == 2.5
    assert said(capsys) == []


OTHERS = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners and rights of files here")


def foreign(path: Path) -> None:
    os.chown(path, 4711, -1)


@OTHERS
@pytest.mark.parametrize("spoil", [lambda place: place.chmod(0o777), lambda place: place.chmod(0o770), foreign])
def test_a_folder_that_others_may_write_to_is_not_used(folder, capsys, spoil, monkeypatch):
    load_or_compile()
    said(capsys)
    if spoil is foreign and os.geteuid():
        pytest.skip("only root gives files away")
    spoil(folder)
    monkeypatch.setattr(cache.pickle, "loads", lambda _: pytest.fail("code of somebody else was loaded"))
    assert load_or_compile() == 2.5
    lines = said(capsys)
    assert any(f"compiled code in {folder} is not used" in line for line in lines)
    assert any("chmod go-w" in line for line in lines)
    assert not cache.holds(NAME)


@OTHERS
def test_a_file_that_others_may_write_to_is_not_used(folder, capsys, monkeypatch):
    load_or_compile()
    (folder / f"{NAME}.kernel").chmod(0o666)
    said(capsys)
    monkeypatch.setattr(cache.pickle, "loads", lambda _: pytest.fail("code of somebody else was loaded"))
    assert load_or_compile() == 2.5
    assert any("so the compiled model there is not used" in line for line in said(capsys))


def test_a_file_with_a_checksum_that_anybody_can_compute_is_not_used(folder, capsys, monkeypatch):
    load_or_compile()
    file = folder / f"{NAME}.kernel"
    forged = file.read_bytes()[cache.CHECKSUM :]
    for key in (b"", b"\0" * cache.KEY_BYTES):
        file.write_bytes(cache._mark(key, forged) + forged)
        with monkeypatch.context() as patch:
            patch.setattr(cache.pickle, "loads", lambda _: pytest.fail("forged code was loaded"))
            assert not cache.load(file, None)
    file.write_bytes(hashlib.sha256(forged).digest() + forged)
    monkeypatch.setattr(cache.pickle, "loads", lambda _: pytest.fail("forged code was loaded"))
    assert not cache.load(file, None)
    assert "was not made here" in capsys.readouterr().err


@OTHERS
def test_the_key_is_its_owners_alone(folder):
    load_or_compile()
    key = folder / cache.KEY
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == cache.KEY_BYTES
    key.chmod(0o666)
    assert cache._key(folder) is None


def below_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "file").touch()
    return tmp_path / "file" / "kept"


def a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "file").touch()
    return tmp_path / "file"


def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    refused = os.access
    monkeypatch.setattr(
        cache.os, "access", lambda path, mode: mode != os.W_OK and refused(path, mode)
    )  # permissions do not bind whoever is root
    return tmp_path


def that_turns_out_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def write_bytes(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    return tmp_path


@pytest.mark.parametrize("place", [below_a_file, a_file, read_only, that_turns_out_full])
def test_where_nothing_can_be_kept_one_line_says_so_and_the_answers_are_right(tmp_path, monkeypatch, capsys, place):
    set_folder(monkeypatch, place(tmp_path, monkeypatch))
    assert [load_or_compile(), load_or_compile()] == [2.5, 2.5]
    lines = said(capsys)
    assert sum("cannot be kept" in line for line in lines) == 1
    assert sum("compiling" in line for line in lines) == 2
    assert len(lines) == 5
    assert not list(tmp_path.glob("*.kernel*.part"))


def test_without_a_folder_nothing_is_kept(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    set_folder(monkeypatch, cache.OFF)
    assert [load_or_compile(), load_or_compile()] == [2.5, 2.5]
    assert [line.split()[1] for line in said(capsys)] == ["compiling", "compiled"] * 2
    assert list(tmp_path.iterdir()) == []
    assert not cache.holds("toy")


def test_what_a_read_only_folder_holds_is_used(folder, monkeypatch, capsys, tmp_path):
    load_or_compile()
    read_only(tmp_path, monkeypatch)
    said(capsys)
    assert load_or_compile() == 2.5
    assert said(capsys) == []


def test_where_files_cannot_be_locked_kernels_are_kept_all_the_same(folder, monkeypatch):
    def acquire(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(cache.filelock.FileLock, "acquire", acquire)
    assert load_or_compile() == 2.5
    assert (folder / f"{NAME}.kernel").is_file()


def test_a_kernel_with_addresses_of_this_process_in_it_is_not_kept(folder):
    table = np.ones(1 << 20)
    dispatcher = numba.njit(lambda x: x + table[0])
    with pytest.raises(ValueError, match="holds addresses of this process"):
        cache.load_or_compile(NAME, dispatcher, SIGNATURE)
    assert not list(folder.glob("*.kernel"))


def test_kernels_of_old_digests_are_cleared_away_and_nothing_else(folder):
    folder.mkdir()
    digest = "a" * 64
    old = [f"company-{digest}-0.kernel", f"company-{digest}-0.kernel.lock", f"bare-{digest}-0.kernel.77.part"]
    others = ["poetry.lock", "notes.kernel", f"{digest}.part", f"company-{digest}-0.kernel.txt"]
    recent = f"bare-{digest}-1.kernel"
    for name in (*old, *others, recent):
        (folder / name).touch()
    for name in (*old, *others):
        os.utime(folder / name, (0, time.time() - SEASON - 60))
    os.utime(folder / recent, (0, time.time() - SEASON + 3600))
    load_or_compile()
    left = {file.name for file in folder.iterdir()}
    assert left == {*others, recent, cache.KEY, f"{NAME}.kernel", f"{NAME}.kernel.lock"}


def test_a_kernel_in_use_is_not_old(folder):
    load_or_compile()
    file = folder / f"{NAME}.kernel"
    os.utime(file, (0, time.time() - SEASON))
    load_or_compile()
    assert time.time() - file.stat().st_mtime < 60


# -- what the digest sees -------------------------------------------------------------------------------------------


def test_the_digest_sees_the_code_of_a_rule(monkeypatch):
    before = kernels.digest()
    name = next(name for name, value in vars(loyalty).items() if value in list(inventory.functions(loyalty)))
    monkeypatch.setattr(getattr(loyalty, name), "__code__", (lambda *_: 0.5).__code__)
    assert kernels.digest() != before


@pytest.mark.parametrize(("module", "name"), [(contacts, "LAST_TOUCH"), (sim.model.clock, "DAY"), (contacts, "MINUTE")])
def test_the_digest_sees_a_constant(monkeypatch, module, name):
    before = kernels.digest()
    monkeypatch.setattr(module, name, getattr(module, name) + 1)
    assert kernels.digest() != before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PART", kernels.PART | {"fastmath": True}),
        ("OPTIONS", kernels.OPTIONS | {"fastmath": True}),
        ("INLINE", kernels.INLINE | {"company_step"}),
        ("APART", kernels.APART - {"man"}),
        ("INLINE_MODULES", kernels.INLINE_MODULES[1:]),
    ],
)
def test_the_digest_sees_an_option(monkeypatch, name, value):
    before = kernels.digest()
    monkeypatch.setattr(kernels, name, value)
    assert kernels.digest() != before


def test_the_digest_sees_libraries_and_the_processor(monkeypatch):
    before, known = kernels.digest(), cache.versions()
    assert any(entry.startswith(f"numba {numba.__version__}") for entry in known)
    for place in range(len(known)):
        others = tuple(f"{entry}+" if k == place else entry for k, entry in enumerate(known))
        monkeypatch.setattr(cache, "versions", lambda others=others: others)
        assert kernels.digest() != before


def test_the_digest_sees_the_engine_itself(monkeypatch):
    before = kernels.digest()
    monkeypatch.setattr(inventory, "source", lambda package: "other code")
    assert kernels.digest() != before


# A module, and what it may be changed into.
ORIGINAL = '''
"""What this is."""
from math import exp
import math as m
CHOICES = {"an", "apple", "in", "the", "cellar"}
LIMIT = 3

def scaled(scale):
    def inner(x):
        return scale(x) + LIMIT
    return inner

def once(x, factor=2.0, *, offset=1.0):
    """Say once."""
    return x * factor + offset if x in {"an", "apple", "in", "the", "cellar"} else exp(x)

def twice(x):
    return once(once(x))

live = scaled(once)
'''
DIFFERENT = {
    "a default": ("factor=2.0", "factor=3.0"),
    "a default of a named argument": ("offset=1.0", "offset=0.0"),
    "a constant": ("LIMIT = 3", "LIMIT = 4"),
    "a set": ('CHOICES = {"an",', 'CHOICES = {"no",'),
    "a set in code": ('in {"an",', 'in {"no",'),
    "what a function takes along": ("live = scaled(once)", "live = scaled(twice)"),
    "an operator": ("x * factor", "x / factor"),
    "a name": ("once(once(x))", "once(live(x))"),
    "a nested function": ("scale(x) + LIMIT", "scale(x) - LIMIT"),
    "where a function is from": ("from math import exp", "from cmath import exp"),
    "which module is meant": ("import math as m", "import cmath as m"),
}
ALIKE = {
    "a remark": ("def twice(x):", "def twice(x):  # two times"),
    "an empty line": ("LIMIT = 3\n", "LIMIT = 3\n\n\n"),
    "the order of definitions": (
        'CHOICES = {"an", "apple", "in", "the", "cellar"}\nLIMIT = 3',
        'LIMIT = 3\nCHOICES = {"cellar", "the", "in", "an", "apple"}',
    ),
}


def digest_of(text: str) -> str:
    module = ModuleType("toy")
    exec(text, vars(module))
    found = hashlib.sha256()
    inventory.add(found, module)
    return found.hexdigest()


@pytest.mark.parametrize("change", DIFFERENT)
def test_a_change_of_what_a_module_does_is_another_digest(change):
    old, new = DIFFERENT[change]
    changed = ORIGINAL.replace(old, new)
    assert changed != ORIGINAL
    assert digest_of(changed) != digest_of(ORIGINAL)


@pytest.mark.parametrize("change", ALIKE)
def test_a_change_of_how_a_module_looks_is_the_same_digest(change):
    old, new = ALIKE[change]
    changed = ORIGINAL.replace(old, new)
    assert changed != ORIGINAL
    assert digest_of(changed) == digest_of(ORIGINAL)


def test_the_digest_is_the_same_in_every_process(tmp_path):
    (tmp_path / "toy.py").write_text(ORIGINAL)
    programme = (
        "import hashlib, toy\n"
        "from sim.engines import inventory\n"
        "from sim.engines.compiled import kernels\n"
        "found = hashlib.sha256()\n"
        "inventory.add(found, toy)\n"
        "print(kernels.digest(), found.hexdigest())\n"
    )

    def elsewhere(hash_seed: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", programme],
            env=environment(tmp_path, PYTHONHASHSEED=hash_seed), text=True, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.split()

    first = elsewhere("1")
    assert elsewhere("2") == first
    assert first[0] == kernels.digest()


def test_the_digest_covers_all_that_compiled_code_can_reach():
    """Every name that a function looks up is the model's, digested; or is Python's or NumPy's own."""
    modules = [import_module(name) for name in inventory.MODULES]
    for module in modules:
        for function in inventory.functions(module):
            for name in names(function.__code__) & vars(module).keys():
                value = vars(module)[name]
                where = f"{module.__name__}.{function.__name__}: {name}"
                if isinstance(value, ModuleType):
                    assert value in modules or value.__name__ in ("math", "numpy", "hashlib"), where
                elif isinstance(value, FunctionType):
                    assert value.__module__ in inventory.MODULES, where
                else:
                    assert isinstance(value, inventory.Constant | BuiltinFunctionType | type), where


def names(code: CodeType) -> set[str]:
    nested = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(names, nested))


# -- a function of one's own ----------------------------------------------------------------------------------------


def own_repurchase(*_: float) -> float:
    return 0.5


def test_the_model_as_it_is_has_no_strangers():
    assert inventory.strangers() == []


@pytest.mark.parametrize(
    "own",
    [own_repurchase, functools.partial(loyalty.repurchase, 1.0), own_repurchase.__call__, numba.njit(own_repurchase)],
    ids=["function", "partial", "method", "compiled"],
)
def test_whatever_stands_in_the_place_of_a_rule_is_a_stranger(monkeypatch, own):
    monkeypatch.setattr(cases, "repurchase", own)
    assert inventory.strangers() == ["sim.model.steps.cases.repurchase"]


def test_an_own_function_at_the_rule_s_home_is_a_stranger_and_whoever_holds_the_old_one_too(monkeypatch):
    monkeypatch.setattr(loyalty, "repurchase", own_repurchase)
    assert "sim.model.rules.loyalty.repurchase" in inventory.strangers()


def test_an_own_function_in_a_closure_is_a_stranger(monkeypatch):
    loops = import_module("sim.engines.loops")
    monkeypatch.setattr(loops, "live_company", loops.life(own_repurchase, loops.company_limit))
    assert inventory.strangers() == ["sim.engines.loops.live_company"]


@pytest.mark.parametrize(
    ("holder", "name", "own", "named"),
    [
        (readable, "company_step", own_repurchase, "company_step"),
        (readable.Centre, "_offer", own_repurchase, "Centre._offer"),
        (readable, "Line", type("Line", (readable.Line,), {}), "Line"),
    ],
)
def test_changes_of_the_readable_engine_are_seen_too(monkeypatch, holder, name, own, named):
    monkeypatch.setattr(holder, name, own)
    assert inventory.strangers() == [f"sim.engines.readable.{named}"]


def test_an_own_rule_runs_on_the_readable_engine_alone(monkeypatch):
    original = run(TINY, engine="compiled").digest()
    monkeypatch.setattr(choice, "_pays", lambda kind, seconds: True)
    assert run(TINY).digest() == original
    with sim.replace(loyalty.repurchase, own_repurchase):
        with pytest.raises(EngineError, match=r"loyalty\.repurchase is not the model's own.*engine='readable'"):
            run(TINY, engine="compiled")
        own = run(TINY).digest()
        assert own == run(TINY, engine="readable").digest() != original
    assert run(TINY, engine="compiled").digest() == original


@pytest.mark.parametrize("what", ["a constant", "code in its place"])
def test_what_has_changed_since_it_was_compiled_is_not_run_as_it_was(monkeypatch, what):
    """As a notebook does that sets a constant, or reloads a file into the functions that are there."""
    original = run(TINY, engine="compiled").digest()
    if what == "a constant":
        monkeypatch.setattr(contacts, "LAST_TOUCH", 1)
    else:
        monkeypatch.setattr(loyalty.repurchase, "__code__", own_repurchase.__code__)
    assert inventory.strangers() == []
    with pytest.raises(EngineError, match=r"has changed since it was compiled.*restart Python"):
        run(TINY, engine="compiled")
    monkeypatch.setattr(choice, "_pays", lambda kind, seconds: True)
    assert run(TINY).digest() == run(TINY, engine="readable").digest()
    monkeypatch.undo()
    assert run(TINY, engine="compiled").digest() == original


def test_a_study_of_an_own_rule_has_its_numbers_whatever_the_workers(capsys):
    policies = [sim.Rapport()]
    original = sim.compare(TINY, policies, replications=2, engine="readable", workers=1)
    with sim.replace(loyalty.repurchase, own_repurchase):
        own = sim.compare(TINY, policies, replications=2, engine="readable", workers=1)
        assert said(capsys) == []
        shared = sim.compare(TINY, policies, replications=2, engine="readable", workers=2)
    assert said(capsys) == [
        "cxsim: sim.model.rules.loyalty.repurchase is of this process alone, so one worker does everything here."
    ]
    assert shared.replications.equals(own.replications)
    assert not shared.replications.equals(original.replications)


def test_a_queue_s_study_with_an_own_rule_has_its_numbers_whatever_the_workers(capsys):
    plan = {"agents": 4, "calls_per_hour": 30, "handling": "exponential mean 6 min", "hours": 10, "replications": 2}

    def frame(workers: int):
        return sim.queue(**plan, engine="readable", workers=workers).to_frame()

    original = frame(1)
    with sim.replace(chance.exponential, lambda u, mean: mean):
        own = frame(1)
        assert said(capsys) == []
        assert frame(2).equals(own)
    assert len(said(capsys)) == 1
    assert not own.equals(original)


# -- what the compiled engine cannot do, and what auto is -----------------------------------------------------------


def queue(agents: int):
    settings = {"agents": agents, "calls_per_hour": 60, "handling": "exponential mean 6 min", "hours": 0.1}
    return describe(settings | {"warmup_hours": 0}, Path())


def test_more_agents_than_its_timers_can_name_are_refused_and_auto_runs_them(monkeypatch):
    monkeypatch.setattr(choice, "_pays", lambda kind, seconds: True)
    assert engine_for(queue(4096), 1, "compiled") == "compiled"
    with pytest.raises(EngineError, match=r"5,000 agents and managers are more than its 4,096; use engine='readable'"):
        engine_for(queue(5000), 1, "compiled")
    assert engine_for(queue(5000), 1) == "readable"
    found = sim.queue(agents=5000, calls_per_hour=60, handling="exponential mean 6 min", hours=0.1, replications=1)
    assert found.to_frame().set_index("measure").loc["service_level", "mean"] == 1.0


@pytest.mark.parametrize("years", [71.0, 80.0])
def test_more_years_than_its_clock_can_count_are_refused_and_auto_runs_them(monkeypatch, years):
    monkeypatch.setattr(choice, "_pays", lambda kind, seconds: True)
    long = TINY.change(years=years)
    with pytest.raises(EngineError, match=rf"{years:.1f} years are more than its 70; use engine='readable'"):
        sim.engines.engine_for([long], engine="compiled")
    assert sim.engines.engine_for([long]) == "readable"
    assert sim.engines.engine_for([TINY.change(years=70.0)], engine="compiled") == "compiled"


def test_a_timer_of_the_last_year_is_one_that_can_be_told():
    """Whatever begins in the longest run and lasts a year less a day still comes before no timer at all."""
    floor = import_module("sim.engines.floor")
    last = (choice.LONGEST_YEARS + 1) * YEAR_DAYS * DAY - DAY
    assert last << floor.SERVER_BITS < floor.no_timer(floor.MOST_SERVERS - 1)


def test_numba_that_leaves_everything_to_python_is_refused_in_words(monkeypatch):
    monkeypatch.setenv(choice.NO_COMPILER, "1")
    with pytest.raises(EngineError, match=r"NUMBA_DISABLE_JIT is set; use engine='readable'"):
        run(TINY, engine="compiled")


def test_a_small_run_does_not_wait_for_numba(tmp_path):
    programme = (
        "import sys\n"
        "from sim.engines import run\n"
        "from sim.inputs.scenario import Scenario\n"
        "run(Scenario.load('small_company').override(market_size=100).change(years=0.1, warm_up=0.0))\n"
        "print('numba' in sys.modules, 'simpy' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", programme],
        env={key: value for key, value in environment(tmp_path).items() if key != choice.DEFAULT},
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("engine", ["readable", "compiled"])
def test_the_environment_says_what_auto_is(monkeypatch, engine):
    monkeypatch.setattr(choice, "_pays", lambda kind, seconds: engine == "readable")
    monkeypatch.setenv(choice.DEFAULT, engine)
    assert sim.engines.engine_for([TINY]) == engine
    assert sim.engines.engine_for([TINY], engine="readable") == "readable"
    assert engine_for(queue(8), 1) == engine


def test_a_wrong_engine_in_the_environment_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setenv(choice.DEFAULT, "diesel")
    with pytest.raises(EngineError, match="CXSIM_ENGINE = 'diesel' is unknown; give one of auto, readable, compiled"):
        run(TINY)
    assert run(TINY, engine="readable").state.board.any()


def test_the_environment_cannot_ask_for_what_the_compiled_engine_cannot_do(monkeypatch):
    monkeypatch.setenv(choice.DEFAULT, "compiled")
    with sim.replace(loyalty.repurchase, own_repurchase), pytest.raises(EngineError, match=r"loyalty\.repurchase"):
        run(TINY)
