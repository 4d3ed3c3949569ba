"""The blocks of the README and the manual that state figures, and what stands in them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from tests.figures import values

ROOT = Path(__file__).parents[2]
TEMPLATES = Path(__file__).parent / "templates"
WIDTH = 120
ITEM = re.compile(r"- |\d+\. ")
CODE = re.compile(r"`[^`]+`")
GLUE = "\0"
"""In the place of a space at which no line ends."""
BLOCK = re.compile(r"(?<=^<!-- figures: )(?P<name>[a-z-]+)(?P<open> -->\n)(?P<text>.*?)(?=^<!-- end -->$)", re.M | re.S)


def pages() -> list[Path]:
    """Return the README and the manual's pages."""
    return [ROOT / "README.md", *sorted((ROOT / "sim" / "manual").glob("*.md"))]


def blocks(text: str) -> dict[str, str]:
    """Return the blocks of a page by name, as they stand there."""
    return {found["name"]: found["text"] for found in BLOCK.finditer(text)}


def written(name: str) -> str:
    """Return a block as it is to stand: its template with the figures of the saved results."""
    return wrapped((TEMPLATES / f"{name}.md").read_text("utf-8").format_map(values.all_values()))


def wrapped(text: str) -> str:
    """Return Markdown with paragraphs and list items in lines of at most 120 characters; tables and code as they are.

    >>> wrapped("- a\\nb\\n\\n| c |\\n")
    '- a b\\n\\n| c |\\n'
    """
    lines: list[str] = []
    for prose, group in groupby(text.splitlines(), key=_Prose()):
        part = list(group)
        lines.extend(_filled(part) if prose else part)
    return "".join(f"{line}\n" for line in lines)


class _Prose:
    """Whether a line is prose, asked in their order: no table, heading, remark, quotation or picture, and no code."""

    def __init__(self) -> None:
        self.code = False

    def __call__(self, line: str) -> bool:
        fence = line.lstrip().startswith("```")
        self.code ^= fence
        return not (self.code or fence or not line.strip() or line.startswith(("|", "#", "<", ">", "!")))


def _filled(lines: Iterable[str]) -> Iterator[str]:
    """Yield a paragraph, or the items of a list, filled anew; what stands between backticks is not broken."""
    items: list[str] = []
    for line in lines:
        if items and not ITEM.match(line):
            items[-1] += f" {line.strip()}"
        else:
            items.append(line.strip())
    for item in items:
        start = ITEM.match(item)
        whole = CODE.sub(lambda code: code[0].replace(" ", GLUE), item)
        indent = " " * len(start[0] if start else "")
        filled = textwrap.wrap(
            whole, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )  # fmt: skip
        yield from (line.replace(GLUE, " ") for line in filled)


def page(text: str) -> str:
    """Return a page with every block written anew."""
    return BLOCK.sub(lambda found: f"{found['name']}{found['open']}{written(found['name'])}", text)


def write() -> Iterator[str]:
    """Write all pages, and name those that were not as they are now."""
    for file in pages():
        before = file.read_text("utf-8")
        after = page(before)
        if after != before:
            file.write_text(after, "utf-8")
            yield str(file.relative_to(ROOT))


def differing() -> Iterator[str]:
    """Name the blocks that are not what the saved results say."""
    for file in pages():
        for name, text in blocks(file.read_text("utf-8")).items():
            if text != written(name):
                yield f"{file.relative_to(ROOT)}: block {name} is not what is saved; run python -m tests.figures"
