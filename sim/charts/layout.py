"""Where words stand: round a figure, at the edges of axes, and clear of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from sim.charts.style import (
    GAP,
    GREY,
    INK,
    LEADER,
    LEADING,
    LEFT_MIDDLE,
    MARGIN,
    NARROWER,
    PANEL_GAP,
    POINTS_AN_INCH,
    SMALL,
    STYLE,
    SUBTITLE,
    THIN,
    TITLE,
)

T = TypeVar("T", bound=Text)
HEADING, NOTE, ORIGIN = WORDS = ("title", "subtitle", "source")
"""What is written round a chart."""
SHARED = (6.4, 4.8)
"""Inches that a chart needs which shares its figure; a smaller figure grows."""
GLUE = "\N{NO-BREAK SPACE}"
ROUNDS = 3
"""How often charts that share a figure are arranged: words move axes, and axes words."""


@mpl.rc_context(STYLE)
def dress(figure: Figure, title: str = "", subtitle: str = "", source: str = "") -> Figure:
    """Write title, subtitle and source line, wrapped to the figure's width; panels are kept clear of them."""
    width, height = figure.get_size_inches()
    left, room = MARGIN / width, figure.bbox.width * (1 - 2 * MARGIN / width)
    top, bottom, gap = 1 - MARGIN / height, MARGIN / height, GAP / POINTS_AN_INCH / height
    if title:
        text = figure.text(left, top, title, va="top", fontsize=TITLE, fontweight="bold")
        top -= _fit(_known(text, HEADING), room, balanced=True) + gap
    if subtitle:
        text = figure.text(left, top, subtitle, va="top", fontsize=SUBTITLE, color=GREY)
        top -= _fit(_known(text, NOTE), room) + gap
    if source:
        text = figure.text(left, bottom, f"Source: {source}", va="bottom", fontsize=SMALL, color=GREY)
        bottom += _fit(_known(text, ORIGIN), room) + gap
    rect = (left, bottom, 1 - 2 * left, top - bottom)
    figure.set_layout_engine("constrained", rect=rect, wspace=PANEL_GAP, hspace=PANEL_GAP)
    return figure


def entitle(figure: Figure, title: str) -> Figure:
    """Give a dressed figure another title; the subtitle and the source line stay."""
    words = words_of(figure)
    for text in [text for text in figure.texts if text.get_gid() in words]:
        text.remove()
    return dress(figure, title, words.get(NOTE, ""), words.get(ORIGIN, "").removeprefix("Source: "))


def words_of(figure: Figure) -> dict[str, str]:
    """Return what `dress` wrote, unwrapped, by what it is: title, subtitle, source."""
    return {str(text.get_gid()): str(text.get_label()) for text in figure.texts if text.get_gid() in WORDS}


def _known(text: T, what: str) -> T:
    """Mark a text as one that `dress` or `finish` wrote, and note it as it is before it is wrapped."""
    text.set_gid(what)
    text.set_label(text.get_text())
    return text


