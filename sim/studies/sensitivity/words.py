"""A result in a planner's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.outcomes import statistics
from sim.running.experiment import BASELINE
from sim.studies.sensitivity.design import culprits
from sim.studies.sensitivity.sobol import SMALL, base_rows
from sim.studies.sensitivity.tornado import MIDDLE, OPEN, PERHAPS, YES
from sim.wording import capital, counted, estimate, listed, lower, number, quantity, span

TOP = 15
"""Parameters that a chart shows."""
NAMED, IN_TITLE = 5, 3
"""How many parameters a sentence names, and a title."""
FEW = 8
ALPHA = 1 - statistics.DEFAULT_LEVEL
PROFITS = ("profit", "profit_a_year", "npv", "operating_profit")
"""Measures of which more than nothing is what a policy "pays"."""
NOISY = 0.1
"""A share of noise in the variance from which on more replications are advised."""


def subject(found: Any) -> str:
    """Name what is explained: "profit a year", or "the effect of empowerment 95% on profit a year"."""
    label, policy = lower(found.about.label), found.manifest["policy"]
    return label if policy is None else f"the effect of {policy} on {label}"


def headline(found: Any) -> str:
    """Say what decides most, of how many."""
    names, many = clear(found)[:IN_TITLE], counted(len(found.design.found), "parameter")
    what = _decided(found)
    if not names:
        return f"None of {many} clearly decides {what} within its range"
    text = f"{capital(what)} clearly depends on {listed(names)}, of {many}"
    turning = _named(found, YES)
    if found.manifest["policy"] is not None and turning:
        count = len(turning)
        text += f"; {count if count > 1 else 'one'} parameter{'s turn' if count > 1 else ' turns'} its sign"
    return text


def text(found: Any) -> str:
    """Say what decides, how sure that is, and what it rests on."""
    tell = {"tornado": _tornado, "morris": _morris, "sobol": _sobol}[found.manifest["method"]]
    return " ".join(sentence for sentence in [*tell(found), _impossible(found), basis(found)] if sentence)


def clear(found: Any) -> list[str]:
    """Return the parameters that clearly matter, the one that matters most first.

    Allowing for all comparisons (Holm); for Sobol, those whose ST has an interval above its noise and a twentieth.
    """
    frame = found.effects
    if found.manifest["method"] == "sobol":
        rows = frame[(frame["index"] == "ST") & (frame["ci_low"] > np.fmax(frame["noise"].fillna(0.0), SMALL))]
    else:
        rows = frame[frame["p_holm"] < ALPHA]
    return list(dict.fromkeys(rows.sort_values("rank", kind="stable")["parameter"]))


def basis(found: Any) -> str:
    """Say what it rests on."""
    about = found.manifest
    text = (
        f"{counted(len(found.design.found), 'parameter')} within their ranges, {about['points']:,} points, "
        f"{counted(about['finished'], 'replication')} of {counted(about['years'], 'year')} each under the same random "
        f"numbers, seed {about['seed']}."
    )
    return text + (" One replication has no interval." if about["finished"] == 1 else "")


def _decided(found: Any) -> str:
    """What is decided: whether a policy pays, what it changes, or a level."""
    policy, label = found.manifest["policy"], lower(found.about.label)
    if policy is None:
        return label
    return f"whether {policy} pays" if found.about.name in PROFITS else f"what {policy} does to {label}"


# One at a time


def _tornado(found: Any) -> list[str]:
    return [
        _in_the_middle(found),
        _longest(found),
        *_signs(found),
        _nothing(found),
        _same_way(found),
        _one_at_a_time(found),
    ]


def _in_the_middle(found: Any) -> str:
    middle = statistics.mean_interval(found.values.loc[MIDDLE])
    policy = found.manifest["policy"]
    sign = "" if policy is None else "+"
    what = estimate(middle.mean, middle.low, middle.high, found.about.unit, sign)
    label = lower(found.about.label)
    if policy is None:
        return f"What decides {label}? With the scenario's own numbers it is {what}."
    against = "no policy" if found.manifest["baseline"] == BASELINE else found.manifest["baseline"]
    return (
        f"What decides {_decided(found)}? With the scenario's own numbers it changes {label} by {what}, against "
        f"{against}."
    )


def _longest(found: Any) -> str:
    names = clear(found)
    if not names:
        return "No parameter clearly moves that within its range, allowing for all comparisons (Holm)."
    told = [_reach(found, name) for name in names[:NAMED]]
    text = f"Clearly, allowing for all comparisons (Holm), it depends on {listed(told)}"
    more = len(names) - len(told)
    text += f"; {more} more clearly move{'s' if more == 1 else ''} it too." if more else "."
    return text + _larger(found, names[: len(told)])


def _larger(found: Any, named: Sequence[str]) -> str:
    """Name parameters that are not clear, and yet move more on the mean than the last of those named."""
    frame = found.effects.drop_duplicates("parameter")
    last = frame[frame["parameter"].isin(list(named))]["rank"].max()
    hidden = [name for name in frame[frame["rank"] < last]["parameter"] if name not in clear(found)]
    return f" As large on the mean, but not clear: {listed(hidden, most=NAMED)}." if hidden else ""


def _reach(found: Any, name: str) -> str:
    """Say what becomes of it from end to end: "price (30 to 60: −2,000 to +9,000)"."""
    rows = found.effects[found.effects["parameter"] == name].set_index("end")
    settings = [quantity(value, rows["unit"].iloc[0]) for value in rows["setting"]]
    unit, sign = found.about.unit, "" if found.manifest["policy"] is None else "+"
    values = [number(value, unit, sign) for value in rows["mean"]]
    return f"{name} ({' to '.join(settings)}: {' to '.join(values)})"


def _named(found: Any, kind: str) -> list[str]:
    if not len(found.turns):
        return []
    return list(dict.fromkeys(found.turns[found.turns["turns"] == kind]["parameter"]))


def _signs(found: Any) -> list[str]:
    """Say which parameters turn the sign, which might, and that no other does."""
    if not found.values.to_numpy().any():
        return ["It changes nothing at all, anywhere."]
    certain, perhaps = _turning(found, YES), _turning(found, PERHAPS)
    if found.manifest["policy"] is None and not certain and not perhaps:
        return []
    sentences = [f"Its sign turns, clearly, within the range of {listed(certain, most=FEW)}."] if certain else []
    if perhaps:
        begin = "On the means only, it turns within that of" if certain else "On the means only, its sign turns in"
        sentences.append(f"{begin} {listed(perhaps, most=FEW)}.")
    if sentences:
        sentences.append("Where it turns is interpolated on a straight line between the points that were run.")
    return [*sentences, _others(found)]


def _turning(found: Any, kind: str) -> list[str]:
    rows = found.turns
    return [_turn(row) for _, row in rows[rows["turns"] == kind].iterrows()]


def _turn(row: pd.Series) -> str:
    """Say where: "price (at 41.2, 38.0 to 44.1)"."""
    where = f"at {quantity(row['break_even'], row['unit'])}"
    low, high = sorted((row["ci_low_break_even"], row["ci_high_break_even"]))
    if not np.isfinite(low):
        return f"{row['parameter']} ({where}, too unsure for an interval)"
    return f"{row['parameter']} ({where}; {quantity(low, row['unit'])} to {quantity(high, row['unit'])})"


def _others(found: Any) -> str:
    unsure = _named(found, OPEN)
    if len(unsure) == len(found.design.found):
        return "Its sign is not clear even with the scenario's own numbers, allowing for all comparisons (Holm)."
    turning = {*_named(found, YES), *_named(found, PERHAPS)}
    rest = len(found.design.found) - len(turning) - len(unsure)
    if found.manifest["finished"] == 1:
        return ""
    told = f"It cannot be told from zero at an end, or in the middle, of {listed(unsure, most=FEW)}." if unsure else ""
    sign = "above" if float(found.values.loc[MIDDLE].mean()) > 0 else "below"
    whose = f"the other {rest}" if turning or unsure else f"all {rest}"
    others = f"Within the ranges of {whose} it stays clearly {sign} zero." if rest else ""
    return " ".join(part for part in (told, others) if part)


def _nothing(found: Any) -> str:
    frame = found.effects
    names = frame[(frame["swing"] == 0.0) & frame["mean_difference"].notna()]["parameter"].unique()
    count = len(names)
    if not count:
        return ""
    return (
        f"{count} parameter{'s change' if count > 1 else ' changes'} nothing at all: {listed(list(names), most=NAMED)}."
    )


def _same_way(found: Any) -> str:
    """Name the parameters of which both ends move it the same way, on the mean."""
    ends = found.effects.dropna(subset="mean_difference").groupby("parameter", sort=False)["mean_difference"]
    names = [str(name) for name, of in ends if len(of) > 1 and of.min() * of.max() > 0]
    if not names:
        return ""
    return f"Both ends of {listed(names, most=NAMED)} move it the same way: it bends there, or chance outweighs it."


def _one_at_a_time(found: Any) -> str:
    return "Each was moved alone, the others as in the scenario: what they do together is not in this."


# Screening


def _morris(found: Any) -> list[str]:
    frame, names = found.effects, clear(found)
    unit = found.about.unit
    rows = frame.set_index("parameter")
    told = [f"{name} ({_mu_star(rows.loc[name], unit)})" for name in names[:NAMED]]
    what = f"What decides {_decided(found)}? "
    if found.manifest["finished"] == 1:
        return [
            what + f"Largest mu*: {listed(list(frame['parameter'][:NAMED]))}. How much of that is noise is unknown."
        ]
    if not names:
        return [what + "No parameter is clear of the noise (Holm); take more trajectories, replications, or years."]
    first = f"Over its full range, and wherever the others are, it is clearly moved, on average, by {listed(told)}"
    more = len(names) - len(told)
    rest = len(frame) - len(names)
    count = f"; {more} other{'s are' if more > 1 else ' is'} clear of the noise too" if more else ""
    tail = f"; {rest} cannot be told from noise (or do nothing)" if rest else ""
    return [
        what + f"{first}{count}{tail}.",
        _larger(found, names[: len(told)]).strip(),
        _dependent(rows.loc[names]),
        _share_positive(found),
    ]


def _mu_star(row: pd.Series, unit: str) -> str:
    """Say mu*, its interval and its direction."""
    way = "up" if row["ci_low_mu"] > 0 else "down" if row["ci_high_mu"] < 0 else "either way"
    return f"{number(row['mu_star'], unit)}, {span(row['ci_low_mu_star'], row['ci_high_mu_star'], unit)}, {way}"


def _dependent(rows: pd.DataFrame) -> str:
    """Name the parameters whose effect varies more, from place to place, than it amounts to."""
    spread = np.sqrt(np.maximum(rows["sigma"] ** 2 - rows["sigma_noise"] ** 2, 0.0))
    names = list(rows.index[spread > rows["mu_star"]])
    return f"What {listed(names, most=NAMED)} does depends strongly on the other parameters, or bends." if names else ""


def _share_positive(found: Any) -> str:
    if found.manifest["policy"] is None:
        return ""
    at_random = found.manifest["method"] == "sobol"
    means = found.values.mean(axis=1)[base_rows(found.design) if at_random else slice(None)]
    return (
        f"At {(means > 0.0).sum():,} of {len(means):,} {'random ' if at_random else ''}points within the ranges the "
        "effect is above zero, on the mean."
    )


# Shares of variance


def _sobol(found: Any) -> list[str]:
    frame = found.effects
    if frame["share"].isna().all():
        return [f"Nothing within these ranges changes {subject(found)}: there is no variance to share out."]
    names = clear(found)
    wide = frame.pivot_table(index="parameter", columns="index", values=["share", "ci_low", "ci_high"], sort=False)
    told = [_shares(wide.loc[name]) + f" {name}" for name in names[:NAMED]]
    alone = float(frame[frame["index"] == "S1"]["share"].sum())
    what = f"What decides {_decided(found)}? "
    if names:
        what += f"Of its variance within the ranges {listed(told)} would stay if all others were known"
        what += f"; {len(names) - NAMED} others have clear shares too." if len(names) > NAMED else "."
    else:
        what += "No parameter has a clear share of its variance; take more samples."
    rest = "what is missing is what they do together" if alone <= 1.0 else "what is over is error, of too few samples"
    single = f"Their shares by themselves add up to {alone:.0%}; {rest}."
    return [what, single, _noise(found), _wide(found), _share_positive(found)]


def _shares(row: pd.Series) -> str:
    total, low, high, first = row["share", "ST"], row["ci_low", "ST"], row["ci_high", "ST"], row["share", "S1"]
    return f"{total:.0%} ({low:.0%} to {high:.0%}; by itself {first:.0%}) through"


def _noise(found: Any) -> str:
    share = found.manifest["noise_share"]
    if not np.isfinite(share):
        return "How much of the variance is replication noise is not known."
    advice = " More replications, or years, would lower that." if share > NOISY else ""
    return f"Replication noise is {share:.1%} of the variance.{advice}"


def _wide(found: Any) -> str:
    rows = found.effects[found.effects["wide"] & found.effects["index"].isin(["S1", "ST"])]
    count = rows["parameter"].nunique()
    if not count:
        return ""
    return (
        f"Intervals are wide beside the index for {count} parameter{'s' if count > 1 else ''}: take "
        f"{2 * int(found.effects['samples'].iloc[0])} samples or more."
    )


# What could not be


def _impossible(found: Any) -> str:
    points = found.design.infeasible
    if not points:
        return ""
    which = listed(culprits(points) or [points[0].point], most=NAMED)
    if found.manifest["method"] == "tornado":
        ends = listed([one.point for one in points], most=FEW)
        return f"These ends cannot be, and have no bar: {ends}. First: {points[0].why.rstrip('.')}."
    return (
        f"{found.manifest['replaced']} blocks of points were replaced because they hold one that cannot be ({which}): "
        "what is found holds for the possible part of the ranges."
    )
