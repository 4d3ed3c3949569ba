"""Old spellings of verbs and options, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping

VERBS: Mapping[str, str] = {
    "actuals": "overlay",
    "bookkeeping": "records",
    "choice": "choose",
    "diff": "diff-engines",
    "levers": "policies",
    "lists": "parameters",
    "store": "runs",
    "story": "trace",
    "study": "compare",
    "warmup": "warm-up",
    "warm_up": "warm-up",
    "diff_engines": "diff-engines",
}
"""Verb as it was, or as its module was called, and as it is."""

EVERYWHERE: Mapping[str, str] = {"--verbose": "--progress"}
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "run": {"--most": "--max-replications", "--all": "--all-measures"},
    "compare": {"--most": "--max-replications", "--all": "--all-measures", "--readings": "--reading all"},
    "choose": {"--most": "--max-replications"},
    "search": {"--against": "--pareto"},
    "futures": {
        "--satisfice": "--constraint",
        "--uncertain": "--parameter",
        "--readings": "--reading all",
    },
    "fit": {"--level": "--confidence"},
    "overlay": {"--level": "--confidence"},
    "show": {"--all": "--all-measures"},
}
"""Option of a verb as it was, and as it is."""


def verb(name: str) -> str | None:
    """Return what an old verb is called now."""
    return VERBS.get(name)


def option(verb_name: str, name: str) -> str | None:
    """Return what an old option of a verb is called now.

    >>> option("futures", "--satisfice"), option("futures", "--futures")
    ('--constraint', None)
    """
    return OPTIONS.get(verb_name, {}).get(name) or EVERYWHERE.get(name)
