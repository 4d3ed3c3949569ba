"""Probing the reference customer: the figures that went into the model must come back out of its own steps.

A probe builds a small market of reference customers (reference goodwill, habit and expectation, mean
disposition, the mean gap between purchases, nobody to talk to) and puts each of them through one reference
experience, by the very steps of a run and with real draws. What comes out is set beside the figure that the
scenario's parameters state, with a 95 % interval. A population differs from its reference customer.

Policies of the scenario are left out: they move what people live through, never the yardstick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import scipy

import sim.model.columns as t
import sim.model.state as s
from sim.engines.start import build, empty_calendar
from sim.inputs import evidence
from sim.inputs.scenario import Scenario
from sim.model.clock import DAY, YEAR_DAYS
from sim.model.reference import reference_quality
from sim.model.steps.calendar import moments_of
from sim.model.steps.cases import open_case, take_in
from sim.model.steps.market import consider, moment
from sim.model.steps.referral import spread
from sim.model.steps.standing import leave, left_after_case
from sim.outcomes.statistics import DEFAULT_LEVEL, mean_interval

Severity = Literal["minor", "major"]
Grade = Literal["silent", "unresolved", "resolved", "quick"]
KINDS: dict[str, int] = {"minor": s.MINOR_CASE, "major": s.MAJOR_CASE}
GRADES: dict[str, int] = dict(zip(get_args(Grade), (s.SILENT, s.UNRESOLVED, s.RESOLVED, s.QUICK), strict=True))
SHARES = {"minor": t.REPURCHASE_MINOR_SILENT, "major": t.REPURCHASE_MAJOR_SILENT}
PEOPLE = 10_000
"""Reference customers a probe asks, unless told otherwise."""
NEUTRAL = 0.5
"""Goodwill of somebody who thinks neither well nor ill of the company: what opinions fade to."""


@dataclass(frozen=True)
class Probe:
    """One probed figure.

    Attributes
    ----------
    name : what was probed.
    stated : the figure that the scenario's parameters or reading state.
    found : what the reference customers did: a share, or a mean number of people.
    n : customers (or tellers) behind it.
    low, high : 95 % interval of ``found`` (Wilson for a share, t for a mean).
    count : how many of the n, for a share; None for a mean.
    """

    name: str
    stated: float
    found: float
    n: int
    low: float
    high: float
    count: int | None = None

    @property
    def reproduced(self) -> bool:
        """Whether the stated figure lies in the interval."""
        return self.low <= self.stated <= self.high


def repurchase(scenario: Scenario, kind: Severity, grade: Grade, n: int = PEOPLE, replication: int = 0) -> Probe:
    """Share of reference customers who stay after an issue that ended in one of the four reference ways.

    Parameters
    ----------
    kind : "minor" or "major". grade : "silent" (nothing said), "unresolved", "resolved" or "quick".
    n : customers asked. replication : which set of draws.

    Raises
    ------
    ValueError : kind or grade is unknown.

    Source: TARP 1979 by way of the parameters ``repurchase_<kind>_<grade>``.
    """
    _known("kind", kind, KINDS)
    _known("grade", grade, GRADES)
    state, params = _market(scenario, n, replication)
    for person in range(n):
        quality = reference_quality(params, KINDS[kind], GRADES[grade], state.status[s.SEGMENT, person])
        open_case(state, params, person, KINDS[kind], s.AMBIENT, 0)
        take_in(state, params, state.status[s.CASE, person], GRADES[grade], quality, 0)
    row = SHARES[kind] + GRADES[grade]
    stayed = state.company_i[s.CUSTOMERS_NOW]
    return _share(f"stay: {kind}, {grade}", float(np.mean(_by_person(state, params, row))), stayed, n)


def anchors(scenario: Scenario, n: int = PEOPLE) -> pd.DataFrame:
    """Probe all eight anchors of the loyalty curves; see :func:`frame` for the columns."""
    return frame([repurchase(scenario, kind, grade, n) for kind in KINDS for grade in GRADES])  # type: ignore[arg-type]


def avoiding(scenario: Scenario, years: float = 2.0, n: int = PEOPLE, replication: int = 0) -> Probe:
    """Share of those who left with a grievance who still avoid the company after so many years.

    Everybody leaves on the first day, and the days' moments are lived through to the last: who forgives is
    counted out. The stated share is exp(-years / avoid_mean); the 0.39 at two years behind it is read from
    claims about remembered experiences.
    """
    last = round(years * YEAR_DAYS)
    state, params = _market(scenario, n, replication, years=(last + 1) / YEAR_DAYS)
    for person in range(n):
        left_after_case(state, params, person, 0, True)
    for day in range(last + 1):
        for person in moments_of(state, day):
            if state.status[s.STANDING, person] == s.AVOIDING:
                moment(state, params, person, day * DAY)
    stated = float(np.mean(np.exp(-years / _by_person(state, params, t.AVOID_MEAN))))
    return _share(f"avoid: {years:g} years", stated, state.company_i[s.AVOIDING_NOW], n)


def tells(scenario: Scenario, n: int = PEOPLE, replication: int = 0) -> tuple[Probe, Probe]:
    """Mean number of people told by one who tells, of good and of bad, in the scenario's reading."""
    found = evidence.readings().find(scenario.reading)
    return (
        _told(scenario, True, found.good.mean, n, replication),
        _told(scenario, False, found.bad.mean, n, replication),
    )


