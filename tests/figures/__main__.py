"""Write the figures of the README and the manual: ``python -m tests.figures [--run NAME ...] [--check]``.

Without options, each block of a page between ``<!-- figures: NAME -->`` and ``<!-- end -->`` is written from its
template in tests/figures/templates and the results in tests/figures/saved. ``--run`` first repeats the studies behind
these results and saves what the pages need of them; do so whenever the model has changed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.figures import pages, studies


def main() -> int:
    """Repeat studies if asked, then write or check the pages; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", nargs="+", default=[], choices=sorted(studies.STUDIES), help="repeat these studies")
    parser.add_argument("--out", type=Path, default=Path("studies"), help="folder of their own files (default studies)")
    parser.add_argument("--keep", action="store_true", help="take the studies from --out, do not repeat them")
    parser.add_argument("--check", action="store_true", help="write nothing; say what differs or is stale")
    given = parser.parse_args()
    for name in given.run:
        if not given.keep:
            studies.repeat(name, given.out)
        studies.keep(name, given.out)
    if given.check:
        problems = [*pages.differing(), *studies.stale()]
        sys.stdout.writelines(f"{problem}\n" for problem in problems)
        return 1 if problems else 0
    for page in pages.write():
        sys.stdout.write(f"{page} is written anew\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
