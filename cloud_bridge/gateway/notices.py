"""Who is told what: from a store's events to notices for customers and channels, and what becomes of those. Pure."""

from collections.abc import Iterator

import msgspec

from cloud_bridge.gateway import facts as f
from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.orders import Notice, Order, Sending, account_key
from cloud_bridge.gateway.plan import CHANNEL, AccountPlan, say
from cloud_bridge.messages import EventType, Untold
from edge.intents import Refused
from edge.orders import Moment, OrderId
from edge.updates import UpdateKind

READY = UpdateKind.READY
MOMENTS = {Moment.STARTED: UpdateKind.STARTED, Moment.FINISHED: UpdateKind.FINISHED}
ITEMS = frozenset(MOMENTS.values())
# Seconds after which it is too late to say it.
PATIENCE = {READY: 24 * 3600.0, UpdateKind.REFUSED: 24 * 3600.0}
STALE = 3600.0
MOST_TRIES = 12


def follow(draft: Board, intent: i.Hear, order: Order | None, now: float) -> Iterator[f.Happened]:
    """What a store's event has said, or taken back."""
    if order is None:
        if intent.order is None:
            yield from _tell_channels(draft, intent, now)
        return
    told = intent.told
    if intent.kind == UpdateKind.RECALLED:
        on = MOMENTS.get(Moment(told.get("moment") or Moment.FINISHED), UpdateKind.FINISHED)
        about = {_key(on, str(told.get("stage", "")), str(told.get("item", "")))}
        about |= {_key(READY)} if told.get("ready") is False else set()
        yield from drop(draft, order.id, "it was taken back", about)
        return
    if intent.kind in {
        READY,
        UpdateKind.COLLECTED,
        UpdateKind.REFUSED,
    }:  # nobody wants to hear any more what was before
        yield from drop(draft, order.id, "it was overtaken")
    yield from _tell_customer(draft, intent, order, now)
    account = draft.plan.account(account_key(order.channel, order.account))
    if account is not None and intent.kind in account.tells and f"{CHANNEL}/{_key(intent.kind)}" not in order.told:
        yield _queued(draft, intent, account, now, order=order, key=f"{CHANNEL}/{_key(intent.kind)}")


def _tell_customer(draft: Board, intent: i.Hear, order: Order, now: float) -> Iterator[f.Happened]:
    plan, told = draft.plan, intent.told
    account, store = plan.account(account_key(order.channel, order.account)), plan.stores[intent.store]
    stage, item = str(told.get("stage", "")), str(told.get("item", ""))
    for message in plan.messages_on(intent.kind, stage, intent.store):
        ways = message.ways or (account.ways if account else ())
        if not (account and ways and order.reply) or (told.get("implied") and not message.implied):
            continue
        key = _key(intent.kind, stage, "" if message.once else item)
        if key in draft.orders[order.id].told:
            continue
        words = say(message, store, order=order.display_id, item=str(told.get("name", "")), stage=stage)
        due = plan.quiet.over(now, store.zone) if plan.quiet else now
        yield _queued(draft, intent, account, now, order=order, key=key, words=words, due=due, ways=ways)


def _tell_channels(draft: Board, intent: i.Hear, now: float) -> Iterator[f.Happened]:
    """A store that pauses, or a product that is sold out, concerns every channel that sells for it."""
    for account in draft.plan.accounts.values():
        if intent.kind in account.tells and intent.store in {account.store, *account.stores.values()}:
            yield _queued(draft, intent, account, now)


def _queued(
    draft: Board,
    intent: i.Hear,
    account: AccountPlan,
    now: float,
    *,
    order: Order | None = None,
    key: str = "",
    words: str = "",
    due: float | None = None,
    ways: tuple[str, ...] = (CHANNEL,),
) -> f.NoticeQueued:
    told = {name: str(value) for name, value in intent.told.items() if value is not None}
    return f.NoticeQueued(
        Notice(
            id=str(draft.counters.seq + 1),
            account=account.key,
            on=intent.kind,
            store=intent.store,
            at=now,
            due=now if due is None else due,
            ways=ways,
            order=order.id if order else None,
            origin=order.origin if order else "",
            reply=order.reply if order else "",
            key=key,
            words=words,
            stage=told.get("stage", ""),
            item=told.get("item", ""),
            name=told.get("name", ""),
            code=told.get("code", ""),
            reason=told.get("reason", ""),
        )
    )


