"""Exit statuses of the command."""

FAILED = 1
"""A replication failed, or two engines differ."""
WRONG_INPUT = 2
"""The command or a file cannot be used as it is, or memory cannot hold what was asked for."""
UNDECIDED = 3
"""A choice that reached its maximum of replications, or that no policy may win: done, but not decided."""
STOPPED = 130
"""Stopped with Ctrl-C."""
TERMINATED = 143
"""Stopped with SIGTERM, which otherwise does what Ctrl-C does."""
