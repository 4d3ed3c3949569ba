"""The command ``cxsim``: thin, every verb is a public function too.

Results go to standard output; progress, remarks and errors to standard error. Exit status: 0 done, 1 a
replication failed or two engines differ, 2 a wrong input, or one that memory cannot hold (one sentence says where
and what to do), 3 a choice that was not decided, 130 stopped with Ctrl-C (what was finished is kept).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

import typer

from sim.errors import InputError

FAILED, WRONG_INPUT, STOPPED = 1, 2, 130
VERBS = (
    "study", "choose", "search", "explain", "sensitivity", "lists", "policies", "trace", "queue", "diff_engines",
    "audit", "warm_up", "futures", "runs", "calibrate", "fit", "overlay", "records",
)  # fmt: skip
"""Modules of this package; each has ``register(app)``."""

app = typer.Typer(
    name="cxsim",
    help="Try a service policy before your customers do.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        import sim

        typer.echo(f"cxsim {sim.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


for verb in VERBS:
    if find_spec(f"sim.cli.{verb}"):
        import_module(f"sim.cli.{verb}").register(app)


def main() -> None:
    """Run the command with the arguments of this process, and end it with an exit status."""
    sys.exit(status(sys.argv[1:]))


def status(arguments: Sequence[str]) -> int:
    """Run the command with these arguments and return its exit status."""
    try:
        found = app(list(arguments), prog_name="cxsim", standalone_mode=False)
        sys.stdout.flush()
        return found if isinstance(found, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        return _say("stopped; no replication was finished, so nothing is kept.", STOPPED)
    except (BrokenPipeError, SystemExit):
        # Nobody reads on, and Typer turns that into an exit. The interpreter's last flush must not fail on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        told = _explained(error)
        if told is None:
            raise
        return _say(*told)


def _explained(error: Exception) -> tuple[str, int] | None:
    """Return the sentence and the status for an error that says what to do; None for any other: a bug."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}." if error.filename else str(error), WRONG_INPUT
    if _is_usage(error):
        context = getattr(error, "ctx", None)
        where = f"; see {context.command_path} --help." if context else ""
        return error.format_message().rstrip(".") + where, WRONG_INPUT  # type: ignore[attr-defined]
    if isinstance(error, InputError):
        return str(error), WRONG_INPUT
    from sim.checks.audit import AuditReplicationError
    from sim.running.experiment import ReplicationError

    if isinstance(error, AuditReplicationError | ReplicationError):
        return f"{error}; sim.run with the same scenario in Python shows where.", FAILED
    return None


def _is_usage(error: Exception) -> bool:
    """Whether the command line itself is wrong. Typer brings its own Click or uses the installed one."""
    usage = typer.BadParameter.__base__
    return usage is not None and isinstance(error, usage)


def _say(sentence: str, code: int) -> int:
    sys.stderr.write("cxsim: " + " ".join(sentence.split()) + "\n")
    return code
