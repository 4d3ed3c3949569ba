"""The plain numbers that every manager knows, and a company described by them.

`catalogue.toml` lists them: what each means, how it is counted, and whether it is set in the model as it is or matched
by a measure. `Company` is what somebody knows; `sim.company.calibration` turns it into a scenario.
"""

from sim.company.numbers.company import Company, examples
from sim.company.numbers.template import template, text_of, write_new
from sim.inputs.numbers.hours import read_hours, write_hours
from sim.inputs.numbers.record import HOURS, Number, NumberError, numbers

__all__ = [
    "HOURS", "Company", "Number", "NumberError", "examples", "numbers", "read_hours", "template", "text_of",
    "write_hours", "write_new",
]  # fmt: skip
