"""Who is told what: from a store's events to notices for customers and channels, and what becomes of those. Pure."""

from collections.abc import Callable, Iterator
from itertools import product

import msgspec

from cloud_bridge.gateway import facts as f
from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway.board import Board, grant_key
from cloud_bridge.gateway.orders import CHANNEL, Alarm, Notice, Order, Sending, State, account_key
from cloud_bridge.gateway.plan import AccountPlan, Message, say, template_of
from cloud_bridge.messages import EventType, Untold
from edge.intents import Refused
from edge.orders import Moment, OrderId
from edge.updates import UpdateKind

replace = msgspec.structs.replace
READY = UpdateKind.READY
ITEMS = frozenset({UpdateKind.STARTED, UpdateKind.FINISHED})
SHOPS = frozenset({UpdateKind.PAUSED, UpdateKind.RESUMED, UpdateKind.UNAVAILABLE, UpdateKind.AVAILABLE})
# Of what comes more than once to an order, what makes it another one.
EACH = {UpdateKind.RESCHEDULED: "due", UpdateKind.REJECTED: "event"}
# What an order must be for an event of it to be told; where none stands, it must not be over.
STANDING = {
    READY: State.READY,
    UpdateKind.COLLECTED: State.COLLECTED,
    UpdateKind.REFUSED: State.REFUSED,
}
# Seconds after which it is too late to say it.
PATIENCE = {READY: 24 * 3600.0, UpdateKind.REFUSED: 24 * 3600.0}
STALE = 3600.0
FEW = 3  # tries of a way, where there is another one
LONG = 30.0  # seconds for which nobody waits for a way, where there is another one


def follow(draft: Board, intent: i.Hear, order: Order | None, now: float) -> Iterator[f.Happened]:
    """What a store's event has said, or taken back."""
    if order is None:
        if intent.kind in SHOPS:
            yield from _tell_channels(draft, intent, now)
    else:
        yield from drop(draft, order.id, "it was taken back", _taken_back(intent))
        if intent.kind in STANDING:  # nobody wants to hear any more what was before
            yield from drop(
                draft, order.id, "it was overtaken", lambda notice: not notice.to_channel and notice.on != intent.kind
            )
        yield from _tell(draft, intent, order, now)


def _taken_back(intent: i.Hear) -> Callable[[Notice], bool]:
    told, about = intent.told, None
    if intent.kind == UpdateKind.RECALLED:
        on = UpdateKind.STARTED if told.get("moment") == Moment.STARTED else UpdateKind.FINISHED
        about = (on, str(told.get("stage") or ""), str(told.get("item") or ""))
    return lambda notice: (notice.on, notice.stage, notice.item) == about or (intent.unready and notice.on == READY)


def _tell(draft: Board, intent: i.Hear, order: Order, now: float) -> Iterator[f.Happened]:
    known = draft.known(order.id) or order
    right = STANDING.get(UpdateKind(intent.kind))
    if known.state is not right if right else known.state not in {State.OPEN, State.READY}:
        return
    account = draft.plan.account(account_key(order.channel, order.account))
    if account is None:
        return
    for message in draft.plan.messages_on(intent.kind, str(intent.told.get("stage") or ""), intent.store):
        if not intent.told.get("implied") or message.implied:
            key = _key(intent, of_order=message.once, undone=known.undone)
            notice = replace(_notice(draft, intent, account, now, known), key=key)
            yield from _tell_customer(draft, intent, notice, message, now)
    if intent.kind in account.tells:
        notice = _notice(draft, intent, account, now, known)
        yield from _once(draft, replace(notice, key=f"{CHANNEL}/{_key(intent, of_order=True)}"), now)


def _tell_customer(draft: Board, intent: i.Hear, notice: Notice, message: Message, now: float) -> Iterator[f.Happened]:
    store, account = draft.plan.stores[intent.store], draft.plan.accounts[notice.account]
    ways, order = message.ways or account.ways, draft.known(notice.order)
    if not ways or order is None:
        return
    ways = tuple(dict.fromkeys(way for way in (*order.ways, *ways) if way in ways))  # as this customer wishes
    notice = replace(notice, ways=ways, at=min(now, intent.at))  # to a channel it is no news, but how things are
    due = _waking(draft, notice, now)
    notice = replace(
        notice,
        words=say(message, store, order=notice.display_id, item=notice.name, stage=notice.stage),
        due=due,
        until=max(notice.at, due if due > now else 0.0) + _patience(notice),
    )
    if notice.on in ITEMS:  # of what waits for the morning, or for a way that is away, only the newest is news
        yield from drop(
            draft,
            order.id,
            "it was overtaken",
            lambda old: not old.to_channel and old.item == notice.item and old.on in ITEMS and old.due > now,
        )
    yield from _once(draft, notice, now)


