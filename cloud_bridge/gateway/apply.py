"""What each fact does to a draft of the board of the cloud's end: total and deterministic."""

from collections.abc import Callable
from typing import Any

import msgspec

from cloud_bridge.gateway import facts as f
from cloud_bridge.gateway.board import Board, Pending, grant_key
from cloud_bridge.gateway.orders import Event, Grant, Order, Sending, State, Store, Tally, account_key
from cloud_bridge.messages import source_of
from edge.facts import Fact
from edge.heard import Heard, Range
from edge.orders import OrderId
from edge.updates import UpdateKind

replace = msgspec.structs.replace
CloudFact = Fact[f.Happened]
ENDS = frozenset({UpdateKind.COLLECTED, UpdateKind.REFUSED})  # after these a store answers nothing of the order
WITHOUT_EFFECT = frozenset({UpdateKind.REJECTED, UpdateKind.OVERTAKEN})  # answers all the same


def apply(draft: Board, fact: CloudFact) -> int | None:
    """Let one fact have happened on a draft; gives back the number of the store it sends an event to."""
    draft.counters.seq = fact.seq
    _EFFECTS[type(fact.what)](draft, fact, fact.what)
    event = getattr(fact.what, "event", None)
    return draft.store(event.store).number if isinstance(event, Event) else None


# --- the channels ---------------------------------------------------------------------------------------------------


def _kept(draft: Board, fact: CloudFact, _what: f.WebhookKept) -> None:
    draft.webhooks[str(fact.seq)] = Pending(fact.seq)


def _read(draft: Board, _fact: CloudFact, what: f.WebhookRead) -> None:
    draft.webhooks.drop(str(what.webhook))


def _letter_kept(draft: Board, fact: CloudFact, what: f.DeadLetterKept) -> None:
    draft.counters.letters += 1
    if what.webhook:
        draft.webhooks.drop(str(what.webhook))
    if what.account:
        row = draft.accounts.get(what.account) or Tally()
        draft.accounts[what.account] = replace(
            row, failures=row.failures + 1, last_failure=fact.at, reason=what.reason, letters=row.letters + 1
        )


def _letter_read(draft: Board, _fact: CloudFact, what: f.LetterRead) -> None:
    draft.counters.letters = max(0, draft.counters.letters - 1)
    row = draft.accounts.get(what.account)
    if row is not None:
        _letters_left(draft, what.account, max(0, row.letters - 1))


def _letters_left(draft: Board, account: str, left: int) -> None:
    draft.accounts[account] = replace(draft.accounts[account], letters=left)
    if not left:
        draft.alarms.drop(f"letters/{account}")


def _letters_forgotten(draft: Board, _fact: CloudFact, what: f.LettersForgotten) -> None:
    draft.counters.letters = sum(what.left.values())
    for account in [key for key, row in draft.accounts.items() if row.letters]:
        _letters_left(draft, account, what.left.get(account, 0))


def _order_heard(draft: Board, fact: CloudFact, what: f.OrderHeard) -> None:
    order, key = what.order, account_key(what.order.channel, what.order.account)
    if draft.known(order.id) is None:
        row = draft.accounts.get(key) or Tally()
        draft.accounts[key] = replace(row, orders=row.orders + 1, last_order=fact.at)
    if what.kept is not None:
        order = replace(order, kept=(*order.kept, what.kept))
    _put(draft, order)
    if what.event is not None:
        _send(draft, fact, what.event)
    if what.webhook:
        draft.webhooks.drop(str(what.webhook))


def _put(draft: Board, order: Order) -> None:
    draft.orders[order.id] = order
    if draft.closed.get(order.id) or order.id in draft.archive:
        draft.closed.drop(order.id)


def _send(draft: Board, fact: CloudFact, event: Event) -> None:
    """An event is under way to its store, which has to answer what is about an order."""
    draft.outbox[event.key] = event
    row = _store(draft, fact, event.store)
    waits = event.id in (order.unanswered if (order := draft.orders.get(event.order)) else ())
    draft.stores[event.store] = replace(
        row,
        sequence=max(event.sequence, row.sequence),
        unanswered=row.unanswered + waits,
        waiting=row.waiting if row.unanswered else fact.at,
        behind=row.fell_behind or fact.at,
    )


def _store(draft: Board, fact: CloudFact, store: str) -> Store:
    row = draft.stores.get(store)
    if row is None:
        draft.counters.stores += 1
        row = Store(store, draft.counters.stores, since=fact.at)
        draft.stores[store] = row
    return row


def _routed(draft: Board, fact: CloudFact, what: f.OrderRouted) -> None:
    order, event = draft.orders[what.order], what.event
    draft.orders[order.id] = replace(
        order,
        store=event.store,
        first=order.first or event.sequence,
        kept=order.kept[1:],
        unanswered=order.unanswered + event.awaited,
    )
    _send(draft, fact, event)


