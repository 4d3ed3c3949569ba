"""Evidence: every number of the documents has a claim, every claim its evidence, every refusal its words."""

import csv
import importlib.util
import shutil
from collections import Counter
from pathlib import Path

import pytest
import tomli_w

from sim.inputs import evidence
from sim.inputs.evidence import EvidenceError
from sim.inputs.evidence.catalogue import read_claims, read_numbers, read_readings, read_sources
from sim.inputs.evidence.numerals import scan, scan_folder

SOURCE = {
    "title": "A post",
    "authors": "Somebody",
    "year": 2010,
    "file": "000",
    "what": "Says things.",
    "grade": "D",
    "seen": "read",
    "use": "With care.",
}
CLAIM = {
    "document": "post",
    "nature": "statistic",
    "text": "Three in four wait.",
    "value": 0.75,
    "unit": "share",
    "measures": "Nobody knows.",
    "origin": ["post"],
    "grade": "D",
    "role": "input",
    "carried_by": ["patience_mean"],
}
READING = {
    "title": "Few tell",
    "default": True,
    "good": {"form": "geometric", "mean": 4.0},
    "bad": {"form": "negative-binomial", "mean": 12.0, "dispersion": 0.5},
    "claims": ["wait"],
    "sources": ["post"],
    "note": "As written.",
}
SCALES = (1.0, 1 / 100, 1e6)  # as written, per cent, millions


def without(table: dict, *keys: str) -> dict:
    return {key: value for key, value in table.items() if key not in keys}


@pytest.fixture
def file(tmp_path):
    def write(name: str, tables: dict) -> Path:
        path = tmp_path / name
        path.write_text(tomli_w.dumps(tables), encoding="utf-8")
        return path

    return write


@pytest.fixture
def sources(file):
    return read_sources(file("sources.toml", {"post": SOURCE}))


@pytest.fixture
def claims(file, sources):
    return read_claims(file("claims.toml", {"wait": CLAIM}), sources)


# ---- what ships --------------------


def test_the_five_documents_are_sources():
    assert evidence.documents() == {
        "smart-2010": "000",
        "ten-keys-2013": "001",
        "attitude-2016": "002",
        "excellence-defined": "003",
        "rules-2018": "004",
    }


def test_every_document_has_claims_named_after_it():
    assert {claim.document for claim in evidence.claims().values()} == set(evidence.documents())
    for key, claim in evidence.claims().items():
        assert key.startswith(f"{claim.document}-")


def test_the_lists_of_the_documents_are_complete():
    """Ten keys, seven factors and ten rules: the numeral of each heading points at a claim of its own."""
    heads = {"ten-keys-2013": range(7, 17), "excellence-defined": range(5, 12)}
    for document, lines in heads.items():
        headed = {n.claim for n in evidence.numbers() if n.document == document and n.position.endswith(":1")}
        assert len(headed) == len(lines)
    rules = [n for n in evidence.numbers() if n.document == "rules-2018" and n.position.endswith(":1")]
    assert [n.number for n in rules] == list(range(1, 11))
    assert len({n.claim for n in rules}) == 10


def test_every_claim_with_a_value_has_its_number_in_the_document():
    listed = {}
    for number in evidence.numbers():
        listed.setdefault(number.claim, []).append(number.number)
    for key, claim in evidence.claims().items():
        if claim.no_number:
            assert key not in listed, f"{key} says why it has no number, but has one"
            continue
        written = [number * scale for number in listed.get(key, []) for scale in SCALES]
        for value in claim.values:
            assert any(value == pytest.approx(number) for number in written), f"{key}: {value} is not in the list"


