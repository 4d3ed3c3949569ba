"""The closed forms themselves: against published figures, limits, and chains stated another way."""

import math
from collections.abc import Callable, Hashable

import numpy as np
import pytest
from scipy import integrate, sparse
from scipy.sparse import csgraph, linalg

from sim import theory

# --- chains stated another way: from a plain function of one state, solved densely --------------------------


def chain_shares(start: Hashable, flows: Callable[[tuple], list[tuple[float, tuple]]]) -> dict[tuple, float]:
    """Long-run share of each state that `start` leads to, flows(state) being [(rate, next state), ...]."""
    number, order = {start: 0}, [start]
    edges = []
    for state in order:
        for rate, after in flows(state):
            if rate > 0 and after not in number:
                number[after] = len(order)
                order.append(after)
            if rate > 0:
                edges.append((number[state], number[after], rate))
    balance = np.zeros((len(order), len(order)))
    for before, after, rate in edges:
        balance[after, before] += rate
        balance[before, before] -= rate
    balance[-1] = 1
    shares = np.linalg.solve(balance, np.eye(len(order))[-1])
    return {state: float(shares[number[state]]) for state in order}


def mean(shares: dict[tuple, float], value: Callable[..., float]) -> float:
    return sum(share * value(*state) for state, share in shares.items())


# --- Erlang B, C, A -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("agents", "load"), [(10, 4.46), (50, 37.9), (100, 84.1)])
def test_erlang_b_agrees_with_the_printed_table_at_one_per_cent(agents, load):
    assert theory.erlang_b(agents, load) == pytest.approx(0.01, rel=0.01)


def test_erlang_b_of_many_agents_is_the_sum_it_stands_for():
    load, agents = 1500.0, 1520
    logs = np.array([k * math.log(load) - math.lgamma(k + 1) for k in range(agents + 1)])
    weights = np.exp(logs - logs.max())
    assert theory.erlang_b(agents, load) == pytest.approx(weights[-1] / weights.sum(), rel=1e-9)


def test_erlang_c_agrees_with_the_worked_example_of_planners():
    # 100 calls in half an hour, 3 minutes each, 14 agents, 20 s; unit: hours.
    figures = theory.erlang_c(200, 20, 14, target=20 / 3600)
    assert figures.p_wait == pytest.approx(0.174, abs=5e-4)
    assert figures.mean_wait * 3600 == pytest.approx(7.8, abs=0.05)
    assert figures.service_level == pytest.approx(0.888, abs=5e-4)
    assert figures.occupancy == pytest.approx(0.714, abs=5e-4)


def test_fifty_agents_with_and_without_abandonment_give_the_classic_comparison():
    # 48 calls a minute, 1 minute each, mean patience 2 (Garnett, Mandelbaum & Reiman 2002, introduction).
    endless = theory.erlang_c(48, 1, 50, target=58.1 / 60)
    assert endless.mean_wait * 60 == pytest.approx(20.8, abs=0.05)
    assert endless.mean_queue == pytest.approx(17, abs=0.5)
    assert endless.service_level == pytest.approx(0.9, abs=5e-4)
    impatient = theory.erlang_a(48, 1, 50, 1 / 2)
    assert impatient.abandonment == pytest.approx(0.031, abs=5e-4)
    assert impatient.mean_wait * 60 == pytest.approx(3.7, abs=0.05)
    assert impatient.mean_queue == pytest.approx(3, abs=0.5)


def test_one_agent_with_patience_like_handling_is_poisson():
    # mu = theta: the number in the system is that of infinitely many servers.
    figures = theory.erlang_a(1.7, 1, 1, 1)
    assert figures.mean_in_system == pytest.approx(1.7, rel=1e-12)
    assert figures.p_wait == pytest.approx(1 - math.exp(-1.7), rel=1e-12)


@pytest.mark.parametrize(("rate", "agents"), [(3.5, 5), (950, 1000)])
def test_erlang_a_tends_to_erlang_c_as_patience_grows(rate, agents):
    endless, patient = theory.erlang_c(rate, 1, agents, 0.2), theory.erlang_a(rate, 1, agents, 1e-9, 0.2)
    for field in ("p_wait", "mean_wait", "asa", "service_level", "mean_queue", "mean_in_system"):
        assert getattr(patient, field) == pytest.approx(getattr(endless, field), rel=1e-5), field


