"""The plain numbers that every manager knows, and what each of them is in the model.

`catalogue.toml` lists them: what each means, how it is counted, and whether it sets a parameter as it is or is matched
by a measure. `knobs.toml` says which parameters move a number that is matched.
"""

from sim.inputs.numbers.hours import read_hours, write_hours
from sim.inputs.numbers.knobs import Knob, knobs, turned
from sim.inputs.numbers.record import HOURS, Number, NumberError, numbers

__all__ = [
    "HOURS", "Knob", "Number", "NumberError", "knobs", "numbers", "read_hours", "turned", "write_hours",
]  # fmt: skip
