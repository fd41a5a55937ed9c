"""Shapes: hold loose data against a Struct and name every mistake by its path, not only the first."""

import json
import re
import sys
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

DIGITS = 18  # of a whole number: more do not fit into 64 bits
LARGEST = sys.float_info.max
MISSING = "required"  # what is expected where there is nothing
HALF, LOST = re.compile("[\ud800-\udfff]"), "\N{REPLACEMENT CHARACTER}"


class Mistake(msgspec.Struct, frozen=True):
    """One place where the data does not fit."""

    path: str
    expected: str
    required: bool = False  # nothing can stand in for it

    def __str__(self) -> str:
        return f"{self.path}: {self.expected}" if self.path else self.expected


def sift(value: Any, shape: Any, *, strict: bool = False) -> tuple[Any, tuple[Mistake, ...]]:
    """The part of the data that fits the shape, and every mistake in the rest.

    A bad optional field is left out, and so is a bad row of an optional list; a bad required one (`required` is set)
    spoils what it belongs to, up to the next optional field. Strict also reports fields that the shape does not know.
    The clean part still wants `msgspec.convert`.
    """
    mistakes: list[Mistake] = []
    clean = _sift(value, shape, _Place("", strict, mistakes), optional=False)
    return (None if clean is _SPOILT else clean), tuple(mistakes)


def read_loosely(raw: bytes) -> Any:
    """JSON in which what no program can hold costs no more than its own field.

    A number out of all range is the largest there is, which fits no field; half a character, as a cut emoji leaves it,
    is the replacement character. Raises ValueError or RecursionError where it is not JSON.
    """
    text = raw.decode()
    value = json.loads(text, parse_int=_whole, parse_float=_real, parse_constant=_refuse)
    if "\\ud" in text.lower():
        value = json.loads(HALF.sub(LOST, json.dumps(value, ensure_ascii=False)))
    return value


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= DIGITS else _real(text)


def _real(text: str) -> float:
    return min(max(float(text), -LARGEST), LARGEST)


def _refuse(constant: str) -> typing.NoReturn:
    raise ValueError(f"{constant} is not JSON")


_SPOILT: Any = object()


class _Place(msgspec.Struct, frozen=True):
    """Where the sifting stands."""

    path: str
    strict: bool
    mistakes: list[Mistake]

    def below(self, step: str) -> "_Place":
        return _Place(
            f"{self.path}{step}" if step.startswith("[") else f"{self.path}.{step}".lstrip("."),
            self.strict,
            self.mistakes,
        )

    def mistake(self, expected: str) -> None:
        self.mistakes.append(Mistake(self.path, expected, required=True))


def _sift(value: Any, shape: Any, place: _Place, *, optional: bool) -> Any:
    inner = _bare(shape)
    origin, arguments = typing.get_origin(inner), typing.get_args(inner)
    if _is_struct(inner) and isinstance(value, Mapping):
        return _sift_struct(value, inner, place)
    if origin in {list, tuple} and isinstance(value, list):
        rows = [_sift(row, arguments[0], place.below(f"[{n}]"), optional=False) for n, row in enumerate(value)]
        if not optional and any(row is _SPOILT for row in rows):
            return _SPOILT
        return _fits([row for row in rows if row is not _SPOILT], shape, place)
    if origin is dict and isinstance(value, Mapping):
        table = {key: _sift(row, arguments[1], place.below(str(key)), optional=False) for key, row in value.items()}
        return _SPOILT if any(row is _SPOILT for row in table.values()) else _fits(table, shape, place)
    return _fits(value, shape, place)


def _fits(value: Any, shape: Any, place: _Place) -> Any:
    """The value, if msgspec takes it for the shape."""
    try:
        msgspec.convert(value, shape)
    except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
        place.mistake(_expected(value, shape) or str(error).replace(" - at `$", " at `").removesuffix(" at ``"))
        return _SPOILT
    return value


def _expected(value: Any, shape: Any) -> str:
    """What stands to choose, or what a pattern means in words; empty where msgspec says it well."""
    inner = _bare(shape)
    choices: tuple[Any, ...] = ()
    if typing.get_origin(inner) is typing.Literal:
        choices = typing.get_args(inner)
    elif isinstance(inner, type) and issubclass(inner, Enum):
        choices = tuple(choice.value for choice in inner)
    if choices:
        found = repr(value) if isinstance(value, str) else f"a value of type {type(value).__name__}"
        return f"expected one of {', '.join(map(str, choices))}, not {found}"
    for part in (shape, *typing.get_args(shape)):
        for meta in getattr(part, "__metadata__", ()):
            if meta.pattern and isinstance(value, str) and not re.search(meta.pattern, value):
                return f"expected {meta.description or meta.pattern}"
    return ""


def _sift_struct(value: Mapping[str, Any], struct: type[msgspec.Struct], place: _Place) -> Any:
    clean: dict[str, Any] = {}
    spoilt = False
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    if place.strict:
        for key in value:
            if key not in fields:
                place.below(str(key)).mistake("unknown field")
    for name, field in fields.items():
        here = place.below(name)
        if value.get(name) is None:
            if field.required:
                here.mistake(MISSING)
                spoilt = True
            continue
        first = len(place.mistakes)
        part = _sift(value[name], field.type, here, optional=not field.required)
        if part is not _SPOILT:
            clean[name] = part
        spoilt = spoilt or (part is _SPOILT and field.required)
        if not field.required:  # what stands below an optional field is optional too
            place.mistakes[first:] = [msgspec.structs.replace(m, required=False) for m in place.mistakes[first:]]
    return _SPOILT if spoilt else clean


def _bare(shape: Any) -> Any:
    """The shape without `| None` and without its ranges."""
    if typing.get_origin(shape) in {types.UnionType, typing.Union}:
        options = [option for option in typing.get_args(shape) if option is not types.NoneType]
        return _bare(options[0]) if len(options) == 1 else shape
    if typing.get_origin(shape) is typing.Annotated:
        return _bare(typing.get_args(shape)[0])
    return shape


def _is_struct(shape: Any) -> typing.TypeGuard[type[msgspec.Struct]]:
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)
