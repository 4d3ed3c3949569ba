"""``cxsim manual``: the user's guide in the terminal."""

from __future__ import annotations

import re
import sys
from importlib import resources
from typing import Annotated

import typer

from sim.cli import options, tables
from sim.cli.arguments import OptionError
from sim.cli.options import argument
from sim.errors import unknown

INDEX = "index"
COMMENT = re.compile(r"^<!--.*?-->\n|<!--.*?-->", re.MULTILINE | re.DOTALL)
"""A remark for scripts that check the pages."""
Topic = Annotated[str | None, argument("[TOPIC]", "Page to read; without it, the list of topics.")]


def register(app: typer.Typer) -> None:
    """Add the verb to the command."""
    options.add(app, manual, panel=options.UPKEEP)


def manual(topic: Topic = None) -> None:
    """Read the manual, a page for each topic.

    Example: cxsim manual questions
    """
    known = pages()
    name = INDEX if topic is None else topic.lower().removesuffix(".md")
    if name not in known:
        raise OptionError(unknown("topic", topic, known))
    _show(COMMENT.sub("", known[name]))


def pages() -> dict[str, str]:
    """Return the pages of the manual by topic, as Markdown; the index is one of them."""
    files = (resources.files("sim") / "manual").iterdir()
    found = {file.name.removesuffix(".md"): file for file in files if file.name.endswith(".md")}
    return {name: found[name].read_text(encoding="utf-8") for name in sorted(found)}


def _show(text: str) -> None:
    """Print a page: laid out on a terminal, as Markdown elsewhere."""
    if not sys.stdout.isatty():
        tables.say(text.strip("\n"))
        return
    from rich.markdown import Markdown

    tables.console().print(Markdown(text))