@pytest.mark.parametrize(("rate", "agents"), [(6.0, 5), (1100, 1000)])
def test_erlang_a_tends_to_erlang_b_as_patience_vanishes(rate, agents):
    blocked = theory.erlang_b(agents, rate)
    assert theory.erlang_a(rate, 1, agents, math.inf, 0.2).abandonment == blocked
    hasty = theory.erlang_a(rate, 1, agents, 1e9, 0.2)
    assert hasty.abandonment == pytest.approx(blocked, rel=1e-5)
    assert hasty.service_level == pytest.approx(1 - blocked, rel=1e-5)


def test_erlang_a_agrees_with_a_tagged_customer_in_a_plain_chain():
    rate, agents, patience_rate, room = 6.0, 4, 0.7, 80
    shares = chain_shares(
        (0,),
        lambda k: [
            (rate * (k[0] < room), (k[0] + 1,)),
            (min(k[0], agents) + max(k[0] - agents, 0) * patience_rate, (k[0] - 1,)),
        ],
    )
    figures = theory.erlang_a(rate, 1, agents, patience_rate, target=0.3)
    assert figures.p_wait == pytest.approx(mean(shares, lambda k: k >= agents), rel=1e-10)
    assert figures.mean_queue == pytest.approx(mean(shares, lambda k: max(k - agents, 0)), rel=1e-10)
    # Behind j others one moves up at rate agents + j theta, is served from j = 0, and gives up at theta.
    ahead = np.arange(room - agents)
    met = np.array([shares[(agents + int(j),)] for j in ahead])
    moves = np.diag(-(agents + (ahead + 1) * patience_rate)) + np.diag(agents + ahead[1:] * patience_rate, -1)
    served = -np.linalg.solve(moves, np.where(ahead == 0, agents, 0.0))
    times = np.linspace(0, 0.3, 301)
    step = linalg.expm_multiply(moves.T, met, 0, 0.3, 301)
    in_time = integrate.simpson(step[:, 0] * agents, x=times)
    assert figures.service_level == pytest.approx(1 - figures.p_wait + in_time, abs=1e-8)
    assert 1 - figures.abandonment == pytest.approx(1 - figures.p_wait + met @ served, rel=1e-9)
    asa = met @ -np.linalg.solve(moves, served) / (1 - figures.abandonment)
    assert figures.asa == pytest.approx(asa, rel=1e-9)


# --- any law of patience ------------------------------------------------------------------------------------

CENTRES = [(5, 5, 1e-3), (950, 1000, 0.5), (1200, 1000, 0.01), (10, 1000, 0.01), (0.5, 1, 50), (310, 300, 2)]


@pytest.mark.parametrize(("rate", "agents", "patience_rate"), CENTRES)
def test_exponential_patience_by_its_survival_function_is_erlang_a(rate, agents, patience_rate):
    by_chain = theory.erlang_a(rate, 1, agents, patience_rate, 0.1)
    by_integral = theory.mmn_g(rate, 1, agents, lambda wait: np.exp(-patience_rate * wait), 0.1)
    for field, value in vars(by_chain).items():
        assert getattr(by_integral, field) == pytest.approx(value, rel=1e-9, abs=1e-12), field


@pytest.mark.parametrize(("rate", "agents"), [(0.9, 1), (12, 10), (290, 300)])
def test_deterministic_patience_has_its_integrals_in_closed_form(rate, agents):
    # Abandoning means an offered wait beyond the patience D (Barrer 1957).
    patience, drift = 0.4, rate - agents
    before = math.expm1(drift * patience) / drift
    after = math.exp(drift * patience) / agents
    idle = 1 / theory.erlang_b(agents - 1, rate)
    total = idle + rate * (before + after)
    figures = theory.mmn_g(rate, 1, agents, theory.deterministic_patience(patience), target=patience)
    assert figures.p_wait == pytest.approx(rate * (before + after) / total, rel=1e-9)
    assert figures.abandonment == pytest.approx(rate * after / total, rel=1e-9)
    assert figures.service_level == pytest.approx(1 - figures.abandonment, rel=1e-9)
    # Who abandons has waited D, so the two mean waits are tied together.
    waits = figures.abandonment * patience + (1 - figures.abandonment) * figures.asa
    assert figures.mean_wait == pytest.approx(waits, rel=1e-9)


