"""What buttons do: bump, batch, recall, acknowledge, reprint and pages, from a keypad, a screen or the local API."""

from collections.abc import Iterator

from edge import facts as f
from edge.board import Board, Press, items_at, words_at
from edge.intents import Acknowledge, AtStation, Batch, Bump, Recall, Refused, Reprint, TurnPage
from edge.layout import Layout, Station
from edge.orders import Item, ItemId, Mark, Moment, Move, Order, OrderState, StationId, Word
from edge.parts import portion
from edge.settle import settle
from edge.tickets import Job


def bump(draft: Board, intent: Bump, now: float) -> Iterator[f.Happened]:
    """Move those of the card's items that are furthest behind by one moment."""
    station, order = card(draft, intent)
    if order.state is OrderState.CANCELLED:
        raise Refused("{order} is cancelled: acknowledge it", order=order.display_id)
    group = furthest_behind(draft.layout, order, station, intent.item)
    if not group and items_at(draft.layout, order, station):
        raise Refused(
            "item {item} of {order} is not at {station}", item=intent.item, order=order.display_id, station=station
        )
    if not group:
        raise Refused("{order} has nothing left to make here: acknowledge it", order=order.display_id)
    if locked(draft.layout, order, station, group):
        raise Refused("{order} has allergens: acknowledge it first", order=order.display_id)
    moment = Moment.STARTED if group[0].moment is Moment.WAITING else Moment.FINISHED
    if intent.stage not in {None, group[0].stage} or intent.moment not in {None, moment}:
        raise Refused("{order} has been moved on already: look at the card", order=order.display_id)
    move = draft.counters.seq + 1
    group = yield from portion(draft, order, group, intent.quantity)
    yield from _advance(draft, order, station, group, move=move, now=now)


def batch(draft: Board, intent: Batch, now: float) -> Iterator[f.Happened]:
    """Move everything of a product that is at a stage and moment by one moment; one recall takes all of it back."""
    station = station_named(draft, intent.station)
    groups, waiting = [], ""
    for _, order in draft.cards(station.id):
        group = tuple(
            item
            for item in items_at(draft.layout, order, station.id)
            if (item.product, item.stage, item.moment) == (intent.product, intent.stage, intent.moment)
        )
        if not group or order.state is not OrderState.OPEN:
            continue
        if locked(draft.layout, order, station.id, group):
            waiting = group[0].name
        else:
            groups.append((order, group))
    if waiting and not groups:
        raise Refused("{product}: acknowledge the allergens first", product=waiting)
    if not groups:
        raise Refused("no {product} is at {station} for that", product=intent.product, station=station.name)
    move = draft.counters.seq + 1
    for order, group in groups:
        yield from _advance(draft, order, station.id, group, move=move, now=now)


def locked(layout: Layout, order: Order, station: StationId, group: tuple[Item, ...]) -> bool:
    """Whether a station must acknowledge allergens before these items are begun."""
    if not layout.confirm_allergens or Mark(station, Word.ALLERGEN) not in order.marks:
        return False
    return any(item.bakery.allergens and not item.begun for item in group)


def _advance(
    draft: Board, order: Order, station: StationId, group: tuple[Item, ...], *, move: int, now: float
) -> Iterator[f.Happened]:
    """Move items of an order by one moment."""
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


def furthest_behind(layout: Layout, order: Order, station: StationId, only: ItemId | None = None) -> tuple[Item, ...]:
    """The items the next press moves: the earliest of the station's stages, waiting before started."""
    here = tuple(item for item in items_at(layout, order, station) if only in {None, item.origin})
    if not here:
        return ()
    stages = layout.stations[station].stages

    def behind(item: Item) -> tuple[int, bool]:
        stage = item.route[item.place]
        return (stages.index(stage) if stage in stages else len(stages), item.moment is Moment.STARTED)

    least = min(map(behind, here))
    return tuple(item for item in here if behind(item) == least)


def recall(draft: Board, intent: Recall, now: float) -> Iterator[f.Happened]:
    """Take a press back, of a batch all that has not gone on since; an old number returns if it is free."""
    able: list[tuple[Press, Order, list[Item]]] = []
    refusal: Refused | None = None
    for press in _presses_to_recall(draft, intent):
        try:
            able.append((press, *_moved(draft, press, intent.item)))
        except Refused as refused:
            refusal = refused
    if refusal and not able:
        raise refusal
    for press, order, moved in able:
        station = moved[0].moves[-1].station
        back = tuple(f.Taken(item.id, (last := item.moves[-1]).place, last.moment, last.since) for item in moved)
        yield f.MoveRecalled(order.id, station, press.move, back)
        if order.state is OrderState.READY:
            yield f.OrderUnready(order.id)
        yield from settle(draft, order.id, now, numbers={station: press.slot})


def _moved(draft: Board, press: Press, only: ItemId | None) -> tuple[Order, list[Item]]:
    """The order that a press moved, and those of its items that it moved last; raises Refused."""
    order = draft.orders.get(press.order)
    if order is None or order.state not in {OrderState.OPEN, OrderState.READY}:
        raise Refused("{order} can no longer be moved", order=order.display_id if order else press.order)
    moved = [
        item
        for item in order.items
        if any(move.id == press.move for move in item.moves) and only in {None, item.origin}
    ]
    if not moved:
        raise Refused("{order} has no move to take back", order=order.display_id)
    for item in moved:
        if item.moves[-1].id != press.move:
            raise Refused(
                "{order} has gone on at {station}: recall it there first",
                order=order.display_id,
                station=item.moves[-1].station,
            )
    return order, moved


