"""A hostile customer's order in the hub: what the feed, its refusals and its figures say of it."""

from pathlib import Path
from urllib.parse import quote

from hypothesis import given
from prometheus_client.parser import text_string_to_metric_families

from edge.intents import KeepLetter, Refused
from edge.orders import Bakery, Option, OrderId
from tests.builders import a_bun, an_item, placed
from tests.hostile import ALL, LONG, TRICKS, arrives, hostile, powers
from tests.unit.edge.screens import Client, a_client

HOSTILE = arrives(ALL)


async def order_by(client: Client, order_id: str, text: str) -> None:
    """Somebody orders and writes this wherever they can."""
    item = an_item(
        text,
        f"{text}",
        text,
        unit=text,
        note=text,
        options=(Option(text),),
        bakery=Bakery(cake_text=text, allergens=(text,)),
    )
    order = placed(order_id, item, customer=text, phone=text, channel=text, note=text, display_id=text, reply_to=text)
    await client.hub.submit(order, by="cloud")


async def test_the_feed_says_as_json_what_the_customer_wrote_and_nothing_else(tmp_path: Path) -> None:
    async with a_client(tmp_path / "journal.db") as client, client.screen() as screen:
        for number, text in enumerate((HOSTILE, LONG, *map(arrives, TRICKS))):
            await order_by(client, f"{number}{text}"[:200], text)
        board = await screen.read_to(client.hub.board.counters.seq)
        assert board.stations == (await client.board()).stations
        cards = {card.order: card for view in board.stations for card in view.cards}
        assert len(cards) == 2 + len(TRICKS)
        card = cards[OrderId(f"0{HOSTILE}"[:200])]
        assert (card.customer, card.note, card.items[0].bakery.cake_text) == (HOSTILE,) * 3
        assert not any(ord(character) < 0x20 for character in await client.text("/api/board"))
        for order_id in cards:
            status, order = await client.get(f"/api/orders/{quote(order_id, safe='')}")
            assert (status, order["order"]) == (200, order_id)


async def test_figures_have_no_word_of_a_customer(tmp_path: Path) -> None:
    async with a_client(tmp_path / "journal.db") as client:
        await order_by(client, HOSTILE[:200], HOSTILE)
        await client.hub.submit(KeepLetter(HOSTILE, HOSTILE, HOSTILE.encode(), 1, "0" * 64, HOSTILE), by="cloud")
        text = await client.text("/metrics")
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        assert samples
        assert all(value.isalpha() and value.isascii() for sample in samples for value in sample.labels.values())
        assert "forged" not in text


async def test_a_refusal_is_one_plain_line(tmp_path: Path) -> None:
    async with a_client(tmp_path / "journal.db") as client:
        await order_by(client, "o1", HOSTILE)
        for number, text in enumerate(map(arrives, TRICKS), 2):
            await client.hub.submit(placed(f"o{number}", a_bun(), display_id=text), by="cloud")
            for asked in (
                {"type": "bump", "order": text},
                {"type": "hold", "order": text},
                {"type": "recall", "station": text},
                {"type": "bump", "station": "oven", "slot": 1, "order": text},
                {"type": "recall", "order": f"o{number}"},
                {"type": "reprint", "order": f"o{number}", "station": "oven"},
            ):
                status, answer = await client.post(asked)
                assert status in {400, 409}, asked
                assert powers(answer["reason"]) == set()


@given(hostile)
def test_what_is_refused_is_said_plainly_whatever_it_is_about(text: str) -> None:
    refused = Refused("{order} is not here: {reason}", order=OrderId(text), reason=text)
    assert powers(refused.reason) == set()
    assert refused.said(lambda words: words) == refused.reason