def test_patience_without_end_by_its_survival_function_is_erlang_c():
    endless = theory.erlang_c(290, 1, 300, 0.1)
    figures = theory.mmn_g(290, 1, 300, np.ones_like, 0.1)
    for field, value in vars(endless).items():
        assert getattr(figures, field) == pytest.approx(value, rel=1e-9, abs=1e-12), field


def test_hyperexponential_patience_agrees_with_a_chain_of_two_kinds_of_customers():
    # One agent; the queue is a word of hasty (h) and calm (c) customers, in order of arrival.
    rate, share, hasty, calm, room = 1.5, 0.4, 6.0, 1.2, 8
    giving_up = {"h": hasty, "c": calm}

    def flows(state: tuple[bool, str]) -> list[tuple[float, tuple]]:
        busy, queue = state
        if not busy:
            return [(rate, (True, ""))]
        open_door = rate * (len(queue) < room)
        joins = [(open_door * share, (True, queue + "h")), (open_door * (1 - share), (True, queue + "c"))]
        gone = [(giving_up[who], (True, queue[:place] + queue[place + 1 :])) for place, who in enumerate(queue)]
        return [*joins, *gone, (1.0, (bool(queue), queue[1:]))]

    shares = chain_shares((False, ""), flows)
    lost = mean(shares, lambda _, queue: sum(giving_up[who] for who in queue)) / rate
    survival = theory.hyperexponential_patience((share, 1 - share), (1 / hasty, 1 / calm))
    figures = theory.mmn_g(rate, 1, 1, survival)
    # The word is cut at `room` letters, which a queue of this load reaches once in some ten thousand moments.
    assert figures.abandonment == pytest.approx(lost, rel=1e-3)
    assert figures.mean_queue == pytest.approx(mean(shares, lambda _, queue: len(queue)), rel=1e-3)
    assert figures.p_wait == pytest.approx(mean(shares, lambda busy, _: busy), rel=1e-3)


def test_patience_that_keeps_too_many_for_ever_is_refused():
    with pytest.raises(ValueError, match="add agents"):
        theory.mmn_g(10, 1, 5, lambda wait: 0.6 + 0.4 * np.exp(-wait))


# --- any handling time, priorities --------------------------------------------------------------------------


def test_mg1_with_exponential_handling_is_erlang_c_and_constant_handling_waits_half():
    queue = theory.erlang_c(0.8, 1, 1)
    assert theory.mg1(0.8, 1, 1).mean_wait == pytest.approx(queue.mean_wait, rel=1e-12)
    assert theory.mg1(0.8, 1, 0).mean_wait == pytest.approx(queue.mean_wait / 2, rel=1e-12)


def test_priorities_of_one_class_are_the_plain_queue():
    one, many = theory.mg1_priorities([0.8], [1], [2.5]), theory.mmn_priorities([3.5], 1, 5)
    assert one.mean_waits[0] == pytest.approx(theory.mg1(0.8, 1, 2.5).mean_wait, rel=1e-12)
    assert many.mean_waits[0] == pytest.approx(theory.erlang_c(3.5, 1, 5).mean_wait, rel=1e-12)


def test_priorities_only_move_waits_between_classes():
    # Kleinrock's conservation law: the load-weighted wait does not depend on the order of service.
    rates, means, cvs = np.array([0.2, 0.5, 0.1]), np.array([0.5, 0.7, 2.0]), np.array([1.0, 0.3, 4.0])
    waits = theory.mg1_priorities(rates, means, cvs).mean_waits
    load, residual = rates @ means, rates @ (means**2 * (1 + cvs)) / 2
    assert (rates * means) @ waits == pytest.approx(load * residual / (1 - load), rel=1e-12)
    assert waits[0] < waits[1] < waits[2]


def test_two_agents_with_two_classes_agree_with_a_chain():
    urgent, other, agents, room = 0.4, 0.5, 2, 25

    def flows(state: tuple[int, int, int]) -> list[tuple[float, tuple]]:
        busy, first, second = state
        if busy < agents:
            return [(urgent + other, (busy + 1, 0, 0)), (busy, (busy - 1, 0, 0))]
        after = (busy, first - 1, second) if first else (busy, 0, second - 1) if second else (busy - 1, 0, 0)
        return [
            (urgent * (first < room), (busy, first + 1, second)),
            (other * (second < room), (busy, first, second + 1)),
            (busy, after),
        ]

    shares = chain_shares((0, 0, 0), flows)
    waits = theory.mmn_priorities([urgent, other], 1, agents).mean_waits
    assert waits[0] == pytest.approx(mean(shares, lambda _, first, second: first) / urgent, rel=1e-6)
    assert waits[1] == pytest.approx(mean(shares, lambda _, first, second: second) / other, rel=1e-6)