def test_no_position_is_listed_twice():
    places = Counter((number.document, number.position) for number in evidence.numbers())
    assert places.most_common(1)[0][1] == 1


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("smart-2010-loyalty", 0.93),
        ("smart-2010-return-on-sales", 12.0),
        ("smart-2010-happy-tell", 4.0),
        ("smart-2010-unhappy-tell", 12.0),
        ("smart-2010-special-spreads", 15.0),
        ("smart-2010-fewer-issues", 40e6),
        ("ten-keys-2013-empowerment", 0.95),
        ("ten-keys-2013-three-times", 3.0),
        ("attitude-2016-premium", 0.10),
        ("attitude-2016-good-tell", (9.0, 12.0)),
        ("attitude-2016-poor-tell", 20.0),
        ("attitude-2016-quick-recovery", 0.82),
        ("attitude-2016-really-poor", 0.91),
        ("attitude-2016-rapport", 0.98),
        ("rules-2018-quick-resolution", 0.69),
        ("rules-2018-explain-again", 0.72),
        ("rules-2018-still-seek", 0.25),
        ("rules-2018-still-avoid", 0.39),
    ],
)
def test_the_statistics_carry_their_figures(claim, value):
    assert evidence.claims()[claim].value == value


def test_the_numbers_cover_the_documents():
    """Holds the list to its length, so that a lost row is seen without the documents at hand."""
    assert Counter(number.document for number in evidence.numbers()) == {
        "smart-2010": 16,
        "ten-keys-2013": 17,
        "attitude-2016": 11,
        "excellence-defined": 10,
        "rules-2018": 21,
    }


def test_the_list_is_what_the_documents_hold(data_folder):
    found = scan_folder(data_folder / "seeds", evidence.documents())
    listed = [(number.document, number.number, number.position) for number in evidence.numbers()]
    assert listed == [(number.document, number.value, number.position) for number in found]


def test_the_script_rebuilds_the_list_and_fails_for_a_number_without_a_claim(data_folder, tmp_path, monkeypatch):
    script = list_numbers()
    shipped = script.LIST.read_text(encoding="utf-8")
    monkeypatch.setattr(script, "LIST", tmp_path / "numbers.csv")
    script.LIST.write_text(shipped, encoding="utf-8")
    script.main()
    assert script.LIST.read_text(encoding="utf-8") == shipped
    script.LIST.write_text(shipped.replace("smart-2010,93,9:5,smart-2010-loyalty\n", ""), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"1 numbers have no claim:\n  smart-2010 9:5: 93"):
        script.main()


