"""How fast it is, on this machine: ``python -m tests.benchmarks [queue] [company] [waiting] [running] [--out FOLDER]``.

Prints tables, and writes each as CSV. Ratios come from rounds in which all take turns, so that a busy moment of the
machine strikes all alike. Nothing is asserted: a machine's mood is not the code's fault. The queue's table needs Ciw
(``pip install ciw``).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from tests.benchmarks import company, queue_kernel, running, waiting
from tests.benchmarks.timing import machine

TABLES = {
    "queue": queue_kernel.measure,
    "company": company.measure,
    "waiting": waiting.measure,
    "running": running.measure,
}


def main() -> None:
    """Measure what was asked for, or everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"which of {', '.join(TABLES)} (default all)")
    parser.add_argument("--out", type=Path, help="folder for the tables as CSV files")
    given = parser.parse_args()
    unknown = [name for name in given.tables if name not in TABLES]
    if unknown:
        parser.error(f"there is no table {unknown[0]!r}; give some of {', '.join(TABLES)}")
    sys.stdout.write(f"{machine()}\n")
    for name in given.tables or TABLES:
        frame = pd.DataFrame(TABLES[name]())
        sys.stdout.write(f"\n{name}\n{frame.to_string(index=False)}\n")
        sys.stdout.flush()
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            frame.to_csv(given.out / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
