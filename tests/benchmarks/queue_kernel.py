"""Speed of the bare contact centre beside the SimPy model that one would write by hand.

``python -m tests.benchmarks.queue_kernel`` prints contacts per second of both, round by round in turn, and
their ratio.

Both simulate 50 agents, exponential handling of 6 minutes, exponential patience of 8 minutes, a quarter
passed on to 8 managers (4 minutes, no patience there), and 7.5 contacts a minute.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import simpy

from sim.queue.description import describe
from sim.queue.replication import replicate
from sim.state import OFFERED

AGENTS, MANAGERS = 50, 8
HANDLING, PATIENCE, DECISION = 6.0, 8.0, 4.0
PASSED_ON = 0.25
CONTACTS_A_MINUTE = 7.5
TARGET = 20 / 60
HOUR = 60


def ours(contacts: int, seed: int) -> int:
    """Simulate about so many contacts with the bare queue; return how many arrived."""
    centre = describe(
        {
            "agents": AGENTS,
            "calls_per_hour": CONTACTS_A_MINUTE * HOUR,
            "handling": f"exponential mean {HANDLING} min",
            "patience": f"exponential mean {PATIENCE} min",
            "managers": MANAGERS,
            "needs_manager": PASSED_ON,
            "manager_handling": f"exponential mean {DECISION} min",
            "escalation": "transfer",
            "hours": max(round(contacts / CONTACTS_A_MINUTE / HOUR), 1),
            "warmup_hours": 0,
        },
        Path(),
    )
    return int(replicate((centre, seed, 0)).board[OFFERED].sum())


class Plain:
    """The same centre in idiomatic SimPy: a process a contact, ``request | timeout``."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.env = simpy.Environment()
        self.agents = simpy.Resource(self.env, AGENTS)
        self.managers = simpy.Resource(self.env, MANAGERS)
        self.offered = self.answered = self.abandoned = self.in_time = self.decided = 0
        self.waited = 0.0

    def source(self, contacts: int) -> Generator[simpy.Event, Any, None]:
        """Let so many contacts arrive."""
        for _ in range(contacts):
            yield self.env.timeout(self.random.expovariate(CONTACTS_A_MINUTE))
            self.env.process(self.contact())

    def contact(self) -> Generator[simpy.Event, Any, None]:
        """Wait, be handled, and perhaps be passed on."""
        came = self.env.now
        self.offered += 1
        with self.agents.request() as agent:
            found = yield agent | self.env.timeout(self.random.expovariate(1 / PATIENCE))
            self.waited += self.env.now - came
            if agent not in found:
                self.abandoned += 1
                return
            self.answered += 1
            self.in_time += self.env.now - came <= TARGET
            yield self.env.timeout(self.random.expovariate(1 / HANDLING))
        if self.random.random() < PASSED_ON:
            with self.managers.request() as manager:
                yield manager
                yield self.env.timeout(self.random.expovariate(1 / DECISION))
                self.decided += 1


def plain(contacts: int, seed: int) -> int:
    """Simulate so many contacts with the plain model; return how many arrived."""
    model = Plain(seed)
    model.env.process(model.source(contacts))
    model.env.run()
    return model.offered


def speed(model: Callable[[int, int], int], contacts: int, seed: int) -> float:
    """Contacts per second of CPU time, which other programs on the machine disturb least."""
    start = time.process_time()
    offered = model(contacts, seed)
    return offered / (time.process_time() - start)


def main() -> None:
    """Run both in turn and print their speeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=200_000, help="contacts of each model in each round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ratios = []
    for seed in range(1, given.rounds + 1):
        found = [speed(model, given.contacts, seed) for model in (ours, plain)]
        ratios.append(found[0] / found[1])
        sys.stdout.write(
            f"round {seed}: ours {found[0]:,.0f} contacts/s, plain SimPy {found[1]:,.0f}, ratio {ratios[-1]:.2f}\n"
        )
    sys.stdout.write(f"ratio, median of {given.rounds} rounds: {statistics.median(ratios):.2f}\n")


if __name__ == "__main__":
    main()
