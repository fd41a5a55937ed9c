"""The rules of the cloud's end: what follows from an intent on a draft of the board. Pure."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from cloud_bridge.gateway import facts as f
from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway import notices
from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.intents import Intent
from cloud_bridge.gateway.orders import OVER, Alarm, Kept, Order, State, Store, account_key
from cloud_bridge.messages import EventType
from edge.intents import Refused
from edge.updates import UpdateKind

replace = msgspec.structs.replace
HOUR = 3600.0
# Seconds after the last that was heard of an order until it leaves the memory; whoever asks after it finds it still.
REST = {State.OPEN: 72 * HOUR, State.READY: 6 * HOUR}
SHOWN = 24 * HOUR  # for which it is shown what a store rejected, or a channel was not told, after the newest time
UNHEARD = 7 * 24 * HOUR  # where its store has not answered; one that lets a stale order lapse never does
ENDED = {EventType.CANCELLED: State.CANCELLED, EventType.COLLECTED: State.COLLECTED}
TURNS = {
    UpdateKind.READY: State.READY,
    UpdateKind.COLLECTED: State.COLLECTED,
    UpdateKind.REFUSED: State.REFUSED,
}


def decide(draft: Board, intent: Intent, now: float) -> Iterator[f.Happened]:
    """What happens because of an intent; each fact is applied to the draft before the next is asked for.

    Raises Refused, always before the first fact.
    """
    yield from _RULES[type(intent)](draft, intent, now)


# --- the channels ---------------------------------------------------------------------------------------------------


def _keep(_draft: Board, intent: i.Keep, _now: float) -> Iterator[f.Happened]:
    yield f.WebhookKept(intent.webhook)


def _unread(draft: Board, intent: i.Unread, now: float) -> Iterator[f.Happened]:
    if intent.webhook and str(intent.webhook) not in draft.webhooks:
        raise Refused("this webhook was read already")
    yield f.DeadLetterKept(intent.reason, intent.account, intent.webhook, intent.topic, intent.payload)
    if intent.account:
        yield from _raise(draft, "letters", intent.account, intent.reason, now)


def _take(draft: Board, intent: i.Take, now: float) -> Iterator[f.Happened]:
    known = draft.known(intent.order)
    webhook = intent.webhook if str(intent.webhook) in draft.webhooks else 0
    if known is not None and not _is_news(known, intent):
        if webhook:
            yield f.WebhookRead(webhook)
        yield from _letter(intent.letter, account_key(intent.channel, intent.account))
        return
    if known is not None and known.kept and (store := _store_of(draft, known, intent.shop)):
        yield from _bring(draft, known, store)
        yield from _settle_shop(draft, _unrouted(known))
        known = draft.orders[known.id]
    order = _after(draft, known, intent, now)
    kind = EventType.CHANGED if known is not None and intent.kind is EventType.PLACED else intent.kind
    if order.store:
        event = draft.next_event(order.store, order.id, kind, intent.at, intent.data)
        order = replace(order, first=order.first or event.sequence, unanswered=order.unanswered + event.awaited)
        yield f.OrderHeard(order, event, webhook=webhook)
    elif known is None and order.state in OVER:  # no store has to hear of it; what comes later is too late
        yield f.OrderHeard(order, webhook=webhook)
    else:
        yield f.OrderHeard(order, kept=Kept(intent.event, kind, intent.at, intent.data), webhook=webhook)
        if order.state not in OVER:
            yield from _raise(draft, "unrouted", account_key(order.channel, order.account), order.shop, now)
        if known is not None:
            yield from _settle_shop(draft, _unrouted(known))
    yield from _letter(intent.letter, account_key(intent.channel, intent.account))
    if order.state in OVER:
        yield from notices.drop(draft, order.id, f"the order is {order.state}", lambda _: True)


def _is_news(known: Order, intent: i.Take) -> bool:
    """An older version, the same one once more, and what comes after the end have no effect."""
    if known.state in OVER:
        return False
    return intent.kind is not EventType.PLACED or (intent.content != known.content and intent.at >= known.at)


def _after(draft: Board, known: Order | None, intent: i.Take, now: float) -> Order:
    order = known or Order(intent.order, intent.channel, intent.account, intent.origin, intent.shop, arrived=now)
    return replace(
        order,
        store=order.store or _store_of(draft, order, intent.shop),
        shop=intent.shop or order.shop,
        display_id=intent.display_id or order.display_id,
        state=ENDED.get(intent.kind, order.state),
        content=intent.content or order.content,
        at=max(intent.at, order.at),
        changed=now,
        due=intent.due if intent.content else order.due,
        reply=intent.reply or order.reply,
        ways=intent.ways if intent.content else order.ways,
    )


def _store_of(draft: Board, order: Order, shop: str = "") -> str:
    """Whose order it is, by the shop that is named now or was before; empty where nobody knows."""
    account = draft.plan.account(account_key(order.channel, order.account))
    return account.store_of(shop or order.shop) if account else ""


def _letter(letter: int, account: str) -> Iterator[f.Happened]:
    if letter:
        yield f.LetterRead(letter, account)


def _allow(draft: Board, intent: i.Allow, _now: float) -> Iterator[f.Happened]:
    webhook = intent.webhook if str(intent.webhook) in draft.webhooks else 0
    yield f.GrantsChanged(intent.account, intent.customer, intent.templates, webhook)
    yield from _letter(intent.letter, intent.account)


def _route(draft: Board, intent: i.Route, _now: float) -> Iterator[f.Happened]:
    order = draft.orders.get(intent.order)
    if order is not None and order.kept and (store := _store_of(draft, order)):
        yield from _bring(draft, order, store)


def _bring(draft: Board, order: Order, store: str) -> Iterator[f.Happened]:
    """What was kept of an order goes to its store, oldest first."""
    for kept in order.kept:
        yield f.OrderRouted(order.id, draft.next_event(store, order.id, kept.kind, kept.at, kept.data))


def _settle_shop(draft: Board, alarm: str) -> Iterator[f.Happened]:
    """A shop for which no order waits any more need not be looked at; all orders are, to see that."""
    if alarm in draft.alarms and not any(
        _waits(order) and _unrouted(order) == alarm for order in draft.orders.values()
    ):
        yield f.AlarmCleared(alarm)


def _check_shops(draft: Board, _intent: i.CheckShops, _now: float) -> Iterator[f.Happened]:
    """The same for all shops, with one look at the orders."""
    waited = {_unrouted(order) for order in draft.orders.values() if _waits(order)}
    for key, alarm in list(draft.alarms.items()):
        if alarm.kind == "unrouted" and key not in waited:
            yield f.AlarmCleared(key)


def _waits(order: Order) -> bool:
    """Whether it needs a store that nobody knows yet; one that has ended does not."""
    return bool(order.kept) and order.state not in OVER


def _unrouted(order: Order) -> str:
    return f"unrouted/{account_key(order.channel, order.account)}/{order.shop}"


def _close(draft: Board, intent: i.CloseDue, now: float) -> Iterator[f.Happened]:
    order = draft.orders.get(intent.order)
    if order is not None and may_rest(order, now):
        yield f.OrderClosed(order.id)
        yield from _settle(draft, order.store)


def may_rest(order: Order, now: float) -> bool:
    """Whether nothing more is expected of an order."""
    last = order.changed if order.state in OVER else max(order.changed, order.due)
    rest = UNHEARD if order.unanswered else REST.get(order.state, HOUR)
    return last + rest <= now and not (_waits(order) or order.notices)


# --- the stores -----------------------------------------------------------------------------------------------------


def _hear(draft: Board, intent: i.Hear, now: float) -> Iterator[f.Happened]:
    if intent.store not in draft.plan.stores:
        raise Refused("{store} is none of our stores", store=intent.store)
    order = draft.known(intent.order)
    if order is not None and order.store != intent.store:
        order = None  # what a store says of another one's order is not believed
    about = order or (_rejected(draft, intent) if intent.kind == UpdateKind.REJECTED else None)
    yield f.StageHeard(
        intent.store, intent.journal, intent.sequence, intent.kind, about.id if about else None, intent.told
    )
    if order is not None:
        turned = State.OPEN if intent.unready else TURNS.get(UpdateKind(intent.kind))
        if turned and turned is not order.state and order.state not in OVER:
            yield f.OrderTurned(order.id, turned)
    late = intent.kind == UpdateKind.OVERTAKEN and order is not None and order.state is State.OPEN  # nobody makes it
    if intent.kind == UpdateKind.REJECTED or late:
        yield from _drop_alarm(draft, f"rejected/{intent.store}")  # the newest is shown
        yield from _raise(draft, "rejected", intent.store, str(intent.told.get("reason", "")), now)
    yield from notices.follow(draft, intent, about, now)
    yield from _settle(draft, intent.store)


def _rejected(draft: Board, intent: i.Hear) -> Order | None:
    """The order of an event that its store could not read: it can only name the event."""
    event = intent.told.get("event")
    waiting = (one for one in draft.orders.values() if one.store == intent.store and event in one.unanswered)
    return next(waiting, None)


def _see(draft: Board, intent: i.See, _now: float) -> Iterator[f.Happened]:
    if intent.store not in draft.plan.stores:
        raise Refused("{store} is none of our stores", store=intent.store)
    row = draft.store(intent.store)
    if intent.epoch < row.epoch and not intent.online:
        return  # the late will of an earlier connection
    if intent.online and not (row.online and row.epoch == intent.epoch):
        yield f.StoreOnline(intent.store, intent.epoch, intent.version)
        yield from _settle(draft, intent.store)
    elif not intent.online and (row.online or not row.number):
        yield f.StoreAway(intent.store, intent.epoch)


def _adopt(draft: Board, intent: i.Adopt, _now: float) -> Iterator[f.Happened]:
    if intent.store in draft.plan.stores and intent.sequence > draft.store(intent.store).sequence:
        yield f.SequenceAdopted(intent.store, intent.sequence)


def _deliver(draft: Board, intent: i.Deliver, _now: float) -> Iterator[f.Happened]:
    stores = {
        store: left
        for store, numbers in intent.stores.items()
        if (left := tuple(number for number in numbers if f"{store}/{number}" in draft.outbox))
    }
    if stores:
        yield f.EventsDelivered(stores)


def is_stale(alarm: Alarm, now: float) -> bool:
    """Whether an alarm that nothing clears has been seen for long enough."""
    return alarm.kind in {"rejected", "untold"} and alarm.since + SHOWN <= now


def _check_alarm(draft: Board, intent: i.CheckAlarm, now: float) -> Iterator[f.Happened]:
    alarm = draft.alarms.get(intent.key)
    if alarm is not None and is_stale(alarm, now):
        yield f.AlarmCleared(intent.key)


def waits_too_long(draft: Board, row: Store, now: float) -> bool:
    """Whether a store leaves orders waiting for too long; one that is there leaves those that are sent again, too."""
    if row.online:
        return bool(row.unanswered) and row.waiting + draft.plan.away <= now
    until = max(row.since + draft.plan.away, row.waiting)
    return bool(row.unanswered) and until <= now and f"away/{row.id}" not in draft.alarms


def _check(draft: Board, intent: i.CheckStore, now: float) -> Iterator[f.Happened]:
    row = draft.store(intent.store)
    if waits_too_long(draft, row, now):
        yield from _raise(draft, "silent" if row.online else "away", row.id, "", now)
        if row.online:
            yield f.StoreSilent(row.id)


def _settle(draft: Board, store: str) -> Iterator[f.Happened]:
    """What is not so any more need not be looked at."""
    row = draft.store(store)
    if row.online or not row.unanswered:
        yield from _drop_alarm(draft, f"away/{store}")
    if not row.unanswered:
        yield from _drop_alarm(draft, f"silent/{store}")


def _drop_alarm(draft: Board, key: str) -> Iterator[f.Happened]:
    if key in draft.alarms:
        yield f.AlarmCleared(key)


def _raise(draft: Board, kind: str, about: str, text: str, now: float) -> Iterator[f.Happened]:
    key = f"{kind}/{about}/{text}" if kind == "unrouted" else f"{kind}/{about}"
    if key not in draft.alarms:
        yield f.AlarmRaised(key, Alarm(kind, about, now, text))


# --- whatever there is ----------------------------------------------------------------------------------------------


def _note(_draft: Board, intent: i.Note, _now: float) -> Iterator[f.Happened]:
    yield intent.what


_RULES: dict[type[Any], Callable[[Board, Any, float], Iterator[f.Happened]]] = {
    i.Keep: _keep,
    i.Unread: _unread,
    i.Take: _take,
    i.Allow: _allow,
    i.Route: _route,
    i.CloseDue: _close,
    i.Hear: _hear,
    i.See: _see,
    i.Adopt: _adopt,
    i.Deliver: _deliver,
    i.CheckStore: _check,
    i.CheckAlarm: _check_alarm,
    i.CheckShops: _check_shops,
    i.Send: notices.send,
    i.Sent: notices.sent,
    i.PutOff: notices.put_off,
    i.GiveUp: notices.give_up,
    i.Note: _note,
}