# --- asking the boss ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "lost", "time"), [(0.5, 0.170, 1.95), (0.05, 0.039, 1.14)])
def test_holding_for_the_boss_gives_the_known_figures(share, lost, time):
    # 5 agents, 1 manager, load 3.5; in mean handling times a decision takes 1/2 and patience 4. The figures
    # were computed independently of this package.
    figures = theory.hold_for_manager(3.5, 1, 5, share, 1, 2, 1 / 4)
    assert figures.abandonment == pytest.approx(lost, abs=5e-4)
    assert figures.mean_time_in_system == pytest.approx(time, abs=5e-3)


def test_one_agent_who_holds_is_a_queue_with_a_longer_handling_time():
    rate, share, decision_rate = 0.5, 0.3, 0.8
    average = 1 + share / decision_rate
    variance = 1 + (2 * share - share**2) / decision_rate**2
    queue = theory.mg1(rate, average, variance / average**2)
    figures = theory.hold_for_manager(rate, 1, 1, share, 1, decision_rate)
    for field in (
        "p_wait",
        "mean_wait",
        "asa",
        "mean_queue",
        "occupancy",
        "mean_time_in_system",
    ):
        assert getattr(figures, field) == pytest.approx(getattr(queue, field), rel=1e-6), field


@pytest.mark.parametrize(("rate", "agents"), [(6, 5), (1000, 1000)])
def test_holding_without_questions_is_erlang_a_with_its_service_level(rate, agents):
    # With 1,000 agents an empty centre has a chance of 1e-434, and shares relative to it overflow.
    plain = theory.erlang_a(rate, 1, agents, 0.5, 0.2)
    figures = theory.hold_for_manager(rate, 1, agents, 0, 1, 1, 0.5, 0.2)
    for field, value in vars(plain).items():
        assert getattr(figures, field) == pytest.approx(value, rel=1e-8), field


def test_holding_with_a_manager_for_each_agent_and_no_patience_loses_as_erlang_b():
    # Insensitivity: only the mean of the longer handling time matters.
    figures = theory.hold_for_manager(5, 1, 5, 0.4, 5, 0.5, patience_rate=1e7)
    assert figures.abandonment == pytest.approx(theory.erlang_b(5, 5 * (1 + 0.4 / 0.5)), rel=1e-5)


def test_holding_under_a_flood_serves_what_a_machine_repair_shop_does():
    # Agents never idle: agents ask at rate p each, one manager answers; product form of the closed network.
    agents, share, decision_rate, flood = 6, 0.3, 1.5, 400.0
    weights = [1.0]
    for held in range(1, agents + 1):
        weights.append(weights[-1] * (agents - held + 1) * share / decision_rate)
    held_mean = sum(held * weight for held, weight in enumerate(weights)) / sum(weights)
    figures = theory.hold_for_manager(flood, 1, agents, share, 1, decision_rate, 5.0)
    assert (1 - figures.abandonment) * flood == pytest.approx(agents - held_mean, rel=1e-8)
    assert theory.hold_capacity(1, agents, share, 1, decision_rate) == pytest.approx(agents - held_mean, rel=1e-12)
    assert figures.occupancy == pytest.approx(1, rel=1e-9)


