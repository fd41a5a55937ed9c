"""The order as far as it has been said, what may be doubtful about it, and how it goes to the hub."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import msgspec

from edge.info import Product

Channel = Literal["phone", "walk-in", "wechat"]
CHANNELS: tuple[Channel, ...] = ("phone", "walk-in", "wechat")


class Line(msgspec.Struct, frozen=True):
    """So many of a product, as the customer wants them."""

    product: Product
    quantity: Decimal = Decimal(1)
    size: str = ""
    flavour: str = ""
    options: tuple[str, ...] = ()
    cake_text: str = ""
    candles: int | None = None
    note: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        """What was chosen for it, as people read it."""
        return tuple(filter(None, (self.size, self.flavour, *self.options)))


class Draft(msgspec.Struct, frozen=True):
    """Everything that has been said."""

    lines: tuple[Line, ...] = ()
    due: datetime | None = None  # as soon as possible
    name: str = ""
    phone: str = ""
    channel: Channel | None = None  # nobody said: see `came_by`

    @property
    def lead(self) -> timedelta:
        """The longest lead of its products."""
        return timedelta(minutes=max((line.product.lead_minutes for line in self.lines), default=0))

    @property
    def came_by(self) -> Channel:
        """Who leaves a number has phoned, who stands there need not."""
        return self.channel or ("phone" if self.phone else "walk-in")

    def with_line(self, line: Line) -> "Draft":
        """One line more; of what is there exactly so, only more of it."""
        for place, other in enumerate(self.lines):
            if msgspec.structs.replace(other, quantity=line.quantity) == line:
                more = msgspec.structs.replace(other, quantity=other.quantity + line.quantity)
                return msgspec.structs.replace(self, lines=(*self.lines[:place], more, *self.lines[place + 1 :]))
        return msgspec.structs.replace(self, lines=(*self.lines, line))

    def without_line(self, number: int) -> "Draft":
        """Without a line, by its number from 1."""
        return msgspec.structs.replace(self, lines=self.lines[: number - 1] + self.lines[number:])

    def earliest(self, now: datetime) -> datetime:
        """When it can be made, to the minute."""
        soonest = now + self.lead
        return soonest.replace(second=0, microsecond=0) + timedelta(minutes=bool(soonest.second or soonest.microsecond))

    def too_early(self, now: datetime) -> bool:
        """Whether it is wanted before it can be made."""
        return self.due is not None and self.due.timestamp() < (now + self.lead).timestamp() - _KINDNESS

    def sold_out(self, unavailable: Collection[str]) -> Iterator[Product]:
        """Those of its products that are sold out, by their codes."""
        yield from (line.product for line in self.lines if line.product.code in unavailable)


_KINDNESS = 60.0  # seconds: who said +180 for a lead of 180 minutes must not be too early by the time of typing a name


def wire(draft: Draft, order: str, now: datetime) -> dict[str, Any]:
    """The order as `place` takes it (CONTRACT.md section 2); the hub gives it its display id."""
    data: dict[str, Any] = {
        "id": order,
        "type": "TAKEOUT",
        "orderTiming": "SCHEDULED" if _waits(draft, now) else "INSTANT",
        "createdAt": _rfc3339(now),
        "salesChannel": draft.came_by,
        "items": [_item(str(number), line) for number, line in enumerate(draft.lines, 1)],
    }
    if draft.due is not None:
        due = _rfc3339(draft.due)
        data["takeout"] = {"mode": "DEFAULT", "takeoutDateTime": due}
        if data["orderTiming"] == "SCHEDULED":
            data["schedule"] = {"scheduledDateTimeStart": due, "scheduledDateTimeEnd": due}
    customer = _there(name=draft.name, phone={"number": draft.phone} if draft.phone else None)
    return data | _there(customer=customer)


def _waits(draft: Draft, now: datetime) -> bool:
    """Whether the hub may hold it: what has no lead would be held until it is due, so on its own day it is begun."""
    return draft.due is not None and (bool(draft.lead) or draft.due.date() > now.date())


def _item(number: str, line: Line) -> dict[str, Any]:
    product = line.product
    return {"id": number, "name": product.name, "quantity": _number(line.quantity)} | _there(
        externalCode=product.code,
        unit=product.unit,
        options=[{"name": option, "quantity": 1} for option in line.options],
        specialInstructions=line.note,
        bakery=_there(
            cakeText=line.cake_text,
            candles=line.candles,
            size=line.size,
            flavour=line.flavour,
            allergens=list(product.allergens),
        ),
    )


def _there(**fields: Any) -> dict[str, Any]:
    """Those that say something."""
    return {name: value for name, value in fields.items() if value or value == 0}


def _number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == int(quantity) else float(quantity)


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
