"""A company day: pressure smoothed, stress decayed, agents gone and come, wages paid, the board filled in."""

import sim.model.columns as t
from sim.model.draws import QUIT, uniform
from sim.model.rules.authority import hundredths
from sim.model.rules.chance import HALF, faded
from sim.model.rules.staff import attitude_after, competence_at, courtesy, quit_chance, seats_for, stress_after

# isort: off
from sim.model.state import Params, State
from sim.model.clock import DAY, HALF_HOUR, HALF_HOURS, HOUR, WEEK_DAYS, YEAR_DAYS
import sim.model.state as s

# isort: on
from sim.model.steps.books import count, record, settle
from sim.model.steps.causes import causes_day
from sim.model.steps.voice import fade_reviews

GENERATION_SHIFT = 32


def company_day(state: State, params: Params, now: int) -> None:
    """Start a day of the company (the first event of the day)."""
    settle(state, now)
    day = now // DAY
    _smooth(state, params, day)
    _plan_positions(state, params, day)
    employed = 0
    stress = 0.0
    attitude = 0.0
    for position in range(state.agent_i.shape[1]):
        if _agent_day(state, params, position, day, now):
            employed += 1
            stress += state.agent[s.STRESS, position]
            attitude += state.agent[s.ATTITUDE, position]
    if employed > 0:
        state.company[s.MEAN_ATTITUDE] = attitude / employed
    _pay_day(state, params, employed)
    standing = causes_day(state, params, day, now)
    fade_reviews(state, params)
    _snapshot(state, day, employed, stress, standing)


def _smooth(state: State, params: Params, day: int) -> None:
    """Smooth work pressure (work over seats) and load (Erlangs) over yesterday, if the centre was open.

    Callers who hold the line press; those who are going to be called back do not.
    """
    if day == 0:
        return
    seats = state.board[s.ON_DUTY, day - 1]
    weekday = (day - 1) % WEEK_DAYS
    opened = state.hours[weekday, 1] - state.hours[weekday, 0]
    # Callers of a Saturday may still be served on a Sunday, when the centre is closed.
    if seats == 0 or opened == 0:
        return
    work = state.board[s.BUSY, day - 1]
    weight = 1.0 - faded(1.0, 1.0, params[t.PRESSURE_MEMORY, 0])
    holding_on = state.board[s.IN_LINE, day - 1] - state.board[s.CALLBACK_WAIT, day - 1]
    asked = (work + (holding_on if holding_on > 0 else 0)) / seats
    state.company[s.PRESSURE] += weight * (asked - state.company[s.PRESSURE])
    weight = 1.0 - faded(1.0, 1.0, params[t.STAFFING_LAG, 0])
    state.company[s.LOAD] += weight * (work / opened - state.company[s.LOAD])


def _plan_positions(state: State, params: Params, day: int) -> None:
    """Set the number of positions: as planned, or each Monday by the square-root rule when it follows the load."""
    wanted = state.company_i[s.POSITIONS]
    if params[t.STAFFING_FOLLOWS, 0] == 0.0:
        wanted = int(params[t.EMPLOYEES, 0] + HALF)
    elif day % WEEK_DAYS == 0:
        hours = 0
        for weekday in range(WEEK_DAYS):
            hours += state.hours[weekday, 1] - state.hours[weekday, 0]
        seats = seats_for(state.company[s.LOAD], params[t.STAFFING_BETA, 0])
        productive = params[t.WEEK_HOURS, 0] * (1.0 - params[t.SHRINKAGE, 0])
        wanted = int(seats * (hours / HOUR) / productive + HALF)
    most = state.agent_i.shape[1]
    state.company_i[s.POSITIONS] = wanted if wanted < most else most


