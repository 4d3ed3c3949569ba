"""Importing the package is cheap, and its names are what they say."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.engines.choice import DEFAULT

HEAVY = (
    "simpy",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "statsmodels",
    "matplotlib",
    "pydantic",
    "loky",
    "psutil",
    "typer",
    "rich",
)
# What a first small result must not wait for: frames, laws and charts are loaded by what returns or draws them.
SLOW = ("pandas", "pyarrow", "scipy.stats", "statsmodels", "matplotlib")
QUEUE = "agents=5, calls_per_hour=30, handling='exponential mean 6 min', hours=2, replications=2"
OPTIONS = ["queue", "--agents", "5", "--calls-per-hour", "30", "--handling", "exponential mean 6 min", "--hours", "2"]


def python(code: str) -> str:
    """Run code in a fresh interpreter, which chooses its engines itself, and return what it prints."""
    env = {name: value for name, value in os.environ.items() if name != DEFAULT}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False, env=env
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_loads_no_library() -> None:
    assert python(f"import sim, sys; print([m for m in {HEAVY} if m in sys.modules])") == "[]"


def test_a_scenario_is_had_without_an_engine_or_a_chart() -> None:
    code = "import sim, sys; sim.Scenario; print([m for m in ('simpy', 'matplotlib') if m in sys.modules])"
    assert python(code) == "[]"


def loaded(code: str, *libraries: str) -> str:
    """Run code in a fresh interpreter and say which of the libraries it loaded."""
    return python(f"{code}\nimport sys; print([m for m in {libraries} if m in sys.modules])").splitlines()[-1]


def test_engines_and_scenarios_load_nothing_slow() -> None:
    assert loaded("import sim.engines, sim.inputs.scenario", *SLOW, "scipy.optimize", "loky", "numba", "psutil") == "[]"


def test_a_queue_is_simulated_and_told_without_a_frame() -> None:
    code = f"import sim; result = sim.queue({QUEUE}); result.to_dict(); repr(result)"
    assert loaded(code, *SLOW, "scipy.optimize", "loky") == "[]"


def test_the_queue_on_the_command_line_loads_nothing_slow() -> None:
    code = f"from sim.cli import status; assert status({OPTIONS}) == 0"
    assert loaded(code, *SLOW, "scipy.optimize", "loky") == "[]"


def test_a_company_is_simulated_without_a_frame() -> None:
    code = """
from sim.engines import run
from sim.inputs.scenario import Scenario
run(Scenario.load("small_company").change(years=0.01, warm_up=0.0), engine="readable")
"""
    assert loaded(code, *SLOW, "loky", "numba") == "[]"


@pytest.mark.parametrize("name", sim.__all__)
def test_every_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(sim, name) is not None
    assert name in dir(sim)


def test_an_unknown_name_is_an_attribute_error_that_lists_the_names() -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'Scenari'.*Scenario"):
        sim.Scenari  # noqa: B018


@pytest.mark.parametrize(
    "first",
    [
        "import sim",
        "import sim.contact_centre",
        "from sim.contact_centre import QueueError",
        "import importlib; importlib.import_module('sim.contact_centre')",
        "from sim import queue",
        "import sim; sim.queue",
    ],
)
def test_queue_is_the_function_whatever_was_imported_before(first: str) -> None:
    code = f"{first}\nimport sim\nfrom sim import queue\nprint(sim.queue.__name__, queue is sim.queue, callable(queue))"
    assert python(code) == "queue True True"


def test_the_submodule_of_the_queue_can_still_be_had() -> None:
    assert (
        python("import sim, sys; sim.queue; print(sys.modules['sim.contact_centre'].QueueError.__name__)")
        == "QueueError"
    )


# -- beside another module of the name -------------------------------------------------------------------------------

TINY = "cxsim.Scenario.load('small_company').override(market_size=200).change(years=0.1, warm_up=0)"


@pytest.fixture(params=["a file", "a package"])
def stranger(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder to work in that holds another ``sim``."""
    folder = tmp_path / "work"
    folder.mkdir()
    file = folder / "sim.py" if request.param == "a file" else folder / "sim" / "__init__.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text("whose = 'a stranger'")
    return folder


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder of packages as an installation leaves it."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sim").symlink_to(Path(sim.__file__).parent, target_is_directory=True)
    shutil.copy(Path(sim.__file__).parent / "_cxsim.py", folder / "cxsim.py")
    return folder


def beside(stranger: Path, installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the stranger's folder, which comes first on the path, with the package installed."""
    env = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=stranger, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_cxsim_is_the_package_beside_a_strangers_sim_also_in_worker_processes(stranger: Path, installed: Path) -> None:
    code = f"""
import cxsim
from sim.outcomes.results import Study
study = cxsim.run({TINY}, replications=2, engine="readable", workers=2, store=False)
assert isinstance(study, Study) and study.manifest["finished"] == 2
assert cxsim.run is __import__("sim").run and "Scenario" in dir(cxsim)
print(cxsim.__version__)
"""
    done = beside(stranger, installed, "-c", code)
    assert done.stdout == f"{sim.__version__}\n", done.stderr


@pytest.mark.parametrize(
    "arguments", [("-m", "cxsim"), ("-c", "import cxsim, sys; sys.argv[0] = 'cxsim'; cxsim.main()")]
)
def test_the_command_works_beside_a_strangers_sim(stranger: Path, installed: Path, arguments: tuple[str, ...]) -> None:
    done = beside(stranger, installed, *arguments, "--version")
    assert done.stdout == f"cxsim {sim.__version__}\n", done.stderr


def test_python_m_sim_runs_the_strangers_so_cxsim_is_for_that(stranger: Path, installed: Path) -> None:
    assert "cxsim" not in beside(stranger, installed, "-m", "sim", "--version").stdout


def test_a_stranger_that_was_imported_first_is_named(stranger: Path, installed: Path) -> None:
    done = beside(stranger, installed, "-c", "import sim, cxsim")
    assert done.returncode == 1
    assert "ImportError: cxsim: this program has already imported another module named sim (" in done.stderr
    assert str(stranger) in done.stderr
