"""No damaged file ends in anything but a result or a sentence: some checked here, some run in the slow suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.contact_centre.description import EXAMPLES
from sim.errors import InputError
from tests.behaviour.mutations import KINDS, loaded, mutated, search

QUICK, SLOW = 200, 200
"""Mutations of each kind of file: read and checked only, and run. ``python -m tests.behaviour.mutations`` runs more."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_file_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    path, refused = tmp_path / "file.toml", 0
    (tmp_path / "recorded_calls.csv").write_bytes((EXAMPLES / "recorded_calls.csv").read_bytes())
    for seed in range(QUICK):
        path.write_text(mutated(kind, seed)[0], "utf-8")
        try:
            loaded(kind, path)
        except InputError as error:
            refused += bool(str(error).strip())
    assert 0 < refused < QUICK


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_file_runs_or_is_refused(kind: str) -> None:
    assert list(search([kind], 0, SLOW)) == []