def test_holding_agrees_with_a_chain_of_agents_one_by_one():
    rate, share, decision_rate, patience_rate, agents, managers, room = 3.0, 0.4, 0.9, 1.3, 3, 2, 12

    def flows(state: tuple[int, int, int, int]) -> list[tuple[float, tuple]]:
        handling, deciding, on_hold, queue = state
        taken = handling + deciding + on_hold
        arrives = (handling, deciding, on_hold, queue + 1) if taken == agents else (handling + 1, *state[1:])
        asks = (deciding + 1, on_hold) if deciding < managers else (deciding, on_hold + 1)
        fewer = (queue - 1) if queue else 0
        again = 1 if queue else 0
        decided = (deciding, on_hold - 1) if on_hold else (deciding - 1, 0)
        return [
            (rate * (queue < room), arrives),
            (handling * share, (handling - 1, *asks, queue)),
            (handling * (1 - share), (handling - 1 + again, deciding, on_hold, fewer)),
            (deciding * decision_rate, (handling + again, *decided, fewer)),
            (queue * patience_rate, (handling, deciding, on_hold, fewer)),
        ]

    shares = chain_shares((0, 0, 0, 0), flows)
    figures = theory.hold_for_manager(rate, 1, agents, share, managers, decision_rate, patience_rate, 0.4)
    expected = {
        "p_wait": mean(shares, lambda *state: sum(state[:3]) == agents),
        "mean_queue": mean(shares, lambda *state: state[3]),
        "abandonment": mean(shares, lambda *state: state[3]) * patience_rate / rate,
        "occupancy": mean(shares, lambda *state: sum(state[:3])) / agents,
        "manager_occupancy": mean(shares, lambda *state: state[1]) / managers,
        "agents_on_hold": mean(shares, lambda *state: state[2]),
        "mean_in_system": mean(shares, lambda *state: sum(state)),
    }
    for field, value in expected.items():
        assert getattr(figures, field) == pytest.approx(value, rel=1e-5), field


def test_service_level_on_hold_reaches_all_who_are_served():
    def level(target: float) -> float:
        return theory.hold_for_manager(4, 1, 4, 0.4, 1, 1, 0.5, target).service_level

    figures = theory.hold_for_manager(4, 1, 4, 0.4, 1, 1, 0.5, 0.0)
    assert figures.service_level == pytest.approx(1 - figures.p_wait, abs=1e-9)
    assert level(200) == pytest.approx(1 - figures.abandonment, abs=1e-8)
    # The area over the curve is the wait of the served.
    nodes, weights = np.polynomial.legendre.leggauss(40)
    horizon = 40.0
    over = [1 - figures.abandonment - level(horizon * (1 + node) / 2) for node in nodes]
    area = horizon / 2 * weights @ over
    assert area / (1 - figures.abandonment) == pytest.approx(figures.asa, rel=1e-6)


def test_holding_that_cannot_keep_up_is_refused():
    with pytest.raises(ValueError, match="add agents or managers"):
        theory.hold_for_manager(3, 1, 5, 0.5, 1, 1)


# --- transfer -----------------------------------------------------------------------------------------------


def test_transfer_without_abandonment_is_two_queues_in_a_row():
    figures = theory.transfer_to_second_tier(3.5, 1, 5, 0.2, 2, 0.6, target=0.3)
    first, second = theory.erlang_c(3.5, 1, 5, 0.3), theory.erlang_c(0.7, 0.6, 2, 0.3)
    for field, value in vars(first).items():
        assert getattr(figures.first, field) == pytest.approx(value, rel=1e-9), field
    for field, value in vars(second).items():
        assert getattr(figures.second, field) == pytest.approx(value, rel=1e-7), field
    assert figures.mean_time_in_system == pytest.approx(
        first.mean_time_in_system + 0.2 * second.mean_time_in_system, rel=1e-7
    )


def test_transfer_with_abandonment_agrees_with_a_chain():
    rate, agents, share, managers, decision_rate, patience_rate, room = 3.0, 2, 0.4, 1, 2.0, 1.5, 20

    def flows(state: tuple[int, int]) -> list[tuple[float, tuple]]:
        here, there = state
        busy = min(here, agents)
        return [
            (rate * (here < room), (here + 1, there)),
            (busy * share * (there < room), (here - 1, there + 1)),
            (busy * (1 - share) + (here - busy) * patience_rate, (here - 1, there)),
            (min(there, managers) * decision_rate, (here, there - 1)),
        ]

    shares = chain_shares((0, 0), flows)
    figures = theory.transfer_to_second_tier(rate, 1, agents, share, managers, decision_rate, patience_rate)
    assert figures.mean_in_system == pytest.approx(mean(shares, lambda here, there: here + there), rel=1e-6)
    queue = mean(shares, lambda here, there: max(there - managers, 0))
    assert figures.second.mean_queue == pytest.approx(queue, rel=1e-5)
    # Little's law at the second tier, whose wait comes from the queue that a passed-on customer meets.
    passed_on = rate * (1 - figures.first.abandonment) * share
    assert figures.second.mean_wait == pytest.approx(queue / passed_on, rel=1e-5)