def _agent_day(state: State, params: Params, position: int, day: int, now: int) -> bool:
    """Live one agent's day; return whether the position is filled."""
    staff = state.agent_i
    if position >= state.company_i[s.POSITIONS]:
        staff[s.EMPLOYED, position] = 0
        staff[s.VACANT_UNTIL, position] = day + int(params[t.HIRE_LAG, 0])
        return False
    if staff[s.EMPLOYED, position] == 0:
        if day < staff[s.VACANT_UNTIL, position]:
            return False
        _hire(state, params, position, day, now)
        return True
    _relax(state, params, position)
    key = position << GENERATION_SHIFT | staff[s.GENERATION, position]
    chance = quit_chance(
        params[t.QUIT_RATE, 0], params[t.QUIT_SLOPE, 0], _shown_stress(state, params, position),
        params[t.QUIT_STRESS, 0], params[t.QUIT_CAP, 0], 1.0 / YEAR_DAYS,
    )  # fmt: skip
    state.board_f[s.QUIT_RISK, day] += chance
    if uniform(state.keys, QUIT, key, day) < chance:
        staff[s.EMPLOYED, position] = 0
        staff[s.VACANT_UNTIL, position] = day + int(params[t.HIRE_LAG, 0])
        count(state, s.QUITS, 1)
        record(state, now, s.LOG_QUIT, -1, position, 0, 0, state.agent[s.STRESS, position], 0.0)
        return False
    _grow(state, params, position, day)
    return True


def _hire(state: State, params: Params, position: int, day: int, now: int) -> None:
    staff = state.agent_i
    staff[s.EMPLOYED, position] = 1
    staff[s.GENERATION, position] += 1
    staff[s.HIRED_DAY, position] = day
    state.agent[s.STRESS, position] = 0.0
    state.agent[s.ATTITUDE, position] = params[t.ATTITUDE_REFERENCE, 0]
    count(state, s.HIRES, 1)
    count(state, s.HIRING_COST, hundredths(params[t.HIRE_COST, 0]))
    record(state, now, s.LOG_HIRED, -1, position, 0, 0, 0.0, 0.0)
    _grow(state, params, position, day)


def _relax(state: State, params: Params, position: int) -> None:
    """Let stress decay for a day, and rise by yesterday's pressure above its reference."""
    memory = params[t.STRESS_MEMORY, 0] * (1.0 - params[t.VENTING_RELIEF, 0] * params[t.VENTING, 0])
    stress = faded(state.agent[s.STRESS, position], 1.0, memory)
    over = state.company[s.PRESSURE] / params[t.PRESSURE_REFERENCE, 0] - 1.0
    if over > 0.0:
        rise = params[t.STRESS_PRESSURE, 0] * (over if over < 1.0 else 1.0)
        stress = stress_after(stress, rise)
    state.agent[s.STRESS, position] = stress


def _grow(state: State, params: Params, position: int, day: int) -> None:
    """Set competence by tenure and training, attitude by tone and colleagues, and courtesy by stress and attitude."""
    training = params[t.TRAINING, 0] * params[t.TRAINING_COMPETENCE, 0]
    tenure = day - state.agent_i[s.HIRED_DAY, position]
    state.agent[s.COMPETENCE, position] = competence_at(
        params[t.NOVICE_COMPETENCE, 0], tenure, params[t.LEARNING_DAYS, 0], training
    )
    stress = _shown_stress(state, params, position)
    attitude = _attitude(state, params, position, stress)
    state.agent[s.ATTITUDE, position] = attitude
    if params[t.CHANNEL_STAFF, 0] == 0.0:
        attitude = params[t.ATTITUDE_REFERENCE, 0]
    state.agent[s.COURTESY, position] = courtesy(
        params[t.COURTESY_BASE, 0], stress, params[t.COURTESY_STRESS, 0], attitude, params[t.ATTITUDE_REFERENCE, 0],
        params[t.COURTESY_ATTITUDE, 0],
    )  # fmt: skip


def _shown_stress(state: State, params: Params, position: int) -> float:
    """Stress that shows in service and makes agents quit."""
    return params[t.QUIT_STRESS, 0] if params[t.CHANNEL_STAFF, 0] == 0.0 else state.agent[s.STRESS, position]


