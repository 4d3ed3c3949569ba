"""What a change does not move in the model, and how a planner may say that it does: elasticities, off unless given."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.errors import InputError
from sim.wording import listed

Text = Annotated[str, Field(min_length=1, pattern=r"\S", strict=True)]
EXAMPLE = "wage:turnover=-0.5"


class ResponseError(InputError):
    """A response that cannot be read, or that nothing calls for."""


class Response(BaseModel):
    """How a parameter responds to the change of another; the attributes stand in links.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: Text
    moves: Text
    how: Literal["factor", "inverse", "odds"]
    range: tuple[float, float]
    source: Text
    note: Text

    def factor(self, ratio: float, elasticity: float, before: float) -> float:
        """Return what the moved parameter is multiplied by when its cause becomes ``ratio`` times as large.

        >>> links()["wage_agent"].response[0].factor(1.1, -0.5, 0.33)  # doctest: +ELLIPSIS
        0.9534...
        """
        power = float(ratio**elasticity)
        if self.how == "factor":
            return power
        if self.how == "inverse":
            return 1.0 / power
        odds = power * before / (1.0 - before)
        return odds / (1.0 + odds) / before


class Link(BaseModel):
    """What is missing where a parameter changes, and the responses that may be given for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    called: Text
    missing: Text
    response: tuple[Response, ...] = ()


@cache
def links() -> dict[str, Link]:
    """Return what is known to be missing, by the parameter that changes."""
    tables = tomllib.loads((files("sim.inputs") / "links.toml").read_text("utf-8"))
    return {name: Link(**table) for name, table in tables.items()}


def missing(changed: Iterable[str], given: Mapping[tuple[str, str], float]) -> list[str]:
    """Return a sentence for each changed parameter whose effects the model does not have, with what may be given.

    >>> missing(["marketing"], {})
    ['Not in the model: marketing has no effect on who joins; --response marketing:joining=E adds it.']
    """
    found = []
    for name in changed:
        link = links().get(name)
        if link is None or any(cause == name for cause, _ in given):
            continue
        able = listed([f"--response {link.called}:{one.effect}=E" for one in link.response] or [""])
        more = f"; {able} add{'s' if len(link.response) == 1 else ''} it" if link.response else ""
        found.append(f"Not in the model: {link.missing}{more}.")
    return found


def read_responses(texts: Iterable[str]) -> dict[tuple[str, str], float]:
    """Read responses: CAUSE:EFFECT=ELASTICITY.

    >>> read_responses(["wage:turnover=-0.5"])
    {('wage_agent', 'turnover'): -0.5}

    Raises
    ------
    ResponseError : text that cannot be read, a response that there is not, or an elasticity outside its range.
    """
    found: dict[tuple[str, str], float] = {}
    known = {(link.called, one.effect): (cause, one) for cause, link in links().items() for one in link.response}
    for text in texts:
        pair, _, amount = text.partition("=")
        cause, _, effect = (part.strip().lower() for part in pair.partition(":"))
        if (cause, effect) not in known:
            able = ", ".join(f"{a}:{b}" for a, b in known)
            raise ResponseError(
                f"response {text}: there is no response {pair!r}; give one of {able}, such as {EXAMPLE}."
            )
        name, response = known[cause, effect]
        try:
            elasticity = float(amount)
        except ValueError as error:
            raise ResponseError(f"response {text}: {amount!r} is not a number; write {EXAMPLE}.") from error
        low, high = response.range
        if not low <= elasticity <= high:
            raise ResponseError(
                f"response {text}: {elasticity:g} is outside the believable range, {low:g} to {high:g}."
            )
        if (name, effect) in found:
            raise ResponseError(f"response {pair} appears twice; keep one.")
        found[name, effect] = elasticity
    return found