def _once(draft: Board, notice: Notice, now: float) -> Iterator[f.Happened]:
    """Of an order everything is said once; what was taken back while it was leaving, and is so again, still goes."""
    order = draft.known(notice.order)
    if order is None or now > notice.until:
        return
    if notice.key not in order.told:
        yield f.NoticeQueued(replace(notice, id=str(draft.counters.seq + 1)))
        return
    for one in (draft.notices[notice_id] for notice_id in order.notices):
        if one.key == notice.key and one.revoked:
            yield f.NoticeRevoked(one.id, "")


def _tell_channels(draft: Board, intent: i.Hear, now: float) -> Iterator[f.Happened]:
    """A store that pauses, or a product that is sold out, concerns every channel that sells for it."""
    for account in draft.plan.accounts.values():
        if intent.kind not in account.tells:
            continue
        about = _notice(draft, intent, account, now)
        ours = str(intent.told.get("code") or "")
        codes = account.codes_of(ours) if ours else ("",)
        for shop, code in product(account.shops_of(intent.store), codes):
            notice = replace(about, shop=shop, code=code)
            for old in list(draft.notices.values()):
                if old.order is None and old.line == notice.line and not old.revoked:
                    yield _drop(old, "it was overtaken")
            yield f.NoticeQueued(replace(notice, id=str(draft.counters.seq + 1)))


def _notice(draft: Board, intent: i.Hear, account: AccountPlan, now: float, order: Order | None = None) -> Notice:
    """What is told the channel; the customer of an order has ways and words of their own."""
    told = {name: str(value) for name, value in intent.told.items() if value is not None}
    store = draft.plan.stores[intent.store]
    notice = Notice(
        id="",
        account=account.key,
        on=intent.kind,
        store=intent.store,
        at=now,
        due=now,
        until=0.0,
        ways=(CHANNEL,),
        order=order.id if order else None,
        origin=order.origin if order else "",
        display_id=order.display_id if order else "",
        store_name=store.name or store.id,
        zone=store.timezone,
        reply=order.reply if order else "",
        stage=told.get("stage", ""),
        item=told.get("item", ""),
        name=told.get("name", ""),
        reason=told.get("reason", ""),
    )
    return replace(notice, until=now + _patience(notice))


def _key(intent: i.Hear, *, of_order: bool, undone: int = 0) -> str:
    """What is said, once; of an item it is said for each, unless it is said for all; ready anew once it was undone."""
    told = intent.told
    if each := EACH.get(UpdateKind(intent.kind)):
        return f"{intent.kind}/{told.get(each)}"
    if intent.kind not in ITEMS:
        return f"{READY}/{undone}" if undone and intent.kind == READY else intent.kind
    return f"{intent.kind}/{told.get('stage') or ''}/{'' if of_order else told.get('item') or ''}"


def _patience(notice: Notice) -> float:
    return PATIENCE.get(UpdateKind(notice.on), STALE)


def _waking(draft: Board, notice: Notice, at: float) -> float:
    """When it may be said: customers are not woken."""
    if draft.plan.quiet is None or notice.to_channel or notice.store not in draft.plan.stores:
        return at
    return draft.plan.quiet.over(at, draft.plan.stores[notice.store].zone)


def drop(draft: Board, order: OrderId | None, reason: str, which: Callable[[Notice], bool]) -> Iterator[f.Happened]:
    """Take back some of an order's notices; what is leaving just now is not tried again."""
    there = draft.orders.get(order) if order else None
    for notice in [draft.notices[notice_id] for notice_id in there.notices] if there else ():
        if which(notice) and not notice.revoked:
            yield _drop(notice, reason)


def _drop(notice: Notice, reason: str) -> f.Happened:
    return (f.NoticeDropped if notice.state is Sending.QUEUED else f.NoticeRevoked)(notice.id, reason)


# --- what becomes of them -------------------------------------------------------------------------------------------


def _pending(draft: Board, notice_id: str) -> Notice:
    notice = draft.notices.get(notice_id)
    if notice is None:
        raise Refused("this notice is no longer there")
    return notice