def list_numbers():
    path = Path(__file__).parents[3] / "experiments" / "list_numbers.py"
    spec = importlib.util.spec_from_file_location("list_numbers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_sentence_is_copied_from_the_documents(data_folder):
    run = 6
    copied = []
    for document, prefix in evidence.documents().items():
        (path,) = (data_folder / "seeds").glob(f"{prefix}_*")
        original = runs_of_words(path.read_text(encoding="utf-8"), run)
        for key, claim in evidence.claims().items():
            if claim.document == document and original & runs_of_words(claim.text, run):
                copied.append(key)
    assert copied == []


def runs_of_words(text: str, length: int) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def test_readings():
    readings = evidence.readings()
    assert [name for name, reading in readings.items() if reading.default] == ["smart-2010"]
    means = {name: (reading.good.mean, reading.bad.mean) for name, reading in readings.items()}
    assert means == {
        "smart-2010": (4.0, 12.0),
        "attitude-2016": (10.5, 10.0),
        "attitude-2016-mean": (10.5, 20.0),
        "special": (15.0, 12.0),
        "literature": (15.0, 24.0),
    }


def test_only_a_reading_of_the_whole_population_changes_how_many_tell_at_all():
    changed = [name for name, r in evidence.readings().items() if (r.good.teller_factor, r.bad.teller_factor) != (1, 1)]
    assert changed == ["literature"]


def test_every_reading_says_what_is_published_and_what_is_assumed():
    for reading in evidence.readings().values():
        assert reading.note.startswith("Published: ")
        assert "Assumed" in reading.note
        assert "teller_factor" not in reading.bad.model_fields_set or "Derived once: " in reading.note


@pytest.mark.parametrize("name", ["attitude-2016", "literature"])
def test_the_published_tail_comes_out_of_the_form(name):
    """A distribution, not a mean, carries "up to 20": its share above must come near the published one."""
    bad = evidence.readings()[name].bad
    assert share_above(bad, bad.tail_above) == pytest.approx(bad.tail_share, abs=0.01)


def test_twenty_taken_as_a_mean_misses_the_published_tail_by_far():
    assert share_above(evidence.readings()["attitude-2016-mean"].bad, 20) > 2 * 0.13


def share_above(tells, people):
    stats = pytest.importorskip("scipy.stats")
    if tells.form == "geometric":
        return stats.geom.sf(people, 1 / tells.mean)
    success = tells.dispersion / (tells.dispersion + tells.mean - 1)
    return stats.nbinom.sf(people - 1, tells.dispersion, success)


def test_frames_have_one_row_an_entry():
    for catalogue in (evidence.sources(), evidence.claims(), evidence.readings()):
        assert len(catalogue.frame()) == len(catalogue)
    assert {"good_mean", "bad_mean"} <= set(evidence.readings().frame().columns)


def test_records_cannot_be_changed():
    with pytest.raises(TypeError):
        evidence.claims()["smart-2010-happy-tell"] = None
    with pytest.raises(ValueError, match="frozen"):
        evidence.claims()["smart-2010-happy-tell"].value = 5.0


# ---- what is refused --------------------


@pytest.mark.parametrize("field", ["title", "authors", "what", "grade", "seen", "use"])
def test_a_source_without_a_field_is_refused(file, field):
    with pytest.raises(EvidenceError, match=rf"sources\.toml \[post\]: has no {field}\. Fix: "):
        read_sources(file("sources.toml", {"post": without(SOURCE, field)}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"grade": "E"}, "grade cannot be 'E'"),
        ({"seen": "recalled"}, 'seen = "recalled" cannot carry grade "D". Fix: write grade = "none"'),
        ({"sampel": "10"}, "unknown key \"sampel\". Fix: did you mean 'sample'"),
        ({"use": " "}, "use cannot be ' '"),
        ({"key": "other"}, "gives its key twice"),
    ],
)
def test_a_wrong_source_is_refused(file, change, message):
    with pytest.raises(EvidenceError) as refusal:
        read_sources(file("sources.toml", {"post": SOURCE | change}))
    assert message in str(refusal.value)


@pytest.mark.parametrize("field", ["document", "nature", "text", "grade", "role"])
def test_a_claim_without_a_field_is_refused(file, sources, field):
    with pytest.raises(EvidenceError, match=rf"claims\.toml \[wait\]: has no {field}\. Fix: "):
        read_claims(file("claims.toml", {"wait": without(CLAIM, field)}), sources)


@pytest.mark.parametrize(
    ("dropped", "change", "message"),
    [
        ([], {"document": "pots"}, "document 'pots' is unknown. Fix: did you mean 'post'"),
        ([], {"origin": ["nobody"]}, "origin 'nobody' is unknown"),
        ([], {"value": float("nan")}, "value"),
        ([], {"value": "0.75"}, "value"),
        ([], {"unit": "bananas"}, "unit cannot be 'bananas'"),
        (["unit"], {}, "value without a unit"),
        (["value"], {}, "unit without a value"),
        (["value", "unit"], {}, "statistic without a value"),
        (["measures"], {}, "does not say what it measures"),
        (["carried_by"], {}, "does not fit carried_by"),
        ([], {"role": "context"}, "does not fit carried_by"),
    ],
)
def test_a_wrong_claim_is_refused(file, sources, dropped, change, message):
    with pytest.raises(EvidenceError) as refusal:
        read_claims(file("claims.toml", {"wait": without(CLAIM, *dropped) | change}), sources)
    assert str(refusal.value).startswith("claims.toml [wait]: ")
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"default": False}, "0 default readings"),
        ({"claims": ["waits"]}, "claims 'waits' is unknown. Fix: did you mean 'wait'"),
        ({"sources": ["nobody"]}, "sources 'nobody' is unknown"),
        ({"good": {"form": "geometric", "mean": 0.5}}, "good.mean cannot be 0.5"),
        ({"good": {"form": "geometric", "mean": 4.0, "dispersion": 1.0}}, "good has a form and a dispersion"),
        ({"bad": {"form": "negative-binomial", "mean": 4.0}}, "bad has a form and a dispersion"),
        ({"bad": {"form": "geometric", "mean": 4.0, "tail_above": 20}}, "bad has half a tail"),
        ({"bad": {"form": "geometric", "mean": 4.0, "teller_factor": 0}}, "bad.teller_factor cannot be 0"),
        ({"bad": {"form": "poisson", "mean": 4.0}}, "bad.form cannot be 'poisson'"),
    ],
)
def test_a_wrong_reading_is_refused(file, sources, claims, change, message):
    with pytest.raises(EvidenceError) as refusal:
        read_readings(file("readings.toml", {"few": READING | change}), sources, claims)
    assert message in str(refusal.value)


