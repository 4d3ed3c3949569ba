"""By which factor must customers tell of bad less often, so that good is told three times as often as bad?

East, Hammond and Wright (2007) found three to one in populations; a reading states counts of one teller. This runs the
default company without policies under a reading and prints the `teller_factor` of its bad tells that gives the ratio
(sim/inputs/evidence/readings.toml). The ratio answers nearly in proportion; run it again after a change to check.

    python experiments/tell_factor.py
"""

from __future__ import annotations

import argparse

import sim
from sim import evidence
from sim.outcomes.statistics import ratio_interval

PUBLISHED = 3.0
"""Good told for one bad told, over a population (East, Hammond and Wright 2007)."""


def main() -> None:
    """Print the ratio that the reading gives, with its interval, and the factor that would give the published one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reading", default="literature")
    parser.add_argument("--replications", type=int, default=16)
    parser.add_argument("--years", type=float, default=3.0)
    parser.add_argument("--workers", type=int, default=None)
    options = parser.parse_args()
    factor = evidence.readings().find(options.reading, "--reading").bad.teller_factor
    scenario = sim.Scenario.load("default").change(reading=options.reading)
    study = sim.run(scenario, replications=options.replications, years=options.years, workers=options.workers)
    figures = study.replications.query("period == 'all'").pivot(columns="measure", index="replication", values="value")
    found = ratio_interval(figures["told_good"], figures["told_bad"], what="people told of bad")
    print(f"told good / told bad = {found.mean:.3f} (95 % {found.low:.3f} to {found.high:.3f}) at factor {factor:g}")
    print(f"teller_factor = {factor * found.mean / PUBLISHED:.3f}")


if __name__ == "__main__":
    main()
