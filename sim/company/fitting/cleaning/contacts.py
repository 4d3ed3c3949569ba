"""Contact records: arrival, wait, outcome and time with an agent, from whichever columns a system gives.

A contact whose wait or service is impossible is still an arrival, so only that cell is left blank. Times between two
stamps are taken in UTC where the time zone is known. What was not over when the extract ends is censored there: in the
queue, or with an agent; so is a contact of which nobody wrote down what became of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sim.company.fitting.clean import Clean
from sim.company.fitting.cleaning.rows import keep, left_out
from sim.company.fitting.conversion import TABLE, Converted
from sim.company.fitting.database import quoted
from sim.company.fitting.stamps import in_utc

LONGEST_WAIT, LONGEST_SERVICE = 3600.0, 7200.0
"""Seconds: an hour in the queue and two with an agent are believed of any centre; more is only where it is usual ..."""
TIMES_USUAL, USUAL = 10.0, 0.95
"""... that is up to this many times the duration that this share of the durations does not exceed."""
AROUND, LEAST_AROUND_DAYS = 0.025, 31
"""An arrival is far from all others when it is more than the span of the middle 95 % of them (a month at least) away
from these: clocks that were reset give dates of years ago."""
STILL_WAITING, STILL_SERVED = 0.99, 0.95
"""Who has no outcome when the extract ends is still waiting if that makes the wait no longer than this share of the
others; if longer, the outcome is missing. The same with an agent."""
HALF_DAY = 43_200

VIEW, TIMES = "contact_durations", "contact_times"
ANSWERED, ABANDONED, CENSORED, IGNORED = "answered", "abandoned", "censored", "ignored"


@dataclass(frozen=True)
class Limits:
    """What a duration may be, in seconds, and when the extract ends (SQL of a TIMESTAMP in UTC)."""

    wait: float
    service: float
    still_waiting: float
    still_served: float
    end: str


def clean(typed: Converted) -> Clean:
    """Clean contact records; see `sim.company.fitting.clean.Clean` for the columns.

    Raises
    ------
    RecordsError : when no row is left.
    """
    reasons = left_out(typed) | _reasons(typed)
    _times(typed)
    _durations(typed)
    limits = _limits(typed)
    remarks = [*_clock_changes(typed), *_inferred(typed)]
    found = keep(typed, VIEW, _columns(typed, limits), reasons, _unused(typed, limits), remarks)
    return replace(found, remarks=(*found.remarks, *_censored(found)))


def _censored(found: Clean) -> Iterator[str]:
    """Tell how many contacts nobody saw the end of."""
    served = "service_censored" if found.has("service") else "false"
    waiting, serving = found.connection.execute(
        f"select count(*) filter (outcome = '{CENSORED}'), count(*) filter ({served}) from {found.table}"
    ).fetchall()[0]
    if waiting:
        yield (
            f"What became of {waiting:,} contacts is not told: those that may still wait when the records end count as "
            "waiting until then, the others as waiting as long as is known."
        )
    if serving:
        yield f"{serving:,} contacts may still be with an agent when the records end: their time is taken as longer."


# -- rows ------------------------------------------------------------------------------------------------------------


def _reasons(typed: Converted) -> dict[str, str]:
    reasons = {}
    if typed.has("outcome"):
        reasons["its outcome says to ignore it"] = f"outcome = '{IGNORED}'"
    reasons["the arrival cannot be read"] = "arrival_bad"
    reasons["the arrival is missing"] = "arrival is null"
    first, last = _usual_arrivals(typed)
    reasons["the arrival is far from all others"] = f"arrival < {first} or arrival > {last}"
    if typed.has("queued", "outcome"):
        reasons["gave up before joining the queue"] = f"outcome = '{ABANDONED}' and queued = false"
    return reasons


def _usual_arrivals(typed: Converted) -> tuple[str, str]:
    """SQL of the earliest and latest arrival that is not far from all others."""
    row = typed.connection.execute(
        f"select quantile_disc(arrival, [{AROUND}, {1 - AROUND}]) from {TABLE} where arrival is not null"
    ).fetchone()
    if not row or not row[0]:
        return "timestamp '-infinity'", "timestamp 'infinity'"
    low, high = (f"timestamp '{end}'" for end in row[0])
    span = f"greatest({high} - {low}, interval {LEAST_AROUND_DAYS} days)"
    return f"({low} - {span})", f"({high} + {span})"


# -- times and durations ---------------------------------------------------------------------------------------------


def _times(typed: Converted) -> None:
    """View with every stamp as an instant in UTC: left_at, start_at, end_at."""
    stamps = {"left_at": "queue_exit", "start_at": "service_start", "end_at": "service_end"}
    selects = ", ".join(f"{_stamp(typed, concept)} as {name}" for name, concept in stamps.items())
    typed.connection.execute(f"create or replace temp view {TIMES} as select *, {selects} from {TABLE}")


def _stamp(typed: Converted, concept: str) -> str:
    if not typed.has(concept):
        return "null::timestamp"
    if typed.formats.get(concept) is not None and typed.formats[concept].time:  # type: ignore[union-attr]
        return f"{concept}_at"
    # A time of day: on the day of the arrival, or after midnight.
    moment = f"date_trunc('day', arrival) + to_microseconds(round({concept}_clock * 1e6)::bigint)"
    late = f"case when {concept}_clock < epoch(arrival::time) - {HALF_DAY} then interval 1 day else interval 0 day end"
    return in_utc(f"({moment} + {late})", typed.zone)


def _durations(typed: Converted) -> None:
    """View with what became of each contact as far as the row tells, and its durations as they stand there."""
    given = {name: name if typed.has(name) else "null::double" for name in ("wait", "service", "wrap", "duration")}
    outcome, service = _outcome(typed), f"coalesce({given['service']}, {_between('start_at', 'end_at')})"
    agent = "agent" if typed.has("agent") else "null::bigint"
    # What holds for those who were answered, and for those who gave up, where nothing better is known.
    answered = f"coalesce({_between('arrival_at', 'start_at')}, {given['duration']} - {service})"
    gave_up = f"coalesce({given['duration']}, {_between('arrival_at', 'end_at')})"
    typed.connection.execute(
        f"create or replace temp view {VIEW} as select * replace (coalesce(told, case when serving > 0 then "
        f"'{ANSWERED}' end) as told), coalesce({given['wait']}, {_between('arrival_at', 'left_at')}, "
        f"case told when '{ANSWERED}' then {answered} when '{ABANDONED}' then {gave_up} end) as waited "
        f"from (select *, {outcome} as told, {service} as serving, {given['wrap']} as wrapped, {agent} as by "
        f"from {TIMES})"
    )


def _between(first: str, last: str) -> str:
    return f"(epoch({last}) - epoch({first}))"


def _outcome(typed: Converted) -> str:
    """SQL of the outcome; without such a column, whoever was with an agent was answered and the others gave up."""
    if typed.has("outcome"):
        return "outcome"
    served = ["start_at is not null"]
    served += ["service > 0"] if typed.has("service") else []
    served += ["agent is not null"] if typed.has("agent") else []
    over = ["left_at is not null", "end_at is not null"]
    over += [f"{name} is not null" for name in ("wait", "duration") if typed.has(name)]
    return f"case when {' or '.join(served)} then '{ANSWERED}' when {' or '.join(over)} then '{ABANDONED}' end"


def _inferred(typed: Converted) -> list[str]:
    if typed.has("outcome"):
        return []
    return ["No column tells the outcome: contacts with an agent count as answered, the others as abandoned."]


# -- what is believed ------------------------------------------------------------------------------------------------


def _limits(typed: Converted) -> Limits:
    wait, still_waiting = _limit(typed, "waited", LONGEST_WAIT, STILL_WAITING)
    service, still_served = _limit(typed, "serving", LONGEST_SERVICE, STILL_SERVED)
    first, last = _usual_arrivals(typed)
    took = " + ".join(
        f"case when {name} between 0 and {limit} then {name} else 0 end"
        for name, limit in (("waited", wait), ("serving", service))
    )
    row = typed.connection.execute(
        f"select max(arrival_at + to_microseconds(round(({took}) * 1e6)::bigint)) from {VIEW} "
        f"where arrival between {first} and {last}"
    ).fetchone()
    return Limits(
        wait, service, still_waiting, still_served, f"timestamp '{row[0]}'" if row and row[0] else "null::timestamp"
    )


def _limit(typed: Converted, name: str, least: float, still: float) -> tuple[float, float]:
    row = typed.connection.execute(
        f"select quantile_cont({name}, [{USUAL}, {still}]) from {VIEW} where {name} > 0"
    ).fetchone()
    usual, most = row[0] if row and row[0] else (0.0, 0.0)
    limit = max(least, TIMES_USUAL * usual)
    return limit, min(most, limit)


def _believed(name: str, limit: float, least: str = ">= 0") -> str:
    return f"case when {name} {least} and {name} <= {limit} then {name} end"


def _columns(typed: Converted, limits: Limits) -> dict[str, str]:
    """Columns of the clean table as SQL."""
    since, waited = _between("arrival_at", limits.end), _believed("waited", limits.wait)
    waiting = f"case when told is null and waited is null and {since} <= {limits.still_waiting} then {since} end"
    columns = {"arrival": "arrival", "wait": f"coalesce({waited}, {waiting})"}
    columns["outcome"] = f"case when told in ('{ANSWERED}', '{ABANDONED}') then told else '{CENSORED}' end"
    if typed.has("service") or typed.has("service_end"):
        served, going_on = _believed("serving", limits.service, "> 0"), _going_on(typed, limits)
        is_answered = f"told = '{ANSWERED}'"
        columns["service"] = f"case when {is_answered} then coalesce({served}, {going_on}) end"
        columns["service_censored"] = f"({is_answered} and serving is null and {going_on} is not null)"
    if typed.has("wrap"):
        columns["wrap"] = f"case when told = '{ANSWERED}' then {_believed('wrapped', limits.service)} end"
    columns |= {name: name for name in ("type", "customer", "segment") if typed.has(name)}
    if typed.has("agent"):
        columns["agent"] = "agent::integer"
    return columns


def _going_on(typed: Converted, limits: Limits) -> str:
    """SQL of the seconds that a contact without an end has been with an agent when the extract ends."""
    start = "coalesce(start_at, arrival_at + to_microseconds(round(waited * 1e6)::bigint))"
    since = _between(start, limits.end)
    bad = " or ".join(f"{name}_bad" for name in ("service", "service_end") if typed.has(name))
    return f"case when serving is null and not ({bad}) and {since} between 0 and {limits.still_served} then {since} end"


def _unused(typed: Converted, limits: Limits) -> dict[str, str]:
    """Cells that are not used, in words and as conditions."""
    found = {
        f"the {name} cannot be read": f"{name}_bad"
        for name in ("outcome", "wait", "service", "wrap")
        if typed.has(name)
    }
    stamps = {"queue_exit": "time of leaving the queue", "service_start": "start of service", "service_end": "end"}
    found |= {f"the {what} cannot be read": f"{name}_bad" for name, what in stamps.items() if typed.has(name)}
    if typed.has("wait"):
        found["the wait is negative"] = "wait < 0"
    if typed.has("queue_exit") or typed.has("service_start"):
        found["left the queue before arriving"] = f"{'wait is null and ' if typed.has('wait') else ''}waited < 0"
    found["the wait is absurdly long"] = f"waited > {limits.wait}"
    if typed.has("service"):
        found["the service is negative"] = f"told = '{ANSWERED}' and service < 0"
    if typed.has("service_end"):
        own = "service is null and " if typed.has("service") else ""
        found["ended before it was answered"] = f"told = '{ANSWERED}' and {own}serving < 0"
    found["answered, but no time with an agent"] = f"told = '{ANSWERED}' and serving = 0"
    found["the service is absurdly long"] = f"told = '{ANSWERED}' and serving > {limits.service}"
    if typed.has("wrap"):
        found["the wrap-up is negative or absurdly long"] = f"wrapped < 0 or wrapped > {limits.service}"
    return found


# -- clock changes ---------------------------------------------------------------------------------------------------


def _clock_changes(typed: Converted) -> list[str]:
    """Tell how many arrivals lie in hours that the clock skipped, or that came twice."""
    if typed.zone is None:
        return []
    found = typed.formats.get("arrival")
    if found is not None and found.offset:
        return []
    there = f"timezone({quoted(typed.zone)}, arrival)"
    skipped = typed.count(f"timezone({quoted(typed.zone)}, {there}) <> arrival")
    again = " or ".join(
        f"timezone({quoted(typed.zone)}, {there} {sign} interval 1 hour) = arrival" for sign in ("+", "-")
    )
    twice = typed.count(again)
    remarks = []
    if skipped:
        remarks.append(
            f"{skipped:,} arrivals lie in an hour that the clock skipped in {typed.zone}; they are kept as written."
        )
    if twice:
        remarks.append(
            f"{twice:,} arrivals lie in an hour that came twice in {typed.zone}; nobody knows which, so durations "
            "between stamps may be an hour off there."
        )
    return remarks
