"""Which figure of the model is set beside which claim: the registry, in the order of the documents.

A check says nothing about its outcome. It names a claim, the figure that answers it and how that follows from the
replications; published figure and interval make the verdict (sim/checks/audit/verdict.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim.checks.audit import companies
from sim.checks.audit.company import BASE, FIRST, HALF_FIRST, HALF_NEGLECTED, NEGLECTED, SOLD, level_name
from sim.checks.audit.probes import GOOD, POOR, SPECIAL, many_people, named, own_reading
from sim.checks.audit.verdict import NOTHING, Direction
from sim.inputs import evidence
from sim.inputs.scenario import Scenario
from sim.outcomes.statistics import Interval, NearZeroError, mean_interval, ratio_interval

Found = Mapping[str, np.ndarray]
"""Figures by name, each (replications,)."""
Estimate = Callable[[Found], Interval]
Words = Callable[[Found], str]
PAIRS = (("all or nothing", FIRST, NEGLECTED), ("half-way", HALF_FIRST, HALF_NEGLECTED))
"""Pairs of companies whose returns on sales are compared: name, service first, service neglected."""
ONE_PER_CENT = 0.01
FIVE_YEARS = 5.0


@dataclass(frozen=True)
class Check:
    """One figure beside one claim.

    Attributes
    ----------
    claim : id of the claim.
    figure : what is compared, in a few words.
    part : the part of a replication that gives it; "" when nothing is run.
    estimate : the model's interval, in the unit of the published figure.
    why : one sentence that explains the figure, whatever the verdict.
    published : other than the claim's own value: what the source behind it says.
    unit : of ``published``; the claim's unless given.
    direction : for a claim without a number, which side of zero it says.
    untestable : why no verdict is possible; "" when one is.
    """

    claim: str
    figure: str
    part: str = ""
    estimate: Estimate = lambda found: NOTHING
    why: Words = lambda found: ""
    published: tuple[float, ...] | None = None
    unit: str | None = None
    direction: Direction | None = None
    untestable: str = ""

    @property
    def value(self) -> tuple[float, ...]:
        """The published figure, or the ends of a range; none for a direction."""
        return evidence.claims()[self.claim].values if self.published is None else self.published

    @property
    def measured_in(self) -> str:
        """Unit of the published figure and of the model's."""
        return self.unit or evidence.claims()[self.claim].unit or "share"


# -- estimates -------------------------------------------------------------------------------------------------------


def mean(name: str) -> Estimate:
    """Mean of a figure."""
    return lambda found: _interval(found[name])


def rest(name: str) -> Estimate:
    """Mean of one less a figure."""
    return lambda found: _interval(1.0 - found[name])


def difference(one: str, other: str) -> Estimate:
    """Mean of the paired difference of two figures."""
    return lambda found: _interval(found[one] - found[other])


def _interval(values: np.ndarray) -> Interval:
    known = values[np.isfinite(values)]
    return mean_interval(known) if known.size else NOTHING


def _mean(found: Found, name: str) -> float:
    return float(np.mean(found[name]))


def _say(text: str) -> Words:
    return lambda found: text


# -- the checks, document by document --------------------------------------------------------------------------------


def checks(scenario: Scenario) -> tuple[Check, ...]:
    """Return all checks of a scenario, in the order of the claims."""
    order = list(evidence.claims())
    found = [*_stays(scenario), *_tells(scenario), *_money(scenario), *_service(scenario), *_untestable()]
    return tuple(sorted(found, key=lambda check: order.index(check.claim)))


def _stays(scenario: Scenario) -> Iterator[Check]:
    """Staying, leaving and remembering."""
    quick, silent = (float(scenario.value(f"repurchase_major_{grade}")) for grade in ("quick", "silent"))  # type: ignore[arg-type]
    anchor = "The loyalty curve is anchored on {} = {:.0%}; the steps of a run give it back or do not."
    mixed = "Customers of the population differ from the reference customer in habit, goodwill and what they felt."
    yield Check("smart-2010-loyalty", "stays with good, leaves with poor service", "swayed",
                mean("swayed"), _swayed)  # fmt: skip
    claim = "attitude-2016-quick-recovery"
    yield Check(claim, "reference customer stays", "customer", mean("stays_major_quick"),
                _say(anchor.format("repurchase_major_quick", quick)))  # fmt: skip
    yield Check(claim, "population stays", "diary", mean("population stays_major_quick"), _say(mixed))
    claim = "attitude-2016-really-poor"
    yield Check(claim, "reference customer stays away", "customer", rest("stays_major_silent"),
                _say(anchor.format("repurchase_major_silent", silent)))  # fmt: skip
    yield Check(claim, "population stays away", "diary", rest("population stays_major_silent"),
                _say(mixed))  # fmt: skip
    yield from _remembers(scenario)


