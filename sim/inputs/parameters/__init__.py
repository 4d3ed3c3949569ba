"""The only home of numbers: one TOML file a subject, checked on loading."""

from sim.inputs.parameters.schema import (
    Parameter,
    ParameterError,
    Parameters,
    check_sources,
    load,
    load_folder,
    outside_range,
)
from sim.inputs.parameters.units import UnitError, convert, limits_problem

__all__ = [
    "Parameter",
    "ParameterError",
    "Parameters",
    "UnitError",
    "check_sources",
    "convert",
    "limits_problem",
    "load",
    "load_folder",
    "outside_range",
]
