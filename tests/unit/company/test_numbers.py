"""The plain numbers of a company: what a file may say, and that each of them is something in the model."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.company.calibration.targets import RETURN
from sim.company.numbers import (
    HOURS,
    Company,
    NumberError,
    examples,
    numbers,
    read_hours,
    template,
    text_of,
    write_hours,
)
from sim.inputs.numbers.knobs import knobs
from sim.inputs.parameters import load
from sim.inputs.scenario import ScenarioError
from sim.outcomes.measures import CATALOGUE

CUSTOMERS = {"customers": 1000}
DAYS = st.lists(
    st.one_of(st.none(), st.tuples(st.integers(0, 47), st.integers(1, 48)).map(sorted)), min_size=7, max_size=7
)


# -- the catalogue ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", numbers().values(), ids=list(numbers()))
def test_every_number_is_something_in_the_model(number):
    assert number.measure is None or number.measure in CATALOGUE
    assert number.counted is None or number.counted in CATALOGUE
    assert number.sets is None or number.sets in load()
    served = [knob for knob in knobs().values() if number.key in knob.numbers]
    assert len(served) == (number.measure is not None and number.key != RETURN)


@pytest.mark.parametrize("knob", knobs().values(), ids=list(knobs()))
def test_every_knob_moves_parameters_within_believable_ends(knob):
    assert set(knob.moves) <= set(load())
    assert set(knob.numbers) | set(knob.with_) <= set(numbers())
    assert knob.low < knob.high
    parameter = load()[knob.moves[0]]
    if knob.how != "beta":  # the ends of any company hold those of the one that ships
        assert knob.low <= parameter.low
        assert parameter.high <= knob.high


def test_a_file_asks_for_every_number_and_says_what_it_means():
    text = template("my company", "my.toml")
    filled = "\n".join(
        line.removeprefix("#") if line.startswith("#") and line[1:2] != " " else line for line in text.splitlines()
    )
    found = Company.from_toml(filled)
    assert list(found.numbers) == list(numbers())
    assert all(number.about.split()[0] in text for number in numbers().values())
    assert tomllib.loads(text) == {"name": "my company", "numbers": {}}


def test_the_examples_of_the_file_are_a_company():
    """What stands behind the # are numbers like those of the default company, in the units that are understood."""
    values = {
        key: number.read(tomllib.loads(f"x = {number.example}")["x"], "")
        for key, number in numbers().items()
        if key != HOURS
    }
    assert values["handling_time"] == pytest.approx(408.0)
    assert values["gross_margin"] == 0.36
    assert values["customers"] == 25_000


# -- a company -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", examples())
def test_examples_load_and_come_back(name):
    company = Company.load(name)
    assert Company.from_toml(company.to_toml()) == company
    assert len(company.values()) >= 14
    assert company.hours is not None


def test_what_a_fit_found_is_kept():
    company = Company.from_toml(
        "[numbers]\ncustomers = 1000\n[parameters]\nhandling_cv = 1.1\npatience_mean = {regular = 3, priority = 5}\n"
        "[ranges]\nhandling_cv = [1.05, 1.15]\n"
    )
    basis = company.basis()
    assert basis.parameters["handling_cv"] == 1.1
    assert basis.ranges == {"handling_cv": (1.05, 1.15)}
    assert Company.from_toml(company.to_toml()) == company


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "customers is missing; write customers = 25_000"),
        ("[numbers]\nagents = 3", "customers is missing"),
        ("[numbers]\ncustomer = 3", "there is no number 'customer'; did you mean 'customers'?"),
        ("customers = 3", "there is no key 'customers'.* belongs below the line"),
        ("[numbers]\ncustomers = 3", "customers = 3 lies outside of 50 to 500000"),
        ("[numbers]\ncustomers = 'many'", "customers: .*'many'"),
        ("[numbers]\ncustomers = true", "customers = True is not a number"),
        ("[numbers]\ncustomers = [1]", "is not a number"),
        ("[numbers]\ncustomers = 1000\ngross_margin = 36", 'for per cent, write gross_margin = 0.36 or "36 %"'),
        (
            "[numbers]\ncustomers = 1000\nhandling_time = 6.8",
            'handling_time = 6.8 has no unit; write handling_time = "6.8 min"',
        ),
        ("[numbers]\ncustomers = 1000\nhandling_time = '6.8 apples'", "handling_time: unknown unit"),
        ("[numbers]\ncustomers = 1000\nopening_hours = 8", "opening_hours = 8 are not opening hours"),
        ("[numbers]\ncustomers = 1000\nopening_hours = 'all day'", "cannot read 'all day'"),
        ("[numbers]\ncustomers = 1000\nopening_hours = 'Mon-Fri 18-8'", "ends before it begins"),
        ("[numbers]\ncustomers = 1000\nopening_hours = 'Mon-Fri 8-18, Wed 9-12'", "names Wed twice"),
        ("[numbers]\ncustomers = 1000\nopening_hours = 'Mon-Fri 8-25'", "'25' .* is not a time of day"),
        ("[numbers]\ncustomers = 1000\nopening_hours = 'Mun 8-18'", "'Mun' .* is not a day"),
        ("numbers = 3", r"numbers must be a table \[numbers\]"),
        ("like = 'nobody'\n[numbers]\ncustomers = 1000", "nobody: no such file"),
        ("[numbers]\ncustomers = 1000\n[parameters]\nprise = 3", "did you mean 'price'"),
        ("[numbers\n", "not valid TOML"),
    ],
)
def test_what_a_file_says_wrongly_is_said_with_the_way_out(text, words):
    with pytest.raises((NumberError, ScenarioError, ValueError), match=words):
        Company.from_toml(text, "my.toml")


def test_a_company_that_is_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NumberError, match=r"make one with cxsim new mine.toml, or give one of bank-telephone"):
        Company.load("mine.toml")
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(NumberError, match="not text in UTF-8"):
        Company.load("mine.toml")


def test_an_example_is_a_file_to_begin_with():
    assert 'name = "ours"' in text_of("telecom", "ours")
    assert Company.from_toml(text_of("telecom", "ours")).values() == Company.load("telecom").values()
    with pytest.raises(NumberError, match="did you mean 'telecom'"):
        text_of("telekom")


# -- hours -----------------------------------------------------------------------------------------------------------


@given(DAYS.filter(any))
def test_hours_are_read_as_they_are_written(days):
    spans = [(0.0, 0.0) if day is None or day[0] == day[1] else (day[0] / 2, day[1] / 2) for day in days]
    hours = tuple(zip(*[(0.0, 0.0) if a == b else (a, b) for a, b in spans], strict=True))
    if any(b > a for a, b in spans):
        assert read_hours(write_hours(hours), "") == hours


def test_hours_in_a_planners_words():
    assert read_hours("daily 0-24", "") == ((0.0,) * 7, (24.0,) * 7)
    assert read_hours("monday-friday 8:15 - 18; SAT 9-13.5", "")[0] == (8.25, 8.25, 8.25, 8.25, 8.25, 9.0, 0.0)
