"""What an overlay is: the projection with what really happened on it, in frames, in words and in files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.company.overlay import words
from sim.outcomes.results import OVERLAY, OVERLAY_MANIFEST, OVERLAY_PERIODS, OVERLAY_TEXT
from sim.outcomes.saved import check_files, write_together


@dataclass(frozen=True, eq=False, repr=False)
class Overlay:
    """What really happened, laid over what a study has projected.

    Attributes
    ----------
    frame : a row a measure and period of the projection, whether something is known of it or not: measure, by ("month"
        or "year"), place (from 0), period ("2026-03", "year 1"), n (replications in which it is defined), mean with
        ci_low and ci_high (Student's t), low_50, high_50, low_80, high_80 and band_low, band_high (between which a next
        replication lies with probability 50 %, 80 % and the level asked for: see `sim.company.overlay.bands`),
        mean_baseline (NaN when the policy is the baseline itself), actual, error (actual less mean), inside (whether
        it lies in the band; missing where there is no actual) and standing (share of the replications below it).
    table : a row a measure: measure, label, unit, by, periods (with an actual), inside (how many lie in the band),
        share_inside with inside_low, inside_high (Wilson's interval, which takes periods for independent: those of one
        company hang together, so it is rather too narrow), projected and actual (means over these periods), mean_error,
        by_chance (half-width of what chance alone makes of it), drift (of the error, unit of the measure a period),
        p_level, p_drift, p_scatter (probability that chance alone makes a company differ so much, corrected by Holm for
        all tests of all measures) and

        =========================  ============================================================================
        verdict                    when, at the level asked for
        =========================  ============================================================================
        runs above, runs below     the mean error differs more than chance
        differs more than chance   not the mean error, but its drift or its scatter does
        in line                    none of them does
        not judged                 there are fewer than three replications, or no period that all of them define
        =========================  ============================================================================
    remarks : how the actuals were read, where that is not plain; a sentence each.
    manifest : how it was made: the study's own manifest, the start, the policy, the level.
    """

    frame: pd.DataFrame
    table: pd.DataFrame
    remarks: tuple[str, ...]
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Overlay({', '.join(f'{row.measure}: {row.verdict}' for row in self.table.itertuples())})"

    def summary(self) -> str:
        """Say a sentence a measure, how actuals were read, and what the band and the verdicts mean."""
        sentences = [f"{words.sentence(row, self.manifest)}." for _, row in self.table.iterrows()]
        return "\n".join([*sentences, *self.remarks, *words.notes(self.table, self.manifest)])

    def save(self, folder: str | Path, overwrite: bool = False) -> Path:
        """Write overlay.csv (the table), overlay-periods.csv (the frame), overlay.txt and overlay.json into a folder.

        The folder is made if need be; it may be that of the study.

        Raises
        ------
        FileExistsError : when they are there already, unless ``overwrite`` is true.
        """
        table, frame = (each.to_csv(index=False, lineterminator="\n") for each in (self.table, self.frame))
        made = json.dumps(dict(self.manifest), indent=1, ensure_ascii=False) + "\n"
        texts = {OVERLAY: table, OVERLAY_PERIODS: frame, OVERLAY_TEXT: self.summary() + "\n", OVERLAY_MANIFEST: made}
        return write_together(folder, texts, overwrite)


def check_folder(folder: str | Path, overwrite: bool = False) -> Path:
    """Check that an overlay can be saved in ``folder``, before it is made; leave nothing behind.

    Raises
    ------
    FileExistsError, OSError : as `Overlay.save`.
    """
    return check_files(folder, (OVERLAY, OVERLAY_PERIODS, OVERLAY_TEXT, OVERLAY_MANIFEST), overwrite)
