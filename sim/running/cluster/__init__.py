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
from urllib.parse import urlsplit

from sim.running.cluster.connection import LOCAL, check_workers, client_of, threads_of
from sim.running.cluster.errors import ClusterError
from sim.running.cluster.handout import work_off
from sim.running.workers import Way

__all__ = ["LOCAL", "ClusterError", "check", "way"]

SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


def check(cluster: str, workers: int | None) -> None:
    """Refuse what is not a cluster, before anything else is done.

    Raises
    ------
    ClusterError : for an address that is none, contradictory settings, or when Dask is not installed.
    """
    if cluster != LOCAL and not str(cluster).startswith(SCHEMES):
        raise ClusterError(
            f"cluster = {cluster!r} is neither {LOCAL!r} nor the address of a Dask scheduler, such as tcp://host:8786."
        )
    if cluster != LOCAL and not _has_port(cluster):
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


def _has_port(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname and parts.port)
    except ValueError:  # a port that is not a number, or too large
        return False


def way(cluster: str, workers: int, tasks: int) -> tuple[Way, int]:
    """Return the way to do tasks on a cluster, as `workers.work_off` takes it, and how many it does at once.

    Parameters
    ----------
    cluster : "local", or the address of a scheduler.
    workers : processes of a local one, at most.
    tasks : no more processes are started than that.

    Raises
    ------
    ClusterError : the cluster does not answer, or has no workers.
    """
    client = client_of(cluster, workers, tasks)
    check_workers(client)
    return partial(work_off, client), max(1, threads_of(client))
