"""Which part of recovery pays?

When something went wrong, a company can put it right sooner, pay more, admit the mistake, come back to whom it failed,
not argue, let those decide who talk to the customer, and invite the silent to complain. Each alone and all together,
with and without inviting complaints (whatever is done for those who complain never reaches those who do not), and
compensation from nothing to three times today's, to see whether there is a best amount.

Writes a study's folder (summary.csv, replications.parquet, cohorts.parquet, manifest.json, charts/, answer.txt) and
prints the answer. ``--quick`` is a first look, not a result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import question

from sim import charts
from sim.outcomes import statistics
from sim.outcomes.measures import CATALOGUE

# isort: off
from sim.inputs.policies import (
    Admission, Belief, Bundle, Empowerment, FollowUp, InviteComplaints, Policy, Recovery, together,
)  # fmt: skip

# isort: on
from question import Asked, Question, Size, Studies, change, gain, row, verdict

from sim import Study
from sim.inputs.policies.policy import Base, Change

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Compensation(Policy):
    """Pay more, or less, for what went wrong, and change nothing else; only the money itself is charged.

    Parameters
    ----------
    times : compensation of issues over what it would be (1: as it is).
    """

    times: float = 1.0

    name: ClassVar[str] = "compensation"
    sentence: ClassVar[str] = "Compensation of issues is another than it was."

    def changes(self, base: Base) -> list[Change]:
        """Multiply the compensation of issues."""
        return [("compensation_level", "multiply", self.times)]

    def _setting(self) -> str:
        return f" x{self.times:g}"


MORE = 1.2
PARTS: dict[str, Policy] = {
    "speed": Recovery(compensation=1.0),
    f"compensation x{MORE:g}": Compensation(times=MORE),
    "admission": Admission(),
    "follow-up": FollowUp(),
    "no arguing": Belief(),
    "authority": Empowerment(),
    "inviting complaints": InviteComplaints(),
}
INVITING = "inviting complaints"
ALL, ALL_COMPLAINERS = "all together", "all but inviting"
DOSES = (0.0, 0.5, 1.5, 2.0, 3.0)
QUICK_DOSES = (0.0, 2.0)
SHOWN = ("repurchase_after_quick_recovery", "silent", "csat", "retention_12m", "compensation", "profit_a_year")
BOARD, COLUMNS = (13.0, 8.2), 3  # of the chart of many panels: inches, panels a row
REACHED = "reached"
"""Contrast: what all the other parts add once the silent are invited, less what they add without."""


# -- what is run -------------------------------------------------------------------------------------------------


def parts() -> dict[str, Bundle]:
    """Return each part of recovery alone, and together, by name."""
    alone = {name: Bundle((policy,), name) for name, policy in PARTS.items()}
    # Speed and more money are one policy, so that the two of them are charged for one programme.
    others = [Recovery(compensation=MORE), Admission(), FollowUp(), Belief(), Empowerment()]
    return alone | {
        ALL_COMPLAINERS: together(*others, title=ALL_COMPLAINERS),
        ALL: together(*others, InviteComplaints(), title=ALL),
    }


def doses(asked: Asked) -> list[Compensation]:
    """Return compensation at every level that is neither today's nor among the parts."""
    return [Compensation(times=times) for times in (QUICK_DOSES if asked.quick else DOSES)]


def run_parts(asked: Asked) -> Study:
    """Run the parts and the doses against the company as it is."""
    return asked.compare(asked.scenario, [*parts().values(), *doses(asked)])


def run_following(asked: Asked) -> Study:
    """Run all parts together, and the quickest, where the number of agents follows the load."""
    return asked.compare(asked.following(), [parts()["speed"], parts()[ALL]])


# -- the answer in words -----------------------------------------------------------------------------------------


def answer(asked: Asked, studies: Studies) -> str:
    """Return the paragraph that a planner reads first; every number with its 95 % interval."""
    study = studies["parts"]
    frame = question.differences(study)
    sentences = [_sorted_parts(frame), _together(frame), _silent(frame, study), _quick(frame), _dose(study)]
    note = "All intervals are 95 %, each by itself; what is called clear allows for comparing all parts (Holm)"
    text = " ".join([*sentences, f"{note}. From {question.length(asked)}."])
    return "\n\n".join([text, _following(studies["following"])] if "following" in studies else [text])


