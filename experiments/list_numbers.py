"""Which numbers stand in the five documents, and does each have a claim?

Rebuilds sim/inputs/evidence/numbers.csv from the documents in $CXSIM_DATA/seeds: document, number, position, claim.
Numbers that are already listed keep their claim; a new one is written without, and the script then says so
and fails, because a number that no claim accounts for is a number that nobody has thought about.

    CXSIM_DATA=... python experiments/list_numbers.py
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

from sim import evidence
from sim.inputs.evidence.numerals import Number, scan_folder

LIST = Path(__file__).parents[1] / "sim" / "inputs" / "evidence" / "numbers.csv"
COLUMNS = ("document", "number", "position", "claim")


def data_folder() -> Path:
    """Return the folder of the documents, or stop with a word on how to name it."""
    root = os.environ.get("CXSIM_DATA")
    if not root:
        sys.exit("CXSIM_DATA is not set. Fix: let it name the folder that holds seeds/.")
    return Path(root) / "seeds"


def listed_claims() -> dict[tuple[str, str], str]:
    """Return (document, position) -> claim of the list as it is; empty when there is none yet."""
    if not LIST.exists():
        return {}
    with LIST.open(encoding="utf-8", newline="") as stream:
        return {(row["document"], row["position"]): row["claim"] for row in csv.DictReader(stream)}


def write(found: list[Number], claims: dict[tuple[str, str], str]) -> list[Number]:
    """Write the list and return the numbers that have no claim."""
    with LIST.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number in found:
            claim = claims.get((number.document, number.position), "")
            writer.writerow((number.document, f"{number.value:g}", number.position, claim))
    return [number for number in found if not claims.get((number.document, number.position))]


def main() -> None:
    """Rebuild the list, and fail when a number has no claim."""
    found = scan_folder(data_folder(), evidence.documents())
    missing = write(found, listed_claims())
    print(f"{len(found)} numbers listed in {LIST.name}.")
    if missing:
        places = "\n".join(f"  {number.document} {number.position}: {number.value:g}" for number in missing)
        sys.exit(f"{len(missing)} numbers have no claim:\n{places}\nFix: write a claim id in the last column.")


if __name__ == "__main__":
    main()
