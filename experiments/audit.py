"""Which figures of the documents does the model show, and which not?

Sets every statistic of the five documents beside the model: what went in must come back out of the reference customer,
beside the population's own figure; whatever emerges (return on sales of a company that does everything against one
that does nothing, profit from fewer issues, who stays because of good service, what customers blame, how much the
front line decides, staff turnover) is reported as it is. Each figure has a 95 % interval over replications and a
verdict that follows from the two; see sim/checks/audit/verdict.py for the rule.

Writes a folder (audit.csv, audit-values.csv, audit.json, audit.txt and charts/; an earlier audit in it is replaced)
and prints the table. ``--quick`` is a first look at the small company, not a result.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import sim
from sim.checks.audit import Audit
from sim.engines import ENGINES


def run(chosen: argparse.Namespace) -> Audit:
    """Run the audit that was asked for."""
    return sim.audit(
        chosen.scenario, quick=chosen.quick, replications=chosen.replications, years=chosen.years, seed=chosen.seed,
        engine=chosen.engine, workers=chosen.workers,
    )  # fmt: skip


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the small company, two years, few replications")
    parser.add_argument("--scenario", help="a shipped name (default, small_company) or a TOML file")
    parser.add_argument("--replications", type=int, help="independent repetitions (default 12; quick 4)")
    parser.add_argument("--years", type=float, help="measured years (default the scenario's own; quick 2)")
    parser.add_argument("--seed", type=int, help="seed of the scenario (default its own)")
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="results are the same (default auto)")
    parser.add_argument("--workers", type=int, help="threads or processes (default all CPUs)")
    parser.add_argument("--out", type=Path, default=Path("studies/audit"), help="folder of the audit")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the audit, save it, draw it, and print the table; return the exit status."""
    chosen = options(arguments)
    try:
        Audit.check_folder(chosen.out, overwrite=True)
        found = run(chosen)
    except (ValueError, OSError) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("audit: stopped before one replication was finished; nothing is kept.", file=sys.stderr)
        return 130
    found.save(chosen.out, overwrite=True, charts=True)
    print(found.to_frame()[["claim", "figure", "published", "mean", "verdict"]].to_string(index=False))
    print(f"\n{found.headline}.")
    print(f"\nThe audit is in {chosen.out}: audit.csv and others, and charts/.")
    return 0 if found.manifest["finished"] == found.manifest["planned"] else 130


if __name__ == "__main__":
    sys.exit(main())