def _sorted_parts(frame: pd.DataFrame) -> str:
    """Say which parts pay by themselves, which lose, and which show nothing, with Holm's correction."""
    rows = [row(frame, name, "profit_a_year") for name in PARTS]
    rows.sort(key=lambda found: -found["mean_difference"])
    groups = {
        "Alone, what raises profit a year is": [r for r in rows if _clear(r) and r["mean_difference"] > 0],
        "what lowers it is": [r for r in rows if _clear(r) and r["mean_difference"] < 0],
        "not clear, once all are compared, is the effect of": [r for r in rows if not _clear(r)],
    }
    said = [f"{what} {question.listed([_named(found) for found in group])}" for what, group in groups.items() if group]
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _clear(found: pd.Series) -> bool:
    return bool(found["p_holm"] < 1 - statistics.DEFAULT_LEVEL)


def _named(found: pd.Series) -> str:
    return f"{found['policy']} {gain(found, 'profit_a_year')}"


def _together(frame: pd.DataFrame) -> str:
    profit, stay = row(frame, ALL, "profit_a_year"), row(frame, ALL, "retention_12m")
    return (
        f"All of them together {verdict(profit, ('raise it by', 'lower it by', 'do not clearly change it:'))} "
        f"{gain(profit, 'profit_a_year')}, with retention {change(stay, 'retention_12m')}."
    )


def reached(study: Study) -> pd.DataFrame:
    """Return by how much the other parts are worth more once the silent are invited: a frame of contrasts."""
    scenario = str(study.replications["scenario"].iloc[0])
    weights = {ALL: 1.0, INVITING: -1.0, ALL_COMPLAINERS: -1.0, study.baseline: 1.0}
    cells = {(scenario, policy): weight for policy, weight in weights.items()}
    return statistics.contrasts(study.replications, {REACHED: cells})


def _silent(frame: pd.DataFrame, study: Study) -> str:
    before, after = row(frame, INVITING, "silent"), row(frame, ALL_COMPLAINERS, "silent")
    more = row(reached(study), REACHED, "profit_a_year")
    worth = verdict(more, ("worth more", "worth less", "not clearly worth more or less"))
    return (
        f"Of those who suffer an issue {question.amount(after['mean_baseline'], 'share')} never complain, and what is "
        f"done for complainers does not reach them ({gain(after, 'silent')} under all but inviting); inviting them "
        f"changes that from {change(before, 'silent')}, and the other parts are then {worth}: "
        f"{gain(more, 'profit_a_year')} a year."
    )


def _quick(frame: pd.DataFrame) -> str:
    name = "repurchase_after_quick_recovery"
    return (
        f"Of customers recovered quickly {question.amount(row(frame, ALL, name)['mean_baseline'], 'share')} stay; "
        f"that share changes by {gain(row(frame, 'speed', name), name)} with speed, by which others too are "
        f"recovered quickly, and by {gain(row(frame, ALL, name), name)} with all."
    )


def dose_names(study: Study) -> dict[str, str]:
    """Return the levels of compensation that were run, from nothing up, with their texts; today's is the baseline."""
    known = set(study.replications["policy"])
    named = {Compensation(times=times).label: times for times in DOSES}
    found = {name: times for name, times in named.items() if name in known}
    found |= {study.baseline: 1.0, f"compensation x{MORE:g}": MORE}
    return {name: f"x{times:g}" for name, times in sorted(found.items(), key=lambda item: item[1])}


def _best_dose(study: Study) -> tuple[str, list[str]]:
    """Return the best level of compensation on the mean, and those that cannot be told from it."""
    return question.inseparable(study, among=list(dose_names(study)))


