"""A choice in plain words: the paragraphs that a planner reads first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.outcomes.measures import Measure, named
from sim.studies.choose.feasibility import BROKEN, KEPT, UNCLEAR
from sim.studies.choose.pareto import DOMINATED, FRONTIER, SURE, UNSURE
from sim.studies.choose.selection import DECIDED, NONE_KEEPS, STOPPED, SUBSET
from sim.wording import MONEY, PER_CENT, SHARES, capital, change, counted, listed, lower, number, span

if TYPE_CHECKING:
    import pandas as pd


CLEARLY_MORE = 0.01
"""By how much more probable another policy has to be the best to be named: more than the error of the draws."""
NAMED = 6
"""How many policies a sentence names."""


def headline(choice: Any) -> str:
    """Say in a sentence what to choose, what it changes, and whether that is decided."""
    row, about, many = choice.row(choice.chosen), choice.about, len(choice.sheet)
    if row is None:
        return f"None of the {many} policies keeps the constraints"
    name, what = capital(str(choice.chosen)), lower(about.label)
    if row["policy"] == choice.baseline:
        brings = f"its mean is {size(row['mean'], about)}"
    else:
        ends = (row["ci_low_simultaneous"], row["ci_high_simultaneous"])
        brings = f"it {change('that', row['mean_difference'], *ends, about.unit)}"
    if choice.guaranteed:
        return f"{name} is the best of {many} policies by {what}: {brings}"
    return f"{name} comes first of {many} policies by {what}, not decided: {brings}"


def text(choice: Any) -> str:
    """Return the answer: the choice, what it rests on, what it brings, what more runs would buy, and the frontier."""
    first = " ".join(part for part in (_answer(choice), _kept(choice)) if part)
    second = " ".join(part for part in (_effect(choice), _belief(choice), _money(choice)) if part)
    paragraphs = [first, second, _more(choice), *_frontier(choice), _basis(choice)]
    return "\n\n".join(part for part in paragraphs if part)


def size(value: float, about: Measure, sign: str = "") -> str:
    """Write an amount of a measure with its unit; a share without sign is one of points."""
    told = number(value, about.unit, "+")
    told = told if sign else told.removeprefix("+")
    return told if about.unit in (*SHARES, *MONEY, "") else f"{told} {about.unit}"


def _answer(choice: Any) -> str:
    terms, outcome, about = choice.terms, choice.outcome, choice.about
    what = f"the {'lowest' if terms.sign < 0 else 'highest'} {lower(about.label)}"
    sure = f"{terms.confidence * PER_CENT:g} %"
    many = len(outcome.figures.labels)
    if outcome.why == NONE_KEEPS:
        return f"None of the {many} policies keeps the constraints, so none is chosen."
    same = f" (and {_named(outcome.tied)}, which never differs from it)" if outcome.tied else ""
    if outcome.why == DECIDED:
        return (
            f"Choose {outcome.chosen}{same}: of {many} policies{_feasible(choice)} it has {what}, with a probability "
            f"of correct selection of {sure} if the best is better than the others by {_zone(choice)} or more."
        )
    others = [label for label in outcome.left if label != outcome.chosen]
    if outcome.why == SUBSET:
        return _subset(choice, what, sure, others)
    end = "it was stopped" if outcome.why == STOPPED else f"the ceiling of {terms.most} replications was reached"
    return f"Not decided: {end} before the probability of {sure} was. {outcome.chosen} comes first by its mean" + (
        f"; still in the running: {_named(others)}." if others else ", but does not clearly keep the constraints."
    )


def _subset(choice: Any, what: str, sure: str, others: list[str]) -> str:
    if not others:
        return f"{choice.outcome.chosen} alone is left: with a probability of {sure} it has {what}."
    return (
        f"The policy with {what} is among these with a probability of {sure}: "
        f"{_named([choice.outcome.chosen, *others])}. {choice.outcome.chosen} comes first by its mean, which is no "
        "choice with a guarantee."
    )


def _zone(choice: Any) -> str:
    return size(float(choice.terms.indifference or np.nan), choice.about)


def _feasible(choice: Any) -> str:
    return " that keep the constraints" if choice.terms.constraints else ""


def _kept(choice: Any) -> str:
    """Say who breaks the constraints, and of whom it is not clear."""
    terms, outcome = choice.terms, choice.outcome
    if not terms.constraints:
        return ""
    conditions = " and ".join(one.told for one in terms.constraints)
    by = {word: [name for name, told in outcome.words.items() if told == word] for word in (KEPT, UNCLEAR, BROKEN)}
    told = [
        f"{names} {_named(by[word])}"
        for word, names in ((KEPT, "kept by"), (BROKEN, "clearly broken by"), (UNCLEAR, "not clear of"))
        if by[word]
    ]
    if len(by[KEPT]) == len(outcome.words):
        return f"All keep the constraints ({conditions})."
    risk = ""
    if outcome.chosen in by[UNCLEAR]:
        risk = f" {outcome.chosen} itself may break it: run more replications before relying on it."
    return f"Constraints ({conditions}): {'; '.join(told)}.{risk}"


def _effect(choice: Any) -> str:
    row, about = choice.row(choice.outcome.chosen), choice.about
    if row is None:
        return ""
    base = choice.baseline
    if row["policy"] == base:
        return f"That is the company as it is ({number(row['mean'], about.unit)})."
    interval = span(row["ci_low_simultaneous"], row["ci_high_simultaneous"], about.unit, "+")
    count = int(row["comparisons"])
    family = f"holding for all {count} policies together (Bonferroni)" if count > 1 else "of the paired difference"
    return (
        f"It changes {lower(about.label)} by {size(row['mean_difference'], about, '+')} ({interval}, {family}) from "
        f"{base}'s {number(row['mean'] - row['mean_difference'], about.unit)}."
    )


def _belief(choice: Any) -> str:
    row = choice.row(choice.outcome.chosen)
    if row is None:
        return ""
    likeliest = choice.sheet.loc[choice.sheet["p_best"].idxmax()]
    told = (
        f"After what was seen it is the best with a probability of {chance(row['p_best'])}, and choosing it gives away "
        f"{size(row['regret'], choice.about)} on expectation."
    )
    if not likeliest["p_best"] > row["p_best"] + CLEARLY_MORE:
        return told
    return (
        f"{told} {likeliest['policy']} is likelier to be the best now ({chance(likeliest['p_best'])}): the two are too "
        "close for the zone that was given."
    )


def _money(choice: Any) -> str:
    row = choice.row(choice.outcome.chosen)
    if row is None or row["policy"] == choice.baseline or np.isnan(row["own_costs"]):
        return ""
    if np.isnan(row["roi"]):
        return "It has no clear costs of its own (launch and running), so there is no return on investment to state."
    over = f"over {counted(choice.manifest['years'], 'year')}" if "years" in choice.manifest else "over the years run"
    interval = span(row["ci_low_roi"], row["ci_high_roi"], "share", "+")
    return (
        f"Its return on what it costs itself (launch and running, {number(row['own_costs'], 'money')} {over}) is "
        f"{row['roi'] * PER_CENT:+,.0f} % ({interval}), above zero with a probability of {chance(row['p_roi'])}."
    )


def _more(choice: Any) -> str:
    more, about = choice.more, choice.about
    if np.isnan(more.worth):
        return ""
    worth = f"One more replication of every policy is worth {size(more.worth, about)} of {lower(about.label)}"
    if not more.rival:
        return f"{worth}."
    return (
        f"{worth} on expectation, by choosing better; it narrows the interval of the lead on {more.rival} "
        f"({size(more.lead * choice.terms.sign, about, '+')}) from ±{size(more.half_width, about)} to "
        f"±{size(more.then, about)}."
    )


def _frontier(choice: Any) -> list[str]:
    frame = choice.pareto
    if frame is None:
        return []
    rows = frame.drop_duplicates("policy")
    names = {word: rows[rows["standing"] == word]["policy"].tolist() for word in (SURE, FRONTIER, UNSURE, DOMINATED)}
    goals = _named(
        [f"{'lower' if g.sign < 0 else 'higher'} {lower(named(g.measure).label)}" for g in choice.terms.pareto]
    )
    on = [*names[SURE], *names[FRONTIER]]
    told = [f"On the frontier of {goals}: {_named(on)}" + (f" (clearly: {_named(names[SURE])})" if names[SURE] else "")]
    if names[DOMINATED]:
        told.append(f"Clearly dominated: {_pairs(rows, DOMINATED)}")
    if names[UNSURE]:
        told.append(f"Dominated by the means, not clearly: {_pairs(rows, UNSURE)}")
    return [". ".join(told) + "."]


def _pairs(rows: pd.DataFrame, standing: str) -> str:
    chosen = rows[rows["standing"] == standing]
    return _named([f"{row['policy']} (by {row['dominated_by']})" for _, row in chosen.iterrows()])


def _basis(choice: Any) -> str:
    """Say what was run, and which procedures the words rest on."""
    outcome, terms = choice.outcome, choice.terms
    counts = outcome.figures.counts
    runs = f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"
    screening = "screening of Nelson, Swann, Goldsman and Song" if terms.subset else "procedure KN of Kim and Nelson"
    return (
        f"{runs} paired replications of each policy ({counts.sum()} runs), {screening} with a first stage of "
        f"{terms.first}; probabilities from the t posterior of the paired differences."
    )


def chance(probability: float) -> str:
    """Write a probability; nothing is certain after finitely many replications.

    >>> chance(0.999), chance(0.5), chance(0.0001)
    ('more than 99 %', '50 %', 'less than 1 %')
    """
    percent = probability * PER_CENT
    if np.isnan(probability):
        return "–"
    if percent > PER_CENT - 1:
        return f"more than {PER_CENT - 1} %"
    return "less than 1 %" if percent < 1 else f"{percent:.0f} %"


def _named(names: Sequence[str]) -> str:
    """Name policies, not all of many."""
    return listed(list(names), most=NAMED) if names else "none"