def panels(figure: Figure, count: int, columns: int) -> list[Axes]:
    """Return so many axes of a figure, row by row."""
    columns = min(columns, count)
    axes = list(figure.subplots(-(-count // columns), columns, squeeze=False).flat)
    for ax in axes[count:]:
        ax.remove()
    return axes[:count]


def panel_head(ax: Axes, label: str, unit: str) -> list[Annotation]:
    """Unit of a panel and, above it in bold, its name; both are wrapped once the panel's width is known."""
    return [
        annotate(ax, unit or " ", (0, 1), (0, GAP), fontsize=SMALL, color=GREY),
        annotate(ax, label, (0, 1), (0, GAP + SMALL * LEADING), fontweight="bold"),
    ]


def annotate(
    ax: Axes,
    text: str,
    where: tuple[float, float],
    offset: tuple[float, float],
    origin: tuple[str, str] = ("axes fraction", "axes fraction"),
    **style: Any,
) -> Annotation:
    """Text at `where`, counted from `origin` for x and y, moved by `offset` points."""
    return ax.annotate(text, where, offset, xycoords=origin, textcoords="offset points", annotation_clip=False, **style)


def end_note(ax: Axes, text: str, where: tuple[float, float], colour: object) -> Annotation:
    """Write a name at the end of a curve, with a line to it."""
    line = {
        "arrowstyle": "-",
        "color": colour,
        "linewidth": THIN,
        "shrinkA": 0,
        "shrinkB": 0,
        "relpos": LEFT_MIDDLE,
    }
    style = {"va": "center", "fontsize": SMALL, "color": INK, "arrowprops": line}
    return annotate(ax, text, where, (LEADER, 0), ("data", "data"), **style)


def rows_below(
    ax: Axes, rows: Mapping[str, Sequence[str]], places: Sequence[float] | None = None, heading: str = ""
) -> None:
    """Rows of numbers under the axis, one below each place (0, 1, ... unless given)."""
    down = room_round(ax)[0] + GAP
    if heading:
        annotate(ax, heading, (0, 0), (0, -down), va="top", fontsize=SMALL, color=GREY)
        down += SMALL * LEADING
    for name, texts in rows.items():
        annotate(ax, name, (0, 0), (-GAP - LEADER, -down), va="top", ha="right", fontsize=SMALL, color=GREY)
        for place, text in zip(range(len(texts)) if places is None else places, texts, strict=True):
            under = ("data", "axes fraction")
            annotate(ax, text, (place, 0), (0, -down), under, va="top", ha="center", fontsize=SMALL)
        down += SMALL * LEADING


def room_round(ax: Axes) -> tuple[float, float]:
    """Points from the axes down, and up, to where nothing of it is drawn."""
    figure = settle(ax)
    box = cast(Bbox, ax.get_tightbbox())
    points = POINTS_AN_INCH / figure.dpi
    return (ax.bbox.y0 - box.y0) * points, (box.y1 - ax.bbox.y1) * points


def root_of(artist: Artist) -> Figure:
    """Whole figure of an artist, also when it sits in a subfigure."""
    return cast(Figure, artist.figure).canvas.figure


def settle(artist: Artist) -> Figure:
    """Let Matplotlib arrange the figure, so that places can be measured."""
    figure = root_of(artist)
    figure.draw_without_rendering()
    return figure


def finish(ax: Axes, title: str, subtitle: str, source: str) -> None:
    """Write the words round a chart: round its figure if it is alone there, else round its own axes."""
    figure = root_of(ax)
    if figure.axes == [ax]:
        dress(figure, title, subtitle, source)
        return
    _make_room(figure, ax)
    for what, text, style in (
        (NOTE, subtitle, {"fontsize": SMALL, "color": GREY}),
        (HEADING, title, {"fontweight": "bold"}),
        (ORIGIN, source and f"Source: {source}", {"fontsize": SMALL, "color": GREY, "va": "top"}),
    ):
        if text:
            _fit(_known(annotate(ax, text, (0, 0 if what == ORIGIN else 1), (0, 0), **style), what), ax.bbox.width)
    for _ in range(ROUNDS):
        for one in figure.axes:
            _surround(one)


def _make_room(figure: Figure, ax: Axes) -> None:
    """Let Matplotlib keep charts that share a figure clear of each other, and give each the inches that it needs."""
    if figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained", w_pad=MARGIN / 2, h_pad=MARGIN / 2)
    place = ax.get_subplotspec()
    if place is not None and ax.figure is figure:
        rows, columns = place.get_gridspec().get_geometry()
        width, height = figure.get_size_inches()
        figure.set_size_inches(max(width, columns * SHARED[0]), max(height, rows * SHARED[1]))


def _surround(ax: Axes) -> None:
    """Put the words of a chart that shares its figure round all else that it draws, as wide as that is."""
    words = {str(text.get_gid()): cast(Annotation, text) for text in ax.texts if text.get_gid() in WORDS}
    if not words:
        return
    for text in words.values():
        text.set_visible(False)
    (down, up), left, room = room_round(ax), *_width(ax)
    height = root_of(ax).get_size_inches()[1] * POINTS_AN_INCH
    for text in words.values():
        text.set_visible(True)
        text.set_text(str(text.get_label()))
    for what in (NOTE, HEADING):
        if what in words:
            up += GAP
            words[what].xyann = (left, up)
            up += _fit(words[what], room) * height
    if ORIGIN in words:
        words[ORIGIN].xyann = (left, -down - GAP)
        _fit(words[ORIGIN], room)


def _width(ax: Axes) -> tuple[float, float]:
    """Points from the axes to the left end of what is drawn, and pixels from there to its right end."""
    box = cast(Bbox, ax.get_tightbbox())
    return (box.x0 - ax.bbox.x0) * POINTS_AN_INCH / root_of(ax).dpi, box.width * NARROWER


def finish_panels(
    figure: Figure, heads: Sequence[Sequence[Annotation]], title: str, subtitle: str, source: str
) -> None:
    """Write the words round several panels, and their heads within their widths."""
    dress(figure, title, subtitle, source)
    figure.draw_without_rendering()
    height = figure.get_size_inches()[1] * POINTS_AN_INCH
    for ax, notes in zip(figure.axes, heads, strict=True):
        up = GAP
        for note in notes:
            note.xyann = (0, up)
            up += _fit(note, ax.bbox.width) * height + GAP / 2


def _fit(text: Text, room: float, balanced: bool = False) -> float:
    """Wrap a text to `room` pixels, and return the height it takes, as a share of the figure's.

    `balanced` makes the lines about equally long, so that no word is left alone on the last.
    """
    words = text.get_text().replace(" %", f"{GLUE}%").split(" ")
    lines = _wrap(text, words, room)
    narrow = lines
    while balanced and len(narrow) == len(lines) > 1:
        lines, room = narrow, room * NARROWER
        narrow = _wrap(text, words, room)
    text.set_text("\n".join(lines).replace(GLUE, " "))
    return text.get_window_extent().height / root_of(text).bbox.height


def _wrap(text: Text, words: Sequence[str], room: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        text.set_text(f"{lines[-1]} {word}")
        if text.get_window_extent().width <= room:
            lines[-1] = text.get_text()
        else:
            lines.append(word)
    return lines


def spread_notes(notes: Sequence[Annotation]) -> None:
    """Move notes at one edge up or down, as little as possible, until none covers another."""
    figure = settle(notes[0])
    heights = [cast(Axes, note.axes).transData.transform((0, note.xy[1]))[1] for note in notes]
    natural = np.array(heights) * POINTS_AN_INCH / figure.dpi
    order = np.argsort(natural, kind="stable")
    stack = np.arange(len(notes)) * SMALL * LEADING
    lowest = cast(Axes, notes[0].axes).bbox.y0 * POINTS_AN_INCH / figure.dpi
    placed = np.maximum(_rising(natural[order] - stack), lowest) + stack
    for index, height in zip(order, placed, strict=True):
        notes[index].xyann = (LEADER, float(height - natural[index]))


def _rising(places: np.ndarray) -> np.ndarray:
    """Move places as little as possible until none lies below the one before it: neighbours share their mean."""
    runs: list[tuple[float, int]] = []
    for place in places:
        mean, count = float(place), 1
        while runs and runs[-1][0] > mean:
            before, others = runs.pop()
            mean, count = (mean * count + before * others) / (count + others), count + others
        runs.append((mean, count))
    return np.repeat([mean for mean, _ in runs], [count for _, count in runs])