def _swayed(found: Found) -> str:
    names = ("stays under good", "stays under poor", "swayed the other way")
    good, poor, other = (_mean(found, name) for name in names)
    return (
        f"The same customers with the same luck: {good:.0%} stay a year with good, {poor:.0%} with poor service; "
        f"others would stay, or leave, with either ({other:.1%} go the other way)."
    )


def _remembers(scenario: Scenario) -> Iterator[Check]:
    """What is left of a good or a bad experience after two years."""
    avoid, forget = float(scenario.value("avoid_mean")), float(scenario.value("goodwill_memory"))  # type: ignore[arg-type]
    claim = "rules-2018-still-seek"
    yield Check(claim, "customer two years after a bad experience", "diary",
                mean("customers after bad"), _after_bad)  # fmt: skip
    yield Check(claim, "the source: good service remembered", "customer",
                mean("good_remembered"),
                _say(f"A good opinion fades with goodwill_memory = {forget:g} years: an input that comes back."),
                published=(companies.source_figure("good_remembered"),))  # fmt: skip
    claim = "rules-2018-still-avoid"
    yield Check(claim, "reference customer still avoids", "customer", mean("avoids_after_two_years"),
                _say(f"Avoiding lasts avoid_mean = {avoid:g} years in the mean; an input that comes back, "
                     "no validation."))  # fmt: skip
    yield Check(claim, "population still avoids", "diary", mean("population avoids_after_two_years"),
                _say("All who left with a grievance, by how long they avoid the company."))  # fmt: skip


def _after_bad(found: Found) -> str:
    there, avoid = (_mean(found, f"{what} after bad") for what in ("customers", "avoiders"))
    return (
        f"Two years after a bad experience {there:.0%} are customers, still or again, and {avoid:.0%} avoid it; "
        "the document misquotes its source, which says it of good service."
    )


def _tells(scenario: Scenario) -> Iterator[Check]:
    """Telling others."""
    for claim, good in (("smart-2010-happy-tell", "good"), ("smart-2010-unhappy-tell", "bad")):
        reading = _say(f"The number told comes with the reading of the evidence, here {scenario.reading}.")
        yield Check(claim, "reference teller", "tellers", mean(named(f"tells_{good}", scenario.reading)), reading)
        yield Check(claim, "population, a teller", "diary", mean(f"population tells_{good}"), reading)
    yield Check("smart-2010-unhappy-spreads", "people who hear, retelling included", "diary", mean("reach_bad"),
                _say("Hearing is not being unhappy: it moves a listener a little, and fades."))  # fmt: skip
    yield Check("smart-2010-unhappy-spreads", "people whom a teller keeps from joining", "changed",
                _persuaded("bad", gained=False),
                _say("Against the same company whose bad stories are told to nobody: joins lost a teller.")
                )  # fmt: skip
    yield from _reach(scenario)
    yield from _other_tells(scenario)


def _persuaded(kind: str, gained: bool) -> Estimate:
    """Return the joins that a teller of good brings, or one of bad prevents: with the stories less without them."""
    sign = 1.0 if gained else -1.0

    def estimate(found: Found) -> Interval:
        joins = sign * (found[f"{BASE}: joined"] - found[f"{kind} untold: joined"])
        return ratio_interval(
            list(joins), list(found[f"{BASE}: {kind} tellers"]), what=f"the number of tellers of {kind}"
        )

    return estimate


def _reach(scenario: Scenario) -> Iterator[Check]:
    claim = SPECIAL
    yield Check(claim, "people who join because of a teller", "changed", _persuaded("good", gained=True),
                _say("Against the same company whose good stories are told to nobody: joins gained a teller.")
                )  # fmt: skip
    for reading in dict.fromkeys((scenario.reading, own_reading(claim))):
        yield Check(claim, f"people who hear, reading {reading}", "diary",
                    mean(named("reach_good", reading)),
                    _say("From a teller's friends and those who retell it; they hear it, and few change what they do.")
                    )  # fmt: skip


def _other_tells(scenario: Scenario) -> Iterator[Check]:
    claim = GOOD
    own = own_reading(claim)
    yield Check(claim, f"reference teller, reading {own}", "tellers", mean(named("tells_good", own)),
                _say("This reading takes the middle of the range as the mean of those who tell."))  # fmt: skip
    yield Check(claim, "population, a teller", "diary", mean("population tells_good"),
                _say(f"The scenario's reading is {scenario.reading}; the documents disagree."))  # fmt: skip
    claim = POOR
    own, tail = own_reading(claim), (companies.source_figure("told_tail"),)
    above = f"more than {many_people()} told"
    yield Check(claim, f"{above}, reading {own}", "tellers", mean(named("tells_bad_many", own)),
                _say("A number told at most is the tail of a distribution, geometric in this reading, not its mean."),
                published=tail, unit="share")  # fmt: skip
    yield Check(claim, f"{above}, population", "diary", mean("population tells_bad_many"),
                _say(f"The scenario's reading is {scenario.reading}; the tail follows from its mean."),
                published=tail, unit="share")  # fmt: skip


