"""What the company's promises are up against: how much is promised, the work pressure, and capacity to keep them."""

import sim.model.columns as t
from sim.model.rules.promise import promised, strain
from sim.model.state import EXPECT_ENQUIRY, EXPECT_RECOVERY, MINOR_CASE, PRESSURE, SEGMENT, Params, State


def promise_strain(state: State, params: Params, segment: int) -> float:
    """Log odds of keeping a promise that are lost today."""
    return strain(
        params[t.PROMISE_LEVEL, segment],
        params[t.PROMISE_STRAIN, segment],
        state.company[PRESSURE],
        params[t.PRESSURE_REFERENCE, 0],
        params[t.PROMISE_LOAD, 0],
        params[t.PROMISE_CAPACITY, segment] * params[t.PROMISE_CAPACITY_GAIN, segment],
    )


def raise_hopes(state: State, params: Params, person: int, kind: int) -> None:
    """Let a promise that is made in a case lift, or lower, what is expected of its kind."""
    segment = state.status[SEGMENT, person]
    level = params[t.PROMISE_LEVEL, segment]
    if level != 0.0 and params[t.CHANNEL_PROMISES, 0] > 0.0:
        field = EXPECT_ENQUIRY if kind < MINOR_CASE else EXPECT_RECOVERY
        usual = params[t.REFERENCE_EXPECTATION, segment]
        state.person[field, person] = promised(
            state.person[field, person], level, params[t.PROMISE_LIFT, segment], usual
        )
