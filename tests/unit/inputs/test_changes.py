"""What if a number were otherwise: how a change is written, read, made and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim
from sim import engines
from sim.inputs.changes import ONLY_AT_START, WhatIfError, difference, options, read_options, what_if
from sim.inputs.links import ResponseError, links, missing, read_responses
from sim.inputs.numbers import numbers
from sim.inputs.parameters import load
from sim.inputs.policies import Change, PolicyError, policy_from_dict
from sim.model import columns

SMALL = sim.Scenario.load("small_company")
TINY = SMALL.override(market_size=1500).change(years=0.2, warm_up=0.1)
AGENTS, PRICE = float(SMALL.value("employees")), float(SMALL.value("price"))
FORMS = {
    "agents=-2": ("employees", AGENTS - 2),
    "agents=−2": ("employees", AGENTS - 2),
    "agents = +1": ("employees", AGENTS + 1),
    "Agents=4": ("employees", 4.0),
    "employees=4": ("employees", 4.0),
    "agents=x2": ("employees", 2 * AGENTS),
    "agents=+50%": ("employees", 1.5 * AGENTS),
    "price=+2%": ("price", 1.02 * PRICE),
    "price=+2 %": ("price", 1.02 * PRICE),
    "price=-1,5 %": ("price", 0.985 * PRICE),
    "price=+2 percent": ("price", 1.02 * PRICE),
    "average_order=95": ("price", 95.0),
    "average order=95": ("price", 95.0),
    "shrinkage=+2pp": ("shrinkage", float(SMALL.value("shrinkage")) + 0.02),
    "shrinkage=-2 points": ("shrinkage", float(SMALL.value("shrinkage")) - 0.02),
    "shrinkage=31 %": ("shrinkage", 0.31),
    "shrinkage=x1.1": ("shrinkage", 1.1 * float(SMALL.value("shrinkage"))),
    "callback=60%": ("callback", 0.6),
    "wrap_minutes=+30 s": ("wrap_minutes", float(SMALL.value("wrap_minutes")) + 0.5),
    "promise_strain==-0.5": ("promise_strain", -0.5),
}
REFUSED = {
    "shrinkage=+2%": r"2 percentage points or 2 % of it; write \+2pp, or x1.02",
    "agnets=-2": "did you mean 'agents'",
    "csat=80%": "what the model works out",
    "average_wait=-10%": "what the model works out",
    "volume=540": r"write contacts_a_day=\+10%",
    "agents": "NAME=VALUE",
    "agents=": "NAME=VALUE",
    "agents=-2, agents=+1": "appears twice",
    "agents=-2, employees=+1": "two of the numbers change employees",
    "agents=-200": "impossible",
    "price=-100%": "amounts above 0",
    "price=abc": "cannot read 'abc'",
    "price=+abc": "cannot read 'abc'",
    "hours=Mon-Fri 20-8": "ends before it begins",
    "open_hour=+1": "list of numbers",
    "volume=-100%": "above -100 %",
}


def in_force(scenario: sim.Scenario, name: str) -> float:
    """Value of a parameter on the first measured day."""
    resolved = scenario.resolve()
    return float(resolved.phases[-1][1][columns.row(name), 0])


@pytest.mark.parametrize("text", FORMS)
def test_a_change_does_what_it_says(text: str) -> None:
    name, value = FORMS[text]
    assert in_force(SMALL.under(what_if(SMALL, text)), name) == pytest.approx(value)


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_is_refused_in_words(text: str) -> None:
    with pytest.raises(WhatIfError, match=REFUSED[text]):
        what_if(SMALL, text)


def test_hours_hold_from_the_start_and_may_hold_commas() -> None:
    change = what_if(SMALL, "longer: hours=Mon-Fri 8-20, Sat 9-13, agents=+1")
    scenario = SMALL.under(change)
    assert (change.label, scenario.value("open_hour")) == ("longer", (8.0, 8.0, 8.0, 8.0, 8.0, 9.0, 0.0))
    assert scenario.value("close_hour") == (20.0, 20.0, 20.0, 20.0, 20.0, 13.0, 0.0)
    assert in_force(scenario, "employees") == AGENTS + 1


def test_a_price_leaves_the_cost_of_goods_alone() -> None:
    scenario = SMALL.under(what_if(SMALL, "price=+10%"))
    cost = (1 - in_force(scenario, "gross_margin")) * in_force(scenario, "price")
    assert cost == pytest.approx((1 - float(SMALL.value("gross_margin"))) * PRICE)
    given = SMALL.under(what_if(SMALL, "price=+10%, gross_margin=40%"))
    assert in_force(given, "gross_margin") == 0.4


@pytest.mark.parametrize("key", [number.key for number in numbers().values() if number.sets])
def test_every_number_that_is_set_can_be_changed(key: str) -> None:
    name = str(numbers()[key].sets)
    before = float(SMALL.value(name))
    change = what_if(SMALL, f"{key}=x0.9")
    after = SMALL.under(change).value(name) if name in ONLY_AT_START else in_force(SMALL.under(change), name)
    assert after == pytest.approx(0.9 * before)


MEASURE = {"volume": "contacts_a_day", "purchases_a_year": "purchases_a_customer", "handling_time": "handling_s"}


@pytest.mark.parametrize("text", ["volume=+20%", "purchases_a_year=-10%", "handling_time=+15%"])
def test_a_number_that_comes_out_moves_nearly_as_far_as_asked(text: str) -> None:
    """To first order: within a quarter of the change that was asked for, in the default company."""
    key, _, asked = text.partition("=")
    measure = {"volume": "contacts_a_day", "purchases_a_year": "purchases_a_customer", "handling_time": "handling_s"}[
        key
    ]
    company = sim.Scenario.load("default").override(market_size=20_000).change(years=1, warm_up=0.2)
    study = sim.compare(company, vary=text, replications=3, engine="compiled", store=False)
    rows = study.compare().query("period == 'all'").set_index("measure").loc[measure]
    share = float(asked.rstrip("%")) / 100
    assert rows["mean_difference"] / rows["mean_baseline"] == pytest.approx(share, abs=abs(share) / 4)


def test_a_change_goes_through_a_file_and_back() -> None:
    change = what_if(SMALL, "cheap: agents=-2, hours=Mon-Fri 9-17, market_size=+10%")
    assert policy_from_dict(change.to_dict()) == change
    under = SMALL.under(change)
    assert sim.Scenario.from_toml(under.to_toml()) == under
    assert hash(change) == hash(policy_from_dict(change.to_dict()))


def test_what_holds_from_the_start_cannot_begin_later() -> None:
    with pytest.raises(PolicyError, match="open_hour can only be changed from the start"):
        Change(from_start=[("open_hour", (8.0,) * 7)], start=30)
    with pytest.raises(PolicyError, match="nothing is changed"):
        Change()


UNLIKE = (
    "market_size", "disposition_alpha", "repurchase_minor_silent", "reference_expectation", "degree_mean",
    "pest_share",
)  # fmt: skip


@pytest.mark.parametrize("name", UNLIKE)
def test_what_a_run_reads_at_its_start_is_changed_there(name: str) -> None:
    """On the first measured day these would do nothing, so the change would be accepted and lost."""
    plain, value = engines.run(TINY, engine="readable").digest(), float(np.mean(TINY.value(name)))

    late = Change(settings=[(name, "set", value * 0.7)])
    assert engines.run(TINY.under(late), engine="readable").digest() == plain
    assert engines.run(TINY.under(what_if(TINY, f"{name}=x0.7")), engine="readable").digest() != plain
    assert name in ONLY_AT_START


def test_options_by_title_or_as_texts() -> None:
    found = options(SMALL, {"cheap": {"agents": "-2", "callback": "60 %"}, "dear": "price=+2%"})
    assert [one.label for one in found] == ["cheap", "dear"]
    assert [one.label for one in options(SMALL, ["agents=-2", "dear: price=+2%"])] == ["agents=-2", "dear"]
    assert options(SMALL, "agents=-2") == options(SMALL, ["agents=-2"])
    with pytest.raises(WhatIfError, match=r"For a change, write it in quotes: agents = .-2"):
        options(SMALL, {"cheap": {"agents": -2}})  # a number of Python is a value


def test_files_of_options(tmp_path: Path) -> None:
    toml, csv, german = (tmp_path / name for name in ("a.toml", "a.csv", "b.csv"))
    toml.write_text('[cheap]\nagents = "-2"\ncallback = "60 %"\n[dear]\nprice = "+2%"\n', "utf-8")
    csv.write_text("option,agents,callback,price\ncheap,-2,60 %,\ndear,,,+2%\n", "utf-8")
    german.write_text("\ufeffoption;agents;callback;price\ncheap;-2;60 %;\ndear;;;+2%\n", "utf-8")
    wanted = {"cheap": {"agents": "-2", "callback": "60 %"}, "dear": {"price": "+2%"}}
    assert read_options(toml) == read_options(csv) == read_options(german) == wanted


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "", "holds no option"),
        ("a.toml", "agents = 2", "write .TITLE. above it"),
        ("a.toml", "[a", "a.toml"),
        ("a.csv", "option\ncheap\n", "a column with titles"),
        ("a.csv", "option,agents\nx,1\nx,2\n", "twice"),
        ("a.csv", b"option,agents\nx,\xff\n", "UTF-8"),
        ("a.xlsx", "no sheet", "cannot read it as a sheet"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, name: str, text: str | bytes, words: str) -> None:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(WhatIfError, match=words):
        read_options(file)
    with pytest.raises(WhatIfError, match="no such file"):
        read_options(tmp_path / "none.csv")


def test_two_companies_are_compared_as_one_and_its_change() -> None:
    other = TINY.override(employees=4, market_size=1400).change(name="other")
    change = difference(TINY, other)
    assert change.label == "other"
    assert dict(change.from_start) == {"employees": 4.0, "market_size": 1400.0}
    run = engines.run(TINY.under(change), engine="readable")
    assert run.digest() == engines.run(other, engine="readable").digest()
    with pytest.raises(WhatIfError, match="the same numbers"):
        difference(TINY, TINY.change(name="twin"))
    with pytest.raises(WhatIfError, match="differ in reading"):
        difference(TINY, other.change(reading="special"))


# -- responses ------------------------------------------------------------------------------------------------------

RESPONSES = [(cause, one.effect) for cause, link in links().items() for one in link.response]


@pytest.mark.parametrize(("cause", "effect"), RESPONSES)
def test_a_response_has_the_sign_of_its_elasticity_and_none_changes_nothing(cause: str, effect: str) -> None:
    response = next(one for one in links()[cause].response if one.effect == effect)
    end = max(response.range, key=abs)
    name = links()[cause].called
    plain = what_if(SMALL, f"{cause}=x1.1")
    assert what_if(SMALL, f"{cause}=x1.1", responses=[f"{name}:{effect}=0"]).settings[-1][2] == pytest.approx(1.0)
    moved = what_if(SMALL, f"{cause}=x1.1", responses=[f"{name}:{effect}={end}"])
    factor = {one[0]: one[2] for one in moved.settings}[response.moves]
    more = 1 / factor if response.how == "inverse" else factor
    assert (more > 1) == (end > 0)
    assert not any(one[0] == response.moves for one in plain.settings)


def test_every_response_moves_what_the_model_has_within_its_range() -> None:
    for name, link in links().items():
        assert name in load()
        for response in link.response:
            assert response.moves in columns.NAMES
            assert response.range[0] < response.range[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wage:joy=-0.5", "there is no response 'wage:joy'"),
        ("wage=-0.5", "there is no response 'wage'"),
        ("wage:turnover=much", "'much' is not a number"),
        ("wage:turnover=3", "outside the believable range"),
    ],
)
def test_responses_that_are_none_are_refused(text: str, words: str) -> None:
    with pytest.raises(ResponseError, match=words):
        read_responses([text])
    with pytest.raises(ResponseError, match="twice"):
        read_responses(["wage:turnover=-0.5", "wage:turnover=-0.6"])


def test_what_is_missing_is_said_unless_it_is_given() -> None:
    (said,) = missing(["wage_agent"], {})
    assert "who quits" in said
    assert "--response wage:turnover=E" in said
    assert missing(["wage_agent"], {("wage_agent", "turnover"): -0.5}) == []
    assert missing(["employees"], {}) == []
