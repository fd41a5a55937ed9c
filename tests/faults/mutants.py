"""Mutants: messages that were events once, and what is done to them by chance: bits, bytes, types, sizes, encodings."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from tests.cloud import EXAMPLE

SOURCE = "/channels/mutant"
LARGEST = 256 * 1024
KINDS = ("order.placed", "order.changed", "order.cancelled", "order.collected", "sequence.skipped", "receipt")
Json = Any


def mutant(number: int, dice: Random) -> tuple[str, bytes]:
    """A topic and what is sent to it."""
    kind = dice.choices(KINDS, (10, 4, 2, 2, 1, 1))[0]
    event = _event(number, kind, dice)
    if dice.random() < 0.6:
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            dice.choice(ON_THE_TREE)(event, dice)
        payload = written(event, plain=dice.random() < 0.5)
    else:
        payload = json.dumps(event, ensure_ascii=dice.random() < 0.5).encode()
        for _ in range(dice.choice((1, 1, 1, 2))):
            payload = dice.choices(ON_THE_BYTES, WEIGHTS)[0](payload or b" ", dice)
    return "receipts" if kind == "receipt" else "orders", payload


def _event(number: int, kind: str, dice: Random) -> Json:
    """A valid event."""
    event = deepcopy(_EXAMPLE)
    order = f"mutant-{dice.randint(max(1, number - 20), number)}" if kind != "order.placed" else f"mutant-{number}"
    event |= {"id": f"mutation-{number}", "source": SOURCE, "type": f"ovenbell.{kind}", "subject": order}
    del event["sequence"]
    if dice.random() < 0.2:
        event["sequence"] = str(number)
    match kind:
        case "order.placed" | "order.changed":
            event["data"] |= {"id": order, "displayId": f"M{number}"}
        case "sequence.skipped":
            event["data"] = {"from": str(number), "through": str(number + dice.choice((0, 3, 10**17)))}
        case "receipt":
            event["data"] = {"journal": "of-another-machine", "through": str(dice.randint(0, 10**18 - 1))}
        case _:
            event["data"] = {"id": order, "reason": "why"}
    return event


# --- the tree -------------------------------------------------------------------------------------------------------


def _places(tree: Json) -> Iterator[tuple[Json, Any]]:
    """Every key of every object and every row of every list, with what holds it."""
    rows = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(rows):
        yield tree, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _place(event: Json, dice: Random) -> tuple[Json, Any]:
    return dice.choice(list(_places(event)) or [({"": 0}, "")])


def _replace(event: Json, dice: Random) -> None:
    holder, key = _place(event, dice)
    holder[key] = deepcopy(dice.choice(_ODDITIES))


def _drop(event: Json, dice: Random) -> None:
    holder, key = _place(event, dice)
    del holder[key]


def _wrap(event: Json, dice: Random) -> None:
    holder, key = _place(event, dice)
    holder[key] = [holder[key]] if dice.random() < 0.5 else {"value": holder[key]}


def _swap(event: Json, dice: Random) -> None:
    (one, here), (other, there) = _place(event, dice), _place(deepcopy(event), dice)
    one[here] = other[there]


def _name(event: Json, dice: Random) -> None:
    holder, key = _place(event, dice)
    if isinstance(holder, dict):
        holder[dice.choice(("", key.upper(), f"{key}\x00", "__proto__", "类型", key * 50))] = holder.pop(key)


def _many(event: Json, dice: Random) -> None:
    holder, key = _place(event, dice)
    small = isinstance(holder[key], str | int) and len(str(holder[key])) < 100
    holder[key] = [holder[key]] * dice.choice((0, 2, 1_001, 5_000) if small else (2, 3))


def _nest(event: Json, dice: Random) -> None:
    holder, key = _place(event, dice)
    holder[key] = _Nested(dice.choice((10, 900, 1_100, 20_000)))


def _lengthen(event: Json, dice: Random) -> None:
    holder, key = _place(event, dice)
    holder[key] = dice.choice("a蛋🎂\x1b\x00") * dice.choice((200, 201, 10_000, 70_000, 300_000))


ON_THE_TREE: tuple[Callable[[Json, Random], None], ...] = (
    *(_replace,) * 6, *(_drop,) * 2, _wrap, _swap, _name, _many, _nest, _lengthen,
)  # fmt: skip


class _Nested:
    """So many lists in one another: json cannot write them, so they are written by name."""

    def __init__(self, depth: int) -> None:
        self.depth = depth


def written(event: Json, *, plain: bool = True) -> bytes:
    """The event as bytes, with what json does not write by itself."""
    nested: list[int] = []

    def name(value: Any) -> str:
        nested.append(value.depth)
        return f"nested-{len(nested) - 1}-here"

    text = json.dumps(event, ensure_ascii=plain, default=name)
    for number, depth in enumerate(nested):
        text = text.replace(f'"nested-{number}-here"', "[" * depth + "]" * depth)
    for raw in _RAW:
        text = text.replace(f'"{raw}"', raw)
    return text.encode("utf-8", "surrogatepass")


# Numbers that Python would write another way, put in as they stand.
_RAW = (
    "1e999", "-1e999", "1E+999999999", "1E-999999999", "9" * 5_000, "-0", "0.1e-5", "1" + "0" * 400, "NaN", "Infinity",
)  # fmt: skip
_ODDITIES: tuple[Json, ...] = (
    None, True, False, 0, -1, 1.5, 2**63, 2**64, -(2**63), 10**18,
    "", " ", "\x00", "0", "-1", "1e5", "null", [], {}, [None], [[]],
    *_RAW,
    "\ud83c", "\udf82\ud83c", "x\ud800y", "🎂", "\u202eesrever", "\x1b[31m", "[bold]x[/]", "{0}", "%s%n",
    "'; DROP TABLE facts; --",
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1970-01-01T00:00:00Z",
    "2026-11-22T01:00:00", "2026-13-01T00:00:00Z", "TAKEOUT", "SCHEDULED", "ovenbell.order.placed",
    "ovenbell.order.eaten", "/channels/mutant", "999999999999999999", "9999999999999999999", "٣", "1.0", {"id": "x"},
    {"value": 1e308},
)  # fmt: skip


# --- the bytes ------------------------------------------------------------------------------------------------------


def _flip(payload: bytes, dice: Random) -> bytes:
    flipped = bytearray(payload)
    for _ in range(dice.choice((1, 1, 2, 8))):
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
    return bytes(flipped)


def _cut(payload: bytes, dice: Random) -> bytes:
    return payload[: dice.randrange(len(payload))]


def _insert(payload: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(payload))
    return (
        payload[:at]
        + dice.choice((b"\x00", b"\xff", b'"', b"{", b"}", b"\\ud800", b"\\u0000", b",", dice.randbytes(9)))
        + payload[at:]
    )


def _encode(payload: bytes, dice: Random) -> bytes:
    text = payload.decode("utf-8", "replace")
    return text.encode(
        dice.choice(("utf-16", "utf-16-le", "utf-32", "gb18030", "utf-8-sig", "utf-7", "latin-1")), "replace"
    )


def _double_keys(payload: bytes, dice: Random) -> bytes:
    """The same key twice, the other value last or first."""
    double = dice.choice(
        (
            b'"id": "mutation-twice"',
            b'"type": "ovenbell.order.cancelled"',
            b'"data": {}',
            b'"data": null',
            b'"source": 7',
        )
    )
    return b"{" + double + b", " + payload[1:] if dice.random() < 0.5 else payload[:-1] + b", " + double + b"}"


def _swell(payload: bytes, dice: Random) -> bytes:
    blanks = b" " * dice.choice((LARGEST - len(payload), LARGEST - len(payload) + 1, 300 * 1024, 1 << 20))
    return payload[:-1] + blanks + payload[-1:]


def _repeat(payload: bytes, dice: Random) -> bytes:
    return payload * dice.choice((0, 2, 3))


def _noise(_payload: bytes, dice: Random) -> bytes:
    return dice.randbytes(dice.choice((0, 1, 7, 300)))


def _deep(_payload: bytes, dice: Random) -> bytes:
    opening = dice.choice((b"[", b'{"a":', b'["\\ud800",'))
    return opening * dice.choice((500, 5_000, 100_000 // len(opening)))


ON_THE_BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flip, _cut, _insert, _encode, _double_keys, _swell, _repeat, _noise, _deep,
)  # fmt: skip
WEIGHTS = (10, 4, 6, 3, 4, 1, 1, 2, 1)
_EXAMPLE: Json = json.loads(EXAMPLE)


# --- a blemish ------------------------------------------------------------------------------------------------------

REQUIRED = {
    "specversion",
    "id",
    "source",
    "type",
    "data",
    "subject",
    "displayId",
    "createdAt",
    "items",
    "name",
    "quantity",
    "sequence",
}


def blemish(event: Json, dice: Random) -> None:
    """Spoil one optional field of an event that places an order: it must not cost the order."""
    optional = [
        (holder, key)
        for holder, key in _places(event)
        if key not in REQUIRED and (isinstance(key, str) or holder is not event["data"]["items"])
    ]
    holder, key = dice.choice(optional)
    oddity = dice.choice([one for one in _ODDITIES if one not in ("NaN", "Infinity")])
    holder[key] = deepcopy(oddity)
