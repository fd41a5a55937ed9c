"""Metrics: the hub's figures as Prometheus text; labels are the hub's own words, never a customer's."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from edge.board import Board
from edge.facts import Happened
from edge.hub import Commit
from edge.store import StoreHub


class Metrics:
    """Counts commits as they come and reads everything else when asked."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, hub: StoreHub) -> None:
        self._hub = hub
        self._facts: Counter[str] = Counter()
        self._commits = 0
        self._registry = CollectorRegistry()
        self._registry.register(self)
        hub.follow(self._after)

    def text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self._registry)

    def _after(self, commit: Commit[Board, Happened]) -> None:
        self._commits += 1
        self._facts.update(type(fact.what).__name__ for fact in commit.facts)

    def collect(self) -> Iterator[Metric]:
        """Every figure there is."""
        hub, board = self._hub, self._hub.board
        facts = CounterMetricFamily("ovenbell_facts", "Facts committed since the start, by kind", labels=["kind"])
        for kind, number in self._facts.items():
            facts.add_metric([kind], number)
        yield facts
        yield CounterMetricFamily("ovenbell_commits", "Commits since the start", value=self._commits)
        orders = GaugeMetricFamily("ovenbell_orders", "Orders on the board, by state", labels=["state"])
        for state, number in Counter(order.state for order in board.orders.values()).items():
            orders.add_metric([state], number)
        yield orders
        tickets = GaugeMetricFamily("ovenbell_tickets", "Tickets of orders on the board, by state", labels=["state"])
        for job_state, number in Counter(job.state for job in board.jobs.values()).items():
            tickets.add_metric([job_state], number)
        yield tickets
        devices = GaugeMetricFamily(
            "ovenbell_devices",
            "Printers and keypads by state; unknown: it confirms nothing",
            labels=["device", "state"],
        )
        for device_id, device in hub.vitals.devices.items():
            devices.add_metric([device_id, device.state], 1)
        yield devices
        yield GaugeMetricFamily("ovenbell_sequence", "The last fact", value=board.counters.seq)
        yield GaugeMetricFamily("ovenbell_outbox", "Updates the cloud does not have yet", value=len(board.outbox))
        yield GaugeMetricFamily("ovenbell_waiting_intents", "Intents not decided yet", value=hub.backlog)
        yield GaugeMetricFamily("ovenbell_dead_letters", "Messages not understood", value=board.counters.dead_letters)
        yield GaugeMetricFamily("ovenbell_journal_ok", "1 while the journal can be written", value=not hub.trouble)
        yield GaugeMetricFamily("ovenbell_cloud_connected", "1 while connected", value=hub.vitals.cloud == "connected")
