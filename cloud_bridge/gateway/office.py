"""The office: what the owner and other programs may ask of a gateway; on loopback, or behind a token."""

import logging
from collections import Counter
from collections.abc import Iterator

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.courier import Courier
from cloud_bridge.gateway.door import Doorkeeper, Handler
from cloud_bridge.gateway.facts import AlarmRaised, DeadLetterKept, Happened
from cloud_bridge.gateway.intake import Intake
from cloud_bridge.gateway.page import HEADERS, Letter, Seen, show_page
from cloud_bridge.gateway.reader import Reader
from cloud_bridge.gateway.road import Road
from cloud_bridge.gateway.rules import CloudHub
from cloud_bridge.gateway.status import status_of
from edge.guard import Guard, Refusal
from edge.hub import Commit
from edge.text import plain
from edge.words import Say

log = logging.getLogger(__name__)

LETTERS = 20  # shown


class Office:
    """Mounted on the gateway's server, beside the door of the channels."""

    def __init__(
        self,
        hub: CloudHub,
        intake: Intake,
        reader: Reader,
        road: Road,
        courier: Courier,
        *,
        guard: Guard,
        say: Say,
        closed: str = "",
    ) -> None:
        self._hub, self._intake, self._reader, self._road, self._courier = hub, intake, reader, road, courier
        self._guard, self._say, self._closed = guard, say, closed
        self._facts: Counter[str] = Counter()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        hub.follow(self._follow)

    def mount(self, keeper: Doorkeeper) -> None:
        """Give what may be asked its address."""
        seen = {"/": self._page, "/metrics": self._metrics, "/api/status": self._status}
        for path, handler in (
            {one: self._guarded(show) for one, show in seen.items()} | {"/healthz": self._health}
        ).items():
            keeper.addresses["GET", path] = keeper.addresses["HEAD", path] = handler
        keeper.addresses["POST", "/api/reparse"] = self._guarded(self._reparse)

    def _guarded(self, handler: Handler) -> Handler:
        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            refusal = self._guard.refusal(request) or (Refusal(403, self._closed) if self._closed else None)
            if refusal is None:
                return await handler(request)
            headers = {"WWW-Authenticate": 'Basic realm="Ovenbell", charset="UTF-8"'} if refusal.status == 401 else {}  # noqa: PLR2004
            return web.json_response({"reason": refusal.reason}, status=refusal.status, headers=headers)

        return answer

    async def _page(self, _request: web.BaseRequest) -> web.Response:
        letters = sorted(await self._hub.journal.letters(), reverse=True)[:LETTERS]
        rows = [row for seq in letters if (row := await self._hub.journal.fact(seq)) is not None]
        kept = [(row.at, msgspec.json.decode(row.body, type=DeadLetterKept)) for row in rows]
        seen = self._seen(tuple(Letter(at, letter.account or letter.topic, letter.reason) for at, letter in kept))
        page = show_page(self._hub.board, seen, self._hub.clock.now(), self._say, self._say("Ovenbell gateway"))
        return web.Response(text=page, content_type="text/html", headers=HEADERS)

    def _seen(self, letters: tuple[Letter, ...] = ()) -> Seen:
        return Seen(
            self._road.reason,
            self._hub.trouble,
            self._intake.refused,
            self._courier.sent,
            self._courier.failed,
            self._road.refused,
            letters,
            self._intake.answered,
            self._courier.ways,
            self._courier.nobody,
        )

    async def _status(self, _request: web.BaseRequest) -> web.Response:
        status = status_of(self._hub.board, self._seen(), self._hub.clock.now(), self._say)
        return web.Response(body=msgspec.json.encode(status), content_type="application/json")

    async def _metrics(self, _request: web.BaseRequest) -> web.Response:
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _health(self, _request: web.BaseRequest) -> web.Response:
        trouble = self._hub.trouble
        body = {"reason": trouble} if trouble else {"status": "ok", "sequence": self._hub.board.counters.seq}
        return web.json_response(body, status=503 if trouble else 200)

    async def _reparse(self, _request: web.BaseRequest) -> web.Response:
        read, left = await self._reader.reparse()
        return web.json_response({"read": read, "left": left})

    # --- figures ----------------------------------------------------------------------------------------------------

    def _follow(self, commit: Commit[Board, Happened]) -> None:
        self._facts.update(type(fact.what).__name__ for fact in commit.facts)
        for fact in commit.facts:
            if isinstance(fact.what, AlarmRaised):
                alarm = fact.what.alarm
                log.warning("alarm about %s: %s", alarm.about, plain(f"{alarm.kind} {alarm.text}".strip(), 300))

    def collect(self) -> Iterator[Metric]:
        """Every figure there is, for Prometheus; labels are words of the settings, never a customer's."""
        board = self._hub.board
        for name, about, label, figures in (
            ("ovenbell_gateway_facts", "Facts committed since the start, by kind", "kind", self._facts),
            ("ovenbell_gateway_webhooks", "Webhooks answered since the start", "account", self._intake.answered),
            ("ovenbell_gateway_refused", "Requests that did not prove themselves", "account", self._intake.refused),
            ("ovenbell_gateway_notices_sent", "Notices sent since the start", "way", self._courier.sent),
            ("ovenbell_gateway_notices_failed", "Notices a way did not take, for good", "way", self._courier.failed),
            (
                "ovenbell_gateway_notices_nobody",
                "Notices for which a way had nobody to tell",
                "way",
                self._courier.nobody,
            ),
        ):
            family = CounterMetricFamily(name, about, labels=[label])
            for key, figure in figures.items():
                family.add_metric([key], figure)
            yield family
        alarms = GaugeMetricFamily("ovenbell_gateway_alarms", "What a person has to look at", labels=["kind"])
        for kind, figure in Counter(alarm.kind for alarm in board.alarms.values()).items():
            alarms.add_metric([kind], figure)
        yield alarms
        stores, now = list(board.stores.values()), self._hub.clock.now()
        longest = max((now - row.fell_behind for row in stores if row.unanswered), default=0.0)
        for name, about, value in (
            ("ovenbell_gateway_orders", "Open orders", len(board.orders)),
            ("ovenbell_gateway_unread", "Webhooks kept and not read yet", len(board.webhooks)),
            ("ovenbell_gateway_outbox", "Events the broker does not have yet", len(board.outbox)),
            ("ovenbell_gateway_notices_waiting", "Notices not sent yet", len(board.notices)),
            ("ovenbell_gateway_dead_letters", "What was not understood", board.counters.letters),
            ("ovenbell_gateway_stores_online", "Stores that are there", sum(row.online for row in stores)),
            ("ovenbell_gateway_unanswered", "Events not accepted yet", sum(row.unanswered for row in stores)),
            ("ovenbell_gateway_unanswered_seconds", "The longest that a store has been behind", longest),
            ("ovenbell_gateway_broker_connected", "1 while connected", self._road.connected),
            ("ovenbell_gateway_journal_ok", "1 while the journal can be written", not self._hub.trouble),
        ):
            yield GaugeMetricFamily(name, about, value=value)
