"""Readers and writers of types, built when first asked for: all together take most of a second."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

_Type = TypeVar("_Type")
_BUILT: dict[object, TypeAdapter[Any]] = {}


def adapter_of(kind: type[_Type]) -> TypeAdapter[_Type]:
    """The adapter of a class or of a list of one; built once."""
    if kind not in _BUILT:
        _BUILT[kind] = TypeAdapter(kind)
    return _BUILT[kind]