def _dose(study: Study) -> str:
    texts = dose_names(study)
    best, same = _best_dose(study)
    order = list(texts)
    inside = "inside the range that was tried" if best not in (order[0], order[-1]) else "at the end of the range"
    tied = (
        f", not separable from {question.listed([texts[name] for name in same])}" if same else ", clear of all others"
    )
    compared = question.differences(study)
    ends = [
        f"{texts[name]}: {gain(row(compared, name, 'profit_a_year'), 'profit_a_year')} a year with retention "
        f"{gain(row(compared, name, 'retention_12m'), 'retention_12m')}"
        for name in (order[0], order[-1])
    ]
    return (
        f"Of the amounts of compensation {question.listed(list(texts.values()))} the best on the mean is "
        f"{texts[best]}, {inside}{tied} ({question.listed(ends)})."
    )


def _following(study: Study) -> str:
    frame = question.differences(study)
    said = [f"{name} {gain(row(frame, name, 'profit_a_year'), 'profit_a_year')}" for name in ("speed", ALL)]
    return f"Where staffing follows the load, profit a year changes by: {question.listed(said)}."


# -- the charts --------------------------------------------------------------------------------------------------


def draw(asked: Asked, studies: Studies) -> Iterator[tuple[str, Figure]]:
    """Give the charts of the deck from the study's frames."""
    study, source = studies["parts"], question.source(asked)
    frame, about = question.differences(study), CATALOGUE["profit_a_year"]
    names = [
        *sorted(PARTS, key=lambda name: -row(frame, name, "profit_a_year")["mean_difference"]),
        ALL_COMPLAINERS,
        ALL,
    ]
    figure, ax = charts.canvas()
    table = question.lines(frame, {name: name for name in names}, "profit_a_year")
    charts.effects(table, ax, about=about, against="as it is", title=_parts_title(frame), source=source)
    yield "1-parts", figure
    figure = charts.blank(BOARD)
    texts = {study.baseline: "as it is"} | {name: name for name in names}
    charts.paired_dots(
        frame, figure, measures=SHOWN, levels=texts, labels=CATALOGUE, columns=COLUMNS, title=_board_title(frame),
        source=source,
    )  # fmt: skip
    yield "2-what-parts-do", figure
    figure, ax = charts.canvas()
    charts.profit_by_level(
        frame, ax, measure="profit_a_year", levels=dose_names(study), labels=CATALOGUE,
        axis="compensation of issues, times what it is", title=_dose_title(study), source=source,
    )  # fmt: skip
    yield "3-compensation", figure
    figure, ax = charts.canvas()
    charts.effect_bridge(
        frame, ax, policy=ALL, name="as it is", labels=CATALOGUE, title=_bridge_title(frame), source=source
    )
    yield "4-all-together", figure


def _parts_title(frame: pd.DataFrame) -> str:
    paying = [name for name in PARTS if _pays(frame, name)]
    if not paying:
        return "No part of recovery clearly pays by itself"
    return f"By themselves {len(paying)} of {len(PARTS)} parts of recovery clearly pay: {question.listed(paying)}"


def _pays(frame: pd.DataFrame, name: str) -> bool:
    found = row(frame, name, "profit_a_year")
    return _clear(found) and found["mean_difference"] > 0


def _board_title(frame: pd.DataFrame) -> str:
    words = ("more customers stay", "fewer customers stay", "about as many customers stay")
    return f"With every part of recovery together {verdict(row(frame, ALL, 'retention_12m'), words)}"


def _dose_title(study: Study) -> str:
    texts = dose_names(study)
    best, same = _best_dose(study)
    clearly = "clearly earns most" if not same else "earns most on the mean, though not clearly,"
    return f"Compensation of {texts[best].removeprefix('x')} times today's {clearly} of the amounts tried"


def _bridge_title(frame: pd.DataFrame) -> str:
    words = ("earns more", "earns less", "earns about the same")
    return f"With every part of recovery together the company {verdict(row(frame, ALL, 'profit'), words)}"


QUESTION = Question(
    name="recovery",
    text=__doc__,
    studies={"parts": run_parts, "following": run_following},
    answer=answer,
    draw=draw,
    size=Size(replications=16, years=3),
    quick=Size(replications=3, years=1),
)

if __name__ == "__main__":
    sys.exit(QUESTION.main())
