"""How far a story goes by retelling: the engine's own steps on a configuration-model graph, against closed forms."""

import numpy as np
import pytest

import sim.model.columns as t
import sim.model.state as s
from sim.engines.start import build
from sim.inputs.scenario import Scenario
from sim.model.steps.referral import pass_on
from sim.theory import cascade
from tests.theory.verdict import Reading, agrees

# Degrees and their shares; few enough people know many that hits of one retelling stay far below their limit.
DEGREES, SHARES = np.array([1, 2, 4, 8]), np.array([0.2, 0.3, 0.3, 0.2])
# A cascade that reaches this share of the market is a global one; small ones die far below it.
GLOBAL = 0.1


def law() -> np.ndarray:
    shares = np.zeros(DEGREES.max() + 1)
    shares[DEGREES] = SHARES
    return shares


def pass_on_for(reproduction: float) -> float:
    """Chance T with T E k(k - 1) / E k equal to this."""
    return float(reproduction * (DEGREES @ SHARES) / ((DEGREES * (DEGREES - 1)) @ SHARES))


def network(people: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A configuration model in CSR form: stubs paired at random; the few ties to oneself are dropped, doubles kept."""
    rng = np.random.default_rng(seed)
    degrees = np.repeat(DEGREES, np.rint(SHARES * people).astype(int))
    stubs = rng.permutation(np.repeat(rng.permutation(people), degrees))
    stubs = stubs[: len(stubs) // 2 * 2].reshape(-1, 2)
    stubs = stubs[stubs[:, 0] != stubs[:, 1]]
    source, target = np.concatenate([stubs, stubs[:, ::-1]]).T
    order = np.argsort(source, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=people))])
    return first.astype(np.int64), target[order].astype(np.int32)


class Market:
    """People on that graph, to whom stories are told."""

    def __init__(self, people: int, chance: float, seed: int) -> None:
        quiet = {"market_size": people, "degree_mean": 0.0, "retell": chance}
        scenario = Scenario.load("small_company").change(years=0.1, warm_up=0.0, seed=seed).override(**quiet)
        resolved = scenario.resolve()
        state = build(resolved, 0)
        first, edge = network(people, seed)
        self.arrays = state._replace(first_edge=first, edge=edge)
        self.state, self.params = s.views(self.arrays), resolved.phases[0][1].data
        assert self.params[t.RETELL, 0] == chance

    def reached(self, story: int, teller: int) -> int:
        """Tell one person a story and let it run; how many know it in the end, the first one included."""
        self.state.tally[s.STORY, teller] = story
        self.state.frontier[0] = teller
        pass_on(self.state, self.params, story, True, 1, 0)
        return int(np.count_nonzero(self.arrays.tally[s.STORY] == story))


def outbreaks(people: int, stories: int, chance: float, seed: int) -> np.ndarray:
    market, rng = Market(people, chance, seed), np.random.default_rng(seed)
    return np.array([market.reached(story + 1, int(rng.integers(people))) for story in range(stories)])


def below(people: int, stories: int, replication: int) -> list[Reading]:
    """Below the threshold: the mean number who get to know a story."""
    chance = pass_on_for(0.5)
    sizes = outbreaks(people, stories, chance, 11 + replication)
    theory = cascade(law(), chance)
    assert theory.p_global == 0.0
    assert sizes.max() < GLOBAL * people
    return [Reading(sizes.mean(), theory.mean_small_outbreak, sizes.std() / np.sqrt(stories))]


def above(people: int, stories: int, replication: int) -> list[Reading]:
    """Above it: how often a story goes round, and what share of the market it reaches then."""
    chance = pass_on_for(2.0)
    sizes = outbreaks(people, stories, chance, 21 + replication)
    theory = cascade(law(), chance)
    large = sizes[sizes > GLOBAL * people] / people
    p = theory.p_global
    return [
        Reading(len(large) / stories, p, np.sqrt(p * (1 - p) / stories)),
        # All stories share one graph, whose own share reached differs from the limit about as much as two stories do.
        Reading(large.mean(), theory.share_reached, large.std() * np.sqrt(1 + 1 / len(large))),
    ]


def test_below_the_threshold_stories_die_as_small_as_the_closed_form_says():
    agrees(lambda stories, r: below(20_000, stories, r), 3000)


def test_above_it_they_go_round_as_often_and_as_far():
    agrees(lambda stories, r: above(20_000, stories, r), 40)


@pytest.mark.slow
@pytest.mark.parametrize("side", [below, above])
def test_a_large_market_agrees_too(side):
    agrees(lambda stories, r: side(100_000, stories, r), {below: 20_000, above: 60}[side])


def test_a_story_is_news_once_to_each_listener():
    market = Market(1000, 1.0, 3)
    knows = market.reached(7, 0)
    board = market.arrays.board.sum(axis=1)
    # At chance 1 everybody who knows it tells all acquaintances, so every tie of theirs carries it both ways.
    told = np.diff(market.arrays.first_edge)[market.arrays.tally[s.STORY] == 7].sum()
    assert board[s.RETOLD] == board[s.TOLD_GOOD] == told
    assert 1 < knows < 1000
