"""Nothing the documents say is left lying: claims point at what carries them, and what carries them points back."""

from __future__ import annotations

import pytest

from sim.checks import claim_coverage
from sim.inputs import evidence
from sim.inputs.evidence.catalogue import Catalogue
from sim.inputs.policies import CATALOGUE


def test_no_claim_names_a_carrier_that_the_model_does_not_have() -> None:
    found = claim_coverage.unused()
    assert found.empty, found[["id", "carried", "missing"]].to_string()


def test_every_claim_but_context_has_a_carrier() -> None:
    for key, claim in evidence.claims().items():
        assert (claim.role == "context") != bool(claim.carried_by), key


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_policy_and_its_claims_name_each_other(name: str) -> None:
    claims = evidence.claims()
    stated = CATALOGUE[name].claims
    assert [key for key in stated if key not in claims] == [], "these claims do not exist"
    assert [key for key in stated if name not in claims[key].carried_by] == [], f"these do not name {name}"
    assert any(name in claim.carried_by for claim in claims.values()), "no claim is carried by it"


@pytest.mark.parametrize("name", list(evidence.readings()))
def test_a_reading_and_its_claims_name_each_other(name: str) -> None:
    named = {key for key, claim in evidence.claims().items() if name in claim.carried_by}
    assert named == set(evidence.readings()[name].claims)


def test_a_carrier_that_is_gone_is_found_with_a_near_name(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = evidence.claims()["rules-2018-train"]
    gone = claim.model_copy(update={"id": "gone", "carried_by": ("trainings",)})
    half = claim.model_copy(update={"id": "half", "carried_by": ("training", "trainings")})
    monkeypatch.setattr(evidence, "claims", lambda: Catalogue({"gone": gone, "half": half, "whole": claim}))
    found = claim_coverage.unused().set_index("id")
    assert list(found.index) == ["gone", "half"]
    assert list(found["carried"]) == ["no", "in part"]
    assert list(found["missing"]) == ["trainings", "trainings"]
    assert list(found["near"]) == ["training", "training"]


def test_every_kind_of_carrier_is_known() -> None:
    kinds = {kind for found in claim_coverage.known().values() for kind in found}
    assert kinds == {"policy", "bundle", "parameter", "derived row", "reading", "measure"}
