"""Whoever knows one result knows all: what every result must do, tested on each of them."""

from __future__ import annotations

import html
import json
import pickle
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.charts import canvas
from sim.outcomes.result import CHARTS, Result, ResultError
from tests.results.makers import MAKERS

KINDS = list(MAKERS)
OLD_COLUMNS = re.compile(r"^(low|high|value_low|value_high|diff_low|diff_high|.+_low|.+_high)$")
"""Names that ends of intervals had before they were ci_low and ci_high everywhere."""
NOT_INTERVALS = {"published_high", "range_low", "range_high"}
"""Columns that end like one of these and are no interval."""


@cache
def made(kind: str) -> Result:
    return MAKERS[kind]()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def found(kind: str) -> Result:
    return made(kind)


def own_folder(found: Result, folder: Path) -> Path:
    """The file whose presence says that a result of this kind lies here."""
    return folder / ("manifest.json" if found.kind == "study" else f"{found.kind}.json")


class TestEveryResult:
    def test_is_named_for_its_verb(self, kind: str, found: Result) -> None:
        assert isinstance(found, Result)
        assert type(found).kind == kind

    def test_headline_is_one_sentence_with_a_number(self, found: Result) -> None:
        said = found.headline
        assert "\n" not in said
        assert said == said.strip()
        assert said[0] == said[0].upper()
        assert any(character.isdigit() for character in said)
        assert len(said) < 220
        assert "nan" not in said.lower().split()

    def test_print_shows_the_text(self, found: Result) -> None:
        assert str(found) == found.text()
        assert len(found.text()) > len(found.headline) / 2
        assert not re.search(r"\bnan\b", found.text())

    def test_main_frame_is_the_first_of_all(self, found: Result) -> None:
        frames = found.frames()
        main = found.to_frame()
        assert frames
        pd.testing.assert_frame_equal(next(iter(frames.values())), main)
        assert len(main) > 0
        for name, frame in frames.items():
            assert re.fullmatch(r"[a-z][a-z_-]*", name)
            assert frame.index.equals(pd.RangeIndex(len(frame))), f"{name}: what the index holds is not a column"
            assert frame.columns.is_unique

    def test_main_frame_tells_units_and_definitions(self, found: Result) -> None:
        about = found.to_frame().attrs
        assert about["units"]
        assert about["definitions"]
        main = found.to_frame()
        known = {*main.columns, *main.get("measure", ()), *main.get("figure", ())}
        assert set(about["units"]) <= known
        assert set(about["definitions"]) <= known

    def test_ends_of_intervals_have_one_name(self, found: Result) -> None:
        for name, frame in found.frames().items():
            old = [c for c in frame.columns if OLD_COLUMNS.match(str(c)) and not str(c).startswith(("ci_", "pi_"))]
            assert set(old) <= NOT_INTERVALS, f"{name} has {old}"
            for column in frame.columns:
                if str(column).startswith("ci_low"):
                    high = str(column).replace("ci_low", "ci_high")
                    assert high in frame.columns
                    ends = frame[[column, high]].dropna()
                    assert (ends[column] <= ends[high]).all(), f"{name}: {column} above {high}"

    def test_manifest_says_how_it_was_made(self, found: Result) -> None:
        made_of = found.manifest
        assert made_of["cxsim"]
        assert made_of["versions"]["python"]
        assert "created" in made_of
        assert set(made_of["model"]) >= {"digest", "replaced"}
        json.dumps(dict(made_of), default=str)
        assert found.source.startswith("cxsim, ")

    def test_comes_back_from_its_folder(self, found: Result, tmp_path: Path) -> None:
        folder = found.save(tmp_path / "deep" / "folder")
        back = type(found).load(folder)
        assert back == found
        assert hash(back) == hash(found)
        assert back.text() == found.text()
        assert back.headline == found.headline
        assert repr(back) == repr(found)
        for name, frame in found.frames().items():
            pd.testing.assert_frame_equal(back.frames()[name], frame, check_dtype=False)
        assert {**back.manifest} == json.loads(json.dumps({**back.manifest}, default=_plain))

    def test_is_loaded_without_saying_what_it_is(self, kind: str, found: Result, tmp_path: Path) -> None:
        folder = found.save(tmp_path / "folder")
        assert sim.load(folder) == found
        assert sim.load(folder, kind) == found
        with pytest.raises(FileNotFoundError, match=f"nothing; it holds {kind}"):
            sim.load(folder, "nothing")

    def test_what_came_back_saves_the_same_files(self, found: Result, tmp_path: Path) -> None:
        first = found.save(tmp_path / "first")
        second = type(found).load(first).save(tmp_path / "second")
        names = {path.name for path in first.iterdir()}
        assert names == {path.name for path in second.iterdir()}
        for name in names:
            assert (first / name).read_bytes() == (second / name).read_bytes(), name

    def test_another_is_not_equal(self, found: Result) -> None:
        frames = found.frames()
        name, frame = next((n, f) for n, f in frames.items() if (f.dtypes == "float64").any())
        assert found != object()
        changed = frame.copy()
        column = next(c for c in frame.columns if frame[c].dtype == "float64" and frame[c].notna().any())
        changed[column] = changed[column] + 1.0
        other = _with(found, name, changed)
        assert other != found

    def test_survives_pickling(self, found: Result) -> None:
        assert pickle.loads(pickle.dumps(found)) == found

    def test_charts_lie_beside_it_and_go_with_it(self, found: Result, tmp_path: Path) -> None:
        folder = found.save(tmp_path / "folder", charts=True)
        names = {path.name for path in (folder / CHARTS).iterdir()}
        assert names == {f"{name}.{end}" for name in found.figures() for end in ("png", "svg")}
        found.save(folder, overwrite=True)
        assert not (folder / CHARTS).exists() or not list((folder / CHARTS).iterdir())

    def test_is_not_overwritten_unasked(self, found: Result, tmp_path: Path) -> None:
        folder = found.save(tmp_path / "folder")
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        with pytest.raises(FileExistsError, match="overwrite=True"):
            found.save(folder)
        with pytest.raises(FileExistsError, match="overwrite=True"):
            type(found).check_folder(folder)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        assert found.save(folder, overwrite=True) == folder

    def test_damage_is_noticed(self, found: Result, tmp_path: Path) -> None:
        folder = found.save(tmp_path / "folder")
        for path in sorted(folder.glob("*.parquet")):
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
            with pytest.raises(ValueError, match="damaged"):
                type(found).load(folder)
            path.unlink()
            with pytest.raises(FileNotFoundError, match=path.name):
                type(found).load(folder)
            path.write_bytes(whole)
        own_folder(found, folder).write_text("{")
        with pytest.raises(ValueError, match="damaged"):
            type(found).load(folder)

    def test_nothing_there_says_so(self, found: Result, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=str(tmp_path)):
            type(found).load(tmp_path / "none")

    def test_main_chart_is_drawn_into_given_axes(self, found: Result) -> None:
        _, ax = canvas()
        drawn = found.plot(ax)
        assert drawn is ax
        assert ax.has_data() or ax.texts
        own = found.plot()
        assert own is not ax
        assert own.figure is not ax.figure

    def test_every_figure_has_a_title_and_a_source(self, found: Result) -> None:
        figures = found.figures()
        assert figures
        for name, figure in figures.items():
            assert re.fullmatch(r"[a-z0-9-]+", name)
            words = " ".join(text.get_text() for text in figure.findobj(_is_text))
            assert "cxsim" in words, f"{name} has no source line"

    def test_shows_itself_in_a_notebook(self, found: Result) -> None:
        shown = found._repr_html_()
        assert html.escape(found.headline) in shown
        assert "<svg" in shown
        assert "<table" in shown
        assert "Source: cxsim" in shown
        assert "Units: " in shown

    def test_old_names_say_the_new_one(self, found: Result) -> None:
        for old, new in type(found).renamed.items():
            with pytest.raises(AttributeError, match=re.escape(f"write {new}")):
                getattr(found, old)
        with pytest.raises(AttributeError, match="no attribute 'nothing_like_it'"):
            found.nothing_like_it  # noqa: B018


