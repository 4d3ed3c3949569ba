"""Named draws: one number a name, the same from both twins, uniform, and independent of what else is drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.model import draws

KEYS = draws.stream_keys(1)
WORDS = st.integers(0, 2**64 - 1)
SAMPLE = 20_000
# One test in about sixteen thousand fails by chance: two-sided z of 4.
TAIL = 2 * stats.norm.sf(4)


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), WORDS), min_size=1, max_size=20), st.integers(0, 5))
def test_the_scalar_and_the_block_draw_the_same_numbers(pairs, stream):
    entities = np.array([entity for entity, _ in pairs], dtype=np.int64)
    occasions = np.array([occasion for _, occasion in pairs], dtype=np.uint64)
    block = draws.uniforms(KEYS, stream, entities, occasions)
    scalar = [draws.uniform(KEYS.data, stream, entity, occasion) for entity, occasion in pairs]
    assert block.tolist() == scalar


@given(st.integers(2**63, 2**64 - 1), WORDS)
def test_entities_past_two_to_the_63_are_drawn_alike(entity, occasion):
    block = draws.uniforms(KEYS, draws.JOIN, np.array([entity], dtype=np.uint64), occasion)
    assert block[0] == draws.uniform(KEYS.data, draws.JOIN, entity, occasion)


@given(WORDS, WORDS, st.integers(0, len(draws.STREAMS) - 1))
def test_a_draw_lies_strictly_between_0_and_1(entity, occasion, stream):
    assert 0.0 < draws.uniform(KEYS.data, stream, entity, occasion) < 1.0


@pytest.mark.parametrize("hash_value", [0, draws.MASK])
def test_even_the_extreme_hashes_stay_inside(hash_value):
    u = ((hash_value >> draws.KEEP) + 0.5) * draws.STEP
    assert 0.0 < u < 1.0


@pytest.mark.parametrize("by", ["entity", "occasion", "replication"])
def test_draws_are_uniform_along_every_axis_of_the_key(by):
    numbers = np.arange(SAMPLE)
    zeros = np.zeros_like(numbers)
    if by == "replication":
        found = [draws.uniform(draws.stream_keys(1, r).data, draws.STAY, 7, 7) for r in range(500)]
    else:
        found = draws.uniforms(KEYS, draws.STAY, *((numbers, 0) if by == "entity" else (zeros, numbers)))
    assert stats.kstest(found, "uniform").pvalue > TAIL


@pytest.mark.parametrize("step", [(0, 1), (1, 0), (1, 1)])
def test_neighbouring_draws_are_not_correlated(step):
    person, moment = np.arange(SAMPLE), np.arange(SAMPLE) % 97
    first = draws.uniforms(KEYS, draws.STAY, person, moment)
    second = draws.uniforms(KEYS, draws.STAY, person + step[0], moment + step[1])
    assert abs(np.corrcoef(first, second)[0, 1]) * np.sqrt(SAMPLE) < 4


def test_streams_seeds_and_replications_differ():
    every = [draws.stream_keys(seed, r) for seed in (0, 1, 2**63) for r in (0, 1)]
    keys = np.concatenate(every).tolist()
    assert len(set(keys)) == len(keys)
    person = np.arange(SAMPLE)
    one, other = draws.uniforms(KEYS, draws.JOIN, person, 0), draws.uniforms(KEYS, draws.STAY, person, 0)
    assert abs(np.corrcoef(one, other)[0, 1]) * np.sqrt(SAMPLE) < 4


def test_one_more_stream_changes_no_other_key(monkeypatch):
    before = dict(zip(draws.STREAMS, draws.stream_keys(5, 3).tolist(), strict=True))
    monkeypatch.setattr(draws, "STREAMS", ("something_new", *reversed(draws.STREAMS)))
    after = dict(zip(draws.STREAMS, draws.stream_keys(5, 3).tolist(), strict=True))
    assert {name: after[name] for name in before} == before
    assert after["something_new"] not in before.values()


def test_stream_names_and_constants_are_one_list():
    assert len(set(draws.STREAMS)) == len(draws.STREAMS)
    assert [getattr(draws, name.upper()) for name in draws.STREAMS] == list(range(len(draws.STREAMS)))


@given(
    st.tuples(st.integers(0, 2**20), st.integers(0, 7), st.integers(0, 255), st.integers(0, 2**14 - 1)),
    st.tuples(st.integers(0, 2**20), st.integers(0, 7), st.integers(0, 255), st.integers(0, 2**14 - 1)),
)
def test_two_occasions_share_a_key_only_if_they_are_one(one, other):
    assert (draws.occasion(*one) == draws.occasion(*other)) == (one == other)
