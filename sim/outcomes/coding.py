"""Results as plain data and frames, and back: what `Result.save` writes and `Result.load` reads.

Plain values stand as they are. A frame, a series or an array goes into a table of its own and is named where it stood.
An object of one of this package's dataclasses and named tuples is written as its class and fields, and made again by
its class, which checks it again. Nothing else is ever made: a file that names another class is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = "sim."
MARK = "$"
"""How the keys begin that say what a value was."""
Tables = dict[str, "pd.DataFrame"]


class CodingError(InputError):
    """Data that cannot be written, or that is not what was written."""


def encode(value: Any, tables: Tables, name: str = "") -> Any:
    """Return a value as plain data that JSON can hold; frames and arrays go into ``tables``.

    Parameters
    ----------
    value : what a result holds.
    tables : frames by name, added to.
    name : what the value is called, for the names of its tables.

    Raises
    ------
    CodingError : for something that is neither plain, nor a table, nor of this package.

    Examples
    --------
    >>> encode((1.5, float("nan"), {"a": None}), {})
    {'$tuple': [1.5, {'$float': 'nan'}, {'a': None}]}
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | np.generic):
        return _number(value)
    if isinstance(value, Mapping):
        return _mapping(value, tables, name)
    if _is_record(value):
        return {"$class": name_of(type(value)), "fields": _fields(value, tables, name)}
    if isinstance(value, list | tuple | Set):
        kind = "list" if isinstance(value, list) else "tuple" if isinstance(value, tuple) else "set"
        items = [encode(item, tables, f"{name}-{place}") for place, item in enumerate(_ordered(value))]
        return items if kind == "list" else {f"${kind}": items}
    return _other(value, tables, name)


def decode(data: Any, tables: Mapping[str, pd.DataFrame]) -> Any:
    """Return the value that `encode` wrote.

    Raises
    ------
    CodingError : when the data name a class that is none of this package's records.

    Examples
    --------
    >>> decode(encode((1.5, {"a": [2, 3]}), {}), {})
    (1.5, {'a': [2, 3]})
    """
    if isinstance(data, list):
        return [decode(item, tables) for item in data]
    if not isinstance(data, dict):
        return data
    mark = next(iter(data), "")
    if not mark.startswith(MARK):
        return {key: decode(item, tables) for key, item in data.items()}
    if mark not in READERS:
        raise CodingError(f"{mark!r} is nothing that cxsim has written; take a fresh copy of the folder")
    return READERS[mark](data, tables)


# -- writing ---------------------------------------------------------------------------------------------------------


def _number(value: float | np.generic) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return {"$float": repr(plain)}
    return plain


def _mapping(value: Mapping[Any, Any], tables: Tables, name: str) -> Any:
    if all(isinstance(key, str) and not key.startswith(MARK) for key in value):
        return {key: encode(item, tables, f"{name}-{key}" if name else key) for key, item in value.items()}
    pairs = [[encode(key, tables), encode(item, tables, f"{name}-{key}")] for key, item in value.items()]
    return {"$mapping": pairs}


def _ordered(value: Sequence[Any] | Set[Any]) -> Sequence[Any]:
    return sorted(value, key=repr) if isinstance(value, Set) else value


def _is_record(value: Any) -> bool:
    """Whether something is an object of a dataclass or named tuple of this package."""
    return type(value).__module__.startswith(PACKAGE) and (is_dataclass(value) or hasattr(value, "_fields"))


def name_of(kind: type) -> str:
    """Return what a class is called in a file: its module and its name."""
    return f"{kind.__module__}:{kind.__qualname__}"


def _fields(value: Any, tables: Tables, name: str) -> dict[str, Any]:
    names = [one.name for one in fields(value) if one.init] if is_dataclass(value) else value._fields
    return {one: encode(getattr(value, one), tables, f"{name}-{one}" if name else one) for one in names}


def _other(value: Any, tables: Tables, name: str) -> Any:
    import pandas as pd

    if isinstance(value, pd.DataFrame | pd.Series):
        tables[name] = value.to_frame("value") if isinstance(value, pd.Series) else value
        return {"$series" if isinstance(value, pd.Series) else "$frame": name}
    if isinstance(value, np.ndarray):
        tables[name] = pd.DataFrame({"value": value.ravel()})
        return {"$array": name, "shape": list(value.shape), "dtype": value.dtype.str}
    if isinstance(value, pd.Timestamp | datetime | date):
        return {"$time": value.isoformat(), "kind": type(value).__name__}
    if isinstance(value, Path):
        return {"$path": str(value)}
    raise CodingError(f"{name}: {value!r} of type {type(value).__name__} cannot be saved")


# -- reading ---------------------------------------------------------------------------------------------------------


def class_of(name: str) -> type:
    """Return the class of this package that a file names.

    Raises
    ------
    CodingError : when it names none, or one that is no record.
    """
    module, _, own = name.partition(":")
    if not module.startswith(PACKAGE):
        raise CodingError(f"{name} is not part of cxsim; take a fresh copy of the folder")
    try:
        kind = getattr(import_module(module), own)
    except (ImportError, AttributeError) as error:
        raise CodingError(f"{name} is not in this cxsim; load it with the version that saved it") from error
    if not isinstance(kind, type) or not (is_dataclass(kind) or hasattr(kind, "_fields")):
        raise CodingError(f"{name} is not a record; take a fresh copy of the folder")
    return kind


def _record(data: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Any:
    kind = class_of(str(data["$class"]))
    return kind(**{key: decode(item, tables) for key, item in data["fields"].items()})


def _array(data: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Any:
    values = tables[data["$array"]]["value"].to_numpy()
    return values.astype(data["dtype"]).reshape(data["shape"])


def _time(data: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Any:
    import pandas as pd

    kinds = {"date": date.fromisoformat, "datetime": datetime.fromisoformat, "Timestamp": pd.Timestamp}
    return kinds[data["kind"]](data["$time"])


READERS = {
    "$float": lambda data, tables: float(data["$float"]),
    "$tuple": lambda data, tables: tuple(decode(data["$tuple"], tables)),
    "$set": lambda data, tables: frozenset(decode(data["$set"], tables)),
    "$mapping": lambda data, tables: {decode(k, tables): decode(v, tables) for k, v in data["$mapping"]},
    "$frame": lambda data, tables: tables[data["$frame"]],
    "$series": lambda data, tables: tables[data["$series"]]["value"],
    "$path": lambda data, tables: Path(data["$path"]),
    "$class": _record,
    "$array": _array,
    "$time": _time,
}
"""How each mark is read."""