def test_abandonment_can_relieve_the_second_tier():
    # 0.4 x 6 would be too much for managers who decide 1.5 a unit; two agents hand on 0.4 x 2 at most.
    figures = theory.transfer_to_second_tier(6, 1, 2, 0.4, 1, 1.5, 1)
    assert figures.second.occupancy == pytest.approx(0.4 * 2 * figures.first.occupancy / 1.5, rel=1e-7)


def test_transfer_to_too_few_managers_is_refused():
    with pytest.raises(ValueError, match="add managers"):
        theory.transfer_to_second_tier(3.5, 1, 5, 0.5, 1, 1, 1)


# --- coming back --------------------------------------------------------------------------------------------


def test_nobody_redials_or_returns_is_erlang_a():
    plain = theory.erlang_a(6, 1, 5, 0.5, 0.2)
    for figures in (
        theory.redial(6, 1, 5, 0.5, 0, 1, 0.2),
        theory.return_of_unresolved(6, 1, 5, 0, 1, 0.5, 0.2),
    ):
        for field, value in vars(plain).items():
            assert getattr(figures, field) == pytest.approx(value, rel=1e-7), field
        assert figures.contacts_per_issue == pytest.approx(1, rel=1e-12)
        assert figures.p_lost == pytest.approx(plain.abandonment, rel=1e-7)


def test_redialling_until_served_without_patience_is_the_retrial_queue():
    # Falin & Templeton 1997: mean orbit = load (rate + load x retry rate) / ((1 - load) retry rate).
    rate, retry_rate = 0.7, 0.5
    figures = theory.redial(rate, 1, 1, 1e7, 1, retry_rate)
    orbit = rate * (rate + rate * retry_rate) / ((1 - rate) * retry_rate)
    assert figures.mean_orbit == pytest.approx(orbit, rel=1e-5)
    assert figures.occupancy == pytest.approx(rate, rel=1e-5)
    assert figures.p_lost == 0


def orbit_chain(rate, agents, patience_rate, p_redial, p_return, delay_rate, room) -> dict[tuple, float]:
    def flows(state: tuple[int, int]) -> list[tuple[float, tuple]]:
        here, away = state
        busy, waiting = min(here, agents), max(here - agents, 0)
        leaves = (here - 1, away + 1 if away < room else away)
        return [
            (rate * (here < room), (here + 1, away)),
            (away * delay_rate * (here < room), (here + 1, away - 1)),
            (busy * p_return, leaves),
            (waiting * patience_rate * p_redial, leaves),
            (busy * (1 - p_return) + waiting * patience_rate * (1 - p_redial), (here - 1, away)),
        ]

    return chain_shares((0, 0), flows)


def test_redialling_agrees_with_a_chain():
    rate, agents, patience_rate, p_redial, delay_rate = 2.5, 2, 1.5, 0.6, 0.8
    shares = orbit_chain(rate, agents, patience_rate, p_redial, 0, delay_rate, 22)
    figures = theory.redial(rate, 1, agents, patience_rate, p_redial, delay_rate, 0.3)
    contacts = mean(shares, lambda here, away: rate + away * delay_rate)
    waits = mean(shares, lambda here, away: (rate + away * delay_rate) * (here >= agents))
    assert figures.mean_orbit == pytest.approx(mean(shares, lambda here, away: away), rel=1e-5)
    assert figures.mean_queue == pytest.approx(mean(shares, lambda here, away: max(here - agents, 0)), rel=1e-5)
    assert figures.contacts_per_issue == pytest.approx(contacts / rate, rel=1e-6)
    assert figures.p_wait == pytest.approx(waits / contacts, rel=1e-6)


def test_redialling_keeps_its_books():
    figures = theory.redial(5.5, 1, 5, 1, 0.5, 0.1, 0.2)
    lost = figures.contacts_per_issue * figures.abandonment
    assert figures.contacts_per_issue == pytest.approx(1 + 0.5 * lost, rel=1e-9)
    assert figures.occupancy * 5 == pytest.approx(5.5 * (1 - figures.p_lost), rel=1e-9)
    # The shares by place in the queue add to the abandonment that the mean queue gives.
    everybody = theory.redial(5.5, 1, 5, 1, 0.5, 0.1, 1e3).service_level
    assert everybody == pytest.approx(1 - figures.abandonment, abs=1e-8)