# -- money -----------------------------------------------------------------------------------------------------------


def _money(scenario: Scenario) -> Iterator[Check]:
    claim = "smart-2010-return-on-sales"
    for name, one, other in PAIRS:
        yield Check(claim, f"{name}: ratio", "settled", _returns(one, other), _settled(one, other))
        for company, words, source in ((one, "service first", "better"), (other, "neglected", "worse")):
            yield Check(claim, f"{name}: {words}", "settled", mean(f"{company}: return_on_sales"),
                        _settled(one, other), published=(companies.source_figure(f"return_on_sales_{source}"),),
                        unit="share")  # fmt: skip
    yield Check("attitude-2016-premium", "what is paid, in the mean", "settled", mean(f"{SOLD}: premium"), _sold)
    claim = "smart-2010-fewer-issues"
    unknown = "Neither the currency nor the size of the firm is stated;"
    for figure, relative in (("1 % of the issues fewer, five years", True), ("1 point of the rate, five years", False)):
        yield Check(claim, figure, "changed", _fewer(scenario, relative), _needed(scenario, relative),
                    untestable=unknown)  # fmt: skip


def _returns(one: str, other: str) -> Estimate:
    """Return the ratio of the returns on sales; refused near zero and below: a multiple of a loss says nothing."""

    def estimate(found: Found) -> Interval:
        above, below = found[f"{one}: return_on_sales"], found[f"{other}: return_on_sales"]
        what, least = "the return on sales where service is neglected", _interval(below)
        if least.high < 0.0:
            raise NearZeroError(f"{what} is a loss, {least.mean:.1%} ({least.low:.1%} to {least.high:.1%})")
        return ratio_interval(list(above), list(below), what=what)

    return estimate


def _settled(one: str, other: str) -> Words:
    def words(found: Found) -> str:
        def changes(measure: str) -> str:
            return f"{_mean(found, f'{other}: {measure}'):.0%} to {_mean(found, f'{one}: {measure}'):.0%}"

        revenue = _mean(found, f"{one}: revenue") / _mean(found, f"{other}: revenue")
        return (
            f"From {other} to {one} yearly retention goes from {changes('retention_12m')}, CSAT from "
            f"{changes('csat')}, revenue by a factor of {revenue:.2f}, and fixed costs are spread over it."
        )

    return words


def _sold(found: Found) -> str:
    gain = _interval(found[f"{SOLD}: profit_a_year"] - found[f"{FIRST}: profit_a_year"])
    return (
        "Service first, sold at the premium of the pricing policy, which rises with goodwill; profit a year changes by "
        f"{gain.mean:+,.0f} ({gain.low:+,.0f} to {gain.high:+,.0f}), those whom the higher price puts off allowed for."
    )


def _fewer(scenario: Scenario, relative: bool) -> Estimate:
    """Return the gain in profit over five years of one per cent, or one point, fewer issues; see `_step`."""
    return lambda found: _interval(_step(found, scenario, relative))


def _step(found: Found, scenario: Scenario, relative: bool) -> np.ndarray:
    """Gain of a step of 1 %, from a larger one on common random numbers: (replications,)."""
    gain = (found["fewer issues: profit"] - found[f"{BASE}: profit"]) * FIVE_YEARS / scenario.years
    before, after = (found[f"{name}: issues"] / found[f"{name}: purchases"] for name in (BASE, "fewer issues"))
    cut = float(np.mean(before - after)) / (float(np.mean(before)) if relative else 1.0)
    return gain * ONE_PER_CENT / cut


def _needed(scenario: Scenario, relative: bool) -> Words:
    def words(found: Found) -> str:
        steps, customers = _step(found, scenario, relative), _mean(found, f"{BASE}: customers")
        revenue = _mean(found, f"{BASE}: revenue") * FIVE_YEARS / scenario.years
        gain = _interval(steps)
        what = "one per cent fewer" if relative else "one percentage point less"
        said = f"{what} is worth {gain.mean / customers:,.2f} a customer, {gain.mean / revenue:.2%} of revenue"
        if not gain.low > 0.0:
            return f"{said}; not clear of zero."
        published = evidence.claims()["smart-2010-fewer-issues"].values[0]
        return f"{said}; the published sum would take {published / gain.mean * customers:,.0f} customers."

    return words


# -- service ---------------------------------------------------------------------------------------------------------


