"""How runs are done: none of it changes a result. What each setting means stands in `sim.run`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from sim.engines.choice import Engine
from sim.progress import Report
from sim.running.store import StorePlace

__all__ = ["AnyCluster", "AnyProgress", "Engine", "Running", "Settings", "StorePlace"]

AnyProgress = bool | Report | None
AnyCluster = Any
"""What a cluster is given by: "local", an address, a client of Dask, or None."""


class Settings(TypedDict):
    """The settings by name, as functions take them."""

    engine: Engine
    workers: int | None
    progress: AnyProgress
    store: StorePlace
    cluster: AnyCluster


@dataclass(frozen=True)
class Running:
    """How runs are done."""

    engine: Engine = "auto"
    workers: int | None = None
    progress: AnyProgress = None
    store: StorePlace = None
    cluster: AnyCluster = None

    def settings(self) -> Settings:
        """Return the settings by name, for whatever runs something."""
        return {
            "engine": self.engine, "workers": self.workers, "progress": self.progress, "store": self.store,
            "cluster": self.cluster,
        }  # fmt: skip
