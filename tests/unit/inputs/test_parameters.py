"""Parameter files: what is refused and in which words, conversion, overrides, and the files that ship."""

import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import tomli_w

from sim.inputs import evidence
from sim.inputs.parameters import (
    ParameterError,
    UnitError,
    check_sources,
    convert,
    limits_problem,
    load,
    load_folder,
    outside_range,
)
from sim.inputs.parameters.units import CATALOGUE, declarable

PATIENCE = {
    "value": 7,
    "unit": "min",
    "range": [4.0, 12.0],
    "kind": "assumption",
    "source": "assumption",
    "note": "How long a caller waits on average.",
    "by_segment": {"priority": 10.0},
}
PROFILE = {
    "value": [0.25, 0.75],
    "unit": "share",
    "kind": "fitted",
    "source": ["bank-calls-1999", "brown-2005"],
    "note": "Share of calls by half day.",
}
SWITCH = {
    "value": True,
    "unit": "switch",
    "kind": "definition",
    "source": "definition",
    "note": "Whether it is on.",
}


def without(table: dict, *keys: str) -> dict:
    return {key: value for key, value in table.items() if key not in keys}


@pytest.fixture
def read(tmp_path):
    """Write tables to TOML files, given as file=tables, and read the folder."""

    def write_and_read(**files: dict):
        for name, tables in files.items():
            (tmp_path / f"{name}.toml").write_text(tomli_w.dumps(tables), encoding="utf-8")
        return load_folder(tmp_path)

    return write_and_read


@pytest.fixture
def parameters(read):
    return read(centre={"patience_mean": PATIENCE, "profile": PROFILE}, market={"flag": SWITCH})


# ---- reading --------------------


def test_a_complete_table_becomes_a_parameter(parameters):
    patience = parameters["patience_mean"]
    assert (patience.name, patience.subject, patience.value, patience.unit) == (
        "patience_mean",
        "centre",
        7.0,
        "min",
    )
    assert (patience.low, patience.high, patience.kind, patience.sources) == (
        4.0,
        12.0,
        "assumption",
        ("assumption",),
    )
    assert type(patience.value) is float
    assert patience.for_segment("priority") == 10.0
    assert patience.for_segment("regular") == 7.0


def test_lists_and_switches_become_floats(parameters):
    assert parameters["profile"].value == (0.25, 0.75)
    assert parameters["profile"].low is None
    assert parameters["flag"].value == 1.0
    assert type(parameters["flag"].value) is float


def test_parameters_cannot_be_changed(parameters):
    with pytest.raises(TypeError):
        parameters["patience_mean"] = parameters["profile"]
    with pytest.raises(ValueError, match="frozen"):
        parameters["patience_mean"].value = 1.0
    with pytest.raises(TypeError):
        parameters["patience_mean"].by_segment["priority"] = 1.0


def test_parameters_survive_the_way_to_a_worker(parameters):
    assert pickle.loads(pickle.dumps(parameters)) == parameters


def test_subjects_and_frame(parameters):
    assert parameters.subjects() == ("centre", "market")
    frame = parameters.frame()
    assert list(frame.columns) == [
        "subject", "name", "value", "unit", "low", "high", "kind", "source", "note",
    ]  # fmt: skip
    row = frame.set_index("name").loc["profile"]
    assert row["value"] == (0.25, 0.75)
    assert row["source"] == "bank-calls-1999, brown-2005"
    assert math.isnan(row["low"])


def test_an_assumed_list_needs_no_range(read):
    assumed = without(PROFILE, "source") | {"kind": "assumption", "source": "assumption"}
    assert read(a={"x": assumed})["x"].value == (0.25, 0.75)


def test_an_assumption_may_name_the_evidence_that_bounds_it(read):
    assert read(a={"x": PATIENCE | {"source": "bank-calls-1999"}})["x"].sources == ("bank-calls-1999",)


def test_a_segment_may_lie_outside_the_range(read):
    assert read(a={"x": PATIENCE | {"by_segment": {"priority": 20.0}}})["x"].for_segment("priority") == 20.0


