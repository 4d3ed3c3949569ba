"""A study survives the way to disk and back, and a damaged one says so."""

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.errors import FullDiskError
from sim.outcomes.results import COHORTS, MANIFEST, REPLICATIONS, SUMMARY, Study, StudyError, describe
from sim.outcomes.saved import check_files, write_together

POLICIES = ("level 50", "level 0", "level 95")
FILES = {SUMMARY, REPLICATIONS, COHORTS, MANIFEST}


def replications_of(policies: tuple[str, ...] = POLICIES, replications: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    rows = [
        ("base", policy, replication, period, measure, rng.normal())
        for policy in policies
        for replication in range(replications)
        for period in ("all", "year 1")
        for measure in ("profit", "csat")
    ]
    frame = pd.DataFrame(rows, columns=["scenario", "policy", "replication", "period", "measure", "value"])
    frame.loc[0, "value"] = np.nan
    return frame


def cohorts_of(policies: tuple[str, ...] = POLICIES, replications: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(12)
    rows = [
        ("base", policy, replication, month, 900 - 10 * month, float(rng.uniform()))
        for policy in policies
        for replication in range(replications)
        for month in range(3)
    ]
    return pd.DataFrame(rows, columns=["scenario", "policy", "replication", "month", "at_risk", "stayed"])


def manifest_of(finished: int = 4) -> dict[str, object]:
    return describe(
        scenario={"name": "base", "people": 1_000},
        seed=7,
        reading="smart-2010",
        baseline="level 50",
        planned=4,
        finished=finished,
        created=datetime(2026, 1, 2, tzinfo=UTC),
    )


@pytest.fixture
def study() -> Study:
    return Study(replications_of(), cohorts_of(), manifest_of())


def test_a_saved_study_comes_back(study: Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "deep" / "study")
    loaded = Study.load(folder)
    pd.testing.assert_frame_equal(loaded.replications, study.replications)
    pd.testing.assert_frame_equal(loaded.cohorts, study.cohorts)
    assert {key: loaded.manifest[key] for key in study.manifest} == study.manifest
    assert loaded.content_hash == study.content_hash == loaded.manifest["content_hash"]
    assert {path.name for path in folder.iterdir()} == FILES


def test_saving_what_was_loaded_gives_the_same_files(study: Study, tmp_path: Path) -> None:
    first = study.save(tmp_path / "first")
    second = Study.load(first).save(tmp_path / "second")
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_nothing_is_left_beside_the_folder(study: Study, tmp_path: Path) -> None:
    study.save(tmp_path / "study")
    study.save(tmp_path / "study", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_a_failed_save_leaves_nothing(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full_disk)
    with pytest.raises(OSError, match="no space"):
        study.save(tmp_path / "study")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_overwrite_leaves_the_old_study(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = study.save(tmp_path / "study")
    rename = Path.rename

    def refuse_draft(path: Path, target: Path) -> Path:
        if ".partial-" in path.name:
            raise OSError("no permission")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_draft)
    with pytest.raises(OSError, match="no permission"):
        study.save(folder, overwrite=True)
    monkeypatch.undo()
    assert Study.load(folder).content_hash == study.content_hash
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_a_study_is_not_overwritten_by_accident(study: Study, tmp_path: Path) -> None:
    study.save(tmp_path / "study")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        study.save(tmp_path / "study")


def test_other_folders_are_never_overwritten(study: Study, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("dear")
    with pytest.raises(FileExistsError, match="not a study"):
        study.save(tmp_path / "letters", overwrite=True)
    assert (tmp_path / "letters" / "mine.txt").read_text() == "dear"


def test_overwriting_drops_old_charts_and_keeps_notes(study: Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "study")
    (folder / "charts").mkdir()
    (folder / "charts" / "profit.png").write_bytes(b"old")
    (folder / "notes.txt").write_text("mine")
    study.save(folder, overwrite=True)
    assert {path.name for path in folder.iterdir()} == FILES | {"notes.txt"}


def test_files_are_written_together_beside_others(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("dear")
    assert write_together(tmp_path, {"a.csv": "1\n", "b.json": "{}"}) == tmp_path
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "mine.txt": b"dear", "a.csv": b"1\n", "b.json": b"{}",
    }  # fmt: skip
    assert write_together(tmp_path / "deep" / "er", {"a.csv": "1"}).is_dir()


def test_files_are_not_overwritten_by_accident(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("earlier")
    with pytest.raises(FileExistsError, match=r"b\.json.*overwrite=True"):
        write_together(tmp_path, {"a.csv": "1", "b.json": "{}"})
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]
    write_together(tmp_path, {"a.csv": "1", "b.json": "{}"}, overwrite=True)
    assert (tmp_path / "b.json").read_text() == "{}"


def test_files_of_which_one_fails_leave_all_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_together(tmp_path, {"a.csv": "old", "b.json": "old"})
    write = Path.write_bytes

    def full_disk(path: Path, content: bytes) -> int:
        if "b.json" in path.name:
            raise OSError("no space left")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_together(tmp_path, {"a.csv": "new", "b.json": "new"}, overwrite=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": "old", "b.json": "old"}


def test_files_are_refused_early_where_they_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "letter"
    file.write_text("dear")
    with pytest.raises(FileExistsError, match="is a file"):
        check_files(file, ["a.csv"])
    with pytest.raises(OSError, match="cannot be written"):
        check_files(file / "deeper", ["a.csv"])
    assert check_files(tmp_path / "new" / "folder", ["a.csv"]) == tmp_path / "new" / "folder"
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


def test_an_empty_folder_may_be_filled(study: Study, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    assert Study.load(study.save(tmp_path / "study")).baseline == "level 50"


@pytest.mark.parametrize("name", [REPLICATIONS, COHORTS, MANIFEST])
def test_a_missing_file_is_named(study: Study, tmp_path: Path, name: str) -> None:
    folder = study.save(tmp_path / "study")
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        Study.load(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Study.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [REPLICATIONS, COHORTS, MANIFEST])
def test_a_cut_off_file_is_damaged(study: Study, tmp_path: Path, name: str) -> None:
    path = study.save(tmp_path / "study") / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StudyError, match=f"{name} is damaged"):
        Study.load(path.parent)


@pytest.mark.parametrize(("name", "column"), [(REPLICATIONS, "value"), (COHORTS, "stayed")])
def test_a_changed_figure_is_noticed(study: Study, tmp_path: Path, name: str, column: str) -> None:
    path = study.save(tmp_path / "study") / name
    frame = pd.read_parquet(path)
    frame.loc[3, column] = np.nextafter(frame.loc[3, column], np.inf)
    frame.to_parquet(path, index=False)
    with pytest.raises(StudyError, match="content_hash"):
        Study.load(path.parent)


def test_a_folder_of_another_format_is_refused(study: Study, tmp_path: Path) -> None:
    path = study.save(tmp_path / "study") / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(StudyError, match="format 99"):
        Study.load(path.parent)


def test_the_hash_knows_figures_not_order(study: Study) -> None:
    shuffled = Study(study.replications.sample(frac=1, random_state=1), study.cohorts, study.manifest)
    assert shuffled.content_hash == study.content_hash
    renamed = study.replications.replace({"policy": {"level 0": "level 1"}})
    assert Study(renamed, study.cohorts, study.manifest).content_hash != study.content_hash
    swapped = study.replications.assign(value=study.replications["value"].to_numpy()[::-1])
    assert Study(swapped, study.cohorts, study.manifest).content_hash != study.content_hash


def test_an_undefined_figure_is_undefined_whatever_its_bits(study: Study) -> None:
    odd = np.array([0x7FF8_0000_0000_0001], dtype=np.uint64).view(np.float64)[0]
    figures = study.replications["value"].to_numpy().copy()
    assert np.isnan(figures[0])
    figures[0] = odd
    other = Study(study.replications.assign(value=figures), study.cohorts, study.manifest)
    assert other.content_hash == study.content_hash


def test_the_hash_is_the_same_on_every_machine() -> None:
    """Changes only together with FORMAT: a study saved years ago must still load."""
    frame = pd.DataFrame([["s", "p", 0, "all", "profit", 1.5]], columns=list(replications_of().columns))
    study = Study(frame, cohorts_of().head(0), manifest_of())
    assert study.content_hash == "f4f4a1cf20c1db9a151ee9e12118148d1147958e604a1beb4166a5c3bee7e135"


def test_no_effect_studies_may_have_no_cohorts(study: Study, tmp_path: Path) -> None:
    bare = Study(study.replications, study.cohorts.head(0), study.manifest)
    assert Study.load(bare.save(tmp_path / "bare")).cohorts.empty


def test_a_stopped_run_is_saved_without_differences(tmp_path: Path) -> None:
    frame = replications_of()
    part = frame[(frame["policy"] != "level 95") | (frame["replication"] < 2)]
    study = Study(part, cohorts_of(), manifest_of(finished=2))
    folder = study.save(tmp_path / "study")
    assert "no partner" in json.loads((folder / MANIFEST).read_text())["comparison"]
    assert "mean_difference" not in pd.read_csv(folder / SUMMARY).columns
    pd.testing.assert_frame_equal(Study.load(folder).replications, study.replications)


def test_summary_csv_shows_baseline_difference_and_interval(study: Study, tmp_path: Path) -> None:
    table = pd.read_csv(study.save(tmp_path / "study") / SUMMARY)
    both = table.merge(study.compare(), on=["policy", "period", "measure"], suffixes=("", " again"))
    assert len(table) == len(POLICIES) * 4
    assert len(both) == (len(POLICIES) - 1) * 4
    for column in ("mean_baseline", "mean_difference", "ci_low_difference", "ci_high_difference"):
        assert both[column].to_numpy() == pytest.approx(both[f"{column} again"].to_numpy())
    assert table.loc[table["policy"] == "level 50", "mean_difference"].isna().all()


def test_compare_takes_the_measures_asked_for(study: Study) -> None:
    assert set(study.compare(["profit"])["measure"]) == {"profit"}
    with pytest.raises(ValueError, match=r"no measure 'profits'; did you mean 'profit'"):
        study.compare(["profits"])


def test_a_study_is_frozen_and_keeps_its_own_frames(study: Study) -> None:
    frame = replications_of()
    ours = Study(frame, cohorts_of(), manifest_of())
    frame["value"] = 0.0
    assert ours.content_hash == study.content_hash
    with pytest.raises(FrozenInstanceError):
        ours.manifest = {}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="period"), "exactly the columns"),
        (lambda frame: frame.assign(extra=1), "exactly the columns"),
        (lambda frame: frame.assign(value="much"), "wrong kind"),
        (lambda frame: frame.assign(policy=None), "without a policy"),
        (lambda frame: pd.concat([frame, frame.head(1)]), "twice"),
    ],
)
def test_frames_that_are_no_study_are_refused(study: Study, change: object, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        Study(change(study.replications), study.cohorts, study.manifest)  # type: ignore[operator]


def test_the_manifest_is_plain_and_complete(study: Study) -> None:
    manifest = manifest_of()
    assert {"cxsim", "versions", "scenario", "seed", "reading", "baseline", "planned", "created"} <= set(manifest)
    assert {"python", "numpy", "pandas", "simpy"} <= set(manifest["versions"])  # type: ignore[call-overload]
    assert manifest["created"] == "2026-01-02T00:00:00+00:00"
    with pytest.raises(StudyError, match="JSON"):
        Study(study.replications, study.cohorts, manifest | {"when": datetime.now(UTC)})
    with pytest.raises(StudyError, match="lacks baseline"):
        Study(study.replications, study.cohorts, {key: manifest[key] for key in manifest if key != "baseline"})
    numbers = Study(study.replications, study.cohorts, manifest | {"seed": np.int64(7)})
    assert numbers.manifest["seed"] == 7


def test_repr_is_one_line(study: Study) -> None:
    assert repr(study) == "Study(3 policies, 4 of 4 replications, baseline 'level 50', seed 7)"


def test_a_copied_folder_loads_elsewhere(study: Study, tmp_path: Path) -> None:
    folder = study.save(tmp_path / "study")
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert Study.load(tmp_path / "elsewhere").content_hash == study.content_hash


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t", "\r"])
def test_a_name_that_looks_like_a_formula_is_text_in_a_spreadsheet(mark: str, tmp_path: Path) -> None:
    name = f'{mark}HYPERLINK("x")'
    frame = replications_of((name, "level 50"))
    frame["scenario"] = name
    study = Study(frame, cohorts_of((name, "level 50")), manifest_of())
    read = pd.read_csv(study.save(tmp_path / "study") / SUMMARY)
    assert set(read["scenario"]) == {f"'{name}"}
    assert set(read["policy"]) == {f"'{name}", "level 50"}
    assert read["mean"].dtype.kind == "f"
    assert Study.load(tmp_path / "study") == study


WRITERS = [(Path, "write_bytes"), (Path, "write_text"), (pd.DataFrame, "to_parquet")]


@contextmanager
def full_after(most: int) -> Iterator[list[int]]:
    """Let the disk be full after so many writes of a file; give what is counted."""
    done: list[int] = []

    def failing(write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            done.append(1)
            if len(done) > most:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(*given, **named)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in WRITERS:
            patch.setattr(owner, name, failing(getattr(owner, name)))
        yield done


def test_a_full_disk_leaves_nothing_and_says_where_and_what_to_do(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file it is that finds no room, charts among them; and what was there before stays."""
    old = study.save(tmp_path / "old")
    before = {path.name: path.read_bytes() for path in old.iterdir()}
    monkeypatch.setattr(Study, "pictures", lambda self: {"charts/a.png": b"a", "charts/b.svg": b"b"})
    files = len(before) + 2
    for writes in range(files):
        for folder in (tmp_path / "new", old):
            with full_after(writes), pytest.raises(FullDiskError) as error:
                study.save(folder, overwrite=True, charts=True)
            assert str(folder) in str(error.value)
            assert "MB free" in str(error.value)
            assert "make room, or choose another place" in str(error.value)
        assert {path.name for path in tmp_path.iterdir()} == {"old"}
        assert {path.name: path.read_bytes() for path in old.iterdir()} == before
    with full_after(files):
        assert Study.load(study.save(tmp_path / "new", charts=True)) == study


def test_files_that_belong_together_are_all_written_or_none(tmp_path: Path) -> None:
    texts = {"a.csv": "a", "charts/b.svg": b"b", "c.json": "c"}
    for writes in range(3):
        with full_after(writes), pytest.raises(FullDiskError, match="deep"):
            write_together(tmp_path / "deep" / "folder", texts)
        assert not list(tmp_path.iterdir())
