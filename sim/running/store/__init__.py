"""The run store: what was computed once is never computed again, by whatever study asks.

One SQLite file holds the figures of finished runs. The key of a run is a digest of all that decides its figures: the
generation (the code of the model as it is in memory, all shipped numbers, the versions of the libraries, the platform
and the last bits of what it answers), the scenario with its reading, horizon and seed, the parameter tables that it
resolves to under its policies, and the replication. What a scenario or policy is called, which engine ran it, and in
which study, decides nothing and is not in it.

=============  =========================================================================================
table          a row is
=============  =========================================================================================
``cells``      a scenario under a policy: its key, generation, what it was first called, its settings
``layouts``    the names of the figures of a run, which thousands of runs share
``runs``       the figures of one replication of a cell, with a digest of them
=============  =========================================================================================

A run is written in one transaction when it is finished, so a study that is killed loses no finished run, and one that
is started again goes on where it was. Several studies of one machine may use a store at once; a file system of a
network is no place for it. A run whose figures do not match their digest, and a file that is not a store or is damaged,
is an error that names it. Runs of other generations are kept, and never used. Beside the file stand, while it is in
use, SQLite's log (``-wal``, ``-shm``), and an empty file (``.lock``) that lets only one make it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sim.running.store.content import Damage, Store
from sim.running.store.errors import StoreError, StoreFullError
from sim.running.store.file import (
    FILE,
    NOWHERE,
    PLACE,
    StorePlace,
    connect,
    connect_to_read,
    place_of,
    size,
    told,
    writable,
)
from sim.running.store.key import SHOWN, Key, key_of
from sim.running.store.model import first_generation, generation, why_not
from sim.running.store.rows import Finished

__all__ = [
    "FILE", "NOWHERE", "PLACE", "SHOWN", "Damage", "Finished", "Key", "Store", "StoreError", "StoreFullError",
    "StorePlace", "first_generation", "generation", "key_of", "opened", "place_of", "size", "why_not",
]  # fmt: skip


@contextmanager
def opened(path: Path, *, make: bool = True) -> Iterator[Store]:
    """Open a store, made if need be, and close it again.

    Raises
    ------
    StoreError : when it cannot be made or read, is damaged, or is not a store; or when there is none and it is not to
        be made. One that can only be read is read, and nothing is added to it.
    """
    if not make and not path.exists():
        raise StoreError(f"there is no run store {path} yet; a study makes it, or name another with --store.")
    if os.path.isfile(path) and not writable(path):  # noqa: PTH113  # a folder that is closed is no error here
        with told(path), closing(connect_to_read(path)) as connection:
            yield Store(path, connection, writable=False)
        return
    with told(path), closing(connect(path)) as connection:
        yield Store(path, connection)
