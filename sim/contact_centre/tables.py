"""Reading CSV files of a planner."""

import csv
from pathlib import Path

from sim.contact_centre.arguments import QueueError


def rows(name: str, path: Path, fix: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with its line number.

    Parameters
    ----------
    name : the argument that named the file; fix : what kind of file to give, for the error messages.
    """
    if not path.is_file():
        raise QueueError(f"{name}: there is no file {path}; give {fix}.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines)
            return [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise QueueError(f"{name}: {path} is not a CSV file in UTF-8 ({error}); give {fix}.") from error
