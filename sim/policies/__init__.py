"""What a planner may change: small frozen objects, and the one catalogue of them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from sim.policies.authority import Empowerment, Escalation, SecondOpinion
from sim.policies.people import Rapport, Staffing, Training
from sim.policies.policy import Bundle, Policy, PolicyError, Row

__all__ = [
    "CATALOGUE", "Bundle", "Empowerment", "Escalation", "Policy", "PolicyError", "Rapport", "Row", "SecondOpinion",
    "Staffing", "Training", "policy_from_dict",
]  # fmt: skip

CATALOGUE: dict[str, type[Policy]] = {
    kind.name: kind for kind in (Empowerment, SecondOpinion, Escalation, Staffing, Training, Rapport)
}


def policy_from_dict(table: Mapping[str, object], where: str = "policy") -> Policy:
    """Build a policy from its TOML table; unknown names and settings are errors."""
    settings = dict(table)
    name = settings.pop("name", None)
    if name not in CATALOGUE:
        near = get_close_matches(str(name), list(CATALOGUE), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"give one of {', '.join(CATALOGUE)}."
        raise PolicyError(f"{where}: there is no policy {name!r}; {hint}")
    kind = CATALOGUE[str(name)]
    known = list(kind.__dataclass_fields__)
    for setting in settings:
        if setting not in known:
            raise PolicyError(f"{where}: {name} has no setting {setting!r}; it knows {', '.join(known)}.")
    try:
        return kind(**settings)  # type: ignore[arg-type]
    except PolicyError as error:
        raise PolicyError(f"{where}: {error}") from error
    except TypeError as error:
        raise PolicyError(f"{where}: {name}: {error}; correct the setting.") from error
