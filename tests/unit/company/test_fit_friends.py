"""Fits of edge lists: triangles counted one by one, known graphs found again, and too few people told."""

from __future__ import annotations

from itertools import combinations

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.company.fitting import friends
from sim.company.fitting.error import FitError
from sim.company.fitting.estimate import Estimate
from sim.company.fitting.friends.circles import circles, degree_frame, fit_circles
from sim.company.fitting.kind_fit import KindFit
from sim.engines.start.graph import draw_graph
from sim.model.draws import stream_keys
from tests.unit.company.made_customers import clean


def fitted(frame: pd.DataFrame) -> KindFit:
    with clean("friends", frame) as table:
        part = friends.fit(table)
        assert table.connection.execute("SHOW TABLES").fetchall() == [("records",)]
        return part


def only(part: KindFit, name: str, key: str = "") -> Estimate:
    (found,) = [one for one in part.estimates if (one.name, one.key) == (name, key)]
    return found


def graph(people: int, mean: float, sigma: float, near: float, seed: int = 3) -> pd.DataFrame:
    """Ties of the model's own graph."""
    first, edge = draw_graph(stream_keys(seed), people, mean, sigma, near, 12)
    source = np.repeat(np.arange(people), np.diff(first))
    ties = pd.DataFrame({"a": source, "b": edge[: first[-1]]})
    return ties[ties["a"] < ties["b"]]


@settings(max_examples=20)
@given(st.integers(3, 12).flatmap(lambda n: st.sets(st.sampled_from(list(combinations(range(n), 2))), min_size=1)))
def test_ties_and_triangles_are_counted_person_by_person(ties):
    known: dict[int, set[int]] = {}
    for a, b in ties:
        known.setdefault(a, set()).add(b)
        known.setdefault(b, set()).add(a)
    rows = [
        (one, len(own), sum(b in known[a] for a, b in combinations(sorted(own), 2)), len(own) * (len(own) - 1) // 2)
        for one, own in sorted(known.items())
    ]
    given_ties = pd.DataFrame(sorted(ties), columns=["a", "b"])
    with duckdb.connect() as connection:
        connection.register("ties", given_ties)
        with circles(connection, "ties") as of:
            found = connection.execute(f"SELECT id, degree, closed, triples FROM {of.people} ORDER BY id").fetchall()
    assert found == rows


def test_a_ring_of_neighbours_has_the_clustering_of_the_book():
    """Each knows two on either side: three of the six pairs of friends know each other (Watts & Strogatz 1998)."""
    ties = {(min(i, j), max(i, j)) for i in range(80) for step in (1, 2) for j in [(i + step) % 80]}
    part = fitted(pd.DataFrame(sorted(ties), columns=["a", "b"]))
    assert only(part, "graph_local_clustering").value == pytest.approx(0.5)
    assert only(part, "graph_transitivity").value == pytest.approx(0.5)
    sigma = only(part, "graph_degree_sigma")
    assert (sigma.value, sigma.high) == pytest.approx((0.0, 0.0), abs=0.01)
    assert "degree_local" not in part.parameters


def test_sigma_of_lognormal_degrees_is_found():
    rng = np.random.default_rng(8)
    degree = np.rint(rng.lognormal(4, 0.7, 3000)).astype(int)
    ends = rng.permutation(np.repeat(np.arange(3000), degree))
    pairs = np.sort(ends[: len(ends) // 2 * 2].reshape(-1, 2), axis=1)
    ties = pd.DataFrame(pairs[pairs[:, 0] < pairs[:, 1]], columns=["a", "b"]).drop_duplicates()
    with duckdb.connect() as connection:
        connection.register("ties", ties)
        with circles(connection, "ties") as of:
            sigma = next(one for one in fit_circles(of, "", 0.95) if one.name == "graph_degree_sigma")
    assert sigma.value == pytest.approx(0.7, abs=0.03)
    assert sigma.high - sigma.low == pytest.approx(2 * 1.96 * 0.7 / np.sqrt(2 * 3000), rel=0.1)


@pytest.mark.parametrize(("mean", "sigma", "near"), [(12.0, 1.19, 0.6), (20.0, 0.9, 0.4)])
def test_the_model_s_own_graph_is_found_again(mean, sigma, near):
    part = fitted(graph(5000, mean, sigma, near))
    assert set(part.parameters) == {"degree_sigma", "degree_local"}
    for name, true in (("degree_sigma", sigma), ("degree_local", near)):
        low, high = part.ranges[name]
        assert low < true < high
        assert high - low < 0.25
    assert abs(part.parameters["degree_sigma"] - sigma) < abs(only(part, "graph_degree_sigma").value - sigma)


def test_more_clustering_than_the_model_can_have_leaves_near_ties_alone():
    blocks = [(10 * group + a, 10 * group + b) for group in range(30) for a, b in combinations(range(10), 2)]
    bridges = [(10 * group, 10 * group + 10) for group in range(29)]
    part = fitted(pd.DataFrame(blocks + bridges, columns=["a", "b"]))
    assert "degree_local" not in part.parameters
    assert part.parameters["degree_sigma"] == only(part, "graph_degree_sigma").value
    assert any("left alone" in remark and "above what the model's" in remark for remark in part.remarks)


def test_networks_are_told_apart_and_together():
    one, other = graph(300, 8.0, 0.8, 0.5, seed=1), graph(300, 8.0, 0.8, 0.5, seed=2) + 1000
    part = fitted(pd.concat([one.assign(network="north"), other.assign(network="o'brien")]))
    whole, north = only(part, "graph_degree_mean"), only(part, "graph_degree_mean", "north")
    assert whole.n == north.n + only(part, "graph_degree_mean", "o'brien").n
    assert [one.parameter for one in part.estimates if one.key] == [""] * sum(bool(one.key) for one in part.estimates)


def test_the_frame_of_the_plot_falls_from_everybody_to_the_best_known():
    with duckdb.connect() as connection:
        connection.register("ties", graph(2000, 10.0, 1.0, 0.5))
        with circles(connection, "ties") as of:
            table = degree_frame(of)
    assert table["at_least"].iloc[0] == 1
    assert (np.diff(table["at_least"]) < 0).all()
    assert table["at_least"].iloc[-1] == pytest.approx(table["people"].iloc[-1] / table["people"].sum())
    assert (table["fitted"] - table["at_least"]).abs().max() < 0.1


def test_two_ties_are_too_few():
    part = fitted(pd.DataFrame({"a": [1, 2], "b": [2, 3]}))
    assert part.parameters == {}
    assert "graph_degree_sigma" not in {one.name for one in part.estimates}
    assert any("Only 3 people have a tie" in remark for remark in part.remarks)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"a": [1]}), "no two columns"),
        (pd.DataFrame({"a": [1], "b": [2]}).iloc[:0], "there are no ties"),
    ],
)
def test_no_ties_are_refused(frame, said):
    with pytest.raises(FitError, match=said):
        fitted(frame)
