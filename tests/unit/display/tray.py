"""A card of every kind that there is, beside one another."""

from msgspec.structs import replace

from edge.orders import OrderId, Word
from edge.views import Card
from tests.unit.display.cards import BIRTHDAY, CANCELLED, CHANGED, FINISH, GONE, NOW, a_card, in_the_oven, minutes


def every_kind() -> list[Card]:
    """On time, soon, late and early, then new, changed, cancelled and one of which nothing is left."""
    cards = [
        a_card(),
        a_card(due=NOW + minutes(5), marks=(Word.NEW,), priority=1),
        a_card(due=NOW - minutes(5), marks=(Word.ALLERGEN,)),
        a_card(in_the_oven(min_minutes=25), due=None, next=FINISH, marks=(Word.RECALLED,)),
        *(BIRTHDAY, CHANGED, CANCELLED, GONE),
    ]
    return [replace(card, slot=n, order=OrderId(f"o{n}"), display_id=f"A{n:03}") for n, card in enumerate(cards, 1)]