def _attitude(state: State, params: Params, position: int, stress: float) -> float:
    """Attitude of an agent today: the tone from the top at once, or on the way to it and to the colleagues."""
    tone = params[t.ATTITUDE_TONE, 0]
    if params[t.ATTITUDE_SPREAD, 0] == 0.0:
        return tone
    tone = tone - params[t.ATTITUDE_STRAIN, 0] * (stress - params[t.QUIT_STRESS, 0])
    return attitude_after(
        state.agent[s.ATTITUDE, position], tone, state.company[s.MEAN_ATTITUDE], params[t.ATTITUDE_TOP, 0],
        params[t.ATTITUDE_PEERS, 0],
    )  # fmt: skip


def _pay_day(state: State, params: Params, employed: int) -> None:
    """Book a day's wages, fixed costs and programmes (hundredths)."""
    count(state, s.WAGES_AGENTS, employed * hundredths(params[t.WAGE_AGENT, 0] / YEAR_DAYS))
    managers = int(params[t.MANAGERS, 0] + HALF)
    count(state, s.WAGES_MANAGERS, managers * hundredths(params[t.WAGE_MANAGER, 0] / YEAR_DAYS))
    count(state, s.OVERHEAD_COST, hundredths(params[t.OVERHEAD, 0] / YEAR_DAYS))
    count(state, s.MARKETING_COST, hundredths(params[t.MARKETING, 0] / YEAR_DAYS))
    per_agent = employed * params[t.PROGRAMME_COST_AGENT, 0]
    count(state, s.PROGRAMMES, hundredths((params[t.PROGRAMME_COST, 0] + per_agent) / YEAR_DAYS))
    launch = hundredths(params[t.LAUNCH_COST, 0]) - state.company_i[s.LAUNCHED]
    if launch > 0:
        count(state, s.LAUNCHES, launch)
        state.company_i[s.LAUNCHED] += launch


def _snapshot(state: State, day: int, employed: int, stress: float, standing: int) -> None:
    company = state.company_i
    day = day if day < company[s.BUCKETS] else company[s.BUCKETS] - 1
    state.board[s.DAY_CUSTOMERS, day] = company[s.CUSTOMERS_NOW]
    state.board[s.DAY_PROSPECTS, day] = company[s.PROSPECTS_NOW]
    state.board[s.DAY_AVOIDING, day] = company[s.AVOIDING_NOW]
    state.board[s.DAY_FIRED, day] = company[s.FIRED_NOW]
    state.board[s.DAY_CAUSES, day] = standing
    state.board[s.DAY_EMPLOYED, day] = employed
    state.board[s.DAY_OPEN_CASES, day] = company[s.OPEN_CASES]
    state.board_f[s.DAY_STRESS, day] = stress / employed if employed > 0 else 0.0
    state.board_f[s.DAY_PRESSURE, day] = state.company[s.PRESSURE]
    state.board_f[s.DAY_RATING, day] = state.company[s.RATING]
    state.board_f[s.DAY_ATTITUDE, day] = state.company[s.MEAN_ATTITUDE]
    state.board_f[s.DAY_EXCESS, day] = state.company[s.EXCESS]
    since = day - company[s.COHORT_START]
    if since >= 0 and since % YEAR_DAYS == 0 and since // YEAR_DAYS < company[s.COHORTS]:
        state.cohort[since // YEAR_DAYS, 0] = company[s.CUSTOMERS_NOW]


def on_duty(state: State, now: int, position: int) -> bool:
    """Whether an agent's position is manned in this half-hour: the rota turns by a position a day.

    Positions that are vacant leave their seat empty.
    """
    positions = state.company_i[s.POSITIONS]
    if position >= positions or state.agent_i[s.EMPLOYED, position] == 0:
        return False
    day = now // DAY
    weekday = day % WEEK_DAYS
    moment = now - day * DAY
    seats = state.rota[positions, weekday * HALF_HOURS + moment // HALF_HOUR]
    return (position + day) % positions < seats
