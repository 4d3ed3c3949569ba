"""Closed forms that check the engines. Nothing here simulates; it imports only math, NumPy and SciPy.

queues: Erlang B, C and A, M/G/1, priorities. patience: any distribution of patience. managers: hold or transfer for a
decision. returns: redials and returns. retention: the beta-geometric model and its relatives. buying: repeat purchases
of customers who leave unnoticed. cascades: word of mouth on a graph, the Bass curve.
"""

from sim.theory.buying import (
    bgnbd_alive,
    bgnbd_frequency,
    bgnbd_kept,
    bgnbd_log_likelihood,
    bgnbd_purchases,
    bgnbd_rate,
    bgnbd_score,
)
from sim.theory.cascades import bass_peak_time, bass_share, cascade
from sim.theory.figures import (
    CascadeFigures,
    HoldFigures,
    OrbitFigures,
    PriorityFigures,
    QueueFigures,
    TransferFigures,
)
from sim.theory.managers import hold_capacity, hold_for_manager, transfer_to_second_tier
from sim.theory.patience import deterministic_patience, hyperexponential_patience, mmn_g
from sim.theory.queues import erlang_a, erlang_b, erlang_c, mg1, mg1_priorities, mmn_priorities
from sim.theory.retention import (
    bdw_survival,
    sbg_lifetime,
    sbg_residual_lifetime,
    sbg_retention,
    sbg_survival,
    sbg_through,
)
from sim.theory.returns import redial, return_of_unresolved

__all__ = [
    "CascadeFigures",
    "HoldFigures",
    "OrbitFigures",
    "PriorityFigures",
    "QueueFigures",
    "TransferFigures",
    "bass_peak_time",
    "bass_share",
    "bdw_survival",
    "bgnbd_alive",
    "bgnbd_frequency",
    "bgnbd_kept",
    "bgnbd_log_likelihood",
    "bgnbd_purchases",
    "bgnbd_rate",
    "bgnbd_score",
    "cascade",
    "deterministic_patience",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "hold_capacity",
    "hold_for_manager",
    "hyperexponential_patience",
    "mg1",
    "mg1_priorities",
    "mmn_g",
    "mmn_priorities",
    "redial",
    "return_of_unresolved",
    "sbg_lifetime",
    "sbg_residual_lifetime",
    "sbg_retention",
    "sbg_survival",
    "sbg_through",
    "transfer_to_second_tier",
]
