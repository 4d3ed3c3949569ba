"""The house as it is drawn: which room knows which library, no circle of files, no module with a public name.

Who may import whom is one contract of layers in pyproject.toml (`lint-imports`).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

import sim

ROOT = Path(sim.__file__).parents[1]
ROOMS = {
    "charts", "checks", "cli", "company", "contact_centre", "engines", "inputs", "manual", "model", "outcomes",
    "running", "studies", "theory",
}  # fmt: skip
GROUND = {"errors", "progress", "wording"}
LIBRARIES = {
    "SALib": {"sim.studies.sensitivity"},
    "dask": {"sim.running.cluster"},
    "distributed": {"sim.running.cluster"},
    "duckdb": {"sim.company.fitting"},
    "ema_workbench": {"sim.studies.futures"},
    "lifelines": {"sim.company.fitting"},
    "llvmlite": {"sim.engines.compiled"},
    "loky": {"sim.running.workers"},
    "matplotlib": {"sim.charts"},
    "numba": {"sim.engines.compiled"},
    "optuna": {"sim.studies.search"},
    "simpy": {"sim.engines.readable"},
    "sqlalchemy": {"sim.studies.search"},
    "typer": {"sim.cli"},
}
"""Library, and the only places that may import it."""
NEVER = {"experiments", "notebooks", "tests", "hypothesis", "nbclient", "nbformat", "pytest"}
PURE = {
    "sim.model.rules": {"numpy", "scipy", "pandas", "random", "time", "datetime", "os", "sys", "io", "pathlib"},
    "sim.model.columns": {"numpy", "scipy", "pandas", "random", "time", "datetime", "os", "sys", "io", "pathlib"},
    "sim.model": {"scipy", "pandas", "pyarrow", "pydantic", "random", "time", "datetime", "os", "sys", "pathlib"},
    "sim.theory": {"pandas", "pyarrow", "pydantic", "random", "time", "datetime", "os", "sys", "pathlib"},
}
"""Part of the model, and what it may not know."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom, imports inside functions and for type checkers included."""
    return grimp.build_graph("sim", include_external_packages=True, cache_dir=None)


def inside(module: str, place: str) -> bool:
    return module == place or module.startswith(f"{place}.")


def users(graph: grimp.ImportGraph, library: str) -> set[str]:
    """Modules that import a library or a part of it."""
    parts = [module for module in graph.modules if inside(module, library)]
    return {user for part in parts for user in graph.find_modules_that_directly_import(part)}


def test_the_house_has_its_rooms_and_three_modules_of_ground() -> None:
    found = {path.stem for path in (ROOT / "sim").iterdir() if not path.name.startswith(("_", "py."))}
    assert found == ROOMS | GROUND


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_at_home_in_one_place(graph: grimp.ImportGraph, library: str) -> None:
    found = users(graph, library)
    assert found, "nobody imports it: take it off the list"
    assert {user for user in found if not any(inside(user, home) for home in LIBRARIES[library])} == set()


def test_the_package_knows_nothing_of_tests_and_experiments(graph: grimp.ImportGraph) -> None:
    assert {name: users(graph, name) for name in NEVER if users(graph, name)} == {}


@pytest.mark.parametrize("place", PURE)
def test_the_model_knows_mathematics_only(graph: grimp.ImportGraph, place: str) -> None:
    found = {(user, name) for name in PURE[place] for user in users(graph, name) if inside(user, place)}
    assert found == set()


def test_no_file_is_part_of_a_circle(graph: grimp.ImportGraph) -> None:
    own = {module for module in graph.modules if inside(module, "sim")}
    below = {module: graph.find_modules_directly_imported_by(module) & own for module in own}
    while leaves := {module for module, imported in below.items() if not imported}:
        below = {module: imported - leaves for module, imported in below.items() if module not in leaves}
    assert below == {}, "each of these imports another one of them"


def test_layers_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", sorted(set(sim.__all__) - {"evidence", "measures", "parameters"}))
def test_no_module_at_the_top_has_a_public_name(name: str) -> None:
    assert not (ROOT / "sim" / name).exists()
    assert not (ROOT / "sim" / f"{name}.py").exists()
