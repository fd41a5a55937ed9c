"""Box labels: one for each box of an order, each a paper of its own."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from devices.phrases import (
    PIECES,
    allergens_of,
    choices,
    count_of,
    known,
    name_of,
    number_of,
    traits,
    warnings,
    when,
)
from devices.sheet import Sheet
from edge.orders import Item, Order, origin_of
from edge.parts import joined
from edge.tickets import Job

MOST_BOXES = 40  # of one order by the piece, printed before a printer is thought mute; a larger one has a box a line


def boxes(order: Order) -> list[Item]:
    """What goes into each box of an order: one piece of an item, or the whole of one that is weighed."""
    items = list(joined(order.items).values())
    if sum(map(_pieces, items)) > MOST_BOXES:
        return items
    return [one for item in items for one in _boxed(item)]


def write_labels(paper: Sheet, job: Job, order: Order) -> None:
    """The labels of a job's items, numbered over the whole order."""
    wanted = {origin_of(item) for item in job.items}
    all_boxes = boxes(order)
    numbered = [(number, item) for number, item in enumerate(all_boxes, 1) if item.id in wanted]
    heads = warnings(job, order, paper.setting)
    for number, item in numbered:
        if number != numbered[0][0]:
            paper.cut()
        place = paper.say("box {number} of {count}").format(number=number, count=len(all_boxes))
        _write(paper, heads, order, item, place)


def _write(paper: Sheet, heads: Iterable[str], order: Order, item: Item, place: str) -> None:
    say = paper.say
    for warning in heads:
        paper.text(warning, high=2, bold=True, inverse=True, center=True)
        paper.gap(6)
    paper.text(number_of(order), wide=2, high=2, bold=True)
    paper.text(place, wide=2, high=2)
    hour, day = when(order, paper.setting)
    paper.pair(hour, day)
    paper.rule()
    paper.text(count_of(item) + name_of(item), wide=paper.large, high=2, bold=True)
    for choice in choices(item):
        paper.text(choice, head="+ ")
    for trait in traits(item, say):
        paper.text(trait)
    if item.bakery.cake_text:
        paper.text(item.bakery.cake_text, high=2, bold=True)
    if item.note:
        paper.text(f"! {item.note}")
    if allergens := allergens_of(item, say):
        paper.gap(6)
        paper.text(allergens, high=2, bold=True, inverse=True)
    paper.rule()
    paper.pair(order.customer, known(order.channel, say))
    paper.code(order.id)


def _pieces(item: Item) -> int:
    whole = item.unit in PIECES and item.quantity == item.quantity.to_integral_value()
    return int(item.quantity) if whole else 1


def _boxed(item: Item) -> list[Item]:
    pieces = _pieces(item)
    return [msgspec.structs.replace(item, quantity=Decimal(1))] * pieces if pieces > 1 else [item]
