"""The command ``cxsim``: thin, every verb is a public function too.

Results go to standard output; progress, remarks and errors to standard error. Exit status: 0 done; 1 a replication
failed or two engines differ; 2 a wrong input, or one that memory cannot hold (one sentence says where and what to do);
3 a choice that was not decided; 130 stopped with Ctrl-C and 143 with SIGTERM, which otherwise does the same: what was
finished is kept, and a sentence says what that is.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from types import FrameType
from typing import Any

import typer

from sim.cli import renamed, tables
from sim.cli.codes import FAILED, STOPPED, TERMINATED, WRONG_INPUT
from sim.errors import FullDiskError, InputError, is_full

VERBS = (
    "run", "compare", "explain", "choose", "sensitivity", "futures", "search", "warm_up",
    "new", "calibrate", "fit", "overlay", "records",
    "audit", "evidence", "parameters", "measures", "policies", "scenario",
    "queue",
    "runs", "plot", "trace", "log", "diff_engines", "manual",
)  # fmt: skip
"""Modules of this package, in the order of ``cxsim --help``; each has ``register(app)``."""

app = typer.Typer(
    name="cxsim",
    help="Try a service policy before your customers do.",
    epilog="See: cxsim manual",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        import sim

        tables.say(f"cxsim {sim.__version__}")
    elif context.invoked_subcommand is None:
        tables.say(context.get_help())


for name in VERBS:
    import_module(f"sim.cli.{name}").register(app)


def main() -> None:
    """Run the command with the arguments of this process, and end it with an exit status."""
    terminated: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        """Do on SIGTERM what Ctrl-C does now."""
        terminated.append(number)
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    with suppress(ValueError):  # another thread than the main one
        signal.signal(signal.SIGTERM, stop)
    code = status(sys.argv[1:])
    sys.exit(TERMINATED if terminated and code == STOPPED else code)


def status(arguments: Sequence[str]) -> int:
    """Run the command with these arguments and return its exit status."""
    try:
        found = _called(list(arguments))
        sys.stdout.flush()
        return found if isinstance(found, int) else 0
    except (KeyboardInterrupt, typer.Abort) as stop:
        return _say(str(stop) or "stopped; nothing was written.", STOPPED)
    except typer.Exit as done:
        return done.exit_code
    except BrokenPipeError:
        # Nobody reads on. The interpreter's last flush must not fail on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        told = _explained(error, arguments)
        if told is None:
            raise
        return _say(*told)


def _called(arguments: list[str]) -> Any:
    """Call the verb, without Typer's own handling of interrupts and errors."""
    command = typer.main.get_command(app)
    _widen()
    with command.make_context("cxsim", arguments) as context:
        return command.invoke(context)


def _widen() -> None:
    """Let help be as wide as tables are where there is no terminal, which Typer takes for one of 80 columns."""
    width = tables.width()
    if width is not None:
        os.environ.setdefault("TERMINAL_WIDTH", str(width))


def _explained(error: Exception, arguments: Sequence[str]) -> tuple[str, int] | None:
    """Return the sentence and the status for an error that says what to do; None for any other: a bug."""
    if isinstance(error, OSError) and is_full(error) and not isinstance(error, FullDiskError):
        return "standard output takes no more, its disk is full: make room, or redirect it elsewhere.", WRONG_INPUT
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}." if error.filename else str(error), WRONG_INPUT
    if _is_usage(error):
        return _usage(error, arguments), WRONG_INPUT
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


def _usage(error: Any, arguments: Sequence[str]) -> str:
    """Say what is wrong with the command line; an old spelling is answered with the new one."""
    context = getattr(error, "ctx", None)
    where = f"; see {context.command_path} --help." if context else ""
    return (_outdated(error, context, arguments) or error.format_message().rstrip(".")) + where


def _outdated(error: Any, context: Any, arguments: Sequence[str]) -> str:
    """Name the new spelling of an option or a verb, where an old one was given."""
    if context is None:
        return ""
    option = getattr(error, "option_name", None)
    if option:
        new = renamed.option(context.command.name or "", option)
        return f"{option} is now {new}" if new else ""
    first = arguments[0] if context.parent is None and arguments else ""
    new = renamed.verb(first)
    return f"cxsim {first} is now cxsim {new}" if new else ""


def _say(sentence: str, code: int) -> int:
    tables.remark(sentence)
    return code
