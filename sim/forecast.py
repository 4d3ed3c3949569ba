"""What a study will take, before it is begun: runs, time, memory and disk."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Forecast:
    """What a study will take.

    Parameters
    ----------
    runs : of all cells and replications.
    held : those that the store knows already.
    seconds : of the others, on the workers there are, reckoned from like runs in the store or from rates of one
        machine: another may be twice as fast or slow.
    memory : bytes at once.
    disk : bytes that the store will grow by.
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
        1:35 min. They need about 250.0 MB of memory, and 90.0 kB in the store.
        """
        from rich.filesize import decimal

        known = f", of which {self.held} are in the store; {self.runs - self.held} are" if self.held else ", all"
        hands = f"{self.workers} worker{'' if self.workers == 1 else 's'}"
        return (
            f"{self.runs} runs{known} to be done on the {self.engine} engine by {hands}, in about "
            f"{_time(self.seconds)}. They need about {decimal(self.memory)} of memory, and {decimal(self.disk)} in the "
            "store."
        )


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole < MINUTE:
        return f"{max(1, whole)} s"
    if whole < HOUR:
        return f"{whole // MINUTE}:{whole % MINUTE:02d} min"
    return f"{whole // HOUR}:{whole % HOUR // MINUTE:02d} h"
