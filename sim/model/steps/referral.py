"""Word of mouth: who tells whom, and what each listener then thinks."""

import sim.model.columns as t
from sim.model.draws import (
    FIRST_LISTENER,
    KIND_BITS,
    NTH_BITS,
    RETELL,
    STRANGER,
    TELL,
    TELL_COUNT,
    TOUCH_BITS,
    uniform,
)  # fmt: skip
from sim.model.draws import occasion as pack
from sim.model.rules.chance import faded, skipped
from sim.model.rules.experience import SATISFIED
from sim.model.rules.referral import heard_after, heard_weight

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, YEAR_DAYS
import sim.model.state as s

# isort: on
from sim.model.steps.books import count_of, record

# A story is numbered by its teller and the teller's case; a retelling draws by story and hit.
STORY_SHIFT = 32
HIT_BITS = 9
MOST_HITS = (1 << HIT_BITS) - 1
# The kind that a purchase without anything to report has among the keys of draws.
ROUTINE_KIND = (1 << KIND_BITS) - 1


def hear_out(state: State, params: Params, person: int, now: int) -> float:
    """Bring what a person heard up to date (it fades) and return it, in [-1, 1]."""
    heard = state.person[s.HEARD, person]
    if heard != 0.0:
        years = (now - state.person[s.HEARD_AT, person]) / (YEAR_DAYS * DAY)
        heard = faded(heard, years, params[t.HEARD_MEMORY, state.status[s.SEGMENT, person]])
        state.person[s.HEARD, person] = heard
    state.person[s.HEARD_AT, person] = float(now)
    return heard


def tell(state: State, params: Params, teller: int, key: int, felt_class: int, now: int) -> None:
    """Tell others of an episode, or not, by its class."""
    segment = state.status[s.SEGMENT, teller]
    chance = params[t.TELL_DELIGHTED + felt_class, segment] * params[t.WORD_OF_MOUTH, segment]
    if uniform(state.keys, TELL, teller, key) < chance:
        spread(state, params, teller, key, felt_class <= SATISFIED, now)


def tell_routine(state: State, params: Params, teller: int, now: int) -> None:
    """Tell others, well, of a purchase without anything to report."""
    segment = state.status[s.SEGMENT, teller]
    key = pack(state.status[s.MOMENT, teller], ROUTINE_KIND, 0, 0)
    if uniform(state.keys, TELL, teller, key) < params[t.WORD_OF_MOUTH, segment]:
        spread(state, params, teller, key, True, now)


def spread(state: State, params: Params, teller: int, key: int, good: bool, now: int) -> None:
    """Tell as many people as the reading says: neighbours in turn from a random one, strangers once they run out."""
    n = how_many(state, 0 if good else 1, uniform(state.keys, TELL_COUNT, teller, key))
    people = state.company_i[s.PEOPLE]
    if people <= 1:
        return
    count_of(state, teller, s.TELLERS_GOOD if good else s.TELLERS_BAD, 1)
    record(state, now, s.LOG_TOLD, teller, n, 1 if good else 0, 0, 0.0, 0.0)
    story = (teller << STORY_SHIFT | key >> (TOUCH_BITS + NTH_BITS)) + 1
    state.tally[s.STORY, teller] = story
    begin = state.first_edge[teller]
    degree = state.first_edge[teller + 1] - begin
    at = int(uniform(state.keys, FIRST_LISTENER, teller, key) * degree)
    for k in range(n if n < degree else degree):
        s.expect(state.person, state.edge[begin + (at + k) % degree])
        s.expect(state.status, state.edge[begin + (at + k) % degree])
        s.expect(state.tally, state.edge[begin + (at + k) % degree])
    waiting = 0
    for k in range(n):
        if k < degree:
            listener = state.edge[begin + (at + k) % degree]
        else:
            listener = int(uniform(state.keys, STRANGER, teller, key + k) * (people - 1))
            listener = listener if listener < teller else listener + 1
        if hear(state, params, listener, story, good, k >= degree, now):
            state.frontier[waiting] = listener
            waiting += 1
    if params[t.RETELL, 0] > 0.0:
        pass_on(state, params, story, good, waiting, now)


def how_many(state: State, row: int, u: float) -> int:
    """Number of people told by one who tells (row 0: of a good experience, 1: of a bad one), from its table."""
    n = 1
    while n < state.tells.shape[1] and u >= state.tells[row, n - 1]:
        n += 1
    return n


def pass_on(state: State, params: Params, story: int, good: bool, waiting: int, now: int) -> None:
    """Let those in the frontier retell a story to each own neighbour with a small chance, until nobody is left.

    Independent chances for all neighbours are drawn as the gaps between hits, one draw a hit.
    """
    chance = params[t.RETELL, 0]
    while waiting > 0:
        waiting -= 1
        reteller = state.frontier[waiting]
        begin = state.first_edge[reteller]
        end = state.first_edge[reteller + 1]
        hit = 0
        place = begin + skipped(uniform(state.keys, RETELL, reteller, story << HIT_BITS), chance)
        while place < end and hit < MOST_HITS:
            listener = state.edge[place]
            count_of(state, reteller, s.RETOLD, 1)
            if hear(state, params, listener, story, good, False, now):
                state.frontier[waiting] = listener
                waiting += 1
            hit += 1
            place += 1 + skipped(uniform(state.keys, RETELL, reteller, story << HIT_BITS | hit), chance)


def hear(state: State, params: Params, listener: int, story: int, good: bool, stranger: bool, now: int) -> bool:
    """Let one listener hear a story at once; return whether it was news to the listener."""
    count_of(state, listener, s.TOLD_GOOD if good else s.TOLD_BAD, 1)
    segment = state.status[s.SEGMENT, listener]
    before = hear_out(state, params, listener, now)
    weight = heard_weight(
        state.person[s.HABIT, listener],
        params[t.HEARD_DAMPING, segment],
        stranger,
        params[t.HEARD_STRANGER, segment],
    )
    after = heard_after(before, good, params[t.HEARD_UP, segment], params[t.HEARD_DOWN, segment], weight)
    state.person[s.HEARD, listener] = after
    count_of(state, listener, s.HEARD_GOOD if good else s.HEARD_BAD, 1)
    record(state, now, s.LOG_HEARD, listener, story - 1 >> STORY_SHIFT, 1 if good else 0, 0, before, after)
    news = state.tally[s.STORY, listener] != story
    state.tally[s.STORY, listener] = story
    return news
