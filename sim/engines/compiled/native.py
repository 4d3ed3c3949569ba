"""How Numba sees the state: one pointer a structure, instead of thirty arrays an argument.

A named tuple of NumPy arrays costs Numba some seven values an array at every call, and reference counts on each. Here
a structure such as the state is the address of a small table that says, for each of its arrays, where the data are
and what shape they have; an element is read and written straight through it. The table does not change while a kernel
runs, and is declared so, hence LLVM keeps in registers what it reads there.

Arrays must lie in memory as sim/model/state.py says, and their owner must outlive the call. Indices are not checked
and do not wrap: the same functions run under Python first, where they are.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_global
from numba.extending import (
    infer_getattr,
    intrinsic,
    lower_builtin,
    lower_getattr,
    lower_getattr_generic,
    models,
    overload,
    register_model,
)
from numba.np import numpy_support
from numpy.typing import NDArray

from sim.engines import floor
from sim.model import state

WORDS = 3
"""Words of the table for each array: address and two dimensions (the second is 1 for one)."""


PLACE = types.UniTuple(types.int64, 2)
# LLVM's prefetch: for reading, to be kept, data.
READ_KEEP_DATA = (0, 3, 1)
RECORDS = (*state.RECORDS, *floor.RECORDS, "params")
"""Arrays whose first index is a field: the fields of one entity lie side by side, and their number is compiled in."""
FIXED = (*state.FIXED, "params", "plan")
"""Arrays that a kernel only reads."""


class Rows(types.Type):
    """An array that is read and written element by element.

    ``fields`` > 0: records of so many fields; ``fixed``: nothing writes into it while a kernel runs.
    """

    def __init__(self, dtype: types.Type, ndim: int, fields: int, fixed: bool) -> None:
        super().__init__(f"Rows({dtype}, {ndim}, {fields}, {fixed})")
        self.dtype, self.ndim, self.fields, self.fixed = dtype, ndim, fields, fixed

    @property
    def value(self) -> types.Type:
        """What an element is once it is read: every integer is an int64, as in Python there is one kind."""
        return types.int64 if isinstance(self.dtype, types.Integer) and self.dtype.signed else self.dtype


class Structure(types.Type):
    """A structure of arrays, by name."""

    def __init__(self, name: str, fields: Mapping[str, Rows]) -> None:
        described = ", ".join(f"{field}: {rows}" for field, rows in fields.items())
        super().__init__(f"{name}({described})")
        self.fields = dict(fields)


@register_model(Rows)
class _RowsModel(models.StructModel):
    def __init__(self, manager: Any, kind: Rows) -> None:
        members = [("data", types.CPointer(kind.dtype)), ("rows", types.int64), ("columns", types.int64)]
        super().__init__(manager, kind, members)


register_model(Structure)(models.OpaqueModel)


@infer_getattr
class _Fields(AttributeTemplate):
    key = Structure

    def generic_resolve(self, structure: Structure, name: str) -> Rows | None:
        return structure.fields.get(name)


@lower_getattr_generic(Structure)
def _field(context: Any, builder: Any, kind: Structure, address: Any, name: str) -> Any:
    rows = kind.fields[name]
    word = ir.IntType(64)
    table = builder.bitcast(address, word.as_pointer())
    first = WORDS * list(kind.fields).index(name)
    found = []
    for k in range(WORDS):
        place = builder.gep(table, [ir.Constant(word, first + k)])
        value = builder.load(place)
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
        found.append(value)
    made = cgutils.create_struct_proxy(rows)(context, builder)
    made.data = builder.inttoptr(found[0], context.get_value_type(types.CPointer(rows.dtype)))
    made.rows, made.columns = found[1:]
    return made._getvalue()


@infer_getattr
class _Shape(AttributeTemplate):
    key = Rows

    def resolve_shape(self, rows: Rows) -> types.UniTuple:
        return types.UniTuple(types.int64, rows.ndim)


@lower_getattr(Rows, "shape")
def _shape(context: Any, builder: Any, kind: Rows, value: Any) -> Any:
    proxy = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    dimensions = (proxy.rows, proxy.columns)[: kind.ndim]
    return context.make_tuple(builder, types.UniTuple(types.int64, kind.ndim), dimensions)


def _index_type(rows: Any, index: Any) -> types.Type | None:
    if not isinstance(rows, Rows):
        return None
    if rows.ndim == 1:
        return types.int64 if isinstance(index, types.Integer) else None
    return types.UniTuple(types.int64, 2) if isinstance(index, types.BaseTuple) and len(index) == 2 else None


@infer_global(operator.getitem)
class _Get(AbstractTemplate):
    key = operator.getitem

    def generic(self, args: Any, kws: Any) -> Any:
        rows, index = args
        found = _index_type(rows, index)
        return None if found is None else signature(rows.value, rows, found)


@infer_global(operator.setitem)
class _Set(AbstractTemplate):
    key = operator.setitem

    def generic(self, args: Any, kws: Any) -> Any:
        rows, index, _ = args
        found = _index_type(rows, index)
        return None if found is None else signature(types.none, rows, found, rows.value)


def _place(context: Any, builder: Any, kind: Rows, value: Any, index: Any) -> Any:
    """Pointer to an element."""
    proxy = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    if kind.ndim == 2:
        row, column = cgutils.unpack_tuple(builder, index, 2)
        if kind.fields > 0:
            index = builder.add(builder.mul(column, ir.Constant(column.type, kind.fields)), row)
        else:
            index = builder.add(builder.mul(row, proxy.columns), column)
    return builder.gep(proxy.data, [index])


@lower_builtin(operator.getitem, Rows, types.Any)
def _read(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    found = builder.load(_place(context, builder, kind, *args))
    if kind.fixed:
        found.set_metadata("invariant.load", builder.module.add_metadata([]))
    return context.cast(builder, found, kind.dtype, kind.value)


@lower_builtin(operator.setitem, Rows, types.Any, types.Any)
def _write(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    value = context.cast(builder, args[2], sig.args[2], kind.dtype)
    builder.store(value, _place(context, builder, kind, *args[:2]))
    return context.get_dummy_value()


@intrinsic
def _fetch(typing: Any, rows: Any, entity: Any) -> Any:
    """Fetch the first line of a record into the cache."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = context.make_tuple(builder, PLACE, (ir.Constant(ir.IntType(64), 0), args[1]))
        byte = ir.IntType(8).as_pointer()
        place = builder.bitcast(_place(context, builder, rows, args[0], first), byte)
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(prefetch, [place, *(ir.Constant(flag, value) for value in READ_KEEP_DATA)])
        return context.get_dummy_value()

    return types.none(rows, types.int64), codegen


