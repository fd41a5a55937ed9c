"""A customer who means no good orders cakes in a whole store: text on the screen, on paper, in the log, everywhere."""

import asyncio
import re
from pathlib import Path
from typing import Any

from tests.brokers import Broker
from tests.cloud import Cloud, order_event, until
from tests.flow.bakery import bakery_of
from tests.flow.terminal import watch
from tests.flow.test_command import ovenbell
from tests.hostile import ALL, LONG, TRICKS, on_the_wire

LOG_LINE = re.compile(r"(WARNING|INFO|ERROR) [\w.]+: ")
VERDICT = re.compile(r"(ok|warning|failure) +(settings|hub|journal|cloud|letters \w+|printer \w+|keypad [\w-]+): ")
FOOT = "没有将到的订单"  # stands below the cards, so that everything above was sent
# Written once each, so that a message stays within what the hub reads: many tricks in few orders.
TEXTS = (ALL, LONG, *("".join(TRICKS[at : at + 8]) for at in range(0, len(TRICKS), 8)))


def names(directory: Path) -> set[str]:
    """Which files there are."""
    return {file.name for file in directory.iterdir()}


def an_order_of(number: int, text: str) -> dict[str, Any]:
    """An order with a text wherever a customer can write one."""
    event = order_event(number)
    data, note = event["data"], text[:2_000]
    data |= {"displayId": f"A{number}{text}"[:200], "salesChannel": note, "extraInfo": text, "replyTo": note}
    data |= {"customer": {"name": note, "phone": {"number": note}}}
    item = data["items"][0]
    item |= {"name": f"cake {note}", "unit": note, "specialInstructions": note, "options": [{"name": f"with {note}"}]}
    item |= {"externalCode": f"cake-{note}", "bakery": {"cakeText": note, "size": note, "allergens": [note]}}
    return event


async def test_a_hostile_customer_gets_cakes_and_nothing_else(broker: Broker, cloud: Cloud, tmp_path: Path) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        heard: list[bytes] = []
        bakery.printer.overhear = heard.append
        cloud.send(order_event(1))
        await bakery.until_board(lambda board: board["status"]["unprinted"] == 0 and board["stations"][0]["cards"])
        innocent, files = await watch(bakery.url, "A001", FOOT), names(tmp_path)
        await bakery.ask(type="collect", order="o-1", force=True)
        await bakery.until_board(lambda board: not board["stations"][0]["cards"])

        cloud.send(*(on_the_wire(an_order_of(number, text)) for number, text in enumerate(TEXTS, 2)))
        cloud.send(*(on_the_wire(order_event(99) | {"id": f"bad{text}"[:500], "type": text}) for text in TEXTS))
        await until(lambda: len(cloud.told(kind="order.accepted")) == 1 + len(TEXTS))
        await until(lambda: len(cloud.told(kind="order.rejected")) == len(TEXTS))
        board = await bakery.until_board(lambda board: board["status"]["unprinted"] == 0)
        cards = board["stations"][0]["cards"]
        assert [card["order"] for card in cards] == [f"o-{number}" for number in range(2, 2 + len(TEXTS))]
        for card in cards[:3]:
            assert (await bakery.ask(type="bump", station="oven", slot=card["slot"], order=card["order"]))[0] == 200
        await until(lambda: len(cloud.told(kind="item.started")) == 3)

        shown = await watch(bakery.url, "A2", "A3", FOOT)
        assert shown.obeyed <= innocent.obeyed
        assert not {"osc 0", "osc 2", "osc 52"} & shown.obeyed

        assert (len(bakery.printer.tickets), bakery.printer.unknown) == (1 + len(TEXTS), [])
        assert all(ticket.cut for ticket in bakery.printer.tickets)
        bytes_sent = b"".join(heard)
        assert set(re.findall(rb"\x10[\x04\x05\x14].", bytes_sent, re.DOTALL)) == {b"\x10\x04\x02"}
        assert bytes_sent.count(b"\x1dV") == 1 + len(TEXTS)
        assert not re.search(rb"\x1bp|\x1cp|\x1b=|\x1d:", bytes_sent)

        assert "forged" not in await (await bakery.session.get(f"{bakery.url}/metrics")).text()
        doctor = await asyncio.to_thread(ovenbell, "doctor", "--config", str(tmp_path / "store.toml"))
        assert doctor.returncode == 0
        assert all(map(VERDICT.match, doctor.stdout.splitlines())), doctor.stdout
        assert await bakery.stop() == 0
        assert all(map(LOG_LINE.match, bakery.log().splitlines())), bakery.log()
        assert names(tmp_path) <= files
