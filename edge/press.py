"""What buttons do: bump, recall, acknowledge, reprint and pages, from a keypad, a screen or the local API."""

from collections.abc import Iterator

from edge import facts as f
from edge.board import Board, MoveRef
from edge.intents import Acknowledge, AtStation, Bump, Recall, Refused, Reprint, TurnPage
from edge.layout import Layout, Station
from edge.orders import Item, Moment, Move, Order, OrderState, StationId
from edge.settle import settle
from edge.tickets import Job


def bump(draft: Board, intent: Bump, now: float) -> Iterator[f.Happened]:
    """Move those of the card's items that are furthest behind by one moment."""
    station, order = _card(draft, intent)
    if order.state is OrderState.CANCELLED:
        raise Refused(f"{order.display_id} is cancelled: acknowledge it")
    group = furthest_behind(draft.layout, order, station)
    if intent.item is not None:
        group = tuple(item for item in _here(draft.layout, order, station) if item.id == intent.item)
    if not group:
        raise Refused(f"item {intent.item} of {order.display_id} is not at {station}")
    move = draft.counters.seq + 1
    finished = []
    for item in group:
        stage = item.route[item.place]
        if item.moment is Moment.WAITING:
            yield f.ItemStarted(order.id, item.id, stage, station, move)
        else:
            yield f.ItemFinished(order.id, item.id, stage, station, move)
            finished.append(item.id)
    yield from settle(draft, order.id, now, move=move, arrived=tuple(finished))


def furthest_behind(layout: Layout, order: Order, station: StationId) -> tuple[Item, ...]:
    """The items the next press moves: the earliest of the station's stages, waiting before started."""
    here = _here(layout, order, station)
    stages = layout.stations[station].stages

    def behind(item: Item) -> tuple[int, bool]:
        stage = item.route[item.place]
        return (stages.index(stage) if stage in stages else len(stages), item.moment is Moment.STARTED)

    least = min(map(behind, here), default=None)
    return tuple(item for item in here if behind(item) == least)


def recall(draft: Board, intent: Recall, now: float) -> Iterator[f.Happened]:
    """Take a move back; its old number returns if it is free."""
    ref = _move_to_recall(draft, intent)
    order = draft.orders.get(ref.order)
    if order is None or order.state not in {OrderState.OPEN, OrderState.READY}:
        raise Refused(f"{order.display_id if order else 'the order'} can no longer be moved")
    moved = [
        item
        for item in order.items
        if any(move.id == ref.move for move in item.moves) and intent.item in {None, item.id}
    ]
    if not moved:
        raise Refused(f"{order.display_id} has no move to take back")
    for item in moved:
        if item.moves[-1].id != ref.move:
            raise Refused(f"{order.display_id} has gone on at {item.moves[-1].station}: recall it there first")
    station = moved[0].moves[-1].station
    back = tuple(f.Taken(item.id, (last := item.moves[-1]).place, last.moment, last.since) for item in moved)
    yield f.MoveRecalled(order.id, station, ref.move, back)
    if order.state is OrderState.READY:
        yield f.OrderUnready(order.id)
    yield from settle(draft, order.id, now, numbers={station: ref.slot})


