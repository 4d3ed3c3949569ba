"""The search itself: points are asked for, run, and run on, until there have been so many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sim.studies.levers import Space
from sim.studies.search.cache import Cache, StoppedError
from sim.studies.search.sampler import Known, ask, first_design
from sim.studies.search.stages import Trial, furthest, length, means, promoted
from sim.studies.search.terms import SearchError, Terms
from sim.studies.search.words import gain

TOGETHER = 4
"""Points asked for at once, so that many processors have work; the same however many there are."""


@dataclass(frozen=True)
class Lead:
    """Who led after some trials: number of the leader, and how many replications it had then; None for nobody."""

    after: int
    leader: int | None
    replications: int


@dataclass
class Loop:
    """State of a search.

    Parameters
    ----------
    space, terms, cache, seed : what is searched, how, from which figures, and with which random numbers.
    tell : is told in a few words what has been found so far.
    """

    space: Space
    terms: Terms
    cache: Cache
    seed: int
    tell: Callable[[str], None] = lambda note: None
    trials: list[Trial] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    stopped: bool = False

    def run(self) -> None:
        """Go on until all trials are done, or the user stops it.

        Raises
        ------
        SearchError : no point of the first design can be run, or a figure is undefined.
        KeyboardInterrupt : it was stopped before any trial was finished.
        """
        try:
            while len(self.trials) < self.terms.trials:
                self._step()
        except (StoppedError, KeyboardInterrupt):
            self.stopped = True
            self.trials = [trial for trial in self.trials if trial.stage >= 0 or trial.why]
            if not any(trial.stage >= 0 for trial in self.trials):
                raise KeyboardInterrupt from None
            self._note()

    def _step(self) -> None:
        """Try some more points, and run on those that deserve it."""
        fresh = [Trial(len(self.trials) + place, point) for place, point in enumerate(self._points())]
        self.trials += fresh
        for trial in fresh:
            trial.why = self.cache.source.refusal(trial.point) or ""
        able = [trial for trial in fresh if not trial.why]
        if not any(not trial.why for trial in self.trials):
            raise SearchError(f"none of the first {len(fresh)} points can be run; the first: {fresh[0].why}")
        self._run_on(able, 0)
        stage, going = promoted(self.trials, self.terms)
        while going:
            self._run_on(going, stage)
            stage, going = promoted(self.trials, self.terms)
        self._note()

    def _points(self) -> list[dict[str, float]]:
        """Return the points of the next step: the first design, then what the sampler wants."""
        done, left = len(self.trials), self.terms.trials - len(self.trials)
        if done == 0:
            return first_design(self.space, self.seed)[:left]
        numbers = range(done, done + min(left, TOGETHER))
        return ask(self.space, self._known(), len(self.terms.goals), numbers, self.seed, self.terms.sampler)

    def _known(self) -> list[Known]:
        return [known(trial, self.terms) for trial in self.trials]

    def _run_on(self, trials: Sequence[Trial], stage: int) -> None:
        """Bring trials to the end of a stage."""
        if not trials:
            return
        wanted = range(length(self.terms, stage))
        for trial, pairs in zip(
            trials, self.cache.pairs([trial.point for trial in trials], wanted, self.seed), strict=True
        ):
            trial.pairs, trial.stage = pairs, stage

    def _note(self) -> None:
        best = leader(self.trials, self.terms)
        count = 0 if best is None or best.pairs is None else len(best.pairs)
        self.leads.append(Lead(len(self.trials), None if best is None else best.number, count))
        self.tell(f"trial {len(self.trials)} of {self.terms.trials}{_gain(best, self.terms)}")


def known(trial: Trial, terms: Terms) -> Known:
    """Return what the sampler is told of a trial: its first stage, whose luck all trials have in common.

    Means of more replications are nearer the truth, but beside means of the first stage they would look bad when its
    replications happen to favour the policies, and the sampler would leave the very points that deserved a second look.
    """
    if trial.pairs is None:
        return Known(trial.point, (), ())
    first = trial.pairs.first(terms.replications)
    gains, breaches = (values.mean(axis=1) for values in (terms.gains(first), terms.breaches(first)))
    return Known(trial.point, tuple(map(float, gains)), tuple(map(float, breaches)))


def leader(trials: Sequence[Trial], terms: Terms) -> Trial | None:
    """Return who is believed to be the best in the first goal: the best mean of those that have come furthest."""
    able = furthest(trials, terms)
    among = [trial for trial in able if trial.stage == able[0].stage]
    return max(among, key=lambda trial: float(means(trial, terms)[0]), default=None)


def _gain(best: Trial | None, terms: Terms) -> str:
    if best is None or best.pairs is None:
        return ", none keeps the bounds so far"
    return f", best so far {gain(terms.gains(best.pairs)[0] * terms.goals[0].sign, terms)}"