def _key(on: str, stage: str = "", item: str = "") -> str:
    return f"{on}/{stage}/{item}" if on in ITEMS else on


def drop(draft: Board, order: OrderId, reason: str, about: set[str] | None = None) -> Iterator[f.Happened]:
    """Take back what has not left of an order's notices: all of them, or those that say this."""
    there = draft.orders.get(order)
    for notice_id in there.notices if there else ():
        notice = draft.notices[notice_id]
        to_channel = notice.ways[:1] == (CHANNEL,)
        wanted = not to_channel if about is None else notice.key.removeprefix(f"{CHANNEL}/") in _widened(about)
        if notice.state is Sending.QUEUED and wanted:
            yield f.NoticeDropped(notice_id, reason)


def _widened(about: set[str]) -> set[str]:
    """Also what was said once for all items of an order."""
    return about | {f"{key.rpartition('/')[0]}/" for key in about if "/" in key}


# --- what becomes of them -------------------------------------------------------------------------------------------


def _pending(draft: Board, notice_id: str) -> Notice:
    notice = draft.notices.get(notice_id)
    if notice is None:
        raise Refused("this notice is no longer there")
    return notice


def send(draft: Board, intent: i.Send, _now: float) -> Iterator[f.Happened]:
    """It leaves, if it still stands."""
    if _pending(draft, intent.notice).state is not Sending.QUEUED:
        raise Refused("this notice is leaving already")
    yield f.NoticeSending(intent.notice)


def sent(draft: Board, intent: i.Sent, _now: float) -> Iterator[f.Happened]:
    """It has arrived."""
    yield f.NoticeSent(intent.notice, _pending(draft, intent.notice).ways[0])


def put_off(draft: Board, intent: i.PutOff, now: float) -> Iterator[f.Happened]:
    """It is tried again, unless that would be too late."""
    notice = _pending(draft, intent.notice)
    due = now + intent.seconds
    late = due > max(notice.at, notice.due if notice.tries == 0 else 0.0) + PATIENCE.get(UpdateKind(notice.on), STALE)
    if late or notice.tries >= MOST_TRIES:
        yield from _give_up(draft, notice, intent.reason, now)
    else:
        yield f.NoticePutOff(notice.id, due, intent.reason)


def give_up(draft: Board, intent: i.GiveUp, now: float) -> Iterator[f.Happened]:
    """The way will not do: the next one, or none."""
    yield from _give_up(draft, _pending(draft, intent.notice), intent.reason, now)


def _give_up(draft: Board, notice: Notice, reason: str, now: float) -> Iterator[f.Happened]:
    if len(notice.ways) > 1:
        yield f.NoticeFellBack(notice.id, notice.ways[0], reason)
        return
    event = None
    if notice.order is not None:
        data = msgspec.json.encode(Untold(notice.order, notice.on, notice.ways[0], reason, notice.words or None))
        event = draft.next_event(notice.store, notice.order, EventType.UNTOLD, now, msgspec.Raw(data))
    yield f.NoticeFailed(notice.id, reason, event)


def resume(draft: Board, intent: i.Resume, now: float) -> Iterator[f.Happened]:
    """The gateway ended while it was leaving: `ready` goes once more, and so does what a way knows again."""
    notice = _pending(draft, intent.notice)
    if notice.on == READY or notice.ways[0] in draft.plan.repeatable:
        yield f.NoticePutOff(notice.id, now, "the gateway ended while it was leaving")
    else:
        yield f.NoticeDropped(notice.id, "nobody knows whether it was sent")