@overload(state.expect, jit_options={"forceinline": True})
def _expect(array: Any, entity: Any) -> Any:
    def expect(array: Any, entity: Any) -> None:
        _fetch(array, entity)

    return expect


@intrinsic
def at_address(typing: Any, kind: Any, address: Any) -> Any:
    """Take an address for a structure of this kind (a type reference)."""
    structure = kind.instance_type

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.inttoptr(args[1], context.get_value_type(structure))

    return structure(kind, types.int64), codegen


def structure(name: str, example: Any) -> Structure:
    """Return the type of a structure (a named tuple) with arrays like these; RECORDS are records of the state."""
    fields = {}
    for field, array in zip(example._fields, example, strict=True):
        count = array.shape[0] if field in RECORDS else 0
        fields[field] = Rows(numpy_support.from_dtype(array.dtype), array.ndim, count, field in FIXED)
    return Structure(name, fields)


def table(arrays: Any) -> NDArray[np.int64]:
    """Return the table of a structure: (WORDS * arrays,)."""
    words = []
    for name, array in zip(arrays._fields, arrays, strict=True):
        if not (array.flags.f_contiguous if name in RECORDS else array.flags.c_contiguous):
            raise ValueError(
                f"{name} does not lie in memory as sim/model/state.py says; make it with `records` or in C order."
            )
        words += [array.ctypes.data, *array.shape, 1][:WORDS]
    return np.array(words, dtype=np.int64)
