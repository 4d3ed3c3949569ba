"""Empty figures, and figures written to files or put into a page."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.charts.layout import HEADING, root_of, words_of
from sim.charts.style import DPI, PAPER, PLACES, STYLE, TALL, WIDE
from sim.errors import finding_room

IDS = re.compile(r"""(\bid="|href="#|url\(#)([^")]+)""")
"""Where an SVG names a part of itself."""
SHORT = 10
"""Digits of a digest that are enough to tell pictures of a page apart."""


class Drawing(Figure):
    """A figure that a notebook shows as a picture, without pyplot."""

    def _repr_png_(self) -> bytes:
        drawn = BytesIO()
        with mpl.rc_context(STYLE):
            self.savefig(drawn, format="png", facecolor=PAPER)
        return drawn.getvalue()


class Picture(Axes):
    """Axes that a notebook shows as the picture they are in, when a cell ends with a chart."""

    def _repr_png_(self) -> bytes:
        return cast(Drawing, root_of(self))._repr_png_()


def blank(size: tuple[float, float] = TALL) -> Figure:
    """Return an empty figure of `size` (inches), for charts that make their own panels."""
    figure = Drawing(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def canvas(size: tuple[float, float] = WIDE) -> tuple[Figure, Axes]:
    """Return an empty figure of `size` (inches) and its one axes; a notebook shows either as a picture."""
    figure = blank(size)
    return figure, figure.add_subplot(axes_class=Picture)


def drawn(figures: Mapping[str, Figure]) -> dict[str, bytes]:
    """Return figures as files, by their names: ``NAME.png`` (200 dots an inch) and ``NAME.svg`` of each.

    They carry no date and no random ids: the same chart gives the same bytes.
    """
    return {f"{name}.{kind}": file for name, figure in figures.items() for kind, file in _files(figure).items()}


def save(figure: Figure, folder: str | Path, name: str) -> tuple[Path, Path]:
    """Write `name`.png and `name`.svg into `folder` (see `drawn`), neither half-written, and return their paths."""
    if Path(name).name != name or not name:
        raise ValueError(f"a chart needs a plain file name without folder, got {name!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    bitmap, vector = (_write(folder / file, content) for file, content in drawn({name: figure}).items())
    return bitmap, vector


def _files(figure: Figure) -> dict[str, bytes]:
    """Return a figure as a file of each kind."""
    found = {}
    with mpl.rc_context(STYLE), _still(figure):
        for kind, extra in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
            held = BytesIO()
            figure.savefig(held, format=kind, dpi=DPI, metadata=extra, facecolor=PAPER)
            found[kind] = held.getvalue()
    return found


def svg(figure: Figure, description: str = "", name: str = "") -> str:
    """Return the figure as an SVG element for a page, with a title and a description for those who cannot see it.

    Parameters
    ----------
    description : what the picture shows, in a sentence; its own title unless given.
    name : tells two equal pictures of one page apart: no id of theirs may be the same.
    """
    held = BytesIO()
    with mpl.rc_context(STYLE), _still(figure):
        figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None}, facecolor=PAPER)
    text = held.getvalue().decode()
    element = text[text.index("<svg ") :]
    own = f"c{sha256(f'{name} {description} {element}'.encode()).hexdigest()[:SHORT]}-"
    element = _with_own_ids(element, own)
    start = element.index(">") + 1
    role = element[:start].replace("<svg ", f'<svg role="img" aria-labelledby="{own}label {own}description" ', 1)
    words = words_of(figure)
    title = html.escape(description or words.get(HEADING, ""))
    told = html.escape(" ".join(words.values()))
    return f'{role}<title id="{own}label">{title}</title><desc id="{own}description">{told}</desc>{element[start:]}'


def _with_own_ids(element: str, own: str) -> str:
    """Begin every id with what is the picture's own; one that Matplotlib gives twice has a number from then on."""
    given: Counter[str] = Counter()

    def renamed(found: re.Match[str]) -> str:
        given[found[2]] += found[1].startswith("id")
        again = given[found[2]] - 1
        return f"{found[1]}{own}{found[2]}{f'-{again}' if again > 0 else ''}"

    return IDS.sub(renamed, element)


@contextmanager
def _still(figure: Figure) -> Iterator[None]:
    """Hold the panels at rounded places: Matplotlib's solver repeats itself up to rounding errors only."""
    engine = figure.get_layout_engine()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for ax in figure.axes:
        ax.set_position(tuple(round(side, PLACES) for side in ax.get_position().bounds))
    try:
        yield
    finally:
        for ax in figure.axes:
            ax.set_in_layout(True)
        figure.set_layout_engine(engine or "none")


def _write(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.partial")
    try:
        with finding_room(path, len(content)):
            draft.write_bytes(content)
            return draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
