"""The bare contact centre on both engines, beside the SimPy and the Ciw model that one would write by hand.

50 agents, exponential handling of 6 minutes, exponential patience of 8 minutes, a quarter passed on to 8 managers
(4 minutes, no patience there), 7.5 contacts a minute.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from pathlib import Path
from statistics import median
from typing import Any

import simpy

from sim.contact_centre.description import describe
from sim.contact_centre.replication import replicate
from sim.model.state import OFFERED
from tests.benchmarks.timing import seconds

AGENTS, MANAGERS = 50, 8
HANDLING, PATIENCE, DECISION = 6.0, 8.0, 4.0
PASSED_ON = 0.25
CONTACTS_A_MINUTE = 7.5
TARGET = 20 / 60
HOUR = 60
# The compiled engine is over too soon to be timed once.
TIMES = 10


def ours(engine: str, contacts: int, seed: int) -> int:
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
    return int(replicate((centre, seed, 0, engine)).board[OFFERED].sum())


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
    """Simulate so many contacts with the plain SimPy model; return how many arrived."""
    model = Plain(seed)
    model.env.process(model.source(contacts))
    model.env.run()
    return model.offered


def ciw_model(contacts: int, seed: int) -> int:
    """Simulate about so many contacts with Ciw; return how many arrived."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(CONTACTS_A_MINUTE), None],
        service_distributions=[ciw.dists.Exponential(1 / HANDLING), ciw.dists.Exponential(1 / DECISION)],
        reneging_time_distributions=[ciw.dists.Exponential(1 / PATIENCE), None],
        routing=[[0.0, PASSED_ON], [0.0, 0.0]],
        number_of_servers=[AGENTS, MANAGERS],
    )
    ciw.seed(seed)
    model = ciw.Simulation(network)
    model.simulate_until_max_time(contacts / CONTACTS_A_MINUTE)
    return int(model.nodes[0].number_of_individuals)


def measure(contacts: int = 200_000, rounds: int = 3) -> list[dict[str, Any]]:
    """Run all in turn, so many rounds; return contacts a second and ratios (medians of the rounds' own ratios)."""
    ours("compiled", contacts, 0)  # loads the kernel
    speeds: dict[str, list[float]] = {"compiled": [], "SimPy": [], "Ciw": [], "readable": []}
    for seed in range(1, rounds + 1):
        fast = seconds(lambda seed=seed: [ours("compiled", contacts, seed + turn) for turn in range(TIMES)]) / TIMES
        speeds["compiled"].append(contacts / fast)
        for name, model in (("SimPy", plain), ("Ciw", ciw_model)):
            speeds[name].append(contacts / seconds(lambda model=model, seed=seed: model(contacts, seed)))
        speeds["readable"].append(contacts / seconds(lambda seed=seed: ours("readable", contacts, seed)))
    return [
        {
            "model": name,
            "contacts a second": round(median(found)),
            "compiled is so many times as fast": round(
                median(fast / one for fast, one in zip(speeds["compiled"], found, strict=True)), 1
            ),
        }
        for name, found in speeds.items()
    ]
