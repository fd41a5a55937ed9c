"""What buttons do: bump, recall, acknowledge, reprint and pages, from a keypad, a screen or the local API."""

from collections.abc import Iterator

from edge import facts as f
from edge.board import Board, MoveRef, items_at, words_at
from edge.intents import Acknowledge, AtStation, Bump, Recall, Refused, Reprint, TurnPage
from edge.layout import Layout, Station
from edge.orders import Item, Moment, Move, Order, OrderState, StationId
from edge.settle import settle
from edge.tickets import Job


def bump(draft: Board, intent: Bump, now: float) -> Iterator[f.Happened]:
    """Move those of the card's items that are furthest behind by one moment."""
    station, order = _card(draft, intent)
    if order.state is OrderState.CANCELLED:
        raise Refused("{order} is cancelled: acknowledge it", order=order.display_id)
    group = furthest_behind(draft.layout, order, station)
    if not group:
        raise Refused("{order} has nothing left to make here: acknowledge it", order=order.display_id)
    if intent.item is not None:
        group = tuple(item for item in items_at(draft.layout, order, station) if item.id == intent.item)
    if not group:
        raise Refused(
            "item {item} of {order} is not at {station}", item=intent.item, order=order.display_id, station=station
        )
    move = draft.counters.seq + 1
    arrived = []
    for item in group:
        stage = item.route[item.place]
        if item.moment is Moment.WAITING:
            yield f.ItemStarted(order.id, item.id, stage, station, move)
        else:
            yield f.ItemFinished(order.id, item.id, stage, station, move)
            if draft.layout.station_of(item.route[min(item.place + 1, len(item.route) - 1)]) != station:
                arrived.append(item.id)
    yield from settle(draft, order.id, now, move=move, arrived=tuple(arrived))


def furthest_behind(layout: Layout, order: Order, station: StationId) -> tuple[Item, ...]:
    """The items the next press moves: the earliest of the station's stages, waiting before started."""
    here = items_at(layout, order, station)
    if not here:
        return ()
    stages = layout.stations[station].stages

    def behind(item: Item) -> tuple[int, bool]:
        stage = item.route[item.place]
        return (stages.index(stage) if stage in stages else len(stages), item.moment is Moment.STARTED)

    least = min(map(behind, here))
    return tuple(item for item in here if behind(item) == least)


def recall(draft: Board, intent: Recall, now: float) -> Iterator[f.Happened]:
    """Take a move back; its old number returns if it is free."""
    ref = _move_to_recall(draft, intent)
    order = draft.orders.get(ref.order)
    if order is None or order.state not in {OrderState.OPEN, OrderState.READY}:
        raise Refused("{order} can no longer be moved", order=order.display_id if order else ref.order)
    moved = [
        item
        for item in order.items
        if any(move.id == ref.move for move in item.moves) and intent.item in {None, item.id}
    ]
    if not moved:
        raise Refused("{order} has no move to take back", order=order.display_id)
    for item in moved:
        if item.moves[-1].id != ref.move:
            raise Refused(
                "{order} has gone on at {station}: recall it there first",
                order=order.display_id,
                station=item.moves[-1].station,
            )
    station = moved[0].moves[-1].station
    back = tuple(f.Taken(item.id, (last := item.moves[-1]).place, last.moment, last.since) for item in moved)
    yield f.MoveRecalled(order.id, station, ref.move, back)
    if order.state is OrderState.READY:
        yield f.OrderUnready(order.id)
    yield from settle(draft, order.id, now, numbers={station: ref.slot})


def _move_to_recall(draft: Board, intent: Recall) -> MoveRef:
    if intent.station is None:
        order = _on_board(draft, intent, "say which station")
        moves = _moves(order, intent)
        if not moves:
            raise Refused("{order} has no move to take back", order=order.display_id)
        last = max(moves, key=lambda move: move.id)
        at_station = draft.station(last.station).moves
        slot = next((ref.slot for ref in at_station if ref.move == last.id), order.slots.get(last.station, 0))
        return MoveRef(last.id, order.id, slot)
    station = _station(draft, intent.station)
    number = _number(draft, station, intent)
    made = _made(draft, station, intent)
    if number is None:
        if not made:
            raise Refused("nothing to recall at {station}", station=station.name)
        return made[-1]
    here = _in_slot(draft, station, number, intent)
    if here is not None:
        moves = [move for move in _moves(here, intent) if move.station == station.id]
        if not moves:
            raise Refused("nothing to recall in slot {slot} at {station}", slot=number, station=station.name)
        return MoveRef(max(move.id for move in moves), here.id, number)
    refs = [ref for ref in made if ref.slot == number]
    if not refs:
        raise Refused("slot {slot} at {station} is empty", slot=number, station=station.name)
    return refs[-1]


def _made(draft: Board, station: Station, intent: Recall) -> list[MoveRef]:
    """The station's presses that a recall may mean, oldest first."""
    refs = [ref for ref in draft.station(station.id).moves if intent.order in {None, ref.order}]
    if intent.item is None:
        return refs
    orders = ((ref, draft.orders.get(ref.order)) for ref in refs)
    return [ref for ref, order in orders if order and any(ref.move == move.id for move in _moves(order, intent))]


