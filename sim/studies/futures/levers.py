"""Settings of policies that are sampled too: what one chooses, beside what one does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from sim.errors import unknown
from sim.inputs.policies import CATALOGUE, Bundle, Policy, PolicyError
from sim.inputs.uncertainties import Range
from sim.running.experiment import AnyPolicy
from sim.studies.futures.error import FuturesError

Policies = Mapping[str, AnyPolicy | None]
"""Label of each policy, the baseline's first, and the policy; None is no policy."""


def levers(given: Mapping[str, tuple[float, float]], policies: Policies) -> tuple[Range, ...]:
    """Return the range of each sampled setting, such as ``{"empowerment.level": (0.5, 1.0)}``.

    Raises
    ------
    FuturesError : an unknown policy or setting, one that no policy has, a setting that is no number, or an empty range.
    PolicyError : an end of the range that the policy refuses.
    """
    return tuple(_lever(key, tuple(ends), policies) for key, ends in given.items())


def _lever(key: str, ends: tuple[float, ...], policies: Policies) -> Range:
    name, dot, setting = key.partition(".")
    if not dot:
        raise FuturesError(f"lever {key!r}: write POLICY.SETTING, such as empowerment.level.")
    if name not in CATALOGUE:
        raise FuturesError(f"lever {key!r}: {unknown('policy', name, CATALOGUE)}")
    known = [one.name for one in fields(CATALOGUE[name])]
    if setting not in known:
        raise FuturesError(f"lever {key!r}: {unknown(f'setting of {name}', setting, known)}")
    part = next((part for policy in policies.values() if policy for part in policy.parts if part.name == name), None)
    if part is None:
        raise FuturesError(f"lever {key!r}: no policy that is compared has {name}; add it, or leave the lever out.")
    return _range(key, part, setting, ends)


def _range(key: str, part: Policy, setting: str, ends: tuple[float, ...]) -> Range:
    value = getattr(part, setting)
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise FuturesError(f"lever {key!r}: {setting} = {value!r} is no number, so it has no range; leave it out.")
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise FuturesError(f"lever {key!r}: the range {ends} is empty; give (low, high) with low below high.")
    for end in ends:
        try:
            replace(part, **{setting: end})  # type: ignore[arg-type]  # the policy checks it
        except PolicyError as error:
            raise FuturesError(f"lever {key!r}: {error}") from error
    return Range(key, "", float(value), float(ends[0]), float(ends[1]))


def with_settings(policy: AnyPolicy | None, values: Mapping[str, float]) -> AnyPolicy | None:
    """Return the policy with the sampled settings of its parts."""
    if policy is None:
        return None
    parts = tuple(_set(part, values) for part in policy.parts)
    return replace(policy, parts=parts) if isinstance(policy, Bundle) else parts[0]


def _set(part: Policy, values: Mapping[str, float]) -> Policy:
    own = {key.partition(".")[2]: value for key, value in values.items() if key.partition(".")[0] == part.name}
    return replace(part, **own) if own else part  # type: ignore[arg-type]  # checked in `_range`


def label(policy: AnyPolicy, sampled: Sequence[Range]) -> str:
    """Name a policy whose sampled settings no longer have one value."""
    if isinstance(policy, Bundle) and policy.title:
        told = [text for part in policy.parts for text in _told(part, sampled)]
        return f"{policy.title} ({', '.join(told)})" if told else policy.title
    names = []
    for part in policy.parts:
        told = _told(part, sampled)
        names.append(f"{part.name} ({', '.join(told)})" if told else part.label)
    return " + ".join(names)


def _told(part: Policy, sampled: Sequence[Range]) -> list[str]:
    of_part = [(one, one.name.partition(".")[2]) for one in sampled if one.name.partition(".")[0] == part.name]
    return [f"{setting} {one.low:g} to {one.high:g}" for one, setting in of_part]
