"""What is wrong with a cluster, and what its parts know in common."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

from sim.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

LOST = (OSError, CancelledError)
"""What a connection raises that has gone, or does not answer: TimeoutError is an OSError."""
ANOTHER = (
    "has another version of cxsim or of a library, or is another kind of machine, so its figures could differ; install "
    "the same on all."
)


class ClusterError(InputError):
    """A cluster that cannot be used: the message says which, why, and how to put it right."""


def address_of(client: Client) -> str:
    """Return the address of a client's scheduler, for a sentence."""
    return str(client.scheduler.address) if client.scheduler else "of the cluster"


def gone(client: Client) -> ClusterError:
    """Return the error of a scheduler that was lost in the middle of a study."""
    return ClusterError(
        f"the scheduler {address_of(client)} has gone away; what was finished is in the store, unless that is off: "
        "start the study again when it is back."
    )
