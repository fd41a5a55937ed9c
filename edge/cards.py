"""Cards: the board as the outside sees it, made from the rules' own rows."""

from collections.abc import Iterable

import msgspec

from edge.board import STORE, Board, Press, StationRow, removed_at, shown_at, words_at
from edge.layout import Layout
from edge.orders import Item, ItemId, Moment, Order, OrderId, OrderState, StageId, StationId
from edge.press import furthest_behind, locked
from edge.tickets import JobState
from edge.views import (
    BoardView,
    Card,
    CardItem,
    Change,
    Coming,
    Desk,
    Halted,
    Held,
    Lapsed,
    Next,
    OrderView,
    Paper,
    Pressed,
    Ready,
    RemovedItem,
    StationView,
    Status,
    Untold,
    Whole,
    instant,
    merge,
)
from edge.vitals import Vitals

replace = msgspec.structs.replace
PRESSES = 8  # of a station's last ones are shown
WHOLE = frozenset({OrderState.HELD, OrderState.OPEN, OrderState.READY, OrderState.LAPSED})
CLOCK_PATIENCE = 120.0  # seconds in which the network may tell the machine the time


def show_board(board: Board, journal: str, now: float, status: Status) -> BoardView:
    """Everything on the board at its sequence: an empty one after a change that brings it all."""
    stations = tuple(StationView(one.id, one.name, 1, one.slots) for one in board.layout.stations.values())
    empty = BoardView(journal, 0, instant(now), stations, (), (), (), status)
    return merge(empty, show_since(board, -1, now))


def _change(
    board: Board, now: float, orders: Iterable[OrderView], rows: Iterable[tuple[StationId, StationRow]]
) -> Change:
    halts = {
        code: Halted(code, board.layout.products.get(code, ""), instant(halt.at), halt.by, halt.reason)
        for code, halt in board.halts.items()
    }
    paused = halts.pop(STORE, None)
    desks = {station: _desk(board.layout, row) for station, row in rows}
    return Change(board.counters.seq, instant(now), tuple(orders), desks, paused, tuple(halts.values()))


def show_since(board: Board, sequence: int, now: float, closed: Iterable[OrderId] = ()) -> Change:
    """What changed since a sequence, for those who know the board of then; `closed` are the orders that left it."""
    shown = (show_order(board, order) for order in board.orders.values() if order.revision > sequence)
    gone = (OrderView(order_id, OrderState.CLOSED) for order_id in closed)
    return _change(board, now, (*shown, *gone), board.stations.items())


def show_change(board: Board, draft: Board, now: float) -> Change:
    """What a commit changed, for those who know the board before it."""
    orders = tuple(
        show_order(board, order) if order else OrderView(order_id, OrderState.CLOSED)
        for order_id, order in draft.orders.changes.items()
    )
    rows = ((station, row) for station, row in draft.stations.changes.items() if row)
    return _change(board, now, orders, rows)


def _desk(layout: Layout, row: StationRow) -> Desk:
    presses = tuple(_pressed(layout, press) for press in reversed(row.moves[-PRESSES:]))
    return Desk(row.page, presses, _pressed(layout, row.recalled) if row.recalled else None)


def _pressed(layout: Layout, press: Press) -> Pressed:
    stage = layout.stage(press.stage)
    return Pressed(
        order=press.order,
        display_id=press.display_id,
        move=press.move,
        slot=press.slot,
        stage=stage.id,
        name=stage.name or stage.id,
        moment=press.moment,
        at=instant(press.at),
        leaves=instant(press.leaves),
    )


def show_order(board: Board, order: Order) -> OrderView:
    """Every place where an order stands."""
    layout = board.layout
    due = None if order.due is None else instant(order.due)
    return OrderView(
        order=order.id,
        state=order.state,
        cards={station: _card(layout, order, station, number) for station, number in order.slots.items()},
        coming={
            station: Coming(order.id, order.display_id, due, names) for station, names in _coming(layout, order).items()
        },
        held=Held(order.id, order.display_id, None if order.release is None else instant(order.release), due)
        if order.state is OrderState.HELD
        else None,
        ready=Ready(order.id, order.display_id) if order.state is OrderState.READY else None,
        lapsed=Lapsed(order.id, order.display_id, due) if order.state is OrderState.LAPSED else None,
        whole=_whole(board, order) if order.state in WHOLE else None,
        papers=tuple(
            Paper(
                order=order.id,
                display_id=order.display_id,
                job=job.id,
                printer=job.printer,
                kind=job.kind,
                state=job.state,
                reason=job.reason,
                at=instant(job.at),
                attempt=job.attempt,
                via=job.via,
                stale=job.stale,
            )
            for job in board.jobs_of(order)
            if job.state is not JobState.PRINTED
        ),
        untold=tuple(
            Untold(
                order=order.id,
                display_id=order.display_id,
                on=one.on,
                at=instant(one.at),
                customer=order.customer,
                phone=layout.phone.of(order.phone),
                channel=order.channel,
                words="" if one.to_channel else one.words or one.on,
                reason=one.reason,
            )
            for one in order.untold
        ),
    )


