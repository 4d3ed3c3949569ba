"""Doing tasks on a Dask cluster: processes of this machine, or a scheduler somewhere else.

Results come back as they are finished, and are kept then: the store is written by this process alone. A worker that
is lost costs what it was at, which others do again; a run draws from (seed, replication) alone, so the result is the
same. Workers must have the same cxsim, libraries and kind of machine, or their figures could differ in the last bit:
each task checks that.

The scheduler of a local cluster lives in this process, and its workers end when they lose it, however this process
ends. They are started as programs of their own, so a script needs no ``if __name__ == "__main__"``, and apart from
the terminal, so Ctrl-C reaches this process alone. Dask's own local clusters lack one or the other.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sim.running.cluster.connection import LOCAL, check_workers, client_of, reached, threads_of
from sim.running.cluster.errors import ClusterError
from sim.running.cluster.handout import work_off
from sim.running.workers import Way

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["LOCAL", "ClusterError", "check", "way"]

SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


def check(cluster: str | Client, workers: int | None) -> None:
    """Refuse what is not a cluster, before anything else is done.

    Parameters
    ----------
    cluster : "local", the address of a scheduler, or a client of Dask, which stays its owner's to close.

    Raises
    ------
    ClusterError : for an address that is none, contradictory settings, or when Dask is not installed.
    """
    if not isinstance(cluster, str):
        _check_client(cluster)
    elif cluster != LOCAL and not cluster.startswith(SCHEMES):
        raise ClusterError(
            f"cluster = {cluster!r} is neither {LOCAL!r} nor the address of a Dask scheduler, such as tcp://host:8786."
        )
    elif cluster != LOCAL and not _has_port(cluster):
        raise ClusterError(
            f"cluster = {cluster!r} names no host with a port; write what dask scheduler prints, such as "
            "tcp://host:8786."
        )
    if cluster != LOCAL and workers is not None:
        raise ClusterError(f"workers = {workers} and cluster = {cluster!r}: that cluster has its own; leave one out.")
    if find_spec("distributed") is None:
        raise ClusterError(
            'a cluster needs Dask, which is not installed; install it with pip install "cxsim[cluster]".'
        )


def _check_client(client: object) -> None:
    """Refuse what is no client of Dask, and a client that cannot be used from here."""
    if type(client).__module__.partition(".")[0] != "distributed" or not hasattr(client, "scheduler"):
        raise ClusterError(
            f"cluster = {client!r} is not a cluster; give {LOCAL!r}, the address of a Dask scheduler such as "
            "tcp://host:8786, or a dask.distributed.Client."
        )
    if getattr(client, "asynchronous", False):
        raise ClusterError("the Dask client is asynchronous; give one that was made with asynchronous=False.")
    if getattr(client, "status", "") != "running":
        raise ClusterError("the Dask client is closed; connect it again.")


def _has_port(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname and parts.port)
    except ValueError:  # a port that is not a number, or too large
        return False


def way(cluster: str | Client, workers: int, tasks: int) -> tuple[Way, int]:
    """Return the way to do tasks on a cluster, as `workers.work_off` takes it, and how many it does at once.

    Parameters
    ----------
    cluster : "local", the address of a scheduler, or a client.
    workers : processes of a local one, at most.
    tasks : no more processes are started than that.

    Raises
    ------
    ClusterError : the cluster does not answer, or has no workers.
    """
    client = client_of(cluster, workers, tasks) if isinstance(cluster, str) else reached(cluster)
    check_workers(client)
    return partial(work_off, client), max(1, threads_of(client))