def _presses_to_recall(draft: Board, intent: Recall) -> list[Press]:
    if intent.station is None:
        order = _on_board(draft, intent, "say which station")
        moves = _moves(order, intent)
        if not moves:
            raise Refused("{order} has no move to take back", order=order.display_id)
        last = max(moves, key=lambda move: move.id)
        at_station = draft.station(last.station).moves
        slot = next(
            (press.slot for press in at_station if (press.move, press.order) == (last.id, order.id)),
            order.slots.get(last.station, 0),
        )
        return [Press(last.id, order.id, slot)]
    station = station_named(draft, intent.station)
    number = number_of(draft, station, intent)
    made = _made(draft, station, intent)
    if number is None:
        if not made:
            raise Refused("nothing to recall at {station}", station=station.name)
        return [press for press in made if press.move == made[-1].move]
    here = _in_slot(draft, station, number, intent)
    if here is not None:
        moves = [move for move in _moves(here, intent) if move.station == station.id]
        if not moves:
            raise Refused("nothing to recall in slot {slot} at {station}", slot=number, station=station.name)
        return [Press(max(move.id for move in moves), here.id, number)]
    presses = [press for press in made if press.slot == number]
    if not presses:
        raise Refused("slot {slot} at {station} is empty", slot=number, station=station.name)
    return presses[-1:]


def _made(draft: Board, station: Station, intent: Recall) -> list[Press]:
    """The station's presses that a recall may mean, oldest first."""
    presses = [press for press in draft.station(station.id).moves if intent.order in {None, press.order}]
    if intent.item is None:
        return presses
    orders = ((press, draft.orders.get(press.order)) for press in presses)
    return [one for one, order in orders if order and any(one.move == move.id for move in _moves(order, intent))]


def _moves(order: Order, intent: Recall) -> list[Move]:
    return [move for item in order.items if intent.item in {None, item.origin} for move in item.moves]


def acknowledge(draft: Board, intent: Acknowledge, now: float) -> Iterator[f.Happened]:
    """Clear a card's marks; what is cancelled or removed leaves with them."""
    untold = draft.orders.get(intent.order) if intent.order and intent.station is None else None
    if untold is not None and untold.untold:
        yield f.CustomerPhoned(untold.id)
        return
    if intent.station is not None and intent.whole_station:
        station = station_named(draft, intent.station)
        marked = [order for _, order in draft.cards(station.id) if words_at(draft.layout, order, station.id)]
        if not marked:
            raise Refused("nothing to acknowledge at {station}", station=station.name)
        station_id, order = station.id, min(marked, key=lambda order: order.number)
    else:
        station_id, order = card(draft, intent)
    if not words_at(draft.layout, order, station_id):
        raise Refused("{order} has nothing to acknowledge", order=order.display_id)
    yield f.Acknowledged(order.id, station_id)
    yield from settle(draft, order.id, now)


def reprint(draft: Board, intent: Reprint, _now: float) -> Iterator[f.Happened]:
    """Print a ticket again, marked as a reprint."""
    if intent.job is not None:
        job = draft.jobs.get(intent.job)
    elif intent.station is not None and intent.whole_station:
        job = _latest_ticket(draft, station_named(draft, intent.station).id, None)
    elif intent.station is None and intent.order is not None:
        job = _latest_ticket(draft, None, intent.order)
    else:
        station_id, order = card(draft, intent)
        job = _latest_ticket(draft, station_id, order.id)
    if job is None:
        raise Refused("there is no ticket to print again")
    if all(job.printer != rule.printer for rule in draft.layout.printing):
        raise Refused("printer {printer} is no longer in store.toml", printer=job.printer)
    if job.waiting:
        raise Refused(
            "the ticket of {order} is still waiting for printer {printer}",
            order=draft.orders[job.order].display_id,
            printer=job.spool,
        )
    yield f.TicketQueued(job.order, job.id, job.printer, job.kind, job.items, job.station, job.again)


def _latest_ticket(draft: Board, station: StationId | None, order_id: str | None) -> Job | None:
    printers = {rule.printer for rule in draft.layout.printing if station is None or station in rule.stations}
    jobs = (
        job for job in draft.jobs.values() if job.printer in printers and (order_id is None or job.order == order_id)
    )
    return max(jobs, key=lambda job: (job.at, int(job.id)), default=None)


def turn_page(draft: Board, intent: TurnPage, _now: float) -> Iterator[f.Happened]:
    """Show another page; after the last comes the first."""
    station = station_named(draft, intent.station)
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


def card(draft: Board, intent: AtStation) -> tuple[StationId, Order]:
    """The station and order an intent names; the order must be the one in the slot."""
    if intent.station is None:
        return _only_card(_on_board(draft, intent, "say which station and slot, or which order"))
    station = station_named(draft, intent.station)
    number = number_of(draft, station, intent)
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


def station_named(draft: Board, station_id: StationId) -> Station:
    """The station of that id; raises Refused."""
    station = draft.layout.stations.get(station_id)
    if station is None:
        raise Refused("there is no station {station}", station=station_id)
    return station


def number_of(draft: Board, station: Station, intent: AtStation) -> int | None:
    """The slot that an intent names, by itself or by its number on the station's page."""
    if intent.position is not None:
        if intent.position > station.slots:
            raise Refused("{station} has {slots} slots on a page", station=station.name, slots=station.slots)
        return (draft.station(station.id).page - 1) * station.slots + intent.position
    return intent.slot