def test_returns_without_abandonment_are_erlang_c_at_a_higher_rate_and_patience_tends_to_it():
    product = theory.return_of_unresolved(3.5, 1, 5, 0.2, 0.1, target=0.2)
    queue = theory.erlang_c(3.5 / 0.8, 1, 5, 0.2)
    for field, value in vars(queue).items():
        assert getattr(product, field) == value, field
    assert product.mean_orbit == pytest.approx(8.75)
    patient = theory.return_of_unresolved(3.5, 1, 5, 0.2, 0.1, patience_rate=1e-7, target=0.2)
    for field, value in vars(product).items():
        assert getattr(patient, field) == pytest.approx(value, rel=1e-4, abs=1e-5), field


def test_returns_with_abandonment_agree_with_a_chain():
    shares = orbit_chain(2.0, 2, 1.2, 0, 0.3, 0.9, 22)
    figures = theory.return_of_unresolved(2.0, 1, 2, 0.3, 0.9, 1.2)
    assert figures.mean_orbit == pytest.approx(mean(shares, lambda here, away: away), rel=1e-6)
    assert figures.mean_in_system == pytest.approx(mean(shares, lambda here, away: here), rel=1e-6)
    assert figures.p_lost == pytest.approx(mean(shares, lambda here, away: max(here - 2, 0)) * 1.2 / 2, rel=1e-6)


# --- retention ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("alpha", "beta", "year_12"), [(0.668, 3.806, 0.378), (0.704, 1.182, 0.170)])
def test_sbg_extrapolates_the_two_published_cohorts(alpha, beta, year_12):
    assert float(theory.sbg_survival(alpha, beta, 12)) == pytest.approx(year_12, abs=5e-4)


def test_sbg_survival_is_the_product_of_its_retention_and_the_mean_over_the_beta_law():
    alpha, beta, years = 0.668, 3.806, np.arange(1, 13)
    product = np.cumprod(theory.sbg_retention(alpha, beta, years))
    np.testing.assert_allclose(theory.sbg_survival(alpha, beta, years), product, rtol=1e-12)
    leave = np.random.default_rng(5).beta(alpha, beta, 200_000)
    stayed = (1 - leave) ** 6
    error = stayed.std() / math.sqrt(stayed.size)
    assert abs(stayed.mean() - float(theory.sbg_survival(alpha, beta, 6))) < 4 * error


def test_sbg_lifetimes_are_the_discounted_sums():
    alpha, beta, rate, periods = 0.668, 3.806, 0.1, np.arange(600)
    survival, discount = theory.sbg_survival(alpha, beta, periods), (1 + rate) ** -periods.astype(float)
    assert theory.sbg_lifetime(alpha, beta, rate) == pytest.approx(survival @ discount, rel=1e-12)
    residual = survival[4:] @ discount[:-4] / survival[3]
    assert theory.sbg_residual_lifetime(alpha, beta, rate, renewals=3) == pytest.approx(residual, rel=1e-12)
    # Undiscounted, with alpha above 1, the sum is (alpha + beta - 1) / (alpha - 1).
    assert theory.sbg_lifetime(3, 2, 0) == pytest.approx(2, rel=1e-12)


def test_sbg_refuses_an_infinite_lifetime():
    with pytest.raises(ValueError, match="discount_rate above 0"):
        theory.sbg_lifetime(0.668, 3.806, 0)


# --- cascades and Bass --------------------------------------------------------------------------------------


def degree_law(degree: int) -> list[float]:
    return [0.0] * degree + [1.0]


@pytest.mark.parametrize(("told", "threshold"), [(4, 1 / 3), (12, 1 / 11)])
def test_a_cascade_needs_more_than_one_further_listener(told, threshold):
    below, above = (theory.cascade(degree_law(told), threshold + shift) for shift in (-1e-3, 1e-3))
    assert below.reproduction < 1 < above.reproduction
    assert below.p_global == 0 < above.p_global
    # On a tree of degree k below the threshold: 1 + k T + k T (k - 1) T + ...
    assert below.mean_small_outbreak == pytest.approx(
        1 + told * (threshold - 1e-3) / (1 - below.reproduction), rel=1e-9
    )


