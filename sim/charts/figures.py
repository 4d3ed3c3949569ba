"""Empty figures, and figures written to files or put into a page."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.charts.style import DPI, PAPER, PLACES, STYLE, TALL, WIDE


class Drawing(Figure):
    """A figure that a notebook shows as a picture, without pyplot."""

    def _repr_png_(self) -> bytes:
        drawn = BytesIO()
        with mpl.rc_context(STYLE):
            self.savefig(drawn, format="png", facecolor=PAPER)
        return drawn.getvalue()


def blank(size: tuple[float, float] = TALL) -> Figure:
    """Return an empty figure of `size` (inches), for charts that make their own panels."""
    figure = Drawing(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def canvas(size: tuple[float, float] = WIDE) -> tuple[Figure, Axes]:
    """Return an empty figure of `size` (inches) and its one axes."""
    figure = blank(size)
    return figure, figure.add_subplot()


def save(figure: Figure, folder: str | Path, name: str) -> tuple[Path, Path]:
    """Write `name`.png (200 dots an inch) and `name`.svg into `folder`, and return their paths.

    The files carry no date and no random ids: the same chart gives the same bytes. Neither is left
    half-written.
    """
    if Path(name).name != name or not name:
        raise ValueError(f"a chart needs a plain file name without folder, got {name!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with mpl.rc_context(STYLE), _still(figure):
        for kind, extra in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
            drawn = BytesIO()
            figure.savefig(drawn, format=kind, dpi=DPI, metadata=extra, facecolor=PAPER)
            paths.append(_write(folder / f"{name}.{kind}", drawn.getvalue()))
    return paths[0], paths[1]


def save_all(figures: Mapping[str, Figure], folder: str | Path) -> list[Path]:
    """Write figures into ``folder`` as PNG and SVG, by the names of their files, and return their paths."""
    return [path for name, figure in figures.items() for path in save(figure, folder, name)]


def svg(figure: Figure, description: str = "") -> str:
    """Return the figure as an SVG element for a page; ``description`` is its alternative text."""
    drawn = BytesIO()
    with mpl.rc_context(STYLE), _still(figure):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None}, facecolor=PAPER)
    text = drawn.getvalue().decode()
    element = text[text.index("<svg ") :]
    title = f'<svg role="img" aria-label="{html.escape(description)}" '
    return element.replace("<svg ", title, 1)


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
    draft.write_bytes(content)
    return draft.replace(path)