def _moves(order: Order, intent: Recall) -> list[Move]:
    return [move for item in order.items if intent.item in {None, item.id} for move in item.moves]


def acknowledge(draft: Board, intent: Acknowledge, now: float) -> Iterator[f.Happened]:
    """Clear a card's marks; what is cancelled or removed leaves with them."""
    if intent.station is not None and intent.whole_station:
        station = _station(draft, intent.station)
        marked = [order for _, order in draft.cards(station.id) if words_at(draft.layout, order, station.id)]
        if not marked:
            raise Refused("nothing to acknowledge at {station}", station=station.name)
        station_id, order = station.id, min(marked, key=lambda order: order.number)
    else:
        station_id, order = _card(draft, intent)
    if not words_at(draft.layout, order, station_id):
        raise Refused("{order} has nothing to acknowledge", order=order.display_id)
    yield f.Acknowledged(order.id, station_id)
    yield from settle(draft, order.id, now)


def reprint(draft: Board, intent: Reprint, _now: float) -> Iterator[f.Happened]:
    """Print a ticket again, marked as a reprint."""
    if intent.job is not None:
        job = draft.jobs.get(intent.job)
    elif intent.station is not None and intent.whole_station:
        job = _latest_ticket(draft, _station(draft, intent.station).id, None)
    elif intent.station is None and intent.order is not None:
        job = _latest_ticket(draft, None, intent.order)
    else:
        station_id, order = _card(draft, intent)
        job = _latest_ticket(draft, station_id, order.id)
    if job is None:
        raise Refused("there is no ticket to print again")
    if job.waiting:
        raise Refused(
            "the ticket of {order} is still waiting for printer {printer}",
            order=draft.orders[job.order].display_id,
            printer=job.printer,
        )
    yield f.TicketQueued(job.order, job.id, job.printer, job.kind, job.items, job.station, job.attempt + 1)


def _latest_ticket(draft: Board, station: StationId | None, order_id: str | None) -> Job | None:
    printers = {rule.printer for rule in draft.layout.printing if station is None or station in rule.stations}
    jobs = (
        job for job in draft.jobs.values() if job.printer in printers and (order_id is None or job.order == order_id)
    )
    return max(jobs, key=lambda job: (job.at, int(job.id)), default=None)


def turn_page(draft: Board, intent: TurnPage, _now: float) -> Iterator[f.Happened]:
    """Show another page; after the last comes the first."""
    station = _station(draft, intent.station)
    last = max(1, -(-max((number for number, _ in draft.cards(station.id)), default=1) // station.slots))
    page = draft.station(station.id).page
    match intent.to:
        case "next":
            page = page + 1 if page < last else 1
        case "previous":
            page = page - 1 if 1 < page <= last else last
        case int(number):
            if number > last:
                raise Refused("{station} has {pages} pages", station=station.name, pages=last)
            page = number
    yield f.PageTurned(station.id, page)


def _card(draft: Board, intent: AtStation) -> tuple[StationId, Order]:
    """The station and order an intent names; the order must be the one in the slot."""
    if intent.station is None:
        return _only_card(_on_board(draft, intent, "say which station and slot, or which order"))
    station = _station(draft, intent.station)
    number = _number(draft, station, intent)
    if number is None:
        order = _on_board(draft, intent, "say which slot or which order")
        if station.id not in order.slots:
            raise Refused("{order} is not at {station}", order=order.display_id, station=station.name)
        return station.id, order
    here = _in_slot(draft, station, number, intent)
    if here is None:
        raise Refused("slot {slot} at {station} is empty", slot=number, station=station.name)
    return station.id, here


def _in_slot(draft: Board, station: Station, number: int, intent: AtStation) -> Order | None:
    """The order under a number, which must be the one an intent names; none where the number is free."""
    here = draft.at(station.id, number)
    if here is not None and intent.order not in {None, here.id}:
        raise Refused(
            "slot {slot} at {station} is {order} now", slot=number, station=station.name, order=here.display_id
        )
    return here


def _on_board(draft: Board, intent: AtStation, otherwise: str) -> Order:
    """The order an intent names by its id."""
    if intent.order is None:
        raise Refused(otherwise)
    order = draft.orders.get(intent.order)
    if order is None:
        raise Refused("there is no order {order} on the board", order=intent.order)
    return order


def _only_card(order: Order) -> tuple[StationId, Order]:
    """The one card of an order that is at one station."""
    if not order.slots:
        raise Refused("{order} is {state} and at no station", order=order.display_id, state=order.state)
    if len(order.slots) > 1:
        raise Refused("{order} is at {count} stations: say which", order=order.display_id, count=len(order.slots))
    return next(iter(order.slots)), order


def _station(draft: Board, station_id: StationId) -> Station:
    station = draft.layout.stations.get(station_id)
    if station is None:
        raise Refused("there is no station {station}", station=station_id)
    return station


def _number(draft: Board, station: Station, intent: AtStation) -> int | None:
    if intent.position is not None:
        if intent.position > station.slots:
            raise Refused("{station} has {slots} slots on a page", station=station.name, slots=station.slots)
        return (draft.station(station.id).page - 1) * station.slots + intent.position
    return intent.slot
