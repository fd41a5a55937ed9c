"""Reads webhooks once they are on the disk: a channel's words into orders of ours, or a dead letter."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.channels import CHANNELS, Account, Allowed, Said, Unreadable, Wanted
from cloud_bridge.gateway.facts import DeadLetterKept, Happened, LetterRead, Webhook, WebhookKept, WebhookRead
from cloud_bridge.gateway.hearing import Question, hear
from cloud_bridge.gateway.intents import Allow, Intent, Note, Take, Unread
from cloud_bridge.gateway.orders import account_key, order_id
from cloud_bridge.gateway.pull import Puller
from cloud_bridge.gateway.rules import INTERNAL, CloudHub
from cloud_bridge.gateway.seal import Reply, Seal
from cloud_bridge.gateway.settings import ProductSettings
from cloud_bridge.letters import Reparsed
from cloud_bridge.messages import EventType
from cloud_bridge.reader import LARGEST
from edge import opendelivery
from edge.hub import Commit
from edge.intents import Refused
from edge.text import plain

log = logging.getLogger(__name__)

FLOOD = 48  # webhooks in one commit
PAUSE = 0.05  # seconds after such a commit in which reading gives way
LONGEST = 3.0  # seconds that a webhook waits to be read at most
AT_ONCE = 16  # read between two looks at the loop
ROOM = LARGEST - 4096  # bytes of an order: its envelope goes to the store with it
REPLY = 16 * 1024  # bytes of the sealed addresses: they come back with every stage event
REASON = 1_000  # characters

Products = Mapping[str, ProductSettings]
_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


class _Unread(NamedTuple):
    """A webhook that is on the disk."""

    fact: int
    webhook: Webhook
    since: float  # monotonic


class Asked(NamedTuple):
    """What a webhook asks of the hub, or of the channel; the same key has one effect."""

    intent: Intent | Wanted
    key: str | None = None


class Reader:
    """Follows the hub; what it asks comes after everything that somebody waits for."""

    def __init__(
        self,
        hub: CloudHub,
        accounts: Mapping[str, Account],
        products: Mapping[str, Products],
        seal: Seal,
        puller: Puller,
    ) -> None:
        self._hub, self._accounts, self._products, self._seal = hub, accounts, products, seal
        self._puller = puller
        self._unread: deque[_Unread] = deque()
        self._flood = 0.0  # so many channels wait for an answer that reading has to wait until then; monotonic
        self._wake = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._reparsing = asyncio.Lock()  # each letter is read by one at a time

    async def start(self) -> None:
        """Begin, with what was left unread."""
        self._hub.follow(self._follow)
        for row in list(self._hub.board.webhooks.values()):
            webhook = await self._fetch(row.fact)
            if webhook is not None:
                self._unread.append(_Unread(row.fact, webhook, 0.0))
        self._wake.set()
        self._working = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """What is unread is read after the next start."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    async def reparse(self) -> Reparsed:
        """Read the dead letters once more; how many could be, and how many are left."""
        async with self._reparsing:
            letters, read = await self._hub.journal.letters(), 0
            for seq in letters:
                with suppress(Refused):  # by rules that still cannot digest it
                    read += await self._read_again(seq)
            return Reparsed(read, len(letters) - read)

    async def _read_again(self, seq: int) -> bool:
        """Read a dead letter; whether it could be understood. What has to be asked for is read once it is there."""
        row = await self._hub.journal.fact(seq)
        if row is None:
            return False
        letter = msgspec.json.decode(row.body, type=DeadLetterKept)
        if letter.topic.endswith("/stages"):
            return await self._hear(letter, seq)
        webhook = await self._fetch(letter.webhook)
        asked = self.read(webhook, 0, letter=seq) if webhook is not None else []
        if webhook is None or any(isinstance(one.intent, Unread) for one in asked):
            return False
        for one in asked:
            if isinstance(one.intent, Wanted):
                self._puller.want(account_key(webhook.channel, webhook.account), one.intent, letter=seq)
                return False
            # The key of what the rules could not digest is the letter's, and would make it known already.
            key = f"letter\n{seq}\n{one.key}" if letter.reason.startswith(INTERNAL) else one.key
            await self._hub.submit(one.intent, by="reparse", key=key)
        return True

    async def _hear(self, letter: DeadLetterKept, seq: int) -> bool:
        """Hear once more what a store said; whether it could be understood."""
        understood = hear(letter.topic, letter.payload, self._hub.clock.now())
        if isinstance(understood, Question) or isinstance(understood.intent, Unread):
            return False
        await self._hub.submit(understood.intent, by="reparse", key=f"letter\n{seq}")
        await self._hub.submit(Note(LetterRead(seq)), by="reparse")
        return True

    async def _fetch(self, fact: int) -> Webhook | None:
        row = await self._hub.journal.fact(fact)
        return msgspec.json.decode(row.body, type=WebhookKept).webhook if row else None

    def _follow(self, commit: Commit[Board, Happened]) -> None:
        now = self._hub.clock.monotonic()
        fresh = [
            _Unread(fact.seq, fact.what.webhook, now) for fact in commit.facts if isinstance(fact.what, WebhookKept)
        ]
        self._unread.extend(fresh)
        if len(fresh) >= FLOOD:
            self._flood = now + PAUSE
        if self._unread:
            self._wake.set()

    async def _work(self) -> None:
        """A channel counts the milliseconds until its answer, a baker does not count those until the order."""
        while True:
            now = self._hub.clock.monotonic()
            if not self._unread:
                self._wake.clear()
                await self._wake.wait()
            elif now < self._flood and now - self._unread[0].since < LONGEST:
                await asyncio.sleep(self._flood - now)
            else:
                for _ in range(min(AT_ONCE, len(self._unread))):
                    one = self._unread.popleft()
                    self._offer(one.webhook, one.fact)
                await asyncio.sleep(0)

    def _offer(self, webhook: Webhook, fact: int) -> None:
        key = account_key(webhook.channel, webhook.account)
        for asked in self.read(webhook, fact):
            if isinstance(asked.intent, Wanted):
                waited = max(0.0, self._hub.clock.now() - webhook.at)
                self._puller.want(key, asked.intent, fact=fact, waited=waited)
            else:
                self._hub.offer(asked.intent, by=f"channel:{key}", key=asked.key)

    def read(self, webhook: Webhook, fact: int, letter: int = 0) -> list[Asked]:
        """What a webhook asks of the hub; a dead letter where it cannot be understood."""
        key = account_key(webhook.channel, webhook.account)
        try:
            said = CHANNELS[webhook.channel].parse(webhook, self._accounts[key])
            asked = list(self._asks(key, webhook, said))
        except (Unreadable, opendelivery.Unreadable) as error:
            return [Asked(Unread(plain(str(error), 300), key, fact))]
        except Exception:  # whatever a channel sends, it is kept and the next one is read
            log.exception("a webhook of %s could not be read", key)
            return [Asked(Unread("not read: a mistake in the gateway, see its log", key, fact))]
        if not asked:
            return [Asked(Note(LetterRead(letter, key) if letter else WebhookRead(fact)))]
        *before, last = asked
        if isinstance(last.intent, Wanted):
            lack = self._puller.lack(key)
            return [Asked(Unread(plain(lack, 300), key, fact))] if lack else [last]
        return [*before, last._replace(intent=msgspec.structs.replace(last.intent, webhook=fact, letter=letter))]

    def _asks(self, key: str, webhook: Webhook, said: Any) -> Iterator[Asked]:
        for number, one in enumerate(said):
            if isinstance(one, Wanted):
                yield Asked(one)
            elif isinstance(one, Allowed):
                event = one.event or sha256(webhook.body).hexdigest()
                customer = self._seal.name(one.app, one.address)
                yield Asked(Allow(key, customer, one.templates), f"allow\n{key}\n{event}\n{number}")
            else:
                yield Asked(
                    self._take(webhook, one), f"event\n{webhook.channel}\n{webhook.account}\n{one.origin}\n{one.event}"
                )

    def _take(self, webhook: Webhook, said: Said) -> Take:
        key = account_key(webhook.channel, webhook.account)
        ours = order_id(webhook.channel, webhook.account, said.origin)
        about = Take(
            order=ours,
            channel=webhook.channel,
            account=webhook.account,
            origin=said.origin,
            event=said.event,
            kind=said.kind,
            at=webhook.at if said.at is None else said.at,
            data=Raw(_encode({"id": ours} | ({"reason": said.reason[:REASON]} if said.reason else {}))),
            shop=said.shop,
        )
        if said.kind is not EventType.PLACED:
            return about
        content = _encode([said.order, said.addresses, *said.ways])
        reply = self._seal.close(ours, Reply(said.addresses)) if said.addresses else ""
        data = {"salesChannel": webhook.channel} | said.order | {"id": ours, "items": self._items(key, said.order)}
        raw = Raw(_encode(data | ({"replyTo": reply} if reply else {})))
        # What a store could not read is kept here, where it can be mended.
        for what, size, most in (("the order", len(raw), ROOM), ("its addresses", len(reply), REPLY)):
            if size > most:
                raise Unreadable(f"{what}: {size} bytes, at most {most // 1024} KiB reach a store")
        order = opendelivery.read_order(raw)
        return msgspec.structs.replace(
            about,
            data=raw,
            display_id=order.display_id,
            content=sha256(content).hexdigest()[:32],
            due=order.due or 0.0,
            reply=reply,
            ways=said.ways,
        )

    def _items(self, key: str, order: dict[str, Any]) -> Any:
        """The lines of an order with our codes and names."""
        items, products = order.get("items"), self._products.get(key) or {}
        if not products or not isinstance(items, list):
            return items
        return [_ours(item, products) if isinstance(item, dict) else item for item in items]


def _ours(item: dict[str, Any], products: Products) -> dict[str, Any]:
    product = products.get(str(item.get("externalCode") or "")) or products.get(str(item.get("name") or ""))
    if product is None:
        return item
    return item | {"externalCode": product.code} | ({"name": product.name} if product.name else {})
