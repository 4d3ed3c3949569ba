"""Records are opened, understood and cleaned in the open: each cell that is not used is counted, and why."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook

import sim
from sim.company.fitting import RecordsError
from sim.company.fitting.clean import Clean
from sim.company.fitting.database import database
from sim.company.fitting.mapping import understand
from sim.company.fitting.reading import read
from sim.company.fitting.request import Request
from sim.company.fitting.source import open_source
from sim.company.fitting.stamps import spellings
from sim.company.fitting.values import duration, number, time_of_day

START = pd.Timestamp("2024-03-04 08:00")


@pytest.fixture
def connection() -> Iterator[object]:
    with database() as opened:
        yield opened


def calls(n: int = 60, **columns: object) -> pd.DataFrame:
    """Calls a minute apart, every fourth of them abandoned."""
    frame = pd.DataFrame(
        {"arrival": START + pd.to_timedelta(np.arange(n), unit="min"), "wait": np.arange(n) % 40 + 1.0}
    )
    frame["outcome"] = np.where(np.arange(n) % 4 == 0, "abandoned", "answered")
    frame["service"] = np.where(frame["outcome"] == "answered", 100.0 + np.arange(n), np.nan)
    return frame.assign(**columns)


def cleaned(connection: object, frame: object, **asked: object) -> Clean:
    (found,) = read([frame], connection, Request(**asked)).values()  # type: ignore[arg-type]
    return found


def table(clean: Clean) -> pd.DataFrame:
    return clean.connection.execute(f"select * from {clean.table} order by row").df()


def reasons(clean: Clean) -> dict[str, int]:
    return {one.reason: one.rows for one in (*clean.dropped, *clean.unused)}


# --- dates


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("2024-03-04 08:00:00", ["year first"]),
        ("2024-03-04T08:00:00.123Z", ["year first"]),
        ("20240304", ["year first"]),
        ("4.3.2024 8:00", ["day first", "month first"]),
        ("03/04/24 08:00 PM", ["day first", "month first"]),
        ("4 Mar 2024 08:00", ["month by name"]),
        ("March 4, 2024", ["month by name"]),
        ("1709539200", ["seconds since 1970"]),
        ("1709539200123", ["seconds since 1970"]),
        ("soon", []),
        ("12.50", []),
    ],
)
def test_a_date_is_of_one_family_or_two_or_none(text: str, families: list[str]) -> None:
    assert [one.family for one in spellings(text)] == families


@pytest.mark.parametrize(
    "pattern",
    [
        "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%y %H:%M",
        "%m/%d/%Y %I:%M:%S %p", "%d-%b-%Y %H:%M", "%B %d, %Y %H:%M", "%Y-%m-%d %H:%M:%S+01:00",
    ],
)  # fmt: skip
def test_every_way_to_write_a_date_is_read(connection: object, pattern: str) -> None:
    frame = calls(24 * 60)  # a day or more, so that the days beyond the twelfth tell day from month
    frame["arrival"] = frame["arrival"] + pd.Timedelta(days=16)
    clean = cleaned(connection, frame.assign(arrival=frame["arrival"].dt.strftime(pattern)))
    assert clean.kept == len(frame)
    assert (table(clean)["arrival"] == frame["arrival"]).all()


def test_days_and_months_that_may_change_places_are_asked_for(connection: object) -> None:
    frame = calls(5).assign(arrival="03/04/2024 08:00")
    frame["wait"] = range(5)
    with pytest.raises(
        RecordsError, match=r"day or the month first.*--date-format day-first or --date-format month-first"
    ):
        cleaned(connection, frame)
    for asked, month in (("day-first", 4), ("month-first", 3)):
        assert table(cleaned(connection, frame, date_format=asked))["arrival"].dt.month.unique() == [month]
    with pytest.raises(RecordsError, match="--date-format us: there is no such format; give iso"):
        cleaned(connection, frame, date_format="us")


def test_a_mixture_of_formats_is_refused_with_counts_and_an_example_of_each(connection: object) -> None:
    frame = calls()
    text = frame["arrival"].dt.strftime("%Y-%m-%d %H:%M:%S").to_numpy(object)
    text[7:10] = ["25/03/2024 09:00", "26/03/2024 09:00", "27/03/2024 09:00"]
    told = r"57 values are year first \(such as 2024-.*\), 3 are day first \(such as 2[567]/03/2024 09:00\)"
    with pytest.raises(RecordsError, match=told):
        cleaned(connection, frame.assign(arrival=text))
    clean = cleaned(connection, frame.assign(arrival=text), date_format="iso")
    assert reasons(clean) == {"the arrival cannot be read": 3}


def test_a_rare_second_format_is_found_beyond_any_sample(connection: object) -> None:
    frame = calls(30_000)
    text = frame["arrival"].dt.strftime("%Y-%m-%d %H:%M:%S").to_numpy(object)
    text[29_999] = "25/03/2024 09:00"
    with pytest.raises(RecordsError, match=r"29,999 values are year first.*, 1 are day first"):
        cleaned(connection, frame.assign(arrival=text))


# --- numbers


@pytest.mark.parametrize(
    ("text", "comma", "value"),
    [
        ("12.5", False, 12.5), ("1,234.5", False, 1234.5), ("1.234,5", True, 1234.5), ("12,5 €", True, 12.5),
        ("$ 1,000", False, 1000), ("USD 5", False, 5), ("86.9 %", False, 0.869), ("-3", False, -3),
        ("12x", False, None), ("Smith", False, None), ("1e400", False, None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(connection: object, text: str, comma: bool, value: float | None) -> None:
    found = connection.execute(f"select {number('t', comma)} from (select ? as t)", [text]).fetchone()[0]  # type: ignore[attr-defined]
    assert found == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [("90", "s", 90), ("1.5", "min", 90), ("00:01:30", "s", 90), ("1:30", "s", 90), ("250", "ms", 0.25),
     ("35 s", "s", 35), ("-0:05", "s", -5), ("12x", "s", None)],
)  # fmt: skip
def test_durations_are_seconds(connection: object, text: str, unit: str, seconds: float | None) -> None:
    found = connection.execute(f"select {duration('t', unit)} from (select ? as t)", [text]).fetchone()[0]  # type: ignore[attr-defined]
    assert found == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"), [("08:30", 30600), ("8:30:15 PM", 73815), ("25207", 25207), ("noon", None)]
)
def test_times_of_day_are_seconds_after_midnight(connection: object, text: str, seconds: float | None) -> None:
    found = connection.execute(f"select {time_of_day('t')} from (select ? as t)", [text]).fetchone()[0]  # type: ignore[attr-defined]
    assert found == seconds


# --- columns


@pytest.mark.parametrize(
    ("header", "concepts"),
    [
        (
            ["InitiationTimestamp", "EnqueueTimestamp", "QueueDuration", "AgentInteractionDuration", "AgentUsername",
             "CustomerEndpoint", "AfterContactWorkDuration"],
            {"arrival", "service", "agent", "customer", "wrap", "wait"},
        ),
        (["calldate", "src", "duration", "billsec", "disposition"],
         {"arrival", "customer", "duration", "service", "outcome"}),
        (["segstart", "segstop", "disptime", "talktime", "acwtime", "calling_pty", "anslogin"],
         {"arrival", "service_end", "wait", "service", "wrap", "customer", "agent"}),
        (["Datum", "Uhrzeit", "Wartezeit (min)", "Gesprächsdauer", "Ergebnis", "Kundennummer", "Mitarbeiter"],
         {"arrival", "wait", "service", "outcome", "customer", "agent"}),
    ],
)  # fmt: skip
def test_vendors_words_are_understood(
    connection: object, tmp_path: Path, header: list[str], concepts: set[str]
) -> None:
    stamps = {"arrival", "service_end"}
    row = {"calldate": "2024-03-04 08:00:00", "segstart": "2024-03-04 08:00:00", "segstop": "2024-03-04 08:09:00",
           "InitiationTimestamp": "2024-03-04 07:59:00", "EnqueueTimestamp": "2024-03-04 08:00:00",
           "Datum": "24.03.2024", "Uhrzeit": "08:00:00", "disposition": "ANSWERED",
           "Ergebnis": "angenommen"}  # fmt: skip
    path = tmp_path / "export.csv"
    path.write_text(f"{','.join(header)}\n{','.join(row.get(name, '30') for name in header)}\n", encoding="utf-8")
    found = understand(open_source(path, connection), Request(), connection)  # type: ignore[arg-type]
    assert found.kind.name == "contacts"
    assert set(found.uses) == concepts
    assert stamps & set(found.uses)
    if "Wartezeit (min)" in header:
        assert found.uses["wait"].unit == "min"
        assert found.uses["arrival"].columns == ("Datum", "Uhrzeit")


def test_the_caller_overrides_guesses_with_units_two_columns_and_none(connection: object) -> None:
    frame = calls(20)
    frame = pd.DataFrame(
        {
            "Day of call": frame["arrival"].dt.strftime("%Y-%m-%d"),
            "secs": 28_800 + np.arange(20),
            "held": 0.5,
            "outcome": frame["outcome"],
            "customer": "C1",
        }
    )
    said = {"arrival": "Day of call+secs", "wait": "held[min]", "customer": "none"}
    clean = cleaned(connection, frame, kind="contacts", columns=said)
    assert clean.columns == ("arrival", "wait", "outcome")
    assert (table(clean)["wait"] == 30).all()
    assert table(clean)["arrival"].iloc[3] == pd.Timestamp("2024-03-04 08:00:03")
    lines = {line.concept: line for line in clean.lines}
    assert (lines["wait"].column, lines["wait"].guessed) == ("held[min]", False)
    assert lines["outcome"].guessed


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"columns": {"wait": "waitt"}}, "there is no column 'waitt'; did you mean 'wait'"),
        ({"columns": {"wate": "wait"}}, "nothing called 'wate'; did you mean 'wait'"),
        ({"columns": {"calls.wait": "wait"}}, "no kind of record 'calls'"),
        ({"columns": {"wait": "wait[parsec]"}}, "parsec is not a unit"),
        ({"kind": "calls"}, "no kind of record 'calls'"),
        ({"drop": {"bad": ["1"]}}, "--drop bad: there is no such column"),
        ({"timezone": "Mars/Base"}, "no such zone"),
        (
            {"words": {"outcome": {"lost": ["abandoned"]}}},
            "--outcome lost=...: there is no such outcome; give answered",
        ),
        ({"kind": "purchases"}, "no column looks like customer"),
    ],
)
def test_what_the_caller_says_wrongly_is_one_sentence(connection: object, asked: dict, told: str) -> None:
    with pytest.raises(RecordsError, match=told) as refused:
        cleaned(connection, calls(), **asked)
    assert "\n" not in str(refused.value)


def test_words_of_the_outcome_are_guessed_or_told_and_unknown_ones_are_asked_for(connection: object) -> None:
    frame = calls()
    words = frame["outcome"].map({"abandoned": "HANG", "answered": "XFER"})
    with pytest.raises(RecordsError, match=r"nobody says what these outcomes mean: xfer \(45 rows\)"):
        cleaned(connection, frame.assign(outcome=words))
    clean = cleaned(connection, frame.assign(outcome=words), words={"outcome": {"answered": ["xfer"]}})
    assert (table(clean)["outcome"] == frame["outcome"]).all()
    flags = frame.rename(columns={"outcome": "abandoned"}).assign(
        abandoned=(frame["outcome"] == "abandoned").astype(float)
    )
    assert (table(cleaned(connection, flags))["outcome"] == frame["outcome"]).all()
    without = cleaned(connection, frame.drop(columns="outcome"))
    assert (table(without)["outcome"] == frame["outcome"]).all()
    assert any("No column tells the outcome" in remark for remark in without.remarks)


def test_a_column_of_priorities_is_used_when_somebody_says_what_it_means(connection: object) -> None:
    frame = calls(priority=np.arange(60) % 3)
    told = cleaned(connection, frame, words={"segment": {"priority": ["2"]}})
    assert table(told)["segment"].value_counts().to_dict() == {"regular": 40, "priority": 20}
    silent = cleaned(connection, frame)
    assert not silent.has("segment")
    assert any("--segment priority=VALUE" in remark for remark in silent.remarks)


# --- files


def test_csv_dialects_gzip_parquet_and_excel_hold_the_same_calls(connection: object, tmp_path: Path) -> None:
    frame = calls(70)
    files = [tmp_path / name for name in ("a.csv", "b.csv.gz", "c.parquet", "d.csv", "e.tsv", "f.csv", "g.xlsx")]
    frame.to_csv(files[0], index=False)
    frame.to_csv(files[1], index=False)
    frame.to_parquet(files[2], index=False)
    frame.to_csv(files[3], index=False, sep=";", decimal=",", encoding="latin-1")
    frame.assign(note="ü").to_csv(files[4], index=False, sep="\t", encoding="utf-16")
    text = frame.assign(note="Müller").to_csv(index=False)
    files[5].write_bytes(b"Report of calls\n\n" + text.encode("latin-1"))
    sheet = Workbook()
    for row in (list(frame.columns), *frame.astype(object).where(frame.notna(), None).to_numpy().tolist()):
        sheet.active.append(row)
    sheet.save(files[6])
    want = table(cleaned(connection, frame))
    for file in files:
        pd.testing.assert_frame_equal(table(cleaned(connection, file)), want, obj=file.name)
    skipped = cleaned(connection, files[5]).remarks
    assert any("2 lines above the header" in remark for remark in skipped)


def test_cells_of_a_spreadsheet_are_read_whatever_their_type(connection: object, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Date", "Time", "wait", "outcome", "service"])
    for minute in range(30):
        book.active.append([date(2024, 3, 4), time(9, minute), 12 + minute, "answered", time(0, 3, 20)])
    book.create_sheet("more")
    book.save(tmp_path / "calls.xlsx")
    clean = cleaned(connection, tmp_path / "calls.xlsx")
    assert table(clean)["arrival"].iloc[5] == datetime(2024, 3, 4, 9, 5)
    assert (table(clean)["service"] == 200).all()
    assert any("2 sheets" in remark for remark in clean.remarks)


def test_lines_that_are_no_rows_are_counted_by_reason(connection: object, tmp_path: Path) -> None:
    lines = calls().to_csv(index=False).splitlines()
    lines[10:10] = ["2024-03-04 09:00:00,5", "2024-03-04 09:00:00,5,answered,100,7,8"]
    (tmp_path / "calls.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    clean = cleaned(connection, tmp_path / "calls.csv")
    assert (clean.read, clean.kept) == (62, 60)
    assert reasons(clean) == {
        "the line has fewer cells than the header": 1,
        "the line has more cells than the header": 1,
    }


def test_rows_have_their_numbers_in_the_file(connection: object, tmp_path: Path) -> None:
    """Also where several threads read it: what is first among repeated rows, and what is sampled, follows from it."""
    n = 400_000
    (tmp_path / "calls.csv").write_text(
        "arrival,wait,outcome\n" + "".join(f"2024-03-04 08:00:00,{k / 1000},answered\n" for k in range(n))
    )
    clean = cleaned(connection, tmp_path / "calls.csv")
    wrong = clean.connection.execute(
        "select count(*) from contacts where abs(wait - (row - 1) / 1000) > 1e-9"
    ).fetchone()
    assert wrong == (0,)


def test_several_files_of_a_kind_are_taken_together_and_kinds_apart(connection: object, tmp_path: Path) -> None:
    frame = calls()
    frame[:30].to_csv(tmp_path / "march.csv", index=False)
    frame[30:].rename(columns={"wait": "wait_time_sec"}).to_parquet(tmp_path / "april.parquet", index=False)
    bought = pd.DataFrame({"customer": range(1, 10), "order_date": "2024-03-04", "amount": 5.0})
    found = read([tmp_path / "march.csv", tmp_path / "april.parquet", bought], connection)  # type: ignore[arg-type]
    assert {kind: clean.kept for kind, clean in found.items()} == {"contacts": 60, "purchases": 9}
    assert found["contacts"].sources == ("march.csv", "april.parquet")
    assert table(found["contacts"])["wait"].tolist() == frame["wait"].tolist()


# --- what is wrong with contacts


def test_impossible_cells_are_left_blank_and_their_contacts_still_count(connection: object) -> None:
    text = calls().astype(object)
    text.loc[1, "wait"], text.loc[2, "wait"], text.loc[3, "wait"] = -5, 999_999, "soon"
    text.loc[5, "service"], text.loc[6, "service"], text.loc[7, "service"] = -1, 9_999_999, 0
    text.loc[9, "outcome"] = "@@"
    clean = cleaned(connection, text)
    assert clean.kept == 60
    assert reasons(clean) == {
        "the outcome cannot be read": 1,
        "the wait cannot be read": 1,
        "the wait is negative": 1,
        "the wait is absurdly long": 1,
        "the service is negative": 1,
        "the service is absurdly long": 1,
        "answered, but no time with an agent": 1,
    }
    found = table(clean)
    assert found["wait"].isna().sum() == 3
    assert found["service"][[5, 6, 7]].isna().all()
    assert found["outcome"][9] == "answered"  # there is a time with an agent


def test_rows_are_left_out_by_reason(connection: object) -> None:
    text = calls().astype({"arrival": str})
    text["outcome"] = text["outcome"].where(text.index != 50, "phantom")
    text = text.assign(bad="0", call_id=range(60))
    text.loc[3, "arrival"], text.loc[4, "arrival"], text.loc[5, "arrival"] = "nonsense", None, "1985-01-01 00:00:00"
    text.loc[6, "bad"] = "1"
    text = pd.concat([text, text[20:23], text[30:31].assign(wait=7)])
    clean = cleaned(connection, text, drop={"bad": ["1"]})
    assert reasons(clean) == {
        "bad is as --drop says": 1,
        "the row repeats another one in every column": 3,
        "its number stands in an earlier row": 1,
        "its outcome says to ignore it": 1,
        "the arrival cannot be read": 1,
        "the arrival is missing": 1,
        "the arrival is far from all others": 1,
    }
    assert clean.kept == 60 - 5


def test_stamps_give_durations_and_impossible_orders_are_told(connection: object) -> None:
    frame = calls()
    left = frame["arrival"] + pd.to_timedelta(frame["wait"], unit="s")
    end = left + pd.to_timedelta(frame["service"].fillna(0), unit="s")
    stamps = pd.DataFrame(
        {"arrival": frame["arrival"], "queue_exit": left, "service_end": end, "outcome": frame["outcome"]}
    )
    stamps["service_start"] = left.where(frame["outcome"] == "answered")
    stamps.loc[8, "queue_exit"] -= pd.Timedelta(minutes=9)
    stamps.loc[9, "service_end"] -= pd.Timedelta(minutes=9)
    clean = cleaned(connection, stamps)
    found = table(clean)
    assert reasons(clean) == {"left the queue before arriving": 1, "ended before it was answered": 1}
    good = found.drop(index=[8, 9])
    np.testing.assert_allclose(good["wait"], frame["wait"].drop(index=[8, 9]))
    np.testing.assert_allclose(good["service"], frame["service"].drop(index=[8, 9]))


def test_what_is_not_over_when_the_extract_ends_is_censored(connection: object) -> None:
    frame = calls(400).assign(service=lambda calls: calls["service"] * 0 + 20)
    end = frame["arrival"].iloc[-1] + pd.Timedelta(seconds=30)
    late = pd.DataFrame(
        {
            "arrival": [end - pd.Timedelta(seconds=20), end - pd.Timedelta(seconds=25), START],
            "wait": [np.nan, 5.0, np.nan],
            "outcome": ["", "answered", ""],
        }
    )
    last = pd.DataFrame({"arrival": [end], "wait": [0.0], "outcome": ["abandoned"]})
    found = table(cleaned(connection, pd.concat([frame[:-1], late, last], ignore_index=True)))
    waiting, serving, lost = (found.iloc[place] for place in (399, 400, 401))
    assert (waiting["outcome"], serving["outcome"], lost["outcome"]) == ("censored", "answered", "censored")
    # The extract is seen to end when the last contact does.
    assert waiting["wait"] > 19
    assert bool(serving["service_censored"])
    assert serving["service"] > 19
    assert np.isnan(lost["wait"])


def test_who_gave_up_before_the_queue_is_no_contact_of_it(connection: object) -> None:
    frame = calls(queued=np.arange(60) % 8 != 0)
    clean = cleaned(connection, frame)
    assert reasons(clean) == {"gave up before joining the queue": 8}


# --- clocks


def test_offsets_are_converted_to_the_wall_time_of_the_company(connection: object) -> None:
    summer = ["2024-06-03T08:00:00Z", "2024-06-03T10:30:00+02:00", "2024-06-03T08:45:00+0000"]
    winter = ["2024-01-08T08:00:00Z", "2024-01-08T09:30:00+01:00", "2024-01-08T08:45:00Z"]
    frame = calls(6).assign(arrival=summer + winter)
    berlin = table(cleaned(connection, frame, timezone="Europe/Berlin"))["arrival"]
    assert berlin.dt.strftime("%H:%M").tolist() == ["10:00", "10:30", "10:45", "09:00", "09:30", "09:45"]
    as_written = table(cleaned(connection, frame))["arrival"]
    assert as_written.dt.strftime("%H:%M").tolist() == ["08:00", "10:30", "08:45", "08:00", "09:30", "08:45"]


def test_a_duration_over_a_change_of_the_clock_is_right_where_the_zone_is_known(connection: object) -> None:
    frame = calls(50)
    frame.loc[0, "arrival"] = pd.Timestamp("2024-03-31 01:59:50")
    left = frame["arrival"] + pd.to_timedelta(frame["wait"], unit="s")
    left[0] = pd.Timestamp("2024-03-31 03:00:20")  # thirty seconds later
    stamps = frame[["arrival", "outcome"]].assign(queue_exit=left)
    assert table(cleaned(connection, stamps, timezone="Europe/Berlin"))["wait"][0] == 30
    assert np.isnan(table(cleaned(connection, stamps))["wait"][0])  # an hour and half a minute: not believed


def test_hours_that_the_clock_skipped_or_that_came_twice_are_counted(connection: object) -> None:
    frame = calls(50)
    frame.loc[:2, "arrival"] = pd.Timestamp("2024-03-31 02:30")  # does not exist in Berlin
    frame.loc[3:7, "arrival"] = pd.Timestamp("2024-10-27 02:30")  # exists twice
    remarks = " ".join(cleaned(connection, frame, timezone="Europe/Berlin").remarks)
    assert "3 arrivals lie in an hour that the clock skipped in Europe/Berlin" in remarks
    assert "5 arrivals lie in an hour that came twice in Europe/Berlin" in remarks


# --- people


def test_nobody_is_not_a_customer_and_neither_is_an_absurd_one(connection: object) -> None:
    n = 3000
    customer = pd.Series([f"C{k % 900}" for k in range(n)])
    customer[:40] = ["0", "unknown", "", "Anonymous", "000"] * 8
    customer[100:500] = "switchboard"
    clean = cleaned(connection, calls(n, customer=customer))
    found = table(clean)["customer"]
    assert found.isna().sum() == 440
    assert sorted(found.dropna().unique()) == list(range(1, found.nunique() + 1))
    assert any("One customer has 400 rows" in remark for remark in clean.remarks)
    assert "switchboard" not in " ".join(clean.remarks)


def test_friends_are_pairs_once_and_networks_have_their_own_people(connection: object) -> None:
    ties = pd.DataFrame(
        {"from": ["1", "2", "2", "3", "1"], "to": ["2", "1", "3", "3", "2"], "village": ["A", "A", "A", "A", "B"]}
    )
    clean = cleaned(connection, ties)
    assert reasons(clean) == {"names the same person twice": 1, "the pair was named before": 1}
    found = table(clean)
    assert (found["a"] < found["b"]).all()
    assert not set(found[found.network == "A"][["a", "b"]].to_numpy().ravel()) & set(
        found[found.network == "B"][["a", "b"]].to_numpy().ravel()
    )


def test_answers_off_the_scale_are_none(connection: object) -> None:
    answers = pd.DataFrame({"NETPRO": [10, 11, 0, 7] * 5, "Q7ALL": [5, 2, 0, 6] * 5, "Q15PROBLEM": [1, 2, 3, 0] * 5})
    clean = cleaned(connection, answers)
    found = table(clean)
    assert clean.kept == 20  # two people may give the same answers
    assert found["nps"].value_counts().to_dict() == {10: 5, 0: 5, 7: 5}
    assert found["satisfaction"].value_counts().to_dict() == {0.25: 5, 1.0: 5}
    assert found["problem"].value_counts().to_dict() == {True: 5, False: 5}
    assert reasons(clean)["the satisfaction lies off its scale"] == 10
    wide = cleaned(connection, answers, columns={"satisfaction": "Q7ALL[0-6]"})
    assert set(table(wide)["points"].dropna()) == {0, 2, 5, 6}


# --- what remains


@pytest.mark.parametrize("name", ["duckdb", "lifelines"])
def test_a_missing_library_is_told_with_the_fix(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        RecordsError, match=rf'needs {name}, which is not installed; run pip install "cxsim\[records\]"'
    ):
        sim.fit(calls())


def _read_with_a_look(folder: Path) -> None:
    with database() as opened:
        assert list(folder.iterdir())
        read([folder / "missing.csv"], opened)


def test_nothing_stays_on_disk_when_reading_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(RecordsError):
        _read_with_a_look(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_packed_file_that_is_cut_off_is_refused(connection: object, tmp_path: Path) -> None:
    packed = gzip.compress(calls(5000).to_csv(index=False).encode())
    (tmp_path / "calls.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(RecordsError, match=r"calls\.csv\.gz"):
        cleaned(connection, tmp_path / "calls.csv.gz")