def telling_many(scenario: Scenario, above: int, n: int = PEOPLE, replication: int = 0) -> Probe:
    """Share of those who tell of bad service that tell more than so many people.

    The stated share is that of the reading, NaN when it publishes none for this number.
    """
    bad = evidence.readings().find(scenario.reading).bad
    stated = bad.tail_share if bad.tail_above == above and bad.tail_share is not None else np.nan
    many = int(np.sum(np.asarray(_told_by(scenario, False, n, replication)) > above))
    return _share(f"told: bad, more than {above}", stated, many, n)


def remembering(scenario: Scenario, years: float = 2.0, n: int = PEOPLE, replication: int = 0) -> Probe:
    """Share of a good opinion that former customers have left after so many years without the company.

    They look at the company again then, and their goodwill has faded by what the step makes of it; who joins at
    once has new experiences and is left out. Stated is exp(-years / goodwill_memory).
    """
    day = round(years * YEAR_DAYS)
    state, params = _market(scenario, n, replication, years=(day + 1) / YEAR_DAYS)
    left = []
    for person in range(n):
        leave(state, params, person, 0, False)
        before = state.person[s.GOODWILL, person]
        consider(state, params, person, day * DAY)
        if state.status[s.STANDING, person] == s.PROSPECT:
            left.append((state.person[s.GOODWILL, person] - NEUTRAL) / (before - NEUTRAL))
    stated = float(np.mean(np.exp(-years / _by_person(state, params, t.GOODWILL_MEMORY))))
    mean = mean_interval(left)
    return Probe(f"remember good: {years:g} years", stated, mean.mean, len(left), mean.low, mean.high)


def _told(scenario: Scenario, good: bool, stated: float, n: int, replication: int) -> Probe:
    mean = mean_interval(_told_by(scenario, good, n, replication))
    return Probe(f"told: {'good' if good else 'bad'}", stated, mean.mean, n, mean.low, mean.high)


def _told_by(scenario: Scenario, good: bool, n: int, replication: int) -> list[int]:
    """How many people each of n tellers tells."""
    state, params = _market(scenario, n, replication)
    row = s.TOLD_GOOD if good else s.TOLD_BAD
    counts = []
    for teller in range(n):
        before = state.board[row, 0]
        spread(state, params, teller, 0, good, 0)
        counts.append(state.board[row, 0] - before)
    return counts


def frame(probes: list[Probe]) -> pd.DataFrame:
    """Set probes in a table: columns name, stated, found, count, n, low, high, reproduced."""
    rows = [(p.name, p.stated, p.found, p.count, p.n, p.low, p.high, p.reproduced) for p in probes]
    columns = ["name", "stated", "found", "count", "n", "low", "high", "reproduced"]
    return pd.DataFrame(rows, columns=columns).astype({"count": "Int64"})


def probe(scenario: Scenario, n: int = PEOPLE) -> pd.DataFrame:
    """Probe all that went in: eight anchors, avoiding at two years, people told; columns as in `frame`."""
    others = frame([avoiding(scenario, n=n), *tells(scenario, n)])
    return pd.concat([anchors(scenario, n), others], ignore_index=True)


# -- the market that is probed -------------------------------------------------------------------------------


def _market(scenario: Scenario, n: int, replication: int, years: float = 1.0) -> tuple[s.State, Any]:
    """Build n reference customers on the first day, who know nobody and hear nothing in an episode."""
    alone = {"market_size": n, "degree_mean": 0.0, "word_of_mouth": 0.0, "retell": 0.0}
    small = scenario.change(policies=(), years=max(years, 1.0), warm_up=0.0, fresh=True).override(**alone)
    resolved = small.resolve()
    params = resolved.phases[0][1]
    state = build(resolved, replication)
    _make_reference(state, params)
    empty_calendar(state)
    return s.views(state), params.data


def _make_reference(state: s.State, params: np.ndarray) -> None:
    """Give everybody the scores, disposition and planned gap of their segment's reference customer."""
    segment = state.status[s.SEGMENT]
    for field, row in (
        (s.GOODWILL, t.REFERENCE_GOODWILL),
        (s.HABIT, t.REFERENCE_HABIT),
        (s.EXPECT_PURCHASE, t.REFERENCE_EXPECTATION),
        (s.EXPECT_ENQUIRY, t.REFERENCE_EXPECTATION),
        (s.EXPECT_RECOVERY, t.REFERENCE_EXPECTATION),
    ):
        state.person[field] = params[row, segment]
    alpha, beta = params[t.DISPOSITION_ALPHA, segment], params[t.DISPOSITION_BETA, segment]
    state.person[s.DISPOSITION] = alpha / (alpha + beta)
    state.status[s.MOMENT] = 1
    state.status[s.LAST_DAY] = 0
    state.status[s.PLANNED_DAY] = np.rint(params[t.PURCHASE_GAP_MEAN, segment])


def _by_person(state: s.State, params: Any, row: int) -> np.ndarray:
    return np.asarray(params)[row, np.asarray(state.status)[s.SEGMENT]]


def _share(name: str, stated: float, count: int, n: int) -> Probe:
    if n == 0:
        return Probe(name, stated, np.nan, 0, np.nan, np.nan, 0)
    interval = scipy.stats.binomtest(count, n).proportion_ci(DEFAULT_LEVEL, method="wilson")
    return Probe(name, stated, count / n, n, float(interval.low), float(interval.high), count)


def _known(what: str, given: str, known: dict[str, int]) -> None:
    if given not in known:
        raise ValueError(f"probe: there is no {what} {given!r}; give one of {', '.join(known)}.")