@pytest.mark.parametrize("field", ["value", "unit", "kind", "source", "note", "range"])
def test_a_missing_field_is_refused(read, field):
    with pytest.raises(ParameterError, match=rf"a\.toml \[x\]: .*has no {field}\. Fix: write {field} = "):
        read(a={"x": without(PATIENCE, field)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "mns"}, "unknown unit 'mns'. Fix: did you mean 'min'"),
        ({"value": [5, 6], "unit": "mns", "by_segment": {}}, "unknown unit 'mns'"),
        ({"unit": "minutes"}, 'loose spelling. Fix: write "min"'),
        ({"unit": "%"}, "only for typing"),
        ({"unit": ""}, "unit cannot be ''"),
        ({"rnage": [1, 2]}, 'unknown key "rnage". Fix: did you mean "range"'),
        ({"value": 20}, "value 20 is outside its range [4, 12]"),
        ({"value": [5, 20], "by_segment": {}}, "outside its range [4, 12]"),
        ({"value": -1, "range": [-2, 3]}, "impossible: it must be 0 or more"),
        ({"range": [-2, 8]}, "-2 min is impossible"),
        ({"value": 1.2, "unit": "share", "range": [0, 2]}, "1.2 share is impossible: it must be between 0"),
        ({"value": 0.5, "unit": "switch", "range": [0, 1], "by_segment": {}}, "whole number"),
        ({"value": 2, "unit": "switch", "range": [0, 2], "by_segment": {}}, "between 0 and 1"),
        ({"value": math.nan}, "value cannot be nan"),
        ({"value": math.inf}, "value cannot be inf"),
        ({"value": [1.0, math.nan]}, "value cannot be"),
        ({"range": [4, math.inf]}, "range is not a finite number"),
        ({"value": "7"}, "value cannot be '7'"),
        ({"value": "7 min"}, "value cannot be '7 min'"),
        ({"value": True}, "true or false is not a number of min"),
        ({"value": []}, "value cannot be []"),
        ({"value": {"deeper": 1}}, "value cannot be {'deeper': 1}"),
        ({"range": [5]}, "range"),
        ({"range": [12, 4]}, "upside down"),
        ({"kind": "guess"}, "kind cannot be 'guess'. Fix: write kind = one of measured, literature"),
        ({"kind": "measured"}, 'kind "measured" cannot rest on source "assumption"'),
        ({"kind": "literature", "source": ["luca-2016", "assumption"]}, "cannot rest on"),
        ({"source": []}, "source cannot be []"),
        ({"source": " "}, "source cannot be ' '"),
        ({"note": "  "}, "note cannot be '  '"),
        ({"by_segment": {"priority": -1}}, "by_segment.priority -1 min is impossible"),
        ({"by_segment": {"priority": [1, 2]}}, "by_segment.priority has another shape than value"),
        ({"by_segment": {"priority": "10"}}, "by_segment cannot be '10'"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_with_place_and_fix(read, change, message):
    with pytest.raises(ParameterError) as refusal:
        read(a={"x": PATIENCE | change})
    text = str(refusal.value)
    assert text.startswith("a.toml [x]: ")
    assert message in text
    assert ". Fix: " in text
    assert not text.endswith("Fix: .")


def test_a_name_in_two_files_is_refused(read):
    with pytest.raises(ParameterError, match=r"b\.toml \[x\]: is also in a\.toml"):
        read(a={"x": PATIENCE}, b={"x": PATIENCE})


def test_a_bare_value_is_refused(read):
    with pytest.raises(ParameterError, match=r"a\.toml \[patience\]: is a bare value"):
        read(a={"patience": 7})


def test_a_name_that_is_not_snake_case_is_refused(read):
    with pytest.raises(ParameterError, match=r"\[PatienceMean\]: is not a usable name"):
        read(a={"PatienceMean": PATIENCE})


def test_broken_toml_is_refused_by_file_and_line(tmp_path):
    (tmp_path / "broken.toml").write_text("[x]\nvalue = \n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"broken\.toml: not valid TOML: .*line 2"):
        load_folder(tmp_path)


def test_an_unknown_source_is_refused(parameters):
    check_sources(parameters, {"assumption", "definition", "bank-calls-1999", "brown-2005"})
    with pytest.raises(ParameterError, match=r'centre\.toml \[profile\]: source "brown-2005" is unknown'):
        check_sources(parameters, {"assumption", "definition", "bank-calls-1999"})


# ---- units --------------------


@pytest.mark.parametrize(
    ("quantity", "unit", "number"),
    [
        (7, "min", 7.0),
        ("7", "min", 7.0),
        ("7 min", "min", 7.0),
        ("7min", "min", 7.0),
        (" 90  Seconds ", "min", 1.5),
        ("90 s", "h", 0.025),
        ("1.5 days", "h", 36.0),
        ("2 weeks", "days", 14.0),
        ("1 year", "days", 365.0),
        ("12 months", "years", 1.0),
        ("35 %", "probability", 0.35),
        ("35%", "share", 0.35),
        ("0.1 %", "score", 0.001),
        ("150 %", "ratio", 1.5),
        ("1e-3", "probability", 0.001),
        ("5.", "min", 5.0),
        ("-.5", "logit", -0.5),
        ("1 per day", "per year", 365.0),
        ("2 per hour", "per min", 2 / 60),
        ("1_000 money/day", "money/year", 365_000.0),
        (True, "switch", 1.0),
        (False, "switch", 0.0),
    ],
)
def test_conversion(quantity, unit, number):
    assert convert(quantity, unit) == number


@pytest.mark.parametrize(
    ("quantity", "unit", "words"),
    [
        ("7 min", "share", ["min", "share"]),
        ("30 %", "min", ["%", "min"]),
        ("3 people", "agents", ["people", "agents"]),
        ("2 per purchase", "per year", ["per purchase", "per year"]),
        ("5 money", "money/year", ["money", "money/year"]),
        ("7 mni", "min", ["unknown unit 'mni'", "did you mean 'min'"]),
        ("seven", "min", ["cannot read 'seven'"]),
        ("", "min", ["cannot read ''"]),
        ("1,000", "money", ["cannot read '1,000'"]),
        ("5__0", "money", ["cannot read"]),
        ("1e999999999", "min", ["unknown unit"]),
        (10**400, "min", ["too large"]),
        ("7 min 30 s", "min", ["min 30 s"]),
        ("nan", "min", ["cannot read 'nan'"]),
        ("1e999", "min", ["too large"]),
        (math.nan, "min", ["finite"]),
        (math.inf, "min", ["finite"]),
        (True, "min", ["true or false"]),
        (7, "mni", ["unknown unit"]),
    ],
)
def test_conversion_refuses(quantity, unit, words):
    with pytest.raises(UnitError) as refusal:
        convert(quantity, unit)
    for word in words:
        assert word in str(refusal.value)


@pytest.mark.parametrize("unit", declarable())
def test_every_unit_reads_back_what_it_writes(unit):
    assert convert(f"3.7 {unit}", unit) == 3.7


def test_units_of_one_dimension_convert_there_and_back():
    for a in CATALOGUE.values():
        for b in CATALOGUE.values():
            if a.dimension == b.dimension:
                there = convert(f"2 {a.name}", b.name)
                assert convert(f"{there!r} {b.name}", a.name) == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize(
    ("number", "unit", "possible"),
    [
        (0.0, "probability", True),
        (1.0, "share", True),
        (1.0001, "score", False),
        (-0.0001, "probability", False),
        (-1.0, "s", False),
        (-5.0, "logit", True),
        (-5.0, "elasticity", True),
        (-1.0, "money", False),
        (-1.0, "money/year", False),
        (-1.0, "per purchase", False),
        (3.0, "ratio", True),
        (-0.1, "ratio", False),
        (-0.1, "cv", False),
        (1.5, "index", False),
        (3.0, "index", True),
        (math.nan, "logit", False),
        (math.inf, "money", False),
    ],
)
def test_hard_limits(number, unit, possible):
    assert (limits_problem(number, unit) is None) == possible


# ---- overrides --------------------


def test_override_converts(parameters):
    assert parameters.override("patience_mean", "90 s") == 1.5
    assert parameters.override("patience_mean", 5) == 5.0
    assert parameters.override("profile", ["35 %", 0.65]) == (0.35, 0.65)
    assert parameters.override("flag", False) == 0.0


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("patience_men", 1, "there is no parameter 'patience_men'; did you mean 'patience_mean'?"),
        ("patience_mean", "3 people", "'3 people' is counted in people"),
        ("patience_mean", -1, "impossible"),
        ("patience_mean", "-1 s", "impossible"),
        ("patience_mean", math.nan, "finite"),
        ("patience_mean", None, "cannot be None; give a number in min"),
        ("patience_mean", [1.0, 2.0], "is one number"),
        ("patience_mean", True, "true or false"),
        ("profile", 0.5, "is 2 numbers"),
        ("profile", [0.5], "is 2 numbers"),
        ("profile", [0.5, 1.5], "impossible"),
        ("profile", "0.5", "is 2 numbers"),
        ("flag", 0.5, "whole number"),
    ],
)
def test_override_refuses_and_says_where(parameters, name, value, message):
    with pytest.raises(ParameterError) as refusal:
        parameters.override(name, value, where="mine.toml [set]")
    assert str(refusal.value).startswith("mine.toml [set]: ")
    assert message in str(refusal.value)


def test_outside_the_range_is_allowed_and_reported(parameters):
    assert parameters.override("patience_mean", 30) == 30.0
    assert outside_range(parameters["patience_mean"], 30.0)
    assert not outside_range(parameters["patience_mean"], 12.0)
    assert not outside_range(parameters["profile"], (0.9, 0.1))
    (sentence,) = parameters.outside({"patience_mean": 30.0, "profile": (0.9, 0.1)})
    assert "patience_mean = 30 min" in sentence
    assert "[4, 12]" in sentence


# ---- the files that ship --------------------


def test_the_shipped_files_load_and_rest_on_known_sources():
    parameters = load(evidence.sources())
    assert parameters, "no parameter file was found in sim/inputs/parameters"
    assert load() is parameters
    assert len(parameters.frame()) == len(parameters)
    folder = Path(__file__).parents[3] / "sim" / "inputs" / "parameters"
    assert set(parameters.subjects()) == {file.stem for file in folder.glob("*.toml")}


def test_loading_does_not_pull_in_pandas():
    code = "import sys; from sim.inputs.parameters import load; load(); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3]).returncode == 0
