"""``cxsim new``: a file that asks for the numbers of a company."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import options, tables
from sim.cli.options import Overwrite, argument, question

File = Annotated[Path, argument("FILE", "The file to write, such as my.toml.")]
Name = Annotated[str | None, question("--name", text="Name of the company.", show_default="that of the file")]
Example = Annotated[
    str | None,
    question(
        "--example", metavar="NAME", text="Begin with a worked example: bank-telephone, online-retailer or telecom."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, new, panel=options.COMPANY, see="company")


def new(file: File, *, name: Name = None, example: Example = None, overwrite: Overwrite = False) -> None:
    """Write a file that asks for the numbers of your company and explains each.

    Example: cxsim new my.toml

    Fill in what you know, leave out what you do not, and give the file to cxsim calibrate.
    """
    from sim.company.numbers import template, text_of, write_new

    called = name or file.stem.replace("-", " ").replace("_", " ")
    write_new(file, template(called, str(file)) if example is None else text_of(example, name), overwrite)
    tables.remark(f"wrote {file}; put in your numbers, then run cxsim calibrate {file}")
