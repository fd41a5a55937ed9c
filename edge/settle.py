"""What follows by itself from where an order's items stand: implied starts, ready, slots and tickets."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from edge import facts as f
from edge.board import Board, items_at, stations_of
from edge.layout import PrintOn
from edge.orders import ItemId, Moment, Order, OrderId, OrderState, StationId
from edge.parts import joined, listed
from edge.tickets import JobId, TicketKind

_KINDS: Mapping[PrintOn, TicketKind] = MappingProxyType({"ready": "packing", "labels": "label"})
NO_NUMBERS: Mapping[StationId, int] = MappingProxyType({})


def settle(
    draft: Board,
    order_id: OrderId,
    now: float,
    *,
    move: int = 0,
    arrived: tuple[ItemId, ...] = (),
    numbers: Mapping[StationId, int] = NO_NUMBERS,
) -> Iterator[f.Happened]:
    """Bring the order's implied starts, readiness, slots and tickets into line with its items.

    `arrived` are the items that have just come to a stage; `numbers` are the slots a recalled order had before.
    """
    order = draft.orders[order_id]
    ready = order.state is OrderState.OPEN and order.made
    if order.state is OrderState.OPEN:
        yield from _implied_starts(draft, order, move)
    if ready:
        yield f.OrderReady(order_id, move)
    yield from _seats(draft, order_id, now, numbers)
    order = draft.orders[order_id]
    if ready:
        for on in ("ready", "labels"):
            yield from queue_tickets(draft, order, on, tuple(joined(order.items)))
    elif order.state is OrderState.OPEN and arrived:
        for station in order.slots:
            here = tuple(item.id for item in items_at(draft.layout, order, station) if item.id in arrived)
            yield from queue_tickets(draft, order, "arrived", here, station)


def _implied_starts(draft: Board, order: Order, move: int) -> Iterator[f.Happened]:
    """A stage with one press is started by arriving there."""
    for item in order.items:
        stage = item.stage
        if stage is not None and item.moment is Moment.WAITING and draft.layout.stage(stage).presses == 1:
            yield f.ItemStarted(order.id, item.id, stage, draft.layout.station_of(stage), move, implied=True)


def _seats(draft: Board, order_id: OrderId, now: float, numbers: Mapping[StationId, int]) -> Iterator[f.Happened]:
    order = draft.orders[order_id]
    here = stations_of(draft.layout, order)
    for station, number in order.slots.items():
        if station not in here:
            yield f.SlotFreed(order_id, station, number, now + draft.layout.rest)
    for station in here:
        if station not in order.slots:
            old = numbers.get(station)
            if old and draft.at(station, old) is None and not _rests_for_another(draft, station, old, order_id, now):
                yield f.SlotTaken(order_id, station, old, fresh=False)
            else:
                fresh = old is None and bool(items_at(draft.layout, order, station))
                yield f.SlotTaken(order_id, station, draft.lowest_free(station, now), fresh=fresh)


def _rests_for_another(draft: Board, station: StationId, number: int, order_id: OrderId, now: float) -> bool:
    resting = draft.station(station).resting
    return any(rest.number == number and rest.until > now and rest.order != order_id for rest in resting)


def queue_tickets(
    draft: Board, order: Order, on: PrintOn, items: tuple[ItemId, ...], station: StationId | None = None
) -> Iterator[f.Happened]:
    """The tickets that printers want at this moment; one with a line that was printed before is a reprint."""
    there = listed(order, station)
    kind = _KINDS.get(on, "kitchen")
    for rule in draft.layout.printing:
        if rule.on != on or (station is not None and station not in rule.stations):
            continue
        lines = items
        if on in {"released", "labels"}:
            lines = tuple(
                item
                for item in items
                if any(draft.layout.station_of(stage) in rule.stations for stage in there[item].route)
            )
        if not lines:
            continue
        owner = rule.printer, kind, station
        alike = [job for job in draft.jobs_of(order) if (job.printer, job.kind, job.station) == owner]
        known = next((job for job in alike if job.items == lines), None)
        if known is None:
            job_id = JobId(str(draft.counters.seq + 1))
            papers = max((job.attempt for job in alike if not set(lines).isdisjoint(job.items)), default=0)
            yield f.TicketQueued(order.id, job_id, rule.printer, kind, lines, station, papers + 1)
        elif not known.waiting:
            yield f.TicketQueued(order.id, known.id, rule.printer, kind, lines, station, known.again)