def _closed(draft: Board, fact: CloudFact, what: f.OrderClosed) -> None:
    order = draft.orders[what.order]
    draft.orders.drop(order.id)
    draft.closed[order.id] = _answered(draft, fact, order, ())


def _delivered(draft: Board, _fact: CloudFact, what: f.EventsDelivered) -> None:
    for store, numbers in what.stores.items():
        for number in numbers:
            draft.outbox.drop(f"{store}/{number}")


def _granted(draft: Board, fact: CloudFact, what: f.GrantsChanged) -> None:
    for template, more in what.templates.items():
        key = grant_key(what.customer, template)
        row = draft.grants.get(key)
        draft.grants[key] = Grant(max(0, (row.left if row else 0) + more), fact.at)
    if what.webhook:
        draft.webhooks.drop(str(what.webhook))


def _grants_forgotten(draft: Board, _fact: CloudFact, what: f.GrantsForgotten) -> None:
    for key in what.keys:
        draft.grants.drop(key)


# --- the stores -----------------------------------------------------------------------------------------------------


def _adopted(draft: Board, fact: CloudFact, what: f.SequenceAdopted) -> None:
    draft.stores[what.store] = replace(_store(draft, fact, what.store), sequence=what.sequence)


def _online(draft: Board, fact: CloudFact, what: f.StoreOnline) -> None:
    row = _store(draft, fact, what.store)
    draft.stores[what.store] = replace(
        row,
        online=True,
        epoch=what.epoch,
        version=what.version,
        since=row.since if row.online else fact.at,
        last=fact.at,
        waiting=row.waiting if row.online else fact.at,  # it may begin to answer now
    )


def _away(draft: Board, fact: CloudFact, what: f.StoreAway) -> None:
    row = _store(draft, fact, what.store)
    draft.stores[what.store] = replace(row, online=False, epoch=max(what.epoch, row.epoch), since=fact.at)


def _silent(draft: Board, fact: CloudFact, what: f.StoreSilent) -> None:
    draft.stores[what.store] = replace(draft.stores[what.store], waiting=fact.at)


def _heard(draft: Board, fact: CloudFact, what: f.StageHeard) -> None:
    row = _store(draft, fact, what.store)
    heard = row.heard if row.journal == what.journal else Heard()
    if what.sequence is not None:
        source = source_of(what.store, what.journal)
        if not heard.sources:  # what came before the first one was told to somebody else
            heard = heard.with_range(source, Range(1, what.sequence))
        heard = heard.with_range(source, Range(what.sequence, what.sequence))
    draft.stores[what.store] = replace(row, journal=what.journal, heard=heard, last=fact.at)
    order = draft.known(what.order)
    if order is None:
        return
    order = _answered(draft, fact, order, _left(order, what))
    if order.id in draft.orders:
        draft.orders[order.id] = replace(order, changed=fact.at)


def _left(order: Order, what: f.StageHeard) -> tuple[str, ...]:
    """What an order still waits for: what a store accepts overtakes all that came before it."""
    waits, event = order.unanswered, str(what.told.get("event"))
    if what.kind in ENDS:
        return ()
    if what.kind == UpdateKind.ACCEPTED and event in waits:
        return waits[waits.index(event) + 1 :]
    return tuple(one for one in waits if one != event) if what.kind in WITHOUT_EFFECT else waits


def _answered(draft: Board, fact: CloudFact, order: Order, left: tuple[str, ...]) -> Order:
    """A store that answers is not silent, however much it has still to answer."""
    fewer = len(order.unanswered) - len(left)
    row = draft.stores.get(order.store)
    if fewer and row is not None:
        draft.stores[row.id] = replace(row, unanswered=max(0, row.unanswered - fewer), waiting=fact.at)
    return replace(order, unanswered=left) if fewer else order


def _turned(draft: Board, _fact: CloudFact, what: f.OrderTurned) -> None:
    order = draft.known(what.order)
    if order is not None:
        undone = order.undone + (what.state is State.OPEN)
        _put(draft, replace(order, state=what.state, undone=undone))


# --- notices --------------------------------------------------------------------------------------------------------


def _queued(draft: Board, _fact: CloudFact, what: f.NoticeQueued) -> None:
    notice = what.notice
    draft.notices[notice.id] = notice
    order = draft.known(notice.order)
    if order is not None:
        _put(draft, replace(order, told=(*order.told, notice.key), notices=(*order.notices, notice.id)))


