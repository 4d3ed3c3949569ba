"""What do the rates of a scenario settle at, against what the mean-field of its start expects?

Runs a scenario without policies for some years and prints the ratios that its ``[parameters]`` (or, for the default
company, sim/inputs/parameters/start.toml) should hold, so that a run starts where it would end up. Run it again after
changing what people or the centre do; `cxsim calibrate` does it by itself.
"""

from __future__ import annotations

import argparse

from sim import Scenario
from sim.company.calibration.steady_state import observed, ratios
from sim.engines import run


def main() -> None:
    """Print the ratios as lines of TOML."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="?", default="default")
    parser.add_argument("--years", type=float, default=4.0, help="measured years, after two that are left out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scenario = Scenario.load(options.scenario).change(years=options.years, warm_up=2.0, seed=options.seed)
    shown = observed(run(scenario))
    for name, value in ratios(scenario, shown).items():
        print(f"{name} = {value:.3f}  # observed {shown[name]:.4f}")


if __name__ == "__main__":
    main()
