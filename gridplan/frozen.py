"""Arrays that a frozen dataclass can own: copied once, cast, shape-checked, read-only.

Shape letters are names of axes, written once per class, so that shapes in docstrings are tested
wherever an object is made and cannot go stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex128]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
StrArray = npt.NDArray[np.str_]

Shape = tuple[str | int, ...]


def own(
    value: object, dtype: npt.DTypeLike, shape: Shape, sizes: dict[str, int], *, name: str = "array"
) -> Any:
    """Copy ``value`` into a read-only array whose axes have the sizes named in ``shape``.

    A shape letter that ``sizes`` does not know yet is bound to the size found here. An array that
    is already read-only and of that type is shared, not copied.
    """
    array = np.asarray(value, dtype=dtype)
    if array.ndim != len(shape):
        raise ValueError(f"{name} has {array.ndim} axes, expected {shape}")
    for length, axis in zip(array.shape, shape, strict=True):
        expected = axis if isinstance(axis, int) else sizes.setdefault(axis, length)
        if length != expected:
            raise ValueError(f"{name} has shape {array.shape}, expected {shape} with {sizes}")
    if array.flags.writeable:
        array = array.copy() if array is value or array.base is not None else array
        array.flags.writeable = False
    return array


def own_fields(
    instance: object, layout: Mapping[str, tuple[npt.DTypeLike, Shape]], sizes: dict[str, int]
) -> None:
    """Replace every field named in ``layout`` of a frozen dataclass by an owned array."""
    for field in fields(instance):  # type: ignore[arg-type]
        if field.name in layout:
            dtype, shape = layout[field.name]
            value = own(
                getattr(instance, field.name),
                dtype,
                shape,
                sizes,
                name=f"{type(instance).__name__}.{field.name}",
            )
            object.__setattr__(instance, field.name, value)