def _service(scenario: Scenario) -> Iterator[Check]:
    yield from _boss(scenario)
    yield Check("attitude-2016-rapport", "contacts shortened by rapport", "diary",
                mean("faster with rapport"), _rapport)  # fmt: skip
    yield Check("attitude-2016-turnover", "agents quitting, first less neglected", "settled",
                difference(f"{FIRST}: agent_turnover", f"{NEGLECTED}: agent_turnover"), _turnover,
                unit="share", direction="lower")  # fmt: skip
    yield Check("rules-2018-first-ring", "ring at which a contact is answered", "diary", mean("ring answered"), _ring)
    for claim, kind, cause in (
        ("rules-2018-quick-resolution", "good", "a quick resolution"),
        ("rules-2018-explain-again", "bad", "explaining again"),
    ):
        for named_as in ("main cause", "one of the causes"):
            yield Check(claim, f"{cause} is the {named_as}" if named_as == "main cause" else f"{cause} is {named_as}",
                        "attribution", mean(f"{kind}: {named_as}"), _causes(kind))  # fmt: skip


def _causes(kind: str) -> Words:
    what = {"good": "lifts", "bad": "lowers"}[kind]
    return _say(f"Of the episodes with a contact, by the part that {what} quality most against expectation.")


def _boss(scenario: Scenario) -> Iterator[Check]:
    claim = "ten-keys-2013-empowerment"
    yield Check(claim, "all contacts, as it is", "changed", mean(f"{BASE}: decided_without_boss"), _wanted)
    for figure, measure in (("all contacts", "decided_without_boss"), ("authority cases", "authority_decided_alone")):
        yield Check(claim, f"{figure}, at the level that earns most", "changed", _at_best(measure), _best_in_words)


def _levels() -> dict[float, str]:
    return {float(policy.level): level_name(float(policy.level)) for policy in companies.levels()}


def _best(found: Found) -> str:
    """Name of the company, as it is or at a level of empowerment, whose mean profit is largest."""
    return max((BASE, *_levels().values()), key=lambda name: _mean(found, f"{name}: profit"))


def _at_best(measure: str) -> Estimate:
    return lambda found: _interval(found[f"{_best(found)}: {measure}"])


def _best_in_words(found: Found) -> str:
    best = _best(found)
    gain = _interval(found[f"{best}: profit"] - found[f"{BASE}: profit"])
    what = "the company as it is earns most of those tried" if best == BASE else (
        f"{best} of the ladder earns most of those tried ({gain.low:+,.0f} to {gain.high:+,.0f} against today)"
    )  # fmt: skip
    return f"The advice is set beside the best, not assumed to be it: {what}."


def _wanted(found: Found) -> str:
    """Level of the ladder at which so many of all contacts as advised are settled without the manager."""
    advised = evidence.claims()["ten-keys-2013-empowerment"].values[0]
    levels = sorted(_levels())
    shares = [_mean(found, f"{_levels()[level]}: decided_without_boss") for level in levels]
    if not min(shares) <= advised <= max(shares):
        return f"No level of empowerment that was tried gives {advised:.0%} of all contacts."
    level = float(np.interp(advised, shares, levels))
    return f"Most contacts never need authority; a level of about {level:.0%} of authority cases gives {advised:.0%}."


def _rapport(found: Found) -> str:
    added, plain = _mean(found, "minutes added by rapport"), _mean(found, "minutes without rapport")
    return (
        f"Rapport saves a share of the handling and takes a moment itself: {added:+.2f} on {plain:.1f} minutes in the "
        "mean, so only long contacts gain time."
    )


def _turnover(found: Found) -> str:
    first, neglected = (_mean(found, f"{name}: agent_turnover") for name in (FIRST, NEGLECTED))
    return f"{first:.0%} of agents quit a year where service comes first, {neglected:.0%} where it is neglected."


def _ring(found: Found) -> str:
    seconds = companies.settings()["ring"]["seconds"]
    return f"{_mean(found, 'by the first ring'):.0%} are answered by the first ring of {seconds:g} s."


# -- what nothing can answer -----------------------------------------------------------------------------------------


def _untestable() -> Iterator[Check]:
    yield Check("smart-2010-loyalty", "as stated importance",
                untestable="It measures the wording of a question: similar ones give 57 to 97 %; no behaviour follows."
                )  # fmt: skip
    yield Check("ten-keys-2013-three-times", "reports that make it true", "changed", why=_three_times,
                untestable="A rule of management: the threshold of a lever, chosen and not found.")  # fmt: skip
    yield Check("attitude-2016-premium", "what customers say they would pay",
                untestable="An answer in a survey; it enters the pricing policy as premium_stated.")  # fmt: skip


def _three_times(found: Found) -> str:
    gain = _interval(found["three times: profit"] - found[f"{BASE}: profit"])
    return f"The rule changes profit by {gain.mean:+,.0f} ({gain.low:+,.0f} to {gain.high:+,.0f}) here."