def test_a_folder_of_several_results_is_asked_which(tmp_path: Path) -> None:
    others = [made(kind) for kind in KINDS if kind != "study"][:2]
    for one in others:
        one.save(tmp_path)
    if len(others) > 1:
        with pytest.raises(ResultError, match="say which"):
            sim.load(tmp_path)
    for one in others:
        assert sim.load(tmp_path, one.kind) == one
    study = made("study").save(tmp_path / "study")
    others[0].save(study)
    assert sim.load(study) == made("study")
    assert sim.load(study, others[0].kind) == others[0]


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no saved result; give the folder"):
        sim.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        sim.load(tmp_path / "none")


def test_a_result_of_a_version_that_could_not_load_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "explain.json").write_text('{"cxsim": "1.0", "versions": {}}')
    with pytest.raises(ResultError, match="could not load it again"):
        sim.load(tmp_path)


def test_a_file_that_names_a_class_of_others_is_refused(tmp_path: Path) -> None:
    folder = made("explain").save(tmp_path / "folder")
    path = folder / "explain.json"
    told = json.loads(path.read_text())
    for name in ("os:system", "sim.engines.memory:nothing", "sim.inputs.scenario:Scenario"):
        path.write_text(json.dumps({**told, "class": name}))
        with pytest.raises(ValueError, match=r"take a fresh copy|not in this cxsim"):
            sim.load(folder)


def _is_text(artist: object) -> bool:
    return hasattr(artist, "get_text")


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)


def _with(found: Result, name: str, frame: pd.DataFrame) -> Result:
    """A result whose frame of this name is another."""
    if isinstance(found, sim.Study):
        figures = found.replications
        return replace(found, replications=figures.assign(value=figures["value"] + 1.0))

    class Other(type(found)):  # type: ignore[misc]
        def frames(self) -> dict[str, pd.DataFrame]:
            return {**super().frames(), name: frame}

    other = object.__new__(Other)
    other.__dict__.update(found.__dict__)
    return other
