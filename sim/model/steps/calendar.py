"""Days, opening hours, and when a contact comes."""

import sim.model.columns as t
from sim.model.draws import CONTACT_DAY, CONTACT_TIME, REOPEN_TIME, uniform

# isort: off
from sim.model.state import DAYS, FREE_LIST, LISTED, LIST_PEOPLE, LIST_ROOM, NEXT_LIST, Params, State
from sim.model.clock import DAY, HALF_HOUR, WEEK_DAYS

# isort: on


def schedule(state: State, person: int, day: int) -> None:
    """Put a person's next moment into a list of its day; beyond the horizon there is none."""
    if day >= state.company_i[DAYS]:
        return
    lists = state.lists
    here = state.calendar[day]
    if here < 0 or lists[LISTED, here] == LIST_ROOM:
        full = here
        here = state.company_i[FREE_LIST]
        state.company_i[FREE_LIST] = lists[NEXT_LIST, here]
        lists[NEXT_LIST, here] = full
        lists[LISTED, here] = 0
        state.calendar[day] = here
    lists[LIST_PEOPLE + lists[LISTED, here], here] = person
    lists[LISTED, here] += 1


def moments_of(state: State, day: int) -> list[int]:
    """Return the people whose moment is on a day, in their order."""
    people = []
    here = state.calendar[day]
    while here >= 0:
        people += [state.lists[LIST_PEOPLE + k, here] for k in range(state.lists[LISTED, here])]
        here = state.lists[NEXT_LIST, here]
    return sorted(people)


def forget_day(state: State, day: int) -> None:
    """Give the lists of a day back once they have been read."""
    here = state.calendar[day]
    state.calendar[day] = -1
    while here >= 0:
        behind = state.lists[NEXT_LIST, here]
        state.lists[NEXT_LIST, here] = state.company_i[FREE_LIST]
        state.company_i[FREE_LIST] = here
        here = behind


def is_open(state: State, now: int) -> bool:
    """Whether the centre takes contacts at an instant."""
    day = now // DAY
    weekday = day % WEEK_DAYS
    moment = now - day * DAY
    return state.hours[weekday, 0] <= moment < state.hours[weekday, 1]


def time_of_day(state: State, day: int, u: float) -> int:
    """Time of day (ticks) at which a contact comes, from the profile of that weekday."""
    weekday = day % WEEK_DAYS
    last = state.profile.shape[1] - 1
    x = u * last
    k = int(x)
    if k >= last:
        k = last - 1
    low = state.profile[weekday, k]
    return low + int((x - k) * (state.profile[weekday, k + 1] - low))


def contact_time(state: State, person: int, occasion: int, day: int) -> int:
    """Instant of a contact whose cause allows it from ``day`` on: the delay kernel, then the profile of the day."""
    u = uniform(state.keys, CONTACT_DAY, person, occasion)
    row = day if day < state.kernel.shape[0] else state.kernel.shape[0] - 1
    reach = state.kernel.shape[1]
    d = 0
    while d < reach - 1 and u > state.kernel[row, d]:
        d += 1
    day += d
    return day * DAY + time_of_day(state, day, uniform(state.keys, CONTACT_TIME, person, occasion))


def reopening(state: State, person: int, occasion: int, now: int) -> int:
    """Instant of the next attempt of somebody who found the centre closed: the next open day, by its profile.

    Not all at opening time: that surge alone would double abandonment.
    """
    day = now // DAY
    if now - day * DAY >= state.hours[day % WEEK_DAYS, 0]:
        day += 1
    while state.hours[day % WEEK_DAYS, 0] >= state.hours[day % WEEK_DAYS, 1]:
        day += 1
    weekday = day % WEEK_DAYS
    moment = time_of_day(state, day, uniform(state.keys, REOPEN_TIME, person, occasion))
    if moment < state.hours[weekday, 0]:
        moment = state.hours[weekday, 0]
    if moment >= state.hours[weekday, 1]:
        moment = state.hours[weekday, 1] - 1
    return day * DAY + moment


def next_open(state: State, now: int) -> int:
    """Return the first instant from ``now`` on at which the centre is open (a promise falls due in opening hours)."""
    if is_open(state, now):
        return now
    day = now // DAY
    if now - day * DAY >= state.hours[day % WEEK_DAYS, 0]:
        day += 1
    while state.hours[day % WEEK_DAYS, 0] >= state.hours[day % WEEK_DAYS, 1]:
        day += 1
    return day * DAY + state.hours[day % WEEK_DAYS, 0]


def next_shift(state: State, now: int) -> int:
    """Return the first instant after ``now`` at which the rota changes: opening, half-hours while open, closing.

    Past the horizon there is none: the end of the day after it stands for it.
    """
    day = now // DAY
    while day <= state.company_i[DAYS]:
        opening = state.hours[day % WEEK_DAYS, 0]
        closing = state.hours[day % WEEK_DAYS, 1]
        moment = now - day * DAY
        if opening < closing and moment < opening:
            return day * DAY + opening
        if opening < closing and moment < closing:
            at = (moment // HALF_HOUR + 1) * HALF_HOUR
            return day * DAY + (at if at < closing else closing)
        day += 1
    return day * DAY


def mean_handling(params: Params) -> float:
    """Handling minutes on which an announced wait is based: those of an enquiry, the commonest contact."""
    return params[t.HANDLING_ENQUIRY, 0]