def _move_to_recall(draft: Board, intent: Recall) -> MoveRef:
    if intent.station is None:
        order = draft.orders.get(intent.order) if intent.order else None
        if order is None:
            raise Refused(f"there is no order {intent.order} on the board" if intent.order else "say which station")
        moves = _moves(order, intent)
        if not moves:
            raise Refused(f"{order.display_id} has no move to take back")
        last = max(moves, key=lambda move: move.id)
        at_station = draft.station(last.station).moves
        slot = next((ref.slot for ref in at_station if ref.move == last.id), order.slots.get(last.station, 0))
        return MoveRef(last.id, order.id, slot)
    station = _station(draft, intent.station)
    number = _number(draft, station, intent)
    made = _made(draft, station, intent)
    if number is None:
        if not made:
            raise Refused(f"nothing to recall at {station.name}")
        return made[-1]
    here = draft.at(station.id, number)
    if here is not None:
        if intent.order not in {None, here.id}:
            raise Refused(f"slot {number} at {station.name} is {here.display_id} now")
        moves = [move for move in _moves(here, intent) if move.station == station.id]
        if not moves:
            raise Refused(f"nothing to recall in slot {number} at {station.name}")
        return MoveRef(max(move.id for move in moves), here.id, number)
    refs = [ref for ref in made if ref.slot == number]
    if not refs:
        raise Refused(f"slot {number} at {station.name} is empty")
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
    """Clear a card's marks; a cancelled card leaves with them."""
    if intent.station is not None and intent.slot is None and intent.position is None and intent.order is None:
        station = _station(draft, intent.station)
        marked = [order for _, order in draft.cards(station.id) if order.words(station.id)]
        if not marked:
            raise Refused(f"nothing to acknowledge at {station.name}")
        station_id, order = station.id, min(marked, key=lambda order: order.number)
    else:
        station_id, order = _card(draft, intent)
    if not order.words(station_id):
        raise Refused(f"{order.display_id} has nothing to acknowledge")
    yield f.Acknowledged(order.id, station_id)
    yield from settle(draft, order.id, now)


def reprint(draft: Board, intent: Reprint, _now: float) -> Iterator[f.Happened]:
    """Print a ticket again, marked as a reprint."""
    if intent.job is not None:
        job = draft.jobs.get(intent.job)
    elif intent.station is not None and intent.slot is None and intent.position is None and intent.order is None:
        job = _latest_ticket(draft, _station(draft, intent.station).id, None)
    elif intent.station is None and intent.order is not None:
        job = _latest_ticket(draft, None, intent.order)
    else:
        station_id, order = _card(draft, intent)
        job = _latest_ticket(draft, station_id, order.id)
    if job is None:
        raise Refused("there is no ticket to print again")
    if job.waiting:
        raise Refused(f"the ticket of {draft.orders[job.order].display_id} is still waiting for printer {job.printer}")
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
                raise Refused(f"{station.name} has {last} pages")
            page = number
    yield f.PageTurned(station.id, page)


def _card(draft: Board, intent: AtStation) -> tuple[StationId, Order]:
    """The station and order an intent names; the order must be the one in the slot."""
    if intent.station is None:
        if intent.order is None:
            raise Refused("say which station and slot, or which order")
        order = draft.orders.get(intent.order)
        if order is None:
            raise Refused(f"there is no order {intent.order} on the board")
        if len(order.slots) != 1:
            where = f"at {len(order.slots)} stations" if order.slots else f"{order.state} and at no station"
            raise Refused(f"{order.display_id} is {where}: say which")
        return next(iter(order.slots)), order
    station = _station(draft, intent.station)
    number = _number(draft, station, intent)
    if number is None:
        order = draft.orders.get(intent.order) if intent.order else None
        if order is None or station.id not in order.slots:
            raise Refused(f"{order.display_id if order else 'that order'} is not at {station.name}")
        return station.id, order
    order = draft.at(station.id, number)
    if order is None:
        raise Refused(f"slot {number} at {station.name} is empty")
    if intent.order not in {None, order.id}:
        raise Refused(f"slot {number} at {station.name} is {order.display_id} now")
    return station.id, order


def _station(draft: Board, station_id: StationId) -> Station:
    station = draft.layout.stations.get(station_id)
    if station is None:
        raise Refused(f"there is no station {station_id}")
    return station


def _number(draft: Board, station: Station, intent: AtStation) -> int | None:
    if intent.position is not None:
        return (draft.station(station.id).page - 1) * station.slots + intent.position
    return intent.slot


def _here(layout: Layout, order: Order, station: StationId) -> tuple[Item, ...]:
    return tuple(
        item for item in order.items if (stage := item.stage) is not None and layout.station_of(stage) == station
    )
