"""Cards: the board as the outside sees it, made from the rules' own rows."""

from collections.abc import Iterable

from edge.board import Board, StationRow, removed_at, shown_at, words_at
from edge.layout import Layout
from edge.orders import Item, Moment, Order, OrderId, OrderState, StationId
from edge.press import furthest_behind
from edge.tickets import JobState
from edge.views import (
    BoardView,
    Card,
    CardItem,
    Change,
    Coming,
    Desk,
    Held,
    Lapsed,
    Next,
    OrderView,
    Ready,
    RemovedItem,
    StationView,
    Status,
    instant,
    merge,
)
from edge.vitals import Vitals

CLOCK_PATIENCE = 120.0  # seconds in which the network may tell the machine the time


def show_board(board: Board, journal: str, now: float, status: Status) -> BoardView:
    """Everything on the board at its sequence: an empty one after a change that brings it all."""
    stations = tuple(StationView(one.id, one.name, 1, one.slots) for one in board.layout.stations.values())
    empty = BoardView(journal, 0, instant(now), stations, (), (), (), status)
    return merge(empty, show_since(board, -1, now))


def show_since(board: Board, sequence: int, now: float, closed: Iterable[OrderId] = ()) -> Change:
    """What changed since a sequence, for those who know the board of then; `closed` are the orders that left it."""
    shown = (show_order(board, order) for order in board.orders.values() if order.revision > sequence)
    gone = (OrderView(order_id, OrderState.CLOSED) for order_id in closed)
    desks = {station: show_desk(row) for station, row in board.stations.items()}
    return Change(board.counters.seq, instant(now), (*shown, *gone), desks)


def show_change(board: Board, draft: Board, now: float) -> Change:
    """What a commit changed, for those who know the board before it."""
    orders = tuple(
        show_order(board, order) if order else OrderView(order_id, OrderState.CLOSED)
        for order_id, order in draft.orders.changes.items()
    )
    desks = {station: show_desk(row) for station, row in draft.stations.changes.items() if row}
    return Change(draft.counters.seq, instant(now), orders, desks)


def show_desk(row: StationRow) -> Desk:
    """What a station shows beside its cards."""
    return Desk(row.page)


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
        items=tuple(_card_item(layout, item) for item in items),
        since=instant(min((item.since for item in (*items, *removed)), default=order.arrived)),
        dropped=order.dropped,
        removed=tuple(RemovedItem(item.id, item.name, item.quantity, item.unit, item.begun) for item in removed),
    )


def _next(layout: Layout, order: Order, station: StationId) -> Next | None:
    group = furthest_behind(layout, order, station)
    if not group or group[0].stage is None:
        return None
    stage = layout.stage(group[0].stage)
    moment = Moment.STARTED if group[0].moment is Moment.WAITING else Moment.FINISHED
    return Next(stage.id, stage.name or stage.id, moment)


def _card_item(layout: Layout, item: Item) -> CardItem:
    stage = layout.stage(item.stage or item.route[-1])
    return CardItem(
        item=item.id,
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
    )


def _coming(layout: Layout, order: Order) -> dict[StationId, tuple[str, ...]]:
    """The stations an open order will still come to, with the names of the items that will."""
    if order.state is not OrderState.OPEN:
        return {}
    coming: dict[StationId, list[str]] = {}
    for item in order.items:
        for station in dict.fromkeys(layout.station_of(stage) for stage in item.route[item.place + 1 :]):
            if station not in order.slots:
                coming.setdefault(station, []).append(item.name)
    return {station: tuple(names) for station, names in coming.items()}


def show_status(board: Board, vitals: Vitals, trouble: str, doubted: float = 0.0) -> Status:
    """Whether what is shown can be trusted."""
    jobs = list(board.jobs.values())
    return Status(
        cloud=vitals.cloud,
        last_heard=None if vitals.last_heard is None else instant(vitals.last_heard),
        gaps=len(board.counters.heard.above),
        unprinted=sum(job.waiting for job in jobs),
        unconfirmed=sum(job.state is JobState.UNCONFIRMED for job in jobs),
        dead_letters=board.counters.dead_letters,
        journal=trouble or "ok",
        devices=tuple(vitals.devices.values()),
        clock="ok" if doubted < CLOCK_PATIENCE else "not set",
        cloud_reason=vitals.cloud_reason,
    )
