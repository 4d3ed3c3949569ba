"""What a study will take, before it is begun: runs, time, memory and disk."""

from __future__ import annotations

from dataclasses import dataclass

from sim.model.clock import HOUR_SECONDS, MINUTE_SECONDS


@dataclass(frozen=True)
class Forecast:
    """What a study will take.

    Parameters
    ----------
    runs : of all cells and replications, but those that this series has done.
    held : those that the store knows already.
    seconds : of the others, on the workers there are, reckoned from like runs in the store or from rates of one
        machine: another may be twice as fast or slow.
    memory : bytes at once.
    disk : bytes that the store will grow by; 0 when there is none.
    engine, workers : that would be used.
    """

    runs: int
    held: int
    seconds: float
    memory: int
    disk: int
    engine: str
    workers: int

    def text(self) -> str:
        """Say it in a paragraph.

        >>> print(Forecast(40, 10, 95.0, 250_000_000, 90_000, "compiled", 2).text())
        40 runs, of which 10 are in the store; 30 are to be done on the compiled engine by 2 workers, in about
        1:35 min. That takes about 250.0 MB of memory, and 90.0 kB in the store.
        >>> print(Forecast(1, 0, 3.0, 250_000_000, 0, "readable", 1).text())
        1 run, to be done on the readable engine by 1 worker, in about 3 s. That takes about 250.0 MB of memory.
        >>> print(Forecast(40, 40, 0.0, 250_000_000, 0, "compiled", 2).text())
        40 runs, all of which are in the store: nothing is to be done.
        """
        if not self.runs:
            return "Nothing is left to be done."
        if self.held == self.runs:
            whose = "all of which are" if self.runs > 1 else "which is"
            return f"{_counted(self.runs, 'run')}, {whose} in the store: nothing is to be done."
        return (
            f"{_counted(self.runs, 'run')}, {self._share()}to be done on the {self.engine} engine by "
            f"{_counted(self.workers, 'worker')}, in about {_time(self.seconds)}. {self._room()}"
        )

    def _share(self) -> str:
        """Say how many of the runs are left."""
        left = self.runs - self.held
        if not self.held:
            return "all " if self.runs > 1 else ""
        return f"of which {self.held} {_are(self.held)} in the store; {left} {_are(left)} "

    def _room(self) -> str:
        """Say how much memory it takes, and room in the store if there is one."""
        from rich.filesize import decimal

        stored = f", and {decimal(self.disk)} in the store" if self.disk else ""
        return f"That takes about {decimal(self.memory)} of memory{stored}."


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole < MINUTE_SECONDS:
        return f"{max(1, whole)} s"
    if whole < HOUR_SECONDS:
        return f"{whole // MINUTE_SECONDS}:{whole % MINUTE_SECONDS:02d} min"
    return f"{whole // HOUR_SECONDS}:{whole % HOUR_SECONDS // MINUTE_SECONDS:02d} h"