@pytest.mark.parametrize("pass_on", [0.51, 0.6, 0.9, 1.0])
def test_with_three_ties_each_the_share_has_a_closed_form(pass_on):
    figures = theory.cascade(degree_law(3), pass_on)
    assert figures.share_reached == pytest.approx(1 - ((1 - pass_on) / pass_on) ** 3, rel=1e-9)


def test_poisson_ties_give_the_final_size_of_an_epidemic():
    ties = np.array([math.exp(k * math.log(5) - 5 - math.lgamma(k + 1)) for k in range(80)])
    figures = theory.cascade(ties, 0.4)
    assert figures.reproduction == pytest.approx(2, rel=1e-9)
    assert figures.share_reached == pytest.approx(1 - math.exp(-2 * figures.share_reached), rel=1e-9)
    # Small outbreaks are those of the dual, subcritical branching process.
    assert figures.mean_small_outbreak == pytest.approx(1 / (1 - 2 * (1 - figures.share_reached)), rel=1e-9)


def test_a_drawn_graph_percolates_as_the_generating_functions_say():
    shares, pass_on, people = np.array([0, 0.3, 0.2, 0.1, 0, 0, 0.4]), 0.4, 4_000
    generator = np.random.default_rng(11)
    largest, small = [], []
    for _ in range(40):
        degrees = generator.choice(len(shares), size=people, p=shares)
        ends = generator.permutation(np.repeat(np.arange(people), degrees))
        ends = ends[: ends.size // 2 * 2].reshape(-1, 2)
        ends = ends[generator.random(len(ends)) < pass_on]
        graph = sparse.coo_array((np.ones(len(ends)), ends.T), shape=(people, people))
        sizes = np.sort(np.bincount(csgraph.connected_components(graph, directed=False)[1]))
        largest.append(sizes[-1] / people)
        small.append((sizes[:-1] ** 2).sum() / sizes[:-1].sum())
    figures = theory.cascade(shares, pass_on)
    for sample, value in ((largest, figures.share_reached), (small, figures.mean_small_outbreak)):
        error = np.std(sample, ddof=1) / math.sqrt(len(sample))
        assert abs(np.mean(sample) - value) < 4 * error + value / people


def test_bass_solves_its_equation_and_peaks_where_it_says():
    innovation, imitation = 0.03, 0.38
    times = np.linspace(0, 30, 30_001)
    share = theory.bass_share(times, innovation, imitation)
    slope = np.gradient(share, times)
    expected = (innovation + imitation * share) * (1 - share)
    np.testing.assert_allclose(slope[1:-1], expected[1:-1], atol=1e-6)
    peak = theory.bass_peak_time(innovation, imitation)
    assert peak == pytest.approx(times[slope.argmax()], abs=2e-3)
    assert theory.bass_peak_time(0.4, 0.3) == 0


# --- bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.erlang_b(-1, 2), r"erlang_b: agents is -1; give a whole number of at least 0"),
        (lambda: theory.erlang_c(5, 1, 5), r"erlang_c: the load is 1 times the capacity of the agents"),
        (lambda: theory.erlang_a(5, 1, 5, -0.1), r"erlang_a: patience_rate is -0.1"),
        (lambda: theory.erlang_a(5, math.nan, 5, 0.1), r"service_rate is nan; give a finite number above 0"),
        (lambda: theory.mg1(1, 1, 1), r"mg1: the load is 1"),
        (lambda: theory.mg1_priorities([0.1], [1, 2], [1]), r"differ in length"),
        (lambda: theory.hold_for_manager(1, 1, 2, 5, 1, 1), r"\(5 % is 0.05\)"),
        (lambda: theory.return_of_unresolved(1, 1, 2, 1, 1), r"no issue ever ends"),
        (lambda: theory.redial(5, 1, 5, 1, 1, 1), r"redial: the load is 1"),
        (lambda: theory.sbg_retention(1, 1, [0, 1]), r"periods contains a number below 1"),
        (lambda: theory.cascade([0.5, 0.4], 0.5), r"degrees add to 0.9"),
        (lambda: theory.hyperexponential_patience((0.5, 0.4), (1, 2)), r"shares that add to 1"),
    ],
)
def test_bad_input_is_refused_with_the_fix(call, message):
    with pytest.raises(ValueError, match=message):
        call()
