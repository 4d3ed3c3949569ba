"""The file that `cxsim new` writes: every plain number with what it means, for somebody to fill in."""

from __future__ import annotations

import re
import textwrap
from itertools import groupby
from pathlib import Path

from sim.company.numbers.company import EXAMPLES, examples
from sim.errors import finding_room, unknown
from sim.inputs.numbers.record import Number, NumberError, numbers

WIDTH = 100
HEAD = """\
# A company in the numbers that its managers know.
#
# Remove the # before a number that you know, and write yours in the place of the one that stands there. Leave out what
# you do not know: it is taken from the company that ships with cxsim, and you are told so. Text such as "36 %" or
# "6.5 min" has a unit; money is in your own currency throughout. Then run: cxsim calibrate {file}
"""


def template(name: str, file: str) -> str:
    """Return the text of a file without a number in it.

    Parameters
    ----------
    name : of the company.
    file : what the file is called, for the command that comes next.
    """
    parts = [HEAD.format(file=file), f'name = "{name}"\n', "[numbers]"]
    for section, members in groupby(numbers().values(), key=lambda number: number.section):
        parts += [f"\n# --- {section} {'-' * (WIDTH - len(section) - 7)}\n"]
        parts += [_entry(number) for number in members]
    return "\n".join(parts)


def _entry(number: Number) -> str:
    about = textwrap.fill(number.about, WIDTH, initial_indent="# ", subsequent_indent="# ")
    return f"{about}\n#{number.key} = {number.example}\n"


def text_of(example: str, name: str | None = None) -> str:
    """Return the file of a worked example, for a company of another name if one is given.

    Raises
    ------
    NumberError : there is no such example.
    """
    if example not in examples():
        raise NumberError(unknown("example", example, examples()))
    text = (EXAMPLES / f"{example}.toml").read_text("utf-8")
    return text if name is None else re.sub(r'^name = ".*"$', f'name = "{name}"', text, count=1, flags=re.MULTILINE)


def write_new(file: Path, text: str, overwrite: bool = False) -> None:
    """Write a file, whole or not at all.

    Raises
    ------
    NumberError : the file is there, unless ``overwrite`` is true, or its folder is not.
    """
    if file.exists() and not overwrite:
        raise NumberError(f"{file} is there already; choose another name, or add --overwrite.")
    if not file.parent.is_dir():
        raise NumberError(f"{file}: there is no folder {file.parent}; make it first, or name another.")
    draft = file.with_name(f".{file.name}.partial")
    try:
        with finding_room(file, len(text)):
            draft.write_text(text, encoding="utf-8")
            draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
