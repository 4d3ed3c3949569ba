"""Policies and their settings as text: NAME SETTING=VALUE ..., several of them joined by "+"."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import reduce
from operator import add

from sim.errors import unknown
from sim.inputs.policies.policy import Bundle, Policy, PolicyError

AskedPolicy = Policy | Bundle | str
"""A policy, or its text: "empowerment level=0.9 + training"."""
SeveralPolicies = AskedPolicy | Sequence[AskedPolicy | None]
"""One policy, or several; None means no policy."""
BASELINE = "baseline"
"""What no policy is called."""


def as_policy(given: AskedPolicy | None, where: str = "policy") -> Policy | Bundle | None:
    """Return a policy that may be given as text.

    >>> as_policy("training").label, as_policy(None)
    ('training', None)

    Raises
    ------
    PolicyError : unknown name or setting, or what is not a policy.
    """
    if isinstance(given, str):
        return read_policy(given, where)
    if given is not None and not isinstance(given, Policy | Bundle):
        raise PolicyError(f"{where}: {given!r} is not a policy; give one or its name, as in 'empowerment level=0.95'.")
    return given


def as_policies(given: SeveralPolicies, where: str = "policies") -> list[Policy | Bundle | None]:
    """Return the policies that are given as one, several, or text.

    >>> [policy.label for policy in as_policies("training")], as_policies([None])
    (['training'], [None])

    Raises
    ------
    PolicyError : as `as_policy`.
    """
    several: Sequence[AskedPolicy | None] = [given] if isinstance(given, Policy | Bundle | str) else given
    return [as_policy(policy, where) for policy in several]


def as_baseline(given: AskedPolicy | None, policies: Sequence[Policy | Bundle | None] = ()) -> Policy | Bundle | None:
    """Return the policy of a baseline, which may be given by the label of one of ``policies`` or as text.

    Raises
    ------
    PolicyError : text that is neither.
    """
    if not isinstance(given, str):
        return as_policy(given, "baseline")
    labels = {policy.label: policy for policy in policies if policy is not None} | {BASELINE: None}
    if given in labels:
        return labels[given]
    try:
        return read_policy(given, "baseline")
    except PolicyError as error:
        from sim.inputs.policies import BUNDLES, CATALOGUE

        if any(given.startswith(name) for name in (*CATALOGUE, *BUNDLES)):
            raise
        raise PolicyError(f"baseline: {unknown('policy', given, [*labels, *CATALOGUE, *BUNDLES])}") from error


def read_policy(text: str, where: str = "policy") -> Policy | Bundle:
    """Read a policy or bundle, such as "empowerment level=0.9 + training".

    >>> read_policy("empowerment level=0.9 + training").label
    'empowerment 90% + training'
    >>> read_policy("ten-keys strength=0.5").label
    'Ten keys x0.5'

    Raises
    ------
    PolicyError : unknown name or setting, or text that is not a policy; ``where`` says where it stands.
    """
    parts: list[list[str]] = [[]]
    for word in _words(text, where):
        if word == "+":
            parts.append([])
        else:
            parts[-1].append(word)
    return reduce(add, [_one(part, where) for part in parts])


def read_settings(text: str, where: str = "policy") -> tuple[str, dict[str, str]]:
    """Split NAME SETTING=VALUE ... into the name and the texts of its settings.

    >>> read_settings("rapport chance=0:0.8 start='1 years'")
    ('rapport', {'chance': '0:0.8', 'start': '1 years'})

    Raises
    ------
    PolicyError : text that is not a policy.
    """
    return _settings(_words(text, where), where)


def value(text: str) -> object:
    """Turn text into a truth value or a number where it is one; policies read units themselves."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _words(text: str, where: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise PolicyError(f"{where}: {error}; close the quotation mark.") from error


def _one(words: Sequence[str], where: str) -> Policy | Bundle:
    from sim.inputs.policies import policy_from_dict

    name, settings = _settings(words, where)
    return policy_from_dict({"name": name} | {key: value(text) for key, text in settings.items()}, where)


def _settings(words: Sequence[str], where: str) -> tuple[str, dict[str, str]]:
    if not words:
        raise PolicyError(f"{where}: there is no name; write NAME SETTING=VALUE, such as empowerment level=0.95.")
    settings: dict[str, str] = {}
    for word in words[1:]:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise PolicyError(f"{where}: cannot read {word!r}; write SETTING=VALUE without spaces around the sign.")
        if name in settings:
            raise PolicyError(f"{where}: {name} appears twice; keep one.")
        settings[name] = text
    return words[0], settings