def _sending(draft: Board, _fact: CloudFact, what: f.NoticeSending) -> None:
    notice = draft.notices[what.notice]
    draft.notices[notice.id] = replace(notice, state=Sending.SENDING, tries=notice.tries + 1, customer=what.customer)


def _put_off(draft: Board, _fact: CloudFact, what: f.NoticePutOff) -> None:
    draft.notices[what.notice] = replace(draft.notices[what.notice], state=Sending.QUEUED, due=what.due)


def _fell_back(draft: Board, fact: CloudFact, what: f.NoticeFellBack) -> None:
    notice = draft.notices[what.notice]
    failed = notice.failed or not what.nobody
    draft.notices[notice.id] = replace(
        notice, state=Sending.QUEUED, ways=notice.ways[1:], tries=0, due=fact.at, failed=failed
    )


def _sent(draft: Board, _fact: CloudFact, what: f.NoticeSent) -> None:
    _leave(draft, what.notice)


def _failed(draft: Board, fact: CloudFact, what: f.NoticeFailed) -> None:
    _leave(draft, what.notice)
    if what.event is not None:
        _send(draft, fact, what.event)


def _dropped(draft: Board, _fact: CloudFact, what: f.NoticeDropped) -> None:
    _leave(draft, what.notice, untold=not what.said)


def _revoked(draft: Board, _fact: CloudFact, what: f.NoticeRevoked) -> None:
    draft.notices[what.notice] = replace(draft.notices[what.notice], revoked=what.reason)


def _leave(draft: Board, notice_id: str, *, untold: bool = False) -> None:
    notice = draft.notices[notice_id]
    draft.notices.drop(notice_id)
    order = draft.orders.get(notice.order or OrderId(""))
    if order is not None:
        told = tuple(key for key in order.told if not (untold and key == notice.key))
        left = tuple(one for one in order.notices if one != notice_id)
        draft.orders[order.id] = replace(order, told=told, notices=left)


# --- whatever there is ----------------------------------------------------------------------------------------------


def _raised(draft: Board, _fact: CloudFact, what: f.AlarmRaised) -> None:
    draft.alarms[what.key] = what.alarm


def _cleared(draft: Board, _fact: CloudFact, what: f.AlarmCleared) -> None:
    draft.alarms.drop(what.key)


def _stepped(draft: Board, _fact: CloudFact, what: f.ClockStepped) -> None:
    """What is due is due after as long as before, and what this run has timed moves with the clock."""

    def moved(at: float) -> float:
        return at + what.seconds if at >= max(what.begun, 1.0) else at

    for notice in list(draft.notices.values()):
        at, due, until = (moment + what.seconds for moment in (notice.at, notice.due, notice.until))
        draft.notices[notice.id] = replace(notice, at=at, due=due, until=until)
    for row in [row for row in draft.stores.values() if max(row.since, row.last, row.waiting) >= what.begun]:
        since, last, waiting, behind = map(moved, (row.since, row.last, row.waiting, row.behind))
        draft.stores[row.id] = replace(row, since=since, last=last, waiting=waiting, behind=behind)
    for order in [order for order in draft.orders.values() if order.changed >= what.begun]:
        draft.orders[order.id] = replace(order, arrived=moved(order.arrived), changed=moved(order.changed))
    for key, alarm in list(draft.alarms.items()):
        draft.alarms[key] = replace(alarm, since=moved(alarm.since))


def _nothing(_draft: Board, _fact: CloudFact, _what: f.Happened) -> None: ...


_EFFECTS: dict[type[Any], Callable[[Board, CloudFact, Any], None]] = {
    f.WebhookKept: _kept,
    f.WebhookRead: _read,
    f.DeadLetterKept: _letter_kept,
    f.LetterRead: _letter_read,
    f.LettersForgotten: _letters_forgotten,
    f.OrderHeard: _order_heard,
    f.OrderRouted: _routed,
    f.OrderClosed: _closed,
    f.EventsDelivered: _delivered,
    f.GrantsChanged: _granted,
    f.GrantsForgotten: _grants_forgotten,
    f.SequenceAdopted: _adopted,
    f.StoreOnline: _online,
    f.StoreAway: _away,
    f.StoreSilent: _silent,
    f.StageHeard: _heard,
    f.OrderTurned: _turned,
    f.NoticeQueued: _queued,
    f.NoticeSending: _sending,
    f.NoticePutOff: _put_off,
    f.NoticeFellBack: _fell_back,
    f.NoticeSent: _sent,
    f.NoticeFailed: _failed,
    f.NoticeDropped: _dropped,
    f.NoticeRevoked: _revoked,
    f.AlarmRaised: _raised,
    f.AlarmCleared: _cleared,
    f.ClockStepped: _stepped,
    f.JournalBegun: _nothing,
}