def test_two_defaults_are_refused(file, sources, claims):
    with pytest.raises(EvidenceError, match="2 default readings"):
        read_readings(file("readings.toml", {"few": READING, "many": READING}), sources, claims)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["post", "3", "1:1", ""], "claim"),
        (["post", "3", "1:1", "waits"], "claim 'waits' is unknown. Fix: did you mean 'wait'"),
        (["other", "3", "1:1", "wait"], "claim of another document"),
        (["post", "three", "1:1", "wait"], "number cannot be 'three'"),
        (["post", "3", "1-1", "wait"], "position cannot be '1-1'"),
    ],
)
def test_a_wrong_listed_number_is_refused_by_line(tmp_path, claims, row, message):
    path = tmp_path / "numbers.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["document", "number", "position", "claim"], ["post", "3", "1:1", "wait"], row])
    with pytest.raises(EvidenceError) as refusal:
        read_numbers(path, claims)
    assert str(refusal.value).startswith("numbers.csv [line 3]: ")
    assert message in str(refusal.value)


def test_carriers_that_nothing_is_called_are_missing(file, sources):
    both = {"wait": CLAIM | {"carried_by": ["patience_mean", "speed", "rings"]}, "told": CLAIM}
    claims = read_claims(file("claims.toml", both), sources)
    assert evidence.missing_carriers(claims, {"patience_mean", "speed", "rings"}) == {}
    assert evidence.missing_carriers(claims, {"patience_mean", "patience"}) == {"wait": ("speed", "rings")}
    assert evidence.missing_carriers(claims, set()) == {
        "wait": ("patience_mean", "speed", "rings"),
        "told": ("patience_mean",),
    }


def test_an_unknown_key_is_answered_with_a_near_one():
    with pytest.raises(EvidenceError, match=r"scenario\.toml: there is no 'smart'; did you mean 'smart-2010'\?"):
        evidence.readings().find("smart", where="scenario.toml")


# ---- finding numbers --------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("93% say so", [(93.0, "1:1")]),
        ("an extra $40m over five years", [(40.0, "1:11"), (5.0, "1:20")]),
        ("only a quarter,\nabout 2.5 or 1,000.", [(0.25, "1:8"), (2.5, "2:7"), (1000.0, "2:14")]),
        ("One of the best. No one came.", []),
        ("one unhappy customer makes 12. One more.", [(1.0, "1:1"), (12.0, "1:28")]),
        ("by the first ring, not first.", [(1.0, "1:8")]),
        ("Often, someone phones a fortnight later", []),
    ],
)
def test_numbers_are_found(text, expected):
    found = [(number.value, number.position) for number in scan("post", text)]
    assert found == expected


def test_a_missing_document_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="0 files begin with '000_', one is needed for post"):
        scan_folder(tmp_path, {"post": "000"})


def test_two_files_of_one_document_are_refused(tmp_path):
    (tmp_path / "000_a.txt").write_text("1", encoding="utf-8")
    shutil.copy(tmp_path / "000_a.txt", tmp_path / "000_b.txt")
    with pytest.raises(FileNotFoundError, match="2 files begin with '000_'"):
        scan_folder(tmp_path, {"post": "000"})