def _whole(board: Board, order: Order) -> Whole:
    layout = board.layout
    return Whole(
        order=order.id,
        display_id=order.display_id,
        state=order.state,
        type=order.type,
        channel=order.channel,
        customer=order.customer,
        phone=layout.phone.of(order.phone),
        note=order.note,
        priority=order.priority,
        created=instant(order.created),
        since=instant(order.arrived if order.ready is None else order.ready),
        due=None if order.due is None else instant(order.due),
        release=None if order.release is None else instant(order.release),
        items=_card_items(layout, order.items),
        slots=order.slots,
    )


def _card(layout: Layout, order: Order, station: StationId, number: int) -> Card:
    items, removed = shown_at(layout, order, station), removed_at(layout, order, station)
    return Card(
        slot=number,
        order=order.id,
        display_id=order.display_id,
        state=order.state,
        due=None if order.due is None else instant(order.due),
        priority=order.priority,
        channel=order.channel,
        customer=order.customer,
        note=order.note,
        marks=words_at(layout, order, station),
        next=_next(layout, order, station) if order.state is OrderState.OPEN else None,
        items=_card_items(layout, items),
        since=instant(min((item.since for item in (*items, *removed)), default=order.arrived)),
        dropped=order.dropped,
        removed=tuple(RemovedItem(item.origin, item.name, item.quantity, item.unit, item.begun) for item in removed),
        locked=order.state is OrderState.OPEN
        and locked(layout, order, station, furthest_behind(layout, order, station)),
    )


def _next(layout: Layout, order: Order, station: StationId) -> Next | None:
    group = furthest_behind(layout, order, station)
    if not group or group[0].stage is None:
        return None
    stage = layout.stage(group[0].stage)
    moment = Moment.STARTED if group[0].moment is Moment.WAITING else Moment.FINISHED
    return Next(stage.id, stage.name or stage.id, moment)


def _card_items(layout: Layout, items: Iterable[Item]) -> tuple[CardItem, ...]:
    """One line for the parts of an item that are at the same stage and moment."""
    lines: dict[tuple[ItemId, StageId, Moment], CardItem] = {}
    for item in items:
        line = _card_item(layout, item)
        key = line.item, line.stage, line.moment
        if other := lines.get(key):
            line = replace(
                other,
                quantity=other.quantity + line.quantity,
                since=min(other.since, line.since),
                wasted=other.wasted + line.wasted,
            )
        lines[key] = line
    return tuple(lines.values())


def _card_item(layout: Layout, item: Item) -> CardItem:
    stage = layout.stage(item.stage or item.route[-1])
    return CardItem(
        item=item.origin,
        name=item.name,
        quantity=item.quantity,
        stage=stage.id,
        stage_name=stage.name or stage.id,
        moment=Moment.FINISHED if item.made else item.moment,
        since=instant(item.since),
        unit=item.unit,
        min_minutes=stage.min_minutes,
        max_minutes=stage.max_minutes,
        options=item.options,
        note=item.note,
        bakery=item.bakery,
        change="added" if item.added else "altered" if item.changed else None,
        changed=item.changed,
        code=item.code,
        station=layout.station_of(stage.id),
        wasted=item.wasted,
    )


def _coming(layout: Layout, order: Order) -> dict[StationId, tuple[str, ...]]:
    """The stations an open order will still come to, with the names of the items that will."""
    if order.state is not OrderState.OPEN:
        return {}
    coming: dict[StationId, dict[ItemId, str]] = {}
    for item in order.items:
        for station in dict.fromkeys(layout.station_of(stage) for stage in item.route[item.place + 1 :]):
            if station not in order.slots:
                coming.setdefault(station, {})[item.origin] = item.name
    return {station: tuple(names.values()) for station, names in coming.items()}


def show_status(board: Board, vitals: Vitals, trouble: str, doubted: float = 0.0) -> Status:
    """Whether what is shown can be trusted."""
    jobs = list(board.jobs.values())
    return Status(
        cloud=vitals.cloud,
        last_heard=None if vitals.last_heard is None else instant(vitals.last_heard),
        gaps=len(board.counters.heard.above),
        unprinted=sum(job.state not in {JobState.PRINTED, JobState.UNCONFIRMED} for job in jobs),
        unconfirmed=sum(job.state is JobState.UNCONFIRMED for job in jobs),
        dead_letters=board.counters.dead_letters,
        journal=trouble or "ok",
        devices=tuple(device for _, device in sorted(vitals.devices.items())),
        clock="ok" if doubted < CLOCK_PATIENCE else "not set",
        cloud_reason=vitals.cloud_reason,
        practice=vitals.practice,
    )
