"""No hidden numbers: what the rules and steps reckon with stands in the parameter files, with its source and range."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim.model
from sim.engines import run
from sim.inputs.scenario import Scenario
from sim.inputs.uncertainties import FORMS, RangeError, ranges

FOLDER = Path(sim.model.__file__).parent
FILES = sorted(path for room in ("rules", "steps") for path in (FOLDER / room).glob("*.py"))
PLAIN = (0, 1)
# Constants with a name and a reason that are no numbers of the model: rounding, widths of keys, scales of a question.
NAMED = {
    "chance.py": {"HALF", "ENDLESS", "MOST_SKIPPED"},
    "survey.py": {"RECOMMEND", "PROMOTER_FROM", "DETRACTOR_TO"},
    "bare.py": {"BARE_ROWS", "CLASS_ROWS", "REACH"},
    "company.py": {"GENERATION_SHIFT"},
    "contacts.py": {"LAST_TOUCH"},
    "referral.py": {"STORY_SHIFT", "HIT_BITS"},
    "standing.py": {"LET_GO_KIND"},
}
# The coefficients of a published algorithm (Wichura 1988, AS 241), which its functions hold and nothing else.
ALGORITHM = ("normal_quantile", "_normal_middle", "_normal_near", "_normal_far")


def literals(code: str, named: set[str], algorithm: tuple[str, ...] = ALGORITHM) -> Iterator[tuple[int, object]]:
    """Yield line and value of each number but 0, 1, named constants, the size of an enumeration and a next row."""
    tree = ast.parse(code)
    allowed = {node for part in _allowed(tree, named, algorithm) for node in ast.walk(part)}
    for node in ast.walk(tree):
        number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        if number and node.value not in PLAIN and node not in allowed:
            yield node.lineno, node.value


def _allowed(tree: ast.Module, named: set[str], algorithm: tuple[str, ...]) -> Iterator[ast.AST]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in algorithm:
            yield node
        elif isinstance(node, ast.Assign) and (_names(node) <= named or _enumerates(node)):
            yield node.value
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            yield from _next_rows(node.slice)


def _names(node: ast.Assign) -> set[str]:
    return {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _enumerates(node: ast.Assign) -> bool:
    call = node.value
    named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"
    return named and isinstance(node.targets[0], ast.Tuple)


def _next_rows(index: ast.AST) -> Iterator[ast.AST]:
    """Whole numbers that count rows on from a named one: ``params[row + 2, segment]``."""
    for part in index.elts if isinstance(index, ast.Tuple) else [index]:
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add) and isinstance(part.left, ast.Name):
            yield part.right


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_rules_and_steps_hold_no_numbers_of_their_own(path: Path) -> None:
    assert list(literals(path.read_text("utf-8"), NAMED.get(path.name, set()))) == []


def test_every_constant_that_is_let_through_is_there() -> None:
    for name, constants in NAMED.items():
        found = [set(_names(node)) for path in FILES if path.name == name for node in _assignments(path)]
        assert constants <= set().union(*found), name


def _assignments(path: Path) -> list[ast.Assign]:
    return [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Assign)]


HIDDEN = """
A, B = range(2)
WIDTH = 32
BOUND = 0.7
def rule(x):
    return 0.5 * x + params[row + 3, 0] + params[2 * x, 0]
def normal_quantile(u):
    return 0.425
"""


def test_a_hidden_number_is_found() -> None:
    assert list(literals(HIDDEN, {"WIDTH"})) == [(4, 0.7), (6, 0.5), (6, 2)]


BUSY = (
    Scenario.load("small_company")
    .change(years=60 / 365, warm_up=0.0)
    .override(
        market_size=600,
        employees=1,
        purchase_gap_mean=10.0,
        enquiry_probability=0.8,
        solve_enquiry=0.3,
        issue_ambient=0.2,
        complain_minor=1.0,
    )
)


@pytest.mark.parametrize("name", FORMS)
def test_the_form_of_a_rule_is_what_the_files_say(name: str) -> None:
    company = BUSY.override(pressure_reference=0.01) if name == "pressure_highest" else BUSY
    (form,) = ranges(company, [name])
    values = (form.value, form.low, form.high)
    assert len({run(company.override(**{name: value}), engine="readable").digest() for value in values}) > 1


def test_forms_are_moved_when_they_are_named_and_not_with_all_that_is_uncertain() -> None:
    assert not set(FORMS) & {one.name for one in ranges(BUSY)}
    with pytest.raises(RangeError):
        ranges(BUSY, ["pressure_lowest", "pressure_lowest"])
