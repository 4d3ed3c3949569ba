"""Which history did the company tell before the levers of all documents were built?

Writes ``earlier.toml``, a company with every parameter of that time, and ``earlier.csv``, the totals of its board
(counts, ticks, money in hundredths): once as it is, once under the policies that there were. The history must be the
earlier one and not today's, so this runs the package that stands in another folder, a checkout of an earlier commit:

    git worktree add ../earlier fb1709b
    python tests/baseline/record.py --source ../earlier --commit fb1709b --reason "why it is recorded again"

What is recorded already is only replaced for a reason, which is written into the files.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
COMPANY, TOTALS = FOLDER / "earlier.toml", FOLDER / "earlier.csv"
# A company so small and so busy that in a few months everything happens in it.
SETTINGS = {"name": "earlier", "years": 120 / 365, "warm_up": 30 / 365, "seed": 7}
BUSY = {
    "market_size": 8000, "employees": 3, "managers": 1, "overhead": 130_000.0, "marketing": 25_000.0,
    "purchase_gap_mean": 15.0, "issue_ambient": 0.1, "request_share": 0.5, "authority_request": 0.6,
    "manager_minutes": 20.0, "hold_limit": 3.0, "opinion_use": 0.5, "patience_mean": 15.0, "promise_kept": 0.8,
    "pressure_reference": 0.3, "short_abandon_seconds": 60.0, "quit_rate": 3.0, "quit_cap": 4.0, "hire_lag": 5.0,
    "retell": 0.01, "announce": 1,
}  # fmt: skip
POLICIES = [
    {"name": "empowerment", "level": 0.9, "start": 20.0},
    {"name": "second-opinion", "use": 0.9, "start": 30.0, "ramp": 10.0},
    {"name": "escalation", "hold": 0.5, "start": 40.0},
    {"name": "staffing", "employees": 1.5, "start": 50.0},
    {"name": "training", "level": 1.0, "start": 60.0, "ramp": 20.0},
    {"name": "rapport", "chance": 0.8, "start": 70.0, "segment": "priority"},
]


def record(source: Path, heading: str) -> None:
    """Write down the history that the package in ``source`` tells."""
    sys.path.insert(0, str(source.resolve()))
    import sim
    from sim.engines import run
    from sim.inputs.policies import policy_from_dict
    from sim.model import state

    if Path(sim.__file__).resolve().parents[1] != source.resolve():
        sys.exit(f"{sim.__file__} is not in {source}: run this with a Python that has no other sim on its path.")
    company = sim.Scenario(**SETTINGS, parameters={**parameters(), **BUSY})
    COMPANY.write_text(heading + company.to_toml(), "utf-8")
    alone, led = company, company
    for policy in POLICIES:
        led = led.under(policy_from_dict(policy))
    totals = [run(scenario).state.board.sum(axis=1).tolist() for scenario in (alone, led)]
    with TOTALS.open("w", encoding="utf-8", newline="") as file:
        file.write(heading)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("row", "alone", "led"))
        for name, number in rows(state).items():
            writer.writerow((name, *(total[number] for total in totals)))


def parameters() -> dict[str, Any]:
    """Every parameter of the package, by segment where segments differ."""
    from sim.inputs.parameters import load

    known = load()
    segments = tuple(known["segment_share"].by_segment)
    return {
        name: {s: parameter.for_segment(s) for s in segments} if parameter.by_segment else parameter.value
        for name, parameter in known.items()
    }


def rows(state: Any) -> dict[str, int]:
    """Rows of the board by name: integrals of the levels, and counts; not what is of one day only."""
    names = list(vars(state))
    levels = names[names.index("IN_LINE") : names.index("LEVELS")]
    counts = names[names.index("PURCHASES") : names.index("BOARD_ROWS")]
    return {name: getattr(state, name) for name in (*levels, *counts)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="folder that holds the earlier package sim")
    parser.add_argument("--commit", required=True, help="the commit that stands there")
    parser.add_argument("--reason", default="", help="why what is recorded already is recorded again")
    given = parser.parse_args()
    if TOTALS.exists() and not given.reason.strip():
        sys.exit(f"{TOTALS.name} is there already; say why it should be replaced: --reason TEXT.")
    because = f" Recorded again: {given.reason.strip()}" if given.reason.strip() else ""
    record(given.source, f"# Told by the package of commit {given.commit}; see record.py.{because}\n")


if __name__ == "__main__":
    main()
