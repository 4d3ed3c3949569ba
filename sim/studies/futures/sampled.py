"""Settings of policies that are sampled too: what one chooses, beside what one does not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sim.inputs.policies import Bundle, Policy, PolicyError
from sim.inputs.uncertainties import Range
from sim.running.experiment import AnyPolicy
from sim.studies.levers import Lever, LeverError, read_levers

Policies = Mapping[str, AnyPolicy | None]
"""Label of each policy, the baseline's first, and the policy; None means no policy."""


def sampled(given: Iterable[str], policies: Policies) -> tuple[Range, ...]:
    """Return the range of each sampled setting; levers are written as in `sim.studies.levers`.

    Raises
    ------
    LeverError : one that cannot be read, or that no policy has; a setting that stays, or steps.
    """
    texts = tuple(given) if isinstance(given, list | tuple) else given
    if isinstance(texts, tuple) and not texts:
        return ()
    space = read_levers(texts)
    for policy, own in space.fixed.items():
        setting = next(iter(own))
        raise LeverError(f"lever {policy} {setting} has no range; set it in the policy that is compared instead.")
    return tuple(_range(lever, policies) for lever in space.levers)


def _range(lever: Lever, policies: Policies) -> Range:
    name = f"lever {lever.policy} {lever.setting}"
    if lever.step is not None:
        raise LeverError(f"{name}: futures sample any level; leave the step out.")
    parts = [part for policy in policies.values() if policy for part in policy.parts if part.name == lever.policy]
    if not parts:
        raise LeverError(f"{name}: no policy that is compared has {lever.policy}; add it, or leave the lever out.")
    value = getattr(parts[0], lever.setting)
    for end in (lever.low, lever.high):
        try:
            replace(parts[0], **{lever.setting: end})  # type: ignore[arg-type]  # the policy checks it
        except PolicyError as error:
            raise LeverError(f"{name}: {error}") from error
    return Range(lever.name, "", float(value), lever.low, lever.high)


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