def send(draft: Board, intent: i.Send, now: float) -> Iterator[f.Happened]:
    """It leaves, if it still stands and may."""
    notice = _pending(draft, intent.notice)
    if notice.state is not Sending.QUEUED:
        raise Refused("this notice is leaving already")
    due, grant = _waking(draft, notice, now), _grant(draft, notice, intent.customer)
    if now > notice.until:
        yield from _fail(draft, notice, "it is too late to say it", now)
    elif due > now:
        yield f.NoticePutOff(notice.id, due, "customers are not woken")
    elif grant is not None and grant[1] == 0:
        yield from _go_on(draft, notice, "the customer allows no more", now, nobody=True)
    else:
        yield f.NoticeSending(notice.id, intent.customer)


def sent(draft: Board, intent: i.Sent, _now: float) -> Iterator[f.Happened]:
    """It has arrived."""
    notice = _pending(draft, intent.notice)
    grant = _grant(draft, notice, notice.customer)
    if grant is not None and grant[1] > 0:
        yield _used(notice, grant[0], 1)
    yield f.NoticeSent(notice.id, notice.way)
    if f"untold/{notice.line}" in draft.alarms:
        yield f.AlarmCleared(f"untold/{notice.line}")


def put_off(draft: Board, intent: i.PutOff, now: float) -> Iterator[f.Happened]:
    """It is tried again, unless that would be too late, or untrue; what may have arrived, only if it may come twice.

    Of `ready` it is better that a customer reads it twice than never; a way may know again what comes twice.
    """
    notice = _pending(draft, intent.notice)
    twice = notice.on == READY or notice.way in draft.plan.repeatable
    if notice.revoked:
        yield f.NoticeDropped(notice.id, notice.revoked, said=intent.unsure and not twice)
        return
    if intent.unsure and not twice:  # no other way may say it again, but somebody can call
        yield from _fail(draft, notice, f"nobody knows whether it arrived: {intent.reason}", now)
        return
    due = _waking(draft, notice, now + intent.seconds)
    another = len(notice.ways) > 1 and (notice.tries >= FEW or intent.seconds > LONG)
    if due > notice.until or another:
        yield from _go_on(draft, notice, intent.reason, now)
    else:
        yield f.NoticePutOff(notice.id, due, intent.reason)


def give_up(draft: Board, intent: i.GiveUp, now: float) -> Iterator[f.Happened]:
    """The way will not do: the next one, or none."""
    notice = _pending(draft, intent.notice)
    grant = _grant(draft, notice, notice.customer)
    if intent.spent and grant is not None:
        template, left, changed = grant
        if left > 0 and changed <= notice.due:  # what they allowed while it was leaving is newer than the answer
            yield _used(notice, template, left)
    waits = notice.failed or notice.reply or not intent.nobody  # who left no address at all waits for no word
    if notice.revoked:
        yield f.NoticeDropped(notice.id, notice.revoked)
    elif not waits and len(notice.ways) == 1:
        yield f.NoticeDropped(notice.id, intent.reason, way=notice.way)
    else:
        yield from _go_on(draft, notice, intent.reason, now, nobody=intent.nobody)


def _go_on(draft: Board, notice: Notice, reason: str, now: float, *, nobody: bool = False) -> Iterator[f.Happened]:
    if len(notice.ways) > 1 and now <= notice.until:
        yield f.NoticeFellBack(notice.id, notice.way, reason, nobody)
    else:
        yield from _fail(draft, notice, reason, now, nobody=nobody)


def _fail(draft: Board, notice: Notice, reason: str, now: float, *, nobody: bool = False) -> Iterator[f.Happened]:
    """The store, or the owner, must know."""
    event = None
    if notice.order is not None:
        data = msgspec.json.encode(Untold(notice.order, notice.on, notice.ways[0], reason, notice.words or None))
        event = draft.next_event(notice.store, notice.order, EventType.UNTOLD, now, msgspec.Raw(data))
    yield f.NoticeFailed(notice.id, reason, event, notice.way, nobody)
    if event is None:
        yield f.AlarmRaised(f"untold/{notice.line}", Alarm("untold", notice.account, now, reason))


# --- what customers allow -------------------------------------------------------------------------------------------


def _grant(draft: Board, notice: Notice, customer: str) -> tuple[str, int, float] | None:
    """The template that a notice uses up once, how often the customer still allows it, and since when it is so often.

    None where nobody knows.
    """
    template = template_of(draft.plan.templates.get(notice.ways[0], {}), notice)
    row = draft.grants.get(grant_key(customer, template)) if customer and template else None
    return None if row is None else (template, row.left, row.at)


def _used(notice: Notice, template: str, count: int) -> f.GrantsChanged:
    return f.GrantsChanged(notice.account, notice.customer, {template: -count})
