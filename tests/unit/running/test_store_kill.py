"""A study that is killed goes on where it was, and ends with the very same files; two at once share a store."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sim.running.store import opened

ROOT = Path(__file__).resolve().parents[3]
FILES = ("summary.csv", "replications.parquet", "cohorts.parquet")
REPLICATIONS, POLICIES = 20, 3
RUNS = REPLICATIONS * POLICIES
KILLS = 30
LONGEST = 1.0
"""Seconds after it begins to compute at which a study is killed at the latest."""
SEVERAL = 5
PATIENCE = 120

STUDY = """
import sys
import sim
from sim.running import runner
from sim.inputs.policies import Rapport, Training

folder, store, engine, kinds, replications = sys.argv[1:]
tiny = sim.Scenario.load("small_company").override(market_size=500).change(name="tiny", years=0.25, warm_up=0.0)
policies = [{"training": Training(), "rapport": Rapport()}[kind] for kind in kinds.split(",")]
replicate, done = runner._replicate, []
def spy(task, *rest):
    done.extend(task.places)
    return replicate(task, *rest)
runner._replicate = spy
sim.run(tiny.change(years=0.02), replications=1, engine=engine, workers=1, store=False)  # loads what a run needs
done.clear()
print("begun", flush=True)
found = sim.compare(tiny, policies, replications=int(replications), engine=engine, workers=1, store=store)
found.save(folder, overwrite=True)
print(found.manifest["from_store"], len(done), flush=True)
"""


def begin(
    folder: Path, store: Path | str, engine: str, kinds: str = "training,rapport", replications: int = REPLICATIONS
) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", STUDY, str(folder), str(store), engine, kinds, str(replications)]
    how: dict[str, Any] = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **how)


def finish(study: subprocess.Popen[str]) -> tuple[int, int]:
    """Wait for a study; return how many runs it took from the store, and how many it computed."""
    out, said = study.communicate(timeout=PATIENCE)
    assert (study.returncode, "rror" in said, "stored" in said) == (0, False, False), said
    known, done = out.split()[-2:]
    return int(known), int(done)


def files(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


def stored(store: Path) -> int:
    """Runs that a store holds, all of which must be sound."""
    if not store.exists():
        return 0
    with opened(store) as held:
        assert (held.damage().cells, held.damage().runs) == ((), ())
        return int(held.cells()["replications"].sum())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Files of a study without a store, and of one with a fresh store: the same."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert finish(begin(folder / "without", "none", "readable")) == (0, RUNS)
    assert finish(begin(folder / "fresh", folder / "runs.sqlite", "compiled")) == (0, RUNS)
    assert files(folder / "without") == files(folder / "fresh")
    return files(folder / "without")


@pytest.mark.slow
def test_a_study_that_is_killed_again_and_again_ends_with_the_same_files(
    undisturbed: list[bytes], tmp_path: Path
) -> None:
    draw = random.Random(20)
    store, folder = tmp_path / "runs.sqlite", tmp_path / "study"
    counts = [0]
    for number in range(KILLS):
        study = begin(folder, store, ("readable", "compiled")[number % 2])
        assert study.stdout is not None
        assert study.stdout.readline() == "begun\n"
        time.sleep(draw.uniform(0.0, LONGEST))
        study.send_signal(signal.SIGKILL)
        study.communicate(timeout=PATIENCE)
        counts.append(stored(store))
        assert counts[-1] >= counts[-2]
        if counts[-1] == RUNS:  # begin anew, so that every kill has something to disturb
            assert finish(begin(folder, store, "readable")) == (RUNS, 0)
            assert files(folder) == undisturbed
            store.unlink()
            counts.append(0)
    partial = [count for count in counts if 0 < count < RUNS]
    assert len(set(partial)) >= SEVERAL, counts
    before = stored(store)
    assert finish(begin(folder, store, "compiled")) == (before, RUNS - before)
    assert files(folder) == undisturbed
    assert not [path for path in tmp_path.iterdir() if "previous" in path.name]


@pytest.mark.slow
def test_two_studies_at_once_share_a_store(tmp_path: Path) -> None:
    alone = {kinds: tmp_path / f"alone {kinds}" for kinds in ("training", "training,rapport")}
    for kinds, folder in alone.items():
        finish(begin(folder, "none", "readable", kinds))
    for number in range(3):
        store = tmp_path / f"{number}.sqlite"
        pairs = [("training", "readable"), ("training,rapport", ("readable", "compiled")[number % 2])]
        both = [begin(tmp_path / f"{number} {kinds}", store, engine, kinds) for kinds, engine in pairs]
        computed = [finish(study) for study in both]
        assert all(known + done == cells * REPLICATIONS for (known, done), cells in zip(computed, (2, 3), strict=True))
        for kinds, folder in alone.items():
            assert files(tmp_path / f"{number} {kinds}") == files(folder)
        assert stored(store) == RUNS
